/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control_commands.h"
#include "accounts.h"
#include "bindings.h"
#include "bus_view.h"
#include "call.h"
#include "continue_once.h"
#include "note.h"
#include "person_commands.h"
#include "prices.h"
#include "sim_commands.h"
#include "sips.h"
#include "unasked.h"

#include <string.h>

static struct control *control;
static const belle_sip_provider_t *home;

/* -- status ------------------------------------------------------------------------------------ */

static json_t *accounts_of(const struct core *core)
{
    const bctbx_list_t *accounts = linphone_core_get_account_list(core->lc);
    json_t *list = json_array();

    for (; accounts; accounts = accounts->next) {
        char *uri = account_uri(accounts->data);

        if (uri)
            json_array_append_new(list, json_string(uri));
        g_free(uri);
    }
    return list;
}

/* `sim` without its place would not tell which; a path is no secret, what is in it is. */
static json_t *core_status(struct core *core)
{
    const struct settings *s = core_settings(core);
    json_t *status = json_object();
    char *price;

    json_object_set_new(status, "active", json_boolean(s != NULL));
    json_object_set_new(status, "why",
                        json_string(core_missing() ? core_missing() : core->inactive));
    json_object_set_new(status, "settings", json_string(core->settings_path));
    json_object_set_new(status, "nai", json_string(core->own_nai));
    json_object_set_new(status, "accounts", accounts_of(core));
    json_object_set_new(status, "problem",
                        json_string(core_problem(core) ? core_problem(core) : ""));
    if (!s)
        return status;
    price = prices_text(prices_of(core));
    json_object_set_new(status, "sim", json_string(s->sim ? s->sim : ""));
    json_object_set_new(status, "gateway", json_string(s->gateway ? s->gateway : ""));
    json_object_set_new(status, "policy", json_string(settings_policy_name(s->policy)));
    json_object_set_new(status, "keys", json_string(setup_home(core)));
    json_object_set_new(status, "keys_problem", json_string(setup_problem(core)));
    json_object_set_new(status, "pins", json_integer((json_int_t)pins_count(core->pins)));
    json_object_set_new(status, "price", json_string(price));
    g_free(price);
    return status;
}

static void status(const json_t *request, struct control_reply *reply)
{
    json_t *cores = json_array();

    (void)request;
    for (struct core *core = core_first(); core; core = core->next)
        json_array_append_new(cores, core_status(core));
    control_answer(reply, json_pack("{s:s, s:o}", "version", SIMAUTH_VERSION, "cores", cores));
}

/* -- calls and pins ---------------------------------------------------------------------------- */

static void calls(const json_t *request, struct control_reply *reply)
{
    json_t *live = json_array(), *last = json_array();

    (void)request;
    for (struct core *core = core_first(); core; core = core->next) {
        for (const struct call *call = core->calls; call; call = call->next) {
            if (!call->over)
                json_array_append_new(live, call_record(call));
        }
        sips_live(core, live);
        unasked_live(core, live);
        for (const GList *item = core->last->head; item; item = item->next)
            json_array_append(last, item->data);
    }
    control_answer(reply, json_pack("{s:o, s:o}", "live", live, "last", last));
}

static void pins(const json_t *request, struct control_reply *reply)
{
    json_t *list = json_array();

    (void)request;
    for (struct core *core = core_first(); core; core = core->next) {
        for (size_t i = 0; core->pins && i < pins_count(core->pins); i++)
            json_array_append_new(list, pin_to_json(pins_at(core->pins, i)));
    }
    control_answer(reply, json_pack("{s:o}", "pins", list));
}

static void keys(const json_t *request, struct control_reply *reply)
{
    json_t *list = json_array();
    struct core *first = core_first();

    (void)request;
    for (struct core *core = first; core; core = core->next) {
        json_t *own = setup_list(core);
        json_array_extend(list, own);
        json_decref(own);
    }
    control_answer(reply, json_pack("{s:s, s:s, s:o}", "home", first ? setup_home(first) : "off",
                                    "problem", first ? setup_problem(first) : "", "keys", list));
}

/* -- what changes something -------------------------------------------------------------------- */

