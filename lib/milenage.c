/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TS 35.206 over AES-128; r in bits towards the most significant one, as the specification numbers
 * them. */
#include "simauth/milenage.h"
#include "crypto.h"
#include <openssl/crypto.h>
#include <string.h>

static const uint8_t STANDARD_C[5][16] = {{0}, {[15] = 1}, {[15] = 2}, {[15] = 4}, {[15] = 8}};
static const uint8_t STANDARD_R[5] = {64, 0, 32, 64, 96};

static void xor_block(uint8_t block[static 16], const uint8_t with[static 16])
{
    for (size_t i = 0; i < 16; i++)
        block[i] ^= with[i];
}

static void rotate(uint8_t block[static 16], uint8_t bits)
{
    uint8_t from[16];
    unsigned octets = bits / 8, rest = bits % 8;

    memcpy(from, block, sizeof from);
    for (size_t i = 0; i < 16; i++) {
        unsigned two = (unsigned)from[(i + octets) % 16] << 8 | from[(i + octets + 1) % 16];
        block[i] = (uint8_t)(two >> (8 - rest));
    }
    OPENSSL_cleanse(from, sizeof from);
}

/* OUT_i of section 4.1 for i = 2 to 5: E[rot(TEMP ^ OPc, r) ^ c] ^ OPc. */
static enum simauth_result out_block(const struct simauth_milenage *m, EVP_CIPHER_CTX *aes,
                                     const uint8_t temp[static 16], unsigned i,
                                     uint8_t out[static 16])
{
    enum simauth_result result;

    memcpy(out, temp, 16);
    xor_block(out, m->opc);
    rotate(out, m->r[i]);
    xor_block(out, m->c[i]);
    result = crypto_aes128(aes, out, out);
    xor_block(out, m->opc);
    return result;
}

/* OUT_1: E[TEMP ^ rot(IN1 ^ OPc, r1) ^ c1] ^ OPc, IN1 = SQN || AMF || SQN || AMF. */
static enum simauth_result out_1(const struct simauth_milenage *m, EVP_CIPHER_CTX *aes,
                                 const uint8_t temp[static 16], const uint8_t sqn[static 6],
                                 const uint8_t amf[static 2], uint8_t out[static 16])
{
    enum simauth_result result;

    memcpy(out, sqn, 6);
    memcpy(out + 6, amf, 2);
    memcpy(out + 8, out, 8);
    xor_block(out, m->opc);
    rotate(out, m->r[0]);
    xor_block(out, m->c[0]);
    xor_block(out, temp);
    result = crypto_aes128(aes, out, out);
    xor_block(out, m->opc);
    return result;
}

static enum simauth_result run_blocks(const struct simauth_milenage *m, EVP_CIPHER_CTX *aes,
                                      const uint8_t rand[static 16], const uint8_t *sqn,
                                      const uint8_t *amf, uint8_t temp[static 16],
                                      uint8_t out[static 5][16])
{
    enum simauth_result result;

    memcpy(temp, rand, 16);
    xor_block(temp, m->opc);
    result = crypto_aes128(aes, temp, temp);
    if (result == SIMAUTH_OK && sqn != NULL)
        result = out_1(m, aes, temp, sqn, amf, out[0]);
    for (unsigned i = 1; i < 5 && result == SIMAUTH_OK; i++)
        result = out_block(m, aes, temp, i, out[i]);
    return result;
}

static enum simauth_result run(const struct simauth_milenage *m, const uint8_t rand[static 16],
                               const uint8_t *sqn, const uint8_t *amf,
                               struct simauth_milenage_vector *v)
{
    uint8_t temp[16], out[5][16] = {{0}};
    enum simauth_result result = SIMAUTH_CRYPTO;
    EVP_CIPHER_CTX *aes = crypto_aes128_new(m->k);

    memset(v, 0, sizeof *v);
    if (aes != NULL)
        result = run_blocks(m, aes, rand, sqn, amf, temp, out);
    crypto_aes128_free(aes);
    if (result == SIMAUTH_OK) {
        memcpy(v->mac_a, out[0], 8);
        memcpy(v->mac_s, out[0] + 8, 8);
        memcpy(v->res, out[1] + 8, 8);
        memcpy(v->ak, out[1], 6);
        memcpy(v->ck, out[2], 16);
        memcpy(v->ik, out[3], 16);
        memcpy(v->ak_star, out[4], 6);
    }
    OPENSSL_cleanse(temp, sizeof temp);
    OPENSSL_cleanse(out, sizeof out);
    return result;
}

