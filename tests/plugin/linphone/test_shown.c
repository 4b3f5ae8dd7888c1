/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to the bus of words that others chose, of calls that were kept, and of names of calls.
 */
#include "bus_calls.h"
#include "call.h"
#include "shown_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void shows(const char *text, const char *expected)
{
    json_t *object = json_object();

    shown_put(object, "Operator", text);
    assert_non_null(json_object_get(object, "Operator"));
    assert_string_equal(json_string_value(json_object_get(object, "Operator")), expected);
    json_decref(object);
}

/* One that is cut within a letter would take the whole object off the bus; what turns letters round
 * or begins a line would say something else than was meant. */
static void what_others_chose_is_a_line(void **state)
{
    (void)state;
    shows("Opérateur A", "Opérateur A");
    shows(NULL, "");
    shows("the clock diff\xc3", "the clock diff\xef\xbf\xbd");
    shows("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
    shows("Bob\u202egpj\u2066\u061c\u200f", "Bob\ufffdgpj\ufffd\ufffd\ufffd");
    shows("a\n\x1b[2J\u2028"
          "b",
          "a\ufffd\ufffd[2J\ufffd"
          "b");
}

static void says(const char *line, const char *name, const char *expected)
{
    json_t *record = json_loads(line, 0, NULL), *shown = shown_record(record);

    assert_string_equal(json_string_value(json_object_get(shown, name)), expected);
    json_decref(shown);
    json_decref(record);
}

/* Who was not known is not to be forgotten, who is known is not to be waited for. */
static void a_record_advises_as_its_call_did(void **state)
{
    (void)state;
    says("{\"reason\": \"VECTOR_BAD\", \"advice_word\": \"none\"}", "Advice", "none");
    says("{\"reason\": \"GATEWAY_NOBODY\", \"advice_word\": \"forget\"}", "Advice", "forget");
    says("{\"reason\": \"GATEWAY_NOBODY\", \"pinned_nai\": \"bob@b.example\"}", "PinnedNai",
         "bob@b.example");
    says("{\"reason\": \"GATEWAY_NOBODY\"}", "Advice", "wait"); /* an older version's */
    says("{}", "Advice", "none");
    says("{}", "PinnedNai", "");
}

/* -- calls with the name of another ------------------------------------------------------------ */

static struct core core;
static LinphoneCallState state;
static bctbx_list_t *others; /* Linphone's own; of one kind alone */

struct core *__wrap_core_first(void);
struct core *__wrap_core_first(void)
{
    return &core;
}

LinphoneCall *__wrap_call_linphone(const struct call *call);
LinphoneCall *__wrap_call_linphone(const struct call *call)
{
    return (LinphoneCall *)(uintptr_t)call;
}

const bctbx_list_t *__wrap_linphone_core_get_calls(LinphoneCore *lc);
const bctbx_list_t *__wrap_linphone_core_get_calls(LinphoneCore *lc)
{
    (void)lc;
    return others;
}

LinphoneCallState __wrap_linphone_call_get_state(const LinphoneCall *call);
LinphoneCallState __wrap_linphone_call_get_state(const LinphoneCall *call)
{
    (void)call;
    return state;
}

const LinphoneCallParams *__wrap_linphone_call_get_current_params(LinphoneCall *call);
const LinphoneCallParams *__wrap_linphone_call_get_current_params(LinphoneCall *call)
{
    return (const LinphoneCallParams *)call;
}

LinphoneMediaEncryption
__wrap_linphone_call_params_get_media_encryption(const LinphoneCallParams *params);
LinphoneMediaEncryption
__wrap_linphone_call_params_get_media_encryption(const LinphoneCallParams *params)
{
    (void)params;
    return LinphoneMediaEncryptionZRTP;
}

LinphoneCallLog *__wrap_linphone_call_get_call_log(const LinphoneCall *call);
LinphoneCallLog *__wrap_linphone_call_get_call_log(const LinphoneCall *call)
{
    return (LinphoneCallLog *)(uintptr_t)call;
}

const char *__wrap_linphone_call_log_get_call_id(const LinphoneCallLog *log);
const char *__wrap_linphone_call_log_get_call_id(const LinphoneCallLog *log)
{
    return (const char *)log;
}

time_t __wrap_linphone_call_log_get_start_date(LinphoneCallLog *log);
time_t __wrap_linphone_call_log_get_start_date(LinphoneCallLog *log)
{
    (void)log;
    return (time_t)core_now();
}

LinphoneCallDir __wrap_linphone_call_get_dir(const LinphoneCall *call);
LinphoneCallDir __wrap_linphone_call_get_dir(const LinphoneCall *call)
{
    (void)call;
    return LinphoneCallIncoming;
}

const LinphoneAddress *__wrap_linphone_call_get_remote_address(const LinphoneCall *call);
const LinphoneAddress *__wrap_linphone_call_get_remote_address(const LinphoneCall *call)
{
    (void)call;
    return NULL;
}

const LinphoneAddress *__wrap_linphone_call_log_get_local_address(LinphoneCallLog *log);
const LinphoneAddress *__wrap_linphone_call_log_get_local_address(LinphoneCallLog *log)
{
    (void)log;
    return NULL;
}

LinphoneConference *__wrap_linphone_call_get_conference(const LinphoneCall *call);
LinphoneConference *__wrap_linphone_call_get_conference(const LinphoneCall *call)
{
    (void)call;
    return NULL;
}

static void begin(struct call *call, const char *first_id, const char *id, bool caller)
{
    *call = (struct call){.core = &core,
                          .caller = caller,
                          .id = (char *)(uintptr_t)id,
                          .first_id = (char *)(uintptr_t)first_id,
                          .reason = SIMAUTH_EVENT_COUNT};
    core.calls = call;
}

static void over(struct call *call)
{
    json_t *record = json_object();

    call->over = true;
    shown_call_over(call);
    shown_call_record(call->first_id, call->caller, record);
    assert_int_equal(json_is_true(json_object_get(record, "answered")), state != LinphoneCallEnd);
    json_decref(record);
    core.calls = NULL;
}

/* "outgoing talking, ..." of all that have this name, the newest first. */
static void looks(const char *id, const char *expected)
{
    json_t *objects = json_object(), *object;
    GString *text = g_string_new(NULL);
    const char *path;

    shown_calls_add(objects);
    json_object_foreach(objects, path, object)
    {
        json_t *call = json_object_get(object, "org.simauth.Call1");

        if (!strcmp(json_string_value(json_object_get(call, "Id")), id))
            g_string_append_printf(text, "%s%s %s%s", text->len ? ", " : "",
                                   json_string_value(json_object_get(call, "Direction")),
                                   json_string_value(json_object_get(call, "Phase")),
                                   json_is_true(json_object_get(call, "Answered")) ? "!" : "");
    }
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
    json_decref(objects);
}

/* The Call-ID is its caller's choice. */
static void a_name_that_comes_again(void **nothing)
{
    struct call call;

    (void)nothing;
    begin(&call, "a", "a", true);
    state = LinphoneCallStreamsRunning;
    looks("a", "outgoing talking!");
    over(&call);
    looks("a", "outgoing ended!");
    begin(&call, "a", "a", false);
    state = LinphoneCallIncomingReceived;
    looks("a", "incoming ringing, outgoing ended!");
    state = LinphoneCallEnd;
    over(&call);
    looks("a", "incoming ended, outgoing ended!");
    begin(&call, "a", "a", false); /* and is refused before anybody looks */
    over(&call);
    looks("a", "incoming ended, incoming ended, outgoing ended!");
}

/* Two Linphones in one program: each side is a call, and the end of one says nothing of the other.
 */
static void both_ends_in_one_program(void **nothing)
{
    struct call out, in;

    (void)nothing;
    begin(&out, "e", "e", true);
    begin(&in, "e", "e", false);
    in.next = &out;
    state = LinphoneCallStreamsRunning;
    looks("e", "outgoing talking!, incoming talking!");
    over(&out);
    core.calls = &in;
    looks("e", "outgoing ended!, incoming talking!");
    over(&in);
    looks("e", "outgoing ended!, incoming ended!");
}

/* Redirected, or another in the place of one that talks: for the person the same call. */
static void a_call_that_goes_on(void **nothing)
{
    struct call call;

    (void)nothing;
    begin(&call, "b", "b", true);
    state = LinphoneCallOutgoingRinging;
    looks("b", "outgoing ringing");
    state = LinphoneCallEnd;
    over(&call);
    begin(&call, "b", "b2", true);
    state = LinphoneCallOutgoingRinging;
    looks("b", "outgoing ringing");
    core.calls = NULL;
    begin(&call, "c", "c", false);
    state = LinphoneCallStreamsRunning;
    looks("c", "incoming talking!");
    over(&call);
    looks("c", "incoming ended!");
    begin(&call, "c", "c2", false);
    looks("c", "incoming talking!");
    over(&call);
}

/* Those that nobody is asked about. */
static void another_of_linphones_own(void **nothing)
{
    char id[] = "d";

    (void)nothing;
    others = bctbx_list_append(NULL, id);
    state = LinphoneCallStreamsRunning;
    looks("d", "incoming talking!");
    others = bctbx_list_free(others);
    looks("d", "incoming ended!");
    others = bctbx_list_append(NULL, id); /* it went on, in the place of one of ours */
    looks("d", "incoming talking!");
    others = bctbx_list_free(others);
    looks("d", "incoming ended!");
    others = bctbx_list_append(NULL, id);
    state = LinphoneCallIncomingReceived;
    looks("d", "incoming ringing, incoming ended!");
    others = bctbx_list_free(others);
    looks("d", "incoming ended, incoming ended!");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_others_chose_is_a_line),
                                       cmocka_unit_test(a_record_advises_as_its_call_did),
                                       cmocka_unit_test(a_name_that_comes_again),
                                       cmocka_unit_test(both_ends_in_one_program),
                                       cmocka_unit_test(a_call_that_goes_on),
                                       cmocka_unit_test(another_of_linphones_own)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
