/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who reads what this phone envelopes: as the person set it, and as a 493 asks for. */
#include "certificates.h"
#include "e2m_call.h"
#include "e2m_files.h"
#include "note.h"
#include "revoked.h"

#include <string.h>

static uint64_t now(void)
{
    return (uint64_t)core_now();
}

/* -- what the phone holds, and for whom -------------------------------------------------------- */

static struct e2m_seen *seen(struct core *core)
{
    if (!core->seen)
        core->seen = g_new0(struct e2m_seen, 1);
    return core->seen;
}

bool e2m_call_read_keys(struct e2m_call *call)
{
    const struct settings *s = call->settings;
    const struct e2m_identity *own =
        s->e2m_certificate ? e2m_files_own(call->core, s, call->why) : NULL;
    const struct e2m_trust *trust = e2m_files_trust(call->core, s, call->why);

    if (trust && (own || !s->e2m_certificate))
        call->keys = e2m_keys_new(own, trust);
    if (!call->keys)
        return false;
    call->keys->seen = seen(call->core);
    if (!own)
        (void)certificates_own(call->core, call->own, &call->keys->own);
    certificates_trust(call->core, call->peer, call->keys->people);
    revoked_add(call->core, call->keys->people);
    revoked_add(call->core, call->keys->servers);
    if (s->e2m_want_lists) {
        e2m_trust_want_lists(call->keys->people);
        e2m_trust_want_lists(call->keys->servers);
    }
    call->talk = e2m_talk_new(call->keys, call->own, call->peer);
    if (!call->talk)
        g_strlcpy(call->why, "there is no memory for the call's keys", sizeof(call->why));
    return call->talk != NULL;
}

#define CBC_UNSIGNED "reads only envelopes that must be signed, and this phone has no certificate"

/* Why a certificate does not count, for the person. */
static const char *why_not(struct e2m_call *call, X509 *certificate, enum e2m_result result)
{
    char url[256] = "";

    if (result != E2M_NO_LIST)
        return e2m_result_text(result);
    (void)e2m_revoked_url(certificate, url, sizeof(url));
    return revoked_missing(call->core, url);
}

/* The file that the person set for the other one; NULL: none. */
static const char *file_of_peer(const struct e2m_call *call)
{
    const struct settings_party *party = settings_peer(call->settings, call->peer);

    return party ? party->certificate : NULL;
}

static bool find_peer(struct e2m_call *call, struct e2m_partner *partner)
{
    const char *path = file_of_peer(call);
    const struct e2m_partner *read = path ? e2m_files_partner(call->core, path, call->why) : NULL;

    if (read)
        e2m_partner_copy(partner, read);
    else if (!path && !certificates_of(call->core, call->peer, partner))
        g_snprintf(call->why, sizeof(call->why), "no certificate of %s is known", call->peer);
    return read || (!path && partner->certificate);
}

