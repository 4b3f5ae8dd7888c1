/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gates.h"
#include "log.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>

static const char *const side_names[CALL_SIDES] = {"caller", "callee"};

void gates_take_secrets(struct call *call, const struct sdp *sdp, unsigned side)
{
    for (unsigned i = 0; i < sdp->count; i++) {
        const struct sdp_stream *stream = &sdp->streams[i];
        struct gate_side *s = &call->gates[i].sides[side];
        struct call_keys *keys = stream->has_secret ? call_keys(call) : NULL;
        uint8_t *secret = keys ? keys->secrets[i][side] : NULL;

        s->has_secret = secret != NULL;
        if (!secret) {
            s->closed = false;
            s->until = 0;
        } else if (CRYPTO_memcmp(secret, stream->secret, sizeof stream->secret) != 0) {
            *s = (struct gate_side){.has_secret = true};
            memcpy(secret, stream->secret, sizeof stream->secret);
        } /* the same again, also after an offer without: what was counted stays counted */
    }
}

/* -- what is open ------------------------------------------------------------------------------ */

/* Each side that this server guards keeps it open, and neither wants it closed: who is outside says
 * in a description whose address he likes, and opens nothing to somebody who did not ask for it. */
static bool should_be_open(const struct gate *gate, const struct asked *asked, int64_t now)
{
    for (unsigned side = 0; side < CALL_SIDES; side++)
        if (gate->sides[side].closed || (asked->guarded[side] && gate->sides[side].until <= now))
            return false;
    return true;
}

/* The firewall gets what the gates say, and nothing where they say what it has. */
static void apply(struct calls *calls, struct call *call, int64_t now, bool force)
{
    struct pinhole holes[CALL_HOLES_MAX];
    bool changed = force;
    unsigned count = 0;

    for (unsigned i = 0; i < SDP_STREAMS_MAX; i++)
        call->gates[i].open = false;
    for (unsigned i = 0; i < call->asked_count; i++) {
        struct asked *asked = &call->asked[i];
        struct gate *gate = &call->gates[asked->stream];
        bool open = should_be_open(gate, asked, now);

        changed = changed || open != asked->open;
        asked->open = open;
        gate->open = gate->open || open;
        if (open)
            holes[count++] = asked->hole;
    }
    if (changed)
        calls_open_holes(calls, call, holes, count, true, now);
}

static bool any_secret(const struct call *call)
{
    for (unsigned i = 0; i < call->asked_count; i++)
        for (unsigned side = 0; side < CALL_SIDES; side++)
            if (call->gates[call->asked[i].stream].sides[side].has_secret)
                return true;
    return false;
}

void gates_ask(struct calls *calls, const struct config *config, struct call *call,
               const struct asked *asked, unsigned count, bool all, int64_t now)
{
    struct pinhole holes[CALL_HOLES_MAX];
    struct asked waits[CALL_HOLES_MAX];
    unsigned waiting = all ? 0 : call->asked_count;

    if (!config->tokens) {
        for (unsigned i = 0; i < count; i++)
            holes[i] = asked[i].hole;
        calls_open_holes(calls, call, holes, count, all, now);
        return;
    }
    memcpy(waits, call->asked, waiting * sizeof waits[0]);
    for (unsigned i = 0; i < count && waiting < CALL_HOLES_MAX; i++) {
        struct asked *wait = &waits[waiting++];

        *wait = asked[i];
        wait->guarded[!asked[i].a_is_caller] = config_guards(config, &asked[i].hole.a);
        wait->guarded[asked[i].a_is_caller] = config_guards(config, &asked[i].hole.b);
    }
    calls_await(calls, call, waits, waiting);
    log_line("op=asked call=%s holes=%u result=%s", call->id, call->asked_count,
             any_secret(call) ? "waits-for-token" : "no-secret: it will have no media");
    apply(calls, call, now, true);
}

/* -- a token ----------------------------------------------------------------------------------- */

struct showing {
    struct calls *calls;
    const struct config *config;
    const struct token_packet *packet;
    struct e2m_token token;
    int64_t now;
    bool taken;
};

