/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tokens.h"
#include "call.h"
#include "media.h"
#include "note.h"

/* A server hears of the answer a moment after the phones; the first ones may be too early. */
#define LOOK_MS 250u
#define EARLY_MS 500u
#define EARLY_COUNT 10
#define EACH_MS 5000u

struct tokens {
    struct core *core;
    struct sip_call *sip;
    const struct pinholes *pinholes;
    const char *own, *peer;
    struct sip_timer *timer;
    uint64_t counters[PINHOLES_MAX];
    int sent; /* rounds since streams run; 0: none does */
    bool told, closed;
};

static LinphoneCall *linphone_of(const struct tokens *tokens)
{
    const struct call *call = sip_call_user_data(tokens->sip);

    return call ? call_linphone(call)
                : core_linphone_call(tokens->core, sip_call_id(tokens->sip),
                                     sip_call_first_id(tokens->sip));
}

static bool send_one(struct tokens *tokens, LinphoneCall *call, size_t index, bool close)
{
    const struct pinhole_line *line = &tokens->pinholes->lines[index];
    struct e2m_token token = {.close = close, .counter = tokens->counters[index] + 1};
    uint8_t packet[E2M_TOKEN_LEN];

    if (!*line->media || !media_rtcp_ready(call, line->media, &token.ssrc) ||
        !e2m_token_make(line->secret, tokens->own, tokens->peer, &token, packet))
        return false;
    tokens->counters[index]++;
    return media_rtcp_send(call, line->media, packet, sizeof(packet));
}

/* How many left: of two streams of a kind, which only the first is known, the first alone. */
static int send_all(struct tokens *tokens, bool close)
{
    LinphoneCall *call = linphone_of(tokens);
    int sent = 0;

    for (size_t i = 0; call && i < PINHOLES_MAX; i++) {
        bool second = false;

        for (size_t j = 0; j < i; j++)
            second = second ||
                     !g_strcmp0(tokens->pinholes->lines[j].media, tokens->pinholes->lines[i].media);
        sent += !second && send_one(tokens, call, i, close);
    }
    return sent;
}

static void tick(void *arg)
{
    struct tokens *tokens = arg;
    int sent = send_all(tokens, false);
    unsigned ms = !sent ? LOOK_MS : tokens->sent < EARLY_COUNT ? EARLY_MS : EACH_MS;

    tokens->sent = sent ? tokens->sent + 1 : 0; /* streams that begin anew begin so too */
    if (sent && !tokens->told)
        note_call(sip_call_id(tokens->sip), false, "e2m-token", "streams=%d", sent);
    tokens->told = tokens->told || sent;
    sip_timer_stop(tokens->timer);
    tokens->timer = sip_timer_start(tokens->core->provider, ms, tick, tokens);
}

struct tokens *tokens_new(struct core *core, struct sip_call *sip, const struct pinholes *pinholes,
                          const char *own, const char *peer)
{
    struct tokens *tokens = g_new0(struct tokens, 1);

    *tokens =
        (struct tokens){.core = core, .sip = sip, .pinholes = pinholes, .own = own, .peer = peer};
    tokens->timer = sip_timer_start(core->provider, LOOK_MS, tick, tokens);
    return tokens;
}

void tokens_close(struct tokens *tokens)
{
    if (tokens->closed)
        return;
    tokens->closed = true;
    sip_timer_stop(tokens->timer);
    tokens->timer = NULL;
    if (tokens->told)
        (void)send_all(tokens, true);
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    sip_timer_stop(tokens->timer);
    g_free(tokens);
}
