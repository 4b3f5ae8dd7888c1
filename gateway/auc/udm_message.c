/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "udm_message.h"

#include <curl/curl.h>
#include <glib.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* -- questions --------------------------------------------------------------------------------- */

void udm_path(const struct auc_fetch *fetch, char path[static UDM_PATH_MAX])
{
    snprintf(path, UDM_PATH_MAX, "/nudm-ueau/v1/imsi-%s/gba-security-information/generate-av",
             fetch->imsi);
}

static void write_hex(const uint8_t *octets, size_t len, char *text)
{
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", octets[i]);
}

void udm_question(const struct auc_fetch *fetch, char body[static UDM_QUESTION_MAX])
{
    char rand[2 * SIMAUTH_RAND_LEN + 1], auts[2 * SIMAUTH_AUTS_LEN + 1];

    write_hex(fetch->rand, sizeof fetch->rand, rand);
    write_hex(fetch->auts, sizeof fetch->auts, auts);
    if (fetch->has_auts)
        snprintf(body, UDM_QUESTION_MAX,
                 "{\"authType\":\"DIGEST_AKAV1_MD5\","
                 "\"resynchronizationInfo\":{\"rand\":\"%s\",\"auts\":\"%s\"}}",
                 rand, auts);
    else
        snprintf(body, UDM_QUESTION_MAX, "{\"authType\":\"DIGEST_AKAV1_MD5\"}");
}

/* -- answers ----------------------------------------------------------------------------------- */

/* Hexadecimal of `least` to `most` octets, in either case; how many there were, or 0. */
static size_t hex_of(const json_t *object, const char *name, uint8_t *octets, size_t least,
                     size_t most)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t len = value ? json_string_length(value) : 0;

    if (!text || len % 2 || len < 2 * least || len > 2 * most)
        return 0;
    for (size_t i = 0; i < len; i++) {
        int digit = g_ascii_xdigit_value(text[i]);

        if (digit < 0)
            return 0;
        octets[i / 2] = (uint8_t)(octets[i / 2] << 4 | digit);
    }
    return len / 2;
}

static enum auc_result take_vector(const json_t *object, struct auc_vector *vector,
                                   const char **reason)
{
    const json_t *av = json_object_get(object, "3gAkaAv");
    struct auc_vector read = {0};
    enum auc_result result = AUC_DOWN;

    *reason = "UDM gave no 3G vector";
    if (!av || json_is_null(av))
        return AUC_NO_METHOD;
    *reason = "UDM gave a vector with a member that is missing or malformed";
    read.res.len = (uint8_t)hex_of(av, "xres", read.res.octets, 4, SIMAUTH_RES_MAX);
    if (read.res.len == 0 || !hex_of(av, "rand", read.rand, SIMAUTH_RAND_LEN, SIMAUTH_RAND_LEN) ||
        !hex_of(av, "autn", read.autn, SIMAUTH_AUTN_LEN, SIMAUTH_AUTN_LEN) ||
        !hex_of(av, "ck", read.k.octets, 16, 16) || !hex_of(av, "ik", read.k.octets + 16, 16, 16))
        goto out;
    /* TS 33.102 annex H: CK and IK of such a vector never leave the UDM. */
    *reason = "UDM gave a vector with the separation bit of its AMF set: it is for 4G and 5G";
    result = AUC_FAILED;
    if (read.autn[6] & 0x80)
        goto out;
    read.k.len = 32;
    memcpy(vector->rand, read.rand, SIMAUTH_RAND_LEN);
    memcpy(vector->autn, read.autn, sizeof vector->autn);
    vector->res = read.res;
    vector->k = read.k;
    *reason = NULL;
    result = AUC_OK;
out:
    auc_vector_wipe(&read);
    return result;
}

static bool is_one_of(const char *cause, const char *const *names)
{
    while (*names && strcmp(cause, *names) != 0)
        names++;
    return *names != NULL;
}

/* 404 is said of the subscriber, but also of a path that nobody serves. */
static enum auc_result not_found(const json_t *object, size_t len, const char *cause,
                                 const char **reason)
{
    static const char *const of_user[] = {"USER_NOT_FOUND", "DATA_NOT_FOUND", "CONTEXT_NOT_FOUND",
                                          NULL};

    *reason = "UDM does not know this IMSI";
    if ((!cause && (object || len == 0)) || (cause && is_one_of(cause, of_user)))
        return AUC_UNKNOWN;
    *reason = "UDM has no such operation: look at [auc] udm_url, and for release 17 there";
    return AUC_DOWN;
}

