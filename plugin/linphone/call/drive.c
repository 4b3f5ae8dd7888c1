/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "drive.h"
#include "ahead.h"
#include "readable.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <string.h>

/* -- what a request failed with, in the session's words ---------------------------------------- */

static simauth_actions problem(struct station *station, struct drive *d, enum ag_status status)
{
    if (!*d->error)
        readable_copy(d->error, ag_error(station_ag(station)), sizeof(d->error));
    switch (status) {
    case AG_NOBODY:
        return simauth_session_problem(d->session, SIMAUTH_PROBLEM_NOBODY);
    case AG_REFUSED:
    case AG_NO_METHOD:
        return simauth_session_problem(d->session, SIMAUTH_PROBLEM_REFUSED);
    case AG_BAD_VECTOR:
        return simauth_session_bad_vector(d->session);
    default:
        d->card_unusable = status == AG_NO_CARD;
        return simauth_session_problem(d->session, SIMAUTH_PROBLEM_DOWN);
    }
}

/* -- one function for each thing a session may ask --------------------------------------------- */

static void fill_request(const struct drive *d, bool replaced, struct ag_vector_request *request)
{
    const struct simauth_challenge *peer = simauth_session_peer_challenge(d->session);
    const struct simauth_challenge *own = simauth_session_own_challenge(d->session);

    request->subject = d->caller ? SIMAUTH_SUBJECT_CALLEE : SIMAUTH_SUBJECT_CALLER;
    request->caller = d->aor_a;
    request->callee = d->aor_b;
    request->callee_nai = d->caller ? d->callee_nai : NULL;
    request->seal_to = simauth_session_seal_to(d->session);
    if (!d->caller) { /* RAND_B as our gateway now has it: our own challenge */
        request->rand = own->rand;
        request->rand_len = own->rand_len;
    }
    if (replaced) {
        request->rand = peer->rand;
        request->rand_len = peer->rand_len;
        request->replaced_len = simauth_session_replaced(d->session, &request->replaced);
    }
}

static simauth_actions ask_ticket(struct station *station, struct drive *d);

static simauth_actions ask_vector(struct station *station, struct drive *d, bool replaced)
{
    struct ag_vector_request request = {0};
    struct ag_vector answer;
    enum ag_status status;
    simauth_actions next;
    int us = 0;

    memset(&answer, 0, sizeof(answer));
    if (replaced || !d->ahead || !ahead_answer(d->ahead, &status, &answer, &us, d->error)) {
        fill_request(d, replaced, &request);
        status = ag_vector(station_ag(station), &request, &answer);
    }
    d->gateway_us += us;
    if (status == AG_NO_METHOD && d->ticket_else && !replaced) {
        *d->error = '\0';
        ag_vector_clear(&answer);
        return ask_ticket(station, d);
    }
    next = status != AG_OK ? problem(station, d, status)
                           : simauth_session_vector(d->session, &answer.vector, &answer.statement,
                                                    answer.own.method ? &answer.own : NULL,
                                                    *answer.nai ? answer.nai : NULL);
    ag_vector_clear(&answer);
    return next;
}

/* -- operators in the place of SIMs ------------------------------------------------------------ */

#define SIM_KNOWN                                                                                  \
    "this person is known by a SIM, and this phone is set to let its operator vouch: `simauthctl " \
    "continue-once`, or `simauthctl settings set agent prefer`"

static simauth_actions ask_ticket(struct station *station, struct drive *d)
{
    uint8_t nonce_a[SIMAUTH_NONCE_LEN];
    struct simauth_held_key key;
    simauth_actions next;
    enum ag_status status;

    if (d->sim_known || RAND_bytes(nonce_a, sizeof(nonce_a)) != 1) {
        g_strlcpy(d->error, SIM_KNOWN, sizeof(d->error));
        return simauth_session_problem(d->session, SIMAUTH_PROBLEM_REFUSED);
    }
    status = ag_ticket(station_ag(station), "agt", d->aor_a, d->aor_b, d->callee_nai, &key);
    next = status == AG_OK ? simauth_session_ticket(d->session, &key, nonce_a)
                           : problem(station, d, status);
    OPENSSL_cleanse(&key, sizeof(key));
    return next;
}

/* Only whoever has a ticket of that name hears that the name is known here by a SIM. */
static simauth_actions claim_ticket(struct station *station, struct drive *d)
{
    uint8_t nonce_b[SIMAUTH_NONCE_LEN];
    struct simauth_held_key key;
    simauth_actions next;
    enum ag_status status =
        RAND_bytes(nonce_b, sizeof(nonce_b)) == 1
            ? ag_claim(station_ag(station), simauth_session_opening(d->session), &key)
            : AG_DOWN;

    d->sim_wanted = status == AG_OK && d->sim_known;
    next = status == AG_OK ? simauth_session_found(d->session, d->sim_wanted ? NULL : &key, nonce_b)
                           : problem(station, d, status);
    OPENSSL_cleanse(&key, sizeof(key));
    return next;
}

/* The session refuses whoever is not the one that is known; the person is to read who it was. */
static void note_other(struct drive *d, const struct simauth_confirmation *confirmation)
{
    if (!d->callee_nai || !strcmp(d->callee_nai, confirmation->nai_a) ||
        !simauth_aor_same(confirmation->caller, d->aor_a) ||
        !simauth_aor_same(confirmation->callee, d->aor_b))
        return;
    g_strlcpy(d->other_nai, confirmation->nai_a, sizeof(d->other_nai));
    g_strlcpy(d->other_operator, confirmation->operator_name, sizeof(d->other_operator));
}

