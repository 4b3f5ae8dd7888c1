/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every derivation of docs/protocol.md section 4, and TS 33.220 annex B. */
#include "simauth/keys.h"
#include "crypto.h"
#include "names.h"
#include "simauth/name.h"
#include <openssl/crypto.h>
#include <string.h>

#define FC_SIMAUTH 0xf0
#define FC_GBA 0x01
#define LABEL "simauth 1"
#define LABEL_OTHER_SIM "other sim "

/* TS 33.220 B.2.2: S = FC || P0 || L0 || P1 || L1 ...; octets must outlive nothing: they are
 * copied. */
static void kdf_begin(struct simauth_octets *s, uint8_t fc)
{
    simauth_octets_append(s, &fc, 1);
}

static void kdf_parameter(struct simauth_octets *s, const void *octets, size_t len)
{
    if (len > UINT16_MAX) {
        s->failed = true;
        return;
    }
    simauth_octets_append(s, octets, len);
    simauth_octets_u16(s, (uint16_t)len);
}

static void kdf_string(struct simauth_octets *s, const char *text)
{
    kdf_parameter(s, text, strlen(text));
}

/* Clears `s`, for it may hold RES. */
static enum simauth_result kdf_end(struct simauth_octets *s, const struct simauth_secret *key,
                                   struct simauth_secret *out)
{
    struct span span = {s->data, s->len};
    enum simauth_result result = SIMAUTH_NO_MEMORY;
    uint8_t mac[SHA256_LEN];

    if (!s->failed)
        result = crypto_hmac(key->octets, key->len, &span, 1, mac);
    if (result == SIMAUTH_OK)
        result = simauth_secret_set(out, mac, sizeof mac);
    OPENSSL_cleanse(mac, sizeof mac);
    simauth_octets_clear(s);
    return result;
}

/* gsm has three RANDs of 16 octets and three answers; aka one of each. */
static bool parts_fit(const struct simauth_method *method, size_t rand_len, size_t res_len)
{
    size_t parts = rand_len / SIMAUTH_RAND_LEN;

    if (simauth_method_is_held(method) || rand_len != method->rand_len || parts == 0 ||
        rand_len % SIMAUTH_RAND_LEN != 0)
        return false;
    return res_len >= 4 * parts && res_len <= SIMAUTH_RES_MAX * parts && res_len % parts == 0;
}

static void kdf_parts(struct simauth_octets *s, const uint8_t *octets, size_t len, size_t parts)
{
    for (size_t i = 0; i < parts; i++)
        kdf_parameter(s, octets + i * (len / parts), len / parts);
}

/* What both methods' keys begin with: label, direction, method, names. */
static void kdf_call(struct simauth_octets *s, enum simauth_subject subject,
                     const struct simauth_names *names, const struct simauth_method *method)
{
    kdf_begin(s, FC_SIMAUTH);
    kdf_string(s, LABEL);
    kdf_string(s, subject == SIMAUTH_SUBJECT_CALLEE ? "callee" : "caller");
    kdf_string(s, method->name);
    kdf_string(s, names->aor_a);
    kdf_string(s, names->aor_b);
    kdf_string(s, names->nai_a);
    kdf_string(s, names->nai_b);
}

enum simauth_result simauth_ssk_one_way(enum simauth_subject subject,
                                        const struct simauth_names *names,
                                        const struct simauth_method *method, const uint8_t *rand,
                                        size_t rand_len, const struct simauth_secret *k,
                                        const struct simauth_secret *res,
                                        struct simauth_secret *ssk)
{
    struct simauth_octets s = {0};
    size_t parts = rand_len / SIMAUTH_RAND_LEN;

    simauth_secret_wipe(ssk);
    if (!names_fit(names) || k->len != method->k_len || !parts_fit(method, rand_len, res->len))
        return SIMAUTH_MALFORMED;
    kdf_call(&s, subject, names, method);
    kdf_parts(&s, rand, rand_len, parts);
    kdf_parts(&s, res->octets, res->len, parts);
    return kdf_end(&s, k, ssk);
}

enum simauth_result simauth_ssk_held(enum simauth_subject subject,
                                     const struct simauth_names *names,
                                     const struct simauth_method *method, const uint8_t *ticket,
                                     const uint8_t nonce[static SIMAUTH_NONCE_LEN],
                                     const struct simauth_secret *k, struct simauth_secret *ssk)
{
    struct simauth_octets s = {0};
    bool has_ticket = method->id_len == SIMAUTH_TICKET_LEN;

    simauth_secret_wipe(ssk);
    if (!names_fit(names) || !simauth_method_is_held(method) || k->len != method->k_len ||
        has_ticket != (ticket != NULL))
        return SIMAUTH_MALFORMED;
    kdf_call(&s, subject, names, method);
    if (has_ticket)
        kdf_parameter(&s, ticket, SIMAUTH_TICKET_LEN);
    kdf_parameter(&s, nonce, SIMAUTH_NONCE_LEN);
    return kdf_end(&s, k, ssk);
}

