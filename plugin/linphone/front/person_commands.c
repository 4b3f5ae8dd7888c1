/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about what the person decides: settings, peers, history. */
#include "person_commands.h"
#include "bus_view.h"
#include "changes.h"
#include "control_commands.h"
#include "history.h"
#include "policy.h"
#include "settings_file.h"
#include "shown_words.h"

#include <string.h>

#define HISTORY_MAX 500

static const char *text_of(const json_t *request, const char *name)
{
    const char *text = json_string_value(json_object_get(request, name));

    return text ? text : "";
}

/* -- settings ---------------------------------------------------------------------------------- */

static const struct settings_key *keys_of(const char *group)
{
    return strcmp(group, "phone") ? settings_party_keys : settings_keys;
}

static bool is_for_peers(const char *key, const char *group)
{
    static const char *const keys[] = {"first_key", "certificate", "ask", NULL};

    return g_strv_contains(keys, key) && g_str_has_prefix(group, "account ");
}

static json_t *setting_rows(GKeyFile *file, const char *group)
{
    json_t *rows = json_array();

    for (const struct settings_key *key = keys_of(group); key->key; key++) {
        char *value;

        if (is_for_peers(key->key, group))
            continue;
        value = g_key_file_get_value(file, group, key->key, NULL);
        if (value)
            g_strstrip(value); /* as it is read */
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", key->key, "value",
                                              value ? value : "", "fallback", key->fallback,
                                              "values", key->values, "meaning", key->meaning));
        g_free(value);
    }
    return rows;
}

static void list_settings(struct core *core, const json_t *request, struct control_reply *reply)
{
    char group[SIMAUTH_AOR_MAX + 16], error[SETTINGS_ERROR_MAX];
    GKeyFile *file;

    if (!settings_group(text_of(request, "group"), group, error)) {
        control_fail(reply, "BadValue", error);
        return;
    }
    file = settings_file_load(core->settings_path, error);
    if (!file) {
        control_fail(reply, "Failed", error);
        return;
    }
    control_answer(reply, json_pack("{s:o}", "settings", setting_rows(file, group)));
    g_key_file_free(file);
}

static bool is_key(const char *group, const char *key)
{
    for (const struct settings_key *known = keys_of(group); known->key; known++) {
        if (!strcmp(known->key, key) && !is_for_peers(key, group))
            return true;
    }
    return false;
}

/* `group` canonical. */
static void set(struct core *core, const char *group, const char *key, const char *value,
                struct control_reply *reply)
{
    char error[SETTINGS_ERROR_MAX];

    if (settings_file_set(core->settings_path, group, key, *value ? value : NULL, error) ==
        SETTINGS_REFUSED) {
        control_fail(reply, "BadValue", error);
        return;
    }
    (void)core_settings(core);
    bus_view_changed();
    control_answer(reply, json_object());
}

void person_set(struct core *core, const char *key, const char *value, struct control_reply *reply)
{
    set(core, "phone", key, value, reply);
}

static void set_setting(struct core *core, const json_t *request, struct control_reply *reply)
{
    char group[SIMAUTH_AOR_MAX + 16], error[SETTINGS_ERROR_MAX];
    const char *key = text_of(request, "key");

    if (!settings_group(text_of(request, "group"), group, error)) {
        control_fail(reply, "BadValue", error);
    } else if (!is_key(group, key)) {
        g_snprintf(error, sizeof(error),
                   "[%.200s] has no key of that name: GetSettings() lists them", group);
        control_fail(reply, "BadValue", error);
    } else {
        set(core, group, key, text_of(request, "value"), reply);
    }
}

/* -- peers ------------------------------------------------------------------------------------- */

static json_t *peer_of(json_t *peers, const char *aor)
{
    json_t *peer = json_object_get(peers, aor);

    if (peer)
        return peer;
    peer = json_pack(
        "{s:s, s:b, s:s, s:s, s:s, s:I, s:I, s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:s, s:s, s:I}",
        "aor", aor, "pinned", 0, "nai", "", "operator", "", "method", "", "since", (json_int_t)0,
        "last", (json_int_t)0, "policy", "", "set_nai", "", "first_key", 0, "ask", 0, "ask_anyway",
        0, "change", "none", "change_text", "", "seen_nai", "", "seen_operator", "", "change_since",
        (json_int_t)0);
    json_object_set_new(peers, aor, peer);
    return peer;
}

static void add_pins(const struct core *core, json_t *peers)
{
    for (size_t i = 0; core->pins && i < pins_count(core->pins); i++) {
        const struct pin *pin = pins_at(core->pins, i);
        json_t *peer = peer_of(peers, pin->aor);

        json_object_set_new(peer, "pinned", json_true());
        shown_put(peer, "nai", pin->nai);
        shown_put(peer, "operator", pin->operator_name);
        shown_put(peer, "method", pin->method->name);
        json_object_set_new(peer, "since", json_integer((json_int_t)pin->since));
        json_object_set_new(peer, "last", json_integer((json_int_t)pin->last));
    }
}

