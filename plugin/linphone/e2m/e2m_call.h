/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call's end-to-middle protection, for the two files that know it: e2m.c and e2m_readers.c. */
#ifndef SIMAUTH_PLUGIN_E2M_CALL_H
#define SIMAUTH_PLUGIN_E2M_CALL_H

#include "core.h"
#include "e2m_talk.h"

enum e2m_word { E2M_WORD_ASKED, E2M_WORD_ENVELOPED, E2M_WORD_CLEAR, E2M_WORD_REFUSED };

/* One call whose bodies are enveloped, or should be. */
struct e2m_call {
    struct e2m_call *next;
    struct core *core;
    struct sip_call *sip;
    enum settings_policy policy;
    struct settings *settings; /* those of this call */
    bool opened;               /* callee: the INVITE was enveloped, and is open */
    bool taken_back;           /* caller: to be placed in clear */
    bool caller, in_clear;     /* it leaves as it is: nothing else was possible, or wanted */
    bool known;                /* caller: the other side has read envelopes before */
    bool over;                 /* its record is written */
    int64_t began;
    char *id; /* Call-ID of the first try */
    enum e2m_word word;
    bool waiting;               /* the INVITE is held: files are being read */
    struct sip_timer *patience; /* for that */
    struct e2m_keys *keys;
    struct e2m_talk *talk;
    struct tokens *tokens;                                    /* NULL: no server can have any */
    char own[SIMAUTH_AOR_MAX + 1], peer[SIMAUTH_AOR_MAX + 1]; /* canonical */
    char peer_certificate[65];                                /* fingerprint; "": none */
    char signer[E2M_SIGNER_NAME];
    char why[E2M_ERROR_MAX];
};

/* e2m.c: what the person is told from now on. */
void e2m_call_tell(struct e2m_call *call, enum e2m_word word, const char *why);

/* What the phone holds, and for whom it envelopes. False: with a sentence in call->why. */
bool e2m_call_read_keys(struct e2m_call *call);
bool e2m_call_add_readers(struct e2m_call *call);
/* A refusal that says what the other side reads (Accept, RFC 3261, 21.4.13): EnvelopedData alone.
 * True: the same call is placed once more so, or it cannot be. */
bool e2m_call_heard_form(struct e2m_call *call, belle_sip_response_t *response);
/* A 493 with a certificate, a server's or the peer's own. True: the same call is placed once more,
 * or a stranger was refused; false: there is nothing to take in it. */
bool e2m_call_heard_asker(struct e2m_call *call, belle_sip_response_t *response);

#endif
