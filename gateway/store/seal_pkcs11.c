/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sealing key that a token keeps (PKCS#11 2.40): a generic secret key that signs a fixed text by
 * HMAC-SHA-256. It is made sensitive and not extractable; what is derived lives in the gateway's
 * memory alone, from its start to its end.
 */
#include "seal.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdio.h>
#include <string.h>

#define LABEL "simauth gateway sealing key 1"
#define SLOTS_MAX 64
#define PIN_MAX 255

struct token {
    P11KitUri *uri;
    CK_FUNCTION_LIST **modules; /* all that are configured, or one and NULL */
    CK_FUNCTION_LIST *one[2];
    CK_FUNCTION_LIST *module; /* which has the token */
    CK_SESSION_HANDLE session;
    bool open;
    char *error;
};

static int fail(struct token *token, const char *what, CK_RV code)
{
    snprintf(token->error, SEAL_ERROR_MAX, "[store] seal_key: %s%s%s", what, code ? ": " : "",
             code ? p11_kit_strerror(code) : "");
    return -1;
}

/* module-path=: that module; else those of the machine (p11-kit). */
static int load_modules(struct token *token)
{
    const char *path = p11_kit_uri_get_module_path(token->uri);
    CK_RV code;

    if (!path) {
        token->modules = p11_kit_modules_load_and_initialize(0);
        return token->modules ? 0 : fail(token, "no PKCS#11 module could be loaded", 0);
    }
    token->one[0] = p11_kit_module_load(path, 0);
    if (!token->one[0])
        return fail(token, "the module of module-path cannot be loaded", 0);
    code = p11_kit_module_initialize(token->one[0]);
    token->modules = token->one;
    return code == CKR_OK ? 0 : fail(token, "the module of module-path does not start", code);
}

static bool find_slot(struct token *token, CK_SLOT_ID *slot)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_TOKEN_INFO info;

    for (CK_FUNCTION_LIST **module = token->modules; *module; module++) {
        CK_ULONG count = SLOTS_MAX;

        if ((*module)->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
            continue;
        for (CK_ULONG i = 0; i < count; i++)
            if ((*module)->C_GetTokenInfo(slots[i], &info) == CKR_OK &&
                p11_kit_uri_match_token_info(token->uri, &info)) {
                token->module = *module;
                *slot = slots[i];
                return true;
            }
    }
    return false;
}

/* The PIN stands in a file or a credential, never in the configuration. */
static int log_in(struct token *token)
{
    const char *source = p11_kit_uri_get_pin_source(token->uri);
    bool credential = source && g_str_has_prefix(source, "credential:");
    uint8_t pin[PIN_MAX];
    char *path;
    size_t len = 0;
    CK_RV code;

    if (p11_kit_uri_get_pin_value(token->uri))
        return fail(token,
                    "a PIN does not belong into the configuration: put it into a file and "
                    "name that with pin-source=",
                    0);
    if (!source)
        return fail(token, "the URI needs pin-source=, a file (or credential:NAME) with the PIN",
                    0);
    path = credential ? seal_credential_path(source + strlen("credential:"), token->error)
                      : g_strdup(g_str_has_prefix(source, "file:") ? source + 5 : source);
    if (!path || seal_read_secret(path, credential, "PIN", pin, sizeof pin, &len, token->error)) {
        g_free(path);
        return -1;
    }
    g_free(path);
    while (len > 0 && (pin[len - 1] == '\n' || pin[len - 1] == '\r'))
        len--;
    code = token->module->C_Login(token->session, CKU_USER, pin, len);
    OPENSSL_cleanse(pin, sizeof pin);
    return code == CKR_OK || code == CKR_USER_ALREADY_LOGGED_IN
               ? 0
               : fail(token, "the token refuses the PIN of pin-source", code);
}

static int token_open(struct token *token, const char *uri, bool write, char *error)
{
    CK_SLOT_ID slot;
    CK_RV code;

    memset(token, 0, sizeof *token);
    token->error = error;
    token->uri = p11_kit_uri_new();
    if (!token->uri || p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, token->uri) != P11_KIT_URI_OK)
        return fail(token, "is no PKCS#11 URI (RFC 7512)", 0);
    if (load_modules(token) != 0)
        return -1;
    if (!find_slot(token, &slot))
        return fail(token, "no token is there that the URI describes", 0);
    code = token->module->C_OpenSession(slot, CKF_SERIAL_SESSION | (write ? CKF_RW_SESSION : 0),
                                        NULL, NULL, &token->session);
    if (code != CKR_OK)
        return fail(token, "the token opens no session", code);
    token->open = true;
    return log_in(token);
}

