/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message's whole body, read: the signature first, then each item that is for us. */
#include "e2m_private.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

struct reader {
    const struct e2m_receive *receive;
    struct e2m_received *received;
    struct e2m_body body;
    struct e2m_buffer content; /* of a signed-data: the body's octets are in it */
    bool label_signed;         /* of all of the body */
    unsigned by_certificate;   /* envelopes that a private key was used for */
};

/* -- the signature ----------------------------------------------------------------------------- */

/* Whether a Content-Session fits; one that is absent fits where none is wanted. */
static enum e2m_result check_session(const struct e2m_receive *receive, struct e2m_span session,
                                     bool wanted)
{
    char expected[E2M_SESSION_MAX + 1];
    enum e2m_result result = e2m_session_print(receive->from, receive->to, expected);

    if (session.len == 0)
        return wanted && expected[0] ? E2M_OTHER_SESSION : E2M_OK;
    if (result != E2M_OK)
        return E2M_OTHER_SESSION;
    if (expected[0] &&
        (session.len != strlen(expected) || memcmp(session.octets, expected, session.len) != 0))
        return E2M_OTHER_SESSION;
    return E2M_OK;
}

static enum e2m_result check_signer(struct reader *reader)
{
    struct e2m_received *received = reader->received;

    if (!received->signer_certificate)
        return E2M_OK;
    if (!e2m_certificate_aor(received->signer_certificate, received->signer))
        return E2M_FOREIGN_SIGNER;
    return reader->receive->from
               ? e2m_certificate_names_aor(received->signer_certificate, reader->receive->from)
               : E2M_OK;
}

/* What nobody can change: around it a boundary, an epilogue, a certificate more may. */
static enum e2m_result keep_hash(struct reader *reader, struct e2m_span covered)
{
    return EVP_Digest(covered.octets, covered.len, reader->received->signed_hash, NULL,
                      EVP_sha256(), NULL) == 1
               ? E2M_OK
               : E2M_CRYPTO;
}

static enum e2m_result verify_detached(struct reader *reader, int index)
{
    const struct e2m_receive *receive = reader->receive;
    const struct e2m_part *covered = &reader->body.parts[reader->body.parts[index].child];
    struct e2m_buffer der;
    enum e2m_result result = e2m_part_content(&reader->body.parts[covered->next], &der);

    if (result == E2M_OK)
        result = e2m_verify(e2m_buffer_span(&der), &covered->entity, receive->trust, receive->now,
                            &reader->received->signer_certificate, NULL);
    e2m_buffer_free(&der);
    if (result == E2M_OK)
        result = keep_hash(reader, covered->entity);
    if (result == E2M_OK)
        result = check_session(receive, covered->session, true);
    return result;
}

/* Content that stands in its signature takes the place of the body. */
static enum e2m_result verify_inside(struct reader *reader)
{
    const struct e2m_receive *receive = reader->receive;
    struct e2m_buffer der;
    enum e2m_result result = e2m_part_content(&reader->body.parts[0], &der);

    if (result == E2M_OK)
        result = e2m_verify(e2m_buffer_span(&der), NULL, receive->trust, receive->now,
                            &reader->received->signer_certificate, &reader->content);
    e2m_buffer_free(&der);
    if (result == E2M_OK)
        result = keep_hash(reader, e2m_buffer_span(&reader->content));
    if (result == E2M_OK)
        result = e2m_entity_parse(&reader->body, e2m_buffer_span(&reader->content));
    if (result == E2M_OK)
        result = check_session(receive, reader->body.parts[0].session, true);
    return result;
}

/* RFC 3261, 23: a body that is signed is signed as a whole. */
static enum e2m_result check_signature(struct reader *reader)
{
    enum e2m_kind kind = reader->body.parts[0].kind;
    enum e2m_result result = E2M_UNSIGNED, foreign;

    if (kind == E2M_SIGNED)
        result = verify_detached(reader, 0);
    else if (kind == E2M_SIGNED_DATA)
        result = verify_inside(reader);
    foreign = check_signer(reader);
    if (result == E2M_OK)
        result = foreign;
    reader->received->signature = result;
    reader->label_signed = result == E2M_OK;
    if (result == E2M_UNSIGNED && !(reader->receive->wants & E2M_WANT_SIGNATURE))
        return E2M_OK;
    return result;
}

/* -- items ------------------------------------------------------------------------------------- */

/* The SIP header names this server, and the signature over all labels says that nobody did. */
static bool header_differs(const struct reader *reader)
{
    const struct e2m_receive *receive = reader->receive;
    struct e2m_label header;

    if (!reader->label_signed || !receive->label ||
        e2m_label_parse(&header, receive->label, strlen(receive->label)) != E2M_OK ||
        !e2m_label_has(&header, receive->server))
        return false;
    for (unsigned i = 0; i < reader->body.count; i++) {
        if (e2m_label_has(&reader->body.parts[i].label, receive->server))
            return false;
    }
    return true;
}

/* Whether a middle may look into it. */
static enum e2m_result check_label(const struct reader *reader,
                                   const struct e2m_received_item *item)
{
    const struct e2m_receive *receive = reader->receive;

    if (!receive->server)
        return E2M_OK;
    if (e2m_label_has(&item->label, receive->server))
        return item->label_signed || (receive->wants & E2M_ACCEPT_UNSIGNED_LABEL)
                   ? E2M_OK
                   : E2M_LABEL_UNSIGNED;
    return header_differs(reader) ? E2M_LABEL_DIFFERS : E2M_NOT_FOR_US;
}

