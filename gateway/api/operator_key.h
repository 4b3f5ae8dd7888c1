/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operator's X25519 key of the day and its statement, signed with the operator's certificate.
 */
#ifndef SIMAUTH_GATEWAY_OPERATOR_KEY_H
#define SIMAUTH_GATEWAY_OPERATOR_KEY_H

#include "../gateway.h"

struct operator_keys;

/* Reads certificate and key, checks that the certificate names every realm, and makes the first key
 * where none is valid. NULL with a sentence in `error` (CONFIG_ERROR_MAX). */
struct operator_keys *operator_keys_open(struct gateway *gateway, char *error);
/* Certificate, key and name of a configuration that was read again: all, or -1 with a sentence and
 * nothing. The main thread alone. */
int operator_keys_reload(struct operator_keys *keys, const struct config *fresh, char *error);
/* When the certificate of the statement ends: seconds since 1970. */
int64_t operator_keys_expires(struct operator_keys *keys);
void operator_keys_free(struct operator_keys *keys);
/* Makes the next key when the present one is old; called now and then. */
void operator_keys_rotate(struct operator_keys *keys);
/* Seals `ssk` into `vector` for `seal_to`; `realm` is that of the NAI that is vouched for. Sets
 * operator name, op_key and sealed. Clear the vector in any case. */
enum simauth_result operator_keys_seal(struct operator_keys *keys, const char *realm,
                                       const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                       const struct simauth_secret *ssk,
                                       struct simauth_vector *vector);

#endif
