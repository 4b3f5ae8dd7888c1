/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "apdu.h"
#include "clock.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

#define ROUNDS_MAX 12 /* commands on behalf of one command; no honest card needs more */
#define BUSY_MAX 8
#define BUSY_PAUSE_NS 100000000
#define ROOM (APDU_REPLY_MAX + 2)

static const struct {
    uint16_t mask, sw;
    enum apdu_meaning meaning;
} meanings[] = {
    {0xffff, 0x9000, APDU_GOOD},        {0xff00, 0x9100, APDU_GOOD},
    {0xfff0, 0x9200, APDU_GOOD},        {0xff00, 0x9200, APDU_CARD_ERROR},
    {0xffff, 0x9300, APDU_BUSY},        {0xffff, 0x9402, APDU_NOT_FOUND},
    {0xffff, 0x9404, APDU_NOT_FOUND},   {0xffff, 0x9408, APDU_CONDITIONS},
    {0xffff, 0x9804, APDU_NEEDS_PIN},   {0xffff, 0x9840, APDU_BLOCKED},
    {0xffff, 0x9862, APDU_WRONG_MAC},   {0xffff, 0x9864, APDU_UNSUPPORTED},
    {0xff00, 0x9800, APDU_CONDITIONS},  {0xfff0, 0x63c0, APDU_WRONG_PIN},
    {0xff00, 0x6200, APDU_GOOD},        {0xff00, 0x6300, APDU_GOOD},
    {0xff00, 0x6700, APDU_LENGTH},      {0xff00, 0x6c00, APDU_LENGTH},
    {0xff00, 0x6800, APDU_UNSUPPORTED}, {0xffff, 0x6982, APDU_NEEDS_PIN},
    {0xffff, 0x6983, APDU_BLOCKED},     {0xff00, 0x6900, APDU_CONDITIONS},
    {0xffff, 0x6a82, APDU_NOT_FOUND},   {0xffff, 0x6a83, APDU_NOT_FOUND},
    {0xffff, 0x6a88, APDU_NOT_FOUND},   {0xff00, 0x6a00, APDU_UNSUPPORTED},
    {0xff00, 0x6b00, APDU_UNSUPPORTED}, {0xff00, 0x6d00, APDU_UNSUPPORTED},
    {0xff00, 0x6e00, APDU_UNSUPPORTED},
};

static enum apdu_meaning meaning_of(uint16_t sw)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if ((sw & meanings[i].mask) == meanings[i].sw)
            return meanings[i].meaning;
    return APDU_CARD_ERROR;
}

const char *apdu_meaning_name(enum apdu_meaning meaning)
{
    static const char *const names[] = {"good",      "wrong-pin", "needs-pin",   "blocked",
                                        "wrong-mac", "not-found", "unsupported", "conditions",
                                        "busy",      "length",    "card-error",  "malformed",
                                        "reset",     "gone",      "mute",        "no-link"};

    return names[meaning];
}

/* -- one exchange ------------------------------------------------------------------------------ */

static size_t write_command(const struct card_link *link, const struct apdu *apdu,
                            uint8_t wire[static APDU_WIRE_MAX])
{
    size_t len = 4;

    wire[0] = apdu->cla;
    wire[1] = apdu->ins;
    wire[2] = apdu->p1;
    wire[3] = apdu->p2;
    if (apdu->lc > 0) {
        wire[len++] = apdu->lc;
        memcpy(wire + len, apdu->data, apdu->lc);
        len += apdu->lc;
    }
    if (apdu->lc == 0 ? apdu->has_le || link->t0 : apdu->has_le && !link->t0)
        wire[len++] = apdu->le;
    return len;
}

void apdu_begin_job(struct card_link *link, unsigned limit_ms)
{
    link->until = now_ms() + limit_ms;
}

unsigned apdu_left_ms(const struct card_link *link)
{
    int64_t left = link->until ? link->until - now_ms() : APDU_LIMIT_MS;

    return left < 1 ? 1 : left > APDU_LIMIT_MS ? APDU_LIMIT_MS : (unsigned)left;
}

/* Appends the data to `reply` and sets its status word. */
static enum apdu_meaning exchange(struct card_link *link, const struct apdu *apdu,
                                  struct apdu_reply *reply)
{
    uint8_t command[APDU_WIRE_MAX], answer[ROOM];
    size_t len = write_command(link, apdu, command), got = sizeof answer;
    enum apdu_meaning meaning = link->transmit(link, command, len, answer, &got);

    if (meaning == APDU_GOOD &&
        (got < 2 || got > sizeof answer || got - 2 > sizeof reply->data - reply->len))
        meaning = APDU_MALFORMED;
    if (meaning == APDU_GOOD) {
        memcpy(reply->data + reply->len, answer, got - 2);
        reply->len += got - 2;
        reply->sw = (uint16_t)(answer[got - 2] << 8 | answer[got - 1]);
        if (reply->sw >> 8 == 0x91) {
            link->proactive = true;
            link->pending = reply->sw & 0xff;
        }
    }
    OPENSSL_cleanse(command, sizeof command);
    OPENSSL_cleanse(answer, sizeof answer);
    return meaning;
}