static bool read_peer(const json_t *request, struct control_reply *reply, char *aor)
{
    const char *peer = json_string_value(json_object_get(request, "peer"));

    if (peer && simauth_aor_canonical(peer, aor) == SIMAUTH_OK)
        return true;
    control_error(reply, "peer: a SIP address such as sip:bob@example.org is needed");
    return false;
}

static void let_go_on(const json_t *request, struct control_reply *reply)
{
    char aor[SIMAUTH_AOR_MAX + 1];

    if (!read_peer(request, reply, aor))
        return;
    for (struct core *core = core_first(); core; core = core->next)
        continue_once(core, aor);
    control_answer(reply, json_pack("{s:s}", "peer", aor));
}

static void in_all(const json_t *request, struct control_reply *reply,
                   bool (*drop)(struct core *core, const char *aor))
{
    char aor[SIMAUTH_AOR_MAX + 1];
    bool found = false;

    if (!read_peer(request, reply, aor))
        return;
    for (struct core *core = core_first(); core; core = core->next)
        found = drop(core, aor) || found;
    control_answer(reply, json_pack("{s:s, s:b}", "peer", aor, "found", found));
}

static void forget(const json_t *request, struct control_reply *reply)
{
    in_all(request, reply, core_forget);
}

static void ask_again(const json_t *request, struct control_reply *reply)
{
    in_all(request, reply, core_ask_again);
}

static void forget_keys(const json_t *request, struct control_reply *reply)
{
    const char *peer = json_string_value(json_object_get(request, "peer"));
    size_t erased = 0;

    if (peer && !*peer)
        peer = NULL; /* all of them, as without one */
    if (peer && simauth_nai_check(peer) != SIMAUTH_OK) {
        char aor[SIMAUTH_AOR_MAX + 1];
        if (!read_peer(request, reply, aor))
            return;
    }
    for (struct core *core = core_first(); core; core = core->next)
        erased += setup_forget(core, peer);
    control_answer(reply, json_pack("{s:I}", "erased", (json_int_t)erased));
}

static void forget_key(const json_t *request, struct control_reply *reply)
{
    json_int_t id = json_integer_value(json_object_get(request, "id"));
    bool found = false;

    for (struct core *core = core_first(); core && !found && id > 0; core = core->next)
        found = setup_forget_one(core, (uint64_t)id);
    control_answer(reply, json_pack("{s:b}", "found", found));
}

static void run_self_test(const json_t *request, struct control_reply *reply)
{
    (void)request;
    self_test(reply, false);
}

static void bootstrap(const json_t *request, struct control_reply *reply)
{
    (void)request;
    self_test(reply, true);
}

void control_commands_handle(const char *command, const json_t *request,
                             struct control_reply *reply)
{
    static const struct {
        const char *name;
        void (*run)(const json_t *request, struct control_reply *reply);
    } commands[] = {
        {"status", status},           {"calls", calls},           {"pins", pins},
        {"continue-once", let_go_on}, {"forget", forget},         {"keys", keys},
        {"forget-keys", forget_keys}, {"forget-key", forget_key}, {"self-test", run_self_test},
        {"bootstrap", bootstrap},     {"prove", bindings_prove},  {"bindings", bindings_list},
        {"ask-again", ask_again},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(commands[i].name, command)) {
            commands[i].run(request, reply);
            return;
        }
    }
    if (!person_commands_handle(command, request, reply) &&
        !sim_commands_handle(command, request, reply))
        control_error(reply, "no such command");
}

/* -- the socket -------------------------------------------------------------------------------- */

static bool to_main(void *provider, void (*task)(void *arg), void *arg)
{
    return sip_tap_run_later(provider, task, arg);
}

void control_commands_start(belle_sip_provider_t *provider)
{
    struct control_user user = {
        .handle = control_commands_handle, .to_main = to_main, .context = provider};
    char error[256];

    if (home)
        return;
    control = control_start(&user, error);
    home = provider;
    bus_view_start(provider);
    if (!control)
        note("no control socket, simauthctl will not find this Linphone: %s", error);
}

void control_commands_stop(const belle_sip_provider_t *provider)
{
    if (home != provider)
        return;
    bus_view_stop();
    control_stop(control);
    control = NULL;
    home = NULL;
}
