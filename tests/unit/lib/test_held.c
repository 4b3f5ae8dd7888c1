/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls with a key that both hold, octet for octet as the independent implementation has them. */
#include "simauth/session.h"
#include "simauth/setup.h"
#include "vectors.h"

struct parties {
    const json_t *v, *call;
    struct simauth_session *a, *b;
};

static struct simauth_session *party(const json_t *v, bool caller)
{
    struct simauth_session_config config = {
        .policy = SIMAUTH_REQUIRE,
        .own_aor = text_of(v, caller ? "aor_a" : "aor_b"),
        .peer_aor = text_of(v, caller ? "aor_b" : "aor_a"),
    };
    return caller ? simauth_session_caller(&config) : simauth_session_callee(&config);
}

static struct simauth_held_key held_key(const struct parties *p, const char *with, bool caller)
{
    struct simauth_held_key key = {.with = simauth_method_find(with, strlen(with)),
                                   .origin = simauth_method_find("aka", 3),
                                   .outgoing = caller,
                                   .key = secret_of(p->call, "key")};
    from_hex(text_of(p->call, "ticket"), key.ticket, sizeof key.ticket);
    strcpy(key.own_aor, text_of(p->v, caller ? "aor_a" : "aor_b"));
    strcpy(key.peer_aor, text_of(p->v, caller ? "aor_b" : "aor_a"));
    strcpy(key.own_nai, text_of(p->v, caller ? "nai_a" : "nai_b"));
    strcpy(key.peer_nai, text_of(p->v, caller ? "nai_b" : "nai_a"));
    return key;
}

static struct simauth_element made(const struct simauth_session *s, enum simauth_element_kind kind)
{
    const char *text = simauth_session_element(s, kind);
    struct simauth_element element;
    assert_non_null(text);
    assert_int_equal(simauth_element_parse(&element, kind, text, strlen(text)), SIMAUTH_OK);
    return element;
}

static void dial(struct parties *p, const char *with)
{
    struct simauth_held_key key = held_key(p, with, true);
    const char *offer = text_of(p->v, "invite_sdp");
    uint8_t nonce_a[SIMAUTH_NONCE_LEN], keyid[SIMAUTH_KEYID_LEN];

    octets_of(p->call, "nonce_a", nonce_a, sizeof nonce_a);
    p->a = party(p->v, true);
    if (strcmp(with, "agt") == 0) {
        simauth_session_begin_caller(p->a, offer, strlen(offer));
        assert_true(simauth_session_ticket(p->a, &key, nonce_a) & SIMAUTH_DO_SEND_INVITE);
    } else {
        assert_int_equal(simauth_setup_keyid(&key.key, nonce_a, keyid), SIMAUTH_OK);
        assert_octets(p->call, "keyid", keyid, sizeof keyid);
        assert_true(simauth_session_begin_held(p->a, &key, nonce_a, offer, strlen(offer)) &
                    SIMAUTH_DO_SEND_INVITE);
    }
    assert_string_equal(simauth_session_element(p->a, SIMAUTH_ELEMENT_1),
                        text_of(p->call, "element_1"));
}

static void answer(struct parties *p, const char *with)
{
    struct simauth_held_key key = held_key(p, with, false);
    const char *offer = text_of(p->v, "invite_sdp"), *sdp = text_of(p->v, "answer_sdp");
    struct simauth_element e1 = made(p->a, SIMAUTH_ELEMENT_1), e2, e3;
    uint8_t nonce_b[SIMAUTH_NONCE_LEN];

    octets_of(p->call, "nonce_b", nonce_b, sizeof nonce_b);
    p->b = party(p->v, false);
    simauth_session_begin_callee(p->b, SIMAUTH_ELEMENT_FOUND, &e1, offer, strlen(offer));
    assert_true(simauth_session_found(p->b, &key, nonce_b) & SIMAUTH_DO_RING);
    e2 = made(p->b, SIMAUTH_ELEMENT_2);
    assert_string_equal(e2.text, text_of(p->call, "element_2"));
    simauth_session_answer(p->b, sdp, strlen(sdp));
    simauth_session_response(p->a, true, SIMAUTH_ELEMENT_FOUND, &e2, sdp, strlen(sdp));
    assert_true(simauth_session_ack_out(p->a, NULL, 0) & SIMAUTH_DO_SEND_PROOF);
    e3 = made(p->a, SIMAUTH_ELEMENT_3);
    /* The vector has the whole branch. */
    assert_string_equal(e3.text, text_of(p->call, "element_3") + strlen(SIMAUTH_BRANCH_PREFIX));
    simauth_session_ack_in(p->b, SIMAUTH_ELEMENT_FOUND, &e3, NULL, 0);
    simauth_session_media(p->a, SIMAUTH_MEDIA_MATCH);
    simauth_session_media(p->b, SIMAUTH_MEDIA_MATCH);
}

static void what_is_left(const struct parties *p)
{
    struct simauth_held_key keys[2];
    struct simauth_secret zrtp;
    char wish[SIMAUTH_WISH_MAX + 1];

    assert_int_equal(simauth_session_key(p->b, SIMAUTH_LABEL_ZRTP, 32, &zrtp), SIMAUTH_OK);
    assert_octets(p->call, "zrtp_aux", zrtp.octets, zrtp.len);
    assert_int_equal(simauth_session_write_wish(p->a, 86400, wish), SIMAUTH_OK);
    assert_string_equal(wish, text_of(p->call, "wish_a"));
    assert_int_equal(simauth_session_write_wish(p->b, 0, wish), SIMAUTH_OK);
    assert_string_equal(wish, text_of(p->call, "wish_b"));
    (void)simauth_session_setup_keys(p->b, 1, 1, 1, keys);
    assert_octets(p->call, "setup_same", keys[0].key.octets, keys[0].key.len);
    assert_octets(p->call, "setup_back", keys[1].key.octets, keys[1].key.len);
}

static void check(const char *with)
{
    json_t *v = load_vectors("held");
    struct parties p = {.v = v, .call = json_object_get(v, with)};

    dial(&p, with);
    answer(&p, with);
    what_is_left(&p);
    simauth_session_free(p.a);
    simauth_session_free(p.b);
    json_decref(v);
}

static void test_setup_key(void **state)
{
    (void)state;
    check("stp");
}

static void test_ticket(void **state)
{
    (void)state;
    check("agt");
}

/* Section 5 of protocol.md: each behind its length. */
static void test_aad_of_a_ticket(void **state)
{
    static const char EXPECTED[] = "\0\3agt"
                                   "\0\20"
                                   "0123456789abcdef"
                                   "\0\1a"
                                   "\0\2bb"
                                   "\0\3ccc"
                                   "\0\4dddd";
    struct simauth_octets aad = {0};

    (void)state;
    simauth_ticket_aad("agt", (const uint8_t *)"0123456789abcdef", "a", "bb", "ccc", "dddd", &aad);
    assert_int_equal(aad.len, sizeof EXPECTED - 1);
    assert_memory_equal(aad.data, EXPECTED, aad.len);
    simauth_octets_clear(&aad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_setup_key),
        cmocka_unit_test(test_ticket),
        cmocka_unit_test(test_aad_of_a_ticket),
    };
    return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
