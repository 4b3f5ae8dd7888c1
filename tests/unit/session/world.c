/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "world.h"

#include <assert.h>
#include <simauth/name.h>
#include <stdio.h>
#include <string.h>

#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde"
const char world_offer[] =
    "v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 7078 RTP/AVP 0\r\na=zrtp-hash:1.10 " HASH "0\r\n";
const uint8_t world_fresh[SIMAUTH_X25519_LEN] = {0x46, 0x4f, 0x52, 0x4b};
const char world_answer[] =
    "v=0\r\no=b 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
    "m=audio 7080 RTP/AVP 0\r\na=zrtp-hash:1.10 " HASH "1\r\n";
const char world_no_zrtp[] =
    "v=0\r\no=b 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
    "m=audio 7080 RTP/AVP 0\r\n";

static void fill(uint8_t *octets, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        octets[i] = (uint8_t)(seed * 31u + i * 7u + (seed >> 8) + 1u);
}

static void operator_init(struct simauth_seal_pair *pair, struct simauth_statement *statement,
                          const char *realm, const char *name, unsigned seed)
{
    uint8_t random[32];
    fill(random, sizeof random, seed);
    assert(simauth_seal_pair_make(random, pair) == SIMAUTH_OK);
    memset(statement, 0, sizeof *statement);
    strcpy(statement->realm, realm);
    strcpy(statement->name, name);
    memcpy(statement->key, pair->public_key, sizeof statement->key);
}

static void sim_init(struct world_sim *sim, unsigned seed)
{
    uint8_t k[16], op[16];
    memset(sim, 0, sizeof *sim);
    fill(k, sizeof k, seed);
    fill(op, sizeof op, seed + 1);
    assert(simauth_milenage_init(&sim->milenage, k, op, false) == SIMAUTH_OK);
    sim->sqn[5] = 32;
    sim->method = simauth_method_find("aka", 3);
}

void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    sim_init(&w->sim_a, 11);
    sim_init(&w->sim_b, 22);
    operator_init(&w->operator_a, &w->statement_a, "operator-a.example", "Operator A", 33);
    operator_init(&w->operator_b, &w->statement_b, "operator-b.example", "Operator B", 44);
}

static struct simauth_session_config world_config(struct world *w, enum simauth_policy policy,
                                                  const char *own, const char *peer)
{
    struct simauth_session_config config = {.policy = policy, .own_aor = own, .peer_aor = peer};
    fill(config.random, sizeof config.random, 1000 + w->serial++);
    return config;
}

struct simauth_session *world_caller(struct world *w, enum simauth_policy policy)
{
    struct simauth_session_config config = world_config(w, policy, AOR_A, AOR_B);
    config.pair = w->pair_a;
    return simauth_session_caller(&config);
}

struct simauth_session *world_callee(struct world *w, enum simauth_policy policy)
{
    struct simauth_session_config config = world_config(w, policy, AOR_B, AOR_A);
    config.pair = w->pair_b;
    return simauth_session_callee(&config);
}

struct simauth_challenge world_challenge(struct world *w, struct world_sim *sim)
{
    static const uint8_t amf[2] = {0x80, 0};
    struct simauth_milenage_vector v;
    struct simauth_challenge c = {
        .method = sim->method, .rand_len = sim->method->rand_len, .has_autn = true};
    fill(c.rand, c.rand_len, 5000 + w->serial++);
    if (!sim->method->needs_autn) {
        c.has_autn = false;
        return c;
    }
    sim->sqn[5]++;
    assert(simauth_milenage_run(&sim->milenage, c.rand, sim->sqn, amf, &v) == SIMAUTH_OK);
    for (int i = 0; i < 6; i++)
        c.autn[i] = sim->sqn[i] ^ v.ak[i];
    memcpy(c.autn + 6, amf, 2);
    memcpy(c.autn + 8, v.mac_a, 8);
    return c;
}

