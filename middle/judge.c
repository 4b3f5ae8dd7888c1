/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "judge.h"
#include "gates.h"
#include "log.h"

#include <e2m/message.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* One message on its way through. */
struct look {
    struct calls *calls;
    const struct config *config;
    const struct question *question;
    const struct sip_message *m;
    struct call *call; /* NULL: none yet */
    struct verdict *verdict;
    int64_t now;
    bool signed_by_sender, enveloped, has_sdp;
    struct sdp sdp;
};

static bool is(const struct look *look, const char *method)
{
    return strcmp(look->m->method, method) == 0;
}

static bool of_caller(const struct look *look)
{
    bool from_caller = !look->call || strcmp(look->m->from_tag, look->call->tag) == 0;

    return look->m->request ? from_caller : !from_caller;
}

static void refuse(struct look *look, int code, const char *words)
{
    look->verdict->code = code;
    g_strlcpy(look->verdict->words, words, sizeof look->verdict->words);
}

/* -- opening ----------------------------------------------------------------------------------- */

static int code_of(enum e2m_result result)
{
    switch (result) {
    case E2M_BAD_MIME:
    case E2M_BAD_DER:
    case E2M_TOO_DEEP:
        return 400;
    case E2M_TOO_LARGE:
        return 513;
    case E2M_NO_MEMORY:
    case E2M_CRYPTO:
        return 500;
    default:
        return 403;
    }
}

static void need_it(struct look *look)
{
    if (!look->config->must_read || !look->m->request)
        return;
    refuse(look, 493, "this server must read the session description");
    look->verdict->certificate = true;
}

/* Phones may know what this server does not. */
static void not_known(struct look *look)
{
    if (look->config->must_read && look->m->request)
        refuse(look, 415,
               "this server must read the session description: it knows application/sdp, and "
               "envelopes with it");
}

/* Nothing in it could be opened: because it is for others, or because it cannot be read. */
static void not_read(struct look *look, const struct e2m_received *received)
{
    enum e2m_result why = E2M_OK;

    for (unsigned i = 0; i < received->count; i++)
        if (received->items[i].enveloped && received->items[i].result != E2M_OK &&
            (why == E2M_OK || received->items[i].result != E2M_NOT_FOR_US))
            why = received->items[i].result;
    if (why == E2M_OK) { /* there is no envelope in it */
        not_known(look);
        return;
    }
    if (why == E2M_LABEL_UNSIGNED && look->config->must_read)
        refuse(look, 403, e2m_result_text(why));
    else
        need_it(look);
    log_line("op=read call=%s result=unread why=\"%s\"", look->call ? look->call->id : "-",
             e2m_result_text(why));
}

static void forget_secrets(struct sdp *sdp)
{
    for (unsigned i = 0; i < sdp->count; i++) {
        sdp->streams[i].has_secret = false;
        OPENSSL_cleanse(sdp->streams[i].secret, sizeof sdp->streams[i].secret);
    }
}

static void take_sdp(struct look *look, struct e2m_span text)
{
    look->has_sdp = sdp_parse(text, &look->sdp);
    if (!look->enveloped) /* what was in clear is everybody's: it proves no phone */
        forget_secrets(&look->sdp);
    if (!look->has_sdp)
        refuse(look, 400,
               look->sdp.too_many ? "the session description has more than four m-lines"
                                  : "the session description cannot be read");
    else if (!look->enveloped && !look->config->clear && look->m->request)
        refuse(look, 403, "session descriptions in clear are not taken here");
}

static void take(struct look *look, const struct e2m_received *received)
{
    const struct e2m_received_item *item = e2m_received_find(received, "application/sdp");

    /* urn:service:sos: what has several parts in clear is read like any other */
    if ((!look->m->from[0] || !look->m->to[0]) &&
        (received->signature == E2M_OK || (item && item->enveloped))) {
        refuse(look, 403, "From or To is no address that a signature could name");
        return;
    }
    look->signed_by_sender = received->signature == E2M_OK;
    if (look->signed_by_sender &&
        !calls_own_body(look->calls, look->m, received->signed_hash, look->now)) {
        refuse(look, 403, "this signed message belongs to another call");
        return;
    }
    for (unsigned i = 0; look->call && i < received->count; i++)
        if (received->items[i].result == E2M_OK && received->items[i].cek.key_len)
            call_keep_cek(look->call, &received->items[i].cek);
    if (!item) {
        not_read(look, received);
        return;
    }
    look->enveloped = item->enveloped;
    take_sdp(look, e2m_buffer_span(&item->content));
}

