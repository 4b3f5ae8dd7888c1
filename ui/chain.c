/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "chain.h"
#include "linphone.h"
#include "sim_words.h"
#include "words.h"

/* In the order of a call. `advice`: what to do when it failed and nothing better is known. */
static const struct {
    const char *id, *title, *advice;
    gboolean tested; /* only the self-test knows */
} links[] = {
    {"linphone", N_("Linphone runs"), N_("Start Linphone."), FALSE},
    {"plugin", N_("The plugin works in it"),
     N_("Update Linphone or the package linphone-plugin-simauth, so that they fit together."),
     FALSE},
    {"settings", N_("Settings"), "", FALSE}, /* what is wrong says what to do */
    {"sim", N_("SIM"), N_("Choose a SIM under Readers and SIMs."), FALSE},
    {"gateway-named", N_("The operator’s gateway has a name"),
     N_("Choose your operator in the assistant."), FALSE},
    {"gateway-reached", N_("The gateway answers over TLS"),
     N_("Check your connection to the Internet, and that the gateway’s name is right."), TRUE},
    {"bootstrapped", N_("The gateway and the SIM know each other"),
     N_("Ask your operator whether it knows this SIM for verified calls."), TRUE},
    {"record", N_("The operator tells what it knows of you"),
     N_("Try again in some minutes; then ask your operator."), TRUE},
    {"clock", N_("This computer’s clock"), N_("Let the clock be set from the network."), TRUE},
    {"account", N_("The operator vouches for your address"),
     N_("Ask your operator to bind your SIP address to your SIM."), TRUE},
    {"media", N_("Linphone can encrypt calls (ZRTP)"),
     N_("Install a Linphone that has ZRTP: your distribution’s has it."), TRUE},
    {"last-call", N_("The last call"), "", FALSE},
};
#define LINKS G_N_ELEMENTS(links)

struct _UiChain {
    GObject parent;
    UiApp *app;
    UiPhone *phone; /* that the signals are connected to; NULL none */
    GListStore *links;
    UiRecord *sim, *account; /* the same */
    char *settled;           /* SIM and gateway that the tested links are about */
    gboolean testing;
};

G_DEFINE_FINAL_TYPE(UiChain, ui_chain, G_TYPE_OBJECT)

static guint tested_signal;

GListModel *ui_chain_links(UiChain *chain)
{
    return G_LIST_MODEL(chain->links);
}

UiPhone *ui_chain_phone(UiChain *chain)
{
    return chain->phone;
}

/* -- one link ---------------------------------------------------------------------------------- */

static guint at(const char *id)
{
    for (guint i = 0; i < LINKS; i++) {
        if (!g_strcmp0(links[i].id, id))
            return i;
    }
    return LINKS;
}

static UiRecord *record_at(UiChain *chain, guint i)
{
    UiRecord *record = g_list_model_get_item(G_LIST_MODEL(chain->links), i);

    g_object_unref(record); /* the list holds it */
    return record;
}

/* `advice` NULL: the usual one. */
static void set(UiChain *chain, const char *id, const char *state, const char *text,
                const char *advice)
{
    guint i = at(id);
    GVariantBuilder values;

    if (i == LINKS)
        return; /* a younger plugin's link, which has no row here */
    if (g_strcmp0(state, "failed"))
        advice = "";
    else if (!advice || !*advice)
        advice = *links[i].advice ? _(links[i].advice) : "";
    g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&values, "{sv}", "State", g_variant_new_string(state));
    g_variant_builder_add(&values, "{sv}", "Text", g_variant_new_string(text));
    g_variant_builder_add(&values, "{sv}", "Advice", g_variant_new_string(advice));
    ui_record_update(record_at(chain, i), g_variant_builder_end(&values));
}

static void set_tested(UiChain *chain, const char *state)
{
    for (guint i = 0; i < LINKS; i++) {
        if (links[i].tested)
            set(chain, links[i].id, state, "", NULL);
    }
}

/* -- what the bus tells ------------------------------------------------------------------------ */

