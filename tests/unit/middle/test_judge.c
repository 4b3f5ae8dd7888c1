/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whose word lets an address into a call, and what nobody's word costs the others. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "judge.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"
#define NOW 1000000

struct scene {
    struct config config;
    struct calls *calls;
    char folder[64], state[96], nft[96], said[96];
    const char *answered; /* the method that a response is to; NULL: INVITE */
    const char *type;     /* the header line of a body; NULL: of a session description */
};

static int begin(void **data)
{
    static char domain[] = "a.example", nft[] = "", table[] = "t";
    struct scene *scene = g_new0(struct scene, 1);
    char error[CONFIG_ERROR_MAX];

    g_strlcpy(scene->folder, "/tmp/test-judge-XXXXXX", sizeof scene->folder);
    assert_non_null(g_mkdtemp(scene->folder));
    g_snprintf(scene->state, sizeof scene->state, "%s/calls", scene->folder);
    g_snprintf(scene->nft, sizeof scene->nft, "%s/nft", scene->folder);
    g_snprintf(scene->said, sizeof scene->said, "%s/said", scene->folder);
    scene->config = (struct config){.domain = domain,
                                    .state = scene->state,
                                    .nft = nft,
                                    .table = table,
                                    .accounts = true,
                                    .clear = true,
                                    .audio_kbit = 100,
                                    .total_kbit = 150,
                                    .ring_seconds = 100,
                                    .call_seconds = 1000,
                                    .networks[0].bits = 24,
                                    .network_count = 1};
    assert_true(sdp_address_parse("192.0.2.0", &scene->config.networks[0].address));
    scene->calls = calls_open(&scene->config, NOW, error);
    assert_non_null(scene->calls);
    *data = scene;
    return 0;
}

static int end(void **data)
{
    struct scene *scene = *data;

    calls_free(scene->calls);
    g_unlink(scene->state);
    g_unlink(scene->nft);
    g_unlink(scene->said);
    g_rmdir(scene->folder);
    g_free(scene);
    return 0;
}

static char *description(const char *address, unsigned port)
{
    return g_strdup_printf("v=0\r\nc=IN IP4 %s\r\nm=audio %u RTP/AVP 0\r\na=rtcp-mux\r\n", address,
                           port);
}

/* The code that the middle gives; `parties` has From and To, `body` is freed. */
static int ask(struct scene *scene, const char *first, const char *parties, unsigned cseq,
               char *body, const char *account)
{
    char *method = g_strndup(first, strcspn(first, " "));
    char *text =
        g_strdup_printf("%s\r\n%sCall-ID: x\r\nCSeq: %u %s\r\n%s\r\n%s", first, parties, cseq,
                        !g_str_has_prefix(first, "SIP") ? method
                        : scene->answered               ? scene->answered
                                                        : "INVITE",
                        !body         ? ""
                        : scene->type ? scene->type
                                      : "Content-Type: application/sdp\r\n",
                        body ? body : "");
    const struct question question = {
        .message = {(const uint8_t *)text, strlen(text)}, .account = account, .trunk = ""};
    struct verdict verdict;

    judge(scene->calls, &scene->config, &question, NOW, &verdict);
    g_free(body);
    g_free(text);
    g_free(method);
    return verdict.code;
}

static struct call *the_call(const struct scene *scene, const char *tag)
{
    struct sip_message m = {.call_id = "x"};

    g_strlcpy(m.from_tag, tag, sizeof m.from_tag);
    return calls_find(scene->calls, &m);
}

/* Whether the call has a pinhole between these two. */
static bool open_between(const struct scene *scene, const char *one, const char *other)
{
    const struct call *call = the_call(scene, "a");
    struct sdp_address a, b;
    bool found = false;

    assert_non_null(call);
    assert_true(sdp_address_parse(one, &a) && sdp_address_parse(other, &b));
    for (unsigned i = 0; i < call->hole_count; i++) {
        const struct pinhole *h = &call->holes[i];

        found = found || (!memcmp(&h->a, &a, sizeof a) && !memcmp(&h->b, &b, sizeof b)) ||
                (!memcmp(&h->a, &b, sizeof b) && !memcmp(&h->b, &a, sizeof a));
    }
    return found;
}

