/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must survive: an interface. A store is one file and one row in store.c.
 *
 * Every call stands between begin() and commit() or rollback(). A writing transaction is atomic and
 * durable: commit() returns STORE_OK only when everything in it would survive a power cut, and only
 * then may an answer leave. Texts in rows are NUL-terminated; times are seconds since 1970, UTC.
 */
#ifndef SIMAUTH_GATEWAY_STORE_H
#define SIMAUTH_GATEWAY_STORE_H

#include "seal.h"
#include <simauth/element.h>
#include <simauth/keys.h>
#include <simauth/name.h>
#include <simauth/vector.h>

#define STORE_IMSI_MAX 15
#define STORE_IMPI_MAX 127
#define STORE_BTID_MAX 300
#define STORE_NAME_MAX 64
#define STORE_URL_MAX 511
#define STORE_REALMS_MAX 16  /* of one agreement */
#define STORE_SECRET_MAX 160 /* octets of a blob that is sealed at rest */
#define STORE_KEY_LEN 16     /* Idempotency-Key */
#define STORE_HASH_LEN 32
/* Seconds. The two SQL texts have the first, and STORE_AHEAD_S, as numbers. */
#define STORE_ANSWER_S 300         /* an answer is given again so long */
#define STORE_VECTOR_S 420         /* a vector is kept so long after its challenge, and a ticket */
#define STORE_CLAIM_S (30 * 86400) /* as long as a proof by SIP holds */

enum store_result {
    STORE_OK = 0,
    STORE_NONE = -1,     /* no such row, or not in the state that was asked for */
    STORE_EXISTS = -2,   /* a name that must be unique is there already */
    STORE_BUSY = -3,     /* somebody else writes for too long */
    STORE_FULL = -4,     /* no room */
    STORE_READONLY = -5, /* may not be written */
    STORE_DAMAGED = -6,  /* a seal that does not open, or not our database */
    STORE_FAILED = -7,   /* anything else: the log says what */
    STORE_BEHIND = -8,   /* more comes than the database takes */
    STORE_UNSURE = -9    /* a commit whose end nobody heard: it may hold, or not */
};
const char *store_result_name(enum store_result result);

/* What is neither Milenage nor TUAK; the numbers stand in databases. */
enum store_algorithm {
    STORE_MILENAGE = 0,
    STORE_COMP128V1 = 1,
    STORE_COMP128V2 = 2,
    STORE_COMP128V3 = 3,
    STORE_XOR = 4,
    STORE_NO_SIM = 5, /* no SIM at all: a password (GBA_Digest); an older gateway refuses it */
    STORE_TUAK = 15   /* in the program alone: `tuak` says it */
};
/* What the AuC knows of a SIM; sealed at rest. */
struct store_keys {
    uint8_t k[16];
    uint8_t op[16];
    bool op_is_opc;
    bool has_constants; /* the operator's own c1..c5, r1..r5 */
    uint8_t c[5][16];
    uint8_t r[5];
    uint8_t amf[2];     /* bit 0 of the first octet (separation bit) is 0 */
    bool tuak;          /* TUAK: `op` and the constants are not used, the following are */
    uint8_t k_more[16]; /* the second half of a K of 256 bits */
    bool k_256;
    uint8_t top[32]; /* TOPc where op_is_opc */
    uint8_t iterations;
    bool akap;                      /* its calls use the method akap instead of aka */
    enum store_algorithm algorithm; /* not Milenage: `op` and the constants are not used */
    bool gsm;                       /* a 2G SIM: triplets, method gsm */
    uint8_t ha1[SIMAUTH_HA1_LEN];   /* STORE_NO_SIM: H(A1); nothing else is used then */
};
struct store_subscriber {
    int64_t id;                    /* given by the store */
    char imsi[STORE_IMSI_MAX + 1]; /* without a SIM a name that begins with a letter */
    char impi[STORE_IMPI_MAX + 1];
    char nai[SIMAUTH_NAI_MAX + 1];
    struct store_keys keys; /* wipe with store_subscriber_wipe() */
    uint64_t sqn;           /* 48 bits: the last that was used */
    int64_t sim_since;
    bool barred; /* its SIM was revoked: by_impi does not find it, nobody vouches for it */
};
void store_subscriber_wipe(struct store_subscriber *subscriber);
/* Whether these are none, for they are where vectors come from (HLR, UDM): zeros are no SIM's. */
bool store_keys_elsewhere(const struct store_keys *keys);

