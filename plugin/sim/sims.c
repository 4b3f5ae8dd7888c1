/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of back ends: one row each. */
#include "sims.h"

#include <string.h>

static const struct sim_backend *const backends[] = {
    &sim_backend_soft,  &sim_backend_pcsc,         &sim_backend_pcsc_shared,
    &sim_backend_modem, &sim_backend_modemmanager, &sim_backend_digest,
};

const struct sim_backend *sim_backend_for(const char *setting, const char **where)
{
    size_t name_len = setting ? strcspn(setting, ":") : 0;

    for (size_t i = 0; name_len > 0 && i < sizeof backends / sizeof backends[0]; i++) {
        if (strlen(backends[i]->name) != name_len ||
            memcmp(setting, backends[i]->name, name_len) != 0)
            continue;
        if (!setting[name_len] && !backends[i]->bare)
            return NULL;
        *where = setting + name_len + (setting[name_len] ? 1 : 0);
        return backends[i];
    }
    return NULL;
}