static enum auc_result forbidden(const char *cause, bool has_auts, const char **reason)
{
    if (!cause || strcmp(cause, "AUTHENTICATION_REJECTED") != 0) {
        *reason = "UDM bars this subscriber, or this gateway";
        return AUC_BARRED;
    }
    *reason = has_auts ? "UDM refused the AUTS" : "UDM has no USIM's keys of this subscriber";
    return has_auts ? AUC_AUTS_REFUSED : AUC_NO_METHOD;
}

static enum auc_result other_status(long status, const char **reason)
{
    switch (status) {
    case 307:
    case 308:
        *reason = "UDM sent us to another one: name that in [auc] udm_url";
        break;
    case 401:
        *reason = "UDM refused this gateway's access token: look at [auc] udm_token";
        break;
    case 429:
    case 503:
        *reason = "UDM is overloaded";
        break;
    case 501:
        *reason = "UDM has no vectors for GBA";
        break;
    case 504:
        *reason = "UDM got no answer in time from what is behind it";
        break;
    default:
        *reason = status >= 500 ? "UDM failed" : "UDM did not understand the question";
    }
    return AUC_DOWN;
}

static enum auc_result refused(const struct udm_answer *answer, const json_t *object, bool has_auts,
                               const char **reason)
{
    const char *cause = json_string_value(json_object_get(object, "cause"));

    if (answer->status == 403 && answer->wants_token)
        return other_status(401, reason); /* TS 29.500, 6.7.3: the token's scope */
    if (answer->status == 403)
        return forbidden(cause, has_auts, reason);
    if (answer->status == 404)
        return not_found(object, answer->len, cause, reason);
    return other_status(answer->status, reason);
}

static void wipe_strings(json_t *value)
{
    const char *name;
    json_t *member;

    json_object_foreach(value, name, member)
    {
        if (json_is_object(member))
            wipe_strings(member);
        else if (json_is_string(member))
            OPENSSL_cleanse((char *)(uintptr_t)json_string_value(member),
                            json_string_length(member));
    }
}

enum auc_result udm_read(const struct udm_answer *answer, bool has_auts, struct auc_vector *vector,
                         const char **reason)
{
    json_t *object = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, NULL);
    enum auc_result result = AUC_DOWN;

    if (object && !json_is_object(object)) {
        json_decref(object);
        object = NULL;
    }
    if (answer->status != 200)
        result = refused(answer, object, has_auts, reason);
    else if (object)
        result = take_vector(object, vector, reason);
    else
        *reason = "UDM's answer is no JSON object";
    if (object)
        wipe_strings(object);
    json_decref(object);
    return result;
}

/* -- settings ---------------------------------------------------------------------------------- */

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

const char *udm_url_fault(const char *url)
{
    CURLU *parsed = curl_url();
    const char *fault = NULL;

    if (!parsed || curl_url_set(parsed, CURLUPART_URL, url, 0) != CURLUE_OK)
        fault = "is no URL: https://HOST[:PORT][/PREFIX], without /nudm-ueau";
    else if (!g_str_has_prefix(url, "https://") && !g_str_has_prefix(url, "http://"))
        fault = "must begin with https:// or http://";
    else if (has_part(parsed, CURLUPART_USER) || has_part(parsed, CURLUPART_PASSWORD))
        fault = "must name nobody: a token stands in udm_token, a certificate in udm_certificate";
    else if (has_part(parsed, CURLUPART_QUERY) || has_part(parsed, CURLUPART_FRAGMENT))
        fault = "must have no ? and no #";
    else if (strstr(url, "/nudm-ueau"))
        fault = "must end before /nudm-ueau: it is the apiRoot of TS 29.501 alone";
    curl_url_cleanup(parsed);
    return fault;
}

char *udm_token(char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-._~+/";
    char *token = g_strstrip(text);
    size_t len = strspn(token, letters);

    return len > 0 && strspn(token + len, "=") == strlen(token + len) ? token : NULL;
}