/* One AOR may have several SIMs, one SIM several AORs. */
struct store_binding {
    char aor[SIMAUTH_AOR_MAX + 1]; /* canonical */
    int64_t subscriber;
    char nai[SIMAUTH_NAI_MAX + 1]; /* of the subscriber; read only, as sim_since and barred */
    char by[12];                   /* "operator", or "sip": the AOR answered a challenge */
    int64_t since;
    int64_t until; /* STORE_FOREVER, or when it must be proved again */
    int64_t sim_since;
    bool barred;
};
#define STORE_FOREVER INT64_C(253402300800) /* the year 10000 */
struct store_binding_filter {
    int64_t subscriber; /* 0: all */
    const char *aor;    /* NULL: all */
    /* a page: behind this row, so many; 0: all */
    const char *after_aor;
    int64_t after_subscriber;
    int limit;
};
/* What happened to an address or a SIM; never changed, removed with its person alone. */
struct store_event {
    int64_t id, time;
    char aor[SIMAUTH_AOR_MAX + 1]; /* or "" */
    char nai[SIMAUTH_NAI_MAX + 1]; /* or "" */
    char what[24];                 /* "bound", "proved", "removed", ... */
    char who[STORE_NAME_MAX + 1];  /* "operator", "subscriber", "gateway" or a partner */
};
/* A nonce on its way to an AOR by SIP, for one subscriber. */
struct store_proof {
    int64_t subscriber;
    char aor[SIMAUTH_AOR_MAX + 1];
    uint8_t hash[STORE_HASH_LEN]; /* SHA-256 of the nonce */
    int64_t made;
    int wrong, sent; /* answers that were wrong; nonces since the first of this day */
    int64_t day;     /* when that was */
};
/* A partner spoke for an AOR outside all realms. */
struct store_claim {
    char aor[SIMAUTH_AOR_MAX + 1];
    int64_t partner;
    char name[STORE_NAME_MAX + 1]; /* of the partner; read only */
    int64_t since, last;
};
/* What a person types once to get a software SIM. */
#define STORE_CODE_ID_LEN 5
#define STORE_CODE_SECRET_LEN 11
struct store_code {
    uint8_t id[STORE_CODE_ID_LEN];
    uint8_t secret[STORE_CODE_SECRET_LEN]; /* sealed at rest */
    int64_t subscriber, expires;
    int64_t used; /* when; 0: not yet */
};

struct store_partner {
    int64_t id;
    char name[STORE_NAME_MAX + 1];
    char url[STORE_URL_MAX + 1];             /* https://host[:port] */
    char connect_to[STORE_URL_MAX + 1];      /* host:port to connect to instead, or "" */
    char certificate[SIMAUTH_REALM_MAX + 1]; /* dNSName of the partner's certificate */
    char pin[64];                            /* "sha256//" base64 of its public key, or "" */
    char *anchors;                           /* PEM; owned: store_partner_clear() */
    char realms[STORE_REALMS_MAX][SIMAUTH_REALM_MAX + 1];
    size_t realm_count;
    int per_minute; /* vectors that it may ask for */
    int64_t valid_from, valid_to;
    char test_aor[SIMAUTH_AOR_MAX + 1]; /* of a test subscriber of theirs, or "" */
    bool suspended;
};
void store_partner_clear(struct store_partner *partner);

