/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sink takes the key of a call (docs/protocol.md section 5). One file a sink; ZRTP is the only
 * one. It knows mediastreamer2 and the LinphoneCall, and nothing of sessions. Everything here runs
 * on the main loop.
 */
#ifndef SIMAUTH_PLUGIN_SINK_H
#define SIMAUTH_PLUGIN_SINK_H

#include <linphone/core.h>
#include <simauth/secret.h>
#include <stdbool.h>
#include <stddef.h>

#define SINK_SAID_MAX 64 /* "" at the beginning of a call */

enum sink_verdict {
    SINK_NOT_YET,  /* no encryption decided */
    SINK_MATCH,    /* secured with the same key at both ends */
    SINK_MISMATCH, /* secured, but the keys differ, or one end had none */
    SINK_WEAK      /* not, or no longer, encrypted by this sink */
};

struct sink {
    const char *name;  /* "zrtp" */
    const char *label; /* of the key, section 4 */
    size_t key_len;
    /* NULL when this Linphone has all that is needed, else the name of what is missing. */
    const char *(*missing)(void);
    /* In OutgoingInit: the call will offer this sink, whatever the person's setting, which stays as
     * it is. False when the call cannot. */
    bool (*raise)(LinphoneCall *call);
    /* Around letting an INVITE in that offers this sink: somebody who made another encryption
     * mandatory would refuse it; and around one without SDP (`offers`): the offer will be ours, and
     * is to be of this sink. let_in(arg) runs within; the setting is as before afterwards. */
    void (*admit)(LinphoneCore *lc, bool offers, void (*let_in)(void *arg), void *arg);
    /* Gives the key to the main audio stream; before media starts. A second key before that
     * replaces the first. False: too late or no such stream; then the call is not authenticated. */
    bool (*key)(LinphoneCall *call, const struct simauth_secret *key);
    /* What the media says now. `on` and what changed come from Linphone's callback. */
    enum sink_verdict (*verdict)(LinphoneCall *call, bool on);
    /* Marks the stream's own check (ZRTP: the letters) as done or not done; `allowed` false: only
     * ever takes the mark away. Once for each word about the same letters, which `said` remembers:
     * what the person says of them afterwards stays. Linphone calls back within. False: not
     * possible in this early media; to be said again when streams run. */
    bool (*mark)(LinphoneCall *call, bool proved, bool allowed, char said[static SINK_SAID_MAX]);
    /* A copy of the SDP, of the same length, where lines that would replace our key mean nothing;
     * NULL when there are none (or out of memory: *failed). free() it. */
    char *(*clean)(const char *sdp, size_t len, size_t *clean_len, bool *failed);
};

extern const struct sink sink_zrtp;

#endif
