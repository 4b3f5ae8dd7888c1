/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setup keys. The first line: "file" (the rest is the sealed file), "sealed" (the rest is what is
 * inside it) or "token" (the rest is the element of a caller that names a key). In what is inside,
 * a line is a field, "." ends a record; \xNN is an octet.
 */
#include "file.h"

#include "../../plugin/keys/keyring_file.c"

#include <simauth/element.h>

#define NOW 1800000000
#define ROOM (1 << 16)

static const struct simauth_secret seal_with = {.len = 32,
                                                .octets = "a key that nobody else has had.."};

/* Reads the ring from the disk; what was in it is written and read to the same. */
static void read_ring(const char *path)
{
    struct simauth_keyring *ring = simauth_keyring_new(), *again = simauth_keyring_new();
    char error[KEYRING_FILE_ERROR_MAX] = "";
    enum keyring_file_status status;
    size_t count = 0;
    GBytes *sealed;

    MUST(ring && again);
    status = keyring_file_read(path, &seal_with, NOW, ring, error);
    MUST(status == KEYRING_FILE_READ || status == KEYRING_FILE_NONE || error[0]);
    while (simauth_keyring_at(ring, count))
        count++;
    MUST(status == KEYRING_FILE_READ || count == 0);
    sealed = keyring_file_seal(ring, &seal_with);
    MUST(sealed != NULL && keyring_file_write(path, sealed, error));
    MUST(keyring_file_read(path, &seal_with, NOW, again, error) == KEYRING_FILE_READ);
    MUST(count == 0 || simauth_keyring_at(again, count - 1));
    g_bytes_unref(sealed);
    simauth_keyring_free(again);
    simauth_keyring_free(ring);
}

static void put_u16(uint8_t *at, size_t len)
{
    at[0] = (uint8_t)(len >> 8);
    at[1] = (uint8_t)len;
}

static int nibble(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* One line to octets; returns their number. */
static size_t unescape(const uint8_t *line, size_t len, uint8_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (i + 3 < len && line[i] == '\\' && line[i + 1] == 'x' && nibble(line[i + 2]) >= 0 &&
            nibble(line[i + 3]) >= 0) {
            out[n++] = (uint8_t)(nibble(line[i + 2]) << 4 | nibble(line[i + 3]));
            i += 3;
        } else {
            out[n++] = line[i];
        }
    }
    return n;
}

static size_t records(const uint8_t *text, size_t len, uint8_t *plain)
{
    size_t n = 2, record = 0;

    while (len > 0 && n + len + 4 < ROOM) {
        const uint8_t *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;

        if (line == 1 && *text == '.') {
            put_u16(plain + record, n - record - 2);
            record = n;
            n += 2;
        } else {
            size_t field = unescape(text, line, plain + n + 2);

            put_u16(plain + n, field);
            n += 2 + field;
        }
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
    return record; /* what no "." ended is none */
}

static void inside(const uint8_t *text, size_t len)
{
    static uint8_t plain[ROOM + 4], file[ROOM + 128];
    size_t plain_len = records(text, len, plain);

    MUST(seal(&seal_with, plain, plain_len, file));
    read_ring(fuzz_file("setup-keys", file, plain_len + FRAME));
}

/* A ring that holds one key; the element does not know it, so none is found. */
static void token(const char *text)
{
    struct simauth_held_key key = {.with = simauth_method_find("stp", 3),
                                   .origin = simauth_method_find("aka", 3),
                                   .key = seal_with,
                                   .own_aor = "sip:bob@b.example",
                                   .peer_aor = "sip:alice@a.example",
                                   .own_nai = "bob@b.example",
                                   .peer_nai = "alice@a.example",
                                   .peer_operator = "A",
                                   .sim_time = NOW - 60,
                                   .made = NOW - 60,
                                   .expires = NOW + 3600};
    struct simauth_keyring *ring = simauth_keyring_new();
    const struct simauth_held_key *found = NULL;
    struct simauth_element e;
    uint64_t handle = 0;

    MUST(ring && simauth_keyring_add(ring, &key, NOW) == SIMAUTH_OK);
    if (simauth_element_parse(&e, SIMAUTH_ELEMENT_1, text, strlen(text)) == SIMAUTH_OK &&
        simauth_method_is_held(e.method) && e.method->id_len == SIMAUTH_KEYID_LEN)
        MUST(simauth_keyring_find(ring, key.own_aor, key.peer_aor, e.rand,
                                  e.rand + SIMAUTH_KEYID_LEN, NOW, &found,
                                  &handle) == SIMAUTH_NOT_OURS);
    simauth_keyring_free(ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t head = end ? (size_t)(end - data) : 0, rest = end ? size - head - 1 : 0;
    char *text;

    if (!end)
        return 0;
    if (head == 4 && memcmp(data, "file", 4) == 0) {
        read_ring(fuzz_file("setup-keys", end + 1, rest));
    } else if (head == 6 && memcmp(data, "sealed", 6) == 0) {
        inside(end + 1, rest);
    } else {
        text = fuzz_text(end + 1, rest);
        token(text);
        free(text);
    }
    return 0;
}
