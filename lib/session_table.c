/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The session's table, looked up and named. */
#include "session_private.h"

enum policy_mask {
    POLICY_REQUIRE = 1 << SIMAUTH_REQUIRE,
    POLICY_PREFER = 1 << SIMAUTH_PREFER,
    POLICY_CONTINUE = 1 << SIMAUTH_CONTINUE,
    POLICY_STRICT = POLICY_REQUIRE | POLICY_PREFER,
    POLICY_LENIENT = POLICY_PREFER | POLICY_CONTINUE,
    POLICY_ANY = POLICY_REQUIRE | POLICY_LENIENT
};

/* The table names actions without their prefix. */
enum table_action {
#define ACTION(name, text) name = SIMAUTH_DO_##name,
#include <simauth/session_table.def>
#undef ACTION
};

struct row {
    enum simauth_state state;
    enum simauth_event event;
    unsigned policies;
    enum simauth_state next;
    simauth_actions actions;
    bool ignored;
};

static const struct row rows[] = {
#define ROW(state, event, policy, next, actions)                                                   \
    {SIMAUTH_STATE_##state,                                                                        \
     SIMAUTH_EVENT_##event,                                                                        \
     POLICY_##policy,                                                                              \
     SIMAUTH_STATE_##next,                                                                         \
     (actions),                                                                                    \
     false},
#define IGNORED(state, event)                                                                      \
    {SIMAUTH_STATE_##state, SIMAUTH_EVENT_##event, POLICY_ANY, SIMAUTH_STATE_##state, 0, true},
#define EVERYWHERE(event, next, actions)
#define SETTLED(state)
#include <simauth/session_table.def>
#undef ROW
#undef IGNORED
#undef EVERYWHERE
#undef SETTLED
};

static bool settled(enum simauth_state state)
{
    switch (state) {
#define ROW(state, event, policy, next, actions)
#define IGNORED(state, event)
#define EVERYWHERE(event, next, actions)
#define SETTLED(state) case SIMAUTH_STATE_##state:
#include <simauth/session_table.def>
#undef ROW
#undef IGNORED
#undef EVERYWHERE
#undef SETTLED
        return true;
    default:
        return false;
    }
}

static enum simauth_table_entry everywhere(enum simauth_event event, enum simauth_state *next_state,
                                           simauth_actions *todo)
{
    switch (event) {
#define ROW(state, event, policy, next, actions)
#define IGNORED(state, event)
#define EVERYWHERE(event, next, actions)                                                           \
    case SIMAUTH_EVENT_##event:                                                                    \
        *next_state = SIMAUTH_STATE_##next;                                                        \
        *todo = (actions);                                                                         \
        return SIMAUTH_ENTRY_ROW;
#define SETTLED(state)
#include <simauth/session_table.def>
#undef ROW
#undef IGNORED
#undef EVERYWHERE
#undef SETTLED
    default:
        return SIMAUTH_ENTRY_NONE;
    }
}

enum simauth_table_entry simauth_session_entry(enum simauth_state state, enum simauth_event event,
                                               enum simauth_policy policy, enum simauth_state *next,
                                               simauth_actions *actions)
{
    *next = state;
    *actions = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        if (row->state != state || row->event != event || !(row->policies & (1u << policy)))
            continue;
        *next = row->next;
        *actions = row->actions;
        return row->ignored ? SIMAUTH_ENTRY_IGNORED : SIMAUTH_ENTRY_ROW;
    }
    if (settled(state))
        return SIMAUTH_ENTRY_IGNORED;
    return everywhere(event, next, actions);
}

static enum simauth_word word_of(enum simauth_state state, enum simauth_word before)
{
    if (state == SIMAUTH_STATE_AUTHENTICATED)
        return SIMAUTH_WORD_AUTHENTICATED;
    if (state == SIMAUTH_STATE_UNPROVEN || state == SIMAUTH_STATE_REFUSED)
        return SIMAUTH_WORD_NOT_AUTHENTICATED;
    if (state >= SIMAUTH_STATE_CALLER_ANSWERED && state <= SIMAUTH_STATE_CALLER_SECURED)
        return SIMAUTH_WORD_ANSWERED;
    if (state >= SIMAUTH_STATE_CALLEE_ANNOUNCED && state <= SIMAUTH_STATE_CALLEE_SECURED)
        return SIMAUTH_WORD_ANNOUNCED;
    return before;
}

simauth_actions session_advance(struct simauth_session *s, enum simauth_event event)
{
    enum simauth_state next;
    simauth_actions actions;
    if (simauth_session_entry(s->state, event, s->policy, &next, &actions) != SIMAUTH_ENTRY_ROW)
        return 0;
    if (next != s->state && (next == SIMAUTH_STATE_UNPROVEN || next == SIMAUTH_STATE_REFUSED))
        s->reason = event;
    s->state = next;
    s->word = word_of(next, s->word);
    return actions;
}

const char *simauth_state_name(enum simauth_state state)
{
    static const char *const names[] = {
#define STATE(name, text) #name,
#include <simauth/session_table.def>
#undef STATE
    };
    return state < SIMAUTH_STATE_COUNT ? names[state] : "?";
}

const char *simauth_event_name(enum simauth_event event)
{
    static const char *const names[] = {
#define EVENT(name, text) #name,
#include <simauth/session_table.def>
#undef EVENT
    };
    return event < SIMAUTH_EVENT_COUNT ? names[event] : "NONE";
}

const char *simauth_event_text(enum simauth_event event)
{
    static const char *const texts[] = {
#define EVENT(name, text) text,
#include <simauth/session_table.def>
#undef EVENT
    };
    return event < SIMAUTH_EVENT_COUNT ? texts[event] : "nothing happened";
}
