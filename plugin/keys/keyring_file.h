/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ring of setup keys on the disk: one file, sealed with AES-256-GCM, written whole or not at
 * all. What it is sealed with: seal_key.h. The ring itself belongs to the main loop;
 * keyring_file_seal() is quick and runs there, reading and writing wait for the disk.
 */
#ifndef SIMAUTH_PLUGIN_KEYRING_FILE_H
#define SIMAUTH_PLUGIN_KEYRING_FILE_H

#include <glib.h>
#include <simauth/setup.h>

#define KEYRING_FILE_ERROR_MAX 512
#define KEYRING_FILE_MAX (32u << 20) /* octets */

enum keyring_file_status {
    KEYRING_FILE_READ,
    KEYRING_FILE_NONE,      /* there is no such file yet */
    KEYRING_FILE_FOREIGN,   /* sealed with another key (another machine or person), or changed */
    KEYRING_FILE_UNREADABLE /* the disk, the rights, or the size */
};

/* Adds to `ring` what the file holds and is alive at `now`. Anything but READ and NONE has a
 * sentence in `error` (KEYRING_FILE_ERROR_MAX): the keys are gone, calls go the long way, and the
 * next keyring_file_write() makes the file anew. */
enum keyring_file_status keyring_file_read(const char *path, const struct simauth_secret *key,
                                           int64_t now, struct simauth_keyring *ring, char *error);
/* The file's octets; NULL: out of memory or no randomness. Release with g_bytes_unref(). */
GBytes *keyring_file_seal(const struct simauth_keyring *ring, const struct simauth_secret *key);
/* Writes them to `path` (0600), on the disk when it returns true; else why not in `error`, and what
 * was there before is. */
bool keyring_file_write(const char *path, GBytes *sealed, char *error);

#endif
