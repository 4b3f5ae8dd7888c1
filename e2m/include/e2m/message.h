/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A message's whole body, made and read: items for different readers, each in an envelope of its
 * own with its label, and one signature over all of it. What a phone and a middle use; body.h and
 * envelope.h are what it is made of. docs/protocol.md, section 8, is normative.
 *
 *   body     = signed / entity
 *   signed   = multipart/signed { entity with Content-Session, application/pkcs7-signature }
 *   entity   = item / multipart/mixed { item, item ... }
 *   item     = application/pkcs7-mime envelope with Content-Target / clear part
 *   in an envelope: an entity (Content-Type, an empty line, the content)
 */
#ifndef E2M_MESSAGE_H
#define E2M_MESSAGE_H

#include "body.h"
#include "envelope.h"

#define E2M_ITEMS_MAX 6
#define E2M_OPEN_MAX 4 /* envelopes of a message that are opened by a certificate's key */
#define E2M_SIGNER_NAME (E2M_AOR_MAX + 1)

/* One thing to say, and to whom. */
struct e2m_item {
    const char *type;        /* "application/sdp" */
    const char *disposition; /* Content-Disposition, NULL: none */
    struct e2m_span content;
    X509 *const *certificates; /* readers; without any and without answer_to it goes in clear */
    size_t certificate_count;
    struct e2m_cek *answer_to;     /* key reuse: NULL or the key of the item that it answers */
    const struct e2m_label *label; /* the servers among the readers; NULL: none */
};

struct e2m_send {
    enum e2m_form form; /* E2M_FORM_CBC wants a signer */
    const struct e2m_item *items;
    size_t item_count;
    const struct e2m_identity *signer; /* NULL: not signed, and its labels are not either */
    const char *from, *to; /* AORs that the signature is for; NULL only without a signer */
    uint64_t now;          /* seconds since 1970 */
};

struct e2m_sent {
    char content_type[E2M_TYPE_MAX + 1]; /* of the SIP message */
    char label[E2M_LABEL_MAX + 1];       /* Content-Target of the SIP message; "": none */
    bool base64; /* the SIP message wants Content-Transfer-Encoding: base64 */
    struct e2m_buffer body;
    struct e2m_cek ceks[E2M_ITEMS_MAX]; /* of each item; empty for one in clear */
};

/* Makes the body. On failure *sent is empty. */
enum e2m_result e2m_message_make(const struct e2m_send *send, struct e2m_sent *sent);
/* Frees and wipes. */
void e2m_sent_free(struct e2m_sent *sent);

enum e2m_wants {
    E2M_WANT_SIGNATURE = 1,       /* without a right one nothing is opened */
    E2M_ACCEPT_UNSIGNED_LABEL = 2 /* a server may go by a label that nobody signed */
};

struct e2m_receive {
    const char *content_type, *encoding, *label; /* SIP headers; NULL where absent */
    struct e2m_span body;
    const struct e2m_identity *identities; /* ours */
    size_t identity_count;
    struct e2m_cek *const *ceks; /* of what we sent or opened in this dialog */
    size_t cek_count;
    const struct e2m_trust *trust; /* who may sign; NULL: a signature is E2M_UNTRUSTED */
    const char *server;    /* a middle's own domain: only what is labelled for it is opened; NULL: a
                              phone, which tries every envelope */
    const char *from, *to; /* AORs of the message's sender and receiver (From and To of a request,
                              swapped for a response); NULL: not compared */
    unsigned wants;        /* of enum e2m_wants */
    uint64_t now;
};

struct e2m_received_item {
    enum e2m_result result;    /* why it was not opened, or E2M_OK */
    bool enveloped;            /* it came in an envelope */
    const struct e2m_cek *key; /* of receive->ceks, which opened it; NULL: a certificate did */
    struct e2m_label label;    /* count 0: none */
    bool label_signed;
    enum e2m_form form;        /* of the envelope, when result is E2M_OK */
    char type[64];             /* of the content, when result is E2M_OK */
    struct e2m_buffer content; /* its octets, when result is E2M_OK */
    struct e2m_cek cek;        /* for an answer, or empty */
};

struct e2m_received {
    /* E2M_OK: signed, by `signer`, whose name is `from`; E2M_UNSIGNED; or what is wrong with the
     * signature: then no item was opened. */
    enum e2m_result signature;
    char signer[E2M_SIGNER_NAME]; /* AOR in the signer's certificate, "": none */
    X509 *signer_certificate;     /* NULL: none */
    unsigned count;
    struct e2m_received_item items[E2M_PARTS_MAX];
    uint8_t signed_hash[32]; /* SHA-256 of the octets under the signature; zeros: not E2M_OK */
};

/* Reads a body. E2M_OK: it was well formed and its signature, if any, is right; then each item
 * has a result of its own. Else which rule failed for the whole: a broken body, a bad or foreign
 * signature, E2M_LABEL_DIFFERS, E2M_OTHER_SESSION, with E2M_WANT_SIGNATURE E2M_UNSIGNED. *received
 * must be freed in any case. */
enum e2m_result e2m_message_read(const struct e2m_receive *receive, struct e2m_received *received);
void e2m_received_free(struct e2m_received *received);
/* The first item with that media type that was opened; NULL. */
const struct e2m_received_item *e2m_received_find(const struct e2m_received *received,
                                                  const char *type);

/* Whether a body is one of ours to look at at all: multipart/signed, pkcs7-mime, or a multipart
 * with such a part. For a quick look at every message. */
bool e2m_message_is_protected(const char *content_type);

#endif
