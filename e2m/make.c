/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A message's whole body, made. */
#include "e2m_private.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* Without blanks, and the boundary bare and last: belle-sip 5.1 looks for just `;boundary=` in what
 * comes, and ends its program where it does not find it. */
#define TYPE_GCM "application/pkcs7-mime;smime-type=authEnveloped-data;name=smime.p7m"
#define TYPE_CBC "application/pkcs7-mime;smime-type=enveloped-data;name=smime.p7m"
#define TYPE_SIGNATURE "application/pkcs7-signature;name=smime.p7s"
#define TYPE_SIGNED                                                                                \
    "multipart/signed;protocol=\"application/pkcs7-signature\";micalg=sha-256;boundary=%s"
#define TYPE_MIXED "multipart/mixed;boundary=%s"

/* Content-Session of what is made; "" where the two are not known. */
enum e2m_result e2m_session_print(const char *from, const char *to,
                                  char out[static E2M_SESSION_MAX + 1])
{
    char a[E2M_AOR_MAX + 1], b[E2M_AOR_MAX + 1];

    out[0] = '\0';
    if (!from || !to)
        return E2M_OK;
    if (!e2m_aor_canonical(from, a) || !e2m_aor_canonical(to, b) || strpbrk(a, "\"\\") ||
        strpbrk(b, "\"\\"))
        return E2M_BAD_MIME;
    snprintf(out, E2M_SESSION_MAX + 1, "call; from=\"%s\"; to=\"%s\"", a, b);
    return E2M_OK;
}

/* An entity in the making: what its headers say, and its content. */
struct entity {
    struct e2m_headers headers;
    char type[E2M_TYPE_MAX + 1];
    char label[E2M_LABEL_MAX + 1];
    struct e2m_buffer content; /* owned; before its transfer encoding */
};

struct maker {
    const struct e2m_send *send;
    struct e2m_sent *sent;
    char session[E2M_SESSION_MAX + 1];
};

static enum e2m_result set_type(struct entity *entity, const char *type)
{
    int len = snprintf(entity->type, sizeof(entity->type), "%s", type);

    entity->headers.type = entity->type;
    return len < (int)sizeof(entity->type) ? E2M_OK : E2M_TOO_LARGE;
}

static enum e2m_result print(const struct entity *entity, struct e2m_buffer *out)
{
    return e2m_entity_print(&entity->headers, e2m_buffer_span(&entity->content), out);
}

/* What stands in an envelope: says itself whose call it is, so that nobody who cannot read it can
 * put it into another. */
static enum e2m_result make_inner(const struct maker *maker, const struct e2m_item *item,
                                  struct e2m_buffer *out)
{
    const struct e2m_headers headers = {
        .type = item->type,
        .disposition = item->disposition,
        .session = maker->session[0] ? maker->session : NULL,
    };

    return e2m_entity_print(&headers, item->content, out);
}

static enum e2m_result make_envelope(const struct maker *maker, const struct e2m_item *item,
                                     struct entity *entity, struct e2m_cek *cek)
{
    struct e2m_buffer inner = {NULL, 0};
    enum e2m_result result = make_inner(maker, item, &inner);
    struct e2m_seal seal = {
        .form = maker->send->form,
        .plain = e2m_buffer_span(&inner),
        .certificates = item->certificates,
        .certificate_count = item->certificate_count,
        .answer_to = item->answer_to,
        .now = maker->send->now,
    };

    if (result == E2M_OK)
        result = e2m_envelope_seal(&seal, &entity->content, cek);
    e2m_buffer_free(&inner);
    entity->headers.disposition = "attachment; filename=smime.p7m; handling=required";
    entity->headers.base64 = true;
    if (result == E2M_OK)
        result = set_type(entity, maker->send->form == E2M_FORM_GCM ? TYPE_GCM : TYPE_CBC);
    return result;
}

static enum e2m_result make_item(const struct maker *maker, const struct e2m_item *item,
                                 struct entity *entity, struct e2m_cek *cek)
{
    enum e2m_result result;

    memset(entity, 0, sizeof(*entity));
    if (item->label && item->label->count) {
        e2m_label_print(item->label, entity->label);
        entity->headers.label = entity->label;
    }
    if (item->certificate_count || item->answer_to)
        return make_envelope(maker, item, entity, cek);
    entity->headers.disposition = item->disposition;
    result = set_type(entity, item->type);
    if (result == E2M_OK)
        result = e2m_buffer_copy(&entity->content, item->content.octets, item->content.len);
    return result;
}

/* The items as one multipart, in place of *entity. */
static enum e2m_result join(struct entity *entities, size_t count, struct entity *entity)
{
    struct e2m_buffer printed[E2M_ITEMS_MAX] = {{NULL, 0}};
    struct e2m_span spans[E2M_ITEMS_MAX];
    char boundary[E2M_BOUNDARY_MAX + 1], type[E2M_TYPE_MAX + 1];
    enum e2m_result result = E2M_OK;

