/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The window's pages: a page is one file in pages/ and one row in pages.def. Its row gives the name
 * (which is also the target of the action app.page), the title for people and the icon; its file
 * defines `GtkWidget *ui_page_NAME(UiApp *app)`, which makes the page once for each window.
 */
#ifndef SIMAUTH_UI_PAGES_H
#define SIMAUTH_UI_PAGES_H

#include "app.h"

#define UI_PAGE(name, title, icon) GtkWidget *ui_page_##name(UiApp *app);
#include "pages.def"
#undef UI_PAGE

struct ui_page {
    const char *name, *title, *icon; /* the title is not translated yet */
    GtkWidget *(*make)(UiApp *app);
};
extern const struct ui_page ui_pages[];
extern const guint ui_page_count;

/* -- what pages are built from ----------------------------------------------------------------- */

/* A page that scrolls, with `child` in the middle and no wider than people read. Takes `child`. */
GtkWidget *ui_page_frame(GtkWidget *child);
/* Two children in a stack: `empty`, shown while `model` has no item, else `full`. Takes both. */
GtkWidget *ui_page_or_empty(GListModel *model, GtkWidget *full, GtkWidget *empty);
/* A status page: icon, title and what to do, all translated. */
GtkWidget *ui_page_status(const char *icon, const char *title, const char *text);
/* A row with a choice: title over text, and the words of `names` (a GtkStringList, borrowed),
 * whole: AdwComboRow itself would cut them down before it lets the text wrap. */
GtkWidget *ui_combo_row(const char *title, const char *text, GtkStringList *names, guint selected);
/* A button with a mnemonic, in the shape of a pill and in the middle; its words wrap where the text
 * is large and the window narrow. `style` NULL: none but that. */
GtkWidget *ui_pill(const char *label, const char *style);
/* A button with an icon alone; its name (translated) is for who points at it and for who does not
 * see it. */
GtkWidget *ui_icon_button(const char *icon, const char *name);
/* One of several rows of which one is chosen: ui_row() with a check button before it, in the group
 * of the row `first` (NULL: this is the first). `value` is kept with the button, whose "toggled"
 * tells. */
GtkWidget *ui_radio_row(const char *title, const char *text, GtkWidget *first, const char *value);
GtkCheckButton *ui_radio_of(GtkWidget *row);
const char *ui_radio_value(GtkCheckButton *check);
/* One row of a list: title over subtitle, both taken literally (no markup), both selectable by a
 * screen reader. */
GtkWidget *ui_row(const char *title, const char *subtitle);

#endif
