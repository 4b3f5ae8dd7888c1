/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "window.h"
#include "pages.h"
#include "stack.h"
#include "undo.h"

struct _UiWindow {
    AdwApplicationWindow parent;
    UiApp *app; /* borrowed: it outlives its windows */
    AdwLeaflet *leaflet;
    GtkWidget *side, *content;
    GtkListBox *list;
    GtkStack *stack;
    AdwWindowTitle *title;
    AdwToastOverlay *toasts;
    GListModel *shown; /* what the overlay shows: the pages, and a toast */
    GtkWidget *back, *menu;
};

G_DEFINE_FINAL_TYPE(UiWindow, ui_window, ADW_TYPE_APPLICATION_WINDOW)

/* -- turning pages ----------------------------------------------------------------------------- */

static void show_row(UiWindow *window, GtkListBoxRow *row)
{
    const struct ui_page *page = &ui_pages[gtk_list_box_row_get_index(row)];

    gtk_stack_set_visible_child_name(window->stack, page->name);
    adw_window_title_set_title(window->title, _(page->title));
}

static void row_selected(GtkListBox *list, GtkListBoxRow *row, UiWindow *window)
{
    (void)list;
    if (row)
        show_row(window, row);
}

/* Into the page, whichever is shown. Nothing on it may take the keyboard: then it stays. */
static gboolean enter_page(UiWindow *window)
{
    GtkWidget *page = gtk_stack_get_visible_child(window->stack);
    GtkWidget *focus = gtk_root_get_focus(GTK_ROOT(window));

    adw_leaflet_set_visible_child(window->leaflet, window->content);
    if (focus && gtk_widget_is_ancestor(focus, page))
        return TRUE;
    return gtk_widget_child_focus(page, GTK_DIR_TAB_FORWARD);
}

/* On a narrow screen a choice is also a step to the page; a mere selection is not. */
static void row_activated(GtkListBox *list, GtkListBoxRow *row, UiWindow *window)
{
    (void)list;
    show_row(window, row);
    enter_page(window);
}

void ui_window_turn_to(UiWindow *window, const char *page)
{
    for (guint i = 0; i < ui_page_count; i++) {
        if (!g_strcmp0(ui_pages[i].name, page)) {
            gtk_list_box_select_row(window->list,
                                    gtk_list_box_get_row_at_index(window->list, (int)i));
            enter_page(window);
        }
    }
}

void ui_window_toast(UiWindow *window, const char *text)
{
    char *literal = g_markup_escape_text(text, -1); /* a toast's title is markup */

    ui_window_add_toast(window, adw_toast_new(literal));
    g_free(literal);
}

void ui_window_add_toast(UiWindow *window, AdwToast *toast)
{
    adw_toast_overlay_add_toast(window->toasts, toast);
}

static void go_back(GtkButton *button, UiWindow *window)
{
    (void)button;
    adw_leaflet_set_visible_child(window->leaflet, window->side);
}

/* -- building ---------------------------------------------------------------------------------- */

/* The list of pages is one stop of the Tab key: arrows choose in it, and each row that has the
 * keyboard is the page that is shown, so that a list that Tab went through would lead to its last
 * page alone. On a narrow screen there is nothing beside it. */
static gboolean tab_from_list(GtkWidget *list, GVariant *arguments, gpointer data)
{
    UiWindow *window = data;

    (void)list, (void)arguments;
    if (adw_leaflet_get_folded(window->leaflet))
        return FALSE;
    return enter_page(window) || gtk_widget_child_focus(window->menu, GTK_DIR_TAB_FORWARD);
}

static gboolean tab_back_from_list(GtkWidget *list, GVariant *arguments, gpointer data)
{
    UiWindow *window = data;

    (void)list, (void)arguments;
    return gtk_widget_child_focus(window->menu, GTK_DIR_TAB_BACKWARD);
}

static void add_tab(GtkEventController *keys, GdkModifierType with, guint key, GtkShortcutFunc act,
                    UiWindow *window)
{
    gtk_shortcut_controller_add_shortcut(
        GTK_SHORTCUT_CONTROLLER(keys),
        gtk_shortcut_new(gtk_keyval_trigger_new(key, with),
                         gtk_callback_action_new(act, window, NULL)));
}

