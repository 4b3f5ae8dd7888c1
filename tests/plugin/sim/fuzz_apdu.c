/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A card that answers anything, under the whole card code: finding the application, files, PIN,
 * AUTHENTICATE. First character: '1' T=0, '2' shared, '4' beside a modem (added); then a line for
 * each answer, in hexadecimal (any other character counts as its low four bits); a line "-" is a
 * reset, "." a card that is gone. The last line is the last answer: then the card is gone.
 */
#include "../../fuzz/fuzz.h"
#include "../../fuzz/pin.h"

#include <card_sim.h>
#include <time.h>

struct liar {
    struct card_way way; /* first */
    const uint8_t *next, *end;
    unsigned pins, commands;
};

/* A busy card is waited for; not here. */
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
    (void)pause;
    (void)left;
    return 0;
}

static uint8_t nibble(uint8_t c)
{
    return (uint8_t)((c >= 'a' && c <= 'f' ? c - 'a' + 10 : c) & 0x0f);
}

/* What every command must look like, whatever was answered before. */
static void check_command(struct liar *liar, const uint8_t *command, size_t len)
{
    MUST(len >= 4 && len <= APDU_WIRE_MAX);
    if (len > 5) {
        size_t data = command[4];

        MUST(len == 5 + data || len == 6 + data);
        if (liar->way.link.t0)
            MUST(len == 5 + data);
    }
    if (command[1] == 0x20 && len > 5)
        MUST(++liar->pins <= 2 * 16); /* each needs the source, which gives two */
    MUST(++liar->commands < 100000);
}

static enum apdu_meaning lie(struct card_link *link, const uint8_t *command, size_t len,
                             uint8_t *reply, size_t *reply_len)
{
    struct liar *liar = (struct liar *)link;
    const uint8_t *line = liar->next, *end;
    size_t n = 0;

    check_command(liar, command, len);
    if (line >= liar->end)
        return APDU_GONE;
    end = memchr(line, '\n', (size_t)(liar->end - line));
    end = end ? end : liar->end;
    liar->next = end + 1;
    if (end == line + 1 && (*line == '-' || *line == '.'))
        return *line == '-' ? APDU_RESET : APDU_GONE;
    for (; end - line >= 2 && n < *reply_len; line += 2)
        reply[n++] = (uint8_t)(nibble(line[0]) << 4 | nibble(line[1]));
    *reply_len = n;
    return APDU_GOOD;
}

static enum card_connected connect_liar(struct card_way *way, unsigned i, char *error)
{
    struct liar *liar = (struct liar *)way;

    if (i == 0 && liar->next < liar->end)
        return CARD_CONNECTED;
    snprintf(error, SIM_ERROR_MAX, "Nothing is there.");
    return CARD_NO_MORE;
}

static const char *name_liar(const struct card_way *way)
{
    (void)way;
    return "the fuzzer";
}

static enum apdu_meaning begin_liar(struct card_way *way)
{
    (void)way;
    return APDU_GOOD;
}

static void nothing(struct card_way *way)
{
    (void)way;
}

static bool agree(void *user, const char *label)
{
    (void)label;
    return *(unsigned *)user < 2;
}

static void check_answer(const struct simauth_card_answer *answer, size_t k_len,
                         enum simauth_card_status status)
{
    static const uint8_t none[SIMAUTH_AUTS_LEN];

    MUST(answer->status == status);
    if (status == SIMAUTH_CARD_GOOD) {
        MUST(answer->k.len == k_len && answer->res.len >= 4);
        MUST(k_len == 32 ? answer->res.len <= 16 : answer->res.len == 12);
    } else {
        MUST(answer->k.len == 0);
    }
    if (status != SIMAUTH_CARD_RESYNC)
        MUST(memcmp(answer->auts, none, sizeof none) == 0);
}

static void run_both(struct sim *sim)
{
    static const struct simauth_method gsm = {.name = "gsm", .rand_len = 48, .k_len = 24};
    struct simauth_challenge aka = {
        .method = simauth_method_find("aka", 3), .rand_len = 16, .has_autn = true};
    struct simauth_challenge three = {.method = &gsm, .rand_len = 48};
    struct simauth_card_answer answer;

    check_answer(&answer, 32, card_sim_run(sim, &aka, &answer));
    simauth_card_answer_wipe(&answer);
    check_answer(&answer, 24, card_sim_run(sim, &three, &answer));
    simauth_card_answer_wipe(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned given = 0;
    const struct sim_pin_source pin = {.ask = fuzz_give_pin, .last_try = agree, .user = &given};
    static const struct card_way_kind lying = {.transmit = lie,
                                               .connect = connect_liar,
                                               .name = name_liar,
                                               .begin = begin_liar,
                                               .disconnect = nothing,
                                               .free = nothing};
    struct liar liar = {.way = {.kind = &lying}};
    char error[SIM_ERROR_MAX] = "";
    enum simauth_card_status status;
    struct sim_identity identity;
    struct sim *sim;

    if (size < 2)
        return 0;
    liar.way.link.t0 = data[0] & 1;
    liar.way.shared = data[0] & 2;
    liar.way.beside = data[0] & 4;
    liar.next = data + 2;
    liar.end = data + size;
    sim = card_sim_open(&liar.way, &pin, &status, error);
    MUST((sim != NULL) == (status == SIMAUTH_CARD_GOOD));
    MUST(sim || *error);
    if (!sim)
        return 0;
    card_sim_identity(sim, &identity);
    MUST(strlen(identity.imsi) >= 6 && strlen(identity.imsi) <= 15);
    run_both(sim);
    card_sim_close(sim);
    return 0;
}
