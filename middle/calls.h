/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calls that are there: what each was given of the bandwidth, and its pinholes. What is open is
 * in a journal too, so that it outlives this process; keys are in memory alone. */
#ifndef SIMAUTH_MIDDLE_CALLS_H
#define SIMAUTH_MIDDLE_CALLS_H

#include "config.h"
#include "firewall.h"
#include "sip.h"

#include <e2m/key_reuse.h>

#define CALL_CEKS_MAX 8
#define CALL_HOLES_MAX 32
#define CALL_NAMED_MAX 16
#define CALLS_MAX 32768
#define CALLS_OF_ONE_MAX (CALLS_MAX / 8)    /* of one sender: others have calls too */
#define CALLS_OF_DOMAIN_MAX (CALLS_MAX / 2) /* of one that is not ours, for the same reason */
#define CALLS_OF_FLOW_MAX 8 /* that wait for tokens of it: each token is held to all */
#define CALL_ID_LEN 12
#define CALL_SIDES 2 /* 0: the caller, 1: the callee */

/* What tokens did for one stream of a call (gates.h). */
struct gate_side {
    bool has_secret, closed; /* closed: by its own token, until the next that opens */
    uint64_t counter;        /* of the last token that was taken */
    int64_t until;
};
struct gate {
    struct gate_side sides[CALL_SIDES];
    bool open;
};
/* A pinhole that waits for tokens. */
struct asked {
    struct pinhole hole;
    unsigned stream;
    bool a_is_caller;
    bool guarded[CALL_SIDES]; /* whose end this server guards: he has to show one */
    bool open;
};

/* In a room of their own: locked, and in no core dump. */
struct call_keys {
    struct e2m_cek ceks[CALL_CEKS_MAX];
    uint8_t secrets[SDP_STREAMS_MAX][CALL_SIDES][E2M_TOKEN_SECRET_LEN];
};

/* An address in the call's descriptions. */
struct named {
    struct sdp_address address;
    bool vouched; /* by the word of somebody who was vouched for */
};

struct call {
    char *key;                /* Call-ID and the caller's tag */
    char id[CALL_ID_LEN + 1]; /* of the log: the beginning of its hash */
    char tag[SIP_WORD_MAX + 1];
    char other_tag[SIP_WORD_MAX + 1]; /* of who answered first; "": nobody yet, or not known */
    char left_tag[SIP_WORD_MAX + 1];  /* of who said BYE, or was told it, before that; "": nobody */
    char from[SIMAUTH_AOR_MAX + 1], to[SIMAUTH_AOR_MAX + 1];
    char trunk[SIP_WORD_MAX + 1]; /* "": none */
    bool authenticated, established;
    bool in_journal;                 /* with pinholes or without: its end has to be there too */
    unsigned kbit;                   /* of an offer that waits for its answer too */
    unsigned agreed_kbit;            /* of the last answer; 0: none yet */
    struct sdp offer;                /* without its secrets */
    unsigned invite_cseq;            /* of the last INVITE; 0: not known */
    unsigned offer_cseq, empty_cseq; /* of the request with the offer; of one without; 0: none */
    bool offer_of_caller;
    bool offer_vouched, empty_vouched;  /* who sent these was vouched for */
    struct named named[CALL_NAMED_MAX]; /* so far; the oldest goes */
    unsigned next_named;
    struct call_keys *keys; /* NULL: none yet */
    unsigned cek_count, next_cek;
    struct pinhole holes[CALL_HOLES_MAX];
    unsigned hole_count;
    struct gate gates[SDP_STREAMS_MAX];
    struct asked asked[CALL_HOLES_MAX];
    unsigned asked_count;
    bool token_told;   /* that a wrong one came */
    unsigned refusals; /* by nft, one after the other; 0: its pinholes are there */
    int64_t retry_at;  /* 0: it waits for what became of the last try */
    int64_t expires;
};

struct calls;
/* Reads the journal, and makes the kernel's sets what it says. NULL with a sentence in `error`
 * (CONFIG_ERROR_MAX). `config` must outlive it. */
