/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pin.h"
#include "pages.h"
#include "pin_memory.h"
#include "sealed.h"
#include "words.h"

#include <string.h>

#define PIN_MIN 4
#define PIN_MAX 8

struct _UiPinForm {
    GtkBox parent;
    UiPhone *phone;
    UiRecord *sim;
    char *tag; /* of the card that the person is asked about */
    GtkWidget *told, *why, *group, *entry, *remember, *last_row, *last, *unlock;
    GtkRoot *on; /* whose Enter key unlocks */
    gboolean busy;
};

G_DEFINE_FINAL_TYPE(UiPinForm, ui_pin_form, GTK_TYPE_BOX)

static guint opened_signal, answered_signal;

/* GTK keeps an entry's text in memory of its own that it wipes when the text goes. */
static void wipe_entry(UiPinForm *form)
{
    gtk_editable_set_text(GTK_EDITABLE(form->entry), "");
}

/* -- what it says ------------------------------------------------------------------------------ */

/* Unknown counts as the last: a card that does not tell may be at its end. */
static gboolean is_last(UiPinForm *form)
{
    return ui_record_number(form->sim, "TriesLeft") <= 1;
}

static char *tries_told(UiPinForm *form)
{
    int tries = (int)ui_record_number(form->sim, "TriesLeft");

    if (!g_strcmp0(ui_record_text(form->sim, "State"), "blocked"))
        return g_strdup(_("This SIM is blocked after too many wrong PINs. Put it into a mobile "
                          "phone and enter the PUK there; it stands on the card the SIM came "
                          "with, or your operator tells it to you."));
    if (tries < 0)
        return g_strdup(_("The SIM does not say how many tries are left."));
    if (tries == 1)
        return g_strdup(_("Only one try is left. If it is wrong, the SIM is blocked until you "
                          "enter its PUK in a mobile phone."));
    return g_strdup_printf(ngettext("%d try is left.", "%d tries are left.", (gulong)tries), tries);
}

static void check(UiPinForm *form)
{
    const char *pin = gtk_editable_get_text(GTK_EDITABLE(form->entry));
    size_t len = strlen(pin);
    gboolean good = len >= PIN_MIN && len <= PIN_MAX && strspn(pin, "0123456789") == len;
    gboolean agreed = !is_last(form) || gtk_switch_get_active(GTK_SWITCH(form->last));

    gtk_widget_set_sensitive(form->unlock, good && agreed && !form->busy);
}

/* Another card came while the person looked: what was typed is not for it. */
static void follow_card(UiPinForm *form)
{
    const char *now = ui_record_text(form->sim, "Tag");

    if (form->busy || !*now || !g_strcmp0(now, form->tag))
        return;
    if (*form->tag)
        wipe_entry(form);
    g_free(form->tag);
    form->tag = g_strdup(now);
    gtk_switch_set_active(GTK_SWITCH(form->last), FALSE);
    gtk_switch_set_active(GTK_SWITCH(form->remember), FALSE);
}

static void show(UiPinForm *form)
{
    gboolean blocked = !g_strcmp0(ui_record_text(form->sim, "State"), "blocked");
    char *told = tries_told(form);

    follow_card(form);
    gtk_label_set_text(GTK_LABEL(form->told), told);
    g_free(told);
    gtk_widget_set_visible(form->group, !blocked);
    gtk_widget_set_visible(form->unlock, !blocked);
    gtk_widget_set_visible(form->last_row, is_last(form));
    gtk_widget_set_visible(gtk_widget_get_parent(form->remember), TRUE);
    check(form);
}

