/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "card_sim.h"
#include "impi.h"
#include "utf8.h"

#include <openssl/crypto.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CARDS_MAX 32
#define GOODBYE_MS 300

struct sim {
    struct card_way *way; /* owned */
    struct usim usim;     /* of the card that is connected */
    struct sim_pin_source pin;
    bool ready; /* connected, selected, ours */
    bool swapped;
    bool mute; /* a card did not answer while we looked: it may hold its reader still */
    char iccid[USIM_ICCID_MAX + 1]; /* of the SIM that was opened; "" not known yet */
    char imsi[SIM_IMSI_MAX + 1];
    int mnc_len;
    char error[SIM_ERROR_MAX];
};

__attribute__((format(printf, 2, 3))) static void say(struct sim *sim, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(sim->error, sizeof sim->error, format, args);
    va_end(args);
}

/* A card has three channels of its own in all: one that is not given back is lost until its reset.
 */
static void close_channel(struct sim *sim)
{
    if (!sim->usim.channel)
        return;
    apdu_begin_job(&sim->way->link, GOODBYE_MS); /* what came before may have had all its time */
    usim_close_channel(&sim->usim);
}

static void let_go(struct sim *sim)
{
    close_channel(sim);
    sim->ready = false;
    sim->way->kind->disconnect(sim->way);
}

static void end_run(struct sim *sim)
{
    if (sim->way->kind->end)
        sim->way->kind->end(sim->way);
}

/* -- what went wrong, for a person ------------------------------------------------------------- */

static enum simauth_card_status failed(struct sim *sim, enum apdu_meaning meaning)
{
    const char *name = sim->way->kind->name(sim->way);

    switch (meaning) {
    case APDU_WRONG_MAC:
        say(sim, "The SIM in %s refused the challenge: it is not from its operator.", name);
        return SIMAUTH_CARD_REFUSED;
    case APDU_NEEDS_PIN:
        say(sim, "The SIM in %s wants its PIN.", name);
        return SIMAUTH_CARD_LOCKED;
    case APDU_BLOCKED:
        say(sim,
            "The SIM in %s is blocked after wrong PINs: unblock it with its PUK in a mobile phone, "
            "or ask your operator.",
            name);
        return SIMAUTH_CARD_LOCKED;
    case APDU_GONE:
        say(sim, "The SIM was taken out of %s: put it back.", name);
        return SIMAUTH_CARD_ABSENT;
    case APDU_MUTE:
        say(sim, "The SIM in %s does not answer: take it out and put it in again.", name);
        return SIMAUTH_CARD_FAILED;
    case APDU_BUSY:
        say(sim, "The SIM in %s is busy with a wish of its own.", name);
        return SIMAUTH_CARD_FAILED;
    case APDU_UNSUPPORTED:
        say(sim, "The SIM in %s cannot run this kind of challenge.", name);
        return SIMAUTH_CARD_FAILED;
    case APDU_NOT_FOUND:
        say(sim, "The card in %s is no SIM.", name);
        return SIMAUTH_CARD_FAILED;
    default:
        say(sim, "The SIM in %s failed (%s).", name, apdu_meaning_name(meaning));
        return SIMAUTH_CARD_FAILED;
    }
}

static enum simauth_card_status pin_failed(struct sim *sim, enum usim_pin pin,
                                           enum apdu_meaning meaning)
{
    const char *name = sim->way->kind->name(sim->way);

    switch (pin) {
    case USIM_PIN_LAST_TRY:
        say(sim,
            "One try is left for the PIN of the SIM in %s, and it is not spent without you: put "
            "the "
            "SIM into a mobile phone and enter the right PIN there, or agree when asked.",
            name);
        return SIMAUTH_CARD_LOCKED;
    case USIM_PIN_WRONG:
        say(sim, "The PIN for the SIM in %s is wrong.", name);
        return SIMAUTH_CARD_LOCKED;
    case USIM_PIN_MISSING:
        if (!sim->pin.trouble)
            return failed(sim, APDU_NEEDS_PIN);
        say(sim, "The SIM in %s wants its PIN, and %s.", name, sim->pin.trouble);
        return SIMAUTH_CARD_LOCKED;
    case USIM_PIN_BLOCKED:
        return failed(sim, APDU_BLOCKED);
    default:
        return failed(sim, meaning);
    }
}

