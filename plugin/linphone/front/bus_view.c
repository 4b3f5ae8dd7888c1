/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus_view.h"
#include "accounts.h"
#include "bus_calls.h"
#include "control_commands.h"
#include "kinds.h"
#include "note.h"
#include "pin_source.h"
#include "prices.h"
#include "session_bus.h"
#include "setup.h"
#include "shown_words.h"
#include "sim_commands.h"

#include <errno.h>
#include <string.h>

#define LOOK_US (2 * G_USEC_PER_SEC) /* at readers */
#define BUSY_MS 1500                 /* longer than a card takes that is at work */

static struct session_bus *bus;

static void put_object(json_t *objects, const char *kind, unsigned number, const char *interface,
                       json_t *properties)
{
    char path[64];

    g_snprintf(path, sizeof(path), "%s/%u", kind, number);
    json_object_set_new(objects, path, json_pack("{s:o}", interface, properties));
}

/* -- SIM and gateway --------------------------------------------------------------------------- */

/* As they are under the settings of now; else nothing is known yet. */
static void health_of(struct core *core, struct station_health *h)
{
    int busy;

    health_begin(h);
    h->sim_since = h->gateway_since = 0;
    if (!core->settings || !core->worker)
        return;
    busy = worker_busy_ms(core->worker);
    worker_health(core->worker, h);
    if (h->settings != core->settings->number) {
        health_begin(h);
        h->sim_since = h->gateway_since = 0;
    }
    if (busy > BUSY_MS && strcmp(h->sim, "ready"))
        health_sim(h, "busy", "The SIM waits for its PIN, or is at work.");
    if (busy > 0 && !strcmp(h->gateway, "unknown"))
        health_gateway(h, "asking", "The gateway is being asked.");
    if (!core->settings->sim)
        health_sim(h, "unset", "No SIM is set.");
}

/* NULL: no SIM is set, or none of a kind that there is. */
static const struct sim_kind *kind_of(const struct core *core)
{
    return core->settings ? sim_kind_of(core->settings->sim, NULL) : NULL;
}

static json_t *sim_of(struct core *core)
{
    const struct sim_kind *kind = kind_of(core);
    json_t *sim = json_object();
    struct station_health h;
    char *file;

    health_of(core, &h);
    file = kind && kind->place == SIM_IN_FILE ? g_path_get_basename(h.sim_name) : NULL;
    shown_put(sim, "Setting", core->settings ? core->settings->sim : "");
    shown_put(sim, "Kind", kind ? kind->shown : "none");
    shown_put(sim, "Name", file && *h.sim_name ? file : h.sim_name);
    shown_put(sim, "Generation", h.generation);
    shown_put(sim, "State", h.sim);
    shown_put_number(sim, "TriesLeft", h.tries_left);
    shown_put(sim, "Text", h.sim_text);
    shown_put(sim, "Tag", h.sim_tag);
    shown_put_number(sim, "Since", h.sim_since);
    g_free(file);
    return sim;
}

/* -- accounts ---------------------------------------------------------------------------------- */

static const char *registration_of(const LinphoneAccount *account)
{
    switch (linphone_account_get_state((LinphoneAccount *)(uintptr_t)account)) {
    case LinphoneRegistrationOk:
        return "ok";
    case LinphoneRegistrationProgress:
        return "progress";
    case LinphoneRegistrationFailed:
        return "failed";
    default:
        return "none";
    }
}

static const char *policy_of(const struct core *core, const char *aor)
{
    const struct settings_party *party = settings_account(core->settings, aor);

    return settings_policy_name(party && party->policy != SETTINGS_UNSET ? party->policy
                                                                         : core->settings->policy);
}

/* Of an address that nobody vouches for no call is verified. */
static void add_price(const struct ag_prices *prices, bool vouched, json_t *shown)
{
    static const struct ag_prices none;
    const struct ag_prices *said = vouched ? prices : &none;
    char amount[PRICE_TEXT_MAX], *text = prices_text(said);

    shown_put(shown, "Price", text);
    price_amount(&said->first, amount);
    shown_put(shown, "PriceFirst", amount);
    price_amount(&said->again, amount);
    shown_put(shown, "PriceAgain", amount);
    shown_put(shown, "PriceCurrency", said->currency);
    shown_put(shown, "PriceWords", said->words);
    g_free(text);
}

