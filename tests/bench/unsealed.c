/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the place of simauth_seal() in a gateway that is for measurements alone: what a vector costs
 * without its X25519 agreement and its seal. No phone can use such a vector. */
#include <simauth/vector.h>
#include <string.h>

enum simauth_result __wrap_simauth_seal(struct simauth_vector *vector,
                                        const struct simauth_seal_pair *operator_key,
                                        const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                        const uint8_t nonce[static 12],
                                        const struct simauth_secret *ssk);
enum simauth_result __wrap_simauth_seal(struct simauth_vector *vector,
                                        const struct simauth_seal_pair *operator_key,
                                        const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                        const uint8_t nonce[static 12],
                                        const struct simauth_secret *ssk)
{
    (void)operator_key;
    (void)seal_to;
    (void)ssk;
    memset(vector->sealed, 0, sizeof vector->sealed);
    memcpy(vector->sealed, nonce, 12);
    return SIMAUTH_OK;
}
