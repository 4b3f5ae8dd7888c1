/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where authentication vectors come from: an interface. A source is one file and one row in auc.c;
 * or a module that is loaded, where its library may not be linked to the gateway: it exports a
 * `const struct auc_module simauth_gateway_source`.
 *
 * A source either draws inside the store's transaction, or fetches from somebody else, which takes
 * time: then nothing waits, and the request runs again when the vector is there (api/draw.c).
 */
#ifndef SIMAUTH_GATEWAY_AUC_H
#define SIMAUTH_GATEWAY_AUC_H

#include "../store/store.h"
#include <simauth/method.h>

enum auc_result {
    AUC_OK = 0,
    AUC_AUTS_REFUSED = -1, /* not made by this SIM for this RAND */
    AUC_EXHAUSTED = -2,    /* no sequence number is left */
    AUC_STORE = -3,        /* the store failed: *store_result says how */
    AUC_FAILED = -4,
    AUC_UNKNOWN = -5,   /* the source does not know this IMSI */
    AUC_BARRED = -6,    /* the source bars this subscriber */
    AUC_NO_METHOD = -7, /* the source has no vector of this kind for it */
    AUC_DOWN = -8,      /* the source cannot be reached, is slow or overloaded */
    AUC_WAITS = -9,     /* is being fetched: the request will run again */
    AUC_WEAK = -10,     /* its algorithm is weak, and nobody asked for it */
    AUC_NO_SIM = -11,   /* this subscriber has a password and no SIM: never a vector */
    AUC_NO_KEYS = -12   /* its keys are with an HLR or UDM, which is not asked */
};

/* TS 33.102 annex C.1.1.3: SQN = SEQ || IND, and the IND values that are this gateway's alone. */
struct auc_ind {
    int bits;  /* of IND, 1 to 8 */
    int first; /* the first of ours */
    int count; /* how many are ours, at least 8 */
};

struct auc_vector {
    bool separation;  /* asked for: the AMF separation bit (TS 33.102 annex H) is to be 1 */
    uint8_t triplets; /* asked for: so many triplets of a 2G SIM instead of one vector with AUTN */
    uint8_t rand[SIMAUTH_CHAL_MAX]; /* SIMAUTH_RAND_LEN for each */
    uint8_t autn[SIMAUTH_AUTN_LEN];
    struct simauth_secret res; /* RES, or each SRES */
    struct simauth_secret k;   /* CK || IK, or each Kc */
};
#define AUC_TRIPLETS_MAX (SIMAUTH_CHAL_MAX / SIMAUTH_RAND_LEN)
void auc_vector_wipe(struct auc_vector *vector);

/* What a SIM said instead of RES, with the RAND it was asked. */
struct auc_auts {
    const uint8_t *rand; /* 16 */
    const uint8_t *auts; /* 14 */
};

struct auc {
    const struct auc_ops *ops;
    const struct store_ops *store_ops;
    struct store *store;
    struct auc_ind ind;
    /* Weak algorithms that the operator asked for: bits 1 << number. A reload changes them. */
    _Atomic unsigned weak_allowed;
    void *state; /* of a source that fetches */
};

#define AUC_HOST_MAX 63
#define AUC_NAME_MAX 63
#define AUC_LINKS_MAX 32
#define AUC_ERROR_MAX 256
struct auc_settings {
    const char *host; /* gsup: IP address */
    int port;
    const char *name; /* of this gateway; each link adds "-" and its number */
    int links;        /* 1 to AUC_LINKS_MAX */
    int timeout_ms;
    /* udm: the apiRoot; PEM files ("" for `ca`: the machine's authorities); a file with a bearer
     * token, "" for none */
    const char *url, *ca, *certificate, *key, *token;
    void (*log)(const char *text);
    void (*links_up)(int up, int total); /* whenever that changes */
};

/* One question to a source that fetches. */
struct auc_fetch {
    char imsi[STORE_IMSI_MAX + 1];
    bool has_auts;
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t auts[SIMAUTH_AUTS_LEN];
    /* Called once, in a thread of the source, after the following are filled. */
    void (*done)(struct auc_fetch *fetch);
    void *data; /* for done() */
    enum auc_result result;
    const char *reason; /* static storage; NULL with AUC_OK */
    struct auc_vector vector;
};
struct auc_ops {
    const char *name; /* as in the configuration */
    /* A fresh vector for `subscriber`; with `auts`, after it was checked and the sequence number
     * moved forwards. Called inside a writing transaction of the store: the number is durable when
     * that is. */
    enum auc_result (*draw)(struct auc *auc, const struct store_subscriber *subscriber,
                            const struct auc_auts *auts, struct auc_vector *vector,
                            enum store_result *store_result);

    /* A source that fetches has these instead of draw(). start(): the state, or NULL with a
     * sentence in `error` (AUC_ERROR_MAX); somebody who is not there yet is no error. */
    void *(*start)(const struct auc_settings *settings, char *error);
    /* Ends every fetch; later ones end at once with AUC_DOWN. */
    void (*stop)(void *state);
    void (*free)(void *state); /* after stop() */
    /* Returns at once; `fetch` stays the caller's and must live until done(). */
    void (*fetch)(void *state, struct auc_fetch *fetch);
    /* What start() would find missing; -1 with a sentence in `error`. NULL: nothing to look at. */
    int (*check)(const struct auc_settings *settings, char *error);
};

#define AUC_MODULE_VERSION 3
struct auc_module {
    int version; /* AUC_MODULE_VERSION it was built for */
    const struct auc_ops *ops;
};
/* The source in this file; NULL with a sentence in `error` (AUC_ERROR_MAX). It is never unloaded.
 */
const struct auc_ops *auc_load(const char *path, char *error);
/* Whether a source of this name is a module. */
bool auc_is_module(const char *name);
/* NULL for an unknown name. */
const struct auc_ops *auc_find(const char *name);
const char *auc_result_name(enum auc_result result);

#endif