static json_t *account_of(struct core *core, const LinphoneAccount *account, const char *uri)
{
    json_t *shown = json_object();
    char aor[SIMAUTH_AOR_MAX + 1] = "";
    bool vouched = core_is_own(core, uri);
    struct station_health h;

    health_of(core, &h);
    if (simauth_aor_canonical(uri, aor) != SIMAUTH_OK)
        g_strlcpy(aor, uri, sizeof(aor));
    shown_put(shown, "Aor", aor);
    shown_put(shown, "Registration", registration_of(account));
    shown_put(shown, "Nai", vouched ? core->self.nai : "");
    shown_put(shown, "Operator", vouched ? core->self.operator_name : "");
    json_object_set_new(shown, "Vouched", json_boolean(vouched));
    shown_put(shown, "Policy", core->settings ? policy_of(core, aor) : "off");
    shown_put(shown, "Gateway",
              *h.gateway_name || !core->settings ? h.gateway_name : core->settings->gateway);
    shown_put(shown, "GatewayState", h.gateway);
    shown_put(shown, "GatewayText", h.gateway_text);
    shown_put_number(shown, "GatewaySince", h.gateway_since);
    add_price(prices_of(core), vouched, shown);
    return shown;
}

static void add_accounts(struct core *core, json_t *objects, unsigned *number)
{
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);

    for (; accounts; accounts = accounts->next) {
        char *uri = account_uri(accounts->data);

        if (uri)
            put_object(objects, "account", (*number)++, "org.simauth.Account1",
                       account_of(core, accounts->data, uri));
        g_free(uri);
    }
}

/* -- the phone --------------------------------------------------------------------------------- */

static const char *state_without_settings(const struct core *core)
{
    if (core_missing())
        return "broken";
    if (!core->settings_stamp)
        return "unset";
    return !strcmp(core->inactive, "switched off") ? "off" : "broken";
}

static const char *state_of(struct core *core, char *text, size_t room)
{
    struct station_health h;
    const char *why;

    *text = '\0';
    if (!core->settings) {
        g_strlcpy(text, core_missing() ? core_missing() : core->inactive, room);
        return state_without_settings(core);
    }
    health_of(core, &h);
    why = strcmp(h.sim, "ready") ? h.sim_text : h.gateway_text;
    g_strlcpy(text, core->settings->built_in ? core->settings->problem : why, room);
    if (core->settings->built_in)
        return "broken";
    if (!core->settings->sim)
        return "unset";
    if (!strcmp(h.sim, "ready") && !strcmp(h.gateway, "ready") && !core->warming)
        return "ready";
    if (*text)
        return !strcmp(h.gateway, "asking") ? "starting" : "not-ready";
    g_strlcpy(text, "The SIM and the operator's gateway are being asked.", room);
    return "starting";
}

static json_t *phone_of(struct core *core)
{
    json_t *phone = json_object();
    char text[SETTINGS_ERROR_MAX];

    shown_put(phone, "State", state_of(core, text, sizeof(text)));
    shown_put(phone, "StateText", text);
    shown_put(phone, "Version", SIMAUTH_VERSION);
    shown_put(phone, "Host", program_invocation_short_name);
    shown_put(phone, "HostVersion", linphone_core_get_version());
    shown_put_number(phone, "ProcessId", getpid());
    shown_put(phone, "Problem", core_problem(core));
    shown_put(phone, "SettingsPath", core->settings_path);
    shown_put(phone, "Policy",
              core->settings ? settings_policy_name(core->settings->policy) : "off");
    shown_put(phone, "Nai", core->own_nai);
    shown_put(phone, "Operator", core->self.operator_name);
    shown_put(phone, "KeysHome", core->setup ? setup_home(core) : "off");
    shown_put(phone, "KeysProblem", core->setup ? setup_problem(core) : "");
    return phone;
}

/* -- a card that comes and goes ---------------------------------------------------------------- */

struct look {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    bool ready_before, ready;
};
static gint64 looked_us;

