/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kinds.h"

#include <string.h>

const struct sim_kind sim_kinds[] = {
#define SIM_KIND(id, name, written, bare, place, shown, password)                                  \
    {name, bare, place, shown, password},
#include "kinds.def"
#undef SIM_KIND
};

const char sim_kinds_list[] = ""
#define SIM_KIND(id, name, written, bare, place, shown, password) ", " written
#include "kinds.def"
#undef SIM_KIND
    ;

const struct sim_kind *sim_kind_of(const char *setting, const char **where)
{
    size_t name_len = setting ? strcspn(setting, ":") : 0;

    for (const struct sim_kind *kind = sim_kinds; kind < sim_kinds + SIM_KINDS; kind++) {
        if (name_len == 0 || strlen(kind->name) != name_len ||
            memcmp(setting, kind->name, name_len) != 0)
            continue;
        if (!setting[name_len] && !kind->bare)
            return NULL;
        if (where)
            *where = setting + name_len + (setting[name_len] ? 1 : 0);
        return kind;
    }
    return NULL;
}
