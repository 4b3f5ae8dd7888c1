/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_words.h"
#include "words.h"

static const struct {
    const char *state, *words, *advice, *icon;
} states[] = {
    {"ready", NC_("SIM", "Ready"), "", "emblem-ok-symbolic"},
    {"unset", NC_("SIM", "No SIM is set up yet"),
     N_("Choose a reader below, or set up a software SIM."), "dialog-information-symbolic"},
    {"unknown", NC_("SIM", "Not looked at yet"), "", "content-loading-symbolic"},
    {"busy", NC_("SIM", "Busy"), N_("It works, or its PIN is being asked for. Wait a moment."),
     "content-loading-symbolic"},
    {"absent", NC_("SIM", "Not there"),
     N_("Put the SIM card into the reader, or plug the reader in."), "dialog-warning-symbolic"},
    {"locked", NC_("SIM", "Locked: it wants its PIN"), N_("Enter the PIN of this SIM."),
     "dialog-password-symbolic"},
    {"blocked", NC_("SIM", "Blocked: it wants its PUK"),
     N_("Put the SIM into a mobile phone and enter the PUK there. It stands on the card that the "
        "SIM came with; your operator can tell it to you too."),
     "dialog-error-symbolic"},
    {"other", NC_("SIM", "Another SIM than before"),
     N_("Put the SIM back that this computer was set up with, or set up the new one."),
     "dialog-warning-symbolic"},
    {"failed", NC_("SIM", "Cannot be used"),
     N_("Take the SIM out, put it in again the right way round, and close other programs that use "
        "the reader."),
     "dialog-error-symbolic"},
};

gboolean ui_sim_is(UiRecord *sim, const char *state)
{
    return !g_strcmp0(ui_record_text(sim, "State"), state);
}

char *ui_sim_state(UiRecord *sim)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        if (ui_sim_is(sim, states[i].state))
            return g_strdup(g_dpgettext2(NULL, "SIM", states[i].words));
    }
    return ui_words_said(ui_record_text(sim, "Text"));
}

const char *ui_sim_advice(UiRecord *sim)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        if (ui_sim_is(sim, states[i].state))
            return *states[i].advice ? _(states[i].advice) : "";
    }
    return "";
}

const char *ui_sim_icon(UiRecord *sim)
{
    for (guint i = 0; i < G_N_ELEMENTS(states); i++) {
        if (ui_sim_is(sim, states[i].state))
            return states[i].icon;
    }
    return "dialog-question-symbolic";
}

char *ui_sim_title(UiRecord *sim)
{
    const char *kind = ui_record_text(sim, "Kind"), *name = ui_record_text(sim, "Name");

    if (!g_strcmp0(kind, "card"))
        /* Translators: %s is the name of a smart card reader. */
        return *name ? g_strdup_printf(_("SIM card in %s"), name) : g_strdup(_("SIM card"));
    if (!g_strcmp0(kind, "modem"))
        /* Translators: %s is the name of a modem. */
        return *name ? g_strdup_printf(_("SIM in the modem %s"), name)
                     : g_strdup(_("SIM in the modem"));
    if (!g_strcmp0(kind, "soft"))
        return g_strdup(_("Software SIM"));
    if (!g_strcmp0(kind, "password"))
        return g_strdup(_("Password in place of a SIM"));
    return g_strdup(_("No SIM"));
}

UiRecord *ui_sim_first(GListModel *sims)
{
    UiRecord *first = sims ? g_list_model_get_item(sims, 0) : NULL;

    if (first)
        g_object_unref(first); /* the list holds it */
    return first;
}