/* One open challenge on Ub for each subscriber. */
struct store_ub {
    int64_t subscriber;
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t autn[SIMAUTH_AUTN_LEN];
    struct simauth_secret res;
    struct simauth_secret ck_ik;
    bool resynced; /* this one is the answer to an AUTS: no second */
    int64_t issued;
};
struct store_session {
    char btid[STORE_BTID_MAX + 1];
    int64_t subscriber;
    char impi[STORE_IMPI_MAX + 1]; /* read only */
    char nai[SIMAUTH_NAI_MAX + 1]; /* read only */
    uint8_t rand[SIMAUTH_RAND_LEN];
    struct simauth_secret ck_ik;
    int64_t expires;
};

/* What is further in the future than clocks of gateways differ was made before the clock was put
 * back: it is over. */
#define STORE_AHEAD_S 60
/* Whether `time` is `since` or later, and none of those. */
bool store_is_young(int64_t time, int64_t since, int64_t now);

enum store_vector_role {
    STORE_AV_B, /* a callee of ours was asked for */
    STORE_AV_A  /* reserved for a caller of ours */
};
enum store_vector_state { STORE_ISSUED, STORE_CONFIRMED, STORE_GONE };
struct store_vector {
    int64_t id;
    enum store_vector_role role;
    int64_t subscriber; /* whose SIM is challenged */
    int64_t peer;       /* partner at the other side, 0: this operator */
    const struct simauth_method *method;
    uint8_t rand[SIMAUTH_CHAL_MAX];
    uint8_t rand_len;
    uint8_t autn[SIMAUTH_AUTN_LEN];
    uint8_t rand_b[SIMAUTH_CHAL_MAX]; /* AV_A: RAND_B of its call as first issued; AV_B: the RAND it
                                         replaces, if any */
    uint8_t rand_b_len;
    char caller[SIMAUTH_AOR_MAX + 1], callee[SIMAUTH_AOR_MAX + 1];
    char nai_a[SIMAUTH_NAI_MAX + 1], nai_b[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1]; /* AV_B: of the caller */
    char element[SIMAUTH_ELEMENT_MAX + 1]; /* AV_B confirmed, or another SIM took part: element 1 */
    struct simauth_secret ssk;
    int sim_age;
    enum store_vector_state state;
    bool resynced;
    int64_t record;
    int64_t changed; /* when it got its challenge: a step changes nothing of it */
};

/* What two gateways made for a call (`agt`), or for one that is not yet placed (`stp`), as the
 * callee's keeps it until its phone asks. */
struct store_ticket {
    int64_t id;
    bool first_key; /* use "stp": kept until it is fetched */
    uint8_t ticket[SIMAUTH_TICKET_LEN];
    int64_t subscriber; /* the callee */
    char caller[SIMAUTH_AOR_MAX + 1], callee[SIMAUTH_AOR_MAX + 1];
    char nai_a[SIMAUTH_NAI_MAX + 1], nai_b[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1]; /* of the caller */
    struct simauth_secret key;
    bool claimed;
    char element[SIMAUTH_ELEMENT_MAX + 1]; /* claimed: element 1 */
    int64_t record;
    int64_t made;
};

enum store_outcome {
    STORE_OUTCOME_ISSUED,
    STORE_OUTCOME_CONFIRMED, /* the callee's SIM was asked to answer it */
    STORE_OUTCOME_COMPLETED, /* and the caller's vector was given too */
    STORE_OUTCOME_GONE       /* nobody confirmed it in time */
};
const char *store_outcome_name(enum store_outcome outcome);
/* One charging record for each call's vector. */
#define STORE_METHOD_UNKNOWN "unknown" /* of what a partner was asked for, and has not answered */
struct store_record {
    int64_t id;
    int64_t time;
    char side[8]; /* "asked" by a subscriber of ours, "given" to a partner, "local": both */
    char partner[STORE_NAME_MAX + 1]; /* "" for local */
    char nai_a[SIMAUTH_NAI_MAX + 1], nai_b[SIMAUTH_NAI_MAX + 1];
    char method[8];
    bool first; /* for this pair */
    enum store_outcome outcome;
};

