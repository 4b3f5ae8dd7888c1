/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a ring of setup keys is kept: its file, its seal, and one Linphone at a time. */
#ifndef SIMAUTH_PLUGIN_SETUP_STORE_H
#define SIMAUTH_PLUGIN_SETUP_STORE_H

#include "settings.h"
#include <simauth/setup.h>

#define SETUP_STORE_ERROR_MAX 512

struct setup_store;

struct setup_store_opening {
    enum settings_keys mode;      /* in */
    char *folder;                 /* in */
    struct simauth_keyring *ring; /* in: empty; out: with what was kept */
    struct setup_store *store;    /* out: a reference, or NULL: memory alone */
    bool again; /* in: nobody is asked to unlock a keyring; out: it is worth another try later */
    const char *home;                  /* out: "desktop", "file" or "memory" */
    char error[SETUP_STORE_ERROR_MAX]; /* out: why it is not as wished; "" */
};

/* May wait for a person (SETUP_DESKTOP_S): on a thread of its own. */
void setup_store_open(struct setup_store_opening *opening, int64_t now);
struct setup_store *
setup_store_ref(struct setup_store *store); /* NULL is allowed, here and below */
void setup_store_unref(struct setup_store *store);
/* Another Linphone may have the file from now on; nothing is written any more. */
void setup_store_leave(struct setup_store *store);

/* NULL: no memory. Release with g_bytes_unref(). */
GBytes *setup_store_seal(struct setup_store *store, const struct simauth_keyring *ring);
/* A number for each sealing: what was sealed earlier never replaces what was sealed later. */
uint64_t setup_store_turn(struct setup_store *store);
/* Any thread; waits for the disk. False with a sentence in `error`; the file of before is gone
 * then, or the sentence says that it is not. */
bool setup_store_write(struct setup_store *store, GBytes *sealed, uint64_t turn, char *error);
/* Takes the file away. True: it is gone, or there was none. */
bool setup_store_remove(const char *folder);
/* The same of a file that nobody has open. False: there is none, another Linphone has it, or (with
 * a sentence in `error`) it cannot be removed. */
bool setup_store_forget(const char *folder, char *error);

#endif
