/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole bodies: who reads what, and who said it. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "people.h"

#include "e2m/message.h"

#include <stdlib.h>
#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define SDP "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\nm=audio 7078 RTP/AVP 96\r\n"
#define BANDWIDTH "b=AS:80\r\n"

static struct e2m_identity authority, alice, bob, mine, other, eve;
static struct e2m_trust *trust;
static struct e2m_label for_mine, for_other;

static int begin(void **state)
{
    (void)state;
    authority = people_authority();
    alice = people_subscriber(ALICE, &authority);
    bob = people_subscriber(BOB, &authority);
    eve = people_subscriber("sip:eve@e.example", &authority);
    mine = people_server("p.a.example", &authority);
    other = people_server("q.b.example", &authority);
    trust = people_trust(&authority);
    e2m_label_parse(&for_mine, "p.a.example", 11);
    e2m_label_parse(&for_other, "q.b.example", 11);
    return 0;
}

static int end(void **state)
{
    (void)state;
    e2m_identity_free(&authority);
    e2m_identity_free(&alice);
    e2m_identity_free(&bob);
    e2m_identity_free(&eve);
    e2m_identity_free(&mine);
    e2m_identity_free(&other);
    e2m_trust_free(trust);
    return 0;
}

/* The SDP for Bob and one server, a word for another server. */
static void make(struct e2m_sent *sent, const struct e2m_identity *signer, enum e2m_form form)
{
    X509 *both[] = {bob.certificate, mine.certificate};
    const struct e2m_item items[] = {
        {.type = "application/sdp",
         .disposition = "session",
         .content = e2m_text_span(SDP),
         .certificates = both,
         .certificate_count = 2,
         .label = &for_mine},
        {.type = "text/plain",
         .content = e2m_text_span(BANDWIDTH),
         .certificates = &other.certificate,
         .certificate_count = 1,
         .label = &for_other},
    };
    const struct e2m_send send = {
        .form = form,
        .items = items,
        .item_count = 2,
        .signer = signer,
        .from = ALICE,
        .to = BOB,
        .now = NOW,
    };

    assert_int_equal(e2m_message_make(&send, sent), E2M_OK);
}

static struct e2m_receive reading(const struct e2m_sent *sent, const struct e2m_identity *reader,
                                  const char *server)
{
    return (struct e2m_receive){
        .content_type = sent->content_type,
        .encoding = sent->base64 ? "base64" : NULL,
        .label = sent->label[0] ? sent->label : NULL,
        .body = e2m_buffer_span(&sent->body),
        .identities = reader,
        .identity_count = reader ? 1 : 0,
        .trust = trust,
        .server = server,
        .from = ALICE,
        .to = BOB,
        .now = NOW,
    };
}

static void test_each_reads_its_own(void **state)
{
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;

    (void)state;
    make(&sent, &alice, E2M_FORM_GCM);
    assert_string_equal(sent.label, "p.a.example, q.b.example");
    assert_null(memmem(sent.body.octets, sent.body.len, "m=audio", 7));

    receive = reading(&sent, &bob, NULL);
    receive.wants = E2M_WANT_SIGNATURE;
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.signature, E2M_OK);
    assert_string_equal(received.signer, ALICE);
    assert_string_equal((char *)e2m_received_find(&received, "application/sdp")->content.octets,
                        SDP);
    assert_int_equal(received.items[1].result, E2M_NOT_FOR_US);
    assert_true(received.items[0].label_signed);
    e2m_received_free(&received);

    receive = reading(&sent, &mine, "p.a.example");
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_OK);
    assert_int_equal(received.items[1].result, E2M_NOT_FOR_US);
    e2m_received_free(&received);

    receive = reading(&sent, &other, "q.b.example");
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_NOT_FOR_US);
    assert_string_equal((char *)received.items[1].content.octets, BANDWIDTH);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
}

/* A third on the path, also one that gives itself another's name: its key opens nothing. */
static void test_third_reads_nothing(void **state)
{
    static const char *const servers[] = {"r.example", "p.a.example", NULL};
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;

    (void)state;
    make(&sent, &alice, E2M_FORM_GCM);
    for (int i = 0; i < 3; i++) {
        receive = reading(&sent, &eve, servers[i]);
        assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
        assert_int_equal(received.count, 2);
        for (int j = 0; j < 2; j++) {
            assert_int_equal(received.items[j].result, E2M_NOT_FOR_US);
            assert_null(received.items[j].content.octets);
        }
        e2m_received_free(&received);
    }
    e2m_sent_free(&sent);
}

