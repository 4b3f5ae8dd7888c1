/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tuak.h"

#include <nettle/sha3.h>
#include <openssl/crypto.h>
#include <string.h>

#define STATE_LEN 200
#define RATE_END 135 /* the last octet of the rate: its first bit is the padding's end */

/* TS 35.231, 6: what a run is for, without the sizes. */
enum instance {
    FOR_TOPC = 0,
    FOR_F1 = 0,
    FOR_F1_STAR = 0x80,
    FOR_F2345 = 0x40,
    FOR_F5_STAR = 0xc0
};

/* The variable part of the input; NULL stands for zeros. */
struct input {
    uint8_t instance;
    const uint8_t *top, *rand, *amf, *sqn;
};

/* TS 35.231 numbers the bits of its strings from the most significant, Keccak from the least: each
 * stands there with its last octet first. */
static void put(uint8_t *to, const uint8_t *from, size_t len)
{
    for (size_t i = 0; from && i < len; i++)
        to[i] = from[len - 1 - i];
}

static void permute(uint8_t octets[static STATE_LEN], unsigned times)
{
    struct sha3_state state = {{0}};

    for (size_t i = 0; i < STATE_LEN; i++)
        state.a[i / 8] |= (uint64_t)octets[i] << 8 * (i % 8);
    while (times-- > 0)
        sha3_permute(&state);
    for (size_t i = 0; i < STATE_LEN; i++)
        octets[i] = (uint8_t)(state.a[i / 8] >> 8 * (i % 8));
    OPENSSL_cleanse(&state, sizeof state);
}

static void run(const struct tuak *tuak, const struct input *in, uint8_t out[static STATE_LEN])
{
    static const uint8_t name[7] = "TUAK1.0";

    memset(out, 0, STATE_LEN);
    put(out, in->top, TUAK_MAX);
    out[32] = in->instance | (tuak->k_len == TUAK_MAX ? 1 : 0);
    put(out + 33, name, sizeof name);
    put(out + 40, in->rand, SIMAUTH_RAND_LEN);
    put(out + 56, in->amf, 2);
    put(out + 58, in->sqn, 6);
    put(out + 64, tuak->k, tuak->k_len);
    out[96] = 0x1f;
    out[RATE_END] = 0x80;
    permute(out, tuak->iterations);
}

void tuak_init(struct tuak *tuak, const uint8_t *k, size_t k_len,
               const uint8_t top[static TUAK_MAX], bool top_is_topc, uint8_t iterations)
{
    uint8_t out[STATE_LEN];

    memset(tuak, 0, sizeof *tuak);
    memcpy(tuak->k, k, k_len);
    tuak->k_len = (uint8_t)k_len;
    tuak->iterations = iterations;
    if (top_is_topc) {
        memcpy(tuak->topc, top, TUAK_MAX);
        return;
    }
    run(tuak, &(struct input){.instance = FOR_TOPC, .top = top}, out);
    put(tuak->topc, out, TUAK_MAX);
    OPENSSL_cleanse(out, sizeof out);
}

/* 8, 16 and 32 octets are these very bits of INSTANCE; 4 has none. */
static uint8_t size_bits(uint8_t len)
{
    return len & 0x38;
}

void tuak_run(const struct tuak *tuak, const struct tuak_sizes *sizes,
              const uint8_t rand[static SIMAUTH_RAND_LEN], const uint8_t sqn[static 6],
              const uint8_t amf[static 2], struct tuak_results *out)
{
    uint8_t state[STATE_LEN];
    struct input in = {.instance = FOR_F1 | size_bits(sizes->mac),
                       .top = tuak->topc,
                       .rand = rand,
                       .amf = amf,
                       .sqn = sqn};

    memset(out, 0, sizeof *out);
    run(tuak, &in, state);
    put(out->mac_a, state, sizes->mac);
    in.instance |= FOR_F1_STAR;
    run(tuak, &in, state);
    put(out->mac_s, state, sizes->mac);
    in = (struct input){.instance = FOR_F2345 | size_bits(sizes->res) |
                                    (sizes->ck == TUAK_MAX ? 4 : 0) |
                                    (sizes->ik == TUAK_MAX ? 2 : 0),
                        .top = tuak->topc,
                        .rand = rand};
    run(tuak, &in, state);
    put(out->res, state, sizes->res);
    put(out->ck, state + 32, sizes->ck);
    put(out->ik, state + 64, sizes->ik);
    put(out->ak, state + 96, sizeof out->ak);
    in.instance = FOR_F5_STAR;
    run(tuak, &in, state);
    put(out->ak_star, state + 96, sizeof out->ak_star);
    OPENSSL_cleanse(state, sizeof state);
}
