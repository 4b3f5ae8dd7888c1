/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A header. What parses is written and parsed back to the same. */
#include "fuzz.h"
#include "simauth/digest.h"

static void challenge(const char *text, size_t size)
{
    static struct simauth_digest_challenge c, again;
    static char header[SIMAUTH_DIGEST_HEADER_MAX];

    if (simauth_digest_parse_challenge(text, size, &c) != SIMAUTH_OK)
        return;
    MUST(simauth_digest_write_challenge(&c, header) == SIMAUTH_OK);
    MUST(strpbrk(header, "\r\n") == NULL);
    MUST(simauth_digest_parse_challenge(header, strlen(header), &again) == SIMAUTH_OK);
    MUST(strcmp(c.nonce, again.nonce) == 0 && strcmp(c.realm, again.realm) == 0);
    MUST(strcmp(c.opaque, again.opaque) == 0 && c.qop == again.qop && c.stale == again.stale);
}

static void credentials(const char *text, size_t size)
{
    static struct simauth_digest_credentials c, again;
    static char header[SIMAUTH_DIGEST_HEADER_MAX];
    const struct simauth_digest_request request = {"GET", text, size};

    if (simauth_digest_parse_credentials(text, size, &c) != SIMAUTH_OK)
        return;
    MUST(simauth_digest_check(&c, &request, "x", 1) == SIMAUTH_WRONG);
    if (simauth_digest_write_credentials(&c, header) != SIMAUTH_OK)
        return; /* escapes may make it too long */
    MUST(simauth_digest_parse_credentials(header, strlen(header), &again) == SIMAUTH_OK);
    MUST(strcmp(c.username, again.username) == 0 && strcmp(c.uri, again.uri) == 0);
    MUST(c.nc == again.nc && c.qop == again.qop && c.has_auts == again.has_auts);
    simauth_digest_check_info(text, size, &c, NULL, 0, "x", 1, header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct simauth_digest_credentials sent = {.qop = SIMAUTH_QOP_AUTH_INT, .nc = 1};
    char *text = fuzz_text(data, size);
    char next[SIMAUTH_DIGEST_TEXT_MAX + 1];
    uint8_t rand[16], autn[16];

    challenge(text, size);
    credentials(text, size);
    MUST(simauth_digest_check_info(text, size, &sent, NULL, 0, "x", 1, next) != SIMAUTH_OK);
    simauth_aka_nonce_read(text, rand, autn);
    free(text);
    return 0;
}
