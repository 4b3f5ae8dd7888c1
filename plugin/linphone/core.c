/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core.h"
#include "ahead.h"
#include "bindings.h"
#include "bus_calls.h"
#include "bus_view.h"
#include "call.h"
#include "certificates.h"
#include "changes.h"
#include "continue_once.h"
#include "e2m.h"
#include "e2m_files.h"
#include "emergency.h"
#include "hidden.h"
#include "history.h"
#include "news.h"
#include "note.h"
#include "revoked.h"
#include "setup.h"
#include "sips.h"
#include "small_file.h"
#include "unasked.h"
#include "unmark.h"

#include <string.h>
#include <time.h>

static struct core *cores;
static const char *missing;

void core_set_missing(const char *what)
{
    missing = what;
}

const char *core_missing(void)
{
    return missing;
}

int64_t core_now(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

int64_t core_uptime(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

struct core *core_first(void)
{
    return cores;
}

struct core *core_of_provider(const belle_sip_provider_t *provider)
{
    struct core *core = cores;

    while (core && core->provider != provider)
        core = core->next;
    return core;
}

/* -- settings ---------------------------------------------------------------------------------- */

static void become_inactive(struct core *core, const char *why)
{
    g_strlcpy(core->inactive, why, sizeof(core->inactive));
    note("inactive: %s", why);
}

static void open_pins(struct core *core, const char *folder)
{
    bool before = core->pins && pins_lost(core->pins);

    if (core->pins && !g_strcmp0(folder, core->pins_folder) && !before)
        return;
    pins_close(core->pins);
    g_free(core->pins_folder);
    core->pins_folder = g_strdup(folder);
    core->pins = pins_open(folder, core->pins_error);
    if (core->pins)
        return;
    core->pins = pins_open_lost(folder);
    if (!before)
        note("pins: %s; until then every call is as with a pinned peer", core->pins_error);
}

const char *core_problem(const struct core *core)
{
    if (core->settings && core->settings->problem)
        return core->settings->problem;
    return core->pins && pins_lost(core->pins) ? core->pins_error : NULL;
}

/* Switched off: reader, modem and file are other programs' from now on. */
static void rest_work(struct errand *errand, struct station *station)
{
    (void)errand;
    station_let_go(station);
}

static void rest_over(struct errand *errand)
{
    g_free(errand);
}

void core_rest(struct core *core)
{
    worker_begin(core->worker, g_new0(struct errand, 1), NULL, rest_work, rest_over, rest_over);
}

static void drop_settings(struct core *core)
{
    if (core->settings)
        core_rest(core);
    settings_unref(core->settings);
    core->settings = NULL;
    g_clear_pointer(&core->sim, g_free); /* by then another may be in its place */
}

static void take_settings(struct core *core, struct settings *settings)
{
    if (!settings->enabled) {
        drop_settings(core);
        become_inactive(core, "switched off");
        return;
    }
    settings_unref(core->settings);
    core->settings = settings_ref(settings);
    core_take_sim(core, settings);
    open_pins(core, settings->data);
    setup_take_settings(core);
    e2m_files_warm(core);
    *core->inactive = '\0';
    note("active: settings=%s policy=%s ask=%s", core->settings_path,
         settings_policy_name(settings->policy),
         settings->ask == ASK_EVERYBODY ? "everybody" : "known");
}

struct worker *core_beside(struct core *core)
{
    if (!core->beside)
        core->beside = worker_start(core->provider);
    return core->beside;
}

/* -- files that are written without anybody waiting */

struct keep {
    struct errand errand;
    char *path, *text;
};

static void keep_work(struct errand *errand, struct station *station)
{
    struct keep *k = (struct keep *)errand;
    char *folder = g_path_get_dirname(k->path);

    (void)station;
    if (g_mkdir_with_parents(folder, 0700) == 0)
        (void)g_file_set_contents_full(k->path, k->text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                       NULL);
    g_free(folder);
}

static void keep_over(struct errand *errand)
{
    struct keep *k = (struct keep *)errand;

    g_free(k->path);
    g_free(k->text);
    g_free(k);
}

void core_keep(struct core *core, const char *path, const char *text)
{
    struct keep *k = g_new0(struct keep, 1);

    k->path = g_strdup(path);
    k->text = g_strdup(text);
    worker_begin(core->worker, &k->errand, NULL, keep_work, keep_over, keep_over);
}

/* One file for each file of settings: two Linphones of a person may have two SIMs. */
char *core_state_path(const struct core *core, const char *what)
{
    char *name = g_strdup_printf("%s-%08x", what, g_str_hash(core->settings_path));
    char *path = g_build_filename(g_get_user_state_dir(), "simauth", name, NULL);

    g_free(name);
    return path;
}

static void keep_challenges(void *provider)
{
    struct core *core = core_of_provider(provider);
    char *path, *text;

    if (!core)
        return;
    core->remembering = false;
    path = core_state_path(core, "challenges");
    text = challenges_text(&core->challenges, core_now());
    core_keep(core, path, text);
    g_free(text);
    g_free(path);
}

/* At the next turn of the loop: behind the call, which is on its way to the worker. */
void core_remember_challenges(struct core *core)
{
    if (!core->remembering)
        core->remembering = sip_tap_run_later(core->provider, keep_challenges, core->provider);
}

static void recall_challenges(struct core *core)
{
    char *path = core_state_path(core, "challenges"), *text = NULL;

    if (small_file_read(path, SMALL_FILE_MAX, &text, NULL, NULL))
        challenges_read(&core->challenges, text, core_now());
    g_free(text);
    g_free(path);
}

static struct settings *read_settings(struct core *core, char *error)
{
    char *copy = core_state_path(core, "settings");
    bool fresh = false;
    struct settings *settings =
        settings_current(core->settings_path, copy, &core->good_settings, &fresh, error);

    if (fresh)
        core_keep(core, copy, core->good_settings);
    if (settings && settings->problem)
        note("the settings cannot be used, %s are: %s",
             settings->built_in ? "those built in" : "the last good ones", settings->problem);
    g_free(copy);
    return settings;
}

struct settings *core_settings(struct core *core)
{
    int64_t stamp = settings_stamp(core->settings_path);
    char error[SETTINGS_ERROR_MAX];
    struct settings *settings;

    if (missing || !core->worker)
        return NULL;
    if (core->settings_stamp == stamp && (core->settings || *core->inactive)) {
        if (core->settings && pins_lost(core->pins))
            open_pins(core, core->settings->data);
        return core->settings;
    }
    core->settings_stamp = stamp;
    settings = stamp ? read_settings(core, error) : settings_read(core->settings_path, error);
    if (settings) {
        take_settings(core, settings);
        settings_unref(settings);
    } else {
        drop_settings(core);
        become_inactive(core, error);
    }
    if (core->settings)
        core_warm_up(core);
    bus_view_tell("SettingsChanged");
    bus_view_tell("PeersChanged"); /* each [peer] is one of them */
    bus_view_changed();
    return core->settings;
}

/* -- what Linphone tells ----------------------------------------------------------------------- */

/* A LinphoneCore that is stopped and started again keeps the callbacks of before, and has ours once
 * more: only the newest count. */
static struct core *core_of_linphone(const LinphoneCore *lc)
{
    struct core *core = cores;

    while (core && core->lc != lc)
        core = core->next;
    return core && linphone_core_get_current_callbacks(lc) == core->cbs ? core : NULL;
}

static char *uri_of(const LinphoneAddress *address)
{
    char *text = address ? linphone_address_as_string_uri_only(address) : NULL;
    char *uri = g_strdup(text ? text : "");

    if (text)
        bctbx_free(text);
    return uri;
}

/* Whether somebody without a SIM would be a surprise: a pin, [peer], an account or the phone says
 * so, or the key of an earlier call. */
static bool is_expected(struct core *core, const struct policy_answer *answer)
{
    return answer->policy == SIMAUTH_REQUIRE || settings_peer(core->settings, answer->peer) ||
           setup_has(core, answer);
}

/* SRTP and DTLS are the person's own protection of calls with everybody. In their place ZRTP is
 * mandatory, and who has none would hear nothing: so it takes their place for those alone of whom a
 * SIM is expected. */
static bool may_raise(struct core *core, LinphoneCall *linphone, const struct policy_answer *answer)
{
    LinphoneMediaEncryption own =
        linphone_call_params_get_media_encryption(linphone_call_get_params(linphone));

    return own == LinphoneMediaEncryptionNone || own == LinphoneMediaEncryptionZRTP ||
           is_expected(core, answer);
}

/* Whether the call will carry elements is known before its SDP is made, and only then can it be
 * ZRTP. (Its gateway's answer is not known yet: ZRTP costs nothing where the peer does not speak
 * it.) */
static bool will_have_elements(struct core *core, LinphoneCall *linphone)
{
    LinphoneCallLog *log = linphone_call_get_call_log(linphone);
    char *own = uri_of(linphone_call_log_get_from_address(log));
    char *peer = uri_of(linphone_call_log_get_to_address(log));
    struct policy_question question = {
        .settings = core->settings,
        .pins = core->pins,
        .own_uri = own,
        .peer_uri = peer,
        .own_nai = core->own_nai,
        .outgoing = true,
        .anonymous = hidden_by_choice(core, linphone, own),
        .now = core_now(),
    };
    char canonical[SIMAUTH_AOR_MAX + 1];
    struct policy_answer answer;
    bool will;

    if (simauth_aor_canonical(peer, canonical) == SIMAUTH_OK)
        question.once = continue_once_meant(core, canonical, true);
    policy_decide(&question, &answer);
    will = answer.what == POLICY_ELEMENTS && may_raise(core, linphone, &answer);
    if (will && !answer.hidden && !core->settings->built_in && core->settings->agent == AGENT_OFF &&
        !setup_has(core, &answer))
        ahead_begin(core, &answer);
    g_free(own);
    g_free(peer);
    return will;
}

/* Placed once more: Linphone's log keeps the first name. What took the place of another call may
 * also be a call of Linphone's own. */
static struct call *call_by_first_name(struct core *core, const char *id)
{
    struct call *call = core->calls;

    while (call && (call->over || strcmp(call->first_id, id) ||
                    linphone_core_get_call_by_callid(core->lc, sip_call_id(call->sip))))
        call = call->next;
    return call;
}

/* By its Call-ID: a call that ended is in no list of Linphone's any more. */
static struct call *call_of(struct core *core, LinphoneCall *linphone)
{
    const char *id = linphone_call_log_get_call_id(linphone_call_get_call_log(linphone));
    struct call *call = id ? core->calls : NULL;

    while (call && (call->over || strcmp(sip_call_id(call->sip), id)))
        call = call->next;
    return call || !id ? call : call_by_first_name(core, id);
}

static void sips_over_of(struct core *core, LinphoneCall *linphone)
{
    const char *id = linphone_call_log_get_call_id(linphone_call_get_call_log(linphone));

    if (!id)
        return;
    unasked_over(core, id);
    sips_over(core, id);
    e2m_over(core, id);
}

static void call_state_changed(LinphoneCore *lc, LinphoneCall *linphone, LinphoneCallState state,
                               const char *message)
{
    struct core *core = core_of_linphone(lc);
    struct call *call = core ? call_of(core, linphone) : NULL;

    (void)message;
    bus_view_changed();
    if (!core)
        return;
    if (state == LinphoneCallStateReleased) {
        emergency_call_over(core, linphone);
        unmark_over(core, linphone);
    }
    if (state == LinphoneCallStateOutgoingInit)
        emergency_call_begins(core, linphone);
    if (state == LinphoneCallStateEnd || state == LinphoneCallStateError) {
        if (call && call->caller)
            caller_one_entry(call, linphone);
        if (call)
            call_over(call);
        sips_over_of(core, linphone);
        return;
    }
    if (call) /* streams may have been started */
        call_silence(call);
    if (state == LinphoneCallStateStreamsRunning && call) {
        call_mark_running(call);
        shown_call_look(call);
    } else if (state == LinphoneCallStateStreamsRunning) {
        unmark_running(core, linphone);
    }
    if (state != LinphoneCallStateOutgoingInit || !core_settings(core))
        return;
    if (will_have_elements(core, linphone) && !sink_zrtp.raise(linphone))
        note("%s cannot be offered: this call will not be authenticated", sink_zrtp.name);
}

static void call_encryption_changed(LinphoneCore *lc, LinphoneCall *linphone, bool_t on,
                                    const char *token)
{
    struct core *core = core_of_linphone(lc);
    struct call *call = core ? core->calls : NULL;

    (void)token;
    while (call && call_linphone(call) != linphone)
        call = call->next;
    if (call) {
        call_media_changed(call, linphone, on);
        shown_call_look(call);
    } else if (core && on)
        unmark(core, linphone);
}

static void message_received(LinphoneCore *lc, LinphoneChatRoom *room, LinphoneChatMessage *message)
{
    struct core *core = core_of_linphone(lc);

    if (core)
        bindings_message(core, room, message);
}

static void account_registered(LinphoneCore *lc, LinphoneAccount *account,
                               LinphoneRegistrationState state, const char *message)
{
    struct core *core = core_of_linphone(lc);

    (void)account;
    (void)message;
    bus_view_changed();
    if (core && state == LinphoneRegistrationOk) {
        core_warm_up_again(core);
        bindings_registered(core);
        news_registered(core);
    }
}

static void listen_to(struct core *core)
{
    core->cbs = linphone_factory_create_core_cbs(linphone_factory_get());
    linphone_core_cbs_set_call_state_changed(core->cbs, call_state_changed);
    linphone_core_cbs_set_call_encryption_changed(core->cbs, call_encryption_changed);
    linphone_core_cbs_set_account_registration_state_changed(core->cbs, account_registered);
    linphone_core_cbs_set_message_received(core->cbs, message_received);
    linphone_core_add_callbacks(core->lc, core->cbs);
}

/* -- the end of a call ------------------------------------------------------------------------- */

LinphoneCall *core_linphone_call(const struct core *core, const char *id, const char *first_id)
{
    LinphoneCall *found = linphone_core_get_call_by_callid(core->lc, id);

    return found ? found : linphone_core_get_call_by_callid(core->lc, first_id);
}

struct ending {
    belle_sip_provider_t *provider;
    char *id, *first_id;
};

static void ending_free(struct ending *ending)
{
    g_free(ending->id);
    g_free(ending->first_id);
    g_free(ending);
}

/* From the loop, for Linphone may be in the middle of this call's message; and by its Call-ID, for
 * the call may be gone by then. */
static void terminate(void *arg)
{
    struct ending *ending = arg;
    struct core *core = core_of_provider(ending->provider);
    LinphoneCall *call = core ? core_linphone_call(core, ending->id, ending->first_id) : NULL;

    if (call)
        linphone_call_terminate(call);
    else
        note("call %s: there is none (any more) to end", ending->id);
    ending_free(ending);
}

void core_terminate_soon(struct core *core, const char *call_id, const char *first_id)
{
    struct ending *ending = g_new0(struct ending, 1);

    ending->provider = core->provider;
    ending->id = g_strdup(call_id);
    ending->first_id = g_strdup(first_id);
    if (!sip_tap_run_later(ending->provider, terminate, ending))
        ending_free(ending);
}

/* -- the object -------------------------------------------------------------------------------- */

struct core *core_new(belle_sip_provider_t *provider, LinphoneCore *lc)
{
    struct core *core = g_new0(struct core, 1);
    const char *path =
        linphone_config_get_string(linphone_core_get_config(lc), "simauth", "config", NULL);

    core->provider = provider;
    core->lc = lc;
    core->settings_path = path && *path ? g_strdup(path) : settings_default_path();
    core->once = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    core->last = g_queue_new();
    core->worker = worker_start(provider);
    if (!core->worker)
        become_inactive(core, "no thread for the worker");
    core->next = cores;
    cores = core;
    if (!missing)
        listen_to(core);
    (void)core_settings(core);
    recall_challenges(core);
    return core;
}

static void drop_record(gpointer record)
{
    json_decref(record);
}

void core_free(struct core *core)
{
    struct core **link = &cores;

    while (core->calls)
        call_free(core->calls);
    unasked_core_gone(core);
    sips_core_gone(core);
    while (*link != core)
        link = &(*link)->next;
    *link = core->next;
    ahead_free(core->ahead);
    news_close(core);
    certificates_close(core);
    revoked_close(core);
    e2m_files_close(core);
    setup_close(core);
    worker_stop(core->worker);
    worker_stop(core->beside);
    if (core->cbs) /* the LinphoneCore has a reference of its own, and finds no core any more */
        linphone_core_cbs_unref(core->cbs);
    settings_unref(core->settings);
    pins_close(core->pins);
    g_free(core->pins_folder);
    g_free(core->settings_path);
    g_free(core->good_settings);
    g_free(core->sim);
    g_slist_free(core->referred);
    unmark_core_gone(core);
    json_decref(core->changes);
    g_free(core->seen);
    g_hash_table_unref(core->once);
    g_queue_free_full(core->last, drop_record);
    g_free(core);
}

/* -- memory ------------------------------------------------------------------------------------ */

void core_save_pins(struct core *core)
{
    char error[SETTINGS_ERROR_MAX];

    if (core->pins && !pins_save(core->pins, error))
        note("pins not saved: %s", error);
    bus_view_tell("PeersChanged");
}

void core_remember_call(struct core *core, json_t *record)
{
    char *line = json_dumps(record, JSON_COMPACT | JSON_SORT_KEYS);

    if (line)
        history_add(core, line);
    free(line);
    g_queue_push_head(core->last, record);
    while (g_queue_get_length(core->last) > CORE_LAST_CALLS)
        json_decref(g_queue_pop_tail(core->last));
}

bool core_forget(struct core *core, const char *aor)
{
    bool found;

    if (!core->pins)
        return false;
    found = pins_forget(core->pins, aor);
    if (found)
        core_save_pins(core);
    found = changes_drop(core, aor) || found;
    /* Who may be somebody else now is not to be known by a key of before. */
    return setup_forget(core, aor) || found;
}

bool core_ask_again(struct core *core, const char *aor)
{
    bool found = core->pins && pins_ask_again(core->pins, aor);

    if (found)
        core_save_pins(core);
    return found;
}
