/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call's bodies. */
#include "e2m_talk.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <simauth/secret.h>
#include <string.h>

#define CEKS_MAX 16 /* of this call's envelopes, sent and opened; the oldest goes first */
#define SERVERS_TEXT (E2M_LABEL_MAX + E2M_SERVERS_MAX * (sizeof("addresses+bandwidth ()") - 1) + 1)

/* What becomes one item of a body: the description or a part of it, and who reads that. */
struct share {
    X509 *readers[E2M_SERVERS_MAX + 1]; /* [0]: the peer, NULL: not known; references */
    size_t server_count;
    struct e2m_label label, agreed_label; /* of the first INVITE we send / of the one there was */
    struct e2m_cek agreed; /* what both sides have: the key to wrap under from now on */
};

struct e2m_talk {
    const struct e2m_keys *keys;
    char own[E2M_AOR_MAX + 1], peer[E2M_AOR_MAX + 1];
    struct share shares[E2M_PART_KINDS];
    struct e2m_label label; /* all servers of ours */
    char servers[SERVERS_TEXT], their_servers[SERVERS_TEXT];
    struct e2m_cek ceks[CEKS_MAX];
    unsigned next;
    struct pinholes pinholes; /* secrets that are in our descriptions */
    bool has_pinholes;
    bool cbc;    /* what leaves is EnvelopedData with AES-CBC, signed */
    bool plain;  /* the other side knows no key reuse: all is for certificates */
    char *clear; /* the SDP of the last INVITE that was enveloped */
    size_t clear_len;
};

struct e2m_talk *e2m_talk_new(const struct e2m_keys *keys, const char *own, const char *peer)
{
    struct e2m_talk *talk = simauth_secure_alloc(sizeof(*talk));

    if (!talk)
        return NULL;
    talk->keys = keys;
    g_strlcpy(talk->own, own, sizeof(talk->own));
    g_strlcpy(talk->peer, peer, sizeof(talk->peer));
    return talk;
}

static void forget_clear(struct e2m_talk *talk)
{
    if (talk->clear)
        OPENSSL_cleanse(talk->clear, talk->clear_len);
    g_free(talk->clear);
    talk->clear = NULL;
    talk->clear_len = 0;
}

void e2m_talk_free(struct e2m_talk *talk)
{
    if (!talk)
        return;
    for (size_t kind = 0; kind < E2M_PART_KINDS; kind++) {
        for (size_t i = 0; i <= E2M_SERVERS_MAX; i++)
            X509_free(talk->shares[kind].readers[i]);
    }
    forget_clear(talk);
    simauth_secure_free(talk);
}

/* -- readers ----------------------------------------------------------------------------------- */

static void take(X509 **place, X509 *certificate)
{
    X509_free(*place);
    X509_up_ref(certificate);
    *place = certificate;
}

enum e2m_result e2m_talk_add_peer(struct e2m_talk *talk, const struct e2m_partner *partner,
                                  uint64_t now)
{
    enum e2m_result result = e2m_check_subscriber(
        partner->certificate, partner->chain, talk->keys->people, now, E2M_USE_ENCRYPT, talk->peer);

    /* Of each part too: whoever answers has to make the answer's parts under their keys. */
    for (size_t kind = 0; result == E2M_OK && kind < E2M_PART_KINDS; kind++)
        take(&talk->shares[kind].readers[0], partner->certificate);
    if (result == E2M_OK)
        talk->cbc = talk->cbc || e2m_certificate_cbc_only(partner->certificate);
    return result;
}

bool e2m_talk_is_cbc(const struct e2m_talk *talk)
{
    return talk->cbc;
}

bool e2m_talk_use_cbc(struct e2m_talk *talk)
{
    bool changes = !talk->cbc && talk->keys->own.key;

    talk->cbc = talk->cbc || changes;
    return changes;
}

/* "p.example, q.example (addresses)" */
static void print_label(const struct e2m_label *label, unsigned kind, char out[static SERVERS_TEXT])
{
    for (unsigned i = 0; i < label->count; i++) {
        if (*out)
            g_strlcat(out, ", ", SERVERS_TEXT);
        g_strlcat(out, label->hosts[i], SERVERS_TEXT);
        if (kind == E2M_PART_ALL)
            continue;
        g_strlcat(out, " (", SERVERS_TEXT);
        g_strlcat(out, e2m_part_word(kind), SERVERS_TEXT);
        g_strlcat(out, ")", SERVERS_TEXT);
    }
}

