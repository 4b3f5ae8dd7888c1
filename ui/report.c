/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The copyable report, and what is taken out of it whatever it came from: a sentence of the plugin
 * or of a gateway may name an address, a file or a number. */
#include "report.h"

/* In this order: an address is hidden whole before its digits would be. */
static const struct {
    const char *pattern, *instead;
} hidden[] = {
    {"(?:sips?|tel):[^\\s<>\"',;)]+", "(address)"},
    {"[^\\s<>\"',;:(]+@[^\\s<>\"',;:)]+", "(address)"},
    {"\\+?[0-9]{6,}", "(digits)"},
    {"[0-9A-Fa-f]{16,}", "(hidden)"},
    {"(?:[0-9A-HJKMNP-TV-Z]{5}-){3,}[0-9A-HJKMNP-TV-Z]+", "(code)"},
};

static char *replace(char *text, const char *pattern, const char *instead)
{
    GRegex *regex = g_regex_new(pattern, 0, 0, NULL);
    char *new = regex ? g_regex_replace_literal(regex, text, -1, 0, instead, 0, NULL) : NULL;

    if (regex)
        g_regex_unref(regex);
    g_free(text);
    return new ? new : g_strdup("(hidden)");
}

static char *without_home(char *text)
{
    char **parts = g_strsplit(text, g_get_home_dir(), -1);
    char *new = g_strjoinv("~", parts);

    g_strfreev(parts);
    g_free(text);
    return new;
}

char *ui_report_redact(const char *text)
{
    char *clean = without_home(g_strdup(text));

    for (guint i = 0; i < G_N_ELEMENTS(hidden); i++)
        clean = replace(clean, hidden[i].pattern, hidden[i].instead);
    return clean;
}

/* -- writing it -------------------------------------------------------------------------------- */

static void add(GString *report, const char *name, const char *text)
{
    char *clean = ui_report_redact(text);

    if (*clean)
        g_string_append_printf(report, "%s: %s\n", name, clean);
    g_free(clean);
}

static void add_system(GString *report)
{
    GDateTime *now = g_date_time_new_now_local();
    char *time = g_date_time_format(now, "%F %R %z"),
         *system = g_get_os_info(G_OS_INFO_KEY_PRETTY_NAME);

    g_string_append_printf(report, "SIM Call Security %s\n%s\n", SIMAUTH_VERSION, time);
    g_string_append_printf(report, "%s\n", system ? system : "");
    g_free(system);
    g_free(time);
    g_date_time_unref(now);
}

static void add_phone(GString *report, UiRecord *state)
{
    static const char *const names[] = {"Host",      "HostVersion", "Version",      "State",
                                        "StateText", "Problem",     "SettingsPath", "Policy",
                                        "KeysHome",  "KeysProblem"};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        add(report, names[i], ui_record_text(state, names[i]));
}

static void add_all(GString *report, GListModel *model, const char *what, const char *const *names)
{
    for (guint i = 0; i < g_list_model_get_n_items(model); i++) {
        UiRecord *record = g_list_model_get_item(model, i);
        for (const char *const *name = names; *name; name++) {
            char *full = g_strdup_printf("%s %u %s", what, i + 1, *name);
            add(report, full, ui_record_text(record, *name));
            g_free(full);
        }
        g_object_unref(record);
    }
}

static void add_links(GString *report, GListModel *links)
{
    for (guint i = 0; i < g_list_model_get_n_items(links); i++) {
        UiRecord *link = g_list_model_get_item(links, i);
        char *text = ui_report_redact(ui_record_text(link, "Text"));
        g_string_append_printf(report, "[%s] %s%s%s\n", ui_record_text(link, "State"),
                               ui_record_text(link, "Title"), *text ? ": " : "", text);
        g_free(text);
        g_object_unref(link);
    }
}

char *ui_chain_report(UiChain *chain)
{
    static const char *const account[] = {"Registration", "Policy",      "Gateway",
                                          "GatewayState", "GatewayText", NULL};
    static const char *const sim[] = {"Kind", "Name", "Generation", "State", "Text", NULL};
    GString *report = g_string_new(NULL);
    UiPhone *phone = ui_chain_phone(chain);

    add_system(report);
    g_string_append_c(report, '\n');
    add_links(report, ui_chain_links(chain));
    if (phone) {
        g_string_append_c(report, '\n');
        add_phone(report, ui_phone_state(phone));
        add_all(report, ui_phone_accounts(phone), "Account", account);
        add_all(report, ui_phone_sims(phone), "SIM", sim);
    }
    return g_string_free(report, FALSE);
}
