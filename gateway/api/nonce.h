/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nonces of Ua: a fresh one costs no memory; one that was used with a right answer keeps a window
 * of its nc values. */
#ifndef SIMAUTH_GATEWAY_NONCE_H
#define SIMAUTH_GATEWAY_NONCE_H

#include "../store/seal.h"
#include <stdint.h>

#define NONCE_TEXT_LEN 44 /* base64url of time 8, random 9, MAC 16 */
#define NONCE_WINDOW 64   /* nc values that may overtake each other */

enum nonce_result {
    NONCE_GOOD,
    NONCE_UNKNOWN,  /* not ours, or of another process */
    NONCE_WORN,     /* too old, used too often, or one too many of this subscriber */
    NONCE_REPLAYED, /* this nc was there before */
    NONCE_FOREIGN   /* used by another B-TID */
};
const char *nonce_result_name(enum nonce_result result);

struct nonces;
/* `seal`: of a store that several gateways share, so that each takes the nonces of all; what comes
 * twice to one is refused here, what comes to another or after a restart by the store (ua_once()).
 * NULL: nonces of this process alone, and those of before its start are unknown. NULL: no memory or
 * no random octets. */
struct nonces *nonces_new(int lifetime, const struct seal *seal);
void nonces_free(struct nonces *nonces);
void nonces_make(struct nonces *nonces, int64_t now, char nonce[static NONCE_TEXT_LEN + 1]);
/* After the digest was found right. `who`: the subscriber, who may have any number of B-TIDs. */
enum nonce_result nonces_use(struct nonces *nonces, const char *nonce, const char *who,
                             const char *btid, uint32_t nc, int64_t now);
/* When a nonce that was taken is over for every gateway of the store, whatever its settings. */
int64_t nonces_end(struct nonces *nonces, const char *nonce);
/* Past half of its life: the answer should bring another. */
int nonces_old(struct nonces *nonces, const char *nonce, int64_t now);

#endif
