/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the key comes from that seals the setup keys on the disk: one that the desktop's Secret
 * Service keeps for the person, or one of this machine and this user. Each home is one file and one
 * function; all of them may wait (a keyring may ask for its password), so they are called on a
 * thread of their own.
 */
#ifndef SIMAUTH_PLUGIN_SEAL_KEY_H
#define SIMAUTH_PLUGIN_SEAL_KEY_H

#include <simauth/secret.h>
#include <stdbool.h>

#define SEAL_KEY_LEN 32 /* octets */
#define SEAL_KEY_ERROR_MAX 512

enum seal_key_status {
    SEAL_KEY_GOOD,
    SEAL_KEY_NONE,  /* this home is not there (no desktop, no Secret Service): try the next one */
    SEAL_KEY_FAILED /* it is there and did not give one; `error` (SEAL_KEY_ERROR_MAX) says why */
};

/* The Secret Service of this desktop session (org.freedesktop.secrets), made there the first time;
 * waits at most `seconds`, also for a person who is asked to unlock it. Not `ask`: nobody is asked,
 * and a keyring that is locked is SEAL_KEY_FAILED at once. */
enum seal_key_status seal_key_of_desktop(unsigned seconds, bool ask, struct simauth_secret *key,
                                         char *error);
/* FOLDER/setup-keys.seal (0600, made the first time) together with the machine's id: a copy of the
 * folder is worth nothing on another machine. `machine_id` NULL: /etc/machine-id. */
enum seal_key_status seal_key_of_machine(const char *folder, const char *machine_id,
                                         struct simauth_secret *key, char *error);

/* 32 random octets of this user alone, the same each time: from `path` (0600), which is made the
 * first time in a folder that is there. The caller wipes `octets`. */
enum seal_key_status seal_octets_of_file(const char *path, uint8_t octets[static SEAL_KEY_LEN],
                                         char *error);

#endif
