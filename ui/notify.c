/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify.h"
#include "prefs.h"
#include "words.h"

#include <string.h>

#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"

struct _UiNotifier {
    GObject parent;
    GDBusConnection *bus;
    GListModel *calls;
    GPtrArray *notes; /* struct note, one for each call of the model */
    guint action;
    bool markup;
};

G_DEFINE_FINAL_TYPE(UiNotifier, ui_notifier, G_TYPE_OBJECT)

static guint activated_signal;

/* One call's notification. Its id is known when the server has answered; what changes meanwhile is
 * told then. */
struct note {
    UiNotifier *notifier; /* NULL when the call is gone and an answer is still to come */
    UiRecord *call;
    char *shown; /* summary and body as last told; NULL: nothing */
    guint32 id;
    bool asking, again;
    bool bad; /* what was told */
    gulong handler;
};

/* -- words ------------------------------------------------------------------------------------- */

static bool is(UiRecord *record, const char *name, const char *value)
{
    return !strcmp(ui_record_text(record, name), value);
}

static char *join(const char *first, const char *second)
{
    return *first && *second ? g_strdup_printf("%s\n%s", first, second)
                             : g_strdup(*first ? first : second);
}

static char *ringing_body(UiRecord *call)
{
    /* TRANSLATORS: %s is a SIP address, which nobody has vouched for yet. */
    char *from = g_strdup_printf(_("The call says that it comes from %s."),
                                 ui_words_address(ui_record_text(call, "Peer")));
    const char *why = is(call, "Verdict", "not-authenticated") ? ui_words_reason(call) : "";
    char *changed = join(ui_words_change(call), why), *body = join(from, changed);

    g_free(from);
    g_free(changed);
    return body;
}

static char *verdict_body(UiRecord *call)
{
    char *who = ui_words_who(call), *body;

    if (is(call, "Verdict", "authenticated"))
        body = join(who, ui_words_listen(call));
    else
        body = join(ui_words_reason(call), ui_words_advice(call));
    g_free(who);
    return body;
}

/* Nobody is told about a call that is fine and over, one that settings leave alone, or one of our
 * own before there is a verdict. */
gboolean ui_notifier_words(UiRecord *call, char **summary, char **body)
{
    bool verdict = is(call, "Verdict", "authenticated") ||
                   is(call, "Verdict", "not-authenticated") || ui_words_other_verdict(call);
    bool bad = is(call, "Verdict", "not-authenticated");

    if (is(call, "Phase", "before") || is(call, "Reason", "untouched"))
        return FALSE;
    if (is(call, "Phase", "ended") && !bad)
        return FALSE;
    if (is(call, "Phase", "ringing") && is(call, "Direction", "incoming")) {
        *summary = ui_words_verdict(call);
        *body = ringing_body(call);
        return TRUE;
    }
    if (!verdict)
        return FALSE;
    *summary = ui_words_verdict(call);
    *body = verdict_body(call);
    return TRUE;
}

/* -- the server -------------------------------------------------------------------------------- */

static void tell(struct note *note);

static void note_free(struct note *note)
{
    g_clear_signal_handler(&note->handler, note->call);
    g_clear_object(&note->call);
    g_free(note->shown);
    g_free(note);
}

/* Of a call that is gone: what was told to be bad about it stays until the person has seen it. What
 * it came to after that was never told, so what stands there is of before. */
static bool stays(const struct note *note)
{
    return note->bad && is(note->call, "Verdict", "not-authenticated");
}

static void close_id(GDBusConnection *bus, guint32 id)
{
    g_dbus_connection_call(bus, SERVICE, OBJECT, SERVICE, "CloseNotification",
                           g_variant_new("(u)", id), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL,
                           NULL);
}

static void told(GObject *bus, GAsyncResult *result, gpointer data)
{
    struct note *note = data;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);

    note->asking = false;
    if (answer) {
        g_variant_get(answer, "(u)", &note->id);
        g_variant_unref(answer);
    }
    if (!note->notifier && note->id && !stays(note))
        close_id(G_DBUS_CONNECTION(bus), note->id);
    if (!note->notifier)
        note_free(note);
    else if (note->again)
        tell(note);
}

