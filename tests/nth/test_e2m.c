/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call's body, enveloped, signed and opened again, when the n-th allocation of e2m's own fails,
 * for every n: it is whole, or nothing of it is there, and the next try is good. libcrypto's are
 * left alone: 3.0 follows a null pointer in EVP_KDF_CTX_new() when one of them fails.
 */
#include "nth.h"
#include "people.h"

#include "e2m/message.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 7078 RTP/AVP 96\r\n"
#define LEAST 10 /* or nothing was tried */

static struct people_two people;

static int begin(void **state)
{
    (void)state;
    people_two_make(&people, ALICE, BOB);
    return 0;
}

static int end(void **state)
{
    (void)state;
    people_two_free(&people);
    return 0;
}

static enum e2m_result make(struct e2m_sent *sent)
{
    const struct e2m_item item = {.type = "application/sdp",
                                  .content = e2m_text_span(SDP),
                                  .certificates = &people.bob.certificate,
                                  .certificate_count = 1};
    const struct e2m_send send = {.items = &item,
                                  .item_count = 1,
                                  .signer = &people.alice,
                                  .from = ALICE,
                                  .to = BOB,
                                  .now = NOW};

    return e2m_message_make(&send, sent);
}

/* Whether Bob has all of it. */
static bool opens(const struct e2m_sent *sent)
{
    const struct e2m_receive receive = {.content_type = sent->content_type,
                                        .encoding = sent->base64 ? "base64" : NULL,
                                        .body = e2m_buffer_span(&sent->body),
                                        .identities = &people.bob,
                                        .identity_count = 1,
                                        .trust = people.trust,
                                        .from = ALICE,
                                        .to = BOB,
                                        .wants = E2M_WANT_SIGNATURE,
                                        .now = NOW};
    struct e2m_received received;
    const struct e2m_received_item *item;
    bool whole;

    whole = e2m_message_read(&receive, &received) == E2M_OK;
    item = e2m_received_find(&received, "application/sdp");
    if (item) /* what is there is what was sent, under its signature */
        assert_true(whole && received.signature == E2M_OK && item->content.len == strlen(SDP) &&
                    memcmp(item->content.octets, SDP, item->content.len) == 0);
    whole = whole && item;
    e2m_received_free(&received);
    return whole;
}

static void make_at_every(void **state)
{
    struct e2m_sent sent;
    enum e2m_result result;
    int64_t n = 0, hit;

    (void)state;
    do {
        nth_arm(NTH_MEMORY, NULL, n++, ENOMEM);
        result = make(&sent);
        hit = nth_disarm();
        assert_true(hit || result == E2M_OK);
        if (result == E2M_OK)
            assert_true(opens(&sent));
        else
            assert_null(sent.body.octets);
        e2m_sent_free(&sent);
        assert_int_equal(make(&sent), E2M_OK);
        e2m_sent_free(&sent);
    } while (hit);
    printf("make: %lld\n", (long long)n - 1);
    assert_true(n > LEAST);
}

static void open_at_every(void **state)
{
    struct e2m_sent sent;
    int64_t n = 0, hit;
    bool whole;

    (void)state;
    assert_int_equal(make(&sent), E2M_OK);
    do {
        nth_arm(NTH_MEMORY, NULL, n++, ENOMEM);
        whole = opens(&sent);
        hit = nth_disarm();
        assert_true(hit || whole);
        assert_true(opens(&sent));
    } while (hit);
    printf("open: %lld\n", (long long)n - 1);
    assert_true(n > LEAST);
    e2m_sent_free(&sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(make_at_every),
                                       cmocka_unit_test(open_at_every)};

    return cmocka_run_group_tests(tests, begin, end);
}