static void one_stop(UiWindow *window)
{
    GtkEventController *keys = gtk_shortcut_controller_new();

    add_tab(keys, 0, GDK_KEY_Tab, tab_from_list, window);
    add_tab(keys, 0, GDK_KEY_KP_Tab, tab_from_list, window);
    add_tab(keys, GDK_SHIFT_MASK, GDK_KEY_Tab, tab_back_from_list, window);
    gtk_widget_add_controller(GTK_WIDGET(window->list), keys);
}

static GtkWidget *side_row(const struct ui_page *page)
{
    GtkWidget *row = gtk_list_box_row_new(), *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 12);
    GtkWidget *icon = gtk_image_new_from_icon_name(page->icon),
              *label = gtk_label_new(_(page->title));

    gtk_accessible_update_property(GTK_ACCESSIBLE(row), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _(page->title), -1);
    gtk_label_set_xalign(GTK_LABEL(label), 0);
    gtk_box_append(GTK_BOX(box), icon);
    gtk_box_append(GTK_BOX(box), label);
    gtk_widget_set_margin_top(box, 6);
    gtk_widget_set_margin_bottom(box, 6);
    gtk_list_box_row_set_child(GTK_LIST_BOX_ROW(row), box);
    return row;
}

static GtkWidget *main_menu(void)
{
    GMenu *menu = g_menu_new();
    GtkWidget *button = gtk_menu_button_new();

    g_menu_append(menu, _("_Set Up…"), "app.assistant");
    g_menu_append(menu, _("_Keyboard Shortcuts"), "app.shortcuts");
    g_menu_append(menu, _("_About SIM Call Security"), "app.about");
    gtk_menu_button_set_icon_name(GTK_MENU_BUTTON(button), "open-menu-symbolic");
    gtk_menu_button_set_menu_model(GTK_MENU_BUTTON(button), G_MENU_MODEL(menu));
    gtk_menu_button_set_primary(GTK_MENU_BUTTON(button), TRUE);
    gtk_widget_set_tooltip_text(button, _("Main Menu"));
    gtk_accessible_update_property(GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                   _("Main Menu"), -1);
    g_object_unref(menu);
    return button;
}

static GtkWidget *make_side(UiWindow *window)
{
    GtkWidget *side = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *bar = adw_header_bar_new();
    GtkWidget *list = gtk_list_box_new(), *scroll = gtk_scrolled_window_new();

    adw_header_bar_set_title_widget(ADW_HEADER_BAR(bar),
                                    adw_window_title_new(_("SIM Call Security"), NULL));
    window->menu = main_menu();
    adw_header_bar_pack_end(ADW_HEADER_BAR(bar), window->menu);
    g_object_bind_property(window->leaflet, "folded", bar, "show-end-title-buttons",
                           G_BINDING_SYNC_CREATE);
    gtk_widget_add_css_class(list, "navigation-sidebar");
    gtk_accessible_update_property(GTK_ACCESSIBLE(list), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Pages"),
                                   -1);
    for (guint i = 0; i < ui_page_count; i++)
        gtk_list_box_append(GTK_LIST_BOX(list), side_row(&ui_pages[i]));
    gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroll), list);
    gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroll), GTK_POLICY_NEVER,
                                   GTK_POLICY_AUTOMATIC);
    gtk_widget_set_vexpand(scroll, TRUE);
    gtk_box_append(GTK_BOX(side), bar);
    gtk_box_append(GTK_BOX(side), scroll);
    gtk_widget_set_size_request(side, 230, -1);
    window->list = GTK_LIST_BOX(list);
    one_stop(window);
    return side;
}

static GtkWidget *back_button(UiWindow *window)
{
    GtkWidget *back = ui_icon_button("go-previous-symbolic", _("Back"));

    g_signal_connect(back, "clicked", G_CALLBACK(go_back), window);
    g_object_bind_property(window->leaflet, "folded", back, "visible", G_BINDING_SYNC_CREATE);
    return back;
}