static void token_close(struct token *token)
{
    if (token->open)
        token->module->C_CloseSession(token->session);
    if (token->modules == token->one) {
        p11_kit_module_finalize(token->one[0]);
        p11_kit_module_release(token->one[0]);
    } else if (token->modules) {
        p11_kit_modules_finalize_and_release(token->modules);
    } else if (token->one[0]) {
        p11_kit_module_release(token->one[0]);
    }
    p11_kit_uri_free(token->uri);
}

/* How many keys the URI describes, at most 2; the first in *key. */
static CK_ULONG find_key(struct token *token, CK_OBJECT_HANDLE *key)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_OBJECT_HANDLE found[2];
    CK_ATTRIBUTE query[3] = {{CKA_CLASS, &class, sizeof class}};
    CK_ULONG count = 1, got = 0;
    CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(token->uri, CKA_LABEL);
    CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(token->uri, CKA_ID);

    if (label)
        query[count++] = *label;
    if (id)
        query[count++] = *id;
    if (token->module->C_FindObjectsInit(token->session, query, count) != CKR_OK)
        return 0;
    if (token->module->C_FindObjects(token->session, found, 2, &got) != CKR_OK)
        got = 0;
    token->module->C_FindObjectsFinal(token->session);
    if (got > 0)
        *key = found[0];
    return got;
}

static int derive(struct token *token, uint8_t key[static SEAL_KEY_LEN])
{
    CK_MECHANISM mechanism = {CKM_SHA256_HMAC, NULL, 0};
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG found = find_key(token, &object), len = SEAL_KEY_LEN;
    CK_BYTE label[] = LABEL;
    CK_RV code;

    if (found != 1)
        return fail(token,
                    found ? "the URI describes more than one key: add object= or id="
                          : "the token has no such key: \"simauth-gatewayctl init\" makes it",
                    0);
    code = token->module->C_SignInit(token->session, &mechanism, object);
    if (code == CKR_OK)
        code = token->module->C_Sign(token->session, label, sizeof label - 1, key, &len);
    if (code != CKR_OK || len != SEAL_KEY_LEN)
        return fail(token, "the token's key makes no HMAC-SHA-256", code);
    return 0;
}

int seal_pkcs11_fetch(const char *uri, uint8_t key[static SEAL_KEY_LEN], char *error)
{
    struct token token;
    int result = token_open(&token, uri, false, error);

    if (result == 0)
        result = derive(&token, key);
    token_close(&token);
    return result;
}

bool seal_pkcs11_exists(const char *uri)
{
    char error[SEAL_ERROR_MAX];
    CK_OBJECT_HANDLE object;
    struct token token;
    bool there = token_open(&token, uri, false, error) == 0 && find_key(&token, &object) > 0;

    token_close(&token);
    return there;
}

static int generate(struct token *token)
{
    CK_MECHANISM mechanism = {CKM_GENERIC_SECRET_KEY_GEN, NULL, 0};
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_ULONG len = SEAL_KEY_LEN, count = 9;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_HANDLE key;
    CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(token->uri, CKA_LABEL);
    CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(token->uri, CKA_ID);
    CK_ATTRIBUTE made[11] = {{CKA_CLASS, &class, sizeof class}, {CKA_KEY_TYPE, &type, sizeof type},
                             {CKA_VALUE_LEN, &len, sizeof len}, {CKA_TOKEN, &yes, sizeof yes},
                             {CKA_PRIVATE, &yes, sizeof yes},   {CKA_SENSITIVE, &yes, sizeof yes},
                             {CKA_EXTRACTABLE, &no, sizeof no}, {CKA_SIGN, &yes, sizeof yes},
                             {CKA_MODIFIABLE, &no, sizeof no}};
    CK_RV code;

    if (!label)
        return fail(token, "the URI needs object=, the name of the key", 0);
    if (find_key(token, &key) > 0)
        return fail(token, "there is such a key in the token already", 0);
    made[count++] = *label;
    if (id)
        made[count++] = *id;
    code = token->module->C_GenerateKey(token->session, &mechanism, made, count, &key);
    return code == CKR_OK ? 0 : fail(token, "the token makes no key", code);
}

int seal_pkcs11_create(const char *uri, char *error)
{
    struct token token;
    int result = token_open(&token, uri, true, error);

    if (result == 0)
        result = generate(&token);
    token_close(&token);
    return result;
}