static void show_phone(UiChain *chain, UiRecord *state)
{
    const char *is = ui_record_text(state, "State"), *text = ui_record_text(state, "StateText");
    char *version =
        g_strdup_printf("%s %s, SIMAUTH %s", ui_record_text(state, "Host"),
                        ui_record_text(state, "HostVersion"), ui_record_text(state, "Version"));
    const char *problem = ui_record_text(state, "Problem");

    set(chain, "linphone", "good", "", NULL);
    if (!g_strcmp0(is, "off"))
        set(chain, "plugin", "failed", _("It is switched off."), _("Switch it on in Preferences."));
    else if (!g_strcmp0(is, "broken"))
        set(chain, "plugin", "failed", text, NULL);
    else
        set(chain, "plugin", "good", version, NULL);
    if (!g_strcmp0(is, "unset"))
        set(chain, "settings", "failed", _("Nothing is set up yet."),
            _("Set this computer up with the assistant in the main menu."));
    else
        set(chain, "settings", *problem ? "failed" : "good", problem, NULL);
    g_free(version);
}

static void show_sim(UiChain *chain)
{
    char *title, *words, *text;
    const char *state = "failed";

    if (!chain->sim) {
        set(chain, "sim", "unknown", "", NULL);
        return;
    }
    if (ui_sim_is(chain->sim, "ready"))
        state = "good";
    else if (ui_sim_is(chain->sim, "busy") || ui_sim_is(chain->sim, "unknown"))
        state = "waiting";
    title = ui_sim_title(chain->sim);
    words = ui_sim_state(chain->sim);
    text = g_strdup_printf("%s: %s", title, words);
    set(chain, "sim", state, text, ui_sim_advice(chain->sim));
    g_free(words);
    g_free(title);
    g_free(text);
}

/* "ready" and "down" are answers that the self-test would give too. */
static void show_gateway(UiChain *chain)
{
    const char *is = ui_record_text(chain->account, "GatewayState");
    const char *name = ui_record_text(chain->account, "Gateway");
    const char *text = ui_record_text(chain->account, "GatewayText");

    if (!g_strcmp0(is, "unnamed"))
        set(chain, "gateway-named", "failed", "", NULL);
    else
        set(chain, "gateway-named", *name ? "good" : "unknown", name, NULL);
    if (!g_strcmp0(is, "down"))
        set(chain, "gateway-reached", "failed", text, NULL);
    else if (!g_strcmp0(is, "refused"))
        set(chain, "bootstrapped", "failed", text, NULL);
    if (!g_strcmp0(is, "ready")) {
        set(chain, "gateway-reached", "good", "", NULL);
        set(chain, "bootstrapped", "good", "", NULL);
    }
    if (ui_record_flag(chain->account, "Vouched"))
        set(chain, "account", "good", ui_words_address(ui_record_text(chain->account, "Aor")),
            NULL);
}

/* Whether the chain held: a call that nobody was asked about, or that nobody answered, does not
 * tell. */
static const char *state_of_call(UiRecord *call)
{
    const char *verdict = ui_record_text(call, "Verdict");

    if (!g_strcmp0(verdict, "authenticated"))
        return "good";
    return g_strcmp0(verdict, "not-authenticated") ? "unknown" : "failed";
}

static void last_call_known(GVariant *answer, const char *error, gpointer owner)
{
    UiChain *chain = owner;
    GVariant *records, *first = NULL;

    if (error || !g_variant_is_of_type(answer, G_VARIANT_TYPE("(uaa{sv})")))
        return;
    records = g_variant_get_child_value(answer, 1);
    if (g_variant_n_children(records))
        first = g_variant_get_child_value(records, 0);
    if (first) {
        UiRecord *call = ui_record_new(first);
        char *verdict = ui_words_verdict(call);
        char *text = g_strdup_printf("%s %s", verdict, ui_words_reason(call));
        set(chain, "last-call", state_of_call(call), g_strstrip(text), ui_words_advice(call));
        g_free(text);
        g_free(verdict);
        g_object_unref(call);
        g_variant_unref(first);
    } else {
        set(chain, "last-call", "unknown", _("There was none yet."), NULL);
    }
    g_variant_unref(records);
}

static void ask_last_call(UiChain *chain)
{
    if (chain->phone)
        ui_phone_ask(chain->phone, "History", g_variant_new("(uu)", 0, 1), last_call_known,
                     G_OBJECT(chain));
}

