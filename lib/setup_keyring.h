/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inside of a ring of setup keys, for setup_keyring.c and setup_record.c. */
#ifndef SIMAUTH_LIB_SETUP_KEYRING_H
#define SIMAUTH_LIB_SETUP_KEYRING_H

#include "simauth/setup.h"

struct ring_entry {
    struct simauth_held_key held;
    uint64_t handle;
    bool taken; /* by a call that is not over */
    uint8_t nonce_count;
    uint8_t nonces[SIMAUTH_SETUP_NONCES][SIMAUTH_NONCE_LEN];
};

struct simauth_keyring {
    struct ring_entry *entries; /* in the order in which they were made */
    size_t count;
    size_t room;
    uint64_t last_handle;
};

/* As simauth_keyring_add(), with the nonces that were seen. */
enum simauth_result ring_add(struct simauth_keyring *ring, const struct ring_entry *entry,
                             int64_t now);

#endif