struct store_record_filter {
    int64_t from, to; /* of its time; to 0: no end */
    int64_t after;    /* its number is above this */
    const char *nai;  /* in which this one has a part; NULL: all */
    int limit;        /* 0: all */
};
struct store_sum {
    char key[SIMAUTH_NAI_MAX + 1]; /* partner, or the subscriber's NAI */
    char side[8], method[8];
    bool first;
    int64_t issued, confirmed, gone; /* all; those confirmed or completed; those gone */
};
/* For one vector, in ten-thousandths of the operator's currency. */
struct store_price {
    char method[8];
    bool first;
    int64_t amount;
    int64_t since; /* of vectors from then on; 0: of all that have none before */
};

struct store_operator_key {
    int64_t id;
    uint8_t public_key[SIMAUTH_X25519_LEN];
    struct simauth_secret private_key;
    int64_t not_before, not_after;
};

/* What signs subscribers' certificates: the one that was entered last counts. */
#define STORE_AUTHORITY_NAME_LEN 16
#define STORE_AUTHORITY_KEY_MAX 140 /* octets of DER; a key of P-256 has 138 or fewer */
struct store_authority {
    uint8_t name[STORE_AUTHORITY_NAME_LEN]; /* random: where its key stands in the store */
    char *chain;                            /* PEM, its own certificate first; owned: free() */
    uint8_t key[STORE_AUTHORITY_KEY_MAX];   /* DER, sealed at rest; to be wiped */
    size_t key_len;
    int64_t made;
};
void store_authority_clear(struct store_authority *authority);
/* A subscriber's, as it was issued. It outlives its subscriber, for it may be on a list. */
#define STORE_SERIAL_LEN 16
#define STORE_CERTIFICATE_MAX 4096 /* octets of DER */
struct store_certificate {
    uint8_t serial[STORE_SERIAL_LEN];
    int64_t subscriber;
    char nai[SIMAUTH_NAI_MAX + 1];
    char aor[SIMAUTH_AOR_MAX + 1];
    int64_t not_before, not_after;
    int64_t revoked; /* when; 0: not */
    const uint8_t *der;
    size_t der_len;
};
struct store_certificate_filter {
    const char *aor;    /* NULL, "": all */
    int64_t subscriber; /* 0: all; counts with an address alone */
    int64_t after;      /* those that end after this moment */
    bool good;          /* those alone that are not revoked */
    bool revoked;       /* those alone that are; counts without an address alone */
    int limit;          /* 0: all; those that end (were revoked) last come first */
};

/* An answer that is given again to the same request. */
struct store_answer {
    char who[STORE_NAME_MAX + 32]; /* "s:" subscriber, "p:" partner; "nonce": ua_once() */
    uint8_t key[STORE_KEY_LEN];
    uint8_t hash[STORE_HASH_LEN]; /* SHA-256 of target and body */
    char *body;                   /* JSON; from answer_get: malloc'ed */
    int64_t made;
    bool secret; /* it holds a key: sealed at rest */
};

/* How far sealing anew has come. */
struct store_reseal {
    bool count_only; /* changes nothing */
    /* where it is */
    unsigned table;
    bool beside; /* in what tables do not have */
    int64_t after;
    int64_t present, old, unknown; /* sealed with the present key, the old one, neither */
    bool done;
};

/* The journal beside a database, in which what calls write waits for its tables. */
struct store_journal {
    uint64_t octets; /* of all its files */
    int64_t behind;  /* seconds since the tables had everything; 0: they have */
};

