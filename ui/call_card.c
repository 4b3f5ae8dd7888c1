/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "call_card.h"
#include "pages.h"
#include "question.h"
#include "remote.h"
#include "words.h"

#include <string.h>

enum fact {
    FACT_ADDRESS,
    FACT_LISTEN,
    FACT_SETUP,
    FACT_SIPS,
    FACT_METHOD,
    FACT_AGE,
    FACT_OWN,
    FACT_PROBLEM,
    FACT_COUNT
};
static const char *const fact_names[FACT_COUNT] = {N_("Address of the call"),
                                                   N_("Who could listen"),
                                                   N_("Who could read the set-up"),
                                                   N_("Servers on the way"),
                                                   N_("How they proved themselves"),
                                                   N_("Age of their SIM"),
                                                   N_("You are"),
                                                   N_("For whoever helps")};

struct _UiCallCard {
    GtkBox parent;
    UiApp *app; /* borrowed */
    UiRecord *call;
    GtkWidget *icon;
    GtkLabel *phase, *verdict, *who, *reason, *advice, *change, *notice;
    GtkWidget *change_box;
    GtkWidget *facts[FACT_COUNT];
    GtkLabel *fact_texts[FACT_COUNT];
    GtkWidget *act;
    const char *style;
};

G_DEFINE_FINAL_TYPE(UiCallCard, ui_call_card, GTK_TYPE_BOX)

static bool is(UiCallCard *card, const char *name, const char *value)
{
    return !strcmp(ui_record_text(card->call, name), value);
}

/* -- what can be done -------------------------------------------------------------------------- */

static void acted(GVariant *answer, const char *error, gpointer card)
{
    (void)answer;
    ui_app_toast(UI_CALL_CARD(card)->app, error ? error : _("Done. It counts from the next call."));
}

/* Of the next call that this Linphone makes or takes. */
static void continue_once(UiCallCard *card)
{
    UiPhone *phone = ui_phone_of(card->call);

    if (phone)
        ui_phone_ask(phone, "ContinueOnce",
                     g_variant_new("(s)", ui_record_text(card->call, "Peer")), acted,
                     G_OBJECT(card));
}

static void ask_again(UiCallCard *card)
{
    UiPhone *phone = ui_phone_of(card->call);

    if (phone)
        ui_remote_decide(ui_app_phones(card->app), phone, "AskAgain",
                         g_variant_new("(s)", ui_record_text(card->call, "Peer")), acted,
                         G_OBJECT(card));
}

/* No policy of any call changes: whoever takes that address gains nothing by it. */
static void ask_from_now_on(UiCallCard *card)
{
    UiPhone *phone = ui_phone_of(card->call);
    char *group = g_strconcat("peer ", ui_record_text(card->call, "Peer"), NULL);

    if (phone)
        ui_phone_ask(phone, "SetSetting", g_variant_new("(sss)", group, "ask", "yes"), acted,
                     G_OBJECT(card));
    g_free(group);
}

/* Whom to forget, however long the person takes to ask them: the call is gone by then. */
struct peer {
    UiApp *app; /* borrowed */
    UiPhone *phone;
    char *address;
};

static void peer_free(gpointer data)
{
    struct peer *peer = data;

    g_object_unref(peer->phone);
    g_free(peer->address);
    g_free(peer);
}

static void forgotten(GVariant *answer, const char *error, gpointer app)
{
    gboolean found = FALSE;

    if (answer && g_variant_is_of_type(answer, G_VARIANT_TYPE("(b)")))
        g_variant_get(answer, "(b)", &found);
    ui_app_toast(app, error   ? error
                      : found ? _("Done. It counts from the next call.")
                              : _("Nothing was known about this address any more."));
}

static void forget(gpointer data)
{
    const struct peer *peer = data;

    ui_remote_decide(ui_app_phones(peer->app), peer->phone, "Forget",
                     g_variant_new("(s)", peer->address), forgotten, G_OBJECT(peer->app));
}

