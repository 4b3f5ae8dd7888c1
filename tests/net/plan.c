/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MS 3600000
#define LATE_MS 50

/* splitmix64 (Steele, Lea, Flood 2014): any seed will do, and two that differ in a bit differ. */
static uint64_t draw(struct wire_lane *lane)
{
    uint64_t z = (lane->random += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* From 0 up to and without 1. */
static double fraction(uint64_t random)
{
    return (double)(random >> 11) / (double)(UINT64_C(1) << 53);
}

static bool chance(uint64_t random, double percent)
{
    return fraction(random) * 100 < percent;
}

void wire_plan_begin(struct wire_plan *plan, uint64_t seed)
{
    *plan = (struct wire_plan){.late_ms = LATE_MS, .burst_length = 1};
    for (unsigned i = 0; i < WIRE_DIRECTIONS; i++) {
        plan->lanes[i].random = seed * WIRE_DIRECTIONS + i;
        draw(&plan->lanes[i]);
    }
}

/* -- words */

struct reader {
    char *error;
    size_t size;
};

static int wrong(const struct reader *reader, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(reader->error, reader->size, format, arguments);
    va_end(arguments);
    return -1;
}

/* The number at *text, which `end` follows; *text is then behind that. */
static int number(const char **text, char end, double most, double *value)
{
    char *behind;

    *value = strtod(*text, &behind);
    if (behind == *text || *behind != end || !(*value >= 0 && *value <= most))
        return -1;
    *text = end ? behind + 1 : behind;
    return 0;
}

static int read_number(const char *text, double most, double *value)
{
    return number(&text, '\0', most, value);
}

static int read_ms(const char *text, uint32_t *ms)
{
    double value;

    if (read_number(text, MAX_MS, &value) != 0)
        return -1;
    *ms = (uint32_t)value;
    return 0;
}

static int read_reorder(struct wire_plan *plan, const char *text)
{
    if (strchr(text, ':') == NULL)
        return read_number(text, 100, &plan->late);
    if (number(&text, ':', 100, &plan->late) != 0)
        return -1;
    return read_ms(text, &plan->late_ms);
}

static int read_burst(struct wire_plan *plan, const char *text)
{
    if (number(&text, ':', 100, &plan->burst) != 0 ||
        read_number(text, 1000000, &plan->burst_length) != 0)
        return -1;
    return plan->burst_length >= 1 ? 0 : -1;
}

static int read_blackout(struct wire_plan *plan, const char *text)
{
    double from, to;

    if (plan->blackouts == WIRE_WINDOWS || number(&text, '-', MAX_MS, &from) != 0 ||
        read_number(text, MAX_MS, &to) != 0 || to <= from)
        return -1;
    plan->blackout[plan->blackouts++] = (struct wire_window){(uint32_t)from, (uint32_t)to};
    return 0;
}

static int read_spread(struct wire_plan *plan, const char *text)
{
    static const char *const names[] = {"uniform", "normal", "long-tail"};

    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            plan->spread = (enum wire_spread)i;
            return 0;
        }
    }
    return -1;
}

static int read_word(struct wire_plan *plan, const char *word, const struct reader *reader)
{
    const char *text = strchr(word, '=');
    size_t len = text ? (size_t)(text - word) : strlen(word);
    int result = -1;

#define IS(name) (len == sizeof name - 1 && memcmp(word, name, sizeof name - 1) == 0)
    if (text == NULL)
        return wrong(reader, "'%s' is no NAME=VALUE", word);
    text++;
    if (IS("loss"))
        result = read_number(text, 100, &plan->loss);
    else if (IS("double"))
        result = read_number(text, 100, &plan->twice);
    else if (IS("reorder"))
        result = read_reorder(plan, text);
    else if (IS("burst"))
        result = read_burst(plan, text);
    else if (IS("delay"))
        result = read_ms(text, &plan->delay_ms);
    else if (IS("jitter"))
        result = read_ms(text, &plan->jitter_ms);
    else if (IS("spread"))
        result = read_spread(plan, text);
    else if (IS("blackout"))
        result = read_blackout(plan, text);
    else
        return wrong(reader, "a plan knows no '%.*s'", (int)len, word);
#undef IS
    return result == 0 ? 0 : wrong(reader, "'%s' cannot be understood", word);
}

