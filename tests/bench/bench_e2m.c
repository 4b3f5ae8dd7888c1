/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Key reuse beside a fresh public-key envelope, both with the caller and one server as readers: CPU
 * time of making and opening an answer, and its size. Prints one JSON object a line.
 */
#include "cpu.h"
#include "people.h"

#include "e2m/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 300
#define SDP                                                                                        \
    "v=0\r\no=bob 1 1 IN IP4 192.0.2.2\r\ns=Talk\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"               \
    "m=audio 7078 RTP/AVP 96 97 98 0 8\r\na=rtpmap:96 opus/48000/2\r\na=zrtp-hash:1.10 "           \
    "0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b\r\n"

struct result {
    double make, open, size;
};

struct world {
    struct e2m_identity caller, server;
    struct e2m_cek request; /* the caller's and the server's */
};

static struct e2m_seal answer(struct world *world, X509 **readers, bool reuse)
{
    readers[0] = world->caller.certificate;
    readers[1] = world->server.certificate;
    world->request.uses = 0;
    return (struct e2m_seal){
        .plain = e2m_text_span(SDP),
        .certificates = reuse ? NULL : readers,
        .certificate_count = reuse ? 0 : 2,
        .answer_to = reuse ? &world->request : NULL,
        .now = NOW,
    };
}

static void one(struct world *world, bool reuse, double *make, double *open, size_t *size)
{
    struct e2m_cek *const keys[] = {&world->request};
    struct e2m_buffer der, plain;
    X509 *readers[2];
    struct e2m_seal seal = answer(world, readers, reuse);
    struct e2m_open wish = {.identities = &world->caller,
                            .identity_count = 1,
                            .ceks = keys,
                            .cek_count = 1,
                            .now = NOW};
    double start = cpu_us();

    assert(e2m_envelope_seal(&seal, &der, NULL) == E2M_OK);
    *make = cpu_us() - start;
    *size = der.len;
    wish.der = e2m_buffer_span(&der);
    start = cpu_us();
    assert(e2m_envelope_open(&wish, &plain, NULL) == E2M_OK);
    *open = cpu_us() - start;
    e2m_buffer_free(&plain);
    e2m_buffer_free(&der);
}

static struct result measure(struct world *world, bool reuse)
{
    static double make[ROUNDS], open[ROUNDS];
    size_t size = 0;

    for (int i = 0; i < ROUNDS; i++)
        one(world, reuse, &make[i], &open[i], &size);
    return (struct result){cpu_median(make, ROUNDS), cpu_median(open, ROUNDS), (double)size};
}

static void print(const char *key, const char *name, const char *unit, double ours, double peer)
{
    printf(
        "{\"name\": \"e2m.%s %s\", \"value\": %.1f, \"unit\": \"%s\", \"peer\": %.1f, \"ratio\": "
        "%.3f, \"samples\": %d}\n",
        key, name, ours, unit, peer, ours / peer, ROUNDS);
}

static void compare(enum people_key kind, const char *key, const struct e2m_identity *authority)
{
    struct world world = {people_make(&(struct people_wish){.key = kind}, authority),
                          people_make(&(struct people_wish){.key = kind}, authority),
                          {.key_len = 0}};
    X509 *readers[2];
    struct e2m_seal request = answer(&world, readers, false);
    struct result fresh, reused;
    struct e2m_buffer der;

    assert(e2m_envelope_seal(&request, &der, &world.request) == E2M_OK);
    fresh = measure(&world, false);
    reused = measure(&world, true);
    print(key, "answer made under a reused key", "us", reused.make, fresh.make);
    print(key, "answer opened under a reused key", "us", reused.open, fresh.open);
    print(key, "answer's size under a reused key", "octets", reused.size, fresh.size);
    e2m_buffer_free(&der);
    e2m_identity_free(&world.caller);
    e2m_identity_free(&world.server);
}

int main(void)
{
    struct e2m_identity authority = people_authority();

    compare(PEOPLE_P256, "p256", &authority);
    compare(PEOPLE_RSA, "rsa2048", &authority);
    e2m_identity_free(&authority);
    return 0;
}