static bool add_peer(struct e2m_call *call)
{
    const char *path = file_of_peer(call);
    struct e2m_partner partner = {NULL, NULL};
    enum e2m_result result;

    if (!find_peer(call, &partner))
        return false;
    result = e2m_talk_add_peer(call->talk, &partner, now());
    (void)e2m_certificate_fingerprint(partner.certificate, call->peer_certificate);
    if (result != E2M_OK)
        g_snprintf(call->why, sizeof(call->why), "%s: %s", path ? path : call->peer,
                   why_not(call, partner.certificate, result));
    e2m_partner_free(&partner);
    return result == E2M_OK;
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
static bool add_server(struct e2m_call *call, const char *entry)
{
    const char *path = strchr(entry, '=');
    char *domain = g_strndup(entry, path ? (size_t)(path - entry) : 0);
    const struct e2m_partner *partner =
        path ? e2m_files_partner(call->core, path + 1, call->why) : NULL;
    enum e2m_result result = E2M_BAD_DER;

    if (partner) {
        result = e2m_talk_add_server(call->talk, partner, domain, part_for(call, domain), now());
        if (result != E2M_OK)
            g_snprintf(call->why, sizeof(call->why), "%s: %s", entry,
                       why_not(call, partner->certificate, result));
    }
    g_free(domain);
    return result == E2M_OK;
}

bool e2m_call_add_readers(struct e2m_call *call)
{
    if (!add_peer(call))
        return false;
    for (char **entry = call->settings->e2m_servers; entry && *entry; entry++) {
        if (!add_server(call, *entry))
            return false;
    }
    if (!e2m_talk_is_cbc(call->talk) || call->keys->own.key)
        return true;
    g_strlcpy(call->why, "one of the readers " CBC_UNSIGNED, sizeof(call->why));
    return false;
}

/* -- the other side says what it reads --------------------------------------------------------- */

/* Media types of envelopes in an Accept header: those with the smime-type; a type without one is
 * anything. */
static bool accepts(const char *value, const char *smime_type)
{
    char **types = g_strsplit(value, ",", -1);
    bool found = false;

    for (size_t i = 0; types[i] && !found; i++) {
        char *lower = g_ascii_strdown(types[i], -1);
        const char *param = strstr(lower, "smime-type=");

        if (param)
            param += strlen("smime-type=");
        if (param && *param == '"')
            param++;
        found = strstr(lower, "application/pkcs7-mime") &&
                (!param || g_str_has_prefix(param, smime_type));
        g_free(lower);
    }
    g_strfreev(types);
    return found;
}

bool e2m_call_heard_form(struct e2m_call *call, belle_sip_response_t *response)
{
    const char *accept = sip_message_header((belle_sip_message_t *)response, "Accept", NULL);

    if (!accept || e2m_talk_is_cbc(call->talk) || accepts(accept, "authenveloped-data") ||
        !accepts(accept, "enveloped-data"))
        return false;
    if (!e2m_talk_use_cbc(call->talk)) {
        e2m_call_tell(call, E2M_WORD_REFUSED, "the other side " CBC_UNSIGNED);
        return true;
    }
    if (!sip_call_try_as_asked(call->sip, response))
        return false;
    note_call(sip_call_id(call->sip), true, "e2m-cbc", "accept=%s", accept);
    return true;
}

/* -- a server asks to read --------------------------------------------------------------------- */

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

/* What the person set by file stays, unless who may vouch for that domain says otherwise: the
 * authority that issued the one in the file or, where the domain has authorities of its own, one of
 * these (e2m_talk_add_peer() asks them). */
static bool may_replace(const struct e2m_call *call, X509 *shown)
{
    char error[E2M_ERROR_MAX];
    const char *path = file_of_peer(call);
    const struct e2m_partner *set = path ? e2m_files_partner(call->core, path, error) : NULL;

    return !path || e2m_trust_has_own(call->keys->people, simauth_aor_domain(call->peer)) ||
           (set && e2m_certificate_same_issuer(set->certificate, shown));
}

/* The peer's own certificate, another than the one we have: it could not read, and says what it
 * can. */
static void heard_peer(struct e2m_call *call, belle_sip_response_t *response,
                       const struct e2m_partner *shown, const char *fingerprint)
{
    const char *problem = "another authority's than the one that was set";
    char why[E2M_ERROR_MAX];
    bool may = may_replace(call, shown->certificate);
    enum e2m_result result = may ? e2m_talk_add_peer(call->talk, shown, now()) : E2M_OK;

    if (may && result == E2M_OK && e2m_talk_is_cbc(call->talk) && !call->keys->own.key)
        problem = CBC_UNSIGNED;
    else if (may && result == E2M_OK && sip_call_try_as_asked(call->sip, response)) {
        g_strlcpy(call->peer_certificate, fingerprint, sizeof(call->peer_certificate));
        note_call(sip_call_id(call->sip), true, "e2m-renewed", "certificate=%s", fingerprint);
        return;
    } else if (may) {
        problem = result == E2M_OK ? "asked too often" : e2m_result_text(result);
    }
    g_snprintf(why, sizeof(why), "the other phone shows a certificate that does not count: %s",
               problem);
    note_call(sip_call_id(call->sip), true, "e2m-stranger", "certificate=%s", fingerprint);
    e2m_call_tell(call, E2M_WORD_REFUSED, why);
}

/* True: the same call is placed once more, with this server among its readers. */
bool e2m_call_heard_asker(struct e2m_call *call, belle_sip_response_t *response)
{
    char domain[E2M_HOST_MAX + 1], fingerprint[65] = "", why[E2M_ERROR_MAX];
    struct e2m_partner asker;
    enum e2m_result result;

    if (!e2m_talk_asker((belle_sip_message_t *)response, &asker))
        return false;
    (void)e2m_certificate_fingerprint(asker.certificate, fingerprint);
    if (!strcmp(fingerprint, call->peer_certificate)) { /* it should have read it */
        e2m_partner_free(&asker);
        return false;
    }
    if (e2m_certificate_names_aor(asker.certificate, call->peer) == E2M_OK) {
        heard_peer(call, response, &asker, fingerprint);
        e2m_partner_free(&asker);
        return true;
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
