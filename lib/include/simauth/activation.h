/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The code that a person types once to get a software SIM (docs/protocol.md section 6.2). */
#ifndef SIMAUTH_ACTIVATION_H
#define SIMAUTH_ACTIVATION_H

#include "octets.h"
#include "result.h"

#define SIMAUTH_CODE_LEN 16 /* the first five name it, the rest is secret */
#define SIMAUTH_CODE_ID_LEN 5
#define SIMAUTH_CODE_TEXT_MAX 40 /* 26 letters and digits in groups, and NUL */
#define SIMAUTH_CODE_PROOF_LEN 32
#define SIMAUTH_CODE_SEAL_OVERHEAD 28 /* nonce 12, tag 16 */

/* Crockford's base32 in groups of five. */
SIMAUTH_API void simauth_code_write(const uint8_t code[static SIMAUTH_CODE_LEN],
                                    char text[static SIMAUTH_CODE_TEXT_MAX]);
/* As people type it: small letters, O for 0, I and L for 1, blanks and dashes anywhere.
 * SIMAUTH_MALFORMED: anything else, or another length. */
SIMAUTH_API enum simauth_result simauth_code_read(const char *text,
                                                  uint8_t code[static SIMAUTH_CODE_LEN]);
/* What shows that one has the code: HKDF(code, "sim code proof", 32). */
SIMAUTH_API enum simauth_result simauth_code_proof(const uint8_t code[static SIMAUTH_CODE_LEN],
                                                   uint8_t proof[static SIMAUTH_CODE_PROOF_LEN]);
/* AES-256-GCM under HKDF(code, "sim code seal", 32); `sealed` has len + SIMAUTH_CODE_SEAL_OVERHEAD
 * octets. */
SIMAUTH_API enum simauth_result simauth_code_seal(const uint8_t code[static SIMAUTH_CODE_LEN],
                                                  const uint8_t nonce[static 12], const void *plain,
                                                  size_t len, uint8_t *sealed);
/* `plain` has len - SIMAUTH_CODE_SEAL_OVERHEAD octets; SIMAUTH_WRONG: another code, or changed. */
SIMAUTH_API enum simauth_result simauth_code_unseal(const uint8_t code[static SIMAUTH_CODE_LEN],
                                                    const uint8_t *sealed, size_t len,
                                                    uint8_t *plain);

#endif