static void open_body(struct look *look)
{
    const struct config *c = look->config;
    const struct sip_message *m = look->m;
    struct e2m_cek *ceks[CALL_CEKS_MAX];
    struct e2m_receive receive = {
        .content_type = m->content_type,
        .encoding = m->encoding,
        .label = m->label,
        .body = m->body,
        .identities = &c->identity,
        .identity_count = 1,
        .ceks = ceks,
        .trust = c->trust,
        .server = c->domain,
        .from = m->request ? m->from : m->to,
        .to = m->request ? m->to : m->from,
        .wants = (c->want_signature && m->request ? E2M_WANT_SIGNATURE : 0u) |
                 (c->unsigned_labels ? E2M_ACCEPT_UNSIGNED_LABEL : 0u),
        .now = (uint64_t)(look->question->clock ? look->question->clock : look->now),
    };
    struct e2m_received received;
    enum e2m_result result;

    for (unsigned i = 0; look->call && i < look->call->cek_count; i++)
        ceks[receive.cek_count++] = &look->call->keys->ceks[i];
    /* A callee without a certificate cannot sign its label. What is under the key of the request,
     * which a signed label gave to this server, is meant for it; nothing else is opened then. */
    if (!m->request && strncasecmp(m->content_type, "multipart/signed", 16) != 0) {
        receive.wants |= E2M_ACCEPT_UNSIGNED_LABEL;
        receive.identity_count = c->unsigned_labels ? 1 : 0;
    }
    result = e2m_message_read(&receive, &received);
    if (result == E2M_OK) {
        take(look, &received);
    } else {
        refuse(look, code_of(result), e2m_result_text(result));
        log_line("op=read call=%s result=refused why=\"%s\" signer=%s",
                 look->call ? look->call->id : "-", e2m_result_text(result), received.signer);
    }
    e2m_received_free(&received);
}

static void read_body(struct look *look)
{
    const struct sip_message *m = look->m;

    if (look->question->withheld) {
        need_it(look);
        log_line("op=read call=%s result=not-asked", look->call ? look->call->id : "-");
        return;
    }
    if (m->body.len == 0)
        return;
    if (e2m_message_is_protected(m->content_type))
        open_body(look);
    else if (m->content_type && strncasecmp(m->content_type, "application/sdp", 15) == 0)
        take_sdp(look, m->body);
    else
        not_known(look);
}

/* -- offer and answer -------------------------------------------------------------------------- */

/* Who vouches for the sender of a request: its signature, or the proxy that checked its password.
 */
static bool vouched_for(const struct look *look)
{
    return look->signed_by_sender || (look->config->accounts && look->question->account[0] &&
                                      strcmp(look->question->account, look->m->from) == 0);
}

static bool same_address(const struct sdp_address *one, const struct sdp_address *other)
{
    return memcmp(one, other, sizeof *one) == 0;
}

static struct named *find_named(struct call *call, const struct sdp_address *address)
{
    for (unsigned i = 0; i < CALL_NAMED_MAX; i++)
        if (same_address(&call->named[i].address, address))
            return &call->named[i];
    return NULL;
}

static bool is_named(struct call *call, const struct sdp_address *address)
{
    bool named = find_named(call, address) != NULL;

    for (unsigned i = 0; i < call->hole_count && !named; i++) /* what a restart left */
        named =
            same_address(&call->holes[i].a, address) || same_address(&call->holes[i].b, address);
    return named;
}

