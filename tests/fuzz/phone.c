/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "phone.h"

#include <bus_view.h>
#include <linphone/api/c-api.h>
#include <linphone/factory.h>
#include <session_bus.h>
#include <sip_tap.h>
#include <unistd.h>

static LinphoneCore *linphone;
static int provider_stands_here;
#define PROVIDER ((belle_sip_provider_t *)&provider_stands_here)

/* -- the loop ---------------------------------------------------------------------------------- */

#define TASKS 256
static struct {
    void (*run)(void *arg);
    void *arg;
} tasks[TASKS];
static size_t task_count;

bool __wrap_sip_tap_run_later(belle_sip_provider_t *provider, void (*run)(void *arg), void *arg);
bool __wrap_sip_tap_run_later(belle_sip_provider_t *provider, void (*run)(void *arg), void *arg)
{
    MUST(provider == PROVIDER);
    if (task_count == TASKS)
        return false;
    tasks[task_count].run = run;
    tasks[task_count++].arg = arg;
    return true;
}

/* Quarters of an hour: nobody waits for them here. */
struct sip_timer *__wrap_sip_timer_start(belle_sip_provider_t *provider, unsigned ms,
                                         void (*expired)(void *arg), void *arg);
struct sip_timer *__wrap_sip_timer_start(belle_sip_provider_t *provider, unsigned ms,
                                         void (*expired)(void *arg), void *arg)
{
    (void)ms;
    (void)expired;
    (void)arg;
    return (struct sip_timer *)provider;
}

void __wrap_sip_timer_stop(struct sip_timer *timer);
void __wrap_sip_timer_stop(struct sip_timer *timer)
{
    (void)timer;
}

/* setup.c's, which reads the sealed keys. */
bool __wrap_thread_launch(const char *name, void *(*run)(void *arg), void *arg);
bool __wrap_thread_launch(const char *name, void *(*run)(void *arg), void *arg)
{
    (void)name;
    run(arg);
    return true;
}

static bool run_tasks(void)
{
    size_t n = task_count;

    for (size_t i = 0; i < n; i++)
        tasks[i].run(tasks[i].arg);
    memmove(tasks, tasks + n, (task_count - n) * sizeof *tasks);
    task_count -= n;
    return n > 0;
}

/* -- SIM and gateway --------------------------------------------------------------------------- */

struct station {
    struct station_health health;
    char error[SETTINGS_ERROR_MAX];
};
static char script[64];
static size_t script_at;

void phone_script(const char *letters)
{
    g_strlcpy(script, letters ? letters : "0", sizeof script);
    script_at = 0;
}

static char next_letter(void)
{
    char letter = script[script_at];

    if (letter && script[script_at + 1])
        script_at++;
    return letter ? letter : '0';
}

static enum ag_status next_status(void)
{
    char letter = next_letter();

    return letter >= '0' && letter <= '7' ? (enum ag_status)(letter - '0') : AG_DOWN;
}

struct station *station_open(void)
{
    struct station *s = calloc(1, sizeof *s);

    MUST(s != NULL);
    health_begin(&s->health);
    return s;
}

void station_close(struct station *s)
{
    free(s);
}

void station_let_go(struct station *s)
{
    health_begin(&s->health);
}

void station_start_over(struct station *s)
{
    (void)s;
}

bool station_same_sim(const struct station *s)
{
    (void)s;
    return next_letter() != 'o';
}

enum station_state station_prepare(struct station *s, struct settings *settings)
{
    char letter = next_letter();
    enum station_state state = letter == 's'   ? STATION_NO_SIM
                               : letter == 'g' ? STATION_NO_GATEWAY
                                               : STATION_READY;

    MUST(settings != NULL);
    s->health.settings = settings->number;
    health_sim(&s->health, state == STATION_NO_SIM ? "absent" : "ready", "");
    if (state != STATION_READY)
        g_strlcpy(s->error, "it is not there", sizeof s->error);
    return state;
}

const char *station_error(struct station *s)
{
    return s->error;
}

void station_set_error(struct station *s, const char *sentence)
{
    g_strlcpy(s->error, sentence, sizeof s->error);
}

struct ag *station_ag(struct station *s)
{
    return (struct ag *)s;
}

enum simauth_card_status station_card(struct station *s, const struct simauth_challenge *challenge,
                                      struct simauth_card_answer *answer)
{
    (void)s;
    (void)challenge;
    memset(answer, 0, sizeof *answer);
    return answer->status = SIMAUTH_CARD_ABSENT;
}

bool station_instant(const struct station *s)
{
    (void)s;
    return false;
}

const struct station_health *station_health(struct station *s)
{
    return &s->health;
}

void station_look(struct station *s, struct settings *settings)
{
    (void)station_prepare(s, settings);
}

void station_give_pin(struct station *s, struct settings *settings, const char *pin, size_t len,
                      bool spend_last, const char *tag, struct station_pin *answer)
{
    (void)s;
    (void)spend_last;
    MUST(settings && len >= 4 && len <= 8 && strspn(pin, "0123456789") == len);
    MUST(!*tag || strlen(tag) == CARD_TAG_LEN);
    answer->word = next_letter() == '0' ? "accepted" : "wrong";
    answer->tries_left = 2;
    g_strlcpy(answer->text, "as it is", sizeof answer->text);
}

