/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of vector sources. */
#include "auc.h"
#include "sources.h"

#include <string.h>

static const struct auc_ops *const sources[] = {
    &auc_embedded,
};

const struct auc_ops *auc_find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i]->name, name) == 0)
            return sources[i];
    return NULL;
}

void auc_vector_wipe(struct auc_vector *vector)
{
    simauth_secret_wipe(&vector->res);
    simauth_secret_wipe(&vector->k);
}

const char *auc_result_name(enum auc_result result)
{
    switch (result) {
    case AUC_OK:
        return "good";
    case AUC_AUTS_REFUSED:
        return "AUTS refused";
    case AUC_EXHAUSTED:
        return "sequence numbers used up: change the SIM";
    case AUC_STORE:
        return "store failed";
    case AUC_FAILED:
        return "vector could not be computed";
    }
    return "unknown result";
}