/* Another SIM state or gateway, and what was tested does not count any more. */
static void unsettle(UiChain *chain)
{
    char *now = g_strjoin("|", chain->sim ? ui_record_text(chain->sim, "State") : "",
                          chain->sim ? ui_record_text(chain->sim, "Setting") : "",
                          chain->account ? ui_record_text(chain->account, "Gateway") : "", NULL);

    if (g_strcmp0(now, chain->settled) && !chain->testing)
        set_tested(chain, "unknown");
    g_free(chain->settled);
    chain->settled = now;
}

static void show_none(UiChain *chain)
{
    gboolean silent = ui_phones_silent(ui_app_phones(chain->app)) > 0;
    gboolean other = silent || ui_linphone_runs();

    for (guint i = at("plugin") + (other ? 1 : 0); i < LINKS; i++)
        set(chain, links[i].id, "unknown", "", NULL);
    set(chain, "linphone", other ? "good" : "failed", "", NULL);
    if (silent)
        set(chain, "plugin", "failed", _("Linphone runs, but does not answer."),
            _("If this stays, close Linphone and start it again."));
    else if (other)
        set(chain, "plugin", "failed", _("Linphone runs, but the plugin is not in it."),
            _("Close Linphone and start it again. If that does not help, install the package "
              "linphone-plugin-simauth."));
}

static void show(UiChain *chain)
{
    if (!chain->phone) {
        show_none(chain);
        return;
    }
    unsettle(chain);
    show_phone(chain, ui_phone_state(chain->phone));
    show_sim(chain);
    if (chain->account)
        show_gateway(chain);
}

void ui_chain_look(UiChain *chain)
{
    show(chain);
}

/* -- which phone ------------------------------------------------------------------------------- */

static void take(UiChain *chain, UiRecord **place, GListModel *from)
{
    UiRecord *now = ui_sim_first(from);

    if (now == *place)
        return;
    if (*place)
        g_signal_handlers_disconnect_by_func(*place, show, chain);
    g_clear_object(place);
    *place = now ? g_object_ref(now) : NULL;
    if (now)
        g_signal_connect_object(now, "changed", G_CALLBACK(show), chain, G_CONNECT_SWAPPED);
}

static void parts_changed(UiChain *chain)
{
    take(chain, &chain->sim, chain->phone ? ui_phone_sims(chain->phone) : NULL);
    take(chain, &chain->account, chain->phone ? ui_phone_accounts(chain->phone) : NULL);
    show(chain);
}

static void link_told(UiPhone *phone, GVariant *parameters, UiChain *chain)
{
    const char *link, *result, *text;

    (void)phone;
    if (!g_variant_is_of_type(parameters, G_VARIANT_TYPE("(sss)")))
        return;
    g_variant_get(parameters, "(&s&s&s)", &link, &result, &text);
    if (!g_strcmp0(link, "sim") && !g_strcmp0(result, "failed") && chain->sim)
        show_sim(chain); /* it has better words */
    else
        set(chain, link, g_strcmp0(result, "not-tried") ? result : "unknown", text, NULL);
}

static void let_go(UiChain *chain)
{
    if (!chain->phone)
        return;
    g_signal_handlers_disconnect_by_data(chain->phone, chain);
    g_signal_handlers_disconnect_by_data(ui_phone_state(chain->phone), chain);
    g_signal_handlers_disconnect_by_data(ui_phone_sims(chain->phone), chain);
    g_signal_handlers_disconnect_by_data(ui_phone_accounts(chain->phone), chain);
    g_clear_object(&chain->phone);
}

