/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A user of the tap for tests only: does what the lines of the file $TAP_SCRIPT say and writes one
 * line an event to $TAP_LOG. It takes the place of the part that the loader opens.
 */
#include "entry.h"
#include "tap_internal.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LEN 200

static struct {
    unsigned hold_invite_in, hold_invite_out; /* ms */
    unsigned hold_code, hold_response;        /* which response, ms */
    unsigned drop_code;
    bool thread; /* come back from a worker thread and not from a timer */
    unsigned drop_acks, try_again, take_back, abort_code, refuse_code;
    char from_tag[TEXT_LEN], to_tag[TEXT_LEN], ack_branch[TEXT_LEN];
    char phrase[TEXT_LEN], reason[TEXT_LEN], warning[TEXT_LEN];
    char end_reason[TEXT_LEN], end_warning[TEXT_LEN], header[TEXT_LEN];
    bool set_sdp, wrong_names, at_once;
} script;

static FILE *events;
static unsigned calls_seen;

struct observed {
    unsigned number;
    unsigned held_responses;
    struct sip_timer *timer;
};

static void event(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void event(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vfprintf(events, format, args);
    va_end(args);
    fputc('\n', events);
    fflush(events);
}

/* -- the script -------------------------------------------------------------------------------- */

static void take_text(char *to, const char *value)
{
    snprintf(to, TEXT_LEN, "%s", value);
}

static const struct {
    const char *name;
    char *text;
} texts[] = {
    {"from-tag", script.from_tag},     {"to-tag", script.to_tag},
    {"ack-branch", script.ack_branch}, {"phrase", script.phrase},
    {"reason", script.reason},         {"warning", script.warning},
    {"end-reason", script.end_reason}, {"end-warning", script.end_warning},
    {"header", script.header},
};

static const struct {
    const char *name;
    unsigned *number;
} numbers[] = {
    {"hold-invite-in", &script.hold_invite_in},
    {"hold-invite-out", &script.hold_invite_out},
    {"hold-response", &script.hold_response},
    {"hold-code", &script.hold_code},
    {"drop-code", &script.drop_code},
    {"drop-acks", &script.drop_acks},
    {"try-again", &script.try_again},
    {"take-back", &script.take_back},
    {"abort", &script.abort_code},
    {"refuse", &script.refuse_code},
};

static const struct {
    const char *name;
    bool *flag;
} flags[] = {
    {"thread", &script.thread},
    {"set-sdp", &script.set_sdp},
    {"wrong-names", &script.wrong_names},
    {"at-once", &script.at_once},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool take_line(const char *name, const char *value)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        if (strcmp(texts[i].name, name) == 0) {
            take_text(texts[i].text, value);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        if (strcmp(numbers[i].name, name) == 0) {
            *numbers[i].number = (unsigned)strtoul(value, NULL, 10);
            return true;
        }
    }
    for (size_t i = 0; i < COUNT(flags); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            *flags[i].flag = true;
            return true;
        }
    }
    return false;
}

static bool read_script(const char *path)
{
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[2 * TEXT_LEN];
    bool good = true;

    while (file && good && fgets(line, sizeof(line), file)) {
        char *value;
        line[strcspn(line, "\n")] = '\0';
        value = line + strcspn(line, " ");
        if (*value)
            *value++ = '\0';
        good = !line[0] || take_line(line, value);
    }
    if (file)
        fclose(file);
    return file && good;
}

/* -- coming back ------------------------------------------------------------------------------- */

static void release_timer(struct observed *seen)
{
    sip_timer_stop(seen->timer);
    seen->timer = NULL;
}

static void resume(void *arg)
{
    struct sip_call *call = arg;
    struct observed *seen = sip_call_user_data(call);
    unsigned number = seen->number;
    bool done;

    release_timer(seen);
    if (script.abort_code && sip_call_direction(call) == SIP_OUTGOING)
        done = sip_call_abort(call, (int)script.abort_code, script.phrase);
    else if (script.refuse_code && sip_call_direction(call) == SIP_INCOMING)
        done = sip_call_refuse(call, (int)script.refuse_code, script.phrase, script.reason,
                               script.warning);
    else
        done = sip_call_resume(call);
    event("resumed call=%u done=%d", number, done);
}

struct errand {
    belle_sip_provider_t *provider;
    struct sip_call *call;
    unsigned ms;
};