struct store;
/* Called for each row; a row is valid during the call. Non-zero ends the list. */
typedef int (*store_subscriber_cb)(const struct store_subscriber *subscriber, void *data);
typedef int (*store_binding_cb)(const struct store_binding *binding, void *data);
typedef int (*store_partner_cb)(const struct store_partner *partner, void *data);
typedef int (*store_ticket_cb)(const struct store_ticket *ticket, void *data);
typedef int (*store_record_cb)(const struct store_record *record, void *data);
typedef int (*store_event_cb)(const struct store_event *event, void *data);
typedef int (*store_claim_cb)(const struct store_claim *claim, void *data);
typedef int (*store_sum_cb)(const struct store_sum *sum, void *data);
typedef int (*store_certificate_cb)(const struct store_certificate *certificate, void *data);
typedef int (*store_price_cb)(const struct store_price *price, void *data);

/* What a transaction is for. */
enum store_kind {
    STORE_READ = 0,
    STORE_WRITE = 1,
    STORE_CALLS = 2 /* writes what calls need alone: vectors, answers, records, sequence numbers,
                       and seldom a claim */
};

struct store_ops {
    const char *name; /* as in the configuration */
    bool shared;      /* several gateways may use one at once */
    /* The same database as a gateway uses it for as long as it runs, where that is another way;
     * what is opened by these is used by these alone. NULL: this way. */
    const struct store_ops *serving;
    /* Opens (and, with `create`, makes or upgrades) the database; `seal` must outlive it. On
     * failure *store is NULL and `error` (STORE_ERROR_MAX) has a sentence. */
    enum store_result (*open)(const char *where, bool create, const struct seal *seal,
                              struct store **store, char *error);
    void (*close)(struct store *store);
    /* A command's: what it reads may take long. NULL: so it may in any case. */
    void (*patient)(struct store *store);

    enum store_result (*begin)(struct store *store, enum store_kind kind);
    enum store_result (*commit)(struct store *store);
    /* Two halves of commit(). After commit_soft() a transaction is atomic, seen by everybody, and
     * outlives this process; a power cut may take it back, with all that came after it. settle()
     * waits until the transaction that got `ticket` (0: all so far) would survive one: many share
     * one wait for the disk. An answer that gives a sequence number or a record away leaves after
     * settle(). Outside of transactions. */
    enum store_result (*commit_soft)(struct store *store, uint64_t *ticket);
    enum store_result (*settle)(struct store *store, uint64_t ticket);
    void (*rollback)(struct store *store);

    enum store_result (*subscriber_add)(struct store *store, struct store_subscriber *subscriber);
    enum store_result (*subscriber_by_id)(struct store *store, int64_t id,
                                          struct store_subscriber *subscriber);
    enum store_result (*subscriber_by_impi)(struct store *store, const char *impi,
                                            struct store_subscriber *subscriber);
    enum store_result (*subscriber_by_imsi)(struct store *store, const char *imsi,
                                            struct store_subscriber *subscriber);
    /* By IMSI: those behind `after` ("" for all), `limit` of them (0: all). */
    enum store_result (*subscriber_list)(struct store *store, const char *after, int limit,
                                         store_subscriber_cb cb, void *data);
    enum store_result (*subscriber_remove)(struct store *store, int64_t id);
    /* Its sessions, challenges and vectors go with it. */
    enum store_result (*subscriber_bar)(struct store *store, int64_t id, bool barred);
    /* Other keys; its sessions, challenges and vectors go. */
    enum store_result (*subscriber_rekey)(struct store *store,
                                          const struct store_subscriber *subscriber);
    enum store_result (*subscriber_since)(struct store *store, int64_t id, int64_t sim_since);
    /* STORE_OK: the SIM of this NAI is another since `since`, was revoked, or there is none any
     * more. STORE_NONE: it is as it was. */
    enum store_result (*subscriber_changed)(struct store *store, const char *nai, int64_t since);
    /* Forwards only: STORE_NONE when the stored SQN is not below `sqn`. */
    enum store_result (*sqn_set)(struct store *store, int64_t id, uint64_t sqn);