static void say(UiPinForm *form, const char *text)
{
    gtk_label_set_text(GTK_LABEL(form->why), text);
    gtk_widget_set_visible(form->why, *text != '\0');
    if (*text)
        gtk_accessible_update_property(GTK_ACCESSIBLE(form->entry),
                                       GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

/* What the card made of it, in our words; the plugin's where we have none. */
static char *words_for(const char *result, const char *text)
{
    static const struct {
        const char *result, *words;
    } known[] = {
        {"wrong", N_("That PIN was wrong.")},
        {"last-try", N_("Only one try is left: agree below to use it.")},
        {"blocked", N_("That PIN was wrong, and the SIM is blocked now.")},
        {"other-card", N_("Another SIM is in the reader now: it was not given that PIN.")},
        {"absent", N_("There is no SIM in the reader any more: put it back.")},
    };

    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (!g_strcmp0(known[i].result, result))
            return g_strdup(_(known[i].words));
    }
    return ui_words_said(text);
}

/* -- giving it --------------------------------------------------------------------------------- */

static void take_result(UiPinForm *form, const char *result, const char *text)
{
    char *words;

    if (g_strcmp0(result, "accepted") && g_strcmp0(result, "not-needed")) {
        words = words_for(result, text);
        say(form, words);
        g_free(words);
        wipe_entry(form);
        gtk_switch_set_active(GTK_SWITCH(form->last), FALSE); /* that was for this try */
        show(form);
        gtk_widget_grab_focus(form->entry);
        return;
    }
    if (!g_strcmp0(result, "accepted") && gtk_switch_get_active(GTK_SWITCH(form->remember)))
        ui_pin_remember(form->sim, form->tag, gtk_editable_get_text(GTK_EDITABLE(form->entry)));
    wipe_entry(form);
    g_signal_emit(form, opened_signal, 0);
}

static void given(GVariant *answer, const char *error, gpointer owner)
{
    UiPinForm *form = owner;
    const char *result = "failed", *text = error ? error : "";
    int tries = -1;

    form->busy = FALSE;
    gtk_widget_set_sensitive(form->group, TRUE);
    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(sis)")))
        g_variant_get(answer, "(&si&s)", &result, &tries, &text);
    g_object_ref(form); /* the dialog may go with what is told now */
    take_result(form, result, text);
    g_signal_emit(form, answered_signal, 0);
    g_object_unref(form);
}

static void unlock(UiPinForm *form)
{
    GError *error = NULL;
    GUnixFDList *files;

    if (!gtk_widget_get_sensitive(form->unlock))
        return;
    files = ui_sealed(gtk_editable_get_text(GTK_EDITABLE(form->entry)), &error);
    if (!files) {
        say(form, error->message);
        g_error_free(error);
        return;
    }
    form->busy = TRUE;
    say(form, "");
    gtk_widget_set_sensitive(form->group, FALSE);
    check(form);
    ui_phone_ask_with(form->phone, "EnterPin", g_variant_new("(hbs)", 0, is_last(form), form->tag),
                      files, given, G_OBJECT(form));
    g_object_unref(files);
}

/* -- building ---------------------------------------------------------------------------------- */

static GtkWidget *line(const char *class)
{
    GtkWidget *label = gtk_label_new("");

    gtk_label_set_wrap(GTK_LABEL(label), TRUE);
    gtk_label_set_justify(GTK_LABEL(label), GTK_JUSTIFY_CENTER);
    gtk_label_set_max_width_chars(GTK_LABEL(label), 48);
    if (class)
        gtk_widget_add_css_class(label, class);
    return label;
}

static GtkWidget *row_with(const char *title, const char *subtitle, GtkWidget *control)
{
    GtkWidget *row = adw_action_row_new();

    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
    if (subtitle)
        adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
    adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 0);
    adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 0);
    gtk_widget_set_valign(control, GTK_ALIGN_CENTER);
    adw_action_row_add_suffix(ADW_ACTION_ROW(row), control);
    adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), control);
    return row;
}