static void *run_errand(void *arg)
{
    struct errand *errand = arg;

    usleep(errand->ms * 1000);
    if (!sip_tap_run_later(errand->provider, resume, errand->call))
        event("late provider=gone");
    free(errand);
    return NULL;
}

/* The tests that use this let the call live longer than the errand. */
static void start_thread(struct sip_call *call, unsigned ms)
{
    struct errand *errand = calloc(1, sizeof(*errand));
    pthread_t thread;

    if (!errand)
        return;
    errand->provider = sip_call_provider(call);
    errand->call = call;
    errand->ms = ms;
    if (pthread_create(&thread, NULL, run_errand, errand) == 0)
        pthread_detach(thread);
}

static void come_back(struct sip_call *call, unsigned ms)
{
    struct observed *seen = sip_call_user_data(call);

    if (script.thread)
        start_thread(call, ms);
    else
        seen->timer = sip_timer_start(sip_call_provider(call), ms, resume, call);
}

/* -- what the tap tells ------------------------------------------------------------------------ */

static struct observed *observed(struct sip_call *call)
{
    struct observed *seen = sip_call_user_data(call);

    if (!seen) {
        seen = calloc(1, sizeof(*seen));
        if (!seen)
            abort();
        seen->number = ++calls_seen;
        sip_call_set_user_data(call, seen);
    }
    return seen;
}

static void core_found(void *user, belle_sip_provider_t *provider, void *core)
{
    (void)user;
    event("core_found core=%p provider=%p", core, (void *)provider);
}

static void core_gone(void *user, belle_sip_provider_t *provider)
{
    (void)user;
    event("core_gone provider=%p", (void *)provider);
}

static const char *text(const char *value)
{
    return value ? value : "-";
}

static enum sip_decision invite_out(void *user, struct sip_call *call)
{
    struct observed *seen = observed(call);
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(call);
    size_t len = 0;
    const char *sdp = sip_message_sdp(invite, &len);

    (void)user;
    if (script.from_tag[0] && !sip_call_set_from_tag(call, script.from_tag))
        event("error set_from_tag");
    if (script.header[0])
        sip_message_set_header(invite, "SIM-Auth", script.header);
    if (script.set_sdp && sdp) {
        char *longer = NULL;
        int made = asprintf(&longer, "%.*sa=tap-was-here\r\n", (int)len, sdp);
        if (made < 0 || !sip_message_set_sdp(invite, longer, (size_t)made))
            event("error set_sdp");
        free(longer);
    }
    event("invite_out call=%u call_id=%s from_tag=%s sdp=%zu", seen->number, sip_call_id(call),
          sip_call_from_tag(call), len);
    sip_call_set_end_reason(call, script.end_reason[0] ? script.end_reason : NULL,
                            script.end_warning[0] ? script.end_warning : NULL);
    if (script.at_once) {
        resume(call);
        return SIP_HOLD;
    }
    if (!script.hold_invite_out)
        return SIP_PASS;
    come_back(call, script.hold_invite_out);
    return SIP_HOLD;
}

static enum sip_decision invite_in(void *user, struct sip_call *call)
{
    struct observed *seen = observed(call);
    belle_sip_message_t *invite = (belle_sip_message_t *)sip_call_invite(call);
    const char *header = sip_message_header(invite, "SIM-Auth", NULL);
    size_t len = 0;
    const char *sdp = sip_message_sdp(invite, &len);

    (void)user;
    event("invite_in call=%u call_id=%s from_tag=%s header=%s sdp=%zu mark=%d", seen->number,
          sip_call_id(call), sip_call_from_tag(call), text(header), len,
          sdp && memmem(sdp, len, "a=tap-was-here", 14) != NULL);
    if (script.to_tag[0] && !sip_call_set_to_tag(call, script.to_tag))
        event("error set_to_tag");
    if (script.at_once) {
        resume(call);
        return SIP_HOLD;
    }
    if (!script.hold_invite_in)
        return SIP_PASS;
    come_back(call, script.hold_invite_in);
    return SIP_HOLD;
}

