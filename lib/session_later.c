/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A description that comes later in the dialog, held against what was bound. */
#include "session_private.h"

#include <string.h>

simauth_actions simauth_session_other_media(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_SDP_DIFFERENT);
}

/* The first m-line's ZRTP is the one on which all others' rests. */
#define BUT_FIRST (~UINT64_C(1))

bool session_answer_less(struct simauth_session *s, const char *sdp, size_t sdp_len)
{
    uint64_t gone = simauth_streams_refused(sdp, sdp_len) & BUT_FIRST;
    struct simauth_octets now = {0}, streams = {0};
    bool has_zrtp;

    if (simauth_streams(sdp, sdp_len, &now, &streams, &has_zrtp) != SIMAUTH_OK ||
        !simauth_binding_kept(&now, &s->answer_binding, gone) ||
        !simauth_streams_among(&streams, &s->streams_b)) {
        simauth_octets_clear(&now);
        simauth_octets_clear(&streams);
        return false;
    }
    simauth_octets_clear(&s->answer_binding);
    simauth_octets_clear(&s->streams_b);
    s->answer_binding = now;
    s->streams_b = streams;
    return true;
}

static bool fits_but(const struct simauth_session *s, bool ours, const char *sdp, size_t sdp_len,
                     uint64_t refused)
{
    bool by_caller = ours == (s->role == ROLE_CALLER);
    const struct simauth_octets *bound = &s->answer_binding, *streams = &s->streams_b;
    const struct simauth_octets *others = &s->streams_a;
    const struct simauth_octets *own = s->role == ROLE_CALLER ? &s->streams_a : &s->streams_b;
    struct simauth_octets now = {0}, streams_now = {0};
    uint64_t gone;
    bool has_zrtp, fits;

    if (!sdp || sdp_len == 0 || s->t3.len == 0)
        return true;
    if (by_caller) {
        bound = s->invite_has_zrtp ? &s->invite_binding : &s->ack_binding;
        streams = &s->streams_a;
        others = &s->streams_b;
    }
    gone = (refused | simauth_streams_refused(sdp, sdp_len)) & simauth_streams_without(others);
    fits =
        simauth_streams_but(sdp, sdp_len, refused, &now, &streams_now, &has_zrtp) == SIMAUTH_OK &&
        simauth_binding_kept(&now, bound, gone & BUT_FIRST) &&
        simauth_streams_among(&streams_now, streams);
    /* Somebody on the way may have put a stream into what the peer was heard to say, though not
     * into what we said. With a late offer that comes last, in our ACK. */
    if (!ours && own->len > 0)
        fits = fits && simauth_streams_among(&streams_now, own);
    simauth_octets_clear(&now);
    simauth_octets_clear(&streams_now);
    return fits;
}

bool simauth_session_later_fits(const struct simauth_session *s, bool ours, const char *sdp,
                                size_t sdp_len)
{
    return fits_but(s, ours, sdp, sdp_len, 0);
}

bool simauth_session_offer_fits(const struct simauth_session *s, const char *offer,
                                size_t offer_len, const char *answer, size_t answer_len)
{
    return fits_but(s, true, offer, offer_len, simauth_streams_refused(answer, answer_len));
}
