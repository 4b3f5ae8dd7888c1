/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who we are: what the gateway says of the SIM that is set. */
#include "accounts.h"
#include "bindings.h"
#include "bus_view.h"
#include "core.h"
#include "news.h"
#include "note.h"
#include "readable.h"

#include <string.h>

static void forget_self(struct core *core)
{
    core->sim_number++;
    *core->own_nai = '\0';
    core->self = core->before = (struct ag_self){0};
}

/* The settings for which the station opens SIM and gateway anew. */
static char *sim_of(const struct settings *s)
{
    const char *const parts[] = {s->sim, s->pin, s->gateway, s->ca_file, s->local_address};
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        g_string_append_printf(text, "%s\n", parts[i] ? parts[i] : "");
    return g_string_free(text, FALSE);
}

void core_take_sim(struct core *core, const struct settings *settings)
{
    char *sim = sim_of(settings);

    if (g_strcmp0(sim, core->sim) != 0)
        forget_self(core);
    g_free(core->sim);
    core->sim = sim;
}

/* Without a SIM, or with one whose gateway does not answer, no account's policy gets weaker. */
void core_other_sim(struct core *core)
{
    struct ag_self before = core->self.aor_count ? core->self : core->before;

    forget_self(core);
    core->before = before;
    if (core->settings)
        core_warm_up(core);
}

void core_take_self(struct core *core, unsigned sim_number, const struct ag_self *self)
{
    if (sim_number != core->sim_number)
        return;
    core->self = *self;
    core->before = (struct ag_self){0};
    g_strlcpy(core->own_nai, self->nai, sizeof(core->own_nai));
}

static bool has(const struct ag_self *self, const char *uri)
{
    for (size_t i = 0; i < self->aor_count; i++) {
        if (simauth_aor_same(self->aors[i], uri))
            return true;
    }
    return false;
}

bool core_is_own(const struct core *core, const char *uri)
{
    return has(&core->self, uri);
}

bool core_may_be_own(const struct core *core, const char *uri)
{
    return has(&core->self, uri) || has(&core->before, uri);
}

bool core_is_account(const struct core *core, const char *uri)
{
    return account_find(core, uri) != NULL;
}

/* The SIM is opened and the gateway's session made before the first call needs them. */
struct warm_up {
    struct errand errand;
    belle_sip_provider_t *provider;
    unsigned sim_number;
    struct ag_self self;
    bool good;
    char error[SETTINGS_ERROR_MAX];
};

static void warm_up_work(struct errand *errand, struct station *station)
{
    struct warm_up *w = (struct warm_up *)errand;

    if (station_prepare(station, errand->settings) != STATION_READY)
        g_strlcpy(w->error, station_error(station), sizeof(w->error));
    else if (ag_self(station_ag(station), &w->self) != AG_OK)
        readable_copy(w->error, ag_error(station_ag(station)), sizeof(w->error));
    else
        w->good = true;
}

static void warm_up_back(struct errand *errand)
{
    struct warm_up *w = (struct warm_up *)errand;
    struct core *core = core_of_provider(w->provider);

    if (!core || w->sim_number != core->sim_number) { /* another is on its way */
        g_free(w);
        return;
    }
    core->warming = false;
    bus_view_changed();
    if (w->good) {
        core_take_self(core, w->sim_number, &w->self);
        note("ready: nai=%s clock_difference=%d operator=%s", w->self.nai,
             (int)(core_now() - w->self.time), w->self.operator_name);
        bindings_renew(core);
        news_ask(core);
    } else {
        note("not ready: %s", w->error);
        news_begin(core);
    }
    g_free(w);
}

static void warm_up_lost(struct errand *errand)
{
    g_free(errand);
}

void core_warm_up(struct core *core)
{
    struct warm_up *w = g_new0(struct warm_up, 1);

    w->provider = core->provider;
    w->sim_number = core->sim_number;
    core->warming = true;
    worker_begin(core->worker, &w->errand, core->settings, warm_up_work, warm_up_back,
                 warm_up_lost);
}

void core_warm_up_again(struct core *core)
{
    if (core_settings(core) && !*core->self.nai && !core->warming && !core->settings->built_in)
        core_warm_up(core);
}