static void name_address(struct call *call, const struct sdp_address *address, bool vouched)
{
    struct named *named = address->family ? find_named(call, address) : NULL;

    if (!address->family)
        return;
    if (!named) {
        named = &call->named[call->next_named++ % CALL_NAMED_MAX];
        *named = (struct named){.address = *address};
    }
    named->vouched = named->vouched || vouched;
}

/* From now on the call has these. */
static void name_addresses(struct call *call, const struct sdp *sdp, bool vouched)
{
    for (unsigned i = 0; i < sdp->count; i++) {
        name_address(call, &sdp->streams[i].address, vouched);
        name_address(call, &sdp->streams[i].rtcp_address, vouched);
    }
}

static bool is_new_and_guarded(const struct look *look, const struct sdp_address *address)
{
    return sdp_address_usable(address) && config_guards(look->config, address) &&
           !is_named(look->call, address);
}

/* Tags are known to both sides, and a proxy lets a request with them pass: they prove nobody. So
 * what this server guards comes into a call only by the word of somebody who is vouched for. */
static bool needs_voucher(const struct look *look)
{
    if (!look->call->authenticated)
        return true;
    for (unsigned i = 0; i < look->sdp.count; i++) {
        const struct sdp_stream *s = &look->sdp.streams[i];

        if (s->port &&
            (is_new_and_guarded(look, &s->address) || is_new_and_guarded(look, &s->rtcp_address)))
            return true;
    }
    return false;
}

static unsigned living(const struct sdp *sdp)
{
    unsigned count = 0;

    for (unsigned i = 0; i < sdp->count; i++)
        count += sdp->streams[i].port != 0;
    return count;
}

static void take_offer(struct look *look, unsigned cseq, bool vouched)
{
    const struct config *c = look->config;
    struct call *call = look->call;
    unsigned kbit = sdp_kbit(&look->sdp, c->audio_kbit, c->video_kbit);
    const char *limit;

    if (!vouched && kbit > call->kbit) {
        if (living(&look->sdp) > living(&call->offer)) {
            refuse(look, 403,
                   "nobody vouches for the sender, who wants more streams than the call has: sign "
                   "the message, or register here");
            return;
        }
        kbit = call->kbit; /* b=AS says what one side wants to hear: the other's may be more */
    }
    /* what was agreed to last stays with the call: this may be refused */
    limit = calls_admit(look->calls, call, MAX(kbit, call->agreed_kbit));
    if (limit) {
        refuse(look, 488, "Insufficient Bandwidth");
        log_line("op=offer call=%s from=%s to=%s result=refused limit=%s kbit=%u", call->id,
                 call->from, call->to, limit, kbit);
        return;
    }
    name_addresses(call, &look->sdp, look->m->request ? vouched : look->signed_by_sender);
    gates_take_secrets(call, &look->sdp, !of_caller(look));
    call->offer = look->sdp;
    forget_secrets(&call->offer);
    call->offer_cseq = cseq;
    if (look->m->request)
        call->empty_cseq = 0;
    call->offer_vouched = vouched;
    call->offer_of_caller = of_caller(look);
    log_line("op=offer call=%s from=%s to=%s result=admitted kbit=%u streams=%u enveloped=%d "
             "signed=%d",
             call->id, call->from, call->to, kbit, look->sdp.count, look->enveloped,
             look->signed_by_sender);
}

/* Whether media went between these two before, or wait to. */
static bool is_between(const struct call *call, const struct pinhole *hole)
{
    const struct pinhole *one;

    for (unsigned i = 0; i < call->hole_count + call->asked_count; i++) {
        one = i < call->hole_count ? &call->holes[i] : &call->asked[i - call->hole_count].hole;
        if ((same_address(&one->a, &hole->a) && same_address(&one->b, &hole->b)) ||
            (same_address(&one->a, &hole->b) && same_address(&one->b, &hole->a)))
            return true;
    }
    return false;
}

static bool is_vouched(const struct look *look, const struct sdp_address *address)
{
    const struct named *named = find_named(look->call, address);

    return !config_guards(look->config, address) || (named && named->vouched);
}

