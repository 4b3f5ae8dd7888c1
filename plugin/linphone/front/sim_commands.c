/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands about SIM and gateway: choosing them, the PIN, a software SIM from a code. What waits is
 * done on the worker. No command here gives a challenge to a SIM.
 */
#include "sim_commands.h"
#include "activation.h"
#include "bus_view.h"
#include "core.h"
#include "kinds.h"
#include "person_commands.h"
#include "readable.h"
#include "readers.h"

#include <openssl/crypto.h>
#include <string.h>

#define PIN_MIN 4
#define PIN_MAX 8

enum what { SIM_READERS, SIM_GATEWAYS, SIM_PIN, SIM_ACTIVATE };

/* Has a PIN or a code: in pages of its own. */
struct task {
    struct errand errand; /* first */
    enum what what;
    belle_sip_provider_t *provider;
    struct control_reply *reply;
    json_t *answer; /* made on the worker */
    char secret[512];
    size_t len;
    bool spend_last;
    char tag[CARD_TAG_LEN + 1]; /* of the card that a PIN is for; "": any */
    struct station_pin pin;
    char *config, *path;
    char error[SETTINGS_ERROR_MAX];
    bool bad_value;
};

/* -- the worker's part ------------------------------------------------------------------------- */

static json_t *list_readers(void)
{
    struct sim_reader list[SIM_READERS_MAX];
    char error[SIM_ERROR_MAX];
    size_t count = sim_readers(list, error);
    json_t *rows = json_array();

    for (size_t i = 0; i < count; i++) {
        char *value;

        readable_copy(list[i].name, list[i].name, sizeof(list[i].name));
        value = g_strconcat("pcsc:", list[i].name, NULL);
        json_array_append_new(rows, json_pack("{s:s, s:s, s:b}", "value", value, "name",
                                              list[i].name, "card", list[i].card));
        g_free(value);
    }
    return json_pack("{s:o, s:s}", "readers", rows, "text", error);
}

static void add_gateway(json_t *rows, const char *name, const char *from, const char *text)
{
    if (*name)
        json_array_append_new(
            rows, json_pack("{s:s, s:s, s:s}", "name", name, "from", from, "text", text));
}

static json_t *list_gateways(struct station *station, struct settings *settings)
{
    char of_sim[256] = "", of_network[256] = "";
    json_t *rows = json_array();

    if (station_prepare(station, settings) != STATION_NO_SIM)
        station_gateways(station, of_sim, of_network);
    add_gateway(rows, settings->gateway ? settings->gateway : "", "settings", "As it is set.");
    add_gateway(rows, of_sim, "sim", "As the SIM says.");
    add_gateway(rows, of_network, "network",
                "Made from the SIM's country and network: the self-test tells whether it exists.");
    return json_pack("{s:o}", "gateways", rows);
}

static void work(struct errand *errand, struct station *station)
{
    struct task *t = (struct task *)errand;

    switch (t->what) {
    case SIM_READERS:
        t->answer = list_readers();
        break;
    case SIM_GATEWAYS:
        t->answer = list_gateways(station, errand->settings);
        break;
    case SIM_PIN:
        station_give_pin(station, errand->settings, t->secret, t->len, t->spend_last, t->tag,
                         &t->pin);
        t->answer = json_pack("{s:s, s:i, s:s}", "result", t->pin.word, "tries_left",
                              t->pin.tries_left, "text", t->pin.text);
        break;
    default:
        t->path =
            activation_fetch(t->secret, NULL, errand->settings ? errand->settings->ca_file : NULL,
                             &t->bad_value, t->error);
        break;
    }
    OPENSSL_cleanse(t->secret, sizeof(t->secret));
}

/* -- the main loop's part ---------------------------------------------------------------------- */

static void task_free(struct task *t)
{
    json_decref(t->answer);
    g_free(t->path);
    simauth_secure_free(t);
}

static void lost(struct errand *errand)
{
    struct task *t = (struct task *)errand;

    control_fail(t->reply, "Inactive", "Linphone is ending");
    task_free(t);
}

/* The settings name the SIM that was fetched; person_set() answers where they cannot. */
struct activated {
    struct control_reply reply; /* first */
    struct control_reply *asker;
    char *path;
};

static void on_set(struct control_reply *reply, json_t *answer)
{
    struct activated *a = (struct activated *)reply;

    if (json_is_true(json_object_get(answer, "ok"))) {
        control_answer(a->asker, json_pack("{s:s}", "path", a->path));
    } else { /* the code is used up: what it gave must not be lost sight of */
        char *text = g_strdup_printf("the SIM is kept in %s, and the settings cannot name it: %s",
                                     a->path, json_string_value(json_object_get(answer, "error")));
        control_fail(a->asker, "Failed", text);
        g_free(text);
    }
    json_decref(answer);
    g_free(a->path);
    g_free(a);
}

static void use_activated(struct core *core, struct task *t)
{
    struct activated *a = g_new0(struct activated, 1);
    char *value = g_strconcat("soft:", t->path, NULL);

    a->reply.answer = on_set;
    a->asker = t->reply;
    a->path = g_strdup(t->path);
    person_set(core, "sim", value, &a->reply);
    g_free(value);
}

