/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shown_words.h"
#include "readable.h"
#include "words.h"

#include <glib.h>
#include <string.h>

const char *shown_verdict(enum simauth_word word)
{
    return word == SIMAUTH_WORD_NONE ? "none" : words_token(word);
}

char *shown_reason(const char *event_name)
{
    return g_strdelimit(g_ascii_strdown(event_name, -1), "_", '-');
}

const char *shown_advice_of(const char *event_name)
{
    const struct words_unasked unasked = words_unasked(false);

    if (!strcmp(event_name, unasked.reason))
        return unasked.advice_token;
    for (int event = 0; event < SIMAUTH_EVENT_COUNT; event++) {
        if (!strcmp(simauth_event_name((enum simauth_event)event), event_name))
            return words_advice_token((enum simauth_event)event);
    }
    return words_advice_token(SIMAUTH_EVENT_COUNT);
}

char *shown_verdict_text(enum simauth_word word, const char *nai, const char *operator_name,
                         const char *reason_text)
{
    switch (word) {
    case SIMAUTH_WORD_ANNOUNCED:
        return g_strdup_printf("announced by %s", operator_name);
    case SIMAUTH_WORD_AUTHENTICATED:
        return g_strdup_printf("authenticated: %s, vouched for by %s", nai, operator_name);
    case SIMAUTH_WORD_NOT_AUTHENTICATED:
        return g_strdup_printf("not authenticated: %s", reason_text);
    default:
        return g_strdup(words_word(word));
    }
}

struct sentence {
    const char *word, *text;
};

static const char *look_up(const struct sentence *table, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(table[i].word, word))
            return table[i].text;
    }
    return "";
}

/* docs/protocol.md sections 4, 5 and 8. */
const char *shown_listen_text(const char *listen)
{
    static const struct sentence table[] = {
        {"unknown", "No media yet."},
        {"two-operators", "Encrypted. Nobody can listen, unless both operators together put "
                          "themselves between you."},
        {"one-operator",
         "Encrypted. Nobody can listen, unless the operator of you both puts itself between you."},
        {"operators", "Encrypted. Your operators know the key of this call and could listen."},
        {"operators-listening", "Encrypted. Both operators together could listen."},
        {"middle", "Encrypted, but nobody proved who is at the other end: whoever sits between "
                   "could listen."},
        {"anybody", "Not encrypted: whoever carries this call can listen."},
    };
    return look_up(table, G_N_ELEMENTS(table), listen);
}

const char *shown_change_text(const char *change)
{
    static const struct sentence table[] = {
        {"new-sim",
         "The SIM is younger than your last call: ask the other person whether it is new."},
        {"other-name", "The operator vouches for another subscriber than before at this address."},
        {"other-operator", "Another operator than before vouches for this address."},
    };
    return look_up(table, G_N_ELEMENTS(table), change);
}

void shown_put(json_t *object, const char *name, const char *text)
{
    char *line = readable_line(text ? text : "");

    json_object_set_new(object, name, json_string(line));
    g_free(line);
}

void shown_put_number(json_t *object, const char *name, int64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}
