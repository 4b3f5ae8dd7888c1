/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The assistant's steps: one file makes each page, this says what they have of one another. */
#ifndef SIMAUTH_UI_ASSISTANT_STEPS_H
#define SIMAUTH_UI_ASSISTANT_STEPS_H

#include "assistant.h"
#include "chain.h"
#include "sim_words.h"

#define UI_TYPE_ASSISTANT (ui_assistant_get_type())
G_DECLARE_FINAL_TYPE(UiAssistant, ui_assistant, UI, ASSISTANT, AdwWindow)

UiApp *ui_assistant_app(UiAssistant *assistant);
/* The phone that is set up, and its SIM; NULL while there is none. Borrowed. */
UiPhone *ui_assistant_phone(UiAssistant *assistant);
UiRecord *ui_assistant_sim(UiAssistant *assistant);
/* The chain of the test. Borrowed. */
UiChain *ui_assistant_chain(UiAssistant *assistant);
/* Turns to a step: "phone", "sim", "code", "look", "pin", "gateway", "test", "done". */
void ui_assistant_go(UiAssistant *assistant, const char *step);
/* Tries the SIM that is set: waits for it, asks for its PIN, and goes on to the gateway; back to
 * "sim" with the reason where it cannot be used. */
void ui_assistant_look(UiAssistant *assistant);
/* What the step "sim" says above its rows; "" nothing. */
void ui_assistant_complain(UiAssistant *assistant, const char *text);

GtkWidget *ui_assistant_step_phone(UiAssistant *assistant);
GtkWidget *ui_assistant_step_sim(UiAssistant *assistant);
GtkWidget *ui_assistant_step_code(UiAssistant *assistant);
GtkWidget *ui_assistant_step_look(UiAssistant *assistant);
GtkWidget *ui_assistant_step_pin(UiAssistant *assistant);
GtkWidget *ui_assistant_step_gateway(UiAssistant *assistant);
GtkWidget *ui_assistant_step_test(UiAssistant *assistant);
GtkWidget *ui_assistant_step_done(UiAssistant *assistant);

/* -- page.c: what steps are built from --------------------------------------------------------- */

/* A page with title, text under it, what `content` (NULL: nothing) holds, and below it a button
 * that `act(assistant)` answers; `button` receives it. */
GtkWidget *ui_step_page(UiAssistant *assistant, const char *title, const char *text,
                        GtkWidget *content, const char *label, void (*act)(UiAssistant *assistant),
                        GtkWidget **button);
/* A line under what it belongs to, for what went wrong; hidden while "". */
GtkWidget *ui_step_line(void);
void ui_step_say(GtkWidget *line, const char *text);
/* A row to type in, in a group of its own, and its line below it, both into `box`. */
GtkWidget *ui_step_entry(GtkWidget *box, const char *title, GtkWidget **line);
/* A row that is a button, with an arrow. */
GtkWidget *ui_step_link(UiAssistant *assistant, const char *title, const char *text,
                        void (*act)(UiAssistant *assistant));

#endif