/* What a USIM answers as a 2G SIM: TS 33.102, 6.8.1.2, c2 and c3. */
static struct simauth_card_answer gsm_card(const struct world_sim *sim,
                                           const struct simauth_challenge *c)
{
    struct simauth_card_answer answer = {.status = SIMAUTH_CARD_GOOD};
    for (size_t n = 0; n < c->rand_len / SIMAUTH_RAND_LEN; n++) {
        struct simauth_milenage_vector v;
        assert(simauth_milenage_keys(&sim->milenage, c->rand + n * SIMAUTH_RAND_LEN, &v) ==
               SIMAUTH_OK);
        for (size_t i = 0; i < 4; i++)
            answer.res.octets[answer.res.len++] = v.res[i] ^ v.res[i + 4];
        for (size_t i = 0; i < 8; i++)
            answer.k.octets[answer.k.len++] = v.ck[i] ^ v.ck[i + 8] ^ v.ik[i] ^ v.ik[i + 8];
    }
    return answer;
}

struct simauth_card_answer world_card(const struct world_sim *sim,
                                      const struct simauth_challenge *challenge)
{
    struct simauth_milenage_vector v;
    struct simauth_card_answer answer = {.status = SIMAUTH_CARD_GOOD};
    uint8_t k[32];
    if (!challenge->method->needs_autn)
        return gsm_card(sim, challenge);
    assert(simauth_milenage_keys(&sim->milenage, challenge->rand, &v) == SIMAUTH_OK);
    memcpy(k, v.ck, 16);
    memcpy(k + 16, v.ik, 16);
    assert(simauth_secret_set(&answer.res, v.res, sizeof v.res) == SIMAUTH_OK);
    assert(simauth_secret_set(&answer.k, k, sizeof k) == SIMAUTH_OK);
    return answer;
}

static bool is_other(const struct world *w, const struct simauth_challenge *c)
{
    return w->other.method && memcmp(w->other.rand, c->rand, SIMAUTH_RAND_LEN) == 0;
}

/* What AG(A) mixes into the half for another SIM. */
static const struct simauth_secret world_mix = {.len = SIMAUTH_KEY_LEN, .octets = {5, 4, 3, 2, 1}};

static struct simauth_secret world_ssk(const struct world *w, enum simauth_subject subject,
                                       const struct simauth_challenge *c)
{
    const struct simauth_names names = {AOR_A, AOR_B, NAI_A, is_other(w, c) ? NAI_B_2 : NAI_B};
    bool callee = subject == SIMAUTH_SUBJECT_CALLEE;
    struct simauth_card_answer answer = world_card(callee ? &w->sim_b : &w->sim_a, c);
    struct simauth_secret ssk = {0};
    assert(simauth_method_k(c, simauth_nai_realm(callee ? NAI_B : NAI_A), &answer.k, &answer.k) ==
           SIMAUTH_OK);
    assert(simauth_ssk_one_way(subject, &names, c->method, c->rand, c->rand_len, &answer.k,
                               &answer.res, &ssk) == SIMAUTH_OK);
    if (!callee && w->other.method)
        assert(simauth_ssk_other_sim(w->other.rand, &world_mix, &ssk) == SIMAUTH_OK);
    return ssk;
}

struct simauth_vector world_vector(struct world *w, enum simauth_subject subject,
                                   const struct simauth_challenge *challenge,
                                   const uint8_t *seal_to)
{
    bool callee = subject == SIMAUTH_SUBJECT_CALLEE;
    uint8_t nonce[12];
    struct simauth_secret ssk = world_ssk(w, subject, challenge);
    struct simauth_vector v = {
        .subject = subject, .challenge = *challenge, .sim_age = 400, .ttl = 60};
    v.challenge.has_autn = false;
    strcpy(v.caller, AOR_A);
    strcpy(v.callee, AOR_B);
    strcpy(v.nai_a, NAI_A);
    strcpy(v.nai_b, is_other(w, challenge) ? NAI_B_2 : NAI_B);
    strcpy(v.operator_name, callee ? "Operator B" : "Operator A");
    v.op_key = strdup("statement");
    if (callee && is_other(w, challenge))
        v.mix = world_mix;
    fill(nonce, sizeof nonce, 9000 + w->serial++);
    assert(simauth_seal(&v, callee ? &w->operator_b : &w->operator_a, seal_to, nonce, &ssk) ==
           SIMAUTH_OK);
    return v;
}

struct simauth_confirmation world_confirmation(const struct simauth_challenge *challenge)
{
    struct simauth_confirmation c = {.challenge = *challenge};
    strcpy(c.caller, AOR_A);
    strcpy(c.callee, AOR_B);
    strcpy(c.nai_a, NAI_A);
    strcpy(c.nai_b, NAI_B);
    strcpy(c.operator_name, "Operator A");
    return c;
}

