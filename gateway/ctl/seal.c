/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sealing key: another one, and how far sealing with it has come. */
#include "ctl.h"

#include <inttypes.h>

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
    return reseal.unknown ? 1 : 0;
}

static int renew(struct ctl *ctl)
{
    struct store_reseal reseal = {0};

    if (ctl_store(all(ctl, &reseal), "seal renew") != 0)
        return 1;
    printf("%" PRId64 " values were sealed anew, %" PRId64 " were so already.\n", reseal.old,
           reseal.present);
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
