/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seal at rest: AES-256-GCM. The key comes from one of these, as the configuration says:
 *   /a/path           a file of SEAL_KEY_LEN octets that only the gateway's user may read
 *   credential:NAME   such a file among the credentials that systemd gives the service
 *   pkcs11:...        an RFC 7512 URI of a secret key in a token; the sealing key is HMAC-SHA-256
 *                     of a fixed text under it, so that the token's own key never leaves it
 * Another key may be beside it, which opens and never closes: for as long as a rotation takes.
 */
#ifndef SIMAUTH_GATEWAY_SEAL_H
#define SIMAUTH_GATEWAY_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_LEN 32
#define SEAL_OVERHEAD 29 /* version, nonce 12, tag 16 */
#define SEAL_ERROR_MAX 512
#define SEAL_PLACE_MAX 64 /* with its NUL, of every place but an answer's */

struct seal {
    uint8_t key[SEAL_KEY_LEN];
    uint8_t old[SEAL_KEY_LEN];
    bool has_old;
    /* What seal_replace() put in the place of all above; the last first. Others may read the ones
     * before: they are kept until seal_wipe(). */
    struct seal *_Atomic now;
    struct seal *before;
};

/* Fetches the key. -1 with a sentence in `error` (SEAL_ERROR_MAX): not there, not ours, readable by
 * others, another length, a token that does not answer. Wipe with seal_wipe(). */
int seal_load(struct seal *seal, const char *source, char *error);
/* The same for the key that only opens; nothing for "". */
int seal_load_old(struct seal *seal, const char *source, char *error);
/* From now on `seal` is `fresh` (copied), also for threads that use it meanwhile. -1: no memory. */
int seal_replace(struct seal *seal, const struct seal *fresh);
/* What holds now: itself, or what replaced it. */
const struct seal *seal_now(const struct seal *seal);
/* Makes a new key: a file of mode 0600, or a key in the token; refuses to replace one, and to make
 * a credential. */
int seal_create(const char *source, char *error);
/* Whether there is one; also when it may not be read. */
bool seal_exists(const char *source);
void seal_wipe(struct seal *seal);
/* Where a value stands, so that it cannot be moved to another place: "vector 00ff.." of a name of
 * `len` octets (room for strlen(what) + 2 * len + 2), or "subscriber.keys 4711". */
void seal_place(const char *what, const uint8_t *name, size_t len, char *place);
void seal_place_number(const char *what, int64_t number, char place[static SEAL_PLACE_MAX]);
/* `sealed` has room for len + SEAL_OVERHEAD. -1: libcrypto refused. */
int seal_close(const struct seal *seal, const char *place, const void *plain, size_t len,
               uint8_t *sealed);
/* `plain` has room for len - SEAL_OVERHEAD. -1: another key, another place, or changed. */
int seal_open(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
              void *plain);
/* The same with the present key alone: what does not open is to be sealed again. */
int seal_open_present(const struct seal *seal, const char *place, const uint8_t *sealed, size_t len,
                      void *plain);

/* -- where keys come from (seal_source.c, seal_pkcs11.c) --------------------------------------- */
int seal_fetch(const char *source, uint8_t key[static SEAL_KEY_LEN], char *error);
int seal_pkcs11_fetch(const char *uri, uint8_t key[static SEAL_KEY_LEN], char *error);
int seal_pkcs11_create(const char *uri, char *error);
bool seal_pkcs11_exists(const char *uri);
/* Reads a file that only its owner may read, without a newline at its end: at most `room` octets.
 * -1 with a sentence. `what`: "sealing key" or the like. */
int seal_read_secret(const char *path, bool credential, const char *what, uint8_t *octets,
                     size_t room, size_t *len, char *error);
/* For keys of others' making, whose group may be the gateway's: -1 with a sentence where everybody
 * can read it. That it is not there is told by who reads it. */
int seal_check_others(const char *path, char *error);
/* The path of a credential; NULL (with a sentence) when systemd gave none. g_free() it. */
char *seal_credential_path(const char *name, char *error);

#endif
