/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seal at rest: AES-256-GCM under the key of a file that only the gateway's user may read. */
#ifndef SIMAUTH_GATEWAY_SEAL_H
#define SIMAUTH_GATEWAY_SEAL_H

#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_LEN 32
#define SEAL_OVERHEAD 29 /* version, nonce 12, tag 16 */
#define SEAL_ERROR_MAX 512

struct seal {
    uint8_t key[SEAL_KEY_LEN];
};

/* Reads the key. -1 with a sentence in `error` (SEAL_ERROR_MAX): not there, not ours, readable by
 * others, another length. Wipe with seal_wipe(). */
int seal_load(struct seal *seal, const char *path, char *error);
/* Makes a new key file, mode 0600; refuses to replace one. */
int seal_create(const char *path, char *error);
void seal_wipe(struct seal *seal);
/* `sealed` has room for len + SEAL_OVERHEAD. `place` says where it stands ("subscriber.keys 4711"),
 * so that a value cannot be moved to another place. -1: libcrypto refused. */
int seal_close(const struct seal *seal, const char *place, const void *plain, size_t len,
               uint8_t *sealed);
/* `plain` has room for len - SEAL_OVERHEAD. -1: another key, another place, or changed. */
int seal_open(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
              void *plain);

#endif
