/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words for a person, in the person's language, from the words for programs that the bus has
 * (org.simauth.Phone1.xml). A word that is not known here, from a plugin that is younger, is shown
 * with the English sentence that came with it. Never NULL; what is `char *` is the caller's, what
 * is `const char *` lives as long as the record or for ever.
 */
#ifndef SIMAUTH_UI_WORDS_H
#define SIMAUTH_UI_WORDS_H

#include "record.h"

/* A sentence of the plugin's; as it came where none like it is known, as of a younger plugin. */
char *ui_words_said(const char *sentence);

/* -- a call (org.simauth.Call1) or a record of the history; both have the same names ----------- */

/* The word alone: "Announced by Operator A", "Authenticated", "Not authenticated". */
char *ui_words_verdict(UiRecord *call);
/* Who is vouched for: "bob@operator-b, vouched for by Operator B"; "" where nobody is. */
char *ui_words_who(UiRecord *call);
/* The address as SIP has it, without "sip:": what somebody calls themselves, and no more. */
const char *ui_words_address(const char *aor);
/* Why not, and what to do; "" where there is nothing to say. */
const char *ui_words_reason(UiRecord *call);
const char *ui_words_advice(UiRecord *call);
/* "Encrypted; your operators together could listen …" (protocol.md 4, 5 and 8). */
const char *ui_words_listen(UiRecord *call);
/* What servers on the way are to it, where somebody asked for that: trust in them, and whether they
 * could read its set-up; "". */
char *ui_words_sips(UiRecord *call);
char *ui_words_setup(UiRecord *call);
/* Nobody is asked about it: not authenticated, and never will be. */
bool ui_words_untouched(UiRecord *call);
/* A verdict of a later version, for which VerdictText speaks. */
bool ui_words_other_verdict(UiRecord *call);
/* How the peer proved itself, with a time where it is a setup key; "". */
char *ui_words_method(UiRecord *call);
/* What has changed since the last call, of a call or a peer; "" for nothing. */
const char *ui_words_change(UiRecord *record);
/* "12 days old"; "" not known. */
char *ui_words_sim_age(UiRecord *call);
/* "Incoming call, ringing". */
const char *ui_words_phase(UiRecord *call);
/* All of a call in one breath: word, who or why, for a notification's body or a list's second line.
 */
char *ui_words_line(UiRecord *call);

/* How a verdict looks: an icon's name, and a class of GTK's or ours: "success", "accent",
 * "warning". */
const char *ui_words_icon(UiRecord *call);
const char *ui_words_style(UiRecord *call);

/* -- others ------------------------------------------------------------------------------------ */

/* A method's name alone: "aka", "agt" ... as people read it. */
const char *ui_words_method_name(const char *method);
/* "Require", "Prefer", "Off"; "" as the phone has it. */
const char *ui_words_policy(const char *policy);
/* Local time of seconds since 1970, date and time; "" for 0. */
char *ui_words_time(gint64 seconds);

#endif
