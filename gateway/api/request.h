/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request, from its first line to its answer; and the handlers. */
#ifndef SIMAUTH_GATEWAY_REQUEST_H
#define SIMAUTH_GATEWAY_REQUEST_H

#include "../gateway.h"
#include "body.h"
#include "problem.h"
#include <jansson.h>
#include <simauth/digest.h>
#include <time.h>

struct MHD_Connection;
struct request;

struct answer {
    int status; /* 0: none yet */
    char *body; /* malloc'ed */
    const char *type;
    char challenge[SIMAUTH_DIGEST_HEADER_MAX]; /* WWW-Authenticate, or "" */
    char info[SIMAUTH_DIGEST_HEADER_MAX];      /* Authentication-Info, or "" */
    enum problem problem;
    const char *reason; /* for the log alone; static storage */
};

/* A question to a partner: made by a handler, run by waiting.c, read by request->resume. */
struct question {
    struct store_partner partner; /* owned */
    const char *path;             /* static storage */
    char *body;                   /* owned */
    uint8_t key[STORE_KEY_LEN];   /* Idempotency-Key */
    bool batched;                 /* it went in a batch, and does so again */
    bool turned;                  /* from alone to a batch or back, which is done once */
    long status;                  /* 0: no answer */
    bool may_have_given;          /* what was asked, though no answer is there that says so */
    char reason[128];
    struct simauth_octets answer;
};

struct request {
    struct gateway *gateway;
    struct MHD_Connection *connection;
    char id[17];
    char *target; /* as it stood on the request line */
    char method[16];
    struct simauth_octets body;
    int64_t started_us;  /* monotonic */
    int64_t now;         /* UTC */
    char *authorization; /* NULL: none */
    bool begun, too_large;
    bool last; /* the connection ends with the answer */
    const struct route *route;

    /* who asks: filled by ua.c or federation.c */
    struct simauth_digest_credentials credentials;
    struct store_session session;
    struct simauth_secret ks_naf;
    char nai[SIMAUTH_NAI_MAX + 1];
    struct store_partner partner;  /* id 0: a phone */
    char who[STORE_NAME_MAX + 32]; /* of stored answers and of the log */
    uint8_t key[STORE_KEY_LEN];
    uint8_t hash[STORE_HASH_LEN];

    /* vectors of a source that fetches (draw.c): at most one for each SIM of the call */
    struct auc_fetch fetches[2];
    unsigned fetch_count;
    bool fetching;                         /* the last of them is to be fetched */
    bool again;                            /* runs again with it: limits were counted before */
    bool paid;                             /* a token was taken for it */
    void (*step)(struct request *request); /* what ran, and runs again */

    /* what a caller's gateway did before it asked the callee's (issue_ahead()) */
    struct auc_vector ahead;           /* of the asking SIM; k.len 0: none */
    int64_t record;                    /* 0: none that waits for its call */
    bool record_is_earlier;            /* of the question that this one repeats */
    uint8_t record_key[STORE_KEY_LEN]; /* of its marks */
    bool secret;                       /* its answer holds a key: it is sealed while it is kept */
    bool soft; /* its step need not be on the disk: no number and no record is given away */

    bool once;   /* ua_once() is done, and committed */
    bool looked; /* for a stored answer already: `earlier` */
    enum store_result earlier_result;
    struct store_answer earlier;

    bool claims;      /* a new claim of the asked partner's was counted */
    uint64_t claimed; /* of the transaction that kept a partner's claim; 0: none */
    uint64_t ticket;  /* of the transaction that the answer waits for; 0: none */
    enum store_result settled;
    int parts;    /* that must be done before it goes on; atomic */
    bool working; /* counts as one that is being worked on */

    struct body_vectors vectors;
    struct store_ticket made;  /* a ticket while AG(B) is asked; key: our half */
    struct batch *batch;       /* many questions in one (batch.c); NULL: one */
    struct store_vector known; /* the callee's vector while AG(A) is asked */
    bool other_sim; /* `known` is another SIM's than the one that the caller's gateway was given */
    struct question *question;
    void (*resume)(struct request *request); /* not NULL: waits for question */
    bool held;                               /* a refusal that waits for its time */
    struct answer answer;
};

/* -- answers: the handler returns after the first ---------------------------------------------- */
/* Takes `object`. */
void answer_json(struct request *request, json_t *object);
/* `reason` goes to the log, `detail` (may be NULL) to the asker. */
void answer_problem(struct request *request, enum problem problem, const char *detail,
                    const char *reason);
#define STORE_DETAIL "The gateway cannot keep its records now; its engineer has been told."
/* The store failed; nothing of this request is kept, unless it says STORE_UNSURE. */
void answer_store(struct request *request, enum store_result result);
/* The store failed where the answer may be kept, and counted: 503 would tell a partner that nothing
 * was. */
void answer_unsure(struct request *request, enum store_result result);
/* What was answered to this asker and key (of STORE_KEY_LEN octets), as long as it is given again;
 * to be freed. STORE_NONE: nothing. Within a transaction. */
enum store_result answer_kept(struct request *request, const char *who, const uint8_t *key,
                              struct store_answer *answer);

/* -- what handlers share ----------------------------------------------------------------------- */
/* In an open transaction: looks for the stored answer now, for request_repeated(). */
void request_look(struct request *request);
/* Reads Idempotency-Key and looks for the stored answer: true when the request is answered now
 * (again, or refused). */