    /* Replaces an older code of the same subscriber. */
    enum store_result (*code_put)(struct store *store, const struct store_code *code);
    enum store_result (*code_get)(struct store *store, const uint8_t *id, struct store_code *code);
    /* Once: STORE_NONE when it was used or is over. */
    enum store_result (*code_use)(struct store *store, const uint8_t *id, int64_t now);
    enum store_result (*code_remove)(struct store *store, int64_t subscriber);

    enum store_result (*binding_add)(struct store *store, const struct store_binding *binding);
    /* One that holds at `now`, of that subscriber (0: any) with that NAI ("": any); among several
     * the one whose SIM bootstrapped last. */
    enum store_result (*binding_find)(struct store *store, const char *aor, int64_t subscriber,
                                      const char *nai, int64_t now, struct store_binding *binding);
    enum store_result (*binding_list)(struct store *store,
                                      const struct store_binding_filter *filter,
                                      store_binding_cb cb, void *data);
    /* `by` and `until` anew. */
    enum store_result (*binding_renew)(struct store *store, const struct store_binding *binding);
    /* subscriber 0: of all */
    enum store_result (*binding_remove)(struct store *store, const char *aor, int64_t subscriber);
    enum store_result (*event_add)(struct store *store, const struct store_event *event);
    /* Of this AOR or this NAI; both "": all. */
    enum store_result (*event_list)(struct store *store, const char *aor, const char *nai,
                                    store_event_cb cb, void *data);
    enum store_result (*proof_put)(struct store *store, const struct store_proof *proof);
    enum store_result (*proof_get)(struct store *store, int64_t subscriber, const char *aor,
                                   struct store_proof *proof);
    /* How many nonces of this subscriber are in days that began after `since`. */
    enum store_result (*proof_sent)(struct store *store, int64_t subscriber, int64_t since,
                                    int64_t *sent);
    enum store_result (*proof_wrong)(struct store *store, int64_t subscriber, const char *aor);
    enum store_result (*proof_take)(struct store *store, int64_t subscriber, const char *aor);
    /* `last` of a claim that is there already moves on; `since` stays. */
    enum store_result (*claim_put)(struct store *store, const struct store_claim *claim);
    /* Those not older than `since`; aor "": all. */
    enum store_result (*claim_list)(struct store *store, const char *aor, int64_t since,
                                    store_claim_cb cb, void *data);
    /* partner "": of all */
    enum store_result (*claim_remove)(struct store *store, const char *aor, const char *partner);

    /* STORE_EXISTS also when a realm stands in another agreement. */
    enum store_result (*partner_add)(struct store *store, struct store_partner *partner);
    enum store_result (*partner_list)(struct store *store, store_partner_cb cb, void *data);
    enum store_result (*partner_by_id)(struct store *store, int64_t id,
                                       struct store_partner *partner);
    enum store_result (*partner_by_name)(struct store *store, const char *name,
                                         struct store_partner *partner);
    enum store_result (*partner_by_realm)(struct store *store, const char *realm,
                                          struct store_partner *partner);
    enum store_result (*partner_by_certificate)(struct store *store, const char *dns_name,
                                                struct store_partner *partner);
    /* Everything of the one with this id but its name and `suspended`. STORE_EXISTS as partner_add.
     */
    enum store_result (*partner_update)(struct store *store, const struct store_partner *partner);
    enum store_result (*partner_suspend)(struct store *store, const char *name, bool suspended);
    enum store_result (*partner_remove)(struct store *store, const char *name);

    enum store_result (*ub_put)(struct store *store, const struct store_ub *ub); /* replaces */
    enum store_result (*ub_get)(struct store *store, int64_t subscriber, struct store_ub *ub);
    /* Takes it away: STORE_NONE when somebody was faster. */
    enum store_result (*ub_take)(struct store *store, const uint8_t *rand);
    enum store_result (*session_put)(struct store *store, const struct store_session *session);
    enum store_result (*session_get)(struct store *store, const char *btid,
                                     struct store_session *session);