static void build_rows(UiPinForm *form)
{
    GtkWidget *remember_row;

    form->group = adw_preferences_group_new();
    form->entry = adw_password_entry_row_new();
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(form->entry), _("PIN"));
    gtk_editable_set_max_width_chars(GTK_EDITABLE(form->entry), PIN_MAX);
    gtk_text_set_input_purpose(GTK_TEXT(gtk_editable_get_delegate(GTK_EDITABLE(form->entry))),
                               GTK_INPUT_PURPOSE_PIN);
    form->last = gtk_switch_new(); /* GTK 4.8 leaves a check button in a row without a name */
    form->last_row = row_with(_("Use the last try"), NULL, form->last);
    form->remember = gtk_switch_new();
    remember_row = row_with(_("Remember on this computer"),
                            _("In your keyring, which opens when you log in"), form->remember);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(form->group), form->entry);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(form->group), form->last_row);
    adw_preferences_group_add(ADW_PREFERENCES_GROUP(form->group), remember_row);
    gtk_widget_set_visible(remember_row, ui_pin_can_remember(form->sim));
}

static void build(UiPinForm *form)
{
    build_rows(form);
    form->told = line(NULL);
    form->why = line("error");
    form->unlock = ui_pill(_("Unlock"), "suggested-action");
    gtk_box_append(GTK_BOX(form), form->told);
    gtk_box_append(GTK_BOX(form), form->group);
    gtk_box_append(GTK_BOX(form), form->why);
    gtk_box_append(GTK_BOX(form), form->unlock);
    g_signal_connect_swapped(form->entry, "changed", G_CALLBACK(check), form);
    g_signal_connect_swapped(form->entry, "entry-activated", G_CALLBACK(unlock), form);
    g_signal_connect_swapped(form->last, "notify::active", G_CALLBACK(check), form);
    g_signal_connect_swapped(form->unlock, "clicked", G_CALLBACK(unlock), form);
    g_signal_connect_object(form->sim, "changed", G_CALLBACK(show), form, G_CONNECT_SWAPPED);
}

GtkWidget *ui_pin_form_new(UiPhone *phone, UiRecord *sim)
{
    UiPinForm *form = g_object_new(UI_TYPE_PIN_FORM, "orientation", GTK_ORIENTATION_VERTICAL,
                                   "spacing", 18, NULL);

    form->phone = g_object_ref(phone);
    form->sim = g_object_ref(sim);
    form->tag = g_strdup(ui_record_text(sim, "Tag"));
    build(form);
    say(form, "");
    show(form);
    return GTK_WIDGET(form);
}

static void dispose(GObject *object)
{
    UiPinForm *form = UI_PIN_FORM(object);

    g_clear_object(&form->phone);
    g_clear_object(&form->sim);
    G_OBJECT_CLASS(ui_pin_form_parent_class)->dispose(object);
}

static void finalize(GObject *object)
{
    g_free(UI_PIN_FORM(object)->tag);
    G_OBJECT_CLASS(ui_pin_form_parent_class)->finalize(object);
}

static void ui_pin_form_class_init(UiPinFormClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
    G_OBJECT_CLASS(class)->finalize = finalize;
    opened_signal = g_signal_new("opened", UI_TYPE_PIN_FORM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 0);
    answered_signal = g_signal_new("answered", UI_TYPE_PIN_FORM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void ui_pin_form_init(UiPinForm *form)
{
    (void)form;
}

/* -- the dialog -------------------------------------------------------------------------------- */

/* A SIM is told to be open before the answer about its PIN comes, or after it; and what is to be
 * remembered is known with the answer. With its Linphone it goes: the next one's SIM is another. */
static void close_on_other_state(GtkWindow *dialog)
{
    UiPinForm *form = g_object_get_data(G_OBJECT(dialog), "form");
    const char *state;

    if (!form->sim || form->busy) /* gone already, or nothing is known yet */
        return;
    state = ui_record_text(form->sim, "State");
    if (!ui_phone_of(form->sim) ||
        (g_strcmp0(state, "locked") && g_strcmp0(state, "blocked") && g_strcmp0(state, "busy")))
        gtk_window_destroy(dialog);
}

static void forget_dialog(GtkWidget *dialog, GObject *app)
{
    if (g_object_get_data(app, "pin-dialog") == dialog)
        g_object_set_data(app, "pin-dialog", NULL);
}

static gboolean close_by_escape(GtkWidget *dialog, GVariant *arguments, gpointer data)
{
    (void)arguments, (void)data;
    gtk_window_close(GTK_WINDOW(dialog));
    return TRUE;
}

void ui_close_by_escape(GtkWidget *dialog)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
                         gtk_callback_action_new(close_by_escape, NULL, NULL)));
    gtk_widget_add_controller(dialog, keys);
}