/* NULL: the call's Linphone has ended. */
static struct peer *peer_new(UiCallCard *card)
{
    struct peer *peer;

    if (!ui_phone_of(card->call))
        return NULL;
    peer = g_new0(struct peer, 1);
    peer->app = card->app;
    peer->phone = g_object_ref(ui_phone_of(card->call));
    peer->address = g_strdup(ui_record_text(card->call, "Peer"));
    return peer;
}

static void ask_to_forget(UiCallCard *card)
{
    struct peer *peer = peer_new(card);

    if (peer)
        ui_question_ask(card->app, _("Forget What Is Known?"),
                        _("Do this only after you asked the person by other means. Whoever answers "
                          "at this address next is taken for them."),
                        _("_Forget"), forget, peer, peer_free);
}

static const struct {
    const char *advice, *label;
} acts[] = {
    {"self-test", N_("Open _Diagnosis")},
    {"check-sim", N_("Look at _SIMs")},
    {"forget", N_("_Forget the Old SIM…")},
    {"wait", N_("_Ask Again at the Next Call")},
    {"add-contact", N_("_Ask From the Next Call")},
    {"continue-once", N_("_Go On Without Proof Once")},
};

static void act(GtkButton *button, UiCallCard *card)
{
    (void)button;
    if (is(card, "Advice", "self-test"))
        ui_app_show(card->app, "diagnosis");
    else if (is(card, "Advice", "check-sim"))
        ui_app_show(card->app, "sims");
    else if (is(card, "Advice", "continue-once"))
        continue_once(card);
    else if (is(card, "Advice", "wait"))
        ask_again(card);
    else if (is(card, "Advice", "add-contact"))
        ask_from_now_on(card);
    else
        ask_to_forget(card);
}

static void show_act(UiCallCard *card)
{
    bool verdict = is(card, "Verdict", "not-authenticated") || ui_words_untouched(card->call);

    gtk_widget_set_visible(card->act, FALSE);
    for (guint i = 0; verdict && i < G_N_ELEMENTS(acts); i++) {
        if (is(card, "Advice", acts[i].advice)) {
            gtk_button_set_label(GTK_BUTTON(card->act), _(acts[i].label));
            gtk_widget_set_visible(card->act, TRUE);
        }
    }
}

/* -- showing ----------------------------------------------------------------------------------- */

static void set(GtkLabel *label, const char *text)
{
    gtk_label_set_text(label, text);
    gtk_widget_set_visible(GTK_WIDGET(label), *text != '\0');
}

static void set_fact(UiCallCard *card, enum fact fact, const char *text)
{
    gtk_label_set_text(card->fact_texts[fact], text);
    gtk_widget_set_visible(card->facts[fact], *text != '\0');
}

static void show_style(UiCallCard *card)
{
    const char *style = ui_words_style(card->call);

    if (card->style) {
        gtk_widget_remove_css_class(card->icon, card->style);
        gtk_widget_remove_css_class(GTK_WIDGET(card->verdict), card->style);
    }
    card->style = style;
    gtk_widget_add_css_class(card->icon, style);
    gtk_widget_add_css_class(GTK_WIDGET(card->verdict), style);
    gtk_image_set_from_icon_name(GTK_IMAGE(card->icon), ui_words_icon(card->call));
}

/* What is true of the whole of it and easily overlooked. */
static const char *notice_of(UiCallCard *card)
{
    if (is(card, "Phase", "ended"))
        return "";
    if (ui_record_flag(card->call, "Conference") && !is(card, "Weakest", "authenticated"))
        return _("You are in a conference, and not everybody in it is authenticated.");
    if (ui_record_flag(card->call, "Muted"))
        return _("Your microphone stays shut until the other side is proved.");
    return "";
}

