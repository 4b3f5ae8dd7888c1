/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing the file of a software SIM. */
#ifndef SIMAUTH_UI_SIM_FILE_H
#define SIMAUTH_UI_SIM_FILE_H

#include "ui.h"

/* `setting` is the value for SetSim(). */
typedef void (*ui_sim_file_chosen)(const char *setting, GObject *owner);
/* Opens the chooser over `parent`, one for each owner; it goes with the owner. Nothing is called
 * when the person chose none. */
void ui_sim_file_choose(GtkWindow *parent, ui_sim_file_chosen chosen, GObject *owner);

#endif