static GtkWidget *dialog_content(UiPhone *phone, UiRecord *sim, GtkWidget **form)
{
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *bar = adw_header_bar_new();
    GtkWidget *page = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12), *name = gtk_label_new(NULL);

    adw_header_bar_set_title_widget(ADW_HEADER_BAR(bar),
                                    adw_window_title_new(_("PIN of Your SIM"), NULL));
    gtk_widget_add_css_class(bar, "flat");
    gtk_label_set_text(GTK_LABEL(name), ui_record_text(sim, "Name"));
    gtk_label_set_wrap(GTK_LABEL(name), TRUE);
    gtk_widget_add_css_class(name, "dim-label");
    *form = ui_pin_form_new(phone, sim);
    gtk_box_append(GTK_BOX(page), name);
    gtk_box_append(GTK_BOX(page), *form);
    gtk_widget_set_margin_start(page, 24);
    gtk_widget_set_margin_end(page, 24);
    gtk_widget_set_margin_bottom(page, 24);
    gtk_box_append(GTK_BOX(box), bar);
    gtk_box_append(GTK_BOX(box), page);
    return box;
}

UiRecord *ui_pin_asks_about(UiApp *app)
{
    GObject *dialog = g_object_get_data(G_OBJECT(app), "pin-dialog");
    const UiPinForm *form = dialog ? g_object_get_data(dialog, "form") : NULL;

    return form ? form->sim : NULL;
}

static GtkWindow *dialog_new(UiApp *app, UiPhone *phone, UiRecord *sim)
{
    GtkWindow *dialog = g_object_new(
        ADW_TYPE_WINDOW, "modal", TRUE, "transient-for", ui_app_window(app), "title",
        _("PIN of Your SIM"), "default-width", 360, "resizable", FALSE, "application", app, NULL);
    GtkWidget *form;

    adw_window_set_content(ADW_WINDOW(dialog), dialog_content(phone, sim, &form));
    ui_close_by_escape(GTK_WIDGET(dialog));
    g_object_set_data(G_OBJECT(app), "pin-dialog", dialog);
    g_signal_connect_object(dialog, "destroy", G_CALLBACK(forget_dialog), app, 0);
    g_signal_connect_swapped(form, "opened", G_CALLBACK(gtk_window_destroy), dialog);
    g_object_set_data_full(G_OBJECT(dialog), "form", g_object_ref(form), g_object_unref);
    g_signal_connect_object(form, "answered", G_CALLBACK(close_on_other_state), dialog,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(sim, "changed", G_CALLBACK(close_on_other_state), dialog,
                            G_CONNECT_SWAPPED);
    g_signal_connect_object(ui_app_phones(app), "changed", G_CALLBACK(close_on_other_state), dialog,
                            G_CONNECT_SWAPPED);
    return dialog;
}

void ui_pin_ask(UiApp *app, UiPhone *phone, UiRecord *sim)
{
    GtkWindow *dialog = g_object_get_data(G_OBJECT(app), "pin-dialog");

    if (dialog && ui_pin_asks_about(app) != sim)
        gtk_window_destroy(g_steal_pointer(&dialog));
    gtk_window_present(dialog ? dialog : dialog_new(app, phone, sim));
}

void ui_pin_ask_no_more(UiApp *app)
{
    GtkWindow *dialog = g_object_get_data(G_OBJECT(app), "pin-dialog");

    if (dialog)
        gtk_window_destroy(dialog);
}
