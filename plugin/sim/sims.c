/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of back ends: one row each. */
#include "sims.h"

#include <string.h>

static const struct sim_backend *const backends[] = {
    &sim_backend_soft,
};

const struct sim_backend *sim_backend_for(const char *setting, const char **where)
{
    const char *colon = setting ? strchr(setting, ':') : NULL;

    if (!colon)
        return NULL;
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++) {
        size_t len = strlen(backends[i]->name);

        if (len == (size_t)(colon - setting) && memcmp(setting, backends[i]->name, len) == 0) {
            *where = colon + 1;
            return backends[i];
        }
    }
    return NULL;
}