/* -- to a SIM that is ready -------------------------------------------------------------------- */

/* Other programs, or the modem, may use the card while a person thinks. */
static void pause_run(void *user)
{
    end_run(user);
}

/* The PIN was given for this card: no other spends a try for it. */
static enum apdu_meaning take_back(void *user)
{
    struct sim *sim = user;
    char iccid[USIM_ICCID_MAX + 1];
    bool gsm = sim->usim.gsm;
    enum apdu_meaning meaning = sim->way->kind->begin(sim->way);

    apdu_begin_job(&sim->way->link, APDU_LIMIT_MS); /* the person's time is not the card's */
    if (meaning != APDU_GOOD || (!sim->way->shared && !sim->way->beside))
        return meaning;
    memcpy(iccid, sim->usim.iccid, sizeof iccid);
    meaning = usim_select(&sim->usim, &sim->way->link);
    if (meaning == APDU_GOOD && (strcmp(iccid, sim->usim.iccid) != 0 || gsm != sim->usim.gsm))
        return APDU_GONE;
    return meaning == APDU_GOOD || meaning > APDU_RESET ? meaning : APDU_RESET;
}

static enum simauth_card_status unlock(struct sim *sim)
{
    const struct usim_pause pause = {pause_run, take_back, sim};
    enum apdu_meaning meaning;
    enum usim_pin pin;
    const char *name = sim->way->kind->name(sim->way);
    char label[96];
    size_t len = strlen(sim->usim.iccid);

    if (sim->way->logged) {
        say(sim,
            "The SIM in %s wants its PIN, which ModemManager would write into its log: unlock it "
            "with `mmcli --pin`, or give it a port of its own with sim=modem:PORT.",
            name);
        return SIMAUTH_CARD_LOCKED;
    }
    snprintf(label, sizeof label, "%s%s (%.*s)", len > 4 ? "SIM ..." : "SIM",
             len > 4 ? sim->usim.iccid + len - 4 : "", utf8_first(name, 60), name);
    pin = usim_give_pin(&sim->usim, &sim->pin, &pause, label, &meaning);
    if (pin != USIM_PIN_GOOD)
        return pin_failed(sim, pin, meaning);
    meaning = usim_identity(&sim->usim);
    return meaning == APDU_GOOD ? SIMAUTH_CARD_GOOD : failed(sim, meaning);
}

/* Whether this card may be the SIM that was opened; the ICCID tells before any PIN is spent. */
static bool may_be_ours(const struct sim *sim)
{
    return !*sim->iccid || !*sim->usim.iccid || strcmp(sim->iccid, sim->usim.iccid) == 0;
}

static void tell_card(struct sim *sim, const char *iccid)
{
    if (sim->pin.card)
        sim->pin.card(sim->pin.user, iccid);
}

static enum simauth_card_status other_sim(struct sim *sim)
{
    sim->swapped = true;
    say(sim,
        "Another SIM is in %s than the one this phone was set up with: put that one back, or run "
        "`simauthctl self-test` to use the new one.",
        sim->way->kind->name(sim->way));
    return SIMAUTH_CARD_ABSENT;
}

static enum simauth_card_status get_ready(struct sim *sim)
{
    enum apdu_meaning meaning = usim_identity(&sim->usim);
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;

    if (meaning == APDU_NEEDS_PIN)
        status = unlock(sim);
    else if (meaning != APDU_GOOD)
        status = failed(sim, meaning);
    if (status != SIMAUTH_CARD_GOOD)
        return status;
    if (*sim->imsi && strcmp(sim->imsi, sim->usim.imsi) != 0)
        return other_sim(sim);
    memcpy(sim->iccid, sim->usim.iccid, sizeof sim->iccid);
    memcpy(sim->imsi, sim->usim.imsi, sizeof sim->imsi);
    sim->mnc_len = sim->usim.mnc_len;
    return SIMAUTH_CARD_GOOD;
}

