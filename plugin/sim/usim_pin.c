/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The PIN: how many tries are left is read before one is spent, and the last is the person's. */
#include "usim.h"

#include <openssl/crypto.h>
#include <string.h>

#define PIN_FIELD 8
#define PIN_MIN 4
#define TRIES_UNKNOWN (-1)
#define DF_GSM 0x7f20

/* TS 51.011, 9.2.1: status of CHV1 in what SELECT of DF GSM answers. */
static enum apdu_meaning tries_gsm(struct usim *usim, int *tries)
{
    struct apdu_reply reply;
    enum apdu_meaning meaning = usim_select_file(usim, DF_GSM, &reply);

    *tries = TRIES_UNKNOWN;
    if (meaning == APDU_GOOD && reply.len >= 19 && (reply.data[18] & 0x80))
        *tries = reply.data[18] & 0x0f;
    return meaning == APDU_GOOD && *tries == 0 ? APDU_BLOCKED : meaning;
}

/* TS 102 221, 11.1.9: VERIFY without data only asks. */
static enum apdu_meaning tries_left(struct usim *usim, int *tries)
{
    struct apdu verify = usim_apdu(usim, 0x20, 0x00, usim->pin_ref);
    struct apdu_reply reply;
    enum apdu_meaning meaning;

    if (usim->gsm)
        return tries_gsm(usim, tries);
    meaning = apdu_send(usim->link, &verify, &reply);
    *tries = meaning == APDU_WRONG_PIN ? reply.tries : TRIES_UNKNOWN;
    return meaning == APDU_WRONG_PIN && *tries == 0 ? APDU_BLOCKED : meaning;
}

static enum apdu_meaning verify(struct usim *usim, const char *pin, size_t len)
{
    struct apdu apdu = usim_apdu(usim, 0x20, 0x00, usim->pin_ref);
    struct apdu_reply reply;
    enum apdu_meaning meaning;

    memset(apdu.data, 0xff, PIN_FIELD);
    memcpy(apdu.data, pin, len);
    apdu.lc = PIN_FIELD;
    meaning = apdu_send(usim->link, &apdu, &reply);
    OPENSSL_cleanse(&apdu, sizeof apdu);
    /* A 2G SIM says 9804 for a wrong PIN, some USIMs 6982; the third wrong one may be 63C0; 6300
     * says that it failed, and not how many are left (ISO 7816-4, 7.5.6). */
    if (meaning == APDU_NEEDS_PIN || (meaning == APDU_GOOD && reply.sw >> 8 == 0x63))
        meaning = APDU_WRONG_PIN;
    return meaning;
}

static bool pin_ok(const char *pin, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (pin[i] < '0' || pin[i] > '9')
            return false;
    return len >= PIN_MIN && len <= PIN_FIELD;
}

/* What the person typed; 0 for what is no PIN, never at the cost of a try. */
static size_t ask(const struct sim_pin_source *source, const char *label, int tries,
                  char pin[static PIN_FIELD])
{
    size_t len = source->ask(source->user, label, tries, pin);

    return pin_ok(pin, len) ? len : 0;
}

/* Behind a person, who may have taken minutes: whatever was known of the card may have changed. */
static enum apdu_meaning still_so(struct usim *usim, const struct usim_pause *pause, int tries,
                                  bool *changed)
{
    enum apdu_meaning meaning = pause->take_back(pause->user);
    int now = TRIES_UNKNOWN;

    *changed = false;
    if (meaning == APDU_GOOD)
        meaning = tries_left(usim, &now);
    if (meaning < APDU_RESET)
        *changed = now != tries || (meaning == APDU_GOOD && !usim->gsm);
    return meaning;
}

static enum usim_pin spend(struct usim *usim, const struct sim_pin_source *source, const char *pin,
                           size_t len, enum apdu_meaning *meaning)
{
    *meaning = verify(usim, pin, len);
    if (source->result &&
        (*meaning == APDU_GOOD || *meaning == APDU_WRONG_PIN || *meaning == APDU_BLOCKED))
        source->result(source->user, *meaning == APDU_GOOD);
    if (*meaning == APDU_GOOD)
        return USIM_PIN_GOOD;
    if (*meaning == APDU_WRONG_PIN)
        return USIM_PIN_WRONG;
    return *meaning == APDU_BLOCKED ? USIM_PIN_BLOCKED : USIM_PIN_LINK;
}

/* One PIN, if somebody gives it; `result` is meant for the source. */
static enum usim_pin one_try(struct usim *usim, const struct sim_pin_source *source,
                             const struct usim_pause *pause, const char *label, int tries,
                             enum apdu_meaning *meaning)
{
    char pin[PIN_FIELD] = "";
    enum usim_pin result = USIM_PIN_MISSING;
    bool changed, agreed;
    size_t len;

    pause->let_go(pause->user);
    agreed = tries > 1 || (source->last_try && source->last_try(source->user, label));
    len = agreed ? ask(source, label, tries, pin) : 0;
    *meaning = still_so(usim, pause, tries, &changed);
    if (*meaning >= APDU_RESET)
        result = USIM_PIN_LINK;
    else if (!agreed)
        result = USIM_PIN_LAST_TRY;
    else if (len > 0)
        result = changed ? USIM_PIN_CHANGED : spend(usim, source, pin, len, meaning);
    OPENSSL_cleanse(pin, sizeof pin);
    return result;
}

static void tell_tries(const struct sim_pin_source *source, int left)
{
    if (source->tries)
        source->tries(source->user, left);
}

enum usim_pin usim_give_pin(struct usim *usim, const struct sim_pin_source *source,
                            const struct usim_pause *pause, const char *label,
                            enum apdu_meaning *meaning)
{
    enum usim_pin before = USIM_PIN_MISSING, now;

    if (!source || !source->ask)
        return USIM_PIN_MISSING;
    for (;;) {
        int tries = TRIES_UNKNOWN;

        *meaning = tries_left(usim, &tries);
        tell_tries(source, *meaning == APDU_BLOCKED ? 0 : tries);
        if (*meaning == APDU_BLOCKED)
            return USIM_PIN_BLOCKED;
        if (*meaning >= APDU_RESET)
            return USIM_PIN_LINK;
        if (*meaning == APDU_GOOD && !usim->gsm)
            return USIM_PIN_GOOD; /* given by somebody else meanwhile */
        now = one_try(usim, source, pause, label, tries, meaning);
        if (now == USIM_PIN_BLOCKED)
            tell_tries(source, 0);
        if (now == USIM_PIN_MISSING)
            return before; /* after a wrong one nobody gave another */
        if (now != USIM_PIN_WRONG && now != USIM_PIN_CHANGED)
            return now;
        if (now == USIM_PIN_WRONG)
            before = USIM_PIN_WRONG;
    }
}
