/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unmark.h"

#include <string.h>

struct unmarked {
    struct unmarked *next;
    const LinphoneCall *linphone;
    char said[SINK_SAID_MAX];
    bool later;
};

static struct unmarked *of(struct core *core, const LinphoneCall *linphone)
{
    struct unmarked *u = core->unmarked;

    while (u && u->linphone != linphone)
        u = u->next;
    if (u)
        return u;
    u = g_new0(struct unmarked, 1);
    u->linphone = linphone;
    u->next = core->unmarked;
    core->unmarked = u;
    return u;
}

void unmark(struct core *core, LinphoneCall *linphone)
{
    struct unmarked *u;

    if (!core->settings || !core->settings->mark_verified ||
        sink_zrtp.verdict(linphone, true) == SINK_WEAK)
        return;
    u = of(core, linphone);
    u->later = !sink_zrtp.mark(linphone, false, true, u->said);
}

void unmark_running(struct core *core, LinphoneCall *linphone)
{
    const struct unmarked *u = core->unmarked;

    while (u && u->linphone != linphone)
        u = u->next;
    if (u && u->later)
        unmark(core, linphone);
}

void unmark_over(struct core *core, const LinphoneCall *linphone)
{
    struct unmarked **link = &core->unmarked, *u;

    while (*link && (*link)->linphone != linphone)
        link = &(*link)->next;
    u = *link;
    if (u)
        *link = u->next;
    g_free(u);
}

void unmark_core_gone(struct core *core)
{
    while (core->unmarked)
        unmark_over(core, core->unmarked->linphone);
}
