/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The body, as it is. What is bound has the form of docs/protocol.md section 4, sorted. */
#include "../../lib/streams.h"
#include "fuzz.h"

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

/* Two fields for each m-line; what is there is among itself, and only nothing is among nothing. */
static void check_streams(const char *sdp, size_t size)
{
    struct simauth_octets binding = {0}, streams = {0}, none = {0};
    bool has_zrtp, living = false;

    if (simauth_streams(sdp, size, &binding, &streams, &has_zrtp) == SIMAUTH_OK) {
        for (size_t at = 0; at < streams.len;) {
            size_t len = (size_t)streams.data[at] << 8 | streams.data[at + 1];
            living = living || len > 0;
            at += 2 + len;
            MUST(at <= streams.len);
        }
        MUST(has_zrtp == simauth_binding_has_zrtp(sdp, size));
        MUST(simauth_streams_among(&streams, &streams));
        MUST(simauth_streams_among(&streams, &none) == !living);
    } else {
        MUST(streams.len == 0);
    }
    simauth_octets_clear(&binding);
    simauth_octets_clear(&streams);
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
    check_streams((const char *)data, size);
    return 0;
}