void station_gateways(const struct station *s, char of_sim[256], char of_network[256])
{
    (void)s;
    g_strlcpy(of_sim, "ag.a.example", 256);
    g_strlcpy(of_network, "", 256);
}

/* -- what is asked of the gateway by what a person can start ----------------------------------- */

const char *__wrap_ag_error(const struct ag *ag);
const char *__wrap_ag_error(const struct ag *ag)
{
    (void)ag;
    return "the gateway says no";
}

enum ag_status __wrap_ag_bootstrap(struct ag *ag);
enum ag_status __wrap_ag_bootstrap(struct ag *ag)
{
    (void)ag;
    return next_status();
}

enum ag_status __wrap_ag_self(struct ag *ag, struct ag_self *self);
enum ag_status __wrap_ag_self(struct ag *ag, struct ag_self *self)
{
    enum ag_status status = next_status();

    (void)ag;
    memset(self, 0, sizeof *self);
    if (status != AG_OK)
        return status;
    g_strlcpy(self->nai, "alice@operator-a.example", sizeof self->nai);
    g_strlcpy(self->operator_name, "Operator A", sizeof self->operator_name);
    g_strlcpy(self->realm, "operator-a.example", sizeof self->realm);
    g_strlcpy(self->aors[0], PHONE_ACCOUNT, sizeof self->aors[0]);
    self->aor_count = 1;
    self->time = core_now();
    return status;
}

enum ag_status __wrap_ag_bind(struct ag *ag, const char *aor);
enum ag_status __wrap_ag_bind(struct ag *ag, const char *aor)
{
    char canonical[SIMAUTH_AOR_MAX + 1];

    (void)ag;
    MUST(simauth_aor_canonical(aor, canonical) == SIMAUTH_OK && strcmp(aor, canonical) == 0);
    return next_status();
}

enum ag_status __wrap_ag_bindings(struct ag *ag, struct ag_binding *list, size_t room,
                                  size_t *count);
enum ag_status __wrap_ag_bindings(struct ag *ag, struct ag_binding *list, size_t room,
                                  size_t *count)
{
    enum ag_status status = next_status();

    (void)ag;
    *count = 0;
    if (status != AG_OK || room == 0)
        return status;
    g_strlcpy(list[0].aor, PHONE_ACCOUNT, sizeof list[0].aor);
    g_strlcpy(list[0].by, "sip", sizeof list[0].by);
    list[0].since = 1;
    list[0].until = 2;
    *count = 1;
    return status;
}

enum ag_status __wrap_ag_prices(struct ag *ag, struct ag_prices *prices);
enum ag_status __wrap_ag_prices(struct ag *ag, struct ag_prices *prices)
{
    enum ag_status status = next_status();

    (void)ag;
    memset(prices, 0, sizeof *prices);
    if (status == AG_OK)
        prices->first = (struct ag_price){true, 100, AG_AMOUNT_MAX};
    return status;
}

/* No second connection, so nothing about certificates. */
struct ag *__wrap_ag_beside(const struct ag *ag);
struct ag *__wrap_ag_beside(const struct ag *ag)
{
    (void)ag;
    return NULL;
}

int64_t __wrap_ag_clock_ahead(const struct ag *ag);
int64_t __wrap_ag_clock_ahead(const struct ag *ag)
{
    (void)ag;
    return 0;
}

enum ag_status __wrap_ag_changes(struct ag *ag, int64_t since, const char *const *nais,
                                 size_t count, bool *changed, int64_t *now);
enum ag_status __wrap_ag_changes(struct ag *ag, int64_t since, const char *const *nais,
                                 size_t count, bool *changed, int64_t *now)
{
    (void)ag;
    (void)nais;
    memset(changed, 0, count * sizeof *changed);
    *now = since;
    return next_status();
}

enum ag_status __wrap_ag_ticket(struct ag *ag, const char *use, const char *caller,
                                const char *callee, const char *callee_nai,
                                struct simauth_held_key *key);
enum ag_status __wrap_ag_ticket(struct ag *ag, const char *use, const char *caller,
                                const char *callee, const char *callee_nai,
                                struct simauth_held_key *key)
{
    (void)ag;
    (void)callee_nai;
    MUST(*use && *caller && *callee);
    memset(key, 0, sizeof *key);
    return AG_NOBODY;
}

enum ag_status __wrap_ag_first_keys(struct ag *ag, struct simauth_held_key *keys, size_t room,
                                    size_t *count);
enum ag_status __wrap_ag_first_keys(struct ag *ag, struct simauth_held_key *keys, size_t room,
                                    size_t *count)
{
    (void)ag;
    (void)keys;
    (void)room;
    *count = 0;
    return next_status();
}

/* -- the worker: errands are done when the loop turns ------------------------------------------ */

struct worker {
    struct errand *first, **last;
    struct station *station;
};
#define WORKERS 8
static struct worker *workers[WORKERS];