enum simauth_result simauth_ssk_other_sim(const uint8_t rand[static SIMAUTH_RAND_LEN],
                                          const struct simauth_secret *mix,
                                          struct simauth_secret *ssk)
{
    char label[sizeof LABEL_OTHER_SIM + SIMAUTH_B64U_LEN(SIMAUTH_RAND_LEN)] = LABEL_OTHER_SIM;
    struct simauth_secret own = {.len = 2 * SIMAUTH_KEY_LEN};

    if (ssk->len != SIMAUTH_KEY_LEN || mix->len != SIMAUTH_KEY_LEN)
        return SIMAUTH_MALFORMED;
    memcpy(own.octets, ssk->octets, SIMAUTH_KEY_LEN);
    memcpy(own.octets + SIMAUTH_KEY_LEN, mix->octets, SIMAUTH_KEY_LEN);
    simauth_b64u_encode(rand, SIMAUTH_RAND_LEN, label + sizeof LABEL_OTHER_SIM - 1);
    enum simauth_result result = simauth_hkdf(&own, label, SIMAUTH_KEY_LEN, &own);
    if (!result)
        *ssk = own;
    simauth_secret_wipe(&own);
    return result;
}

enum simauth_result simauth_ssk_both(const struct simauth_secret *ssk_callee,
                                     const struct simauth_secret *ssk_caller,
                                     const struct simauth_octets *t3, struct simauth_secret *ssk)
{
    static const struct span info = {LABEL " ssk", sizeof LABEL " ssk" - 1};
    struct span transcript = {t3->data, t3->len};
    uint8_t salt[SHA256_LEN], ikm[2 * SIMAUTH_KEY_LEN];
    enum simauth_result result;
    size_t len;

    simauth_secret_wipe(ssk);
    if (ssk_callee->len != SIMAUTH_KEY_LEN || ssk_caller->len != SIMAUTH_KEY_LEN || t3->failed ||
        t3->len == 0)
        return SIMAUTH_MALFORMED;
    result = crypto_hash(HASH_SHA256, &transcript, 1, salt, &len);
    if (result != SIMAUTH_OK)
        return result;
    memcpy(ikm, ssk_callee->octets, SIMAUTH_KEY_LEN);
    memcpy(ikm + SIMAUTH_KEY_LEN, ssk_caller->octets, SIMAUTH_KEY_LEN);
    result = crypto_hkdf((struct span){salt, len}, (struct span){ikm, sizeof ikm}, &info, 1,
                         SIMAUTH_KEY_LEN, ssk);
    OPENSSL_cleanse(ikm, sizeof ikm);
    return result;
}

enum simauth_result simauth_hkdf(const struct simauth_secret *key, const char *label, size_t len,
                                 struct simauth_secret *out)
{
    static const uint8_t zero[32];
    struct span info[] = {{LABEL " ", sizeof LABEL}, {label, strlen(label)}};
    struct simauth_secret from = *key; /* `out` may be `key` */
    enum simauth_result result = SIMAUTH_MALFORMED;

    simauth_secret_wipe(out);
    if (from.len > 0)
        result = crypto_hkdf((struct span){zero, sizeof zero}, (struct span){from.octets, from.len},
                             info, 2, len, out);
    simauth_secret_wipe(&from);
    return result;
}

enum simauth_result simauth_mac(const struct simauth_secret *key,
                                const struct simauth_octets *transcript,
                                uint8_t mac[static SIMAUTH_MAC_LEN])
{
    struct span span = {transcript->data, transcript->len};
    uint8_t whole[SHA256_LEN];
    enum simauth_result result = SIMAUTH_MALFORMED;

    memset(mac, 0, SIMAUTH_MAC_LEN);
    if (key->len == 0 || transcript->failed || transcript->len == 0)
        return result;
    result = crypto_hmac(key->octets, key->len, &span, 1, whole);
    if (result == SIMAUTH_OK)
        memcpy(mac, whole, SIMAUTH_MAC_LEN);
    OPENSSL_cleanse(whole, sizeof whole);
    return result;
}

enum simauth_result simauth_ks_naf(const struct simauth_secret *ck_ik,
                                   const uint8_t rand[static SIMAUTH_RAND_LEN], const char *impi,
                                   const char *naf_fqdn, struct simauth_secret *ks_naf)
{
    /* TS 33.220 annex H: the Ua security protocol "HTTP Digest with TLS" of TS 33.222. */
    static const uint8_t protocol[5] = {0xff, 0x73, 0x69, 0x6d, 0x01};
    size_t fqdn_len = strlen(naf_fqdn);
    struct simauth_octets s = {0};

    simauth_secret_wipe(ks_naf);
    if (ck_ik->len != 32 || *impi == '\0' || fqdn_len == 0)
        return SIMAUTH_MALFORMED;
    if (strlen(impi) > SIMAUTH_NAI_MAX || fqdn_len > SIMAUTH_REALM_MAX)
        return SIMAUTH_TOO_LONG;
    kdf_begin(&s, FC_GBA);
    kdf_string(&s, "gba-me");
    kdf_parameter(&s, rand, SIMAUTH_RAND_LEN);
    kdf_string(&s, impi);
    simauth_octets_append(&s, naf_fqdn, fqdn_len);
    simauth_octets_append(&s, protocol, sizeof protocol);
    simauth_octets_u16(&s, (uint16_t)(fqdn_len + sizeof protocol));
    return kdf_end(&s, ck_ik, ks_naf);
}