    /* STORE_NONE: this subscriber has no session that holds at `now`. */
    enum store_result (*session_lives)(struct store *store, int64_t subscriber, int64_t now);

    /* A first key takes the place of one of the same ordered pair that nobody fetched. */
    enum store_result (*ticket_add)(struct store *store, struct store_ticket *ticket);
    enum store_result (*ticket_get)(struct store *store, const uint8_t *ticket,
                                    struct store_ticket *found);
    /* Once: STORE_NONE when it was claimed, or was made before `since`. */
    enum store_result (*ticket_claim)(struct store *store, int64_t id, const char *element,
                                      int64_t since);
    /* First keys of this subscriber that were made at `since` or later. */
    enum store_result (*ticket_list)(struct store *store, int64_t subscriber, int64_t since,
                                     store_ticket_cb cb, void *data);
    /* Takes it away: STORE_NONE when somebody was faster. */
    enum store_result (*ticket_take)(struct store *store, int64_t id);

    enum store_result (*vector_add)(struct store *store, struct store_vector *vector);
    enum store_result (*vector_by_rand)(struct store *store, enum store_vector_role role,
                                        const uint8_t *rand, size_t len,
                                        struct store_vector *vector);
    /* AV_A: the one reserved for RAND_B; AV_B: the one that replaces it. */
    enum store_result (*vector_by_rand_b)(struct store *store, enum store_vector_role role,
                                          int64_t peer, const uint8_t *rand_b, size_t len,
                                          struct store_vector *vector);
    /* AV_B: the first that this SIM got for RAND_B of another SIM of the same address. */
    enum store_result (*vector_of_sim)(struct store *store, int64_t subscriber,
                                       const uint8_t *rand_b, size_t len,
                                       struct store_vector *vector);
    /* issued -> to, when it is young since `since` and bound to no other element 1; binds `element`
     * ("" for none). STORE_NONE otherwise. */
    enum store_result (*vector_step)(struct store *store, int64_t id, enum store_vector_state to,
                                     const char *element, int64_t since, int64_t now);
    /* Binds a first AV_B to the element 1 for which another SIM of its address takes part, for who
     * does knows the key of MAC_0: STORE_NONE when it was bound to another before. */
    enum store_result (*vector_bind)(struct store *store, int64_t id, const char *element);
    /* Marks that its one AUTS was used: STORE_NONE when it was before, or it is not in `state`. */
    enum store_result (*vector_resync)(struct store *store, int64_t id,
                                       enum store_vector_state state);
    /* Gives a replacing AV_B to whoever holds the private half of `seal_to` (SIMAUTH_X25519_LEN),
     * for good: STORE_NONE when it was given to another before. The same once more is STORE_OK. A
     * first AV_B is given so when its caller named the SIM, else to no key (zeros) when the first
     * of the address's other SIMs takes part. */
    enum store_result (*vector_give)(struct store *store, int64_t id, const uint8_t *seal_to);
    /* Another challenge and key in the place of a reserved AV_A. */
    enum store_result (*vector_renew)(struct store *store, const struct store_vector *vector);

    /* A secret one that no sealing key opens any more is none. */
    enum store_result (*answer_get)(struct store *store, const char *who, const uint8_t *key,
                                    struct store_answer *answer);
    /* STORE_NONE: there is one already that is not over; it stays. */
    enum store_result (*answer_put)(struct store *store, const struct store_answer *answer);