bool request_repeated(struct request *request);
/* Sets the answer; takes `body` (malloc'ed, JSON; NULL: no memory). */
void answer_text(struct request *request, char *body);
/* A fresh vector for `subscriber`, as auc.h has it. AUC_WAITS: the handler ends its transaction and
 * returns as with any failure; nobody sees that answer, it runs again. `reason` (static) may be
 * NULL. */
enum auc_result request_draw(struct request *request, const struct store_subscriber *subscriber,
                             const struct auc_auts *auts, struct auc_vector *vector,
                             enum store_result *store_result, const char **reason);
/* How many vectors request_fetch() will fetch, at least one. */
unsigned request_fetches(const struct request *request);
/* Fetches what request_draw() found missing, then resumes the connection: one part for each. */
void request_fetch(struct request *request);
/* Forgets what was fetched, for the next question of a batch. */
void request_fetched(struct request *request);
/* A token for the asker. */
bool request_token(struct request *request);
/* A token for the asker; answers 429 and returns false when there is none. */
bool request_allowed(struct request *request);
/* Whether a phone has a token that request_allowed() would take; answers 429 when there is none. */
bool request_may_call(struct request *request);
/* A token for what a phone asks of calls that come to it, or to read what is its own, and needs
 * seldom: twice as many as for its own calls, apart from those and for each operation, so that
 * neither who calls it nor a start of it takes any of these. */
bool request_token_beside(struct request *request);
/* The same; answers 429 and returns false when there is none. */
bool request_allowed_beside(struct request *request);
/* A token for `what` (the name of a limit) of the address that asks, of so many in a minute and at
 * once. */
bool request_token_of_address(const struct request *request, const char *what, int a_minute);
/* Opens the transaction of an answer; answers and returns false where the store cannot. */
bool request_begin(struct request *request, enum store_kind kind);
/* Reads a list of the asker's own, within its limit (request_allowed_beside()). `lister` runs in a
 * reading transaction. NULL: it is answered; else the caller's. */
json_t *request_list(struct request *request,
                     enum store_result (*lister)(struct request *request, json_t *list));
/* Ends the transaction: commits and answers `object` (taken), or rolls back and answers the
 * problem. */
void request_finish(struct request *request, json_t *object, enum problem problem,
                    const char *reason, enum store_result store_result);
/* The same with an answer that is written out: `text` is malloc'ed, and taken. */
void request_finish_text(struct request *request, char *text, enum problem problem,
                         const char *reason, enum store_result store_result);
/* Suspends the connection until request_resume() was called `parts` times. */
void request_suspend(struct request *request, int parts);
void request_resume(struct request *request);
/* Before its answer leaves: takes away the record of a question that came to nothing. One that the
 * partner may have counted stays, with the method "unknown". */
void request_unasked(struct request *request);
/* The key of its question: the same for the same request, so that a phone's repeat is the partner's
 * repeat; and tells the partner nothing. False: no memory. */
bool request_question_key(const struct request *request, uint8_t key[static STORE_KEY_LEN]);
/* Asks `partner` (taken) and calls `resume` afterwards. `key` belongs to the question, so that a
 * repeat is a repeat. */
void request_ask(struct request *request, struct store_partner *partner, const char *path,
                 json_t *body, void (*resume)(struct request *request));

/* -- handlers ---------------------------------------------------------------------------------- */
enum route_asker { ASKER_SIM, ASKER_PHONE, ASKER_PARTNER };
struct route {
    const char *method;
    const char *path;
    const char *name; /* in the log */
    enum route_asker asker;
    void (*handle)(struct request *request);
};
void ub_get(struct request *request);
void self_get(struct request *request);
void prices_get(struct request *request);
void vectors_post(struct request *request);
void challenges_post(struct request *request);
void auts_post(struct request *request);
void bindings_get(struct request *request);
void bindings_post(struct request *request);
void bindings_proof_post(struct request *request);
void activations_post(struct request *request);
/* Nothing: a partner wants its connection to stand. */
void federation_get(struct request *request);
void federation_post(struct request *request);
void tickets_post(struct request *request);
void tickets_get(struct request *request);
void tickets_claim_post(struct request *request);
void federation_tickets_post(struct request *request);
void changes_post(struct request *request);
void certificates_post(struct request *request);
void certificates_find_post(struct request *request);
void certificates_revoked_get(struct request *request);
void federation_certificates_post(struct request *request);
void federation_changes_post(struct request *request);

/* Checks the phone's Digest; false: answered with 401. */
bool ua_authenticate(struct request *request);
/* Authentication-Info for a phone's answer. */
void ua_inform(struct request *request);
/* In an open writing transaction, before anything is drawn for good: this nc of this nonce is used,
 * for all gateways of the store. STORE_NONE: it was used before; then ua_replayed(). */
enum store_result ua_once(struct request *request);
/* Answers 401 stale. */
void ua_replayed(struct request *request);
/* The partner whose certificate this connection showed; false: answered. */
bool federation_identify(struct request *request);
/* Runs the handler of a whole request (after HTTP was read). */
void request_run(struct request *request);
/* Wipes and frees what it owns, not itself. */
void request_clear(struct request *request);

#endif
