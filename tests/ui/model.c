/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists behind the window, with the demo's peer on a session bus of the test's own. */
#include "app.h"
#include "chain.h"
#include "demo.h"
#include "export.h"
#include "notify.h"
#include "phones.h"
#include "remote.h"
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define LIMIT_S 30

struct world {
    GTestDBus *daemon;
    GDBusConnection *peer_bus, *our_bus;
    struct demo *demo;
    UiPhones *phones;
};

static GDBusConnection *connect_to(GTestDBus *daemon)
{
    return g_dbus_connection_new_for_address_sync(
        g_test_dbus_get_bus_address(daemon),
        G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
            G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
        NULL, NULL, NULL);
}

static int begin(void **state)
{
    struct world *world = g_new0(struct world, 1);

    world->daemon = g_test_dbus_new(G_TEST_DBUS_NONE);
    g_test_dbus_up(world->daemon);
    world->peer_bus = connect_to(world->daemon);
    world->our_bus = connect_to(world->daemon);
    world->demo = demo_new(world->peer_bus, "idle", NULL);
    world->phones = ui_phones_new(world->our_bus, DEMO_NAMES);
    *state = world;
    return world->demo ? 0 : -1;
}

static int end(void **state)
{
    struct world *world = *state;

    g_object_unref(world->phones);
    demo_free(world->demo);
    g_dbus_connection_close_sync(world->peer_bus, NULL, NULL);
    g_dbus_connection_close_sync(world->our_bus, NULL, NULL);
    g_object_unref(world->peer_bus);
    g_object_unref(world->our_bus);
    g_test_dbus_stop(world->daemon);
    g_object_unref(world->daemon);
    g_free(world);
    return 0;
}

/* -- waiting ----------------------------------------------------------------------------------- */

static gboolean too_late(gpointer late)
{
    *(bool *)late = true;
    return G_SOURCE_REMOVE;
}

#define WAIT(condition)                                                                            \
    do {                                                                                           \
        bool late = false;                                                                         \
        guint timer = g_timeout_add_seconds(LIMIT_S, too_late, &late);                             \
        while (!(condition) && !late)                                                              \
            g_main_context_iteration(NULL, TRUE);                                                  \
        if (!late)                                                                                 \
            g_source_remove(timer);                                                                \
        assert_false(late);                                                                        \
    } while (0)

static guint count(GListModel *list)
{
    return g_list_model_get_n_items(list);
}

static const char *text_at(GListModel *list, guint at, const char *name)
{
    UiRecord *record = g_list_model_get_item(list, at);
    const char *text = record ? ui_record_text(record, name) : "";

    g_clear_object(&record); /* the list holds it */
    return text;
}

/* -- tests ------------------------------------------------------------------------------------- */

static void phones_come_and_go(void **state)
{
    struct world *world = *state;
    UiPhone *phone;

    WAIT(count(G_LIST_MODEL(world->phones)) == 1);
    phone = ui_phones_first(world->phones);
    assert_string_equal(ui_record_text(ui_phone_state(phone), "State"), "ready");
    assert_string_equal(text_at(ui_phone_sims(phone), 0, "State"), "ready");
    assert_string_equal(text_at(ui_phone_accounts(phone), 0, "Gateway"),
                        "gateway.operator-a.example");
    assert_true(demo_show(world->demo, "no-phone"));
    WAIT(count(G_LIST_MODEL(world->phones)) == 0);
    assert_null(ui_phones_first(world->phones));
    assert_true(demo_show(world->demo, "no-card"));
    WAIT(count(G_LIST_MODEL(world->phones)) == 1);
    phone = ui_phones_first(world->phones);
    assert_string_equal(text_at(ui_phone_sims(phone), 0, "State"), "absent");
    assert_false(demo_show(world->demo, "no such state"));
}

static void calls_follow(void **state)
{
    struct world *world = *state;
    GListModel *calls = ui_phones_calls(world->phones);

    demo_show(world->demo, "announced");
    WAIT(count(calls) == 1);
    assert_string_equal(text_at(calls, 0, "Verdict"), "announced");
    demo_show(world->demo, "authenticated");
    WAIT(!strcmp(text_at(calls, 0, "Verdict"), "authenticated"));
    assert_int_equal(count(calls), 1);
    demo_show(world->demo, "two-calls");
    WAIT(count(calls) == 2);
    demo_show(world->demo, "idle");
    WAIT(count(calls) == 0);
    demo_show(world->demo, "authenticated");
    WAIT(count(calls) == 1);
    demo_show(world->demo, "no-phone");
    WAIT(count(calls) == 0);
}

/* All that a chain wants of it. */
UiPhones *__wrap_ui_app_phones(UiApp *app);
UiPhones *__wrap_ui_app_phones(UiApp *app)
{
    return (UiPhones *)app;
}

static const char *last_call(UiChain *chain)
{
    GListModel *links = ui_chain_links(chain);

    return text_at(links, count(links) - 1, "State");
}