struct simauth_secret world_mac0_key(const struct world *w,
                                     const struct simauth_challenge *challenge)
{
    struct simauth_secret ssk = world_ssk(w, SIMAUTH_SUBJECT_CALLEE, challenge), key = {0};
    assert(simauth_hkdf(&ssk, SIMAUTH_LABEL_MAC_0, SIMAUTH_KEY_LEN, &key) == SIMAUTH_OK);
    return key;
}

struct simauth_element world_element(const struct simauth_session *s,
                                     enum simauth_element_kind kind)
{
    struct simauth_element e = {0};
    const char *text = simauth_session_element(s, kind);
    assert(text && simauth_element_parse(&e, kind, text, strlen(text)) == SIMAUTH_OK);
    return e;
}

struct simauth_session *world_honest_callee(struct world *w,
                                            const struct simauth_element *element_1,
                                            const struct simauth_challenge *rand_b,
                                            const struct simauth_challenge *rand_a, bool resync,
                                            struct simauth_challenge *replacement)
{
    struct simauth_session *s = world_callee(w, SIMAUTH_REQUIRE);
    struct simauth_confirmation word = world_confirmation(rand_b);
    struct simauth_card_answer card = world_card(&w->sim_b, rand_b);
    simauth_session_begin_callee(s, SIMAUTH_ELEMENT_FOUND, element_1, world_offer,
                                 strlen(world_offer));
    simauth_session_challenge(s, &word);
    if (resync) {
        struct simauth_card_answer auts = {.status = SIMAUTH_CARD_RESYNC};
        struct simauth_secret key = world_mac0_key(w, rand_b);
        *replacement = world_challenge(w, &w->sim_b);
        simauth_session_card(s, &auts);
        simauth_session_resynced(s, replacement, &key);
        card = world_card(&w->sim_b, replacement);
    }
    simauth_session_card(s, &card);
    struct simauth_vector v =
        world_vector(w, SIMAUTH_SUBJECT_CALLER, rand_a, simauth_session_seal_to(s));
    simauth_session_vector(s, &v, &w->statement_a, NULL, NULL);
    simauth_vector_clear(&v);
    return s;
}

struct simauth_session *world_honest_caller(struct world *w, struct simauth_challenge *rand_b,
                                            struct simauth_challenge *rand_a)
{
    struct simauth_session *s = world_caller(w, SIMAUTH_REQUIRE);
    *rand_b = world_challenge(w, &w->sim_b);
    *rand_a = world_challenge(w, &w->sim_a);
    simauth_session_begin_caller(s, world_offer, strlen(world_offer));
    struct simauth_vector v =
        world_vector(w, SIMAUTH_SUBJECT_CALLEE, rand_b, simauth_session_seal_to(s));
    simauth_session_vector(s, &v, &w->statement_b, rand_a, NAI_A);
    simauth_vector_clear(&v);
    struct simauth_card_answer card = world_card(&w->sim_a, rand_a);
    simauth_session_card(s, &card);
    return s;
}

struct simauth_held_key world_held_key(const char *with, bool outgoing)
{
    struct simauth_held_key key = {.with = simauth_method_find(with, strlen(with)),
                                   .origin = simauth_method_find("aka", 3),
                                   .outgoing = outgoing,
                                   .sim_time = 1000000,
                                   .made = 1000000,
                                   .expires = 1086400};
    fill(key.key.octets, SIMAUTH_KEY_LEN, 777);
    key.key.len = SIMAUTH_KEY_LEN;
    fill(key.ticket, sizeof key.ticket, 888);
    strcpy(key.own_aor, outgoing ? AOR_A : AOR_B);
    strcpy(key.peer_aor, outgoing ? AOR_B : AOR_A);
    strcpy(key.own_nai, outgoing ? NAI_A : NAI_B);
    strcpy(key.peer_nai, outgoing ? NAI_B : NAI_A);
    strcpy(key.peer_operator, outgoing ? "Operator B" : "Operator A");
    return key;
}

void world_nonce(struct world *w, uint8_t nonce[static SIMAUTH_NONCE_LEN])
{
    fill(nonce, SIMAUTH_NONCE_LEN, 9000 + w->serial++);
}
