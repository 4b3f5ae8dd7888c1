/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a verified call costs, in the operator's own words; most say nothing. */
#include "pages.h"
#include "stack.h"
#include "words.h"

static void clear(GtkWidget *list)
{
    GtkWidget *row;

    while ((row = gtk_widget_get_first_child(list)))
        gtk_list_box_remove(GTK_LIST_BOX(list), row);
}

/* The operator's own words as they are; of amounts a sentence in the person's language. */
static char *price_of(UiRecord *account)
{
    const char *first = ui_record_text(account, "PriceFirst");
    const char *again = ui_record_text(account, "PriceAgain");
    const char *currency = ui_record_text(account, "PriceCurrency");

    if (*ui_record_text(account, "PriceWords") || (!*first && !*again))
        return g_strdup(ui_record_text(account, "Price"));
    if (!*again)
        return g_strdup_printf(_("%s %s for the first call with somebody"), first, currency);
    if (!*first)
        return g_strdup_printf(_("%s %s for each call after the first with somebody"), again,
                               currency);
    return g_strdup_printf(_("%s %s for the first call with somebody, %s %s for each one after "
                             "that"),
                           first, currency, again, currency);
}

static guint add_prices(GtkWidget *list, GListModel *accounts)
{
    guint found = 0;

    for (guint i = 0; i < g_list_model_get_n_items(accounts); i++) {
        UiRecord *account = g_list_model_get_item(accounts, i);
        char *price = price_of(account);
        if (*price) {
            char *title = g_strdup_printf(_("%s, for %s"), ui_record_text(account, "Operator"),
                                          ui_words_address(ui_record_text(account, "Aor")));
            gtk_list_box_append(GTK_LIST_BOX(list), ui_row(title, price));
            g_free(title);
            found++;
        }
        g_free(price);
        g_object_unref(account);
    }
    return found;
}

static void show(UiPhones *phones, GtkStack *stack)
{
    GtkWidget *list = g_object_get_data(G_OBJECT(stack), "list");
    guint found = 0;

    clear(list);
    for (guint i = 0; i < g_list_model_get_n_items(G_LIST_MODEL(phones)); i++) {
        UiPhone *phone = g_list_model_get_item(G_LIST_MODEL(phones), i);
        found += add_prices(list, ui_phone_accounts(phone));
        g_object_unref(phone);
    }
    gtk_stack_set_visible_child_name(stack, found ? "full" : "empty");
}

GtkWidget *ui_page_cost(UiApp *app)
{
    GtkWidget *stack = ui_stack_new(), *list = gtk_list_box_new();
    GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 18);
    GtkWidget *note = gtk_label_new(_("This is what your operator says about verified calls. What "
                                      "your SIP service charges for the call itself is another "
                                      "matter."));

    gtk_list_box_set_selection_mode(GTK_LIST_BOX(list), GTK_SELECTION_NONE);
    gtk_widget_add_css_class(list, "boxed-list");
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Cost"),
                                   -1);
    gtk_label_set_wrap(GTK_LABEL(note), TRUE);
    gtk_label_set_xalign(GTK_LABEL(note), 0);
    gtk_box_append(GTK_BOX(box), list);
    gtk_box_append(GTK_BOX(box), note);
    gtk_stack_add_named(GTK_STACK(stack), ui_page_frame(box), "full");
    gtk_stack_add_named(GTK_STACK(stack),
                        ui_page_status("accessories-calculator-symbolic", _("No Price Is Known"),
                                       _("Your operator says no price for verified calls. When it "
                                         "does, it stands here before you call.")),
                        "empty");
    g_object_set_data(G_OBJECT(stack), "list", list);
    g_signal_connect_object(ui_app_phones(app), "changed", G_CALLBACK(show), stack, 0);
    show(ui_app_phones(app), GTK_STACK(stack));
    return stack;
}
