/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MIME bodies of SIP messages (RFC 2045, 2046, 1847, 3261 section 23): parsed into a checked tree
 * without copying, and printed. Limits: 64 KiB, four levels, sixteen parts.
 */
#ifndef E2M_BODY_H
#define E2M_BODY_H

#include "result.h"

#include <stdbool.h>

#define E2M_BODY_MAX 65536 /* octets of a body, also of one that was decoded or decrypted */
#define E2M_DEPTH_MAX 4    /* the body itself is level 1 */
#define E2M_PARTS_MAX 16   /* parts of a body, multiparts counted */
#define E2M_HEADERS_MAX 16 /* MIME headers of a part */
#define E2M_TYPE_MAX 400   /* octets of a Content-Type value */
#define E2M_BOUNDARY_MAX 70
#define E2M_HOST_MAX 253
#define E2M_LABEL_HOSTS 4
#define E2M_LABEL_MAX (E2M_LABEL_HOSTS * (E2M_HOST_MAX + 2)) /* octets of a printed label */

enum e2m_kind {
    E2M_OTHER,
    E2M_SDP,         /* application/sdp */
    E2M_MIXED,       /* multipart/mixed or any multipart but signed: its parts are children */
    E2M_SIGNED,      /* multipart/signed: two children, what is signed and the signature */
    E2M_SIGNATURE,   /* application/pkcs7-signature */
    E2M_ENVELOPE,    /* application/pkcs7-mime, enveloped-data or authEnveloped-data */
    E2M_SIGNED_DATA, /* application/pkcs7-mime; smime-type=signed-data */
    E2M_CERTIFICATE  /* application/pkix-cert, or pkcs7-mime; smime-type=certs-only */
};

/* Content-Target: the servers that a part is meant for, besides the callee. Host names in lower
 * case without a dot at the end, in the order of the header, none twice. */
struct e2m_label {
    unsigned count;
    char hosts[E2M_LABEL_HOSTS][E2M_HOST_MAX + 1];
};

struct e2m_part {
    enum e2m_kind kind;
    int parent, child, next; /* indices of parts[]; -1 is none. `child` is the first */
    bool base64;             /* content is in base64 (else 7bit, 8bit or binary) */
    bool has_label;
    struct e2m_label label;
    char type[64];                       /* media type, lower case, without parameters */
    char boundary[E2M_BOUNDARY_MAX + 1]; /* of a multipart */
    struct e2m_span entity;  /* headers, empty line and content: exactly what a signature covers.
                                The whole body's part has no headers in it */
    struct e2m_span content; /* as on the wire, before its transfer encoding is undone */
    struct e2m_span session; /* value of Content-Session (message.h reads it), or empty */
};

/* parts[0] is the body itself; parents stand before their children. Points into what was parsed. */
struct e2m_body {
    unsigned count;
    struct e2m_part parts[E2M_PARTS_MAX];
};

/* Parses a body. `content_type` is the value of the SIP header; `encoding` that of
 * Content-Transfer-Encoding and `label` that of Content-Target among the SIP headers, NULL where
 * there is none: of a body without parts they are the part's own (unsigned) ones.
 * E2M_TOO_LARGE, E2M_TOO_DEEP, E2M_BAD_MIME. On failure *body is empty. */
enum e2m_result e2m_body_parse(struct e2m_body *body, const char *content_type,
                               const char *encoding, const char *label, struct e2m_span octets);
/* The same for an entity, as it stands in an envelope: headers, empty line, content. */
enum e2m_result e2m_entity_parse(struct e2m_body *body, struct e2m_span entity);

/* Content of a part with its transfer encoding undone; a new buffer. E2M_BAD_MIME: no base64. */
enum e2m_result e2m_part_content(const struct e2m_part *part, struct e2m_buffer *out);

/* Index of the first part of `kind` at or below part `from`; -1. */
int e2m_body_find(const struct e2m_body *body, int from, enum e2m_kind kind);

/* -- labels ------------------------------------------------------------------------------------ */
/* Content-Target = host *( "," host ), blanks around hosts allowed; the same in the MIME and in the
 * SIP header. E2M_BAD_MIME: no host name, none at all, one twice; E2M_TOO_LARGE: too many. */
enum e2m_result e2m_label_parse(struct e2m_label *label, const char *text, size_t len);
/* With ", " between hosts. `out` has E2M_LABEL_MAX + 1 octets. */
void e2m_label_print(const struct e2m_label *label, char *out);
/* Whether `host` (any case) is one of them. */
bool e2m_label_has(const struct e2m_label *label, const char *host);
/* Adds every host of `more`. E2M_TOO_LARGE. */
enum e2m_result e2m_label_add(struct e2m_label *label, const struct e2m_label *more);
/* A host name of letters, digits, "-" and "."; or an IP address, IPv6 in brackets. */
bool e2m_host_valid(const char *host, size_t len);

/* -- printing ---------------------------------------------------------------------------------- */
/* What stands in front of a part's content. NULL: leave out. */
struct e2m_headers {
    const char *type;        /* Content-Type's value */
    const char *disposition; /* Content-Disposition */
    const char *label;       /* Content-Target */
    const char *session;     /* Content-Session */
    bool base64;             /* print the content in base64, and say so */
};
/* Headers, an empty line, the content. Lines end with CRLF. E2M_BAD_MIME: a line end within a
 * header's value; E2M_TOO_LARGE. */
enum e2m_result e2m_entity_print(const struct e2m_headers *headers, struct e2m_span content,
                                 struct e2m_buffer *out);
/* A multipart's content of `count` entities. A boundary that occurs in none of them is made and
 * left in `boundary`. */
enum e2m_result e2m_multipart_print(const struct e2m_span *entities, size_t count,
                                    char boundary[static E2M_BOUNDARY_MAX + 1],
                                    struct e2m_buffer *out);
/* Base64 in lines of 76, CRLF behind each. */
enum e2m_result e2m_base64_print(struct e2m_span octets, struct e2m_buffer *out);

#endif
