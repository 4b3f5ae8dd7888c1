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

#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"

#define SDP(address) "v=0\r\no=- 1 1 IN IP4 " address "\r\nm=audio 7078 RTP/AVP 96\r\n"
#define OFFER SDP("192.0.2.1")
#define ANSWER SDP("192.0.2.2")
#define EVIL SDP("192.0.2.66")

static struct people_two people;

struct phone {
    struct e2m_keys *keys;
    struct e2m_talk *talk;
};

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

static struct phone phone_new(const struct e2m_identity *own, const char *aor, const char *peer)
{
    struct phone phone = {e2m_keys_new(own, people.trust), NULL};

    phone.talk = e2m_talk_new(phone.keys, aor, peer);
    return phone;
}

static void phone_free(struct phone *phone)
{
    e2m_talk_free(phone->talk);
    e2m_keys_free(phone->keys);
}

#define HEAD(to)                                                                                   \
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK.a\r\nFrom: <" ALICE ">;tag=from\r\nTo: <" BOB       \
    ">" to "\r\nCall-ID: call\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n"

static belle_sip_message_t *with_body(const char *head, const char *type, const char *body,
                                      size_t len)
{
    belle_sip_message_t *message = belle_sip_message_parse(head);

    assert_non_null(message);
    assert_true(sip_message_set_body(message, type, body, len));
    return message;
}

static belle_sip_message_t *invite(const char *sdp)
{
    return with_body("INVITE " BOB " SIP/2.0\r\n" HEAD(""), "application/sdp", sdp, strlen(sdp));
}

static belle_sip_message_t *answer(const char *type, const char *body, size_t len)
{
    return with_body("SIP/2.0 200 OK\r\n" HEAD(";tag=to"), type, body, len);
}

static belle_sip_message_t *answer_sdp(const char *sdp)
{
    return answer("application/sdp", sdp, strlen(sdp));
}

static enum e2m_result open_at(const struct phone *phone, belle_sip_message_t *message,
                               struct e2m_opened *opened)
{
    *opened = (struct e2m_opened){.signature = E2M_UNSIGNED};
    return e2m_talk_open(phone->talk, message, 0, NOW, opened);
}

static void has_sdp(belle_sip_message_t *message, const char *sdp)
{
    size_t len = 0;
    const char *has = sip_message_sdp(message, &len);

    assert_non_null(has);
    assert_int_equal(len, strlen(sdp));
    assert_memory_equal(has, sdp, len);
}

/* Alice's INVITE was read by Bob, who envelopes without a signature. */
static void called(struct phone *caller, struct phone *callee)
{
    belle_sip_message_t *offer = invite(OFFER);
    const struct e2m_partner partner = {people.bob.certificate, NULL};
    struct e2m_opened opened;

    *caller = phone_new(&people.alice, ALICE, BOB);
    *callee = phone_new(&people.bob, BOB, ALICE);
    assert_int_equal(e2m_talk_add_peer(caller->talk, &partner, NOW), E2M_OK);
    assert_int_equal(e2m_talk_protect(caller->talk, offer, NOW), E2M_OK);
    assert_int_equal(open_at(callee, offer, &opened), E2M_OK);
    assert_int_equal(opened.signature, E2M_OK);
    assert_false(opened.reused);
    has_sdp(offer, OFFER);
    belle_sip_object_unref(offer);
}

/* A multipart of two bodies. */
static GString *both(const char *first_type, struct e2m_span first, belle_sip_message_t *second)
{
    const char *type;
    size_t len = 0;
    const char *body = sip_message_body(second, &type, &len);
    GString *text = g_string_new(NULL);

    g_string_append_printf(
        text, "--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%.*s\r\n",
        first_type, (int)first.len, (const char *)first.octets);
    g_string_append_printf(
        text,
        "--b\r\nContent-Type: %s\r\nContent-Transfer-Encoding: base64\r\n\r\n%.*s\r\n--b--\r\n",
        type, (int)len, body);
    return text;
}