static bool is_end(const struct sdp_address *address, uint16_t port,
                   const struct sdp_address *other, uint16_t other_port)
{
    return port == other_port && memcmp(address, other, sizeof *address) == 0;
}

/* Whether it went through this pinhole; which side sent it. */
static bool went_through(const struct token_packet *p, const struct asked *asked, unsigned *side)
{
    const struct pinhole *h = &asked->hole;
    bool from_a = is_end(&p->from, p->from_port, &h->a, h->a_port) &&
                  is_end(&p->to, p->to_port, &h->b, h->b_port);
    bool from_b = is_end(&p->from, p->from_port, &h->b, h->b_port) &&
                  is_end(&p->to, p->to_port, &h->a, h->a_port);

    *side = from_a == asked->a_is_caller ? 0 : 1;
    return from_a || from_b;
}

static const char *fault_of(const struct showing *showing, const struct call *call, unsigned stream,
                            unsigned side)
{
    const struct gate_side *s = &call->gates[stream].sides[side];
    const char *from = side == 0 ? call->from : call->to, *to = side == 0 ? call->to : call->from;

    if (!s->has_secret)
        return "its sender gave no secret";
    if (!e2m_token_proved(call->keys->secrets[stream][side], from, to, showing->packet->octets))
        return "wrong MAC";
    return showing->token.counter > s->counter ? NULL : "counter was there before";
}

static void take(struct showing *showing, struct call *call, unsigned stream, unsigned side)
{
    struct gate_side *s = &call->gates[stream].sides[side];
    const char *fault = fault_of(showing, call, stream, side);
    bool before = call->gates[stream].open;

    if (fault) {
        if (!call->token_told)
            log_line("op=token call=%s stream=%u from=%s result=refused why=\"%s\"", call->id,
                     stream, side_names[side], fault);
        call->token_told = true;
        return;
    }
    showing->taken = true;
    s->counter = showing->token.counter;
    s->closed = showing->token.close;
    s->until = s->closed ? 0 : showing->now + showing->config->token_seconds;
    apply(showing->calls, call, showing->now, false);
    if (call->gates[stream].open)
        calls_prolong(showing->calls, call, showing->now);
    if (before != call->gates[stream].open)
        log_line("op=token call=%s stream=%u from=%s result=%s", call->id, stream, side_names[side],
                 s->closed ? "closed" : "open");
}

static bool show(struct call *call, void *data)
{
    struct showing *showing = data;
    unsigned side;

    for (unsigned i = 0; i < call->asked_count; i++)
        if (went_through(showing->packet, &call->asked[i], &side)) {
            take(showing, call, call->asked[i].stream, side);
            break;
        }
    return showing->taken;
}

void gates_token(struct calls *calls, const struct config *config,
                 const struct token_packet *packet, int64_t now)
{
    struct showing showing = {.calls = calls, .config = config, .packet = packet, .now = now};
    struct flow flow;

    if (!config->tokens || !e2m_token_read(packet->octets, sizeof packet->octets, &showing.token))
        return;
    memset(&flow, 0, sizeof flow);
    flow.from = packet->from;
    flow.to = packet->to;
    flow.from_port = packet->from_port;
    flow.to_port = packet->to_port;
    calls_each_of(calls, &flow, show, &showing);
}

/* -- no token ---------------------------------------------------------------------------------- */

static void expire(struct call *call, void *data)
{
    struct showing *showing = data;

    bool open[SDP_STREAMS_MAX];

    for (unsigned i = 0; i < SDP_STREAMS_MAX; i++)
        open[i] = call->gates[i].open;
    apply(showing->calls, call, showing->now, false);
    for (unsigned i = 0; i < SDP_STREAMS_MAX; i++)
        if (open[i] && !call->gates[i].open)
            log_line("op=token call=%s stream=%u result=closed why=\"no token any more\"", call->id,
                     i);
}

void gates_expire(struct calls *calls, int64_t now)
{
    struct showing showing = {.calls = calls, .now = now};

    calls_each(calls, expire, &showing);
}
