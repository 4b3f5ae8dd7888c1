/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an authenticated call leaves behind for the next one (docs/protocol.md section 8). */
#include "session_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define WISH_PREFIX "sim05."
#define WISH_DIGITS 6 /* of SIMAUTH_SETUP_SIM_LIMIT */
#define MAC_TEXT SIMAUTH_B64U_LEN(SIMAUTH_MAC_LEN)

/* The word is AUTHENTICATED as long as nothing took it away, also after the call has ended. */
static bool leaves_keys(const struct simauth_session *s)
{
    return s->word == SIMAUTH_WORD_AUTHENTICATED && s->peer_method && s->ssk.len == SIMAUTH_KEY_LEN;
}

int64_t simauth_session_known_since(const struct simauth_session *s)
{
    bool setup = s->held.with && s->held.with->id_len == SIMAUTH_KEYID_LEN;

    return setup ? s->held.sim_time : 0;
}

const struct simauth_element *simauth_session_opening(const struct simauth_session *s)
{
    return &s->element_1;
}

/* Names and times; both directions have the same. */
static void describe(const struct simauth_session *s, int64_t began, int64_t now, int64_t lifetime,
                     struct simauth_held_key *key)
{
    bool caller = s->role == ROLE_CALLER;
    int64_t limit;

    memset(key, 0, sizeof *key);
    key->with = simauth_method_find("stp", 3);
    key->origin = s->held.with ? s->held.origin : s->peer_method;
    strcpy(key->own_aor, caller ? s->aor_a : s->aor_b);
    strcpy(key->peer_aor, caller ? s->aor_b : s->aor_a);
    strcpy(key->own_nai, caller ? s->nai_a : s->nai_b);
    strcpy(key->peer_nai, caller ? s->nai_b : s->nai_a);
    strcpy(key->peer_operator, s->peer_operator);
    key->sim_time = simauth_session_known_since(s) ? s->held.sim_time : began;
    key->made = now;
    limit = key->sim_time + SIMAUTH_SETUP_SIM_LIMIT;
    key->expires = now + lifetime < limit ? now + lifetime : limit;
}

enum simauth_result simauth_session_setup_keys(const struct simauth_session *s, int64_t began,
                                               int64_t now, int64_t lifetime,
                                               struct simauth_held_key keys[2])
{
    enum simauth_result result;

    memset(keys, 0, 2 * sizeof *keys);
    if (!leaves_keys(s))
        return SIMAUTH_NOT_OURS;
    describe(s, began, now, lifetime, &keys[0]);
    keys[1] = keys[0];
    keys[0].outgoing = s->role == ROLE_CALLER;
    keys[1].outgoing = !keys[0].outgoing;
    if (lifetime <= 0 || keys[0].expires <= now)
        return SIMAUTH_EXPIRED;
    result = simauth_hkdf(&s->ssk, SIMAUTH_LABEL_SETUP_SAME, SIMAUTH_KEY_LEN, &keys[0].key);
    if (!result)
        result = simauth_hkdf(&s->ssk, SIMAUTH_LABEL_SETUP_BACK, SIMAUTH_KEY_LEN, &keys[1].key);
    if (result)
        OPENSSL_cleanse(keys, 2 * sizeof *keys);
    return result;
}

/* The MAC of a wish: it says who wishes, so that nobody's own one comes back to him. */
static enum simauth_result wish_mac(const struct simauth_session *s, enum session_role who,
                                    int64_t seconds, uint8_t mac[static SIMAUTH_MAC_LEN])
{
    static const char label[] = "simauth 1 T5";
    const char *role = who == ROLE_CALLER ? "caller" : "callee";
    struct simauth_octets t5 = {0};
    uint8_t wish[4];
    enum simauth_result result;

    for (int i = 0; i < 4; i++)
        wish[i] = (uint8_t)((uint64_t)seconds >> (24 - 8 * i));
    simauth_octets_field(&t5, label, sizeof label - 1);
    simauth_octets_field(&t5, role, strlen(role));
    simauth_octets_field(&t5, wish, sizeof wish);
    result = session_mac(&s->ssk, SIMAUTH_LABEL_SETUP_WISH, &t5, mac);
    simauth_octets_clear(&t5);
    return result;
}

enum simauth_result simauth_session_write_wish(const struct simauth_session *s, int64_t seconds,
                                               char *text)
{
    uint8_t mac[SIMAUTH_MAC_LEN];
    char mac_text[MAC_TEXT + 1];
    enum simauth_result result;

    text[0] = '\0';
    if (!leaves_keys(s))
        return SIMAUTH_NOT_OURS;
    if (seconds < 0 || seconds > SIMAUTH_SETUP_SIM_LIMIT)
        return SIMAUTH_MALFORMED;
    result = wish_mac(s, s->role, seconds, mac);
    if (result)
        return result;
    simauth_b64u_encode(mac, sizeof mac, mac_text);
    snprintf(text, SIMAUTH_WISH_MAX + 1, WISH_PREFIX "%d.%s", (int)seconds, mac_text);
    return SIMAUTH_OK;
}

/* Decimal digits without leading zero up to the dot; -1: not so. */
static int64_t take_seconds(const char **text)
{
    size_t digits = strspn(*text, "0123456789");
    int64_t seconds = 0;

    if (digits == 0 || digits > WISH_DIGITS || (**text == '0' && digits > 1) ||
        (*text)[digits] != '.')
        return -1;
    for (size_t i = 0; i < digits; i++)
        seconds = 10 * seconds + ((*text)[i] - '0');
    *text += digits + 1;
    return seconds <= SIMAUTH_SETUP_SIM_LIMIT ? seconds : -1;
}

enum simauth_result simauth_session_read_wish(const struct simauth_session *s, const char *text,
                                              int64_t *seconds)
{
    enum session_role other = s->role == ROLE_CALLER ? ROLE_CALLEE : ROLE_CALLER;
    uint8_t mac[SIMAUTH_MAC_LEN], theirs[SIMAUTH_MAC_LEN];
    enum simauth_result result;
    int64_t wish;

    *seconds = -1;
    if (!leaves_keys(s))
        return SIMAUTH_NOT_OURS;
    if (strncmp(text, WISH_PREFIX, strlen(WISH_PREFIX)) != 0)
        return SIMAUTH_MALFORMED;
    text += strlen(WISH_PREFIX);
    wish = take_seconds(&text);
    if (wish < 0 || simauth_b64u_decode(text, strlen(text), theirs, sizeof theirs))
        return SIMAUTH_MALFORMED;
    result = wish_mac(s, other, wish, mac);
    if (!result && CRYPTO_memcmp(mac, theirs, sizeof mac) != 0)
        result = SIMAUTH_WRONG;
    if (!result)
        *seconds = wish;
    OPENSSL_cleanse(mac, sizeof mac);
    return result;
}