/* An envelope that anybody can make, for a certificate. */
static void make_evil(struct e2m_sent *sent, struct e2m_cek *key)
{
    const struct e2m_item item = {.type = "application/sdp",
                                  .disposition = "session",
                                  .content = e2m_text_span(EVIL),
                                  .certificates = &people.alice.certificate,
                                  .certificate_count = key ? 0 : 1,
                                  .answer_to = key};
    const struct e2m_send send = {.form = E2M_FORM_GCM,
                                  .items = &item,
                                  .item_count = 1,
                                  .from = BOB,
                                  .to = ALICE,
                                  .now = NOW};

    assert_int_equal(e2m_message_make(&send, sent), E2M_OK);
}

/* The key of an envelope that they made themselves is not the call's. */
static void under_their_own_key(const struct phone *phone, struct e2m_sent *before)
{
    struct e2m_opened opened;
    struct e2m_sent evil;
    belle_sip_message_t *message;

    make_evil(&evil, &before->ceks[0]);
    message = answer(evil.content_type, (const char *)evil.body.octets, evil.body.len);
    sip_message_set_header(message, "Content-Transfer-Encoding", "base64");
    assert_int_equal(open_at(phone, message, &opened), E2M_OK);
    has_sdp(message, EVIL);
    assert_false(opened.reused);
    belle_sip_object_unref(message);
    e2m_sent_free(&evil);
}

/* What is said of a description is said of its own envelope, not of one beside it. */
static void under_the_key_of_the_call(void **state)
{
    struct phone caller, callee;
    belle_sip_message_t *right, *two;
    struct e2m_opened opened;
    struct e2m_sent evil;
    GString *text;

    (void)state;
    called(&caller, &callee);
    e2m_identity_free(&callee.keys->own); /* it signs nothing */
    right = answer_sdp(ANSWER);
    assert_int_equal(e2m_talk_protect(callee.talk, right, NOW), E2M_OK);
    make_evil(&evil, NULL);
    text = both(evil.content_type, e2m_buffer_span(&evil.body), right);
    two = answer("multipart/mixed;boundary=b", text->str, text->len);
    assert_int_equal(open_at(&caller, two, &opened), E2M_OK);
    has_sdp(two, EVIL);
    assert_false(opened.reused);
    under_their_own_key(&caller, &evil);
    assert_int_equal(open_at(&caller, right, &opened), E2M_OK);
    has_sdp(right, ANSWER);
    assert_true(opened.reused);
    g_string_free(text, TRUE);
    e2m_sent_free(&evil);
    belle_sip_object_unref(right);
    belle_sip_object_unref(two);
    phone_free(&caller);
    phone_free(&callee);
}

static belle_sip_message_t *copy_as(const char *line, const char *head, belle_sip_message_t *of)
{
    const char *type;
    size_t len = 0;
    const char *body = sip_message_body(of, &type, &len);
    char *text = g_strconcat(line, head, NULL);
    belle_sip_message_t *message = with_body(text, type, body, len);

    g_free(text);
    return message;
}

static enum e2m_result again(struct e2m_seen *seen, const struct e2m_identity *own, const char *aor,
                             const char *peer, belle_sip_message_t *message, uint64_t now)
{
    struct phone phone = phone_new(own, aor, peer);
    struct e2m_opened opened = {.signature = E2M_UNSIGNED};
    enum e2m_result result;

    phone.keys->seen = seen;
    result = e2m_talk_open(phone.talk, message, E2M_WANT_SIGNATURE, now, &opened);
    phone_free(&phone);
    belle_sip_object_unref(message);
    return result;
}

#define OTHER(from, to)                                                                            \
    "Via: SIP/2.0/UDP a.example;branch=z9hG4bK.b\r\nFrom: " from "\r\nTo: " to                     \
    "\r\nCall-ID: other\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n"
#define INVITED "INVITE " BOB " SIP/2.0\r\n"

