/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A description that comes later in the dialog, held against what was bound. */
#include "session_private.h"

#include <string.h>

simauth_actions simauth_session_other_media(struct simauth_session *s)
{
    return session_advance(s, SIMAUTH_EVENT_SDP_DIFFERENT);
}

static bool fits_but(const struct simauth_session *s, bool ours, const char *sdp, size_t sdp_len,
                     uint64_t refused)
{
    bool by_caller = ours == (s->role == ROLE_CALLER);
    const struct simauth_octets *bound = &s->answer_binding, *streams = &s->streams_b;
    const struct simauth_octets *own = s->role == ROLE_CALLER ? &s->streams_a : &s->streams_b;
    struct simauth_octets now = {0}, streams_now = {0};
    bool has_zrtp, fits;

    if (!sdp || sdp_len == 0 || s->t3.len == 0)
        return true;
    if (by_caller) {
        bound = s->invite_has_zrtp ? &s->invite_binding : &s->ack_binding;
        streams = &s->streams_a;
    }
    fits =
        simauth_streams_but(sdp, sdp_len, refused, &now, &streams_now, &has_zrtp) == SIMAUTH_OK &&
        now.len == bound->len && memcmp(now.data, bound->data, now.len) == 0 &&
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
