/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of SIM as data (kinds.def), for whoever reads settings and opens no SIM. */
#ifndef SIMAUTH_PLUGIN_SIM_KINDS_H
#define SIMAUTH_PLUGIN_SIM_KINDS_H

#include <stdbool.h>

enum sim_place { SIM_IN_READER, SIM_IN_MODEM, SIM_IN_FILE };

struct sim_kind {
    const char *name; /* "soft": the part before ":" in the setting `sim` */
    bool bare;        /* the setting may be the name alone: the first that is found */
    enum sim_place place;
    const char *shown; /* Sim1.Kind */
    bool password;     /* no SIM at all (GBA_Digest) */
};

/* In the order of kinds.def. */
enum sim_kind_id {
#define SIM_KIND(id, name, written, bare, place, shown, password) SIM_KIND_##id,
#include "kinds.def"
#undef SIM_KIND
    SIM_KINDS
};
extern const struct sim_kind sim_kinds[SIM_KINDS];

/* All of them as a person writes them: "pcsc[:READER], modem:PORT, ...". */
#define SIM_KINDS_WRITTEN (sim_kinds_list + 2)
extern const char sim_kinds_list[]; /* each with ", " before it */

/* The kind of a setting such as "soft:/home/a/.config/simauth/sim.json"; *where points behind the
 * ":", to "" for a name alone (`where` may be NULL). NULL when there is no such kind, when it needs
 * a place that is not said, and for a setting that is NULL. */
const struct sim_kind *sim_kind_of(const char *setting, const char **where);

#endif