/* One that nobody was asked about has not failed. */
static void last_call_is_judged(void **state)
{
    struct world *world = *state;
    UiChain *chain = ui_chain_new((UiApp *)world->phones);

    WAIT(!strcmp(last_call(chain), "good"));
    demo_show(world->demo, "unasked");
    WAIT(strcmp(last_call(chain), "good") != 0);
    assert_string_equal(last_call(chain), "unknown");
    g_object_unref(chain);
}

static void ignore(GVariant *answer, const char *error, gpointer owner)
{
    assert_null(error);
    assert_non_null(answer);
    g_object_set_data(owner, "answered", GINT_TO_POINTER(1));
}

static void lists_follow(void **state)
{
    struct world *world = *state;
    GListModel *keys = ui_remote_new(world->phones, &ui_remote_keys);
    GListModel *records = ui_remote_new(world->phones, &ui_remote_history);

    WAIT(count(keys) == 3 && count(records) == 3);
    assert_string_equal(text_at(keys, 0, "Nai"), "bob@operator-b.example");
    ui_phone_ask(ui_phones_first(world->phones), "ForgetKeys",
                 g_variant_new("(s)", "sip:bob@elsewhere.example"), ignore, G_OBJECT(keys));
    WAIT(count(keys) == 1);
    WAIT(g_object_get_data(G_OBJECT(keys), "answered"));
    demo_show(world->demo, "no-phone");
    WAIT(count(keys) == 0 && count(records) == 0);
    g_object_unref(keys);
    g_object_unref(records);
}

/* More of them than come at once, and a new one while they come. */
static void all_pages_come(void **state)
{
    static const struct ui_remote pages = {"History", "HistoryChanged", 1, 1, NULL, FALSE};
    struct world *world = *state;
    GListModel *records = ui_remote_new(world->phones, &pages);

    WAIT(count(records) == 3);
    assert_string_equal(text_at(records, 2, "Peer"), "sip:carol@elsewhere.example");
    ui_phone_ask(ui_phones_first(world->phones), "ClearHistory", NULL, ignore, G_OBJECT(records));
    WAIT(count(records) == 0);
    g_object_unref(records);
}

static void count_change(GListModel *list, guint at, guint removed, guint added, gpointer changes)
{
    (void)list, (void)at, (void)removed, (void)added;
    ++*(guint *)changes;
}

/* A person at its row is to stay there: a contact is the same one, though something about it is
 * not. */
static void contacts_stay(void **state)
{
    struct world *world = *state;
    GListModel *peers = ui_remote_new(world->phones, &ui_remote_peers);
    UiRecord *bob, *carol;
    guint changes = 0;

    WAIT(count(peers) == 4);
    bob = g_list_model_get_item(peers, 0);
    carol = g_list_model_get_item(peers, 1);
    assert_string_equal(ui_record_text(bob, "Policy"), "require");
    g_signal_connect(peers, "items-changed", G_CALLBACK(count_change), &changes);
    ui_phone_ask(ui_phones_first(world->phones), "SetSetting",
                 g_variant_new("(sss)", "peer sip:bob@elsewhere.example", "policy", "prefer"),
                 ignore, G_OBJECT(peers));
    WAIT(!strcmp(ui_record_text(bob, "Policy"), "prefer"));
    assert_int_equal(changes, 0);
    ui_phone_ask(ui_phones_first(world->phones), "Forget",
                 g_variant_new("(s)", "sip:bob@elsewhere.example"), ignore, G_OBJECT(peers));
    WAIT(count(peers) == 3);
    assert_int_equal(changes, 1);
    assert_string_equal(text_at(peers, 0, "Aor"), ui_record_text(carol, "Aor"));
    g_object_unref(bob);
    g_object_unref(carol);
    g_object_unref(peers);
}

static void expect_error(GVariant *answer, const char *error, gpointer owner)
{
    assert_null(answer);
    assert_non_null(error);
    assert_null(strstr(error, "GDBus.Error")); /* a sentence for a person */
    assert_non_null(strstr(error, g_object_get_data(owner, "expected")));
    g_object_set_data(owner, "refused", GINT_TO_POINTER(1));
}

static void refused_with(UiPhone *phone, const char *method, const char *expected)
{
    GObject *owner = g_object_new(G_TYPE_OBJECT, NULL);

    g_object_set_data(owner, "expected", (gpointer)expected);
    ui_phone_ask(phone, method, NULL, expect_error, owner);
    WAIT(g_object_get_data(owner, "refused"));
    g_object_unref(owner);
}

static void errors_are_sentences(void **state)
{
    struct world *world = *state;
    UiPhone *phone;

    WAIT(count(G_LIST_MODEL(world->phones)) == 1);
    phone = g_object_ref(ui_phones_first(world->phones));
    refused_with(phone, "NoSuchMethod", "update the package");
    demo_show(world->demo, "no-phone");
    WAIT(count(G_LIST_MODEL(world->phones)) == 0);
    refused_with(phone, "SelfTest", "Start it and try again");
    g_object_unref(phone);
}