static void print_servers(struct e2m_talk *talk)
{
    talk->servers[0] = '\0';
    for (unsigned kind = 0; kind < E2M_PART_KINDS; kind++)
        print_label(&talk->shares[kind].label, kind, talk->servers);
}

enum e2m_result e2m_talk_add_server(struct e2m_talk *talk, const struct e2m_partner *partner,
                                    const char *domain, unsigned part, uint64_t now)
{
    struct share *share = &talk->shares[part];
    enum e2m_result result =
        e2m_check_server(partner->certificate, partner->chain, talk->keys->servers, now, domain);
    struct e2m_label one;

    if (result == E2M_OK)
        result = e2m_label_parse(&one, domain, strlen(domain));
    if (result == E2M_OK && share->server_count == E2M_SERVERS_MAX) /* one domain may come twice */
        result = E2M_TOO_LARGE;
    if (result == E2M_OK)
        result = e2m_label_add(&talk->label, &one);
    if (result == E2M_OK)
        result = e2m_label_add(&share->label, &one);
    if (result != E2M_OK)
        return result;
    take(&share->readers[++share->server_count], partner->certificate);
    talk->cbc = talk->cbc || e2m_certificate_cbc_only(partner->certificate);
    print_servers(talk);
    return E2M_OK;
}

static struct e2m_buffer certificate_in(const char *type, const char *encoding,
                                        struct e2m_span octets)
{
    struct e2m_buffer content = {NULL, 0};
    struct e2m_body body;
    int part;

    if (e2m_body_parse(&body, type, encoding, NULL, octets) != E2M_OK)
        return content;
    part = e2m_body_find(&body, 0, E2M_CERTIFICATE);
    if (part >= 0)
        (void)e2m_part_content(&body.parts[part], &content);
    return content;
}

bool e2m_talk_asker(belle_sip_message_t *response, struct e2m_partner *asker)
{
    const char *type = NULL;
    size_t len = 0;
    const char *body = sip_message_body(response, &type, &len);
    struct e2m_buffer der;
    enum e2m_result result;

    *asker = (struct e2m_partner){NULL, NULL};
    if (!body || !type)
        return false;
    der = certificate_in(type, sip_message_header(response, "Content-Transfer-Encoding", NULL),
                         (struct e2m_span){(const uint8_t *)body, len});
    result = der.len
                 ? e2m_certificate_read(e2m_buffer_span(&der), &asker->certificate, &asker->chain)
                 : E2M_BAD_MIME;
    e2m_buffer_free(&der);
    return result == E2M_OK;
}

bool e2m_talk_has_server(const struct e2m_talk *talk, const char *domain)
{
    return e2m_label_has(&talk->label, domain);
}

static bool has_peer(const struct e2m_talk *talk)
{
    return talk->shares[E2M_PART_ALL].readers[0] != NULL;
}

const char *e2m_talk_servers(const struct e2m_talk *talk)
{
    return talk->servers;
}

const char *e2m_talk_their_servers(const struct e2m_talk *talk)
{
    return talk->their_servers;
}

/* -- what leaves ------------------------------------------------------------------------------- */

static void keep_cek(struct e2m_talk *talk, const struct e2m_cek *cek)
{
    if (cek->key_len)
        talk->ceks[talk->next++ % CEKS_MAX] = *cek;
}

static void keep_clear(struct e2m_talk *talk, const char *sdp, size_t len)
{
    char *copy = g_memdup2(sdp, len);

    forget_clear(talk);
    talk->clear = copy;
    talk->clear_len = len;
}

static bool is_invite(belle_sip_message_t *message)
{
    return belle_sip_message_is_request(message) &&
           !strcmp(belle_sip_request_get_method((belle_sip_request_t *)message), "INVITE");
}

/* The first INVITE is for certificates; whatever follows it, both ways, for the key that it
 * brought. Its other tries are first INVITEs too. */
static bool may_reuse(const struct e2m_talk *talk, belle_sip_message_t *message, uint64_t now)
{
    return !talk->plain && e2m_cek_usable(&talk->shares[E2M_PART_ALL].agreed, now) == E2M_OK &&
           !(is_invite(message) && !sip_message_to_tag(message));
}

