/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens: a line of the description ("a=..."), or in hexadecimal what the kernel copies to the
 * middle (an IP packet; a message of NFLOG behind "n"; the payload alone behind "t"). */
#include "fuzz.h"

#include "../../middle/tokens.c"

static const uint8_t secret[E2M_TOKEN_SECRET_LEN] = {1};

static uint8_t nibble(uint8_t c)
{
    return (uint8_t)((c >= 'a' && c <= 'f' ? c - 'a' + 10 : c) & 0x0f);
}

static void attribute(const uint8_t *data, size_t size)
{
    uint8_t octets[E2M_TOKEN_SECRET_LEN];
    char text[E2M_TOKEN_SECRET_TEXT + 1];

    if (e2m_token_read_secret((const char *)data, size, octets)) {
        e2m_token_print_secret(octets, text);
        MUST(size == strlen(text) && memcmp(text, data, size) == 0);
    }
}

static void token(const uint8_t *octets, size_t len)
{
    uint8_t again[E2M_TOKEN_LEN];
    struct e2m_token t;

    if (!e2m_token_read(octets, len, &t))
        return;
    MUST(len == E2M_TOKEN_LEN);
    MUST(!e2m_token_proved(secret, "sip:a@a", "sip:b@b", octets));
    MUST(e2m_token_make(secret, "sip:a@a", "sip:b@b", &t, again));
    MUST(memcmp(octets, again, E2M_TOKEN_LEN - E2M_TOKEN_MAC_LEN) == 0);
}

static void taken(const struct token_packet *packet, void *data)
{
    (void)data;
    token(packet->octets, sizeof packet->octets);
}

/* Of their own size, so that ASan sees an octet too many. */
static const struct nlmsghdr *messages(const uint8_t *octets, size_t len)
{
    static uint8_t *copy;

    copy = realloc(copy, len + 1);
    MUST(copy != NULL);
    memcpy(copy, octets, len);
    return (const struct nlmsghdr *)(const void *)copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static union {
        struct nlmsghdr head;
        uint8_t octets[ROOM];
    } room;
    struct token_packet packet;
    size_t len = 0;

    if (size < 2 || size > ROOM)
        return 0;
    if (data[0] == 'a') {
        attribute(data + 1, size - 1);
        return 0;
    }
    for (size_t i = 1; i + 1 < size; i += 2)
        room.octets[len++] = (uint8_t)(nibble(data[i]) << 4 | nibble(data[i + 1]));
    if (data[0] == 't')
        token(room.octets, len);
    else if (data[0] == 'n')
        read_messages(messages(room.octets, len), (int)len, taken, NULL);
    else if (tokens_parse(room.octets, len, &packet))
        token(packet.octets, sizeof packet.octets);
    return 0;
}
