/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pin_giver.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>

static size_t ask(void *user, const char *label, int tries_left, char pin[static 8])
{
    struct pin_giver *g = user;
    size_t len = g->len;

    if (!g->by_hand)
        return g->inner && g->inner->ask ? g->inner->ask(g->inner->user, label, tries_left, pin)
                                         : 0;
    if (pin_giver_other(g))
        return 0;
    memcpy(pin, g->pin, len);
    OPENSSL_cleanse(g->pin, sizeof(g->pin));
    g->len = 0;
    g->used = g->used || len > 0;
    return len;
}

static bool last_try(void *user, const char *label)
{
    struct pin_giver *g = user;

    if (!g->by_hand)
        return g->inner && g->inner->last_try && g->inner->last_try(g->inner->user, label);
    g->kept_last = !g->spend_last;
    return g->spend_last && g->len > 0 && !pin_giver_other(g);
}

static void result(void *user, bool right)
{
    struct pin_giver *g = user;

    if (g->by_hand)
        g->wrong = !right;
    else if (g->inner && g->inner->result)
        g->inner->result(g->inner->user, right);
}

static void tries(void *user, int left)
{
    ((struct pin_giver *)user)->tries = left;
}

static void card(void *user, const char *iccid)
{
    struct pin_giver *g = user;

    if (!*iccid || !g->folder || !card_tag(g->folder, iccid, g->tag))
        *g->tag = '\0';
}

void pin_giver_init(struct pin_giver *g)
{
    memset(g, 0, sizeof(*g));
    g->source = (struct sim_pin_source){.ask = ask,
                                        .last_try = last_try,
                                        .result = result,
                                        .tries = tries,
                                        .card = card,
                                        .user = g};
    g->tries = -1;
}

bool pin_giver_other(const struct pin_giver *g)
{
    return *g->wanted && strcmp(g->wanted, g->tag) != 0;
}

void pin_giver_begin(struct pin_giver *g, const char *pin, size_t len, bool spend_last,
                     const char *tag)
{
    g->by_hand = true;
    g->spend_last = spend_last;
    g->used = g->wrong = g->kept_last = false;
    g_strlcpy(g->wanted, tag, sizeof(g->wanted));
    g->len = MIN(len, sizeof(g->pin));
    memcpy(g->pin, pin, g->len);
}

void pin_giver_end(struct pin_giver *g)
{
    OPENSSL_cleanse(g->pin, sizeof(g->pin));
    g->len = 0;
    g->by_hand = false;
}