static enum sip_decision response_in(void *user, struct sip_call *call,
                                     belle_sip_response_t *response)
{
    struct observed *seen = observed(call);
    unsigned code = (unsigned)belle_sip_response_get_status_code(response);

    (void)user;
    event("response_in call=%u code=%u to_tag=%s", seen->number, code,
          text(sip_message_to_tag((belle_sip_message_t *)response)));
    if (script.take_back == code)
        event("take_back call=%u done=%d", seen->number, sip_call_take_back(call));
    if (script.try_again == code)
        event("try_again call=%u done=%d", seen->number, sip_call_try_again(call, response));
    if (script.hold_response && script.hold_code == code && seen->held_responses++ == 0) {
        come_back(call, script.hold_response);
        return SIP_HOLD;
    }
    return script.drop_code == code ? SIP_DROP : SIP_PASS;
}

static void response_out(void *user, struct sip_call *call, belle_sip_response_t *response)
{
    (void)user;
    event("response_out call=%u code=%d to_tag=%s", observed(call)->number,
          belle_sip_response_get_status_code(response),
          text(sip_message_to_tag((belle_sip_message_t *)response)));
}

static enum sip_decision ack_in(void *user, struct sip_call *call, belle_sip_request_t *ack)
{
    bool drop = script.drop_acks > 0;

    (void)user;
    if (drop)
        script.drop_acks--;
    event("ack_in call=%u branch=%s to_tag=%s drop=%d", observed(call)->number,
          text(sip_message_bottom_branch((belle_sip_message_t *)ack)),
          text(sip_message_to_tag((belle_sip_message_t *)ack)), drop);
    return drop ? SIP_DROP : SIP_PASS;
}

static void ack_out(void *user, struct sip_call *call, belle_sip_request_t *ack)
{
    (void)user;
    if (script.ack_branch[0] && !sip_ack_set_branch(ack, script.ack_branch))
        event("error set_branch");
    event("ack_out call=%u to_tag=%s", observed(call)->number,
          text(sip_message_to_tag((belle_sip_message_t *)ack)));
}

static void later(const char *way, struct sip_call *call, belle_sip_message_t *message)
{
    bool request = belle_sip_message_is_request(message);
    int code = request ? 0 : belle_sip_response_get_status_code((belle_sip_response_t *)message);

    event("later_%s call=%u method=%s code=%d from_tag=%s to_tag=%s own=%d reason=%s", way,
          observed(call)->number, text(tap_cseq_method_of(message)), code,
          text(tap_from_tag_of(message)), text(tap_to_tag_of(message)),
          request && !strcmp(way, "out") && sip_call_owns_dialog(call, message),
          text(sip_message_header(message, "Reason", NULL)));
}

static enum sip_decision later_in(void *user, struct sip_call *call, belle_sip_message_t *message)
{
    (void)user;
    later("in", call, message);
    return SIP_PASS;
}

static void later_out(void *user, struct sip_call *call, belle_sip_message_t *message)
{
    (void)user;
    later("out", call, message);
}

static void held_gone(void *user, struct sip_call *call, enum sip_gone why)
{
    static const char *const whys[] = {"cancelled", "hung_up", "disconnected", "core"};

    (void)user;
    release_timer(observed(call));
    event("held_gone call=%u why=%s resume=%d", observed(call)->number, whys[why],
          sip_call_resume(call));
}

static void call_gone(void *user, struct sip_call *call)
{
    struct observed *seen = observed(call);

    (void)user;
    event("call_gone call=%u", seen->number);
    release_timer(seen);
    free(seen);
}

static const struct sip_tap_user users = {
    .core_found = core_found,
    .core_gone = core_gone,
    .invite_out = invite_out,
    .invite_in = invite_in,
    .response_in = response_in,
    .response_out = response_out,
    .ack_in = ack_in,
    .ack_out = ack_out,
    .later_in = later_in,
    .later_out = later_out,
    .held_gone = held_gone,
    .call_gone = call_gone,
};

__attribute__((visibility("default"))) int simauth_plugin_start(void *core)
{
    struct tap_names names = tap_default_names;
    const char *missing = NULL, *path = getenv("TAP_LOG");
    enum sip_tap_result result;

    (void)core;
    if (!events) {
        events = path ? fopen(path, "w") : NULL;
        if (!events || !read_script(getenv("TAP_SCRIPT"))) {
            fprintf(stderr, "observer: TAP_SCRIPT or TAP_LOG cannot be used\n");
            abort();
        }
    }
    if (script.wrong_names)
        names.ict_vptr = "belle_sip_another_t_vptr_get";
    result = tap_install_names(&users, NULL, &names, &missing);
    event("install result=%d missing=%s", result, text(missing));
    return result < 0 ? -1 : 0;
}
