/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words for a person: what happened, in a sentence, and what can be done about it. */
#ifndef SIMAUTH_PLUGIN_WORDS_H
#define SIMAUTH_PLUGIN_WORDS_H

#include <simauth/session.h>

/* "announced", "authenticated", "not authenticated"; also "the callee's SIM answered", "unknown".
 */
const char *words_word(enum simauth_word word);
/* One token for the log and JSON: "not-authenticated". */
const char *words_token(enum simauth_word word);
/* Why, for a person; "" for SIMAUTH_EVENT_COUNT. Never NULL. */
const char *words_reason(enum simauth_event reason);
/* What a person can do about it; "" where there is nothing. */
const char *words_advice(enum simauth_event reason);
/* One token for the same, "continue-once"; "none". */
const char *words_advice_token(enum simauth_event reason);
/* A call that nobody is asked about, for its address is not known or (`nobody`) no operator vouched
 * for it when that was asked last: its record's reason and text, and what the person can do. */
struct words_unasked {
    const char *reason, *text, *advice, *advice_token;
};
struct words_unasked words_unasked(bool nobody);
/* What "known since" may not show, at worst (docs/security.md): a clause. */
const char *words_known_worst(void);
/* The level of trust in servers: "trusted", "broken", "asked"; and in a sentence. */
const char *words_sips_token(bool trusted, bool broken);
const char *words_sips(bool trusted);
/* Section 7: Reason and Warning text of a call that this side refuses or ends. */
struct words_end {
    int code; /* for REFUSE */
    const char *phrase, *reason, *warning;
};
const struct words_end *words_refuse(bool card_unusable);
const struct words_end *words_refuse_key(void); /* a setup key that is not here */
/* A ticket came, and this phone wants the SIM itself. */
const struct words_end *words_refuse_ticket(void);
const struct words_end *words_end(bool caller);

#endif