    enum store_result (*record_add)(struct store *store, struct store_record *record);
    /* Who it was and with which method, for a record that was added before that was known; `first`
     * is found again. */
    enum store_result (*record_name)(struct store *store, struct store_record *record);
    /* Takes one away whose question was refused. STORE_NONE: it is not there, or an answer has
     * named it. */
    enum store_result (*record_drop)(struct store *store, int64_t id);
    /* Forwards only: issued, confirmed, completed. */
    enum store_result (*record_outcome)(struct store *store, int64_t id,
                                        enum store_outcome outcome);
    enum store_result (*record_list)(struct store *store, const struct store_record_filter *filter,
                                     store_record_cb cb, void *data);
    /* Of the records from `from` until before `to`, by partner or by subscriber of ours. */
    enum store_result (*record_sum)(struct store *store, bool by_subscriber, int64_t from,
                                    int64_t to, store_sum_cb cb, void *data);
    /* Removes some of those older than `before` whose number is not above `last`, the oldest first
     * and few enough for a transaction that others wait for; STORE_NONE: there was none. Which
     * pairs have met stays known. */
    enum store_result (*record_purge)(struct store *store, int64_t before, int64_t last);
    /* Takes a person's name out of records, pairs and history; what is owed stays. */
    enum store_result (*record_erase)(struct store *store, const char *nai);
    /* Of vectors since price->since, whatever was said of these before; those before keep theirs.
     */
    enum store_result (*price_set)(struct store *store, const struct store_price *price);
    /* The present ones. */
    enum store_result (*price_list)(struct store *store, store_price_cb cb, void *data);
    /* All that ever held, of each the oldest first. */
    enum store_result (*price_history)(struct store *store, store_price_cb cb, void *data);

    enum store_result (*operator_key_add)(struct store *store,
                                          const struct store_operator_key *key);
    /* The one that began last and is valid at `now`. */
    enum store_result (*operator_key_get)(struct store *store, int64_t now,
                                          struct store_operator_key *key);

    enum store_result (*authority_add)(struct store *store,
                                       const struct store_authority *authority);
    /* The last that was added; store_authority_clear() it. */
    enum store_result (*authority_get)(struct store *store, struct store_authority *authority);
    enum store_result (*certificate_add)(struct store *store,
                                         const struct store_certificate *certificate);
    enum store_result (*certificate_list)(struct store *store,
                                          const struct store_certificate_filter *filter,
                                          store_certificate_cb cb, void *data);
    /* STORE_NONE: there is none, or it was revoked before. A SIM that is revoked, changed or
     * removed, and an address that is taken from it, revoke theirs by themselves. */
    enum store_result (*certificate_revoke)(struct store *store, const uint8_t *serial,
                                            int64_t now);

    /* Removes what is over and is made again where it is missed: challenges, sessions, vectors,
     * answers, operator keys, proofs; a record whose vector nobody confirmed in time is "gone". */
    enum store_result (*sweep)(struct store *store, int64_t now);
    /* The same of what does not come back: codes, claims, certificates. */
    enum store_result (*sweep_lasting)(struct store *store, int64_t now);
    /* When the last record or change of a SIM or an address was made; 0: there is none. */
    enum store_result (*newest)(struct store *store, int64_t *time);

    /* In a writing transaction: seals the next values with the present key, where another opens
     * them; begin with zeros, go on until `done`. */
    enum store_result (*reseal)(struct store *store, struct store_reseal *reseal);
    /* In a writing transaction, once, after a backup was put back: moves every SQN on by `jump`,
     * for later ones than the backup's may have been used, and removes what the backup's past had
     * open (sessions, challenges, vectors, answers). */
    enum store_result (*restored)(struct store *store, uint64_t jump);
    /* Everything so far stands in the tables that others read; NULL: it always does. Outside of
     * transactions. */
    enum store_result (*flush)(struct store *store);
    /* What stands in the journal; NULL: there is none. Outside of transactions. */
    void (*journal)(struct store *store, struct store_journal *journal);
    /* Writes a whole copy to a new file while others go on; NULL where the database has programs of
     * its own for that. Outside of a transaction. */
    enum store_result (*backup)(struct store *store, const char *path);
};
#define STORE_ERROR_MAX 256

/* NULL for an unknown name. */
const struct store_ops *store_find(const char *name);

#endif
