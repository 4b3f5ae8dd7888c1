/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elements that ride in tags, branch and header (docs/protocol.md section 2). */
#ifndef SIMAUTH_ELEMENT_H
#define SIMAUTH_ELEMENT_H

#include "method.h"

#define SIMAUTH_ELEMENT_MAX 128 /* octets on the wire, without a branch's "z9hG4bK." */
#define SIMAUTH_MAC_LEN 16
#define SIMAUTH_BRANCH_PREFIX "z9hG4bK."
#define SIMAUTH_HEADER "SIM-Auth"

enum simauth_element_kind {
    SIMAUTH_ELEMENT_1 = 1, /* sim01: From tag of the INVITE */
    SIMAUTH_ELEMENT_2 = 2, /* sim02: To tag of every response above 100 */
    SIMAUTH_ELEMENT_3 = 3, /* sim03: Via branch of the ACK */
    SIMAUTH_ELEMENT_4 = 4  /* sim04: header only, with the SDP answer */
};

struct simauth_element {
    enum simauth_element_kind kind;
    const struct simauth_method *method; /* kinds 1 and 2; the method of the one challenged */
    uint8_t rand[SIMAUTH_CHAL_MAX];      /* kinds 1 and 2 */
    uint8_t rand_len;
    uint8_t mac[SIMAUTH_MAC_LEN];
    uint8_t replaced[SIMAUTH_CHAL_MAX]; /* kind 2: RAND_B' after a resynchronisation */
    uint8_t replaced_len;               /* 0: none */
    char text[SIMAUTH_ELEMENT_MAX + 1]; /* exactly as received or made, NUL-terminated */
};

enum simauth_element_found {
    SIMAUTH_ELEMENT_NONE, /* nothing here begins with "sim0" */
    SIMAUTH_ELEMENT_FOUND,
    SIMAUTH_ELEMENT_MALFORMED /* to be treated as none, and logged */
};

/* Reads the element of `kind` from a tag or branch and from the SIM-Auth header. `token` and
 * `header` may be NULL; a branch is given whole. Both present and different in any octet:
 * MALFORMED; header_count over 1: MALFORMED. */
SIMAUTH_API enum simauth_element_found simauth_element_read(struct simauth_element *element,
                                                            enum simauth_element_kind kind,
                                                            const char *token, const char *header,
                                                            size_t header_count);
/* Parses one token of `len` characters. SIMAUTH_MALFORMED, SIMAUTH_TOO_LONG,
 * SIMAUTH_UNKNOWN_METHOD. */
SIMAUTH_API enum simauth_result simauth_element_parse(struct simauth_element *element,
                                                      enum simauth_element_kind kind,
                                                      const char *text, size_t len);
/* Fills element->text from the other members. SIMAUTH_MALFORMED when a member does not fit the
 * method. */
SIMAUTH_API enum simauth_result simauth_element_write(struct simauth_element *element);
/* The element without its MAC (and without the "." before it in kind 1, after it in kind 2), for T1
 * and T2. `text` has room for SIMAUTH_ELEMENT_MAX + 1. */
SIMAUTH_API void simauth_element_without_mac(const struct simauth_element *element, char *text);

#endif