struct calls *calls_open(const struct config *config, int64_t now, char *error);
/* Pinholes stay: calls go on. Keys are wiped. */
void calls_free(struct calls *calls);
/* From now on this configuration, which must outlive the calls; those that are there stay. */
void calls_use(struct calls *calls, const struct config *config);

/* The call that a message belongs to; NULL: none. */
struct call *calls_find(const struct calls *calls, const struct sip_message *message);
/* Whether what was signed (its SHA-256) was in no other call's message, and of no other tag's; from
 * now on it is this sender's in this call, until its signature is too old for anybody. */
bool calls_own_body(struct calls *calls, const struct sip_message *message,
                    const uint8_t hash[static 32], int64_t now);
/* A new one, of this INVITE; NULL: there are CALLS_MAX, CALLS_OF_ONE_MAX of this sender's or
 * CALLS_OF_DOMAIN_MAX of its domain. */
struct call *calls_begin(struct calls *calls, const struct sip_message *message, const char *trunk,
                         int64_t now);
/* Takes `kbit` for the call in the place of what it has. NULL, or which limit stands against it;
 * then it keeps what it had. */
const char *calls_admit(struct calls *calls, struct call *call, unsigned kbit);
/* Room for its keys; NULL: there is no memory. */
struct call_keys *call_keys(struct call *call);
/* Takes a key into the call (copied) for answers to come. */
void call_keep_cek(struct call *call, const struct e2m_cek *cek);
/* Opens these behind this; with `all` they are all that the call has from now on, else they come to
 * the others. */
void calls_open_holes(struct calls *calls, struct call *call, const struct pinhole *holes,
                      unsigned count, bool all, int64_t now);
/* What became of what the firewall was asked for. Calls that were refused have no pinholes: they
 * are asked for again after 1, 2, 4 seconds, at last each 30, until it works or the call is over.
 */
void calls_take_results(struct calls *calls, int64_t now);
void calls_retry(struct calls *calls, int64_t now);
/* Somebody may have emptied the kernel's sets: what calls have now is opened once more by
 * calls_open_some(), of so many at a time. False: that were the last. */
void calls_open_again(struct calls *calls);
bool calls_open_some(struct calls *calls, unsigned most, int64_t now);

/* How it is, for whoever watches it. */
struct calls_state {
    unsigned calls, with_holes, shut; /* shut: without pinholes, for nft refuses */
    uint64_t kbit, refusals;          /* refusals: of nft's, since the start */
    unsigned journal_pending, journal_seconds;
    bool journal_failing;
    uint64_t journal_late; /* changes of the kernel's sets that the disk did not have before */
};
struct calls_state calls_look(struct calls *calls);

/* From one address and port to another. */
struct flow {
    struct sdp_address from, to;
    uint16_t from_port, to_port, zero[2];
};
/* The call waits for tokens on just these pinholes, both ways. */
void calls_await(struct calls *calls, struct call *call, const struct asked *asked, unsigned count);
/* Each call that waits for tokens of this flow, until one says that it was its: `each` returns
 * true. */
void calls_each_of(struct calls *calls, const struct flow *flow,
                   bool (*each)(struct call *call, void *data), void *data);
/* Each call; it may change them, and end none. */
void calls_each(struct calls *calls, void (*each)(struct call *call, void *data), void *data);
/* It is answered, and lives call_seconds from now; its pinholes do when they are opened next. */
void calls_extend(struct calls *calls, struct call *call, int64_t now);
/* The same without a description, which came while it rang: so it was agreed to, and its pinholes
 * live on. */
void calls_establish(struct calls *calls, struct call *call, int64_t now);
/* It goes on: the same, and its pinholes too. Nothing while more than half of its time is left. */
void calls_prolong(struct calls *calls, struct call *call, int64_t now);
/* Closes and forgets it. */
void calls_end(struct calls *calls, struct call *call, const char *why);
/* Those whose time is over. */
void calls_expire(struct calls *calls, int64_t now);

#endif
