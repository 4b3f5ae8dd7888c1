/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"
#include "../log.h"

#include <stdatomic.h>
#include <string.h>

static const char good[] = "good";
static const char *_Atomic words[STATE_PARTS] = {
    [STATE_SERVICE] = "starting", [STATE_STORE] = good,       [STATE_SOURCE] = good,
    [STATE_LISTENER] = good,      [STATE_CERTIFICATE] = good, [STATE_CLOCK] = good};

const char *state_part_name(enum state_part part)
{
    static const char *const names[] = {"service",  "store",       "source",
                                        "listener", "certificate", "clock"};

    return names[part];
}

void state_set(enum state_part part, const char *word)
{
    const char *was = atomic_load_explicit(&words[part], memory_order_relaxed);

    if (strcmp(was, word) == 0)
        return;
    was = atomic_exchange(&words[part], word);
    if (strcmp(was, word) != 0) /* nobody else said so meanwhile */
        log_line("op=state part=%s state=%s was=%s", state_part_name(part), word, was);
}

const char *state_of(enum state_part part)
{
    return words[part];
}

bool state_good(enum state_part part)
{
    return strcmp(words[part], good) == 0;
}

bool state_ready(void)
{
    return state_good(STATE_SERVICE) && state_good(STATE_STORE) &&
           strcmp(words[STATE_LISTENER], "stuck") != 0 &&
           strcmp(words[STATE_CERTIFICATE], "expired") != 0;
}
