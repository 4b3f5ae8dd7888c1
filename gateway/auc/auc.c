/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of vector sources. */
#include "auc.h"
#include "sources.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const struct auc_ops *const sources[] = {
    &auc_embedded,
    &auc_udm,
};

const struct auc_ops *auc_find(const char *name)
{
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (strcmp(sources[i]->name, name) == 0)
            return sources[i];
    return NULL;
}

bool auc_is_module(const char *name)
{
    return strcmp(name, "gsup") == 0;
}

const struct auc_ops *auc_load(const char *path, char *error)
{
    /* Its own symbols stay its own, and the other way round: it needs nothing of the gateway. */
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct auc_module *module = handle ? dlsym(handle, "simauth_gateway_source") : NULL;

    if (module && module->version == AUC_MODULE_VERSION)
        return module->ops;
    snprintf(error, AUC_ERROR_MAX, "%s: %s", path,
             module ? "was built for another version of simauth-gateway" : dlerror());
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
    case AUC_UNKNOWN:
        return "source does not know this SIM";
    case AUC_BARRED:
        return "source bars this subscriber";
    case AUC_NO_METHOD:
        return "source has no such vector";
    case AUC_DOWN:
        return "source is down";
    case AUC_WAITS:
        return "waits for the source";
    case AUC_NO_SIM:
        return "subscriber without a SIM";
    case AUC_NO_KEYS:
        return "its keys are not in this database: is [auc] type as it was?";
    case AUC_WEAK:
        return "its algorithm is weak and not in [auc] weak_algorithms";
    }
    return "unknown result";
}