struct worker *worker_start(belle_sip_provider_t *provider)
{
    struct worker *w = calloc(1, sizeof *w);
    size_t i = 0;

    MUST(w != NULL && provider == PROVIDER);
    while (i < WORKERS && workers[i])
        i++;
    MUST(i < WORKERS);
    w->last = &w->first;
    w->station = station_open();
    return workers[i] = w;
}

void worker_do(struct worker *w, struct errand *errand)
{
    errand->next = NULL;
    *w->last = errand;
    w->last = &errand->next;
}

static struct errand *take(struct worker *w)
{
    struct errand *errand = w->first;

    if (errand && !(w->first = errand->next))
        w->last = &w->first;
    return errand;
}

static void over(struct errand *errand)
{
    settings_unref(errand->settings);
    errand->settings = NULL;
}

void worker_stop(struct worker *w)
{
    struct errand *errand;

    while (w && (errand = take(w))) {
        over(errand);
        errand->lost(errand);
    }
    for (size_t i = 0; w && i < WORKERS; i++)
        if (workers[i] == w)
            workers[i] = NULL;
    if (w)
        station_close(w->station);
    free(w);
}

bool worker_take_pair(struct worker *w, struct simauth_seal_pair *pair)
{
    (void)w;
    memset(pair, 0, sizeof *pair);
    return false;
}

int worker_busy_ms(struct worker *w)
{
    return w->first ? 1 : 0;
}

void worker_health(struct worker *w, struct station_health *health)
{
    *health = w->station->health;
}

bool worker_do_now(struct worker *w, struct errand *errand)
{
    worker_do(w, errand);
    return false;
}

static bool work(void)
{
    bool any = false;

    for (size_t i = 0; i < WORKERS; i++) {
        struct errand *errand = workers[i] ? take(workers[i]) : NULL;

        if (!errand)
            continue;
        any = true;
        errand->work(errand, workers[i]->station);
        over(errand);
        errand->back(errand);
    }
    return any;
}

void phone_turn(void)
{
    for (int i = 0; i < 200; i++)
        if (!work() & !run_tasks())
            return;
    MUST(!"its errands come to an end");
}

/* -- the front --------------------------------------------------------------------------------- */

static struct session_bus_user front;

struct session_bus *session_bus_start(const struct session_bus_user *user)
{
    front = *user;
    return (struct session_bus *)&front;
}

void session_bus_stop(struct session_bus *bus)
{
    (void)bus;
    front.objects = NULL;
}

void session_bus_changed(struct session_bus *bus)
{
    (void)bus;
}

void session_bus_signal(struct session_bus *bus, const char *member, const json_t *strings)
{
    (void)bus;
    MUST(*member && (!strings || json_is_array(strings)));
    for (size_t i = 0; i < json_array_size(strings); i++)
        MUST(json_is_string(json_array_get(strings, i)));
}

bool session_bus_connected(const struct session_bus *bus)
{
    return bus != NULL;
}

void phone_check_flat(const json_t *object)
{
    const char *name;
    json_t *value;

    MUST(json_is_object(object));
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
        MUST(json_is_string(value) || json_is_boolean(value) || json_is_integer(value));
}

void phone_look(void)
{
    json_t *all = front.objects(), *object, *properties;
    const char *path, *interface;

    MUST(json_object_get(json_object_get(all, ""), "org.simauth.Phone1"));
    json_object_foreach(all, path, object)
    {
        MUST(json_object_size(object) == 1);
        json_object_foreach(object, interface, properties) phone_check_flat(properties);
    }
    json_decref(all);
}

/* -- the core ---------------------------------------------------------------------------------- */

static void make_linphone(void)
{
    LinphoneFactory *factory = linphone_factory_get();
    LinphoneAccountParams *params;
    LinphoneAddress *address;
    LinphoneAccount *account;

    linphone_logging_service_set_log_level(linphone_logging_service_get(), LinphoneLogLevelFatal);
    linphone = linphone_factory_create_core_3(factory, NULL, NULL, NULL);
    MUST(linphone != NULL);
    params = linphone_core_create_account_params(linphone);
    address = linphone_factory_create_address(factory, PHONE_ACCOUNT);
    linphone_account_params_set_identity_address(params, address);
    linphone_account_params_set_register_enabled(params, FALSE);
    account = linphone_core_create_account(linphone, params);
    linphone_core_add_account(linphone, account);
    linphone_account_unref(account);
    linphone_account_params_unref(params);
    linphone_address_unref(address);
}

void phone_begin(void)
{
    static const char *const folders[] = {"HOME",           "XDG_DATA_HOME",  "XDG_CONFIG_HOME",
                                          "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};

    if (linphone)
        return;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        setenv(folders[i], fuzz_folder(), 1);
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", 1);
    make_linphone();
}

struct core *phone_core(void)
{
    struct core *core = core_new(PROVIDER, linphone);

    bus_view_start(PROVIDER);
    return core;
}

void phone_gone(struct core *core)
{
    bus_view_stop();
    core_free(core);
    run_tasks();
    MUST(task_count == 0);
}