/* -- without a bus ----------------------------------------------------------------------------- */

static UiRecord *record_of(const char *text)
{
    return ui_record_new(g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, NULL));
}

static void words_of_the_unknown(void **state)
{
    UiRecord *call = record_of("{'Verdict': <'not-authenticated'>, 'Reason': <'of-tomorrow'>, "
                               "'ReasonText': <'something new'>, 'Listen': <'elves'>, "
                               "'ListenText': <'elves could listen'>}");
    char *line = ui_words_line(call);

    (void)state;
    assert_string_equal(ui_words_reason(call), "something new");
    assert_string_equal(ui_words_listen(call), "elves could listen");
    assert_string_equal(line, "Not authenticated: something new");
    assert_string_equal(ui_words_address("sip:a@b"), "a@b");
    g_free(line);
    g_object_unref(call);
}

/* A verdict of a later version is told by its own sentence, and is no "authenticated". */
static void verdict_of_tomorrow(void **state)
{
    UiRecord *call = record_of("{'Direction': <'incoming'>, 'Phase': <'talking'>, "
                               "'Verdict': <'half-way'>, 'VerdictText': <'proved half way'>}");
    char *summary = NULL, *body = NULL, *verdict = ui_words_verdict(call);

    (void)state;
    assert_string_equal(verdict, "proved half way");
    assert_string_equal(ui_words_style(call), "dim-label");
    assert_true(ui_notifier_words(call, &summary, &body));
    assert_string_equal(summary, "proved half way");
    g_free(summary);
    g_free(body);
    g_free(verdict);
    g_object_unref(call);
}

/* With no catalogue a translation is the sentence itself: what is taken apart comes together again.
 */
static void sentences_with_names(void **state)
{
    static const char *const sentences[] = {
        "",
        "%s",
        "There is no SIM in .",
        "There is no SIM in a %s, a %9$s and 5%.",
        "The gateway a says 503 busy: wait",
        "/a: b/x.conf: [phone] policy=: must be one of : : ",
        "The gateway The gateway x did not answer: no answer in time. did not answer: .",
        "unknown: : no answer in time: unknown",
    };

    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(sentences); i++) {
        char *said = ui_words_said(sentences[i]);
        assert_string_equal(said, sentences[i]);
        g_free(said);
    }
}

/* What is announced never reads as if it were proved, whatever else the bus says of the call. */
static void announced_is_no_more(void **state)
{
    UiRecord *call = record_of(
        "{'Direction': <'incoming'>, 'Phase': <'ringing'>, 'Verdict': <'announced'>, "
        "'Nai': <'bob@operator-b'>, 'Operator': <'Operator B'>, 'Listen': <'two-operators'>, "
        "'Media': <'zrtp'>, 'Peer': <'sip:bob@x'>}");
    char *summary = NULL, *body = NULL, *line = ui_words_line(call);

    (void)state;
    assert_true(ui_notifier_words(call, &summary, &body));
    assert_string_equal(summary, "Announced by Operator B");
    assert_string_equal(body, "The call says that it comes from bob@x.");
    assert_string_equal(line, "Announced by Operator B");
    ui_record_update(call, g_variant_new_parsed("{'Phase': <'before'>}"));
    g_free(summary);
    g_free(body);
    g_free(line);
    assert_false(ui_notifier_words(call, &summary, &body));
    g_object_unref(call);
}

static void spreadsheets_compute_nothing(void **state)
{
    GListStore *list = g_list_store_new(UI_TYPE_RECORD);
    UiRecord *record = record_of("{'Peer': <'=cmd|calc'>, 'Nai': <'say \"hi\", bob'>, "
                                 "'Began': <int64 1>, 'Answered': <true>, 'SimAge': <7>}");
    char *csv;

    (void)state;
    g_list_store_append(list, record);
    csv = ui_export_text(G_LIST_MODEL(list));
    assert_non_null(strstr(csv, "\"'=cmd|calc\""));
    assert_non_null(strstr(csv, "\"say \"\"hi\"\", bob\""));
    assert_non_null(strstr(csv, "\"1970-01-01T00:00:01Z\""));
    assert_non_null(strstr(csv, ",7,true\r\n"));
    g_free(csv);
    g_object_unref(record);
    g_object_unref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(phones_come_and_go, begin, end),
        cmocka_unit_test_setup_teardown(calls_follow, begin, end),
        cmocka_unit_test_setup_teardown(last_call_is_judged, begin, end),
        cmocka_unit_test_setup_teardown(lists_follow, begin, end),
        cmocka_unit_test_setup_teardown(all_pages_come, begin, end),
        cmocka_unit_test_setup_teardown(contacts_stay, begin, end),
        cmocka_unit_test_setup_teardown(errors_are_sentences, begin, end),
        cmocka_unit_test(words_of_the_unknown),
        cmocka_unit_test(verdict_of_tomorrow),
        cmocka_unit_test(sentences_with_names),
        cmocka_unit_test(announced_is_no_more),
        cmocka_unit_test(spreadsheets_compute_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