/* One card. *fits: it is the kind of SIM that this pass looks for, so its status is the result. */
static enum simauth_card_status try_card(struct sim *sim, bool gsm_too, bool *fits)
{
    enum simauth_card_status status;
    enum apdu_meaning meaning;

    *fits = false;
    memset(&sim->usim, 0, sizeof sim->usim);
    sim->usim.link = &sim->way->link;
    meaning = sim->way->kind->begin(sim->way);
    if (meaning != APDU_GOOD)
        return failed(sim, meaning);
    apdu_begin_job(&sim->way->link,
                   APDU_LIMIT_MS); /* protocol.md section 7: a card has 3 s in all */
    if (sim->way->beside)
        usim_open_channel(&sim->usim);
    meaning = usim_select(&sim->usim, &sim->way->link);
    if (meaning != APDU_GOOD) {
        status = failed(sim, meaning);
        sim->mute = sim->mute || meaning == APDU_MUTE;
    } else if (sim->usim.gsm && !gsm_too) {
        status = SIMAUTH_CARD_FAILED;
    } else if (!may_be_ours(sim)) {
        tell_card(sim, sim->usim.iccid);
        status = other_sim(sim);
    } else {
        *fits = true;
        tell_card(sim, sim->usim.iccid);
        status = get_ready(sim);
        sim->ready = status == SIMAUTH_CARD_GOOD;
    }
    if (!sim->ready)
        close_channel(sim);
    end_run(sim);
    return status;
}

/* The first USIM that is found, or, in the second pass, the first 2G SIM. */
static enum simauth_card_status look(struct sim *sim, bool gsm_too, bool *found)
{
    enum simauth_card_status status = SIMAUTH_CARD_ABSENT;
    char why[SIM_ERROR_MAX] = "";

    for (unsigned i = 0; i < CARDS_MAX; i++) {
        enum card_connected connected = sim->way->kind->connect(sim->way, i, sim->error);

        if (connected == CARD_NO_MORE || connected == CARD_MUTE) {
            *found = connected == CARD_MUTE;
            if (i > 0 && *why && connected == CARD_NO_MORE)
                memcpy(sim->error, why, sizeof why);
            return connected == CARD_MUTE ? SIMAUTH_CARD_FAILED : status;
        }
        if (connected == CARD_CONNECTED)
            status = try_card(sim, gsm_too, found);
        else
            status = SIMAUTH_CARD_FAILED;
        if (*found)
            return status;
        if (!*why || sim->swapped)
            memcpy(why, sim->error, sizeof why);
    }
    return status;
}

static enum simauth_card_status bring_up(struct sim *sim)
{
    enum simauth_card_status status;
    bool found = false;

    sim->swapped = sim->mute = false;
    *sim->error = '\0';
    tell_card(sim, "");
    status = look(sim, false, &found);
    if (!found && !sim->mute && (status != SIMAUTH_CARD_ABSENT || !*sim->error))
        status = look(sim, true, &found);
    if (!sim->ready)
        sim->way->kind->disconnect(sim->way);
    return status;
}

/* -- one challenge ----------------------------------------------------------------------------- */

/* `known`: selected in an earlier run. Another program may have selected another application since,
 * which answers challenges too, with another SIM's keys. */
static enum apdu_meaning run_once(struct sim *sim, bool known,
                                  const struct simauth_challenge *challenge,
                                  struct simauth_card_answer *answer)
{
    enum apdu_meaning meaning = sim->way->kind->begin(sim->way);

    if (meaning != APDU_GOOD)
        return meaning;
    apdu_begin_job(&sim->way->link, APDU_LIMIT_MS);
    if (known && sim->way->shared)
        meaning = usim_select_again(&sim->usim);
    if (meaning == APDU_GOOD)
        meaning = usim_authenticate(&sim->usim, challenge, answer);
    end_run(sim);
    return meaning;
}