static void look_work(struct errand *errand, struct station *station)
{
    struct look *look = (struct look *)errand;

    look->ready_before = !strcmp(station_health(station)->sim, "ready");
    station_look(station, errand->settings);
    look->ready = !strcmp(station_health(station)->sim, "ready");
}

static void look_lost(struct errand *errand)
{
    g_free(errand);
}

static void look_back(struct errand *errand)
{
    struct look *look = (struct look *)errand;
    struct core *core = core_of_provider(look->provider);

    looked_us = g_get_monotonic_time();
    if (core)
        core->looking = false;
    if (core && look->ready && !look->ready_before && core->settings)
        core_warm_up(core);
    bus_view_changed();
    g_free(look);
}

/* Nothing tells of a card: it is looked for while somebody may be looking at us, and never while
 * the worker has something else to do. */
static void look_at_readers(struct core *core)
{
    const struct sim_kind *kind = kind_of(core);
    struct look *look;

    if (!kind || kind->place != SIM_IN_READER || core->looking || !session_bus_connected(bus) ||
        !core->settings || core->settings->built_in || worker_busy_ms(core->worker) ||
        g_get_monotonic_time() - looked_us < LOOK_US)
        return;
    core->looking = true;
    look = g_new0(struct look, 1);
    look->provider = core->provider;
    worker_begin(core->worker, &look->errand, core->settings, look_work, look_back, look_lost);
}

/* -- the front --------------------------------------------------------------------------------- */

static json_t *objects(void)
{
    json_t *all = json_object();
    unsigned accounts = 0, sims = 0;

    for (struct core *core = core_first(); core; core = core->next) {
        (void)core_settings(core);
        if (core == core_first())
            json_object_set_new(all, "", json_pack("{s:o}", "org.simauth.Phone1", phone_of(core)));
        add_accounts(core, all, &accounts);
        put_object(all, "sim", sims++, "org.simauth.Sim1", sim_of(core));
        look_at_readers(core);
    }
    shown_calls_add(all);
    return all;
}

static void *watch(void *provider, int fd, void (*ready)(void *arg), void *arg)
{
    return sip_watch_start(provider, fd, ready, arg);
}

static void watch_for_write(void *handle, bool on)
{
    sip_watch_for_write(handle, on);
}

static void unwatch(void *handle)
{
    sip_watch_stop(handle);
}

static void *timer(void *provider, unsigned ms, void (*expired)(void *arg), void *arg)
{
    return sip_timer_start(provider, ms, expired, arg);
}

static void timer_stop(void *handle)
{
    sip_timer_stop(handle);
}

static void secret_command(const char *command, const struct session_bus_secret *secret,
                           const json_t *request, struct control_reply *reply)
{
    sim_commands_secret(command, secret->text, secret->len, request, reply);
}

static void note_line(const char *sentence)
{
    note("bus: %s", sentence);
}

void bus_view_start(belle_sip_provider_t *provider)
{
    const struct session_bus_user user = {
        .loop = {watch, watch_for_write, unwatch, timer, timer_stop, provider},
        .handle = control_commands_handle,
        .handle_secret = secret_command,
        .objects = objects,
        .pin_asker = pin_source_elsewhere,
        .note = note_line,
    };

    if (!bus)
        bus = session_bus_start(&user);
}

void bus_view_stop(void)
{
    struct session_bus *ending = bus;

    bus = NULL;
    session_bus_stop(ending);
}

void bus_view_changed(void)
{
    session_bus_changed(bus);
}

void bus_view_tell(const char *signal)
{
    session_bus_signal(bus, signal, NULL);
}

/* -- links of a self-test ---------------------------------------------------------------------- */

static void tell_link(void *arg)
{
    json_t *strings = arg;

    session_bus_signal(bus, "SelfTestLink", strings);
    json_decref(strings);
}

void bus_view_link(belle_sip_provider_t *provider, const char *word, const char *result,
                   const char *problem)
{
    json_t *strings = json_pack("[s, s, s]", word, result, problem);

    if (!provider)
        tell_link(strings);
    else if (!sip_tap_run_later(provider, tell_link, strings))
        json_decref(strings);
}