/* An offer by nobody's word may be sent by its own receiver, who answers it too: so what an answer
 * to it names is worth no more. */
static bool is_consented(const struct look *look, const struct pinhole *hole)
{
    return look->call->offer_vouched || look->signed_by_sender || is_between(look->call, hole) ||
           (is_vouched(look, &hole->a) && is_vouched(look, &hole->b));
}

static bool is_to_itself(const struct pinhole *hole)
{
    return hole->a_port == hole->b_port && same_address(&hole->a, &hole->b);
}

static bool allowed(const struct look *look, const struct pinhole *hole)
{
    return hole->a_port >= 1024 && hole->b_port >= 1024 && hole->a.family == hole->b.family &&
           !is_to_itself(hole) && sdp_address_usable(&hole->a) && sdp_address_usable(&hole->b) &&
           (config_guards(look->config, &hole->a) || config_guards(look->config, &hole->b)) &&
           is_consented(look, hole);
}

static unsigned add_hole(const struct look *look, struct asked *holes, unsigned count,
                         unsigned stream, const struct sdp_address *a, uint16_t a_port,
                         const struct sdp_address *b, uint16_t b_port)
{
    struct pinhole hole;

    memset(&hole, 0, sizeof hole);
    hole.a = *a;
    hole.b = *b;
    hole.a_port = a_port;
    hole.b_port = b_port;
    if (count == CALL_HOLES_MAX || !allowed(look, &hole)) {
        log_line("op=pinhole call=%s result=not-allowed", look->call->id);
        return count;
    }
    holes[count] =
        (struct asked){.hole = hole, .stream = stream, .a_is_caller = look->call->offer_of_caller};
    return count + 1;
}

static unsigned holes_of(const struct look *look, struct asked *holes)
{
    const struct sdp *a = &look->call->offer, *b = &look->sdp;
    unsigned count = 0;

    for (unsigned i = 0; i < MIN(a->count, b->count); i++) {
        const struct sdp_stream *one = &a->streams[i], *other = &b->streams[i];

        if (!one->port || !other->port)
            continue;
        count =
            add_hole(look, holes, count, i, &one->address, one->port, &other->address, other->port);
        if (!(one->mux && other->mux) && one->rtcp_port && other->rtcp_port)
            count = add_hole(look, holes, count, i, &one->rtcp_address, one->rtcp_port,
                             &other->rtcp_address, other->rtcp_port);
    }
    return count;
}

/* The smaller of the two; 0 says nothing. */
static unsigned smaller(unsigned one, unsigned other)
{
    return one && other ? MIN(one, other) : MAX(one, other);
}

/* What the answer takes less is there for others: streams that it refuses, and smaller ones. What
 * the session says is of all its streams: of some of them when these say nothing themselves. */
static unsigned agreed_kbit(const struct look *look)
{
    const struct sdp *offer = &look->call->offer, *answer = &look->sdp;
    unsigned session = smaller(offer->kbit, answer->kbit), sum, silent = 0, refused = 0;
    struct sdp agreed = *offer;

    agreed.kbit = 0;
    for (unsigned i = 0; i < agreed.count; i++) {
        struct sdp_stream *s = &agreed.streams[i];
        const struct sdp_stream *answered = i < answer->count ? &answer->streams[i] : NULL;

        refused += s->port && (!answered || !answered->port);
        if (!answered || !answered->port)
            s->port = 0;
        else
            s->kbit = smaller(s->kbit, answered->kbit);
        silent += s->port && !s->kbit;
    }
    sum = sdp_kbit(&agreed, look->config->audio_kbit, look->config->video_kbit);
    if (!session || !sum)
        return sum;
    return silent && !refused ? session : MIN(session, sum);
}

/* An UPDATE's 2xx while it rings (RFC 3311) answers no call. */
static bool is_up(const struct look *look)
{
    return look->call->established || is(look, "INVITE") || is(look, "ACK");
}

