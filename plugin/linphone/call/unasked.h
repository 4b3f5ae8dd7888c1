/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls of one's own that no operator was asked about, for their address is not known (`ask`), or
 * was asked about within a day and nobody vouches for it: they are Linphone's own, and their person
 * reads why nobody vouches for them, and what to do. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_UNASKED_H
#define SIMAUTH_PLUGIN_UNASKED_H

#include "core.h"
#include "words.h"

/* Such an INVITE leaves, also once more (407) or elsewhere (3xx). */
void unasked_begin(struct core *core, struct sip_call *sip, const struct policy_answer *answer);
/* A call of ours goes on with those whose first INVITE had this Call-ID (3xx). */
void unasked_take_over(struct core *core, const char *first_id);
/* Linphone's call with this Call-ID has ended, before sips_over() / the tap forgets it, before
 * sips_gone() / the tap has forgotten it / the core is going. */
void unasked_over(struct core *core, const char *call_id);
void unasked_left(struct core *core, const struct sip_call *sip);
void unasked_gone(struct core *core, const struct sip_call *sip);
void unasked_core_gone(struct core *core);
bool unasked_is(const struct core *core, const struct sip_call *sip);
/* Of the call with this Call-ID, where it is one: `words`, and when it was asked about (a sentence,
 * or ""; g_free()). NULL: it is none. */
char *unasked_words(const struct core *core, const char *call_id, struct words_unasked *words);
/* Why, and what to do, into the call's record; nothing where it is none. */
void unasked_add(const struct core *core, const struct sip_call *sip, json_t *record);
/* Records of those that run and that nothing else of ours looks at. */
void unasked_live(const struct core *core, json_t *live);

#endif
