/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call's bodies at two phones, without the phones around them: who may read, and what is said
 * of what came. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "e2m_talk.h"
#include "people.h"

#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"

static struct e2m_identity authority, alice, bob;
static struct e2m_trust *trust;

static int begin(void **state)
{
    (void)state;
    authority = people_authority();
    alice = people_subscriber(ALICE, &authority);
    bob = people_subscriber(BOB, &authority);
    trust = people_trust(&authority);
    return 0;
}

static int end(void **state)
{
    (void)state;
    e2m_identity_free(&authority);
    e2m_identity_free(&alice);
    e2m_identity_free(&bob);
    e2m_trust_free(trust);
    return 0;
}

/* A domain that is given again and again is no room for more certificates than there is. */
static void one_domain_many_times(void **state)
{
    struct e2m_identity server = people_server("p.example", &authority);
    struct e2m_keys *keys = e2m_keys_new(&alice, trust);
    struct e2m_talk *talk = e2m_talk_new(keys, ALICE, BOB);
    const struct e2m_partner partner = {server.certificate, NULL};

    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(e2m_talk_add_server(talk, &partner, "p.example", E2M_PART_ALL, NOW),
                         i < E2M_SERVERS_MAX ? E2M_OK : E2M_TOO_LARGE);
    assert_string_equal(e2m_talk_servers(talk), "p.example");
    e2m_talk_free(talk);
    e2m_keys_free(keys);
    e2m_identity_free(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_domain_many_times),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