static void take_answer(struct look *look, bool final)
{
    struct asked holes[CALL_HOLES_MAX];
    struct call *call = look->call;
    const struct config *c = look->config;
    unsigned count;

    if (!call->authenticated) {
        log_line("op=answer call=%s result=nobody-vouches", call->id);
        return;
    }
    if (!c->clear && !look->enveloped && !look->signed_by_sender) {
        log_line("op=answer call=%s result=in-clear", call->id);
        return;
    }
    if (final && is_up(look))
        calls_extend(look->calls, call, look->now);
    name_addresses(call, &look->sdp, look->signed_by_sender);
    count = holes_of(look, holes);
    gates_take_secrets(call, &look->sdp, of_caller(look) ? 0 : 1);
    if (final) { /* before the journal has it */
        calls_admit(look->calls, call, MIN(call->kbit, agreed_kbit(look)));
        call->agreed_kbit = call->kbit;
    }
    gates_ask(look->calls, c, call, holes, count, final, look->now);
}

/* -- messages ---------------------------------------------------------------------------------- */

static void end(struct look *look, const char *why)
{
    if (look->call)
        calls_end(look->calls, look->call, why);
    look->call = NULL;
}

/* A request without a description: the offer comes with its response. */
static void expect_offer(struct look *look)
{
    look->call->empty_cseq = look->m->cseq;
    look->call->empty_vouched = vouched_for(look);
}

/* Another INVITE in the name of a call that somebody vouched for; that it is the same sender's,
 * only the like shows. */
static bool is_another_try(const struct look *look)
{
    return look->call->authenticated && !look->m->to_tag[0];
}

static void judge_invite(struct look *look)
{
    bool begun = !look->call;

    if (look->call && !look->m->to_tag[0] && strcmp(look->m->from, look->call->from) != 0) {
        refuse(look, 403, "this call is another sender's");
        return;
    }
    if (!look->call)
        look->call = calls_begin(look->calls, look->m, look->question->trunk, look->now);
    if (!look->call) {
        refuse(look, 503, "too many calls at once");
        return;
    }
    read_body(look);
    if (!look->verdict->code && !vouched_for(look) &&
        (is_another_try(look) || (look->has_sdp && needs_voucher(look))))
        refuse(look, 403, "nobody vouches for the sender: sign the message, or register here");
    if (!look->verdict->code && vouched_for(look))
        look->call->authenticated = true;
    if (!look->verdict->code && look->has_sdp)
        take_offer(look, look->m->cseq, vouched_for(look));
    else if (!look->verdict->code && is(look, "INVITE"))
        expect_offer(look);
    if (!look->verdict->code && is(look, "INVITE"))
        look->call->invite_cseq = look->m->cseq;
    if (look->verdict->code && !look->call->established && is(look, "INVITE") &&
        (begun || vouched_for(look)))
        end(look, "refused");
    else if (!look->call->authenticated) /* it has nothing, and takes no room from others */
        end(look, "nobody-vouches");
}

/* What was said of another try of the same call is not about this one. */
static bool is_of_last_invite(const struct look *look)
{
    return !look->call->invite_cseq || look->m->cseq == look->call->invite_cseq;
}

static const char *other_tag(const struct look *look)
{
    bool from_caller = strcmp(look->m->from_tag, look->call->tag) == 0;

    return from_caller ? look->m->to_tag : look->m->from_tag;
}

/* Between the caller and whoever answered first. */
static bool is_of_dialog(const struct look *look)
{
    const char *known = look->call->other_tag, *other = other_tag(look);

    return !known[0] || !other[0] || strcmp(other, known) == 0;
}

/* What one side began with the other's tag is between these two as well, and over too. While it
 * rings (RFC 3261, 15) who is called has nothing to end, and the caller ends what is between him
 * and one of them; or the answer that it came behind is told later. */
static void end_between(struct look *look)
{
    for (; look->call && is_of_dialog(look); look->call = calls_find(look->calls, look->m)) {
        struct call *call = look->call;

        if (!call->established && !call->other_tag[0]) {
            g_strlcpy(call->left_tag, other_tag(look), sizeof call->left_tag);
            return;
        }
        end(look, "bye");
    }
}

