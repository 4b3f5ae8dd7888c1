/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words.h"

#include <stddef.h>

static const struct {
    const char *token, *text;
} word_names[] = {
    [SIMAUTH_WORD_NONE] = {"unknown", "not known yet"},
    [SIMAUTH_WORD_ANNOUNCED] = {"announced", "announced"},
    [SIMAUTH_WORD_ANSWERED] = {"answered", "the callee's SIM answered"},
    [SIMAUTH_WORD_AUTHENTICATED] = {"authenticated", "authenticated"},
    [SIMAUTH_WORD_NOT_AUTHENTICATED] = {"not-authenticated", "not authenticated"},
};

const char *words_word(enum simauth_word word)
{
    return word_names[word].text;
}

const char *words_token(enum simauth_word word)
{
    return word_names[word].token;
}

const char *words_reason(enum simauth_event reason)
{
    return reason < SIMAUTH_EVENT_COUNT ? simauth_event_text(reason) : "";
}

enum advice {
    ADVICE_NONE,
    ADVICE_CONNECTION,
    ADVICE_WAIT,
    ADVICE_SIM,
    ADVICE_AGAIN,
    ADVICE_FORGET,
    ADVICE_CONTINUE,
};

static const struct {
    const char *token, *text;
} advice_names[] = {
    [ADVICE_NONE] = {"none", ""},
    [ADVICE_CONNECTION] = {"self-test",
                           "check the connection to your operator: simauthctl self-test"},
    [ADVICE_WAIT] = {"wait", "no operator vouches for that address; it is asked for again "
                             "tomorrow, or after simauthctl pins ask-again"},
    [ADVICE_SIM] = {"check-sim", "check your SIM: simauthctl self-test"},
    [ADVICE_AGAIN] = {"call-again",
                      "place the call once more; it happens to the first call of a Linphone that "
                      "has no account to register, and where ZRTP cannot be offered: in the place "
                      "of SRTP or DTLS that Linphone is set to it is offered to those alone of "
                      "whom a SIM is expected"},
    [ADVICE_FORGET] = {"forget", "if the other person has a new SIM: simauthctl pins forget, after "
                                 "asking them"},
    [ADVICE_CONTINUE] = {"continue-once", "to talk all the same: simauthctl continue-once"},
};

static enum advice advice_of(enum simauth_event reason)
{
    switch (reason) {
    case SIMAUTH_EVENT_GATEWAY_DOWN:
    case SIMAUTH_EVENT_HOLD_EXPIRED:
        return ADVICE_CONNECTION;
    case SIMAUTH_EVENT_GATEWAY_NOBODY:
        return ADVICE_WAIT;
    case SIMAUTH_EVENT_CARD_FAILED:
        return ADVICE_SIM;
    case SIMAUTH_EVENT_MEDIA_WEAK:
        return ADVICE_AGAIN;
    case SIMAUTH_EVENT_VECTOR_BAD:
    case SIMAUTH_EVENT_CHALLENGE_BAD:
        return ADVICE_FORGET;
    case SIMAUTH_EVENT_CONFIRM_MISSING:
    case SIMAUTH_EVENT_VERDICT_EXPIRED:
    case SIMAUTH_EVENT_INVITE_BARE:
        return ADVICE_CONTINUE;
    default:
        return ADVICE_NONE;
    }
}

const char *words_advice(enum simauth_event reason)
{
    return advice_names[advice_of(reason)].text;
}

const char *words_advice_token(enum simauth_event reason)
{
    return advice_names[advice_of(reason)].token;
}

struct words_unasked words_unasked(bool nobody)
{
    static const struct words_unasked unasked = {
        "UNTOUCHED", "nobody was asked: the address is not known here",
        "to have it asked about from the next call on: simauthctl settings set --peer ADDRESS "
        "ask yes; your operator then learns of calls with it",
        "add-contact"};
    const enum simauth_event event = SIMAUTH_EVENT_GATEWAY_NOBODY;

    if (!nobody)
        return unasked;
    return (struct words_unasked){simauth_event_name(event), words_reason(event),
                                  words_advice(event), words_advice_token(event)};
}

const char *words_known_worst(void)
{
    return "a SIM that was revoked since may go unnoticed for 15 minutes, and without the "
           "operators "
           "until the key ends";
}

const char *words_sips_token(bool trusted, bool broken)
{
    return trusted ? "trusted" : broken ? "broken" : "asked";
}

const char *words_sips(bool trusted)
{
    return trusted ? "every hop was TLS between servers that proved themselves: trust in these "
                     "servers, and no operator's word about a SIM"
                   : "not known yet";
}

const struct words_end *words_refuse_key(void)
{
    static const struct words_end unknown = {480, "Temporarily Unavailable",
                                             "SIM;cause=3;text=\"Setup key unknown\"",
                                             "Setup key unknown"};
    return &unknown;
}

const struct words_end *words_refuse_ticket(void)
{
    static const struct words_end wanted = {480, "Temporarily Unavailable",
                                            "SIM;cause=6;text=\"SIM wanted\"", "SIM wanted"};
    return &wanted;
}

const struct words_end *words_refuse(bool card_unusable)
{
    static const struct words_end refused = {
        403, "Forbidden", "SIM;cause=1;text=\"Caller not verified\"", "Caller not verified"};
    static const struct words_end unusable = {
        480, "Temporarily Unavailable", "SIM;cause=2;text=\"Not available\"", "Not available"};
    return card_unusable ? &unusable : &refused;
}

const struct words_end *words_end(bool caller)
{
    static const struct words_end by_caller = {403, "Callee not verified",
                                               "SIM;cause=4;text=\"Callee not verified\"",
                                               "Callee not verified"};
    static const struct words_end by_callee = {
        403, "Call not verified", "SIM;cause=5;text=\"Call not verified\"", "Call not verified"};
    return caller ? &by_caller : &by_callee;
}