/* The next word at *words, copied into `word`; false: there is none. */
static bool next_word(const char **words, char *word, size_t size)
{
    const char *at = *words;
    size_t len;

    for (;;) {
        at += strspn(at, " \t\r\n");
        if (*at != '#')
            break;
        at += strcspn(at, "\n");
    }
    len = strcspn(at, " \t\r\n#");
    snprintf(word, size, "%.*s", (int)(len < size ? len : size - 1), at);
    *words = at + len;
    return len > 0;
}

int wire_plan_read(struct wire_plan *plan, const char *words, char *error, size_t size)
{
    const struct reader reader = {error, size};
    struct wire_plan fresh = *plan;
    char word[128];

    while (next_word(&words, word, sizeof word)) {
        if (read_word(&fresh, word, &reader) != 0)
            return -1;
    }
    *plan = fresh;
    return 0;
}

/* -- fates */

static uint32_t spread(const struct wire_plan *plan, uint64_t random)
{
    double more = 0, sum = 0;

    switch (plan->spread) {
    case WIRE_UNIFORM:
        more = 2 * fraction(random) - 1;
        break;
    case WIRE_NORMAL: /* the sum of four uniform ones is near enough; its deviation is 1/sqrt(3) */
        for (int i = 0; i < 4; i++)
            sum += (double)(random >> (16 * i) & 0xffff) / 65536;
        more = (sum - 2) * sqrt(3);
        break;
    case WIRE_LONG_TAIL: /* Pareto's, with exponent 2, and no more than 20 times the jitter */
        more = 1 / sqrt(1 - fraction(random)) - 1;
        more = more < 20 ? more : 20;
        break;
    }
    more = plan->delay_ms + more * plan->jitter_ms;
    return more > 0 ? (uint32_t)more : 0;
}

static bool in_blackout(const struct wire_plan *plan, uint32_t now_ms)
{
    for (size_t i = 0; i < plan->blackouts; i++) {
        if (now_ms >= plan->blackout[i].from_ms && now_ms < plan->blackout[i].to_ms)
            return true;
    }
    return false;
}

/* A burst begins with a packet and ends before one, so that its mean length is what the plan says.
 */
static bool in_burst(const struct wire_plan *plan, struct wire_lane *lane, uint64_t random)
{
    lane->in_burst =
        lane->in_burst ? !chance(random, 100 / plan->burst_length) : chance(random, plan->burst);
    return lane->in_burst;
}

struct wire_decision wire_plan_next(struct wire_plan *plan, enum wire_direction direction,
                                    uint32_t now_ms)
{
    struct wire_lane *lane = &plan->lanes[direction];
    uint64_t random[6];
    struct wire_decision decision = {0};

    for (unsigned i = 0; i < sizeof random / sizeof *random; i++)
        random[i] = draw(lane);
    if (in_burst(plan, lane, random[0]))
        decision.fate = WIRE_LOST_IN_BURST;
    else if (chance(random[1], plan->loss))
        decision.fate = WIRE_LOST;
    if (in_blackout(plan, now_ms))
        decision.fate = WIRE_LOST_IN_BLACKOUT;
    decision.late = chance(random[2], plan->late);
    decision.twice = chance(random[3], plan->twice);
    decision.delay_ms = spread(plan, random[4]);
    decision.copy_delay_ms = spread(plan, random[5]);
    if (decision.copy_delay_ms < decision.delay_ms)
        decision.copy_delay_ms = decision.delay_ms;
    if (decision.late)
        decision.delay_ms += plan->late_ms;
    return decision;
}