static void show_facts(UiCallCard *card)
{
    char *method = ui_words_method(card->call), *age = ui_words_sim_age(card->call);
    char *sips = ui_words_sips(card->call), *setup = ui_words_setup(card->call);
    char *problem = ui_words_said(ui_record_text(card->call, "Problem"));
    bool proved = !is(card, "Verdict", "not-authenticated") && !is(card, "Verdict", "none");

    set_fact(card, FACT_ADDRESS, ui_words_address(ui_record_text(card->call, "Peer")));
    set_fact(card, FACT_LISTEN, ui_words_listen(card->call));
    set_fact(card, FACT_SETUP, setup);
    set_fact(card, FACT_SIPS, sips);
    /* While it rings only the caller's operator has spoken. */
    set_fact(card, FACT_METHOD, proved && !is(card, "Verdict", "announced") ? method : "");
    set_fact(card, FACT_AGE, proved ? age : "");
    set_fact(card, FACT_OWN, proved ? ui_record_text(card->call, "OwnNai") : "");
    set_fact(card, FACT_PROBLEM, problem);
    g_free(problem);
    g_free(setup);
    g_free(sips);
    g_free(method);
    g_free(age);
}

static void add_sentence(GString *line, const char *text)
{
    if (!*text)
        return;
    if (line->len)
        g_string_append(line, g_str_has_suffix(line->str, ".") ? " " : ". ");
    g_string_append(line, text);
}

/* A screen reader reads the card as one: all that stands above the facts and changes what they are
 * worth. */
static void show_line(UiCallCard *card, const char *verdict, const char *more)
{
    GString *line = g_string_new(NULL);

    add_sentence(line, ui_words_phase(card->call));
    add_sentence(line, verdict);
    add_sentence(line, more);
    add_sentence(line, ui_words_change(card->call));
    add_sentence(line, notice_of(card));
    gtk_accessible_update_property(GTK_ACCESSIBLE(card), GTK_ACCESSIBLE_PROPERTY_LABEL, line->str,
                                   -1);
    g_string_free(line, TRUE);
}

static void show(UiCallCard *card)
{
    char *verdict = ui_words_verdict(card->call), *who = ui_words_who(card->call);
    bool bad = is(card, "Verdict", "not-authenticated") || ui_words_untouched(card->call);
    const char *change = ui_words_change(card->call);

    set(card->phase, ui_words_phase(card->call));
    set(card->verdict, verdict);
    set(card->who, who);
    set(card->reason, bad ? ui_words_reason(card->call) : "");
    set(card->advice, bad ? ui_words_advice(card->call) : "");
    set(card->change, change);
    gtk_widget_set_visible(card->change_box, *change != '\0');
    set(card->notice, notice_of(card));
    show_style(card);
    show_facts(card);
    show_act(card);
    show_line(card, verdict, bad ? ui_words_reason(card->call) : who);
    g_free(verdict);
    g_free(who);
}

/* -- building ---------------------------------------------------------------------------------- */

static GtkLabel *label(GtkWidget *box, const char *style, float align)
{
    GtkWidget *made = gtk_label_new("");

    gtk_label_set_wrap(GTK_LABEL(made), TRUE);
    gtk_label_set_wrap_mode(GTK_LABEL(made), PANGO_WRAP_WORD_CHAR);
    gtk_label_set_xalign(GTK_LABEL(made), align);
    gtk_label_set_justify(GTK_LABEL(made), align > 0 ? GTK_JUSTIFY_CENTER : GTK_JUSTIFY_LEFT);
    if (style)
        gtk_widget_add_css_class(made, style);
    gtk_box_append(GTK_BOX(box), made);
    return GTK_LABEL(made);
}

static void build_change(UiCallCard *card)
{
    GtkWidget *icon = gtk_image_new_from_icon_name("dialog-warning-symbolic");

    card->change_box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
    gtk_widget_set_halign(card->change_box, GTK_ALIGN_CENTER);
    gtk_widget_add_css_class(icon, "warning");
    gtk_box_append(GTK_BOX(card->change_box), icon);
    card->change = label(card->change_box, "warning", 0);
    gtk_box_append(GTK_BOX(card), card->change_box);
}