    memset(entity, 0, sizeof(*entity));
    for (size_t i = 0; i < count && result == E2M_OK; i++) {
        result = print(&entities[i], &printed[i]);
        spans[i] = e2m_buffer_span(&printed[i]);
    }
    if (result == E2M_OK)
        result = e2m_multipart_print(spans, count, boundary, &entity->content);
    for (size_t i = 0; i < count; i++)
        e2m_buffer_free(&printed[i]);
    if (result != E2M_OK)
        return result;
    snprintf(type, sizeof(type), TYPE_MIXED, boundary);
    return set_type(entity, type);
}

static enum e2m_result signature_entity(const struct maker *maker, struct e2m_span over,
                                        struct e2m_buffer *out)
{
    const struct e2m_headers headers = {
        .type = TYPE_SIGNATURE,
        .disposition = "attachment; filename=smime.p7s; handling=required",
        .base64 = true,
    };
    struct e2m_buffer der;
    enum e2m_result result = e2m_sign(maker->send->signer, over, maker->send->now, &der);

    if (result == E2M_OK)
        result = e2m_entity_print(&headers, e2m_buffer_span(&der), out);
    e2m_buffer_free(&der);
    return result;
}

static enum e2m_result finish_signed(const struct maker *maker, struct entity *entity)
{
    struct e2m_buffer printed[2] = {{NULL, 0}, {NULL, 0}};
    char boundary[E2M_BOUNDARY_MAX + 1];
    struct e2m_span spans[2];
    enum e2m_result result;

    entity->headers.session = maker->session;
    result = print(entity, &printed[0]);
    if (result == E2M_OK)
        result = signature_entity(maker, e2m_buffer_span(&printed[0]), &printed[1]);
    spans[0] = e2m_buffer_span(&printed[0]);
    spans[1] = e2m_buffer_span(&printed[1]);
    if (result == E2M_OK)
        result = e2m_multipart_print(spans, 2, boundary, &maker->sent->body);
    if (result == E2M_OK)
        snprintf(maker->sent->content_type, sizeof(maker->sent->content_type), TYPE_SIGNED,
                 boundary);
    e2m_buffer_free(&printed[0]);
    e2m_buffer_free(&printed[1]);
    return result;
}

/* Without a signature the entity's headers are the SIP message's. */
static enum e2m_result finish_plain(const struct maker *maker, struct entity *entity)
{
    snprintf(maker->sent->content_type, sizeof(maker->sent->content_type), "%s", entity->type);
    maker->sent->base64 = entity->headers.base64;
    if (entity->headers.base64)
        return e2m_base64_print(e2m_buffer_span(&entity->content), &maker->sent->body);
    maker->sent->body = entity->content;
    entity->content = (struct e2m_buffer){NULL, 0};
    return E2M_OK;
}

static enum e2m_result check(const struct e2m_send *send)
{
    if (send->item_count == 0 || send->item_count > E2M_ITEMS_MAX)
        return send->item_count ? E2M_TOO_LARGE : E2M_CLEAR;
    if (send->form == E2M_FORM_CBC && !send->signer)
        return E2M_UNSIGNED;
    return send->signer && (!send->from || !send->to) ? E2M_OTHER_SESSION : E2M_OK;
}

static enum e2m_result all_labels(const struct e2m_send *send, char *out)
{
    struct e2m_label all = {0};
    enum e2m_result result = E2M_OK;

    for (size_t i = 0; i < send->item_count && result == E2M_OK; i++) {
        if (send->items[i].label)
            result = e2m_label_add(&all, send->items[i].label);
    }
    e2m_label_print(&all, out);
    return result;
}

static enum e2m_result make(struct maker *maker, struct entity *entities, struct entity *joined)
{
    const struct e2m_send *send = maker->send;
    enum e2m_result result = E2M_OK;
    struct entity *entity = &entities[0];

    for (size_t i = 0; i < send->item_count && result == E2M_OK; i++)
        result = make_item(maker, &send->items[i], &entities[i], &maker->sent->ceks[i]);
    if (result == E2M_OK && send->item_count > 1) {
        result = join(entities, send->item_count, joined);
        entity = joined;
    }
    if (result != E2M_OK)
        return result;
    return send->signer ? finish_signed(maker, entity) : finish_plain(maker, entity);
}

enum e2m_result e2m_message_make(const struct e2m_send *send, struct e2m_sent *sent)
{
    struct maker maker = {send, sent, ""};
    struct entity entities[E2M_ITEMS_MAX] = {0}, joined = {0};
    enum e2m_result result = check(send);

    memset(sent, 0, sizeof(*sent));
    if (result == E2M_OK)
        result = e2m_session_print(send->from, send->to, maker.session);
    if (result == E2M_OK)
        result = all_labels(send, sent->label);
    if (result == E2M_OK)
        result = make(&maker, entities, &joined);
    if (result == E2M_OK && sent->body.len > E2M_BODY_MAX)
        result = E2M_TOO_LARGE;
    for (size_t i = 0; i < E2M_ITEMS_MAX; i++)
        e2m_buffer_free(&entities[i].content);
    e2m_buffer_free(&joined.content);
    if (result != E2M_OK)
        e2m_sent_free(sent);
    return result;
}

void e2m_sent_free(struct e2m_sent *sent)
{
    e2m_buffer_free(&sent->body);
    OPENSSL_cleanse(sent, sizeof(*sent));
}
