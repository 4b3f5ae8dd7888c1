/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who reads what this phone envelopes: as the person set it, and as a 493 asks for. */
#include "certificates.h"
#include "e2m_call.h"
#include "note.h"

#include <string.h>

static uint64_t now(void)
{
    return (uint64_t)core_now();
}

/* -- what the phone holds, and for whom ----------------------------------------------------------
 */

bool e2m_call_read_keys(struct e2m_call *call)
{
    const struct settings *s = call->settings;

    call->keys = e2m_keys_read(s->e2m_certificate, s->e2m_key,
                               s->e2m_ca_file ? s->e2m_ca_file : s->ca_file, call->why);
    if (call->keys && !s->e2m_certificate)
        (void)certificates_own(call->core, call->own, &call->keys->own);
    if (call->keys)
        certificates_trust(call->core, call->peer, call->keys->people);
    if (call->keys)
        call->talk = e2m_talk_new(call->keys, call->own, call->peer);
    return call->talk != NULL;
}

static enum e2m_result add_peer(struct e2m_call *call)
{
    const struct settings_party *party = settings_peer(call->settings, call->peer);
    struct e2m_partner partner;
    enum e2m_result result;

    if (!party || !party->certificate) {
        if (!certificates_of(call->core, call->peer, &partner)) {
            g_snprintf(call->why, sizeof(call->why), "no certificate of %s is known", call->peer);
            return E2M_NO_SUCH_KEY;
        }
    } else if (!e2m_partner_read(&partner, party->certificate, call->why)) {
        return E2M_BAD_DER;
    }
    result = e2m_talk_add_peer(call->talk, &partner, now());
    (void)e2m_certificate_fingerprint(partner.certificate, call->peer_certificate);
    if (result != E2M_OK)
        g_snprintf(call->why, sizeof(call->why), "%s: %s",
                   party && party->certificate ? party->certificate : call->peer,
                   e2m_result_text(result));
    e2m_partner_free(&partner);
    return result;
}

/* How much of a description that domain's servers read. */
static unsigned part_for(const struct e2m_call *call, const char *domain)
{
    size_t len = strlen(domain);
    unsigned part = E2M_PART_ALL;

    for (char **entry = call->settings->e2m_parts; entry && *entry; entry++) {
        if (!g_ascii_strncasecmp(*entry, domain, len) && (*entry)[len] == '=')
            (void)e2m_part_parse(*entry + len + 1, &part);
    }
    return part;
}

/* "DOMAIN=FILE" */
static enum e2m_result add_server(struct e2m_call *call, const char *entry)
{
    const char *path = strchr(entry, '=');
    char *domain = g_strndup(entry, path ? (size_t)(path - entry) : 0);
    struct e2m_partner partner;
    enum e2m_result result = E2M_BAD_DER;

    if (path && e2m_partner_read(&partner, path + 1, call->why)) {
        result = e2m_talk_add_server(call->talk, &partner, domain, part_for(call, domain), now());
        if (result != E2M_OK)
            g_snprintf(call->why, sizeof(call->why), "%s: %s", entry, e2m_result_text(result));
        e2m_partner_free(&partner);
    }
    g_free(domain);
    return result;
}

bool e2m_call_add_readers(struct e2m_call *call)
{
    if (add_peer(call) != E2M_OK)
        return false;
    for (char **entry = call->settings->e2m_servers; entry && *entry; entry++) {
        if (add_server(call, *entry) != E2M_OK)
            return false;
    }
    return true;
}

/* -- a server asks to read -----------------------------------------------------------------------
 */

/* The certificate must be of a domain that the person's list has, by default our own. */
static enum e2m_result let_in(struct e2m_call *call, const struct e2m_partner *asker, char *domain)
{
    enum e2m_result result = E2M_WRONG_SERVER;
    const char *own = simauth_aor_domain(call->own);
    char *const none[] = {NULL};

    g_strlcpy(domain, own, E2M_HOST_MAX + 1);
    for (char *const *next = call->settings->e2m_accept ? call->settings->e2m_accept : none;;
         next++) {
        if (!e2m_talk_has_server(call->talk, domain))
            result = e2m_talk_add_server(call->talk, asker, domain, part_for(call, domain), now());
        if (result != E2M_WRONG_SERVER || !*next)
            return result;
        g_strlcpy(domain, *next, E2M_HOST_MAX + 1);
    }
}

/* The peer's own certificate, another than the one we have: it could not read, and says what it
 * can. */
static bool heard_peer(struct e2m_call *call, belle_sip_response_t *response,
                       const struct e2m_partner *asker, const char *fingerprint)
{
    if (!strcmp(fingerprint, call->peer_certificate) ||
        e2m_talk_add_peer(call->talk, asker, now()) != E2M_OK ||
        !sip_call_try_as_asked(call->sip, response))
        return false;
    g_strlcpy(call->peer_certificate, fingerprint, sizeof(call->peer_certificate));
    note_call(sip_call_id(call->sip), true, "e2m-renewed", "certificate=%s", fingerprint);
    return true;
}

/* True: the same call is placed once more, with this server among its readers. */
bool e2m_call_heard_asker(struct e2m_call *call, belle_sip_response_t *response)
{
    char domain[E2M_HOST_MAX + 1], fingerprint[65] = "", why[E2M_ERROR_MAX];
    struct e2m_partner asker;
    enum e2m_result result;
    bool renewed;

    if (!e2m_talk_asker((belle_sip_message_t *)response, &asker))
        return false;
    (void)e2m_certificate_fingerprint(asker.certificate, fingerprint);
    renewed = heard_peer(call, response, &asker, fingerprint);
    if (!strcmp(fingerprint, call->peer_certificate)) { /* if not now, it should have read it */
        e2m_partner_free(&asker);
        return renewed;
    }
    result = let_in(call, &asker, domain);
    e2m_partner_free(&asker);
    if (result == E2M_OK && sip_call_try_as_asked(call->sip, response)) {
        note_call(sip_call_id(call->sip), true, "e2m-asked", "server=%s certificate=%s", domain,
                  fingerprint);
        return true;
    }
    g_snprintf(why, sizeof(why), "a server asked to read and was not let in: %s",
               result == E2M_OK ? "asked too often" : e2m_result_text(result));
    note_call(sip_call_id(call->sip), true, "e2m-stranger", "certificate=%s", fingerprint);
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
    return true;
}
