/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words of org.simauth.Phone1.xml and their sentences, for what words.h does not say. */
#ifndef SIMAUTH_PLUGIN_SHOWN_WORDS_H
#define SIMAUTH_PLUGIN_SHOWN_WORDS_H

#include <jansson.h>
#include <simauth/session.h>
#include <stdbool.h>

/* "none", "announced", ...: Call1.Verdict. */
const char *shown_verdict(enum simauth_word word);
/* "card-failed" of CARD_FAILED; "" for none. g_free(). */
char *shown_reason(const char *event_name);
/* Call1.Advice for an event whose name was kept ("CARD_FAILED"); "none" for any other text. */
const char *shown_advice_of(const char *event_name);
/* "announced by Operator A" and so on; g_free(). */
char *shown_verdict_text(enum simauth_word word, const char *nai, const char *operator_name,
                         const char *reason_text);
/* The sentence for Call1.Listen. */
const char *shown_listen_text(const char *listen);
/* The sentence for a change of the peer's. */
const char *shown_change_text(const char *change);

/* One property; NULL is shown as "", and what others chose as a line that does no harm. */
void shown_put(json_t *object, const char *name, const char *text);
void shown_put_number(json_t *object, const char *name, int64_t number);

#define SHOWN_UNTOUCHED "untouched"
#define SHOWN_UNTOUCHED_TEXT "your settings ask nobody about this call"

#endif
