/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mutator.h"

static const char *const words[] = {"0",          "-1",         "255",
                                    "256",        "65535",      "65536",
                                    "4294967295", "4294967296", "18446744073709551615",
                                    "\"",         "\\",         "\r\n",
                                    "\r\n\r\n",   "\n",         ",",
                                    ";",          "=",          "%00",
                                    "{}",         "[[[[",       "null",
                                    "true",       "1e999",      "\xff",
                                    "\xc3\xa4",   "\\u0000",    "--"};

/* splitmix64 */
static uint64_t draw(struct fuzz_mutator *m)
{
    uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static size_t below(struct fuzz_mutator *m, size_t limit)
{
    return limit > 0 ? draw(m) % limit : 0;
}

/* In the place of `cut` octets at `at`; what does not fit is left out. */
static void put(struct fuzz_input *made, size_t at, size_t cut, const void *octets, size_t len)
{
    if (made->len - cut + len > FUZZ_MADE_MAX)
        return;
    memmove(made->octets + at + len, made->octets + at + cut, made->len - at - cut);
    if (len > 0)
        memcpy(made->octets + at, octets, len);
    made->len += len - cut;
}

static void change_octet(struct fuzz_mutator *m, struct fuzz_input *made)
{
    size_t at = below(m, made->len);

    if (made->len == 0)
        return;
    if (draw(m) & 1)
        made->octets[at] ^= (uint8_t)(1u << below(m, 8));
    else
        made->octets[at] = (uint8_t)draw(m);
}

static void remove_some(struct fuzz_mutator *m, struct fuzz_input *made)
{
    size_t at = below(m, made->len);

    put(made, at, below(m, made->len - at < 16 ? made->len - at + 1 : 16), NULL, 0);
}

static void insert_word(struct fuzz_mutator *m, struct fuzz_input *made)
{
    const char *word = words[below(m, sizeof words / sizeof *words)];
    size_t at = below(m, made->len + 1);

    put(made, at, below(m, 2) ? below(m, made->len - at < 8 ? made->len - at + 1 : 8) : 0, word,
        strlen(word));
}

static void insert_from(struct fuzz_mutator *m, struct fuzz_input *made,
                        const struct fuzz_input *other)
{
    static uint8_t copy[FUZZ_MADE_MAX];
    size_t from = below(m, other->len),
           len = below(m, other->len - from < 200 ? other->len - from + 1 : 200);

    memcpy(copy, other->octets + from, len);
    put(made, below(m, made->len + 1), 0, copy, len);
}

/* Begin and length, with its end, of one line. */
static size_t find_line(struct fuzz_mutator *m, const struct fuzz_input *made, size_t *len)
{
    size_t at = below(m, made->len), end = at;

    while (at > 0 && made->octets[at - 1] != '\n')
        at--;
    while (end < made->len && made->octets[end] != '\n')
        end++;
    *len = end - at + (end < made->len);
    return at;
}

static void move_line(struct fuzz_mutator *m, struct fuzz_input *made)
{
    static uint8_t copy[FUZZ_MADE_MAX];
    size_t len, at = find_line(m, made, &len), what = below(m, 3), to, ignored;

    memcpy(copy, made->octets + at, len);
    if (what > 0) /* 0: stands there twice */
        put(made, at, len, NULL, 0);
    if (what < 2) { /* 2: no more */
        to = find_line(m, made, &ignored);
        put(made, to, 0, copy, len);
    }
}

static void repeat(struct fuzz_mutator *m, struct fuzz_input *made)
{
    static uint8_t long_one[2048];
    size_t at = below(m, made->len), len = 1 + below(m, sizeof long_one);

    if (made->len == 0)
        return;
    memset(long_one, made->octets[at], len);
    put(made, at, 0, long_one, len);
}

void fuzz_make(struct fuzz_mutator *m, struct fuzz_input *made)
{
    const struct fuzz_input *from = &m->inputs[below(m, m->count)];
    size_t steps = 1 + below(m, 5);

    made->len = from->len < FUZZ_MADE_MAX / 2 ? from->len : FUZZ_MADE_MAX / 2;
    memcpy(made->octets, from->octets, made->len);
    for (size_t i = 0; i < steps; i++) {
        switch (below(m, 8)) {
        case 0:
            remove_some(m, made);
            break;
        case 1:
            insert_word(m, made);
            break;
        case 2:
            insert_from(m, made, &m->inputs[below(m, m->count)]);
            break;
        case 3:
            insert_from(m, made, made);
            break;
        case 4:
            move_line(m, made);
            break;
        case 5:
            if (below(m, 4) == 0)
                repeat(m, made);
            break;
        default:
            change_octet(m, made);
        }
    }
}
