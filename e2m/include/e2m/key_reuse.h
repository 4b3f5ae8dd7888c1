/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key reuse (RFC 3185): an envelope names its content-encryption key (CEK1) by a CEKReference among
 * its unprotected attributes, and whoever could open it may answer with an envelope whose recipient
 * is a KEK derived from CEK1. No certificate of the caller or of a server is needed for the answer,
 * and no public-key operation.
 *
 * The KEK is never CEK1 itself: KEK = HKDF-SHA-256(salt = reference, ikm = CEK1, info = "simauth 1
 * e2m reuse", 32), and it wraps (RFC 3394) a fresh key for each envelope. That an answer opens
 * under it says that somebody answered who could read the request, never who.
 */
#ifndef E2M_KEY_REUSE_H
#define E2M_KEY_REUSE_H

#include "result.h"

#include <stdbool.h>

#define E2M_REFERENCE_LEN 16
#define E2M_CEK_MAX 32
#define E2M_KEK_LEN 32
#define E2M_REUSE_SECONDS 43200u /* how long a CEK can be referred to, at most */
#define E2M_REUSE_COUNT 64u      /* how many envelopes may refer to it: CEKMaxDecrypts */

/* A content-encryption key that envelopes may refer to. A plain value; wipe it when done. */
struct e2m_cek {
    uint8_t reference[E2M_REFERENCE_LEN];
    uint8_t key[E2M_CEK_MAX];
    uint8_t key_len;  /* 0: there is none */
    uint32_t uses;    /* envelopes made or opened by it */
    uint32_t max;     /* CEKMaxDecrypts of its envelope, at most E2M_REUSE_COUNT */
    uint64_t made_at; /* seconds since 1970, of the envelope's making or opening */
};

void e2m_cek_wipe(struct e2m_cek *cek);
/* Whether it may be referred to at `now`: E2M_NO_SUCH_KEY (empty), E2M_KEY_USED_UP (lifetime, count
 * or a clock that went back by more than 300 s). */
enum e2m_result e2m_cek_usable(const struct e2m_cek *cek, uint64_t now);
/* The KEK that answers to it are wrapped under. Neither checks nor counts. */
enum e2m_result e2m_cek_derive(const struct e2m_cek *cek, uint8_t kek[static E2M_KEK_LEN]);

#endif
