/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keys that the operators make in the place of two SIMs, and what ends a setup key early
 * (docs/protocol.md section 8). */
#include "ag_private.h"
#include "members.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* -- one ticket -------------------------------------------------------------------------------- */

static bool open_key(const struct ag *ag, const char *use, const uint8_t *sealed,
                     struct simauth_held_key *k)
{
    struct simauth_octets aad = {0};
    bool out = k->outgoing, good;

    simauth_ticket_aad(use, k->ticket, out ? k->own_aor : k->peer_aor,
                       out ? k->peer_aor : k->own_aor, out ? k->own_nai : k->peer_nai,
                       out ? k->peer_nai : k->own_nai, &aad);
    good = !aad.failed &&
           simauth_channel_unseal(&ag->session.ks_naf, "seal down", aad.data, aad.len, sealed,
                                  SIMAUTH_SEALED_LEN, &k->key) == SIMAUTH_OK &&
           k->key.len == SIMAUTH_KEY_LEN;
    simauth_octets_clear(&aad);
    return good;
}

/* `key` is empty but for `outgoing`. */
static bool read_ticket(const struct ag *ag, const json_t *object, const char *use,
                        struct simauth_held_key *k)
{
    char said[8] = "";
    uint8_t sealed[SIMAUTH_SEALED_LEN];
    int64_t ttl = 0;
    bool out = k->outgoing;
    const struct member members[] = {
        {"use", MEMBER_TEXT, false, said, sizeof said},
        {"ticket", MEMBER_OCTETS, false, k->ticket, sizeof k->ticket},
        {"caller", MEMBER_AOR, false, out ? k->own_aor : k->peer_aor, SIMAUTH_AOR_MAX + 1},
        {"callee", MEMBER_AOR, false, out ? k->peer_aor : k->own_aor, SIMAUTH_AOR_MAX + 1},
        {"nai_a", MEMBER_NAI, false, out ? k->own_nai : k->peer_nai, SIMAUTH_NAI_MAX + 1},
        {"nai_b", MEMBER_NAI, false, out ? k->peer_nai : k->own_nai, SIMAUTH_NAI_MAX + 1},
        {"operator", MEMBER_TEXT, false, k->peer_operator, sizeof k->peer_operator},
        {"ttl", MEMBER_TIME, false, &ttl, 0},
        {"sealed", MEMBER_OCTETS, false, sealed, sizeof sealed},
    };

    if (!members_read(object, members, COUNT(members)) || strcmp(said, use) != 0 ||
        ttl > SIMAUTH_SETUP_LIFETIME || !open_key(ag, use, sealed, k))
        return false;
    k->with = simauth_method_find(use, strlen(use));
    k->origin = simauth_method_find("agt", 3);
    k->made = k->sim_time = (int64_t)time(NULL);
    k->expires = k->made + ttl;
    return k->with && k->origin;
}

enum ag_status ag_ticket(struct ag *ag, const char *use, const char *caller, const char *callee,
                         const char *callee_nai, struct simauth_held_key *key)
{
    json_t *object, *body = json_pack("{s:s, s:s, s:s, s:s*}", "use", use, "caller", caller,
                                      "callee", callee, "callee_nai", callee_nai);
    enum ag_status status = ua_post(ag, "/v1/tickets", body, &object);

    memset(key, 0, sizeof *key);
    key->outgoing = true;
    if (status == AG_OK &&
        (!read_ticket(ag, object, use, key) || strcmp(key->own_aor, caller) != 0 ||
         strcmp(key->peer_aor, callee) != 0 ||
         (callee_nai && strcmp(key->peer_nai, callee_nai) != 0)))
        status = ag_garbage(ag, "a ticket");
    if (status != AG_OK)
        OPENSSL_cleanse(key, sizeof *key);
    json_decref(object);
    return status;
}

enum ag_status ag_claim(struct ag *ag, const struct simauth_element *element_1,
                        struct simauth_held_key *key)
{
    char ticket[SIMAUTH_B64U_LEN(SIMAUTH_TICKET_LEN) + 1];
    json_t *object;
    enum ag_status status;

    memset(key, 0, sizeof *key);
    simauth_b64u_encode(element_1->rand, SIMAUTH_TICKET_LEN, ticket);
    status =
        ua_post(ag, "/v1/tickets/claim",
                json_pack("{s:s, s:s}", "ticket", ticket, "element", element_1->text), &object);
    if (status == AG_OK && (!read_ticket(ag, object, "agt", key) ||
                            memcmp(key->ticket, element_1->rand, sizeof key->ticket) != 0))
        status = ag_garbage(ag, "a ticket");
    if (status != AG_OK)
        OPENSSL_cleanse(key, sizeof *key);
    json_decref(object);
    return status;
}

/* -- first keys -------------------------------------------------------------------------------- */

enum ag_status ag_first_keys(struct ag *ag, struct simauth_held_key *keys, size_t room,
                             size_t *count)
{
    const json_t *list = NULL;
    const struct member members[] = {{"tickets", MEMBER_RAW, false, &list, 0}};
    json_t *object;
    enum ag_status status = ua_request(ag, "/v1/tickets", NULL, &object);

    *count = 0;
    if (status == AG_OK && (!members_read(object, members, COUNT(members)) || !json_is_array(list)))
        status = ag_garbage(ag, "a ticket");
    /* One that cannot be read is no reason to lose the others: each is given once. */
    for (size_t i = 0; status == AG_OK && i < json_array_size(list) && *count < room; i++) {
        memset(&keys[*count], 0, sizeof keys[*count]);
        *count += read_ticket(ag, json_array_get(list, i), "stp", &keys[*count]);
    }
    json_decref(object);
    return status;
}

int64_t ag_clock_ahead(const struct ag *ag)
{
    return ag->clock_known ? ag->clock_ahead : 0;
}

/* -- changes ----------------------------------------------------------------------------------- */

static bool read_changed(const json_t *list, const char *const *nais, size_t count, bool *changed)
{
    const json_t *item;
    size_t i;

    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, item)
    {
        const char *nai = json_string_value(item);
        size_t n = 0;

        while (nai && n < count && strcmp(nais[n], nai) != 0)
            n++;
        if (!nai || n == count)
            return false;
        changed[n] = true;
    }
    return true;
}

enum ag_status ag_changes(struct ag *ag, int64_t since, const char *const *nais, size_t count,
                          bool *changed, int64_t *now)
{
    const json_t *list = NULL;
    const struct member members[] = {{"time", MEMBER_TIME, false, now, 0},
                                     {"changed", MEMBER_RAW, false, &list, 0}};
    json_t *object, *asked = json_array();
    enum ag_status status;

    memset(changed, 0, count * sizeof *changed);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(asked, json_string(nais[i]));
    status = ua_post(ag, "/v1/changes",
                     json_pack("{s:I, s:o}", "since", (json_int_t)since, "nais", asked), &object);
    if (status == AG_OK && (!members_read(object, members, COUNT(members)) ||
                            !read_changed(list, nais, count, changed)))
        status = ag_garbage(ag, "a ticket");
    json_decref(object);
    return status;
}
