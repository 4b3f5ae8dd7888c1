/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the middle needs of a SIP message (RFC 3261), read into a checked struct. */
#ifndef SIMAUTH_MIDDLE_SIP_H
#define SIMAUTH_MIDDLE_SIP_H

#include <e2m/result.h>
#include <simauth/name.h>
#include <stdbool.h>

#define SIP_MESSAGE_MAX 98304
#define SIP_WORD_MAX 255

struct sip_message {
    bool request;
    int status; /* of a response */
    unsigned cseq;
    unsigned rack; /* CSeq of the request whose response a PRACK is about; 0: none */
    bool has_cseq, has_to;
    char method[SIP_WORD_MAX + 1]; /* of CSeq; of a request, of its first line too */
    char call_id[SIP_WORD_MAX + 1];
    char from_tag[SIP_WORD_MAX + 1], to_tag[SIP_WORD_MAX + 1]; /* "": none */
    char from[SIMAUTH_AOR_MAX + 1], to[SIMAUTH_AOR_MAX + 1];   /* canonical; "": nobody's */
    char *content_type, *encoding, *label;                     /* owned; NULL: no such header */
    struct e2m_span body;                                      /* within what was parsed */
};

/* `octets` must outlive the message. NULL, or what is wrong with it (static storage); clear it in
 * any case. */
const char *sip_parse(struct e2m_span octets, struct sip_message *message);
void sip_clear(struct sip_message *message);

#endif