static enum e2m_result take_entity(const struct reader *reader, struct e2m_span entity,
                                   struct e2m_received_item *item)
{
    bool cbc = item->form == E2M_FORM_CBC;
    struct e2m_body inner;
    enum e2m_result result = e2m_entity_parse(&inner, entity);

    if (result == E2M_OK)
        result = check_session(reader->receive, inner.parts[0].session, cbc);
    /* Whoever signs may have changed what another enveloped, or made it of an envelope with
     * AES-GCM: nobody learns how far it was read. */
    if (result != E2M_OK && result != E2M_NO_MEMORY && cbc)
        return E2M_DAMAGED;
    if (result != E2M_OK)
        return result;
    memcpy(item->type, inner.parts[0].type, sizeof(item->type));
    return e2m_part_content(&inner.parts[0], &item->content);
}

/* Whoever makes a body chooses how often a private key is used for it; a key that both have is
 * cheap, and an envelope for others costs nothing. */
static enum e2m_result open_one(struct reader *reader, const struct e2m_open *open,
                                const struct e2m_cek *key, struct e2m_buffer *plain,
                                struct e2m_cek *cek)
{
    enum e2m_result result;

    if (!key && reader->by_certificate == E2M_OPEN_MAX)
        return E2M_TOO_LARGE;
    result = e2m_envelope_open(open, plain, cek);
    if (!key && result != E2M_NOT_FOR_US && result != E2M_NO_SUCH_KEY)
        reader->by_certificate++;
    return result;
}

static enum e2m_result open_envelope(struct reader *reader, const struct e2m_part *part,
                                     struct e2m_received_item *item)
{
    const struct e2m_receive *receive = reader->receive;
    struct e2m_buffer der = {NULL, 0}, plain = {NULL, 0};
    struct e2m_envelope_info info;
    struct e2m_open open = {
        .identities = receive->identities,
        .identity_count = receive->identity_count,
        .ceks = receive->ceks,
        .cek_count = receive->cek_count,
        .now = receive->now,
    };
    enum e2m_result result = e2m_part_content(part, &der);

    open.der = e2m_buffer_span(&der);
    if (result == E2M_OK)
        result = e2m_envelope_inspect(open.der, &info);
    /* CBC proves nothing of what it hides. */
    if (result == E2M_OK && info.form == E2M_FORM_CBC && reader->received->signature != E2M_OK)
        result = E2M_UNSIGNED;
    if (result == E2M_OK) {
        item->form = info.form;
        item->key = e2m_envelope_key(&open, &info);
        result = open_one(reader, &open, item->key, &plain, &item->cek);
    }
    if (result == E2M_OK)
        result = take_entity(reader, e2m_buffer_span(&plain), item);
    if (result != E2M_OK)
        e2m_cek_wipe(&item->cek);
    e2m_buffer_free(&der);
    e2m_buffer_free(&plain);
    return result;
}

static enum e2m_result take_clear(const struct e2m_part *part, struct e2m_received_item *item)
{
    memcpy(item->type, part->type, sizeof(item->type));
    return e2m_part_content(part, &item->content);
}

static void read_item(struct reader *reader, const struct e2m_part *part)
{
    struct e2m_received_item *item = &reader->received->items[reader->received->count++];

    item->enveloped = part->kind == E2M_ENVELOPE;
    item->label = part->label;
    item->label_signed = part->has_label && reader->label_signed;
    if (!item->enveloped) {
        item->result = take_clear(part, item);
        return;
    }
    item->result = check_label(reader, item);
    if (item->result == E2M_OK)
        item->result = open_envelope(reader, part, item);
}

static void read_items(struct reader *reader)
{
    for (unsigned i = 0; i < reader->body.count; i++) {
        const struct e2m_part *part = &reader->body.parts[i];
        if (part->kind != E2M_MIXED && part->kind != E2M_SIGNED && part->kind != E2M_SIGNATURE)
            read_item(reader, part);
    }
}

enum e2m_result e2m_message_read(const struct e2m_receive *receive, struct e2m_received *received)
{
    struct reader reader = {.receive = receive, .received = received};
    enum e2m_result result;

    memset(received, 0, sizeof(*received));
    received->signature = E2M_UNSIGNED;
    result =
        e2m_body_parse(&reader.body, receive->content_type, receive->encoding, NULL, receive->body);
    /* The SIP header is the label of a body that has no other; of a signed one it counts for
     * nothing. Where it does not parse nobody is named. */
    if (result == E2M_OK && reader.body.count == 1 && receive->label)
        reader.body.parts[0].has_label =
            e2m_label_parse(&reader.body.parts[0].label, receive->label, strlen(receive->label)) ==
            E2M_OK;
    if (result == E2M_OK)
        result = check_signature(&reader);
    if (result == E2M_OK)
        read_items(&reader);
    e2m_buffer_free(&reader.content);
    return result;
}

void e2m_received_free(struct e2m_received *received)
{
    for (unsigned i = 0; i < received->count; i++)
        e2m_buffer_free(&received->items[i].content);
    X509_free(received->signer_certificate);
    OPENSSL_cleanse(received, sizeof(*received));
}

const struct e2m_received_item *e2m_received_find(const struct e2m_received *received,
                                                  const char *type)
{
    for (unsigned i = 0; i < received->count; i++) {
        if (received->items[i].result == E2M_OK && strcmp(received->items[i].type, type) == 0)
            return &received->items[i];
    }
    return NULL;
}
