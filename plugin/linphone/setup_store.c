/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup_store.h"
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <keyring_file.h>
#include <seal_key.h>
#include <sys/file.h>
#include <unistd.h>

struct setup_store {
    gint refs;
    GMutex lock; /* of what is below `path`, and of the file */
    char *path;
    struct simauth_secret seal;
    int lock_file; /* held while this Linphone has the file; -1: left */
    uint64_t turn, written;
};

struct setup_store *setup_store_ref(struct setup_store *store)
{
    if (store)
        g_atomic_int_inc(&store->refs);
    return store;
}

void setup_store_leave(struct setup_store *store)
{
    if (!store)
        return;
    g_mutex_lock(&store->lock);
    if (store->lock_file >= 0)
        (void)close(store->lock_file);
    store->lock_file = -1;
    g_mutex_unlock(&store->lock);
}

void setup_store_unref(struct setup_store *store)
{
    if (!store || !g_atomic_int_dec_and_test(&store->refs))
        return;
    setup_store_leave(store);
    g_mutex_clear(&store->lock);
    g_free(store->path);
    simauth_secure_free(store);
}

/* -- opening ----------------------------------------------------------------------------------- */

static struct setup_store *store_new(const char *folder)
{
    struct setup_store *store = simauth_secure_alloc(sizeof(*store));

    if (!store)
        return NULL;
    store->refs = 1;
    store->lock_file = -1;
    store->path = g_build_filename(folder, SETUP_FILE, NULL);
    g_mutex_init(&store->lock);
    return store;
}

/* Two that write one file would bring used keys back to life. */
static bool claim(struct setup_store *store, char *error)
{
    char *path = g_strconcat(store->path, ".lock", NULL);

    store->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (store->lock_file < 0)
        g_snprintf(error, SETUP_STORE_ERROR_MAX, "%s: %s", path, g_strerror(errno));
    else if (flock(store->lock_file, LOCK_EX | LOCK_NB) == 0)
        goto out;
    else
        g_snprintf(
            error, SETUP_STORE_ERROR_MAX,
            "another Linphone keeps its setup keys in %s: set data to another folder for one",
            store->path);
    if (store->lock_file >= 0)
        (void)close(store->lock_file);
    store->lock_file = -1;
out:
    g_free(path);
    return store->lock_file >= 0;
}

static bool find_seal(struct setup_store_opening *o, struct simauth_secret *seal)
{
    enum seal_key_status status = SEAL_KEY_NONE;

    if (o->mode != KEYS_FILE)
        status = seal_key_of_desktop(SETUP_DESKTOP_S, !o->again, seal, o->error);
    o->again = status == SEAL_KEY_FAILED ||
               (o->again && status == SEAL_KEY_NONE && o->mode == KEYS_DESKTOP);
    if (o->again)
        g_strlcat(o->error, ": unlock the desktop's keyring; until then setup keys are in memory",
                  sizeof(o->error));
    if (status == SEAL_KEY_GOOD)
        o->home = "desktop";
    if (status == SEAL_KEY_NONE && o->mode == KEYS_DESKTOP && !o->again)
        g_snprintf(o->error, sizeof(o->error),
                   "no desktop keyring (Secret Service) is here: setup keys end with Linphone");
    if (status == SEAL_KEY_NONE && o->mode != KEYS_DESKTOP) {
        status = seal_key_of_machine(o->folder, NULL, seal, o->error);
        if (status == SEAL_KEY_GOOD)
            o->home = "file";
    }
    return status == SEAL_KEY_GOOD;
}

void setup_store_open(struct setup_store_opening *o, int64_t now)
{
    struct setup_store *store = store_new(o->folder);

    o->home = "memory";
    if (!store) {
        g_snprintf(o->error, sizeof(o->error), "out of memory");
        return;
    }
    /* The file is claimed last: a keyring may take its time, and somebody else the file meanwhile.
     */
    if (g_mkdir_with_parents(o->folder, 0700) < 0)
        g_snprintf(o->error, sizeof(o->error), "%s: %s", o->folder, g_strerror(errno));
    else if (find_seal(o, &store->seal) && claim(store, o->error)) {
        (void)keyring_file_read(store->path, &store->seal, now, o->ring, o->error);
        o->store = store;
        return;
    }
    o->home = "memory";
    setup_store_unref(store);
}

/* -- writing ----------------------------------------------------------------------------------- */

GBytes *setup_store_seal(struct setup_store *store, const struct simauth_keyring *ring)
{
    return keyring_file_seal(ring, &store->seal);
}

uint64_t setup_store_turn(struct setup_store *store)
{
    return ++store->turn;
}

/* With the file of before, keys that were used or revoked would come back. */
static void take_away(const char *path, char *error)
{
    char why[SETUP_STORE_ERROR_MAX];

    g_strlcpy(why, error, sizeof(why));
    if (g_unlink(path) == 0 || errno == ENOENT)
        g_snprintf(error, SETUP_STORE_ERROR_MAX,
                   "%s. The setup keys stay in memory and end with Linphone.", why);
    else
        g_snprintf(error, SETUP_STORE_ERROR_MAX,
                   "%s. The file of before is still there: remove it, else setup keys that were "
                   "used or revoked come back with the next Linphone.",
                   why);
}

bool setup_store_write(struct setup_store *store, GBytes *sealed, uint64_t turn, char *error)
{
    bool good = true;

    *error = '\0';
    g_mutex_lock(&store->lock);
    if (turn > store->written && store->lock_file >= 0) {
        good = keyring_file_write(store->path, sealed, error);
        if (good)
            store->written = turn;
        else
            take_away(store->path, error);
    }
    g_mutex_unlock(&store->lock);
    return good;
}

bool setup_store_remove(const char *folder)
{
    char *path = g_build_filename(folder, SETUP_FILE, NULL);
    bool gone = g_unlink(path) == 0 || errno == ENOENT;

    g_free(path);
    return gone;
}

bool setup_store_forget(const char *folder, char *error)
{
    struct setup_store *store = store_new(folder);
    char busy[SETUP_STORE_ERROR_MAX];
    bool gone = false;

    if (store && g_file_test(store->path, G_FILE_TEST_EXISTS) && claim(store, busy)) {
        gone = g_unlink(store->path) == 0;
        if (!gone) {
            g_snprintf(error, SETUP_STORE_ERROR_MAX, "%s: %s", store->path, g_strerror(errno));
            take_away(store->path, error);
        }
    }
    setup_store_unref(store);
    return gone;
}