static void build_head(UiCallCard *card)
{
    card->phase = label(GTK_WIDGET(card), "dim-label", 0.5f);
    card->icon = gtk_image_new();
    gtk_widget_add_css_class(card->icon, "verdict-icon");
    gtk_box_append(GTK_BOX(card), card->icon);
    card->verdict = label(GTK_WIDGET(card), "title-1", 0.5f);
    card->who = label(GTK_WIDGET(card), "title-4", 0.5f);
    card->reason = label(GTK_WIDGET(card), NULL, 0.5f);
    card->advice = label(GTK_WIDGET(card), NULL, 0.5f);
    build_change(card);
    card->notice = label(GTK_WIDGET(card), "heading", 0.5f);
}

static void build_facts(UiCallCard *card)
{
    GtkWidget *list = gtk_box_new(GTK_ORIENTATION_VERTICAL, 12);

    gtk_widget_set_margin_top(list, 12);
    for (enum fact fact = 0; fact < FACT_COUNT; fact++) {
        GtkLabel *name;
        card->facts[fact] = gtk_box_new(GTK_ORIENTATION_VERTICAL, 3);
        name = label(card->facts[fact], "dim-label", 0);
        gtk_widget_add_css_class(GTK_WIDGET(name), "fact-name");
        gtk_label_set_text(name, _(fact_names[fact]));
        card->fact_texts[fact] = label(card->facts[fact], NULL, 0);
        gtk_label_set_selectable(card->fact_texts[fact], TRUE);
        /* Not merely out of focus: such a label says that it took it, and Tab would end there. */
        gtk_widget_set_can_focus(GTK_WIDGET(card->fact_texts[fact]), FALSE);
        gtk_accessible_update_relation(GTK_ACCESSIBLE(card->fact_texts[fact]),
                                       GTK_ACCESSIBLE_RELATION_LABELLED_BY, name, NULL, -1);
        gtk_box_append(GTK_BOX(list), card->facts[fact]);
    }
    gtk_box_append(GTK_BOX(card), list);
}

static void build(UiCallCard *card)
{
    build_head(card);
    build_facts(card);
    card->act = ui_pill("", NULL);
    gtk_widget_set_margin_top(card->act, 12);
    g_signal_connect(card->act, "clicked", G_CALLBACK(act), card);
    gtk_box_append(GTK_BOX(card), card->act);
}

static void dispose(GObject *object)
{
    g_clear_object(&UI_CALL_CARD(object)->call);
    G_OBJECT_CLASS(ui_call_card_parent_class)->dispose(object);
}

/* A stop of the Tab key before what is in it: a screen reader reads it as one, and the page scrolls
 * to it. A box would only look for its children. */
static void be_a_stop(GtkWidgetClass *class)
{
    const GtkWidgetClass *plain = g_type_class_peek(GTK_TYPE_WIDGET);

    class->focus = plain->focus;
    class->grab_focus = plain->grab_focus;
}

static void ui_call_card_class_init(UiCallCardClass *class)
{
    be_a_stop(GTK_WIDGET_CLASS(class));
    G_OBJECT_CLASS(class)->dispose = dispose;
    gtk_widget_class_set_accessible_role(GTK_WIDGET_CLASS(class), GTK_ACCESSIBLE_ROLE_GROUP);
}

static void ui_call_card_init(UiCallCard *card)
{
    gtk_orientable_set_orientation(GTK_ORIENTABLE(card), GTK_ORIENTATION_VERTICAL);
    gtk_box_set_spacing(GTK_BOX(card), 9);
    gtk_widget_add_css_class(GTK_WIDGET(card), "card");
    gtk_widget_add_css_class(GTK_WIDGET(card), "call-card");
    gtk_widget_set_focusable(GTK_WIDGET(card), TRUE);
    build(card);
}

GtkWidget *ui_call_card_new(UiApp *app, UiRecord *call)
{
    UiCallCard *card = g_object_new(UI_TYPE_CALL_CARD, NULL);

    card->app = app;
    card->call = g_object_ref(call);
    g_signal_connect_object(call, "changed", G_CALLBACK(show), card, G_CONNECT_SWAPPED);
    show(card);
    return GTK_WIDGET(card);
}
