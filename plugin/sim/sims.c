/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which back end a kind of SIM has. */
#include "sims.h"
#include "kinds.h"

static const struct sim_backend *const backends[] = {
#define SIM_KIND(id, name, written, bare, place, shown, password) &sim_backend_##id,
#include "kinds.def"
#undef SIM_KIND
};

const struct sim_backend *sim_backend_for(const char *setting, const char **where)
{
    const struct sim_kind *kind = sim_kind_of(setting, where);

    return kind ? backends[kind - sim_kinds] : NULL;
}