/* Who has seen a signed INVITE shows it as one of another call, or as its signer's answer. */
static void in_another_call(void **state)
{
    struct e2m_seen *seen = g_new0(struct e2m_seen, 1);
    struct phone caller = phone_new(&people.alice, ALICE, BOB);
    const struct e2m_partner partner = {people.bob.certificate, NULL};
    belle_sip_message_t *offer = invite(OFFER);

    (void)state;
    assert_int_equal(e2m_talk_add_peer(caller.talk, &partner, NOW), E2M_OK);
    assert_int_equal(e2m_talk_protect(caller.talk, offer, NOW), E2M_OK);
#define AS(line, head, later)                                                                      \
    again(seen, &people.bob, BOB, ALICE, copy_as(line, head, offer), NOW + (later))
    for (int i = 0; i < 2; i++) /* it may come by two ways */
        assert_int_equal(AS(INVITED, HEAD(""), i), E2M_OK);
    assert_int_equal(AS(INVITED, OTHER("<" ALICE ">;tag=from", "<" BOB ">"), 1), E2M_REPLAYED);
    assert_int_equal(AS(INVITED, OTHER("<" ALICE ">;tag=new", "<" BOB ">"), 590), E2M_REPLAYED);
    assert_int_equal(AS("SIP/2.0 200 OK\r\n", OTHER("<" BOB ">;tag=b", "<" ALICE ">;tag=from"), 1),
                     E2M_REPLAYED);
    assert_int_equal(AS("SIP/2.0 200 OK\r\n", HEAD(";tag=to"), 1), E2M_REPLAYED);
    assert_int_equal(AS(INVITED, HEAD(""), 1), E2M_OK);
    /* then its own time is over */
    assert_int_equal(AS(INVITED, OTHER("<" ALICE ">;tag=from", "<" BOB ">"), 1201), E2M_EXPIRED);
    belle_sip_object_unref(offer);
    phone_free(&caller);
    g_free(seen);
}

/* A domain that is given again and again is no room for more certificates than there is. */
static void one_domain_many_times(void **state)
{
    struct e2m_identity server = people_server("p.example", &people.authority);
    struct e2m_keys *keys = e2m_keys_new(&people.alice, people.trust);
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

static char *write_pem(const char *folder, const char *name, X509 *certificate, EVP_PKEY *key)
{
    char *path = g_build_filename(folder, name, NULL);
    BIO *out = BIO_new_file(path, "w");

    assert_non_null(out);
    assert_int_equal(certificate ? PEM_write_bio_X509(out, certificate)
                                 : PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL),
                     1);
    BIO_free(out);
    assert_int_equal(chmod(path, certificate ? 0644 : 0600), 0);
    return path;
}

/* A key that others of the machine have is nobody's. */
static void key_of_others(void **state)
{
    char *folder = g_dir_make_tmp("simauth-XXXXXX", NULL), error[E2M_ERROR_MAX] = "";
    char *certificate = write_pem(folder, "own.pem", people.alice.certificate, NULL);
    char *key = write_pem(folder, "own.key", NULL, people.alice.key);
    struct e2m_identity identity;

    (void)state;
    assert_true(e2m_identity_load(&identity, certificate, key, error));
    e2m_identity_free(&identity);
    for (unsigned i = 0; i < 6; i++) { /* group and others: execute, write, read */
        assert_int_equal(chmod(key, 0600 | 1U << i), 0);
        assert_false(e2m_identity_load(&identity, certificate, key, error));
        assert_null(identity.key);
        assert_non_null(strstr(error, "own.key: others can read it: chmod 600"));
    }
    g_unlink(certificate);
    g_unlink(key);
    g_rmdir(folder);
    g_free(certificate);
    g_free(key);
    g_free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(under_the_key_of_the_call),
        cmocka_unit_test(in_another_call),
        cmocka_unit_test(one_domain_many_times),
        cmocka_unit_test(key_of_others),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