static enum e2m_result read_as(const struct e2m_receive *receive)
{
    struct e2m_received received;
    enum e2m_result result = e2m_message_read(receive, &received);

    if (result != E2M_OK)
        assert_int_equal(received.count, 0);
    e2m_received_free(&received);
    return result;
}

static void test_bad_signatures(void **state)
{
    struct e2m_identity late = people_make(
        &(struct people_wish){.san = "URI:" ALICE, .from = NOW - 20, .to = NOW - 10}, &authority);
    struct e2m_identity self = people_subscriber(ALICE, NULL);
    struct e2m_receive receive;
    struct e2m_sent sent;
    char *label;

    (void)state;
    make(&sent, &eve, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(read_as(&receive), E2M_FOREIGN_SIGNER);
    e2m_sent_free(&sent);
    make(&sent, &late, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(read_as(&receive), E2M_EXPIRED);
    e2m_sent_free(&sent);
    make(&sent, &self, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(read_as(&receive), E2M_UNTRUSTED);
    e2m_sent_free(&sent);
    make(&sent, &alice, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    receive.to = "sip:carol@c.example";
    assert_int_equal(read_as(&receive), E2M_OTHER_SESSION);
    receive.to = BOB;
    assert_int_equal(read_as(&receive), E2M_OK);
    label = memmem(sent.body.octets, sent.body.len, "Target: p.a", 11);
    label[8] = 'x';
    assert_int_equal(read_as(&receive), E2M_BAD_SIGNATURE);
    e2m_sent_free(&sent);
    e2m_identity_free(&late);
    e2m_identity_free(&self);
}

static void test_unsigned(void **state)
{
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;

    (void)state;
    make(&sent, NULL, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.signature, E2M_UNSIGNED);
    assert_int_equal(received.items[0].result, E2M_OK);
    e2m_received_free(&received);
    receive.wants = E2M_WANT_SIGNATURE;
    assert_int_equal(read_as(&receive), E2M_UNSIGNED);
    receive = reading(&sent, &mine, "p.a.example");
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_LABEL_UNSIGNED);
    e2m_received_free(&received);
    receive.wants = E2M_ACCEPT_UNSIGNED_LABEL;
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_OK);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
}

/* One item without a signature: the SIP message's headers are all there is. */
static void test_label_in_the_header_alone(void **state)
{
    X509 *both[] = {bob.certificate, mine.certificate};
    const struct e2m_item item = {.type = "application/sdp",
                                  .content = e2m_text_span(SDP),
                                  .certificates = both,
                                  .certificate_count = 2,
                                  .label = &for_mine};
    const struct e2m_send send = {.items = &item, .item_count = 1, .now = NOW};
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;

    (void)state;
    assert_int_equal(e2m_message_make(&send, &sent), E2M_OK);
    assert_true(sent.base64);
    receive = reading(&sent, &mine, "p.a.example");
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_LABEL_UNSIGNED);
    e2m_received_free(&received);
    receive.wants = E2M_ACCEPT_UNSIGNED_LABEL;
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_OK);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
}

static void test_header_lies(void **state)
{
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;

    (void)state;
    make(&sent, &alice, E2M_FORM_GCM);
    receive = reading(&sent, &mine, "r.example");
    receive.label = "r.example";
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_LABEL_DIFFERS);
    assert_int_equal(received.items[1].result, E2M_LABEL_DIFFERS);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
}

static void test_cbc_needs_its_signature(void **state)
{
    const struct e2m_item item = {.type = "application/sdp",
                                  .content = e2m_text_span(SDP),
                                  .certificates = &bob.certificate,
                                  .certificate_count = 1};
    struct e2m_send send = {.form = E2M_FORM_CBC, .items = &item, .item_count = 1, .now = NOW};
    struct e2m_buffer der, coded;
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_sent sent;
    struct e2m_seal seal = {.form = E2M_FORM_CBC,
                            .plain = e2m_text_span("Content-Type: application/sdp\r\n\r\n" SDP),
                            .certificates = &bob.certificate,
                            .certificate_count = 1,
                            .now = NOW};

    (void)state;
    assert_int_equal(e2m_message_make(&send, &sent), E2M_UNSIGNED);
    assert_null(sent.body.octets);
    make(&sent, &alice, E2M_FORM_CBC);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_OK);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
    /* As an attacker would: the same kind of envelope, and no signature. */
    assert_int_equal(e2m_envelope_seal(&seal, &der, NULL), E2M_OK);
    assert_int_equal(e2m_base64_print(e2m_buffer_span(&der), &coded), E2M_OK);
    receive.content_type = "application/pkcs7-mime; smime-type=enveloped-data";
    receive.encoding = "base64";
    receive.body = e2m_buffer_span(&coded);
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_UNSIGNED);
    e2m_received_free(&received);
    e2m_buffer_free(&der);
    e2m_buffer_free(&coded);
}