/* OPc = E_K(OP) ^ OP */
static enum simauth_result make_opc(struct simauth_milenage *m, const uint8_t op[static 16])
{
    EVP_CIPHER_CTX *aes = crypto_aes128_new(m->k);
    enum simauth_result result = SIMAUTH_CRYPTO;

    if (aes != NULL)
        result = crypto_aes128(aes, op, m->opc);
    crypto_aes128_free(aes);
    xor_block(m->opc, op);
    return result;
}

static bool constants_good(const uint8_t c[static 5][16], const uint8_t r[static 5])
{
    for (unsigned i = 0; i < 5; i++) {
        if (r[i] > 127)
            return false;
        for (unsigned j = 0; j < i; j++) {
            if (r[i] == r[j] && memcmp(c[i], c[j], 16) == 0)
                return false;
        }
    }
    return true;
}

enum simauth_result simauth_milenage_init_custom(struct simauth_milenage *m,
                                                 const uint8_t k[static 16],
                                                 const uint8_t op[static 16], bool op_is_opc,
                                                 const uint8_t c[static 5][16],
                                                 const uint8_t r[static 5])
{
    enum simauth_result result = SIMAUTH_OK;

    memset(m, 0, sizeof *m);
    if (!constants_good(c, r))
        return SIMAUTH_MALFORMED;
    memcpy(m->k, k, sizeof m->k);
    memcpy(m->c, c, sizeof m->c);
    memcpy(m->r, r, sizeof m->r);
    if (op_is_opc)
        memcpy(m->opc, op, sizeof m->opc);
    else
        result = make_opc(m, op);
    if (result != SIMAUTH_OK)
        simauth_milenage_wipe(m);
    return result;
}

enum simauth_result simauth_milenage_init(struct simauth_milenage *m, const uint8_t k[static 16],
                                          const uint8_t op[static 16], bool op_is_opc)
{
    return simauth_milenage_init_custom(m, k, op, op_is_opc, STANDARD_C, STANDARD_R);
}

enum simauth_result simauth_milenage_run(const struct simauth_milenage *m,
                                         const uint8_t rand[static SIMAUTH_RAND_LEN],
                                         const uint8_t sqn[static 6], const uint8_t amf[static 2],
                                         struct simauth_milenage_vector *out)
{
    return run(m, rand, sqn, amf, out);
}

enum simauth_result simauth_milenage_keys(const struct simauth_milenage *m,
                                          const uint8_t rand[static SIMAUTH_RAND_LEN],
                                          struct simauth_milenage_vector *out)
{
    return run(m, rand, NULL, NULL, out);
}

void simauth_triplet(const uint8_t *res, size_t res_len, const uint8_t ck[static 16],
                     const uint8_t ik[static 16], uint8_t sres[static SIMAUTH_SRES_LEN],
                     uint8_t kc[static SIMAUTH_KC_LEN])
{
    memset(sres, 0, SIMAUTH_SRES_LEN);
    for (size_t i = 0; i < res_len; i++)
        sres[i % SIMAUTH_SRES_LEN] ^= res[i];
    for (size_t i = 0; i < SIMAUTH_KC_LEN; i++)
        kc[i] = ck[i] ^ ck[i + SIMAUTH_KC_LEN] ^ ik[i] ^ ik[i + SIMAUTH_KC_LEN];
}

void simauth_xor_2g(const uint8_t k[static 16], const uint8_t rand[static SIMAUTH_RAND_LEN],
                    uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN])
{
    for (size_t i = 0; i < SIMAUTH_SRES_LEN; i++)
        sres[i] = k[i] ^ rand[i];
    for (size_t i = 0; i < SIMAUTH_KC_LEN; i++)
        kc[i] = k[SIMAUTH_SRES_LEN + i] ^ rand[SIMAUTH_SRES_LEN + i];
}

void simauth_milenage_wipe(struct simauth_milenage *m)
{
    OPENSSL_cleanse(m, sizeof *m);
}
