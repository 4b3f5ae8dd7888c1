/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pages.h"

GtkWidget *ui_page_cost(UiApp *app)
{
    (void)app;
    return ui_page_status("call-start-symbolic", _("No Linphone is running"), "");
}