/* multipart/signed by Eve around somebody's envelope; the result for its item. */
static enum e2m_result reads_for_eve(struct e2m_span der)
{
    static const char head[] =
        "Content-Type: application/pkcs7-mime;smime-type=enveloped-data\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        "Content-Session: call; from=\"sip:eve@e.example\"; to=\"" BOB "\"\r\n\r\n";
    struct e2m_buffer coded, signature, coded_signature;
    struct e2m_received received;
    struct e2m_receive receive = {.content_type = "multipart/signed;boundary=b",
                                  .identities = &bob,
                                  .identity_count = 1,
                                  .trust = trust,
                                  .from = "sip:eve@e.example",
                                  .to = BOB,
                                  .now = NOW};
    enum e2m_result result;
    char *entity, *body;

    assert_int_equal(e2m_base64_print(der, &coded), E2M_OK);
    assert_true(asprintf(&entity, "%s%s", head, (char *)coded.octets) > 0);
    assert_int_equal(e2m_sign(&eve, e2m_text_span(entity), NOW, &signature), E2M_OK);
    assert_int_equal(e2m_base64_print(e2m_buffer_span(&signature), &coded_signature), E2M_OK);
    assert_true(asprintf(&body,
                         "--b\r\n%s\r\n--b\r\nContent-Type: application/pkcs7-signature\r\n"
                         "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
                         entity, (char *)coded_signature.octets) > 0);
    receive.body = e2m_text_span(body);
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.signature, E2M_OK);
    result = received.items[0].result;
    e2m_received_free(&received);
    e2m_buffer_free(&coded);
    e2m_buffer_free(&signature);
    e2m_buffer_free(&coded_signature);
    free(entity);
    free(body);
    return result;
}

/* Eve puts what Alice enveloped for Bob under a signature of her own, and changes an octet before
 * the padding: 256 times the same answer, or his phone says what stands there; also where what
 * is inside says of no call. */
static void test_cbc_is_no_oracle(void **state)
{
    static const char *const insides[] = {
        "Content-Type: application/sdp\r\nContent-Session: call; from=\"" ALICE "\"; to=\"" BOB
        "\"\r\n\r\n" SDP,
        "Content-Type: application/sdp\r\n\r\n" SDP,
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct e2m_seal seal = {.form = E2M_FORM_CBC,
                                .plain = e2m_text_span(insides[i]),
                                .certificates = &bob.certificate,
                                .certificate_count = 1,
                                .now = NOW};
        struct e2m_buffer der;

        assert_int_equal(e2m_envelope_seal(&seal, &der, NULL), E2M_OK);
        for (unsigned octet = 0; octet < 256; octet++) {
            der.octets[der.len - 17]++; /* of the block before the last */
            assert_int_equal(reads_for_eve(e2m_buffer_span(&der)), E2M_DAMAGED);
        }
        e2m_buffer_free(&der);
    }
}

/* The answer under the key of the request: read by the caller and the servers that read that, and
 * by nobody else. */
