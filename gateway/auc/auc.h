/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where authentication vectors come from: an interface. A source is one file and one row in auc.c.
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
    AUC_FAILED = -4
};

/* TS 33.102 annex C.1.1.3: SQN = SEQ || IND, and the IND values that are this gateway's alone. */
struct auc_ind {
    int bits;  /* of IND, 1 to 8 */
    int first; /* the first of ours */
    int count; /* how many are ours, at least 8 */
};

struct auc_vector {
    uint8_t rand[SIMAUTH_RAND_LEN];
    uint8_t autn[SIMAUTH_AUTN_LEN];
    struct simauth_secret res;
    struct simauth_secret k; /* CK || IK */
};
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
};
struct auc_ops {
    const char *name; /* as in the configuration */
    /* A fresh vector for `subscriber`; with `auts`, after it was checked and the sequence number
     * moved forwards. Called inside a writing transaction of the store: the number is durable when
     * that is. */
    enum auc_result (*draw)(struct auc *auc, const struct store_subscriber *subscriber,
                            const struct auc_auts *auts, struct auc_vector *vector,
                            enum store_result *store_result);
};
/* NULL for an unknown name. */
const struct auc_ops *auc_find(const char *name);
const char *auc_result_name(enum auc_result result);

#endif