/* A body in the making. */
struct making {
    struct e2m_item items[E2M_PART_KINDS];
    unsigned kinds[E2M_PART_KINDS];
    GString *parts[E2M_PART_KINDS]; /* NULL: the whole */
    size_t count;
    struct e2m_sent sent;
};

static void add_item(struct making *making, struct share *share, unsigned kind, struct e2m_span sdp,
                     bool reuse)
{
    const struct e2m_label *label = reuse ? &share->agreed_label : &share->label;
    GString *part =
        kind == E2M_PART_ALL ? NULL : e2m_part_make((const char *)sdp.octets, sdp.len, kind);

    making->items[making->count] = (struct e2m_item){
        .type = "application/sdp",
        .disposition = part ? "simauth-part;handling=optional" : "session",
        .content = part ? (struct e2m_span){(const uint8_t *)part->str, part->len} : sdp,
        .certificates = share->readers,
        .certificate_count = reuse ? 0 : share->server_count + 1,
        .answer_to = reuse ? &share->agreed : NULL,
        .label = label->count ? label : NULL,
    };
    making->parts[making->count] = part;
    making->kinds[making->count++] = kind;
}

/* The whole first, so that nobody takes a part for it. */
static enum e2m_result make(struct e2m_talk *talk, struct e2m_span sdp, bool reuse, uint64_t now,
                            struct making *making)
{
    struct e2m_send send = {
        .form = talk->cbc ? E2M_FORM_CBC : E2M_FORM_GCM,
        .items = making->items,
        .signer = talk->keys->own.key ? &talk->keys->own : NULL,
        .from = talk->own,
        .to = talk->peer,
        .now = now,
    };

    if (!reuse && !has_peer(talk))
        return E2M_NO_SUCH_KEY;
    for (unsigned kind = 0; kind < E2M_PART_KINDS; kind++) {
        struct share *share = &talk->shares[kind];
        if (kind == E2M_PART_ALL ||
            (reuse ? e2m_cek_usable(&share->agreed, now) == E2M_OK : share->server_count > 0))
            add_item(making, share, kind, sdp, reuse);
    }
    send.item_count = making->count;
    return e2m_message_make(&send, &making->sent);
}

static void making_clear(struct making *making)
{
    for (size_t i = 0; i < making->count; i++) {
        GString *part = making->parts[i];
        if (!part)
            continue;
        explicit_bzero(part->str, part->len);
        g_string_free(part, TRUE);
    }
    e2m_sent_free(&making->sent);
}

static void set_headers(belle_sip_message_t *message, const struct e2m_sent *sent)
{
    sip_message_remove_header(message, "Content-Target");
    sip_message_remove_header(message, "Content-Transfer-Encoding");
    if (sent->label[0])
        sip_message_set_header(message, "Content-Target", sent->label);
    if (sent->base64)
        sip_message_set_header(message, "Content-Transfer-Encoding", "base64");
}

static void keep_keys(struct e2m_talk *talk, const struct making *making, bool reuse)
{
    for (size_t i = 0; i < making->count; i++) {
        struct share *share = &talk->shares[making->kinds[i]];
        keep_cek(talk, &making->sent.ceks[i]);
        if (reuse)
            continue;
        share->agreed = making->sent.ceks[i];
        share->agreed_label = share->label;
    }
}

/* Whether a server reads where media go to, and could open something for them. */
static bool has_gatekeeper(const struct e2m_talk *talk, bool reuse)
{
    for (unsigned kind = 0; kind < E2M_PART_KINDS; kind++) {
        const struct share *share = &talk->shares[kind];
        if ((kind == E2M_PART_ALL || kind & E2M_PART_ADDRESSES) &&
            (reuse ? share->agreed_label.count : share->label.count) > 0)
            return true;
    }
    return false;
}

/* With the secrets of tokens, where a server would read them. */
static enum e2m_result make_with_secrets(struct e2m_talk *talk, struct e2m_span sdp, bool reuse,
                                         uint64_t now, struct making *making)
{
    GString *with = NULL;
    enum e2m_result result;

    if (!has_gatekeeper(talk, reuse))
        return make(talk, sdp, reuse, now, making);
    with = pinholes_add(&talk->pinholes, (const char *)sdp.octets, sdp.len);
    if (!with)
        return E2M_CRYPTO;
    talk->has_pinholes = true;
    result =
        make(talk, (struct e2m_span){(const uint8_t *)with->str, with->len}, reuse, now, making);
    OPENSSL_cleanse(with->str, with->len);
    g_string_free(with, TRUE);
    return result;
}