enum simauth_result simauth_gba_2g(const uint8_t rand[static SIMAUTH_RAND_LEN],
                                   const struct simauth_secret *sres,
                                   const struct simauth_secret *kc,
                                   const uint8_t ks_input[static SIMAUTH_KS_INPUT_LEN],
                                   struct simauth_secret *res, struct simauth_secret *ks)
{
    struct simauth_octets s = {0};
    struct simauth_secret key = {.len = 0};
    enum simauth_result result = SIMAUTH_MALFORMED;

    simauth_secret_wipe(res);
    simauth_secret_wipe(ks);
    if (sres->len != SIMAUTH_SRES_LEN || kc->len != SIMAUTH_KC_LEN)
        return result;
    memcpy(key.octets, kc->octets, SIMAUTH_KC_LEN);
    memcpy(key.octets + SIMAUTH_KC_LEN, kc->octets, SIMAUTH_KC_LEN);
    memcpy(key.octets + 2 * SIMAUTH_KC_LEN, rand, SIMAUTH_RAND_LEN);
    key.len = 2 * SIMAUTH_KC_LEN + SIMAUTH_RAND_LEN;
    kdf_begin(&s, FC_GBA);
    kdf_string(&s, "3gpp-gba-res");
    kdf_parameter(&s, sres->octets, sres->len);
    result = kdf_end(&s, &key, res);
    if (result == SIMAUTH_OK) {
        OPENSSL_cleanse(res->octets + SIMAUTH_RES_MAX, res->len - SIMAUTH_RES_MAX);
        res->len = SIMAUTH_RES_MAX;
        kdf_begin(&s, FC_GBA);
        kdf_parameter(&s, ks_input, SIMAUTH_KS_INPUT_LEN);
        kdf_string(&s, "3gpp-gba-ks");
        kdf_parameter(&s, sres->octets, sres->len);
        result = kdf_end(&s, &key, ks);
    }
    simauth_secret_wipe(&key);
    if (result != SIMAUTH_OK)
        simauth_secret_wipe(res);
    return result;
}

/* -- GBA_Digest: a subscriber without a SIM ---------------------------------------------------- */

enum simauth_result simauth_gba_digest_ha1(const char *username, const char *realm,
                                           const void *password, size_t password_len,
                                           struct simauth_secret *ha1)
{
    struct span spans[] = {{username, strlen(username)},
                           {":", 1},
                           {realm, strlen(realm)},
                           {":", 1},
                           {password, password_len}};
    uint8_t hash[SHA256_LEN];
    size_t len = 0;
    enum simauth_result result = SIMAUTH_MALFORMED;

    simauth_secret_wipe(ha1);
    if (!*username || !*realm || !password_len)
        return result;
    result = crypto_hash(HASH_SHA256, spans, 5, hash, &len);
    if (result == SIMAUTH_OK)
        result = simauth_secret_set(ha1, hash, len);
    OPENSSL_cleanse(hash, sizeof hash);
    return result;
}

enum simauth_result simauth_gba_digest_passwd(const struct simauth_secret *ha1,
                                              const uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN],
                                              struct simauth_secret *passwd)
{
    struct simauth_octets s = {0};

    simauth_secret_wipe(passwd);
    if (ha1->len != SIMAUTH_HA1_LEN)
        return SIMAUTH_MALFORMED;
    kdf_begin(&s, FC_GBA);
    kdf_string(&s, "GBA_Digest_RESP");
    kdf_parameter(&s, tls_mk, SIMAUTH_TLS_MK_LEN);
    return kdf_end(&s, ha1, passwd);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum simauth_result simauth_gba_digest_ks(const struct simauth_secret *ha1,
                                          const uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN],
                                          const char *response, struct simauth_secret *ks)
{
    struct simauth_octets s = {0};
    uint8_t resp[SHA256_LEN];

    simauth_secret_wipe(ks);
    if (ha1->len != SIMAUTH_HA1_LEN || strlen(response) != 2 * sizeof resp)
        return SIMAUTH_MALFORMED;
    for (size_t i = 0; i < sizeof resp; i++) {
        int high = hex_value(response[2 * i]), low = hex_value(response[2 * i + 1]);

        if (high < 0 || low < 0)
            return SIMAUTH_MALFORMED;
        resp[i] = (uint8_t)(high << 4 | low);
    }
    kdf_begin(&s, FC_GBA);
    kdf_string(&s, "GBA_Digest_Ks");
    kdf_parameter(&s, tls_mk, SIMAUTH_TLS_MK_LEN);
    kdf_parameter(&s, resp, sizeof resp);
    return kdf_end(&s, ha1, ks);
}
