/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a PIN comes from, as the setting `pin` says: a window, a descriptor, nobody. */
#ifndef SIMAUTH_PLUGIN_SIM_PIN_SOURCE_H
#define SIMAUTH_PLUGIN_SIM_PIN_SOURCE_H

#include "sim.h"

/* NULL: "ask" where a desktop is, else nobody. Never fails: a source that cannot be had gives no
 * PIN. Free with pin_source_free(). */
struct sim_pin_source *pin_source_new(const char *setting);
/* The person wants to be asked again after having declined, or a wrong PIN. */
void pin_source_again(struct sim_pin_source *source);
/* Somebody else asks the person (a window of ours): no pinentry is begun, and one that waits is
 * ended, for at the start of a desktop it may be there before the window is. Any thread. */
void pin_source_elsewhere(bool on);
void pin_source_free(struct sim_pin_source *source); /* NULL is allowed */

/* pinentry.c: one conversation with the program `pinentry`. */
/* Shows `text` and reads a PIN of up to 8 digits; 0 when declined or pinentry cannot be had, or
 * when `stop` (NULL: never) says that nobody is to be asked any more: its window goes then. */
size_t pinentry_ask(const char *text, const char *trouble, bool (*stop)(void), char pin[static 8]);
bool pinentry_confirm(const char *text, bool (*stop)(void));

#endif