const struct pinholes *e2m_talk_pinholes(const struct e2m_talk *talk)
{
    return talk->has_pinholes ? &talk->pinholes : NULL;
}

enum e2m_result e2m_talk_protect(struct e2m_talk *talk, belle_sip_message_t *message, uint64_t now)
{
    struct making making = {.count = 0};
    enum e2m_result result;
    const char *sdp;
    size_t len = 0;
    bool reuse;

    e2m_talk_restore(talk, message);
    sdp = sip_message_sdp(message, &len);
    if (!sdp)
        return E2M_OK;
    reuse = may_reuse(talk, message, now);
    result =
        make_with_secrets(talk, (struct e2m_span){(const uint8_t *)sdp, len}, reuse, now, &making);
    if (result == E2M_OK && is_invite(message))
        keep_clear(talk, sdp, len);
    if (result == E2M_OK &&
        !sip_message_protect(message, making.sent.content_type,
                             (const char *)making.sent.body.octets, making.sent.body.len))
        result = E2M_NO_MEMORY;
    if (result == E2M_OK) {
        set_headers(message, &making.sent);
        keep_keys(talk, &making, reuse);
    }
    making_clear(&making);
    return result;
}

void e2m_talk_restore(const struct e2m_talk *talk, belle_sip_message_t *message)
{
    if (!talk->clear || !is_invite(message) || !e2m_talk_is_protected(message))
        return;
    sip_message_set_body(message, "application/sdp", talk->clear, talk->clear_len);
    sip_message_remove_header(message, "Content-Target");
    sip_message_remove_header(message, "Content-Transfer-Encoding");
}

void e2m_talk_withhold(belle_sip_message_t *message)
{
    static const char nothing[] = "\r\n";

    sip_message_set_body(message, "text/plain", nothing, sizeof(nothing) - 1);
}

/* -- what comes -------------------------------------------------------------------------------- */

bool e2m_talk_is_protected(belle_sip_message_t *message)
{
    const char *type = NULL;
    size_t len = 0;

    return sip_message_body(message, &type, &len) && e2m_message_is_protected(type);
}

static enum e2m_result read_body(struct e2m_talk *talk, belle_sip_message_t *message,
                                 unsigned wants, uint64_t now, struct e2m_received *received)
{
    struct e2m_cek *ceks[E2M_PART_KINDS + CEKS_MAX];
    struct e2m_receive receive = {
        .encoding = sip_message_header(message, "Content-Transfer-Encoding", NULL),
        .label = sip_message_header(message, "Content-Target", NULL),
        .identities = &talk->keys->own,
        .identity_count = talk->keys->own.key ? 1 : 0,
        .ceks = ceks,
        .cek_count = E2M_PART_KINDS + CEKS_MAX,
        .trust = talk->keys->people,
        .from = talk->peer,
        .to = talk->own,
        .wants = wants,
        .now = now,
    };
    size_t len = 0;
    const char *body = sip_message_body(message, &receive.content_type, &len);

    for (size_t kind = 0; kind < E2M_PART_KINDS; kind++)
        ceks[kind] = &talk->shares[kind].agreed;
    for (size_t i = 0; i < CEKS_MAX; i++)
        ceks[E2M_PART_KINDS + i] = &talk->ceks[i];
    receive.body = (struct e2m_span){(const uint8_t *)body, len};
    return e2m_message_read(&receive, received);
}

static bool is_replayed(const struct e2m_talk *talk, belle_sip_message_t *message,
                        const struct e2m_received *received, uint64_t now)
{
    return received->signature == E2M_OK && talk->keys->seen &&
           !e2m_seen_own(talk->keys->seen, message, received->signed_hash, now);
}

/* Of an item that was opened, and is SDP. */
static unsigned part_of(const struct e2m_received_item *item)
{
    return e2m_part_of((const char *)item->content.octets, item->content.len);
}

static bool is_sdp(const struct e2m_received_item *item)
{
    return item->enveloped && item->result == E2M_OK && !strcmp(item->type, "application/sdp");
}

