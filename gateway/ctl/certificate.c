/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* certificate: the authority of subscribers' certificates, what it issued, what was revoked. */
#include "../pki.h"
#include "ctl.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS 1825
#define LIST_S 3600

/* -- the authority ----------------------------------------------------------------------------- */

static enum store_result add_authority(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->authority_add(ctl->gateway.store, data);
}

static enum store_result get_authority(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->authority_get(ctl->gateway.store, data);
}

static enum store_result has_authority(struct ctl *ctl, void *data)
{
    struct store_authority authority;
    enum store_result result = get_authority(ctl, &authority);

    *(bool *)data = result == STORE_OK;
    store_authority_clear(&authority);
    return result == STORE_NONE ? STORE_OK : result;
}

/* What was issued before stays good only where its authority is still trusted. */
static int not_by_mistake(struct ctl *ctl)
{
    bool there = false;

    if (ctl_look(ctl, has_authority, &there, "authority") != 0)
        return 1;
    return there && !ctl_option(ctl, "replace")
               ? ctl_fail("there is an authority already: see \"certificate authority\", or add "
                          "--replace; then give the new one to those who trust the old")
               : 0;
}

static int make(struct ctl *ctl)
{
    const struct config *config = ctl->gateway.config;
    struct store_authority authority = {0};
    int days, status = 1;

    if (ctl_number(ctl, "days", DAYS, 1, 7300, &days) != 0 || not_by_mistake(ctl) != 0)
        return 1;
    if (pki_authority_make(config->name, config->realms[0], days, (int64_t)time(NULL),
                           &authority) != 0)
        status = ctl_fail("libcrypto refused to make a key");
    else
        status = ctl_change(ctl, add_authority, &authority, "authority");
    if (status == 0)
        fputs(authority.chain, stdout);
    store_authority_clear(&authority);
    return status;
}

static int import(struct ctl *ctl)
{
    struct store_authority authority = {0};
    char *chain = NULL, key[4096], error[SEAL_ERROR_MAX];
    const char *fault;
    size_t len = 0;
    int status = 1;

    if (not_by_mistake(ctl) != 0)
        return 1;
    if (!g_file_get_contents(ctl->words[0], &chain, NULL, NULL))
        status = ctl_fail("%s: cannot be read", ctl->words[0]);
    else if (seal_read_secret(ctl->words[1], false, "authority's key", (uint8_t *)key,
                              sizeof key - 1, &len, error) != 0)
        status = ctl_fail("%s", error);
    else {
        key[len] = '\0';
        fault = pki_authority_read(chain, key, (int64_t)time(NULL), &authority);
        status =
            fault ? ctl_fail("%s", fault) : ctl_change(ctl, add_authority, &authority, "authority");
    }
    OPENSSL_cleanse(key, sizeof key);
    store_authority_clear(&authority);
    g_free(chain);
    return status;
}

static int no_authority(void)
{
    return ctl_fail("this operator has no authority of subscribers' certificates: make one with "
                    "\"certificate make-authority\"");
}

static int show(struct ctl *ctl)
{
    struct store_authority authority = {0};
    bool there = false;
    int status;

    if (ctl_look(ctl, has_authority, &there, "authority") != 0)
        return 1;
    if (!there)
        return no_authority();
    status = ctl_look(ctl, get_authority, &authority, "authority");
    if (status == 0)
        fputs(authority.chain, stdout);
    store_authority_clear(&authority);
    return status;
}

/* -- certificates ------------------------------------------------------------------------------ */

