/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The phone's client of its operator's gateway: Ub (bootstrapping by the SIM) and Ua (everything
 * else), docs/protocol.md section 6. One connection kept open. Everything here may wait (a second a
 * request, ten for the first) and is called on the worker only. Vectors are never kept beyond the
 * call of the function that returns them.
 */
#ifndef SIMAUTH_PLUGIN_AG_H
#define SIMAUTH_PLUGIN_AG_H

#include <simauth/session.h>
#include <simauth/setup.h>

#define AG_ERROR_MAX 256

/* What Ub needs of the SIM, without knowing it. */
struct ag_card {
    enum simauth_card_status (*run)(void *user, const struct simauth_challenge *challenge,
                                    struct simauth_card_answer *answer);
    /* H(A1) of the identity's password for this realm (GBA_Digest); NULL: it has a SIM. Wipe it. */
    enum simauth_card_status (*ha1)(void *user, const char *realm, struct simauth_secret *ha1);
    void *user;
};

struct ag_settings {
    const char *gateway; /* FQDN, or FQDN:port */
    const char *impi;
    const char *ca_file;       /* anchors of TLS and of operators' statements; NULL: the system's */
    const char *local_address; /* another interface or address than SIP's (NULL: any) */
    unsigned request_ms;       /* limit of one request, 1000 by default when 0 */
    bool sim_2g; /* bootstrap as TS 33.220 annex I has it; a SIM with a USIM never does */
    bool no_sim; /* as annex M has it: a password; no SIM is ever run */
};

struct ag;

/* Nothing is sent yet. NULL: out of memory, or an unreadable ca_file (`error`, AG_ERROR_MAX octets,
 * says so). */
struct ag *ag_open(const struct ag_settings *settings, const struct ag_card *card, char *error);
void ag_close(struct ag *ag); /* wipes Ks_NAF; NULL is allowed */
/* One more for another thread, with the same session and a connection of its own; it never runs the
 * SIM: when the session is over, each request is AG_NO_CARD. NULL: out of memory, or no session. */
struct ag *ag_beside(const struct ag *ag);
/* The sentence about the last failure, for the log and for people; never a secret, never an IMSI.
 */
const char *ag_error(const struct ag *ag);

enum ag_status {
    AG_OK,
    AG_REFUSED,    /* 4xx that is none of the following */
    AG_NOBODY,     /* 404: no operator vouches for that address */
    AG_DOWN,       /* no answer in time, connection, TLS or HTTP failure, 429, 5xx */
    AG_GARBAGE,    /* an answer that is not what section 6.1 says */
    AG_BAD_VECTOR, /* the operator's statement does not verify: ag_error() tells a wrong clock from
                      a wrong operator */
    AG_NO_CARD,    /* bootstrapping needs the SIM and it cannot answer */
    AG_NO_METHOD   /* 422: no SIM there that has a method of ours, or none at all */
};

/* Bootstraps now if there is no valid session (also done by every request by itself, and renewed at
 * half of its life). */
enum ag_status ag_bootstrap(struct ag *ag);

/* Whether the gateway as such serves us, as the last request that could tell has shown: AG_OK,
 * AG_REFUSED (bootstrapping), AG_DOWN, AG_NO_CARD or AG_GARBAGE, with its sentence (or "") in *why,
 * valid until the next request. False: nothing was asked yet. */
bool ag_reached(const struct ag *ag, enum ag_status *status, const char **why);

