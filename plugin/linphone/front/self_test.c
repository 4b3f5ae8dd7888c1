/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The self-test: each link from the settings to the operator's records, in the order in which a
 * call needs them; the first that fails names what to mend, those behind it are "not tried".
 */
#include "accounts.h"
#include "bus_view.h"
#include "control_commands.h"
#include "core.h"
#include "readable.h"

#include <stdlib.h>
#include <string.h>

#define CLOCK_LIMIT_S 300

struct self_test {
    struct errand errand; /* first */
    struct control_reply *reply;
    belle_sip_provider_t *provider;
    unsigned sim_number;
    bool bootstrap_only, on_worker;
    json_t *links; /* of the answer */
    bool failed;
    struct ag_self self;
    bool has_self;
    bool same_sim; /* as the one before */
};

/* `word` is for programs (SelfTest() on the session bus), `link` for people. */
static void add(struct self_test *t, const char *word, const char *link, const char *problem)
{
    const char *result = t->failed ? "not-tried" : (problem ? "failed" : "good");
    char shown[SETTINGS_ERROR_MAX];

    readable_copy(shown, !t->failed && problem ? problem : "", sizeof(shown));
    json_array_append_new(t->links, json_pack("{s:s, s:s, s:s, s:s}", "word", word, "link", link,
                                              "result", result, "problem", shown));
    bus_view_link(t->on_worker ? t->provider : NULL, word, result, shown);
    t->failed = t->failed || problem;
}

/* Nothing of a SIM but whether it answers; TLS and the SIM are both in bootstrapping, so the
 * sentence of ag_error() tells which it was. */
static void on_worker(struct errand *errand, struct station *station)
{
    struct self_test *t = (struct self_test *)errand;
    enum station_state state;
    enum ag_status status = AG_OK;
    const char *problem = NULL;

    t->on_worker = true;
    station_start_over(station);
    state = station_prepare(station, errand->settings);
    t->same_sim = station_same_sim(station);
    add(t, "sim", "SIM", state == STATION_NO_SIM ? station_error(station) : NULL);
    add(t, "gateway-named", "gateway named",
        state == STATION_NO_GATEWAY ? station_error(station) : NULL);
    if (state == STATION_READY)
        status = ag_bootstrap(station_ag(station));
    if (status != AG_OK)
        problem = ag_error(station_ag(station));
    add(t, "gateway-reached", "gateway reached over TLS", status == AG_DOWN ? problem : NULL);
    add(t, "bootstrapped", "bootstrapping with the SIM", status == AG_DOWN ? NULL : problem);
    if (t->bootstrap_only || t->failed)
        return;
    status = ag_self(station_ag(station), &t->self);
    t->has_self = status == AG_OK;
    add(t, "record", "operator's record of us", t->has_self ? NULL : ag_error(station_ag(station)));
}

static void check_clock(struct self_test *t)
{
    long long difference = (long long)(core_now() - t->self.time);
    char problem[128];

    g_snprintf(problem, sizeof(problem),
               "this computer's clock differs from the operator's by %lld s: set it", difference);
    add(t, "clock", "clock", llabs(difference) > CLOCK_LIMIT_S ? problem : NULL);
}

static void check_accounts(struct self_test *t, const struct core *core)
{
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);
    bool any = false;

    for (; accounts && !any; accounts = accounts->next) {
        char *uri = account_uri(accounts->data);

        any = uri && core_is_own(core, uri);
        g_free(uri);
    }
    add(t, "account", "account",
        any ? NULL
            : "the operator vouches for none of Linphone's accounts: ask it to bind your address "
              "to your SIM");
}

/* Keys are bound to SIMs by ZRTP alone: a liblinphone may be built without. */
static void check_media(struct self_test *t, const struct core *core)
{
    bool zrtp = linphone_core_media_encryption_supported(core->lc, LinphoneMediaEncryptionZRTP);

    add(t, "media", "encryption (ZRTP)",
        zrtp ? NULL : "this Linphone cannot encrypt calls with ZRTP: install one that can");
}

/* Where the settings changed meanwhile, their SIM is being asked for already. */
static void take_sim(struct self_test *t, struct core *core)
{
    if (t->same_sim || t->sim_number != core->sim_number)
        return;
    core_other_sim(core);
    t->sim_number = core->sim_number;
}

static void back(struct errand *errand)
{
    struct self_test *t = (struct self_test *)errand;
    struct core *core = core_of_provider(t->provider);

    t->on_worker = false;
    if (core)
        take_sim(t, core);
    if (t->has_self && core) {
        core_take_self(core, t->sim_number, &t->self);
        check_clock(t);
        check_accounts(t, core);
        check_media(t, core);
    } else if (!t->bootstrap_only) {
        add(t, "clock", "clock", NULL);
        add(t, "account", "account", NULL);
        add(t, "media", "encryption (ZRTP)", NULL);
    }
    control_answer(t->reply, json_pack("{s:b, s:o}", "good", !t->failed, "links", t->links));
    g_free(t);
}

static void lost(struct errand *errand)
{
    struct self_test *t = (struct self_test *)errand;

    json_decref(t->links);
    control_error(t->reply, "Linphone is ending");
    g_free(t);
}

void self_test(struct control_reply *reply, bool bootstrap_only)
{
    struct core *core = core_first();
    struct settings *settings = core ? core_settings(core) : NULL;
    struct self_test *t = g_new0(struct self_test, 1);

    t->reply = reply;
    t->bootstrap_only = bootstrap_only;
    t->provider = core ? core->provider : NULL;
    t->sim_number = core ? core->sim_number : 0;
    t->links = json_array();
    add(t, "settings", "settings",
        settings ? core_problem(core)
                 : (core ? (core_missing() ? core_missing() : core->inactive) : "no core"));
    if (!settings) {
        control_answer(reply, json_pack("{s:b, s:o}", "good", 0, "links", t->links));
        g_free(t);
        return;
    }
    worker_begin(core->worker, &t->errand, settings, on_worker, back, lost);
}
