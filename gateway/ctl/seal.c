/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sealing key: another one, and how far sealing with it has come. */
#include "ctl.h"

#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int make(struct ctl *ctl)
{
    char error[SEAL_ERROR_MAX];

    if (seal_create(ctl->words[0], error) != 0)
        return ctl_fail("%s", error);
    printf("Made %s. Now name it as [store] seal_key, the present one as seal_key_old, and reload "
           "(SIGHUP) each gateway.\nWhere several gateways share a database, first name it as "
           "seal_key_old in all of them.\n",
           ctl->words[0]);
    return 0;
}

/* Whether somebody wrote into it while its frames are needed. */
static bool is_young(const char *folder, const char *name, int64_t now)
{
    char *path = g_build_filename(folder, name, NULL);
    struct stat st;
    bool young = strcmp(name, "lock") != 0 && stat(path, &st) == 0 &&
                 (int64_t)st.st_mtime > now - STORE_VECTOR_S;

    g_free(path);
    return young;
}

/* The keys of the last calls stand beside the database, where the gateway that runs seals them
 * anew; and none does. */
static bool journal_is_left(const char *folder)
{
    char *lock = g_build_filename(folder, "lock", NULL);
    int fd = open(lock, O_RDWR | O_CLOEXEC);
    GDir *dir = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0 ? g_dir_open(folder, 0, NULL) : NULL;
    const char *name;
    bool left = false;

    while (dir && !left && (name = g_dir_read_name(dir)))
        left = is_young(folder, name, (int64_t)time(NULL));
    if (dir)
        g_dir_close(dir);
    if (fd >= 0)
        close(fd); /* and the lock */
    g_free(lock);
    return left;
}

static void say_left(const struct ctl *ctl)
{
    const struct config *config = ctl->gateway.config;
    char *folder;

    if (config->store->shared || !config->seal_key_old[0])
        return;
    folder = g_strconcat(config->database, "-calls", NULL);
    if (journal_is_left(folder))
        fprintf(stderr,
                "The keys of the last calls are not among them: before seal_key_old goes, start "
                "the gateway once with both keys, or wait %d minutes.\n",
                STORE_VECTOR_S / 60);
    g_free(folder);
}

/* One transaction for each batch: nobody waits long for it. */
static enum store_result all(struct ctl *ctl, struct store_reseal *reseal)
{
    struct gateway *gateway = &ctl->gateway;
    enum store_result result = STORE_OK;

    while (result == STORE_OK && !reseal->done) {
        result = gateway->ops->begin(gateway->store, STORE_WRITE);
        if (result != STORE_OK)
            break;
        result = gateway->ops->reseal(gateway->store, reseal);
        if (result == STORE_OK)
            result = gateway->ops->commit(gateway->store);
        else
            gateway->ops->rollback(gateway->store);
    }
    return result;
}

static int status(struct ctl *ctl)
{
    struct store_reseal reseal = {.count_only = true};

    if (ctl_store(all(ctl, &reseal), "seal status") != 0)
        return 1;
    if (ctl->json)
        ctl_json(json_pack("{s:I, s:I, s:I}", "present", (json_int_t)reseal.present, "old",
                           (json_int_t)reseal.old, "unknown", (json_int_t)reseal.unknown));
    else
        printf("%" PRId64 " values are sealed with seal_key, %" PRId64
               " with seal_key_old, %" PRId64 " with neither.\n",
               reseal.present, reseal.old, reseal.unknown);
    say_left(ctl);
    return reseal.unknown ? 1 : 0;
}

static int renew(struct ctl *ctl)
{
    struct store_reseal reseal = {0};

    if (ctl_store(all(ctl, &reseal), "seal renew") != 0)
        return 1;
    printf("%" PRId64 " values were sealed anew, %" PRId64 " were so already.\n", reseal.old,
           reseal.present);
    say_left(ctl);
    if (reseal.unknown)
        return ctl_fail("%" PRId64 " values open with neither key: they were left as they are",
                        reseal.unknown);
    return 0;
}

const struct ctl_command ctl_seal_commands[] = {
    {"seal", "new", "FILE|URI", "", "make another sealing key: a file, or in a token (pkcs11:)", 1,
     true, make},
    {"seal", "status", "", " json ", "count what is sealed with which key", 0, false, status},
    {"seal", "renew", "", "",
     "seal everything with seal_key now; a running gateway does it by itself", 0, false, renew},
    {0}};