static void back(struct errand *errand)
{
    struct task *t = (struct task *)errand;
    struct core *core = core_of_provider(t->provider);

    if (t->what == SIM_ACTIVATE && !t->path)
        control_fail(t->reply, t->bad_value ? "BadValue" : "Failed", t->error);
    else if (t->what == SIM_ACTIVATE && core)
        use_activated(core, t);
    else if (t->what == SIM_ACTIVATE)
        control_fail(t->reply, "Inactive", "Linphone is ending");
    else
        control_answer(t->reply, json_incref(t->answer));
    if (core && core->settings && t->what == SIM_PIN && !strcmp(t->pin.word, "accepted"))
        core_warm_up(core);
    bus_view_changed();
    task_free(t);
}

/* NULL: no memory, and the asker was told. */
static struct task *new_task(struct core *core, enum what what, struct control_reply *reply)
{
    struct task *t = simauth_secure_alloc(sizeof(*t));

    if (!t) {
        control_fail(reply, "Failed", "out of memory");
        return NULL;
    }
    t->what = what;
    t->provider = core->provider;
    t->reply = reply;
    return t;
}

static void hand_over(struct core *core, struct task *t)
{
    worker_begin(core->worker, &t->errand, core_settings(core), work, back, lost);
}

/* What needs settings says so where there are none. */
static bool inactive(struct core *core, struct control_reply *reply)
{
    if (core && core_settings(core))
        return false;
    control_fail(reply, "Inactive",
                 !core ? "Linphone is ending" : (core_missing() ? core_missing() : core->inactive));
    return true;
}

static void begin(enum what what, bool needs_settings, struct control_reply *reply)
{
    struct core *core = core_first();
    struct task *t;

    if ((needs_settings && inactive(core, reply)))
        return;
    if (!core || !core->worker) {
        control_fail(reply, "Inactive", "Linphone is ending");
        return;
    }
    t = new_task(core, what, reply);
    if (t)
        hand_over(core, t);
}

static void set_sim(struct core *core, const char *sim, struct control_reply *reply)
{
    char why[SETTINGS_ERROR_MAX];

    g_snprintf(why, sizeof(why), "[%s] %s=%s: must be one of %s", "phone", "sim", sim,
               SIM_KINDS_WRITTEN);
    if (*sim && !sim_kind_of(sim, NULL))
        control_fail(reply, "BadValue", why);
    else
        person_set(core, "sim", sim, reply);
}

static bool is_gateway(const char *text)
{
    size_t len = strcspn(text, ":");
    const char *port = text[len] ? text + len + 1 : "1";

    return len > 0 && len <= 253 && *text != '.' && *text != '-' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") >=
               len &&
           *port && strlen(port) <= 5 && strspn(port, "0123456789") == strlen(port);
}

static void set_gateway(struct core *core, const char *gateway, struct control_reply *reply)
{
    if (*gateway && !is_gateway(gateway))
        control_fail(reply, "BadValue",
                     "gateway: a name such as ag.operator.example, or NAME:PORT, is needed");
    else
        person_set(core, "gateway", gateway, reply);
}

bool sim_commands_handle(const char *command, const json_t *request, struct control_reply *reply)
{
    struct core *core = core_first();
    const char *sim = json_string_value(json_object_get(request, "sim"));
    const char *gateway = json_string_value(json_object_get(request, "gateway"));

    if (!strcmp(command, "readers"))
        begin(SIM_READERS, false, reply);
    else if (!strcmp(command, "gateways"))
        begin(SIM_GATEWAYS, true, reply);
    else if (!strcmp(command, "set-sim") && core && sim)
        set_sim(core, sim, reply);
    else if (!strcmp(command, "set-gateway") && core && gateway)
        set_gateway(core, gateway, reply);
    else
        return false;
    return true;
}

static void enter_pin(const char *pin, size_t len, const json_t *request,
                      struct control_reply *reply)
{
    const char *tag = json_string_value(json_object_get(request, "tag"));
    struct core *core = core_first();
    struct task *t;

    if (len < PIN_MIN || len > PIN_MAX || strspn(pin, "0123456789") != len) {
        control_fail(reply, "BadValue", "a PIN is 4 to 8 digits, and nothing else");
        return;
    }
    if (tag && *tag && strlen(tag) != CARD_TAG_LEN) {
        control_fail(reply, "BadValue", "tag: Sim1.Tag of the card, or \"\" for any");
        return;
    }
    if (inactive(core, reply))
        return;
    t = new_task(core, SIM_PIN, reply);
    if (!t)
        return;
    memcpy(t->secret, pin, len);
    t->len = len;
    t->spend_last = json_is_true(json_object_get(request, "spend_last"));
    g_strlcpy(t->tag, tag ? tag : "", sizeof(t->tag));
    hand_over(core, t);
}

static void activate(const char *code, size_t len, struct control_reply *reply)
{
    struct core *core = core_first();
    struct task *t;

    if (!core || !core->worker || len >= sizeof(t->secret)) {
        control_fail(reply, "BadValue", "that is no code of an operator's");
        return;
    }
    t = new_task(core, SIM_ACTIVATE, reply);
    if (!t)
        return;
    memcpy(t->secret, code, len);
    hand_over(core, t);
}

void sim_commands_secret(const char *command, const char *secret, size_t len, const json_t *request,
                         struct control_reply *reply)
{
    if (!strcmp(command, "enter-pin"))
        enter_pin(secret, len, request, reply);
    else
        activate(secret, len, reply);
}
