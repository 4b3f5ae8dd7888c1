/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of requests, parsed into checked structs (docs/protocol.md section 6.1). Pure. */
#ifndef SIMAUTH_GATEWAY_BODY_H
#define SIMAUTH_GATEWAY_BODY_H

#include <simauth/element.h>
#include <simauth/keys.h>
#include <simauth/name.h>
#include <simauth/vector.h>

#define BODY_MAX 16384       /* octets of a request */
#define BODY_BATCH_MAX 65536 /* of one with many questions */
#define BATCH_MAX 64         /* questions */

struct body_vectors {
    enum simauth_subject subject;
    char caller[SIMAUTH_AOR_MAX + 1]; /* canonical */
    char callee[SIMAUTH_AOR_MAX + 1];
    char callee_nai[SIMAUTH_NAI_MAX + 1]; /* "" when absent */
    char nai_a[SIMAUTH_NAI_MAX + 1];      /* between gateways, subject callee */
    const struct simauth_method *methods[SIMAUTH_METHODS_MAX]; /* those that we know */
    size_t method_count;
    uint8_t seal_to[SIMAUTH_X25519_LEN];
    uint8_t rand[SIMAUTH_CHAL_MAX];
    uint8_t rand_len; /* 0: absent */
    uint8_t replaced[SIMAUTH_CHAL_MAX];
    uint8_t replaced_len;
};
struct body_question {
    struct body_vectors body;
    uint8_t key[16];
    uint8_t hash[32]; /* of the members but "key", in whatever order they stood */
    bool hashed;
};
struct body_challenges {
    const struct simauth_method *method;
    uint8_t rand[SIMAUTH_CHAL_MAX];
    uint8_t rand_len;
    struct simauth_element element; /* element 1, of this RAND */
};
struct body_auts {
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t auts[SIMAUTH_AUTS_LEN];
};
/* POST /v1/tickets, and between gateways (docs/protocol.md section 8). */
struct body_tickets {
    bool first_key;                     /* use "stp" */
    uint8_t ticket[SIMAUTH_TICKET_LEN]; /* between gateways */
    struct simauth_secret half;         /* between gateways; to be wiped */
    struct body_vectors names;          /* caller, callee, callee_nai, nai_a alone */
};
struct body_claim {
    uint8_t ticket[SIMAUTH_TICKET_LEN];
    struct simauth_element element; /* element 1, of this ticket */
};
#define BODY_NAIS_MAX 256
struct body_changes {
    int64_t since;
    char realm[SIMAUTH_REALM_MAX + 1]; /* of all of them */
    char (*nais)[SIMAUTH_NAI_MAX + 1]; /* owned: free() */
    size_t count;
};
/* The other gateway's half, and who its subscriber is. */
struct body_half {
    struct simauth_secret half; /* to be wiped */
    char nai_b[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
};

/* Each returns NULL, or a few words about the first fault (static storage). */
const char *body_vectors(const char *text, size_t len, bool between_gateways,
                         struct body_vectors *body);
const char *body_vectors_of(const json_t *object, bool between_gateways, struct body_vectors *body);
/* The same in one pass and without JSON objects: true where the body is good and written as it
 * usually is (no escapes, ASCII). False says nothing: body_vectors() does. */
bool body_vectors_usual(const char *text, size_t len, bool between_gateways,
                        struct body_vectors *body);
/* One question of a batch, already parsed: its member "key" is taken out of `object`. */
const char *body_batch_item(json_t *object, struct body_question *question);
/* All of a batch that is good and usual as body_vectors_usual() has it; each question goes to where
 * next() says (NULL: no room). How many; 0 says nothing. */
size_t body_batch_usual(const char *text, size_t len, struct body_question *(*next)(void *data),
                        void *data);
const char *body_challenges(const char *text, size_t len, struct body_challenges *body);
const char *body_auts(const char *text, size_t len, struct body_auts *body);
const char *body_tickets(const char *text, size_t len, bool between_gateways,
                         struct body_tickets *body);
const char *body_claim(const char *text, size_t len, struct body_claim *body);
const char *body_changes(const char *text, size_t len, struct body_changes *body);
const char *body_half(const char *text, size_t len, struct body_half *body);
/* Whether the asker takes this method. */
bool body_has_method(const struct body_vectors *body, const struct simauth_method *method);
/* What AG(A) or AG(B) asks the other gateway; NULL: no memory. */
json_t *body_vectors_json(const struct body_vectors *body);

#endif