static void send(struct note *note, const char *summary, const char *body)
{
    UiNotifier *notifier = note->notifier;
    char *literal = notifier->markup ? g_markup_escape_text(body, -1) : g_strdup(body);
    GVariantBuilder actions, hints;

    note->bad = is(note->call, "Verdict", "not-authenticated");
    g_variant_builder_init(&actions, G_VARIANT_TYPE("as"));
    g_variant_builder_add(&actions, "s", "default");
    g_variant_builder_add(&actions, "s", _("Show"));
    g_variant_builder_init(&hints, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&hints, "{sv}", "desktop-entry", g_variant_new_string(UI_APP_ID));
    g_variant_builder_add(&hints, "{sv}", "category", g_variant_new_string("call"));
    g_variant_builder_add(&hints, "{sv}", "urgency", g_variant_new_byte(note->bad ? 2 : 1));
    note->asking = true;
    note->again = false;
    g_dbus_connection_call(notifier->bus, SERVICE, OBJECT, SERVICE, "Notify",
                           g_variant_new("(susssasa{sv}i)", _("SIM Call Security"), note->id,
                                         ui_words_icon(note->call), summary, literal, &actions,
                                         &hints, -1),
                           G_VARIANT_TYPE("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, told, note);
    g_free(literal);
}

static void tell(struct note *note)
{
    char *summary = NULL, *body = NULL, *text;
    bool say = ui_pref(UI_PREF_NOTIFY) && ui_notifier_words(note->call, &summary, &body);

    if (note->asking) {
        note->again = true;
    } else if (!say) {
        if (note->id)
            close_id(note->notifier->bus, note->id);
        note->id = 0;
        g_clear_pointer(&note->shown, g_free);
        note->again = false;
    } else {
        text = g_strconcat(summary, "\n", body, NULL);
        note->again = false;
        if (g_strcmp0(text, note->shown))
            send(note, summary, body);
        g_free(note->shown);
        note->shown = text;
    }
    g_free(summary);
    g_free(body);
}

static void call_changed(UiRecord *call, gpointer note)
{
    (void)call;
    tell(note);
}

/* -- calls come and go ------------------------------------------------------------------------- */

static struct note *note_new(UiNotifier *notifier, UiRecord *call)
{
    struct note *note = g_new0(struct note, 1);

    note->notifier = notifier;
    note->call = call; /* taken */
    note->handler = g_signal_connect(call, "changed", G_CALLBACK(call_changed), note);
    tell(note);
    return note;
}

/* One that is told just now goes when its number is known. */
static void note_end(gpointer data)
{
    struct note *note = data;

    if (note->id && !stays(note) && note->notifier)
        close_id(note->notifier->bus, note->id);
    note->notifier = NULL;
    g_clear_signal_handler(&note->handler, note->call);
    if (!note->asking)
        note_free(note);
}

static void calls_changed(GListModel *calls, guint at, guint removed, guint added,
                          UiNotifier *notifier)
{
    if (removed)
        g_ptr_array_remove_range(notifier->notes, at, removed);
    for (guint i = 0; i < added; i++)
        g_ptr_array_insert(notifier->notes, (int)(at + i),
                           note_new(notifier, g_list_model_get_item(calls, at + i)));
}

static void action_invoked(GDBusConnection *bus, const char *sender, const char *path,
                           const char *interface, const char *signal, GVariant *parameters,
                           gpointer data)
{
    UiNotifier *notifier = data;
    guint32 id;

    (void)bus, (void)sender, (void)path, (void)interface, (void)signal;
    g_variant_get(parameters, "(us)", &id, NULL);
    for (guint i = 0; i < notifier->notes->len; i++) {
        const struct note *note = notifier->notes->pdata[i];
        if (note->id && note->id == id)
            g_signal_emit(notifier, activated_signal, 0);
    }
}

static void capabilities(GObject *bus, GAsyncResult *result, gpointer data)
{
    UiNotifier *notifier = data;
    GVariant *answer = g_dbus_connection_call_finish(G_DBUS_CONNECTION(bus), result, NULL);
    const char **words = NULL;

    if (answer) {
        g_variant_get(answer, "(^a&s)", &words);
        notifier->markup = g_strv_contains(words, "body-markup");
        g_free(words);
        g_variant_unref(answer);
    }
    g_object_unref(notifier);
}

/* -- the object -------------------------------------------------------------------------------- */

static void dispose(GObject *object)
{
    UiNotifier *notifier = UI_NOTIFIER(object);

    if (notifier->bus && notifier->action)
        g_dbus_connection_signal_unsubscribe(notifier->bus, notifier->action);
    notifier->action = 0;
    g_clear_pointer(&notifier->notes, g_ptr_array_unref);
    g_clear_object(&notifier->calls);
    g_clear_object(&notifier->bus);
    G_OBJECT_CLASS(ui_notifier_parent_class)->dispose(object);
}

static void ui_notifier_class_init(UiNotifierClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
    activated_signal = g_signal_new("activated", UI_TYPE_NOTIFIER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
}

static void ui_notifier_init(UiNotifier *notifier)
{
    notifier->markup = true; /* until the server says otherwise: an address is never markup */
    notifier->notes = g_ptr_array_new_with_free_func(note_end);
}

UiNotifier *ui_notifier_new(GDBusConnection *bus, GListModel *calls)
{
    UiNotifier *notifier = g_object_new(UI_TYPE_NOTIFIER, NULL);

    notifier->bus = g_object_ref(bus);
    notifier->calls = g_object_ref(calls);
    notifier->action = g_dbus_connection_signal_subscribe(bus, SERVICE, SERVICE, "ActionInvoked",
                                                          OBJECT, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                          action_invoked, notifier, NULL);
    g_dbus_connection_call(bus, SERVICE, OBJECT, SERVICE, "GetCapabilities", NULL,
                           G_VARIANT_TYPE("(as)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, capabilities,
                           g_object_ref(notifier));
    g_signal_connect_object(calls, "items-changed", G_CALLBACK(calls_changed), notifier, 0);
    calls_changed(calls, 0, 0, g_list_model_get_n_items(calls), notifier);
    return notifier;
}
