/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Key material: a type of its own, so that it cannot be printed or compared by accident. */
#ifndef SIMAUTH_SECRET_H
#define SIMAUTH_SECRET_H

#include "result.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIMAUTH_SECRET_MAX 64 /* octets */

struct simauth_secret {
    uint8_t len; /* octets used, at most SIMAUTH_SECRET_MAX; 0 is "no secret" */
    uint8_t octets[SIMAUTH_SECRET_MAX];
};

/* Copies `len` octets in. SIMAUTH_TOO_LONG over SIMAUTH_SECRET_MAX (then it is empty). */
SIMAUTH_API enum simauth_result simauth_secret_set(struct simauth_secret *secret,
                                                   const void *octets, size_t len);
/* Overwrites it in a way that a compiler keeps; an empty secret stays. */
SIMAUTH_API void simauth_secret_wipe(struct simauth_secret *secret);
/* Constant time for equal lengths; false for two empty secrets, for nothing proves nothing. */
SIMAUTH_API bool simauth_secret_equal(const struct simauth_secret *a,
                                      const struct simauth_secret *b);

/* Memory of `size` octets, all zero, for an object that holds secrets: in pages of its own that no
 * core dump has (MADV_DONTDUMP) and that are never swapped out as far as RLIMIT_MEMLOCK goes. NULL:
 * no memory. Free with simauth_secure_free(). */
SIMAUTH_API void *simauth_secure_alloc(size_t size);
/* Wipes it first; a few small ones stay mapped, empty, for the next of their size. NULL is allowed.
 */
SIMAUTH_API void simauth_secure_free(void *memory);
/* From now on libcrypto keeps private keys, and what it reckons with them, in such pages too (its
 * "secure heap"); those that it has already stay where they are. Once in a process; again does
 * nothing. */
SIMAUTH_API void simauth_secure_heap_init(void);
/* For a program of its own, never inside somebody else's: no core file, no debugger or reader of
 * memory of the same user (PR_SET_DUMPABLE), and where RLIMIT_MEMLOCK is unlimited no page of it is
 * ever swapped out; with simauth_secure_heap_init(). */
SIMAUTH_API void simauth_process_harden(void);

#endif