static void test_answer(void **state)
{
    struct e2m_received request, answer;
    struct e2m_sent sent, answered;
    struct e2m_receive receive;
    struct e2m_item item = {
        .type = "application/sdp", .content = e2m_text_span(SDP), .label = &for_mine};
    struct e2m_send send = {.items = &item, .item_count = 1, .from = BOB, .to = ALICE, .now = NOW};
    struct e2m_cek *ceks[2];

    (void)state;
    make(&sent, &alice, E2M_FORM_GCM);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(e2m_message_read(&receive, &request), E2M_OK);
    item.answer_to = &request.items[0].cek;
    assert_int_equal(e2m_message_make(&send, &answered), E2M_OK);
    assert_string_equal(answered.label, "p.a.example");
    receive = reading(&answered, NULL, NULL);
    receive.from = BOB;
    receive.to = ALICE;
    ceks[0] = &sent.ceks[1];
    ceks[1] = &sent.ceks[0];
    receive.ceks = ceks;
    receive.cek_count = 2;
    assert_int_equal(e2m_message_read(&receive, &answer), E2M_OK);
    assert_int_equal(answer.items[0].result, E2M_OK);
    assert_string_equal((char *)answer.items[0].content.octets, SDP);
    e2m_received_free(&answer);
    receive.cek_count = 1; /* the other item's key, which another server has */
    assert_int_equal(e2m_message_read(&receive, &answer), E2M_OK);
    assert_int_equal(answer.items[0].result, E2M_NO_SUCH_KEY);
    e2m_received_free(&answer);
    receive.cek_count = 2; /* put into another call */
    receive.from = "sip:carol@c.example";
    assert_int_equal(e2m_message_read(&receive, &answer), E2M_OK);
    assert_int_equal(answer.items[0].result, E2M_OTHER_SESSION);
    e2m_received_free(&answer);
    e2m_received_free(&request);
    e2m_sent_free(&answered);
    e2m_sent_free(&sent);
}

static void make_again(const struct e2m_send *send, struct e2m_receive *receive,
                       struct e2m_cek *key)
{
    struct e2m_received received;
    struct e2m_sent sent;

    assert_int_equal(e2m_message_make(send, &sent), E2M_OK);
    *receive = reading(&sent, NULL, NULL);
    receive->ceks = &key;
    receive->cek_count = 1;
    assert_int_equal(e2m_message_read(receive, &received), E2M_OK);
    for (int i = 0; i < E2M_ITEMS_MAX; i++)
        assert_int_equal(received.items[i].result, E2M_OK);
    e2m_received_free(&received);
    e2m_sent_free(&sent);
}

/* What anybody can make costs a private key only so often. */
static void test_many_envelopes(void **state)
{
    struct e2m_received received;
    struct e2m_receive receive;
    struct e2m_item items[E2M_ITEMS_MAX];
    struct e2m_send send = {
        .items = items, .item_count = E2M_ITEMS_MAX, .from = ALICE, .to = BOB, .now = NOW};
    struct e2m_cek *key;
    struct e2m_sent sent;

    (void)state;
    for (int i = 0; i < E2M_ITEMS_MAX; i++)
        items[i] = (struct e2m_item){.type = "application/sdp",
                                     .content = e2m_text_span(SDP),
                                     .certificates = i == 0 ? &mine.certificate : &bob.certificate,
                                     .certificate_count = 1};
    assert_int_equal(e2m_message_make(&send, &sent), E2M_OK);
    receive = reading(&sent, &bob, NULL);
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_NOT_FOR_US); /* and costs nothing */
    for (int i = 1; i <= E2M_OPEN_MAX; i++)
        assert_int_equal(received.items[i].result, E2M_OK);
    assert_int_equal(received.items[E2M_OPEN_MAX + 1].result, E2M_TOO_LARGE);
    e2m_received_free(&received);

    /* keys that both have are cheap */
    key = &sent.ceks[1];
    for (int i = 0; i < E2M_ITEMS_MAX; i++) {
        items[i].certificate_count = 0;
        items[i].answer_to = key;
    }
    make_again(&send, &receive, key);
    e2m_sent_free(&sent);
}

static void test_broken(void **state)
{
    struct e2m_received received;
    struct e2m_receive receive = {.content_type = "application/pkcs7-mime",
                                  .body = e2m_text_span("\x30\x80nonsense"),
                                  .identities = &bob,
                                  .identity_count = 1,
                                  .now = NOW};

    (void)state;
    assert_int_equal(e2m_message_read(&receive, &received), E2M_OK);
    assert_int_equal(received.items[0].result, E2M_BAD_DER);
    e2m_received_free(&received);
    receive.content_type = "multipart/signed";
    assert_int_equal(e2m_message_read(&receive, &received), E2M_BAD_MIME);
    e2m_received_free(&received);
    assert_true(e2m_message_is_protected("multipart/signed; boundary=x"));
    assert_false(e2m_message_is_protected("application/sdp"));
    assert_false(e2m_message_is_protected(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_reads_its_own),
        cmocka_unit_test(test_third_reads_nothing),
        cmocka_unit_test(test_bad_signatures),
        cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_label_in_the_header_alone),
        cmocka_unit_test(test_header_lies),
        cmocka_unit_test(test_cbc_needs_its_signature),
        cmocka_unit_test(test_cbc_is_no_oracle),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_many_envelopes),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