#define INVITE "INVITE sip:x@y.example SIP/2.0"
#define OK "SIP/2.0 200 OK"
#define ACK "ACK sip:x@y.example SIP/2.0"
#define BYE "BYE sip:x@y.example SIP/2.0"
#define PROGRESS "SIP/2.0 183 Session Progress"

/* An INVITE by `parties` and its 200, whose To may have a tag more: both pass. */
static void offered_and_answered(struct scene *scene, const char *parties, unsigned cseq,
                                 char *offer, const char *account, const char *answered_by,
                                 char *answer)
{
    assert_int_equal(ask(scene, INVITE, parties, cseq, offer, account), 0);
    assert_int_equal(ask(scene, OK, answered_by, cseq, answer, ""), 0);
}

#define FIRST "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">\r\n"
#define BY_ALICE "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">;tag=b\r\n"
#define BY_BOB "From: <" BOB ">;tag=b\r\nTo: <" ALICE ">;tag=a\r\n"

static void tags_are_no_proof(void **data)
{
    struct scene *scene = *data;

    offered_and_answered(scene, FIRST, 1, description("192.0.2.10", 7000), ALICE, BY_ALICE,
                         description("198.51.100.1", 7000));
    /* the other side knows the tags, and sends as if it were Alice: another of her network */
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 2, description("192.0.2.66", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, FIRST, 2, description("192.0.2.66", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 1, description("192.0.2.66", 7000), ""), 403);
    /* what a call does: hold, other ports, an address outside that changes; she who is known moves
     */
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 3, description("192.0.2.10", 7002), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 4, description("0.0.0.0", 7002), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 5, description("198.51.100.9", 7000), ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 6, description("192.0.2.66", 7000), ALICE), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 7, description("192.0.2.66", 7000), ""), 0);
}

/* Who is called by somebody sends offers into the call by way of the proxy to himself, and answers
 * them in his name. */
static void an_answer_to_nobodys_offer(void **data)
{
    static const char alice[] = "192.0.2.10", victim[] = "192.0.2.66", outside[] = "198.51.100.1",
                      moved[] = "198.51.100.9";
    struct scene *scene = *data;

    offered_and_answered(scene, FIRST, 1, description(alice, 7000), ALICE, BY_ALICE,
                         description(outside, 7000));
    assert_true(open_between(scene, alice, outside));
    offered_and_answered(scene, BY_BOB, 9, description(outside, 9000), "", BY_BOB,
                         description(victim, 5000));
    assert_false(open_between(scene, victim, outside));
    /* named by him in an answer to her, which opens nothing to himself */
    offered_and_answered(scene, BY_ALICE, 2, description(alice, 7000), ALICE, BY_ALICE,
                         description(victim, 5000));
    assert_true(open_between(scene, victim, alice));
    offered_and_answered(scene, BY_BOB, 10, description(victim, 5000), "", BY_BOB,
                         description(outside, 9000));
    assert_false(open_between(scene, victim, outside));
    /* without a description: the offer is in the response, the answer in the ACK */
    offered_and_answered(scene, BY_BOB, 11, NULL, "", BY_BOB, description(victim, 5000));
    assert_int_equal(ask(scene, ACK, BY_BOB, 11, description(outside, 9000), ""), 0);
    assert_false(open_between(scene, victim, outside));
    /* what calls do: the one outside moves, both have other ports */
    offered_and_answered(scene, BY_BOB, 12, description(moved, 9000), "", BY_BOB,
                         description(alice, 7004));
    assert_true(open_between(scene, moved, alice));
}

