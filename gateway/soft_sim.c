/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "soft_sim.h"
#include "auc/algorithm.h"

#include <glib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <simauth/activation.h>
#include <simauth/milenage.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GATEWAY_NAME_MAX (SIMAUTH_REALM_MAX + 24)

static void gateway_name(const struct config *config, char name[static GATEWAY_NAME_MAX])
{
    if (config->port == 443)
        snprintf(name, GATEWAY_NAME_MAX, "%s", config->fqdn);
    else
        snprintf(name, GATEWAY_NAME_MAX, "%s:%d", config->fqdn, config->port);
}

/* -- the file ---------------------------------------------------------------------------------- */

static char *hex(const uint8_t *octets, size_t len, char *text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
    return text;
}

static int set_hex(json_t *object, const char *name, const uint8_t *octets, size_t len)
{
    char text[33];
    int result = json_object_set_new(object, name, json_string(hex(octets, len, text)));

    OPENSSL_cleanse(text, sizeof text);
    return result;
}

static void add_constants(json_t *object, const struct store_keys *keys)
{
    json_t *c = json_array(), *r = json_array();
    char text[33];

    for (int i = 0; i < 5; i++) {
        json_array_append_new(c, json_string(hex(keys->c[i], 16, text)));
        json_array_append_new(r, json_integer(keys->r[i]));
    }
    json_object_set_new(object, "c", c);
    json_object_set_new(object, "r", r);
}

/* Milenage's members, or the algorithm and K. */
static bool add_keys(json_t *object, const struct store_keys *keys)
{
    struct simauth_milenage m;
    enum simauth_result result;
    bool good;

    if (keys->gsm && json_object_set_new(object, "2g", json_true()) != 0)
        return false;
    if (keys->algorithm != STORE_MILENAGE)
        return json_object_set_new(object, "algorithm", json_string(algorithm_of(keys)->name)) ==
                   0 &&
               set_hex(object, "k", keys->k, sizeof keys->k) == 0;
    result = keys->has_constants ? simauth_milenage_init_custom(&m, keys->k, keys->op,
                                                                keys->op_is_opc, keys->c, keys->r)
                                 : simauth_milenage_init(&m, keys->k, keys->op, keys->op_is_opc);
    good = result == SIMAUTH_OK && set_hex(object, "k", m.k, 16) == 0 &&
           set_hex(object, "opc", m.opc, 16) == 0;
    if (good && keys->has_constants)
        add_constants(object, keys);
    simauth_milenage_wipe(&m);
    return good;
}

static json_t *sim_object(const struct config *config, const struct store_subscriber *s,
                          const char *aor)
{
    char gateway[GATEWAY_NAME_MAX];
    json_t *object;

    gateway_name(config, gateway);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "imsi", s->imsi, "impi", s->impi, "gateway",
                       gateway, "nai", s->nai, "aor", aor[0] ? aor : NULL);
    if (object && add_keys(object, &s->keys))
        return object;
    json_decref(object);
    return NULL;
}

bool soft_sim_can(const struct store_keys *keys)
{
    return keys->algorithm != STORE_NO_SIM && !keys->tuak &&
           (keys->algorithm == STORE_MILENAGE || keys->gsm);
}

char *soft_sim_text(const struct config *config, const struct store_subscriber *subscriber,
                    const char *aor)
{
    json_t *object = soft_sim_can(&subscriber->keys) ? sim_object(config, subscriber, aor) : NULL;
    char *text = object ? json_dumps(object, JSON_INDENT(2)) : NULL;

    json_decref(object);
    return text;
}

void soft_sim_text_free(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

/* -- the code ---------------------------------------------------------------------------------- */

void soft_sim_code_text(const struct config *config, const struct store_code *code,
                        char text[static SOFT_SIM_CODE_MAX])
{
    uint8_t octets[SIMAUTH_CODE_LEN];
    char name[GATEWAY_NAME_MAX], shown[SIMAUTH_CODE_TEXT_MAX];

    memcpy(octets, code->id, STORE_CODE_ID_LEN);
    memcpy(octets + STORE_CODE_ID_LEN, code->secret, STORE_CODE_SECRET_LEN);
    gateway_name(config, name);
    simauth_code_write(octets, shown);
    snprintf(text, SOFT_SIM_CODE_MAX, "%s/%s", name, shown);
    OPENSSL_cleanse(octets, sizeof octets);
    OPENSSL_cleanse(shown, sizeof shown);
}

static void code_octets(const struct store_code *code, uint8_t octets[static SIMAUTH_CODE_LEN])
{
    memcpy(octets, code->id, STORE_CODE_ID_LEN);
    memcpy(octets + STORE_CODE_ID_LEN, code->secret, STORE_CODE_SECRET_LEN);
}

bool soft_sim_code_right(const struct store_code *code, const uint8_t proof[static 32])
{
    uint8_t octets[SIMAUTH_CODE_LEN], right[32];
    bool same;

    code_octets(code, octets);
    same = simauth_code_proof(octets, right) == SIMAUTH_OK &&
           CRYPTO_memcmp(right, proof, sizeof right) == 0;
    OPENSSL_cleanse(octets, sizeof octets);
    OPENSSL_cleanse(right, sizeof right);
    return same;
}

char *soft_sim_seal(const struct store_code *code, const char *text)
{
    uint8_t octets[SIMAUTH_CODE_LEN], nonce[12];
    size_t len = strlen(text), room = len + SIMAUTH_CODE_SEAL_OVERHEAD;
    uint8_t *sealed = g_malloc(room);
    char *written = NULL;

    code_octets(code, octets);
    if (RAND_bytes(nonce, sizeof nonce) == 1 &&
        simauth_code_seal(octets, nonce, text, len, sealed) == SIMAUTH_OK) {
        written = g_malloc(SIMAUTH_B64U_LEN(room) + 1);
        simauth_b64u_encode(sealed, room, written);
    }
    OPENSSL_cleanse(octets, sizeof octets);
    g_free(sealed);
    return written;
}