/* -- the SIM ----------------------------------------------------------------------------------- */

static simauth_actions ask_challenge(struct station *station, struct drive *d)
{
    const char *text = simauth_session_element(d->session, SIMAUTH_ELEMENT_1);
    struct simauth_confirmation confirmation;
    struct simauth_element element;
    struct simauth_secret mac0_key = {0};
    char own_nai[SIMAUTH_NAI_MAX + 1] = "";
    enum ag_status status;
    simauth_actions next;

    if (!text || simauth_element_parse(&element, SIMAUTH_ELEMENT_1, text, strlen(text)) != 0)
        return simauth_session_problem(d->session, SIMAUTH_PROBLEM_REFUSED);
    memset(&confirmation, 0, sizeof(confirmation));
    status = ag_challenge(station_ag(station), &element, &confirmation, own_nai, &mac0_key);
    if (status == AG_OK)
        note_other(d, &confirmation);
    if (status != AG_OK)
        next = problem(station, d, status);
    else if (mac0_key.len)
        next = simauth_session_offered(d->session, &confirmation, own_nai, &mac0_key);
    else
        next = simauth_session_challenge(d->session, &confirmation);
    simauth_secret_wipe(&mac0_key);
    return next;
}

static simauth_actions ask_resync(struct station *station, struct drive *d)
{
    const struct simauth_challenge *refused = simauth_session_own_challenge(d->session);
    struct simauth_challenge own = {0};
    struct simauth_secret mac0_key = {0};
    enum ag_status status =
        ag_resync(station_ag(station), refused, simauth_session_auts(d->session), &own, &mac0_key);
    simauth_actions next =
        status == AG_OK ? simauth_session_resynced(d->session, &own, d->caller ? NULL : &mac0_key)
                        : problem(station, d, status);

    simauth_secret_wipe(&mac0_key);
    return next;
}

static simauth_actions run_card(struct station *station, struct drive *d)
{
    struct simauth_card_answer answer;
    enum simauth_card_status status;
    simauth_actions next;

    memset(&answer, 0, sizeof(answer));
    status = station_card(station, simauth_session_own_challenge(d->session), &answer);
    /* It answers to nobody now: that says nothing of who asked. A refusal does. */
    d->card_unusable = status == SIMAUTH_CARD_ABSENT || status == SIMAUTH_CARD_LOCKED ||
                       status == SIMAUTH_CARD_FAILED;
    if (status != SIMAUTH_CARD_GOOD && status != SIMAUTH_CARD_RESYNC)
        g_strlcpy(d->error, station_error(station), sizeof(d->error));
    next = simauth_session_card(d->session, &answer);
    simauth_card_answer_wipe(&answer);
    return next;
}

static simauth_actions step(struct station *station, struct drive *d, simauth_actions asked)
{
    int64_t start = g_get_monotonic_time();
    simauth_actions next;
    int *spent = &d->gateway_us;

    if (asked & SIMAUTH_DO_RUN_CARD) {
        spent = &d->card_us;
        next = run_card(station, d);
    } else if (asked & SIMAUTH_DO_ASK_CHALLENGE) {
        next = ask_challenge(station, d);
    } else if (asked & SIMAUTH_DO_ASK_RESYNC) {
        next = ask_resync(station, d);
    } else if (asked & SIMAUTH_DO_FIND_KEY) {
        next = claim_ticket(station, d);
    } else if ((asked & SIMAUTH_DO_ASK_VECTOR) && d->ticket) {
        next = ask_ticket(station, d);
    } else {
        next = ask_vector(station, d, asked & SIMAUTH_DO_ASK_REPLACED);
    }
    *spent += (int)(g_get_monotonic_time() - start);
    return next;
}

/* Nothing can be asked: the session hears it as a failure of what it wanted first. */
static void cannot(struct station *station, struct drive *d, enum station_state state)
{
    struct simauth_card_answer none = {.status = SIMAUTH_CARD_ABSENT};

    g_strlcpy(d->error, station_error(station), sizeof(d->error));
    d->card_unusable = state == STATION_NO_SIM;
    d->actions = d->actions & SIMAUTH_DO_RUN_CARD
                     ? simauth_session_card(d->session, &none)
                     : simauth_session_problem(d->session, SIMAUTH_PROBLEM_DOWN);
}

void drive(struct station *station, struct drive *d)
{
    enum station_state state = station_prepare(station, d->settings);
    simauth_actions left = d->actions & ~(unsigned)DRIVE_WORKERS;
    simauth_actions asked = d->actions & DRIVE_WORKERS;

    if (state != STATION_READY) {
        cannot(station, d, state);
        return;
    }
    while (asked) {
        simauth_actions next = step(station, d, asked);
        left |= next & ~(unsigned)DRIVE_WORKERS;
        asked = next & DRIVE_WORKERS;
        /* A slow card works while the INVITE travels: the INVITE first. */
        if ((left & SIMAUTH_DO_SEND_INVITE) && asked && !d->card_first && !station_instant(station))
            break;
    }
    d->actions = left | asked;
}