/* What does not lose the card leaves it selected for the next call. */
static bool lost(const struct sim *sim, const struct simauth_challenge *challenge,
                 enum apdu_meaning meaning)
{
    bool never_sent =
        sim->usim.gsm && challenge->has_autn; /* usim_authenticate() knows it cannot */

    /* Another program selected something else, or the modem was reset, which it does not tell: our
     * command met that. */
    if ((sim->way->shared || sim->way->beside) &&
        (meaning == APDU_CONDITIONS || meaning == APDU_NOT_FOUND ||
         (meaning == APDU_UNSUPPORTED && !never_sent)))
        return true;
    return meaning >= APDU_RESET || meaning == APDU_NEEDS_PIN;
}

enum simauth_card_status card_sim_run(struct sim *sim, const struct simauth_challenge *challenge,
                                      struct simauth_card_answer *answer)
{
    enum apdu_meaning meaning = APDU_RESET;

    memset(answer, 0, sizeof *answer);
    *sim->error = '\0';
    /* A second time only for a card that was reset, or pulled and put back, since the last call. */
    for (int attempt = 0; attempt < 2; attempt++) {
        bool was_ready = sim->ready;

        answer->status = sim->ready ? SIMAUTH_CARD_GOOD : bring_up(sim);
        if (answer->status != SIMAUTH_CARD_GOOD)
            return answer->status;
        meaning = run_once(sim, was_ready, challenge, answer);
        if (!lost(sim, challenge, meaning))
            break;
        let_go(sim);
        if (!was_ready || meaning == APDU_MUTE || meaning == APDU_NO_LINK)
            break;
    }
    if (meaning != APDU_GOOD)
        answer->status = failed(sim, meaning);
    return answer->status;
}

/* A card that was pulled or reset since the last run is still ready here. */
static bool still_there(struct sim *sim)
{
    bool there = sim->way->kind->begin(sim->way) == APDU_GOOD;

    if (there)
        end_run(sim);
    return there;
}

enum simauth_card_status card_sim_wake(struct sim *sim)
{
    *sim->error = '\0';
    if (sim->ready && !still_there(sim))
        let_go(sim);
    return sim->ready ? SIMAUTH_CARD_GOOD : bring_up(sim);
}

const char *card_sim_place(const struct sim *sim)
{
    return sim->way->kind->name(sim->way);
}

bool card_sim_swapped(const struct sim *sim)
{
    return sim->swapped;
}

enum simauth_card_status card_sim_identity(struct sim *sim, struct sim_identity *identity)
{
    memset(identity, 0, sizeof *identity);
    memcpy(identity->imsi, sim->imsi, sizeof identity->imsi);
    identity->mnc_len = sim->mnc_len;
    identity->gsm = sim->usim.gsm;
    sim_impi(sim->imsi, sim->mnc_len, identity->impi);
    return SIMAUTH_CARD_GOOD;
}

const char *card_sim_why(const struct sim *sim)
{
    return sim->error;
}

void card_sim_close(struct sim *sim)
{
    if (!sim)
        return;
    let_go(sim);
    sim->way->kind->free(sim->way);
    OPENSSL_cleanse(sim, sizeof *sim);
    free(sim);
}

struct sim *card_sim_open(struct card_way *way, const struct sim_pin_source *pin,
                          enum simauth_card_status *status, char *error)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim) {
        way->kind->free(way);
        *status = SIMAUTH_CARD_FAILED;
        snprintf(error, SIM_ERROR_MAX, "Out of memory.");
        return NULL;
    }
    way->link.transmit = way->kind->transmit;
    sim->way = way;
    if (pin)
        sim->pin = *pin;
    *status = bring_up(sim);
    if (*status == SIMAUTH_CARD_GOOD)
        return sim;
    memcpy(error, sim->error, SIM_ERROR_MAX);
    card_sim_close(sim);
    return NULL;
}