/* -- a card that is busy with its own wishes --------------------------------------------------- */

/* TERMINAL RESPONSE: "command beyond terminal's capabilities" (TS 102 223, 8.12) to whatever it
 * was. */
static void refuse_proactive(const struct apdu_reply *wish, struct apdu *response)
{
    static const uint8_t rest[] = {0x82, 0x02, 0x82, 0x81, 0x83, 0x01, 0x30};
    const uint8_t *body, *details;
    size_t body_len = 0, len = 0;

    body = apdu_tlv(wish->data, wish->len, 0xd0, &body_len);
    details = body ? apdu_tlv(body, body_len, 0x81, &len) : NULL;
    if (body && !details)
        details = apdu_tlv(body, body_len, 0x01, &len);
    response->data[0] = 0x81;
    response->data[1] = 3;
    if (details && len == 3)
        memcpy(response->data + 2, details, 3);
    else
        memcpy(response->data + 2, "\x01\x00\x00", 3);
    memcpy(response->data + 5, rest, sizeof rest);
    response->lc = 5 + sizeof rest;
}

static enum apdu_meaning answer_proactive(struct card_link *link, uint8_t cla)
{
    uint8_t class = cla == 0xa0 ? 0xa0 : 0x80;
    struct apdu fetch = {.cla = class, .ins = 0x12, .has_le = true, .le = link->pending};
    struct apdu response = {.cla = class, .ins = 0x14};
    struct apdu_reply wish = {0}, thanks = {0};
    enum apdu_meaning meaning;

    link->proactive = false;
    meaning = exchange(link, &fetch, &wish);
    if (meaning != APDU_GOOD || meaning_of(wish.sw) != APDU_GOOD)
        return meaning;
    refuse_proactive(&wish, &response);
    return exchange(link, &response, &thanks);
}

static enum apdu_meaning wait_for_card(struct card_link *link, uint8_t cla)
{
    const struct timespec pause = {0, BUSY_PAUSE_NS};

    if (link->proactive)
        return answer_proactive(link, cla);
    nanosleep(&pause, NULL);
    return APDU_GOOD;
}

/* -- a command to its end ---------------------------------------------------------------------- */

static enum apdu_meaning follow(struct card_link *link, const struct apdu *apdu, struct apdu *next,
                                struct apdu_reply *reply)
{
    unsigned busy = 0;

    for (unsigned round = 0; round < ROUNDS_MAX + BUSY_MAX; round++) {
        size_t before = reply->len;
        enum apdu_meaning meaning = exchange(link, next, reply);
        uint8_t high = reply->sw >> 8, low = reply->sw & 0xff;

        if (meaning != APDU_GOOD)
            return meaning;
        if (high == 0x61 || high == 0x9f) {
            *next = (struct apdu){.cla = apdu->cla, .ins = 0xc0, .has_le = true, .le = low};
        } else if ((high == 0x6c || (high == 0x67 && low && next->cla == 0xa0)) && next->lc == 0 &&
                   next->le != low) { /* TS 51.011, 9.4.6 has the length behind 67 */
            next->has_le = true;
            next->le = low;
            reply->len = before; /* nothing of it counts */
        } else if (reply->sw == 0x9300 && busy++ < BUSY_MAX) {
            reply->len = 0;
            meaning = wait_for_card(link, apdu->cla);
            if (meaning != APDU_GOOD)
                return meaning;
            *next = *apdu; /* from the beginning */
        } else {
            return meaning_of(reply->sw);
        }
    }
    return APDU_MALFORMED;
}

enum apdu_meaning apdu_send(struct card_link *link, const struct apdu *apdu,
                            struct apdu_reply *reply)
{
    struct apdu next = *apdu;
    enum apdu_meaning meaning;

    memset(reply, 0, sizeof *reply);
    meaning = follow(link, apdu, &next, reply);
    if (meaning == APDU_WRONG_PIN)
        reply->tries = reply->sw & 0x0f;
    OPENSSL_cleanse(&next, sizeof next);
    return meaning;
}

/* -- BER-TLV ----------------------------------------------------------------------------------- */

bool apdu_tlv_next(const uint8_t *list, size_t len, size_t *at, uint8_t *tag, const uint8_t **value,
                   size_t *value_len)
{
    size_t i = *at, size;

    while (i < len && (list[i] == 0xff || list[i] == 0x00))
        i++; /* the filling of records */
    if (len - i < 2)
        return false;
    *tag = list[i++];
    size = list[i++];
    if (size == 0x81) {
        if (i >= len)
            return false;
        size = list[i++];
    } else if (size > 0x7f) {
        return false;
    }
    if (size > len - i)
        return false;
    *value = list + i;
    *value_len = size;
    *at = i + size;
    return true;
}

const uint8_t *apdu_tlv(const uint8_t *list, size_t len, uint8_t tag, size_t *value_len)
{
    const uint8_t *value;
    size_t at = 0;
    uint8_t found;

    while (apdu_tlv_next(list, len, &at, &found, &value, value_len))
        if (found == tag)
            return value;
    *value_len = 0;
    return NULL;
}