static void add_settings(const struct settings *s, json_t *peers)
{
    for (size_t i = 0; s && i < s->peer_count; i++) {
        json_t *peer = peer_of(peers, s->peers[i].aor);

        shown_put(peer, "policy",
                  s->peers[i].policy == SETTINGS_UNSET ? ""
                                                       : settings_policy_name(s->peers[i].policy));
        shown_put(peer, "set_nai", s->peers[i].nai);
        json_object_set_new(peer, "first_key", json_boolean(s->peers[i].first_key));
        json_object_set_new(peer, "ask", json_boolean(s->peers[i].ask));
    }
}

static void add_changes(struct core *core, json_t *peers)
{
    const char *aor;
    json_t *change;

    json_object_foreach(changes_all(core), aor, change)
    {
        json_t *peer = peer_of(peers, aor);
        const char *what = text_of(change, "change");

        shown_put(peer, "change", what);
        shown_put(peer, "change_text", shown_change_text(what));
        shown_put(peer, "seen_nai", text_of(change, "nai"));
        shown_put(peer, "seen_operator", text_of(change, "operator"));
        json_object_set_new(peer, "change_since",
                            json_integer(json_integer_value(json_object_get(change, "since"))));
    }
}

static void list_peers(struct core *core, const json_t *request, struct control_reply *reply)
{
    json_t *peers = json_object(), *list = json_array(), *peer;
    const char *aor;

    (void)request;
    add_pins(core, peers);
    add_settings(core->settings, peers);
    add_changes(core, peers);
    json_object_foreach(peers, aor, peer)
    {
        if (core->settings && core->pins)
            json_object_set_new(
                peer, "ask_anyway",
                json_boolean(policy_asks_anyway(core->settings, core->pins, core->own_nai, aor)));
        json_array_append(list, peer);
    }
    json_decref(peers);
    control_answer(reply, json_pack("{s:o}", "peers", list));
}

/* Who was agreed to is asked for from now on; false: that cannot be told from what was kept. */
static bool agreed_pin(const struct core *core, const char *aor, const json_t *change,
                       struct pin *agreed)
{
    const struct pin *known = core->pins ? pins_find(core->pins, aor) : NULL;
    const char *method = text_of(change, "method");

    *agreed = (struct pin){.since = core_now(), .last = core_now()};
    g_strlcpy(agreed->aor, aor, sizeof(agreed->aor));
    g_strlcpy(agreed->nai, text_of(change, "nai"), sizeof(agreed->nai));
    g_strlcpy(agreed->operator_name, text_of(change, "operator"), sizeof(agreed->operator_name));
    agreed->method = simauth_method_find(method, strlen(method));
    if (known && (!agreed->method || !agreed->method->strength)) /* no SIM was in that call */
        agreed->method = known->method;
    if (known && !strcmp(known->nai, agreed->nai))
        agreed->since = known->since;
    return known && simauth_nai_check(text_of(change, "nai")) == SIMAUTH_OK;
}

static void trust_seen(struct core *core, const char *aor, const json_t *change)
{
    struct pin agreed;
    bool pin = agreed_pin(core, aor, change, &agreed);

    core_forget(core, aor); /* `change` too */
    if (!pin)
        return;
    pins_learn(core->pins, &agreed);
    core_save_pins(core);
}

static void trust(struct core *core, const json_t *request, struct control_reply *reply)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    json_t *change;

    if (simauth_aor_canonical(text_of(request, "aor"), aor) != SIMAUTH_OK) {
        control_fail(reply, "BadValue", "aor: a SIP address such as sip:bob@example.org is needed");
        return;
    }
    change = json_object_get(changes_all(core), aor);
    if (!change) {
        control_fail(reply, "NotFound", "nothing was seen to have changed about that address");
    } else if (strcmp(text_of(change, "nai"), text_of(request, "nai"))) {
        control_fail(reply, "Changed",
                     "that is not the name that was seen last: look again before you trust it");
    } else {
        trust_seen(core, aor, change);
        control_answer(reply, json_object());
    }
}

/* -- history ----------------------------------------------------------------------------------- */

static void list_history(struct core *core, const json_t *request, struct control_reply *reply)
{
    json_int_t skip = json_integer_value(json_object_get(request, "skip"));
    json_int_t limit = json_integer_value(json_object_get(request, "limit"));

    if (skip < 0 || limit < 1 || limit > HISTORY_MAX)
        control_fail(reply, "BadValue", "limit: 1 to 500 records at once");
    else
        history_read(core, (size_t)skip, (size_t)limit, reply);
}

static void clear_history(struct core *core, const json_t *request, struct control_reply *reply)
{
    (void)request;
    while (!g_queue_is_empty(core->last))
        json_decref(g_queue_pop_tail(core->last));
    history_clear(core, reply);
}

bool person_commands_handle(const char *command, const json_t *request, struct control_reply *reply)
{
    static const struct {
        const char *name;
        void (*run)(struct core *core, const json_t *request, struct control_reply *reply);
    } commands[] = {
        {"settings", list_settings}, {"set", set_setting},
        {"peers", list_peers},       {"trust", trust},
        {"history", list_history},   {"clear-history", clear_history},
    };
    struct core *core = core_first();

    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(commands[i].name, command))
            continue;
        if (core)
            commands[i].run(core, request, reply);
        else
            control_fail(reply, "Inactive", "Linphone is ending");
        return true;
    }
    return false;
}