static void hex_of(const uint8_t *serial, char text[static 2 * STORE_SERIAL_LEN + 1])
{
    for (int i = 0; i < STORE_SERIAL_LEN; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", serial[i]);
}

static const struct ctl_column columns[] = {
    {"Serial", "serial", 32, CTL_TEXT},  {"Address", "aor", 0, CTL_TEXT},
    {"NAI", "nai", 28, CTL_TEXT},        {"Until", "until", 19, CTL_TIME},
    {"Revoked", "revoked", 7, CTL_FLAG}, {0}};

static int print_one(const struct store_certificate *c, void *data)
{
    char serial[2 * STORE_SERIAL_LEN + 1];

    hex_of(c->serial, serial);
    ctl_row(data, columns, serial, c->aor, c->nai, c->not_after, (int)(c->revoked != 0));
    return 0;
}

static enum store_result list_all(struct ctl *ctl, void *data)
{
    const struct store_certificate_filter filter = {.aor = data, .after = (int64_t)time(NULL)};

    return ctl->gateway.ops->certificate_list(ctl->gateway.store, &filter, print_one, ctl);
}

static int list(struct ctl *ctl)
{
    char aor[SIMAUTH_AOR_MAX + 1] = "";

    if (ctl_option(ctl, "aor") && ctl_aor(ctl_option(ctl, "aor"), aor) != 0)
        return 1;
    ctl_heading(ctl, columns);
    return ctl_look(ctl, list_all, aor, "certificates");
}

static enum store_result revoke_one(struct ctl *ctl, void *data)
{
    return ctl->gateway.ops->certificate_revoke(ctl->gateway.store, data, (int64_t)time(NULL));
}

static int revoke_serial(struct ctl *ctl)
{
    uint8_t serial[STORE_SERIAL_LEN];

    if (!ctl_hex(ctl->words[0], serial, sizeof serial))
        return ctl_fail("\"%s\" is no serial number: 32 hexadecimal digits, as \"certificate "
                        "list\" shows them",
                        ctl->words[0]);
    return ctl_change(ctl, revoke_one, serial, "a certificate that is not revoked yet");
}

struct revoked {
    struct store_authority authority;
    GArray *list;
};

static int add_revoked(const struct store_certificate *c, void *data)
{
    struct pki_revoked one = {.when = c->revoked};

    memcpy(one.serial, c->serial, sizeof one.serial);
    g_array_append_val((GArray *)data, one);
    return 0;
}

static enum store_result look(struct ctl *ctl, void *data)
{
    const struct store_certificate_filter filter = {.after = (int64_t)time(NULL), .revoked = true};
    struct revoked *revoked = data;
    enum store_result result = get_authority(ctl, &revoked->authority);

    return result == STORE_OK ? ctl->gateway.ops->certificate_list(ctl->gateway.store, &filter,
                                                                   add_revoked, revoked->list)
                              : result;
}

static int print_revoked(struct ctl *ctl)
{
    struct revoked revoked = {.list = g_array_new(FALSE, FALSE, sizeof(struct pki_revoked))};
    char *text = NULL;
    int status = ctl_look(ctl, look, &revoked, "authority");

    if (status == 0) {
        text = pki_list(&revoked.authority, (const struct pki_revoked *)(void *)revoked.list->data,
                        revoked.list->len, (int64_t)time(NULL), LIST_S);
        status = text ? 0 : ctl_fail("libcrypto refused");
    }
    if (text)
        fputs(text, stdout);
    free(text);
    store_authority_clear(&revoked.authority);
    g_array_free(revoked.list, TRUE);
    return status;
}

const struct ctl_command ctl_certificate_commands[] = {
    {"certificate", "make-authority", "[--days N] [--replace]", " days= replace ",
     "make the key that signs subscribers' certificates, and print its certificate", 0, false,
     make},
    {"certificate", "import-authority", "CHAIN KEY [--replace]", " replace ",
     "take one made elsewhere: two PEM files; the key P-256, its owner's alone", 2, false, import},
    {"certificate", "authority", "", "",
     "print its certificate: what a middle or a partner is to trust", 0, false, show},
    {"certificate", "list", "[--aor AOR] [--json]", " aor= json ",
     "list subscribers' certificates that are not over", 0, false, list},
    {"certificate", "revoke", "SERIAL", "", "revoke one before its end", 1, false, revoke_serial},
    {"certificate", "revoked", "", "", "print the list of revoked ones (CRL) in PEM", 0, false,
     print_revoked},
    {0}};