/* libadwaita 1.2 gives the button that closes a toast a picture and no name. */
static void name_close(GtkWidget *widget)
{
    GtkWidget *child = gtk_widget_get_first_child(widget);

    if (GTK_IS_BUTTON(widget) && gtk_button_get_icon_name(GTK_BUTTON(widget)))
        gtk_accessible_update_property(GTK_ACCESSIBLE(widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                       _("Close Message"), -1);
    for (; child; child = gtk_widget_get_next_sibling(child))
        name_close(child);
}

static void toast_came(GListModel *shown, guint at, guint gone, guint came, UiWindow *window)
{
    (void)gone;
    for (guint i = at; i < at + came; i++) {
        GtkWidget *widget = g_list_model_get_item(shown, i);
        if (widget != GTK_WIDGET(window->stack))
            name_close(widget);
        g_object_unref(widget);
    }
}

static GtkWidget *make_content(UiWindow *window)
{
    GtkWidget *content = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0), *bar = adw_header_bar_new();

    window->title = ADW_WINDOW_TITLE(adw_window_title_new("", NULL));
    window->stack = GTK_STACK(ui_stack_new());
    window->toasts = ADW_TOAST_OVERLAY(adw_toast_overlay_new());
    for (guint i = 0; i < ui_page_count; i++)
        gtk_stack_add_named(window->stack, ui_pages[i].make(window->app), ui_pages[i].name);
    gtk_stack_set_vhomogeneous(window->stack, FALSE);
    gtk_stack_set_hhomogeneous(window->stack, FALSE);
    adw_header_bar_set_title_widget(ADW_HEADER_BAR(bar), GTK_WIDGET(window->title));
    adw_header_bar_pack_start(ADW_HEADER_BAR(bar), back_button(window));
    adw_toast_overlay_set_child(window->toasts, GTK_WIDGET(window->stack));
    window->shown = gtk_widget_observe_children(GTK_WIDGET(window->toasts));
    g_signal_connect(window->shown, "items-changed", G_CALLBACK(toast_came), window);
    gtk_box_append(GTK_BOX(content), bar);
    gtk_box_append(GTK_BOX(content), GTK_WIDGET(window->toasts));
    gtk_widget_set_vexpand(GTK_WIDGET(window->toasts), TRUE);
    gtk_widget_set_hexpand(content, TRUE);
    gtk_widget_set_size_request(content, 360, -1); /* below that the list of pages goes first */
    return content;
}

static void build(UiWindow *window)
{
    GtkWidget *line = gtk_separator_new(GTK_ORIENTATION_VERTICAL);

    window->leaflet = ADW_LEAFLET(adw_leaflet_new());
    window->side = make_side(window);
    window->content = make_content(window);
    adw_leaflet_append(window->leaflet, window->side);
    adw_leaflet_page_set_navigatable(adw_leaflet_append(window->leaflet, line), FALSE);
    adw_leaflet_append(window->leaflet, window->content);
    adw_leaflet_set_can_navigate_back(window->leaflet, TRUE);
    adw_application_window_set_content(ADW_APPLICATION_WINDOW(window), GTK_WIDGET(window->leaflet));
    g_signal_connect(window->list, "row-selected", G_CALLBACK(row_selected), window);
    g_signal_connect(window->list, "row-activated", G_CALLBACK(row_activated), window);
    gtk_list_box_select_row(window->list, gtk_list_box_get_row_at_index(window->list, 0));
    adw_leaflet_set_visible_child(window->leaflet, window->content);
}

static void dispose(GObject *object)
{
    UiWindow *window = UI_WINDOW(object);

    if (window->shown)
        g_signal_handlers_disconnect_by_data(window->shown, window);
    g_clear_object(&window->shown);
    G_OBJECT_CLASS(ui_window_parent_class)->dispose(object);
}

static void ui_window_class_init(UiWindowClass *class)
{
    G_OBJECT_CLASS(class)->dispose = dispose;
}

static void ui_window_init(UiWindow *window)
{
    gtk_window_set_title(GTK_WINDOW(window), _("SIM Call Security"));
    gtk_window_set_default_size(GTK_WINDOW(window), 860, 640);
    gtk_widget_set_size_request(GTK_WIDGET(window), 360, 294);
}

/* What waits to be taken back cannot be any more. */
static gboolean closing(GtkWindow *window, UiApp *app)
{
    (void)window;
    ui_undo_settle(app);
    return FALSE;
}

UiWindow *ui_window_new(UiApp *app)
{
    UiWindow *window = g_object_new(UI_TYPE_WINDOW, "application", app, NULL);

    window->app = app;
    build(window);
    g_signal_connect_object(window, "close-request", G_CALLBACK(closing), app, 0);
    return window;
}