static void phones_changed(UiChain *chain)
{
    UiPhone *first = ui_phones_first(ui_app_phones(chain->app));

    if (first == chain->phone && first)
        return;
    if (first == chain->phone) { /* none before, none now: one may have come that does not answer */
        show(chain);
        return;
    }
    let_go(chain);
    if (first) {
        chain->phone = g_object_ref(first);
        g_signal_connect_object(first, "told::SelfTestLink", G_CALLBACK(link_told), chain, 0);
        g_signal_connect_object(first, "told::HistoryChanged", G_CALLBACK(ask_last_call), chain,
                                G_CONNECT_SWAPPED);
        g_signal_connect_object(ui_phone_state(first), "changed", G_CALLBACK(show), chain,
                                G_CONNECT_SWAPPED);
        g_signal_connect_object(ui_phone_sims(first), "items-changed", G_CALLBACK(parts_changed),
                                chain, G_CONNECT_SWAPPED);
        g_signal_connect_object(ui_phone_accounts(first), "items-changed",
                                G_CALLBACK(parts_changed), chain, G_CONNECT_SWAPPED);
        set_tested(chain, "unknown");
    }
    parts_changed(chain);
    ask_last_call(chain);
}

/* -- the self-test ----------------------------------------------------------------------------- */

static void test_over(UiChain *chain, gboolean good, const char *why)
{
    chain->testing = FALSE;
    for (guint i = 0; i < LINKS; i++) {
        if (!g_strcmp0(ui_record_text(record_at(chain, i), "State"), "waiting"))
            set(chain, links[i].id, "unknown", "", NULL);
    }
    show(chain);
    g_signal_emit(chain, tested_signal, 0, good, why);
}

static void tested(GVariant *answer, const char *error, gpointer owner)
{
    UiChain *chain = owner;
    GVariant *list, *link;
    GVariantIter all;

    if (!answer || !g_variant_is_of_type(answer, G_VARIANT_TYPE("(ba(sss))"))) {
        test_over(chain, FALSE, error ? error : "");
        return;
    }
    list = g_variant_get_child_value(answer, 1);
    g_variant_iter_init(&all, list);
    while ((link = g_variant_iter_next_value(&all))) {
        link_told(chain->phone, link, chain);
        g_variant_unref(link);
    }
    g_variant_unref(list);
    link = g_variant_get_child_value(answer, 0);
    test_over(chain, g_variant_get_boolean(link), "");
    g_variant_unref(link);
}

void ui_chain_test(UiChain *chain)
{
    if (chain->testing)
        return;
    if (!chain->phone) {
        show(chain);
        g_signal_emit(chain, tested_signal, 0, FALSE, _("No Linphone with the plugin runs."));
        return;
    }
    chain->testing = TRUE;
    set_tested(chain, "waiting");
    ui_phone_ask(chain->phone, "SelfTest", NULL, tested, G_OBJECT(chain));
}

/* -- the object -------------------------------------------------------------------------------- */

static void fill(UiChain *chain)
{
    for (guint i = 0; i < LINKS; i++) {
        GVariantBuilder values;
        UiRecord *record;

        g_variant_builder_init(&values, G_VARIANT_TYPE_VARDICT);
        g_variant_builder_add(&values, "{sv}", "Id", g_variant_new_string(links[i].id));
        g_variant_builder_add(&values, "{sv}", "Title", g_variant_new_string(_(links[i].title)));
        g_variant_builder_add(&values, "{sv}", "State", g_variant_new_string("unknown"));
        record = ui_record_new(g_variant_builder_end(&values));
        g_list_store_append(chain->links, record);
        g_object_unref(record);
    }
}

UiChain *ui_chain_new(UiApp *app)
{
    UiChain *chain = g_object_new(UI_TYPE_CHAIN, NULL);

    chain->app = app;
    fill(chain);
    g_signal_connect_object(ui_app_phones(app), "changed", G_CALLBACK(phones_changed), chain,
                            G_CONNECT_SWAPPED);
    phones_changed(chain);
    return chain;
}

static void dispose(GObject *object)
{
    UiChain *chain = UI_CHAIN(object);

    let_go(chain);
    take(chain, &chain->sim, NULL);
    take(chain, &chain->account, NULL);
    g_clear_object(&chain->links);
    g_clear_pointer(&chain->settled, g_free);
    G_OBJECT_CLASS(ui_chain_parent_class)->dispose(object);
}

static void ui_chain_class_init(UiChainClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
    tested_signal = g_signal_new("tested", UI_TYPE_CHAIN, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_BOOLEAN, G_TYPE_STRING);
}

static void ui_chain_init(UiChain *chain)
{
    chain->links = g_list_store_new(UI_TYPE_RECORD);
}
