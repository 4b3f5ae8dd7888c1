/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The results of the end-to-middle library, one closed set: each name is one rule that failed, so
 * that a log line and a person are told which. Like lib/, this library has no socket, no thread, no
 * clock and no file of its own, and needs libcrypto alone; any function may be called from any
 * thread, as long as two threads do not share one of its objects.
 */
#ifndef E2M_RESULT_H
#define E2M_RESULT_H

#include <stddef.h>
#include <stdint.h>

enum e2m_result {
    E2M_OK = 0,
    E2M_NO_MEMORY = -1,
    E2M_TOO_LARGE = -2,          /* a body, header or list over its stated limit */
    E2M_BAD_MIME = -3,           /* headers, boundary or transfer encoding do not parse */
    E2M_TOO_DEEP = -4,           /* multiparts within multiparts, over E2M_DEPTH_MAX */
    E2M_BAD_DER = -5,            /* not the CMS structure or certificate that it claims to be */
    E2M_BAD_ALGORITHM = -6,      /* well made, but with an algorithm that is not allowed */
    E2M_NOT_FOR_US = -7,         /* none of the recipients is ours, nor is the label */
    E2M_DAMAGED = -8,            /* the key cannot be unwrapped, or the content's tag is wrong */
    E2M_CLEAR = -9,              /* nothing is enveloped where an envelope is wanted */
    E2M_UNSIGNED = -10,          /* no signature where one is wanted */
    E2M_BAD_SIGNATURE = -11,     /* the signature does not fit what it stands over */
    E2M_FOREIGN_SIGNER = -12,    /* a good signature, but of another than the message says */
    E2M_UNTRUSTED = -13,         /* the certificate chains to nobody trusted */
    E2M_EXPIRED = -14,           /* a certificate or a signature outside its time */
    E2M_BAD_CERTIFICATE = -15,   /* its key, usage or form allows not what it is used for */
    E2M_WRONG_SERVER = -16,      /* a server's certificate does not name the SIP domain asked */
    E2M_LABEL_UNSIGNED = -17,    /* the label stands in no signed place, and policy wants that */
    E2M_LABEL_DIFFERS = -18,     /* the SIP header and the signed label name different servers */
    E2M_OTHER_SESSION = -19,     /* signed for another pair of caller and callee */
    E2M_NO_SUCH_KEY = -20,       /* the answer refers to a key that is not held (any more) */
    E2M_KEY_USED_UP = -21,       /* that key is past its lifetime or its number of uses */
    E2M_CRYPTO = -22,            /* libcrypto refused what should not fail */
    E2M_REVOKED = -23,           /* its authority took the certificate back */
    E2M_FOREIGN_AUTHORITY = -24, /* who signed the certificate may not vouch for that domain */
    E2M_NO_LIST = -25,           /* no list of revoked certificates that is not old */
    E2M_REPLAYED = -26           /* a right signature, which came in another call before */
};

/* A few words that say which rule failed; static storage, never NULL. */
const char *e2m_result_text(enum e2m_result result);

/* A stretch of octets that somebody else owns. */
struct e2m_span {
    const uint8_t *octets;
    size_t len;
};

/* Octets that its holder owns; `octets` has a NUL behind its `len`. All zero: empty. */
struct e2m_buffer {
    uint8_t *octets;
    size_t len;
};

/* Wipes, frees and empties it. */
void e2m_buffer_free(struct e2m_buffer *buffer);
/* A view of it. */
struct e2m_span e2m_buffer_span(const struct e2m_buffer *buffer);
struct e2m_span e2m_text_span(const char *text);

#endif