/* The SDP that was enveloped; else why not. A clear SDP beside an envelope is nobody's. */
static const struct e2m_received_item *find_sdp(const struct e2m_received *received,
                                                enum e2m_result *why)
{
    *why = E2M_CLEAR;
    for (unsigned i = 0; i < received->count; i++) {
        const struct e2m_received_item *item = &received->items[i];
        if (!item->enveloped)
            continue;
        if (is_sdp(item) && part_of(item) == E2M_PART_ALL)
            return item;
        if (item->result != E2M_OK && (*why == E2M_CLEAR || *why == E2M_NOT_FOR_US))
            *why = item->result;
    }
    return NULL;
}

/* The keys under which this call goes on, each for whom the other side let read that part. */
static void agree(struct e2m_talk *talk, const struct e2m_received_item *item, unsigned part,
                  bool first)
{
    struct share *share = part < E2M_PART_KINDS ? &talk->shares[part] : NULL;

    keep_cek(talk, &item->cek);
    if (!share || !first || !item->cek.key_len)
        return;
    share->agreed = item->cek;
    share->agreed_label = item->label;
}

static void take_items(struct e2m_talk *talk, const struct e2m_received *received,
                       const struct e2m_received_item *sdp, bool first)
{
    unsigned seen = 0;

    talk->their_servers[0] = '\0';
    for (unsigned i = 0; i < received->count; i++) {
        const struct e2m_received_item *item = &received->items[i];
        unsigned part = is_sdp(item) ? part_of(item) : E2M_PART_OTHER;
        bool again = seen & (1U << part) || (part == E2M_PART_ALL && item != sdp);
        if (item->enveloped)
            print_label(&item->label, part < E2M_PART_KINDS ? part : E2M_PART_ALL,
                        talk->their_servers);
        if (item->result != E2M_OK || again)
            continue;
        seen |= 1U << part;
        agree(talk, item, part, first);
    }
}

static bool put(struct e2m_talk *talk, belle_sip_message_t *message,
                const struct e2m_received *received, const struct e2m_received_item *item)
{
    bool first = is_invite(message) && !sip_message_to_tag(message);
    char *sdp = g_memdup2(item->content.octets, item->content.len);
    size_t len = pinholes_strip(sdp, item->content.len); /* for servers; no phone needs it */
    bool good = sip_message_set_body(message, "application/sdp", sdp, len);

    OPENSSL_cleanse(sdp, item->content.len);
    g_free(sdp);
    if (!good)
        return false;
    sip_message_remove_header(message, "Content-Target");
    sip_message_remove_header(message, "Content-Transfer-Encoding");
    sip_message_remove_header(message, "Content-Disposition");
    take_items(talk, received, item, first);
    return true;
}

/* Who sends AES-CBC is answered so; whoever signs and let us see no key to answer under is answered
 * for the certificate that signed. */
static void learn_form(struct e2m_talk *talk, const struct e2m_received *received,
                       const struct e2m_received_item *item, bool reused, uint64_t now)
{
    const struct e2m_partner signer = {received->signer_certificate, NULL};

    if (item->form == E2M_FORM_CBC && talk->keys->own.key)
        talk->cbc = true;
    if (received->signature != E2M_OK || reused)
        return;
    talk->plain = talk->plain || item->cek.key_len == 0;
    if (!has_peer(talk))
        (void)e2m_talk_add_peer(talk, &signer, now);
}

enum e2m_result e2m_talk_open(struct e2m_talk *talk, belle_sip_message_t *message, unsigned wants,
                              uint64_t now, struct e2m_opened *opened)
{
    const struct e2m_received_item *item = NULL;
    struct e2m_received *received = g_new0(struct e2m_received, 1);
    enum e2m_result result = read_body(talk, message, wants, now, received);

    if (result == E2M_OK && is_replayed(talk, message, received, now))
        result = E2M_REPLAYED;
    if (result == E2M_OK)
        item = find_sdp(received, &result);
    if (item) {
        result = put(talk, message, received, item) ? E2M_OK : E2M_NO_MEMORY;
        opened->reused = item->key == &talk->shares[E2M_PART_ALL].agreed;
        learn_form(talk, received, item, opened->reused, now);
    }
    if (received->signer_certificate &&
        (result == E2M_NO_LIST || (item && received->signature == E2M_OK)))
        (void)e2m_revoked_url(received->signer_certificate, opened->list_url,
                              sizeof(opened->list_url));
    opened->signature = received->signature;
    g_strlcpy(opened->signer, received->signer, sizeof(opened->signer));
    e2m_received_free(received);
    g_free(received);
    return result;
}