struct ag_self {
    char nai[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
    char realm[SIMAUTH_REALM_MAX + 1];
    size_t aor_count;
    char aors[8][SIMAUTH_AOR_MAX + 1];
    int64_t time; /* the gateway's clock */
};
enum ag_status ag_self(struct ag *ag, struct ag_self *self);

/* What a verified call costs, in ten-thousandths of the currency: from the least to the most that
 * it can be, for it depends on the other one's SIM. */
#define AG_AMOUNT_MAX 10000000000000
struct ag_price {
    bool known;
    int64_t least, most;
};
struct ag_prices {
    struct ag_price first, again; /* with somebody for the first time, and after that */
    char currency[9];             /* "" not said */
    char words[161];              /* the operator's own; "" for none */
};
/* AG_REFUSED: this gateway says no price. */
enum ag_status ag_prices(struct ag *ag, struct ag_prices *prices);

struct ag_vector_request {
    enum simauth_subject subject;
    const char *caller, *callee; /* canonical AORs */
    const char *callee_nai;      /* or NULL */
    const uint8_t *seal_to;      /* SIMAUTH_X25519_LEN */
    const uint8_t *rand;         /* RAND_B; NULL when subject is callee and nothing was replaced */
    size_t rand_len;
    const uint8_t *replaced; /* RAND_B' or NULL */
    size_t replaced_len;
};
struct ag_vector {
    struct simauth_vector vector;
    struct simauth_statement statement; /* verified against the anchors, now */
    struct simauth_challenge own;       /* method NULL when none was given */
    char nai[SIMAUTH_NAI_MAX + 1];      /* own NAI or "" */
};
enum ag_status ag_vector(struct ag *ag, const struct ag_vector_request *request,
                         struct ag_vector *answer); /* clear with ag_vector_clear() */
void ag_vector_clear(struct ag_vector *answer);

/* `mac0_key` empty: the challenge is for this SIM. Else it is for another one of our address: the
 * confirmation's challenge is ours, `own_nai` (SIMAUTH_NAI_MAX + 1) our NAI, and the key is that of
 * MAC_0 in element 1. */
enum ag_status ag_challenge(struct ag *ag, const struct simauth_element *element_1,
                            struct simauth_confirmation *confirmation, char *own_nai,
                            struct simauth_secret *mac0_key);
/* `mac0_key` is filled for a callee, else empty. */
enum ag_status ag_resync(struct ag *ag, const struct simauth_challenge *refused,
                         const uint8_t auts[static SIMAUTH_AUTS_LEN], struct simauth_challenge *own,
                         struct simauth_secret *mac0_key);

/* -- addresses that the subscriber proves by itself, docs/protocol.md section 6.2 -------------- */
#define AG_NONCE_LEN 16
struct ag_binding {
    char aor[SIMAUTH_AOR_MAX + 1];
    char by[16]; /* "operator" or "sip" */
    int64_t since, until;
};
/* At most `room` of them; *count is how many were written. */
enum ag_status ag_bindings(struct ag *ag, struct ag_binding *list, size_t room, size_t *count);
/* The gateway sends a nonce to `aor` (canonical) by SIP. */
enum ag_status ag_bind(struct ag *ag, const char *aor);
/* Returns that nonce: the address is ours, until then. */
enum ag_status ag_prove(struct ag *ag, const char *aor, const uint8_t nonce[static AG_NONCE_LEN],
                        int64_t *until);

/* -- keys that the operators make (docs/protocol.md section 8) --------------------------------- */

/* Caller: `use` is "agt" (for the call that is placed now) or "stp" (for the next one). `key` is to
 * be wiped; its origin is agt. */
enum ag_status ag_ticket(struct ag *ag, const char *use, const char *caller, const char *callee,
                         const char *callee_nai, struct simauth_held_key *key);
/* Callee: the key of the ticket that element 1 names. */
enum ag_status ag_claim(struct ag *ag, const struct simauth_element *element_1,
                        struct simauth_held_key *key);
/* Callee: first setup keys that wait for us; each is given once. At most `room`. */
enum ag_status ag_first_keys(struct ag *ag, struct simauth_held_key *keys, size_t room,
                             size_t *count);
/* Seconds that the gateway's clock is ahead of ours, as far as it was seen. */
int64_t ag_clock_ahead(const struct ag *ag);
#define AG_NAIS_MAX 256
/* Which of `nais` (at most AG_NAIS_MAX, of one realm) have another SIM since `since`, or none: then
 * changed[i]. *now: for the next question about this realm. */
enum ag_status ag_changes(struct ag *ag, int64_t since, const char *const *nais, size_t count,
                          bool *changed, int64_t *now);

/* Without a session: the software SIM behind a code (activation.h), once. `gateway` is FQDN or
 * FQDN:port. AG_OK: *sim is the text of the file, secret: OPENSSL_cleanse() and free() it. Else
 * `error` (AG_ERROR_MAX) has a sentence. */
enum ag_status ag_activate(const char *gateway, const char *ca_file, const uint8_t code[static 16],
                           char **sim, char *error);

#endif