/* An ACK or PRACK to the response that had the offer, of whoever sent the request that had none. */
static bool answers_late_offer(const struct look *look)
{
    const struct call *call = look->call;
    unsigned cseq = is(look, "PRACK") ? look->m->rack : look->m->cseq;

    return (is(look, "ACK") || is(look, "PRACK")) && cseq == call->offer_cseq &&
           call->empty_cseq == call->offer_cseq && call->offer_of_caller != of_caller(look);
}

static void judge_request(struct look *look)
{
    if (look->question->failed || is(look, "CANCEL")) {
        if (look->call && !look->call->established && is_of_last_invite(look))
            end(look, look->question->failed ? "failed" : "cancel");
    } else if (look->call && !is_of_dialog(look)) { /* a branch that was not taken */
        if (is(look, "INVITE") || is(look, "UPDATE"))
            refuse(look, 481, "another phone answered this call first");
    } else if (is(look, "BYE")) {
        end_between(look);
    } else if (is(look, "INVITE") || (is(look, "UPDATE") && look->call)) {
        judge_invite(look);
    } else if (look->call && look->m->body.len > 0 && answers_late_offer(look)) {
        read_body(look);
        if (look->has_sdp) {
            take_answer(look, is(look, "ACK"));
            look->call->empty_cseq = 0; /* once: who repeats either is nobody */
            look->call->offer_vouched = false;
        }
    }
}

static bool is_answer_to_offer(const struct look *look)
{
    return look->m->cseq == look->call->offer_cseq &&
           look->call->offer_of_caller != of_caller(look);
}

/* An offer within a call was refused: all is as before it. */
static void withdraw_offer(struct look *look)
{
    struct call *call = look->call;

    if (!call->established || !is_answer_to_offer(look))
        return;
    calls_admit(look->calls, call, call->agreed_kbit);
    call->offer_cseq = 0;
    log_line("op=offer call=%s result=withdrawn kbit=%u", call->id, call->kbit);
}

static bool has_left(const struct call *call)
{
    return call->left_tag[0] && strcmp(call->other_tag, call->left_tag) == 0;
}

static void judge_response(struct look *look)
{
    const struct sip_message *m = look->m;
    bool final = m->status >= 200;

    if (!look->call || m->status == 100 || !is_of_dialog(look))
        return;
    if (m->status >= 300) {
        withdraw_offer(look);
        return;
    }
    if (final && is(look, "INVITE"))
        g_strlcpy(look->call->other_tag, other_tag(look), sizeof look->call->other_tag);
    if (has_left(look->call)) {
        end(look, "bye");
        return;
    }
    if (m->body.len > 0)
        read_body(look);
    if (look->verdict->code) { /* it is on its way already: what it describes stays shut */
        look->verdict->code = 0;
        return;
    }
    if (look->has_sdp && is_answer_to_offer(look))
        take_answer(look, final);
    else if (look->has_sdp && m->cseq == look->call->empty_cseq && look->call->authenticated)
        take_offer(look, m->cseq, look->call->empty_vouched || look->signed_by_sender);
    look->verdict->code = 0;
    if (final && is(look, "INVITE") && !look->call->established)
        calls_establish(look->calls, look->call, look->now);
}

void judge(struct calls *calls, const struct config *config, const struct question *question,
           int64_t now, struct verdict *verdict)
{
    struct sip_message m;
    struct look look = {.calls = calls,
                        .config = config,
                        .question = question,
                        .m = &m,
                        .verdict = verdict,
                        .now = now};
    const char *fault = sip_parse(question->message, &m);

    memset(verdict, 0, sizeof *verdict);
    if (fault) {
        refuse(&look, 400, fault);
    } else {
        look.call = calls_find(calls, &m);
        if (m.request)
            judge_request(&look);
        else
            judge_response(&look);
    }
    if (verdict->code)
        log_line("op=refuse method=%s code=%d why=\"%s\"", m.method, verdict->code, verdict->words);
    OPENSSL_cleanse(&look.sdp, sizeof look.sdp);
    sip_clear(&m);
}