/* A call whose first offer is in the response, and one that the other side begins anew. */
static void an_offer_in_the_response(void **data)
{
    struct scene *scene = *data;

    offered_and_answered(scene, FIRST, 1, NULL, ALICE, BY_ALICE, description("198.51.100.1", 7000));
    assert_int_equal(ask(scene, ACK, BY_ALICE, 1, description("192.0.2.10", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    /* the same response once more, and an ACK of nobody's behind it */
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    assert_int_equal(ask(scene, ACK, BY_ALICE, 1, description("192.0.2.66", 7000), ""), 0);
    assert_false(open_between(scene, "192.0.2.66", "198.51.100.1"));
}

static void nobodys_call_takes_nothing(void **data)
{
    struct scene *scene = *data;

    assert_int_equal(
        ask(scene, INVITE, "From: <" BOB ">;tag=c\r\nTo: <" ALICE ">\r\n", 1, NULL, ""), 0);
    assert_int_equal(ask(scene, OK, "From: <" BOB ">;tag=c\r\nTo: <" ALICE ">;tag=d\r\n", 1,
                         description("192.0.2.10", 7000), ""),
                     0);
    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
}

#define STRANGERS 1000 /* from here on they are of another domain */
#define SENDER(number)                                                                             \
    g_strdup_printf("sip:sender-%u@%s.example", number, (number) < STRANGERS ? "a" : "b")

/* Whose INVITE it is, without a description, by the proxy's word or nobody's. */
static int begin_call(struct scene *scene, unsigned sender, unsigned number, bool vouched)
{
    char *aor = SENDER(sender);
    char *parties =
        g_strdup_printf("From: <%s>;tag=%u-%u\r\nTo: <" BOB ">\r\n", aor, sender, number);
    int code = ask(scene, INVITE, parties, 1, NULL, vouched ? aor : "");

    g_free(parties);
    g_free(aor);
    return code;
}

/* Who knows a call's names has no offer answered by an ACK that is not late; the side that is
 * called may begin anew without a description. */
static void an_ack_answers_late_offers_alone(void **data)
{
    struct scene *scene = *data;

    offered_and_answered(scene, FIRST, 1, description("192.0.2.10", 7000), ALICE, BY_ALICE,
                         description("198.51.100.1", 7000));
    offered_and_answered(scene, BY_BOB, 5, description("198.51.100.1", 7002), BOB, BY_BOB,
                         description("192.0.2.10", 7000));
    assert_int_equal(ask(scene, ACK, BY_ALICE, 5, description("192.0.2.66", 7000), ""), 0);
    assert_int_equal(ask(scene, ACK, BY_BOB, 5, description("192.0.2.66", 7000), ""), 0);
    assert_false(open_between(scene, "192.0.2.66", "198.51.100.1"));
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    offered_and_answered(scene, BY_BOB, 6, NULL, BOB, BY_BOB, description("192.0.2.10", 7004));
    assert_int_equal(ask(scene, ACK, BY_ALICE, 6, description("198.51.100.66", 7000), ""), 0);
    assert_int_equal(ask(scene, ACK, BY_BOB, 7, description("198.51.100.66", 7000), ""), 0);
    assert_false(open_between(scene, "192.0.2.10", "198.51.100.66"));
    assert_int_equal(ask(scene, ACK, BY_BOB, 6, description("198.51.100.9", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.9"));
}

/* RFC 3262: the number of a PRACK is its own, and RAck says which response it is about. */
static void a_prack_answers_too(void **data)
{
    static const char prack[] = "PRACK sip:x@y.example SIP/2.0";
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, NULL, ALICE), 0);
    assert_int_equal(ask(scene, "SIP/2.0 183 Session Progress", BY_ALICE, 1,
                         description("198.51.100.1", 7000), ""),
                     0);
    assert_int_equal(
        ask(scene, prack, BY_ALICE "RAck: 1 7 INVITE\r\n", 2, description("192.0.2.66", 7000), ""),
        0);
    assert_int_equal(the_call(scene, "a")->hole_count, 0);
    assert_int_equal(
        ask(scene, prack, BY_ALICE "RAck: 1 1 INVITE\r\n", 3, description("192.0.2.10", 7000), ""),
        0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
}

/* Audio and video; 0: it says nothing, or is refused. */
static char *with_bandwidth(const char *address, unsigned session, unsigned audio, unsigned port)
{
    GString *text = g_string_new("v=0\r\n");

    g_string_append_printf(text, "c=IN IP4 %s\r\n", address);
    if (session)
        g_string_append_printf(text, "b=AS:%u\r\n", session);
    g_string_append(text, "m=audio 7000 RTP/AVP 0\r\na=rtcp-mux\r\n");
    if (audio)
        g_string_append_printf(text, "b=AS:%u\r\n", audio);
    g_string_append_printf(text, "m=video %u RTP/AVP 97\r\n", port);
    return g_string_free(text, FALSE);
}

static void agrees_to(struct scene *scene, unsigned cseq, char *offer, char *answer, unsigned kbit)
{
    offered_and_answered(scene, cseq == 1 ? FIRST : BY_ALICE, cseq, offer, ALICE, BY_ALICE, answer);
    assert_int_equal(the_call(scene, "a")->kbit, kbit);
}

/* What both agree to, no more; an offer that is refused, and one by nobody's word, take nothing. */
static void bandwidth_of_offers(void **data)
{
    static const char alice[] = "192.0.2.10", bob[] = "198.51.100.1";
    static const char update[] = "UPDATE sip:x@y.example SIP/2.0",
                      refused[] = "SIP/2.0 488 Not Acceptable Here";
    struct scene *scene = *data;
    const struct call *call;

    scene->config.total_kbit = 5000;
    scene->config.video_kbit = 1500;
    agrees_to(scene, 1, with_bandwidth(alice, 3000, 0, 9000), with_bandwidth(bob, 0, 0, 0), 100);
    agrees_to(scene, 2, with_bandwidth(alice, 3000, 0, 9000), with_bandwidth(bob, 0, 0, 9000),
              3000);
    agrees_to(scene, 3, with_bandwidth(alice, 0, 0, 9000), with_bandwidth(bob, 900, 0, 9000), 900);
    agrees_to(scene, 4, with_bandwidth(alice, 300, 64, 0), with_bandwidth(bob, 200, 80, 0), 64);
    agrees_to(scene, 5, with_bandwidth(alice, 300, 0, 0),
              g_strdup("v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 97\r\n"), 0);
    agrees_to(scene, 6, with_bandwidth(alice, 120, 0, 0), with_bandwidth(bob, 0, 0, 0), 120);
    call = the_call(scene, "a");
    assert_int_equal(ask(scene, INVITE, BY_BOB, 1, with_bandwidth(bob, 0, 0, 9000), ""), 403);
    assert_int_equal(call->kbit, 120);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 1, with_bandwidth(bob, 121, 0, 0), ""), 0);
    assert_int_equal(call->kbit, 120);
    assert_int_equal(ask(scene, refused, BY_BOB, 1, NULL, ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_BOB, 2, with_bandwidth(bob, 120, 0, 0), ""), 0);
    assert_int_equal(ask(scene, refused, BY_BOB, 2, NULL, ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 7, with_bandwidth(alice, 4000, 0, 1), ALICE), 0);
    assert_int_equal(call->kbit, 4000);
    assert_int_equal(ask(scene, refused, BY_ALICE, 6, NULL, ""), 0); /* an older one */
    assert_int_equal(ask(scene, refused, BY_BOB, 7, NULL, ""), 0);   /* another's */
    assert_int_equal(call->kbit, 4000);
    assert_int_equal(ask(scene, refused, BY_ALICE, 7, NULL, ""), 0);
    assert_int_equal(call->kbit, 120);
    /* less is free once it is agreed to */
    assert_int_equal(ask(scene, update, BY_ALICE, 8, with_bandwidth(alice, 50, 0, 0), ALICE), 0);
    assert_int_equal(call->kbit, 120);
    scene->answered = "UPDATE";
    assert_int_equal(ask(scene, refused, BY_ALICE, 8, NULL, ""), 0);
    assert_int_equal(call->kbit, 120);
    assert_int_equal(ask(scene, update, BY_ALICE, 9, with_bandwidth(alice, 50, 0, 0), ALICE), 0);
    assert_int_equal(ask(scene, OK, BY_ALICE, 9, with_bandwidth(bob, 0, 0, 0), ""), 0);
    assert_int_equal(call->kbit, 50);
}

/* In whatever it is wrapped, a description in clear is one, and what is not known none that was
 * read. */
static void wrapped_descriptions(void **data)
{
    static const char mixed[] = "Content-Type: multipart/mixed;boundary=q\r\n",
                      head[] = "--q\r\nContent-Type: ", foot[] = "\r\n--q--\r\n";
    static const char *const unknown[] = {"Content-Type: application/x-sdp\r\n", ""};
    struct scene *scene = *data;
    char *sdp = description("192.0.2.10", 7000);

    scene->type = mixed;
    assert_int_equal(ask(scene, INVITE, FIRST, 1,
                         g_strconcat(head, "application/sdp\r\n\r\n", sdp, foot, NULL), ALICE),
                     0);
    assert_int_equal(the_call(scene, "a")->kbit, 100);
    scene->config.clear = false;
    assert_int_equal(ask(scene, INVITE, FIRST, 2,
                         g_strconcat(head, "application/sdp\r\n\r\n", sdp, foot, NULL), ALICE),
                     403);
    scene->config.clear = true;
    for (int must_read = 0; must_read < 2; must_read++) {
        scene->config.must_read = must_read;
        scene->type = mixed;
        assert_int_equal(ask(scene, INVITE, FIRST, 3,
                             g_strconcat(head, "application/x-sdp\r\n\r\n", sdp, foot, NULL),
                             ALICE),
                         must_read ? 415 : 0);
        for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
            scene->type = unknown[i];
            assert_int_equal(ask(scene, INVITE, FIRST, 4, g_strdup(sdp), ALICE),
                             must_read ? 415 : 0);
        }
        assert_int_equal(ask(scene, INVITE, FIRST, 5, NULL, ALICE), 0);
    }
    g_free(sdp);
}

/* Nobody's INVITEs take no room, and one sender takes not all of it. */
static void calls_have_a_limit(void **data)
{
    struct scene *scene = *data;

    for (unsigned i = 0; i <= CALLS_MAX; i++)
        assert_int_equal(begin_call(scene, 0, i, false), 0);
    assert_int_equal(calls_look(scene->calls).calls, 0);
    for (unsigned i = 0; i <= CALLS_OF_ONE_MAX; i++)
        assert_int_equal(begin_call(scene, 0, i, true), i < CALLS_OF_ONE_MAX ? 0 : 503);
    assert_int_equal(begin_call(scene, 1, 0, true), 0);
    for (unsigned i = CALLS_OF_ONE_MAX + 1; i <= CALLS_MAX; i++)
        assert_int_equal(begin_call(scene, 1 + i / CALLS_OF_ONE_MAX, i, true),
                         i < CALLS_MAX ? 0 : 503);
    calls_expire(scene->calls, NOW + 100);
    assert_int_equal(begin_call(scene, 0, 0, true), 0);
    /* nor does another domain, by as many senders as it has */
    for (unsigned i = 0; i <= CALLS_OF_DOMAIN_MAX; i++)
        assert_int_equal(begin_call(scene, STRANGERS + i / 1000, i, true),
                         i < CALLS_OF_DOMAIN_MAX ? 0 : 503);
    assert_int_equal(begin_call(scene, 1, 0, true), 0);
}

/* Senders whose address is not known are one, with as many calls as any other, who count once. */
static void who_has_no_domain_counts_once(void **data)
{
    struct sip_message invite = {.from_tag = "tag", .to = BOB};
    struct scene *scene = *data;

    for (unsigned i = 0; i < 2 * (CALLS_OF_ONE_MAX + 1); i++) {
        bool room = i % (CALLS_OF_ONE_MAX + 1) < CALLS_OF_ONE_MAX;

        g_snprintf(invite.call_id, sizeof invite.call_id, "%u", i);
        assert_int_equal(calls_begin(scene->calls, &invite, "", NOW) != NULL, room);
        if (!room) /* what is over counts no more */
            calls_expire(scene->calls, NOW + 100);
    }
    assert_int_equal(calls_look(scene->calls).calls, 0);
}

/* A secret that anybody on the way could read proves no phone. */
static void secrets_in_clear(void **data)
{
    static const char line[] = "a=simauth-pinhole:YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8\r\n";
    struct scene *scene = *data;
    char *offer = description("192.0.2.10", 7000), *answer = description("198.51.100.1", 7000);

    scene->config.tokens = true;
    offered_and_answered(scene, FIRST, 1, g_strconcat(offer, line, NULL), ALICE, BY_ALICE,
                         g_strconcat(answer, line, NULL));
    assert_int_equal(the_call(scene, "a")->asked_count, 1);
    assert_int_equal(the_call(scene, "a")->hole_count, 0);
    for (unsigned side = 0; side < CALL_SIDES; side++)
        assert_false(the_call(scene, "a")->gates[0].sides[side].has_secret);
    g_free(answer);
    g_free(offer);
}

/* What is said of one try of a call, or of one of its branches, is not about the others. */
static void other_tries_and_branches(void **data)
{
    static const char branch[] = "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">;tag=c\r\n";
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, INVITE, FIRST, 2, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, "CANCEL sip:x@y.example SIP/2.0", FIRST, 1, NULL, ""), 0);
    assert_non_null(the_call(scene, "a"));
    assert_int_equal(ask(scene, OK, BY_ALICE, 2, description("198.51.100.1", 7000), ""), 0);
    /* another phone that is called answers too */
    assert_int_equal(ask(scene, OK, branch, 2, description("198.51.100.66", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_false(open_between(scene, "192.0.2.10", "198.51.100.66"));
    assert_int_equal(ask(scene, "BYE sip:x@y.example SIP/2.0", branch, 3, NULL, ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_int_equal(ask(scene, INVITE, branch, 4, description("192.0.2.10", 7000), ALICE), 481);
    assert_int_equal(ask(scene, "BYE sip:x@y.example SIP/2.0", BY_BOB, 1, NULL, ""), 0);
    assert_null(the_call(scene, "a"));
}

/* Somebody else's INVITE in a call's name is refused, and the call rings on. */
static void somebody_elses_try(void **data)
{
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, INVITE, FIRST, 2, description("192.0.2.66", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, FIRST, 3, description("192.0.2.10", 7000), ""), 403);
    assert_int_equal(ask(scene, INVITE, FIRST, 4, NULL, ""), 403);
    assert_int_equal(ask(scene, INVITE, FIRST, 5, g_strdup("nonsense"), ""), 400);
    assert_int_equal(the_call(scene, "a")->invite_cseq, 1);
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
}

/* The caller begins another call, with the tag of the other side: that one's BYE ends his call all
 * the same. */
static void the_other_sides_tag(void **data)
{
    static const char swapped[] = "From: <" ALICE ">;tag=b\r\nTo: <" BOB ">",
                      bye[] = "BYE sip:x@y.example SIP/2.0";
    static const char *const answers[] = {"", ";tag=a", ";tag=z"};
    struct scene *scene = *data;

    for (size_t i = 0; i < G_N_ELEMENTS(answers); i++) {
        char *parties = g_strconcat(swapped, answers[i], "\r\n", NULL);

        scene->config.total_kbit = 1000;
        offered_and_answered(scene, FIRST, 1, description("192.0.2.10", 7000), ALICE, BY_ALICE,
                             description("198.51.100.1", 7000));
        assert_int_equal(ask(scene, INVITE, "From: <" ALICE ">;tag=b\r\nTo: <" BOB ">\r\n", 1,
                             description("192.0.2.10", 7000), ALICE),
                         0);
        if (answers[i][0])
            assert_int_equal(ask(scene, OK, parties, 1, description("198.51.100.1", 7000), ""), 0);
        assert_int_equal(ask(scene, bye, BY_BOB, 1, NULL, ""), 0);
        assert_null(the_call(scene, "a"));
        ask(scene, bye, parties, 2, NULL, "");
        assert_true(!the_call(scene, "b") || !the_call(scene, "b")->hole_count); /* it rings */
        ask(scene, "CANCEL sip:x@y.example SIP/2.0", parties, 1, NULL, "");
        assert_null(the_call(scene, "b"));
        g_free(parties);
    }
}

/* RFC 3311: an UPDATE while it rings neither answers a call nor ends it. */
static void an_update_while_it_rings(void **data)
{
    static const char update[] = "UPDATE sip:x@y.example SIP/2.0";
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, "SIP/2.0 183 Session Progress", BY_ALICE, 1,
                         description("198.51.100.1", 7000), ""),
                     0);
    assert_int_equal(ask(scene, update, BY_ALICE, 2, description("192.0.2.66", 7000), ""), 403);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_int_equal(ask(scene, update, BY_ALICE, 3, description("192.0.2.10", 7002), ALICE), 0);
    scene->answered = "UPDATE";
    assert_int_equal(ask(scene, OK, BY_ALICE, 3, description("198.51.100.1", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_int_equal(ask(scene, "CANCEL sip:x@y.example SIP/2.0", FIRST, 1, NULL, ""), 0);
    assert_null(the_call(scene, "a"));
}

/* Whoever knows a call's names begins no call of his own with them, for her account. */
static void a_call_is_one_senders(void **data)
{
    static const char mallory[] =
        "From: <sip:mallory@a.example>;tag=a\r\nTo: <sip:eve@b.example>\r\n";
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(
        ask(scene, INVITE, mallory, 1, description("192.0.2.20", 7000), "sip:mallory@a.example"),
        403);
    assert_string_equal(the_call(scene, "a")->from, ALICE);
    assert_int_equal(the_call(scene, "a")->offer.streams[0].address.octets[3], 10);
}

static void start_again(struct scene *scene)
{
    char error[CONFIG_ERROR_MAX];

    calls_free(scene->calls); /* all is written */
    scene->calls = calls_open(&scene->config, NOW, error);
    assert_non_null(scene->calls);
}

/* From here on an nft that writes down what it is asked for. */
static void with_nft(struct scene *scene)
{
    char *text = g_strdup_printf("#!/bin/sh\ncat >>%s\n", scene->said);

    assert_true(g_file_set_contents(scene->nft, text, -1, NULL));
    assert_int_equal(g_chmod(scene->nft, 0755), 0);
    g_free(text);
    scene->config.nft = scene->nft;
    scene->config.nft_seconds = 10;
    start_again(scene);
}

/* Both directions between an end and itself are one element of the kernel's, which nft refuses to
 * take away twice. */
static void an_end_is_no_way_to_itself(void **data)
{
    static const char alice[] = "192.0.2.10";
    struct scene *scene = *data;

    offered_and_answered(scene, FIRST, 1, description(alice, 7000), ALICE, BY_ALICE,
                         description(alice, 7000));
    assert_int_equal(the_call(scene, "a")->hole_count, 0);
    offered_and_answered(scene, BY_ALICE, 2, description(alice, 7000), ALICE, BY_ALICE,
                         description(alice, 7002)); /* two phones on one machine */
    assert_int_equal(the_call(scene, "a")->hole_count, 1);
}

/* A call that ends on hold, or before the first token, is over in the journal too; while it goes on
 * that has what was agreed to. */
static void the_journal_knows_its_end(void **data)
{
    static const char alice[] = "192.0.2.10", bob[] = "198.51.100.1";
    struct scene *scene = *data;

    scene->config.total_kbit = 5000;
    for (int round = 0; round < 3; round++) {
        scene->config.tokens = round > 0;
        offered_and_answered(scene, FIRST, 1, with_bandwidth(alice, 3000, 0, 9000), ALICE, BY_ALICE,
                             with_bandwidth(bob, 0, 0, 0));
        if (round < 2)
            start_again(scene);
        assert_int_equal(the_call(scene, "a")->kbit, 100);
        if (!round)
            offered_and_answered(scene, BY_ALICE, 2, description(alice, 7000), ALICE, BY_ALICE,
                                 g_strdup("v=0\r\nm=audio 0 RTP/AVP 0\r\n"));
        assert_int_equal(the_call(scene, "a")->hole_count, 0);
        assert_int_equal(ask(scene, BYE, BY_BOB, 1, NULL, ""), 0);
        start_again(scene);
        assert_int_equal(calls_look(scene->calls).calls, 0);
    }
}

/* The answer came in a reliable response while it rang: with the 200 it is a call like any other.
 */
static void a_200_without_a_description(void **data)
{
    struct scene *scene = *data;
    char *said = NULL;

    with_nft(scene);
    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, PROGRESS, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, NULL, ""), 0);
    assert_int_equal(ask(scene, INVITE, BY_ALICE, 3, description("192.0.2.10", 7002), ALICE), 0);
    assert_int_equal(ask(scene, "SIP/2.0 488 No", BY_ALICE, 3, NULL, ""), 0);
    assert_int_equal(the_call(scene, "a")->kbit, 100);
    start_again(scene);
    assert_true(g_file_get_contents(scene->said, &said, NULL, NULL));
    assert_non_null(strstr(said, " timeout 1000s"));
    g_free(said);
    calls_expire(scene->calls, NOW + 500);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_string_equal(the_call(scene, "a")->other_tag, "b");
}

/* RFC 3261, 15: who rings has nothing to end, whichever of them says so; the caller ends what is
 * between him and one of them. */
static void a_bye_while_it_rings(void **data)
{
    static const char of_branch[] = "From: <" BOB ">;tag=c\r\nTo: <" ALICE ">;tag=a\r\n",
                      to_branch[] = "From: <" ALICE ">;tag=a\r\nTo: <" BOB ">;tag=c\r\n";
    struct scene *scene = *data;

    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, BYE, of_branch, 1, NULL, ""), 0);
    assert_int_equal(ask(scene, BYE, to_branch, 2, NULL, ""), 0);
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    assert_true(open_between(scene, "192.0.2.10", "198.51.100.1"));
    assert_int_equal(ask(scene, BYE, BY_ALICE, 2, NULL, ""), 0);
    assert_null(the_call(scene, "a"));
    /* one that is told before the 200 that it came behind */
    assert_int_equal(ask(scene, INVITE, FIRST, 1, description("192.0.2.10", 7000), ALICE), 0);
    assert_int_equal(ask(scene, BYE, BY_BOB, 1, NULL, ""), 0);
    assert_non_null(the_call(scene, "a"));
    assert_int_equal(ask(scene, OK, BY_ALICE, 1, description("198.51.100.1", 7000), ""), 0);
    assert_null(the_call(scene, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tags_are_no_proof, begin, end),
        cmocka_unit_test_setup_teardown(an_answer_to_nobodys_offer, begin, end),
        cmocka_unit_test_setup_teardown(an_offer_in_the_response, begin, end),
        cmocka_unit_test_setup_teardown(an_ack_answers_late_offers_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_prack_answers_too, begin, end),
        cmocka_unit_test_setup_teardown(somebody_elses_try, begin, end),
        cmocka_unit_test_setup_teardown(the_other_sides_tag, begin, end),
        cmocka_unit_test_setup_teardown(bandwidth_of_offers, begin, end),
        cmocka_unit_test_setup_teardown(wrapped_descriptions, begin, end),
        cmocka_unit_test_setup_teardown(secrets_in_clear, begin, end),
        cmocka_unit_test_setup_teardown(nobodys_call_takes_nothing, begin, end),
        cmocka_unit_test_setup_teardown(calls_have_a_limit, begin, end),
        cmocka_unit_test_setup_teardown(who_has_no_domain_counts_once, begin, end),
        cmocka_unit_test_setup_teardown(other_tries_and_branches, begin, end),
        cmocka_unit_test_setup_teardown(an_update_while_it_rings, begin, end),
        cmocka_unit_test_setup_teardown(a_call_is_one_senders, begin, end),
        cmocka_unit_test_setup_teardown(an_end_is_no_way_to_itself, begin, end),
        cmocka_unit_test_setup_teardown(the_journal_knows_its_end, begin, end),
        cmocka_unit_test_setup_teardown(a_200_without_a_description, begin, end),
        cmocka_unit_test_setup_teardown(a_bye_while_it_rings, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
