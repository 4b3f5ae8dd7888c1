/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an operator's engineer hands to simauth-gatewayctl: the first line says whether the rest is
 * the CSV of subscribers ("csv"), the keys of one ("keys") or a password ("password"). */
#include "file.h"

#include "../../gateway/auc/sources.h"
#include "../../gateway/ctl/import.c"

static unsigned added;

static enum store_result begin(struct store *store, enum store_kind kind)
{
    (void)store;
    (void)kind;
    return STORE_OK;
}

static enum store_result commit(struct store *store)
{
    (void)store;
    return STORE_OK;
}

static void rollback(struct store *store)
{
    (void)store;
}

static enum store_result add(struct store *store, struct store_subscriber *s)
{
    (void)store;
    MUST(s->imsi[0] && s->impi[0] && s->nai[0] && strchr(s->nai, '@') && !(s->keys.amf[0] & 0x80));
    MUST(s->sqn < UINT64_C(1) << 48);
    added++;
    return STORE_OK;
}

static void run_import(struct ctl *ctl, const char *path)
{
    ctl->words[0] = path;
    ctl->word_count = 1;
    added = 0;
    import_csv(ctl);
}

static void read_one(const char *path, bool password)
{
    struct store_subscriber s = {.imsi = "001010000000001", .impi = "carol@a.example"};
    int result = password ? password_file_read(path, &s) : keys_file_read(path, &s);

    MUST(result != 0 || password || !(s.keys.amf[0] & 0x80));
    store_subscriber_wipe(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct store_ops ops = {
        .begin = begin, .commit = commit, .rollback = rollback, .subscriber_add = add};
    static char realm[] = "a.example", *realms[] = {realm, NULL};
    static struct config config = {.fqdn = "ag.a.example",
                                   .realms = realms,
                                   .auc = &auc_embedded,
                                   .allow_password = true,
                                   .weak_allowed = ~0U};
    static struct ctl ctl;
    const uint8_t *end = memchr(data, '\n', size);
    const char *path;

    if (!end)
        return 0;
    ctl.gateway.config = &config;
    ctl.gateway.ops = &ops;
    path = fuzz_file("input", end + 1, size - (size_t)(end + 1 - data));
    if (data[0] == 'c')
        run_import(&ctl, path);
    else
        read_one(path, data[0] == 'p');
    return 0;
}
