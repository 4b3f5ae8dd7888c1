/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body, as it is. What is bound has the form of docs/protocol.md section 4, sorted. */
#include "fuzz.h"
#include "simauth/binding.h"

static size_t field_len(const struct simauth_octets *o, size_t at)
{
    MUST(at + 2 <= o->len);
    return (size_t)o->data[at] << 8 | o->data[at + 1];
}

static void check(const struct simauth_octets *o)
{
    size_t count = field_len(o, 0), at = 2, before = 0;

    MUST(count <= SIMAUTH_BINDING_LINES_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t len = field_len(o, at), last = i > 0 ? field_len(o, before) : 0;
        MUST(at + 2 + len <= o->len);
        MUST(i == 0 ||
             memcmp(o->data + before + 2, o->data + at + 2, len < last ? len : last) <= 0);
        before = at;
        at += 2 + len;
    }
    MUST(at == o->len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct simauth_octets binding = {0};
    enum simauth_result result = simauth_binding((const char *)data, size, &binding);

    if (result == SIMAUTH_OK)
        check(&binding);
    else
        MUST(binding.len == 0);
    if (simauth_binding_has_zrtp((const char *)data, size))
        MUST(result == SIMAUTH_OK && binding.len > 2);
    simauth_octets_clear(&binding);
    return 0;
}
