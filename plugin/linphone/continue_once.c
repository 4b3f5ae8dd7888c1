/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "continue_once.h"
#include "words.h"

#include <string.h>

enum { OUT = 1, IN = 2 };

static bool record_is(const json_t *record, const char *member, const char *text)
{
    const char *value = json_string_value(json_object_get(record, member));

    return value && !strcmp(value, text);
}

static bool did_not_go_on(const json_t *record)
{
    return record_is(record, "word", words_token(SIMAUTH_WORD_NOT_AUTHENTICATED)) ||
           record_is(record, "e2m", "refused");
}

/* The person speaks of the call that did not go on: where that was one's own, nobody who calls in
 * their name meanwhile is meant, nor uses it up. */
void continue_once(struct core *core, const char *aor)
{
    unsigned which = OUT | IN;
    GList *last = core->last->head;

    while (last && !(record_is(last->data, "peer", aor) && did_not_go_on(last->data)))
        last = last->next;
    if (last)
        which = record_is(last->data, "side", "caller") ? OUT : IN;
    g_hash_table_insert(core->once, g_strdup(aor), GUINT_TO_POINTER(which));
}

bool continue_once_meant(const struct core *core, const char *aor, bool outgoing)
{
    unsigned which = GPOINTER_TO_UINT(g_hash_table_lookup(core->once, aor));

    return which & (outgoing ? OUT : IN);
}

bool continue_once_take(struct core *core, const char *aor, bool outgoing)
{
    return continue_once_meant(core, aor, outgoing) && g_hash_table_remove(core->once, aor);
}
