/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An Authorization header as Ub and Ua read it: parsed, checked under a key that its author has
 * not, its nonce used. */
#include "../fuzz/fuzz.h"
#include "api/nonce.h"
#include <simauth/digest.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] = "bm90IGtub3duIHRvIHdob2V2ZXIgd3JvdGUgdGhpcw==";
    static struct simauth_digest_credentials c;
    static struct nonces *nonces;
    const struct simauth_digest_request request = {"POST", data, size};

    if (nonces == NULL)
        nonces = nonces_new(300, NULL);
    MUST(nonces != NULL);
    if (simauth_digest_parse_credentials((const char *)data, size, &c) != SIMAUTH_OK)
        return 0;
    MUST(strlen(c.username) <= SIMAUTH_DIGEST_TEXT_MAX &&
         strlen(c.nonce) <= SIMAUTH_DIGEST_TEXT_MAX);
    MUST(simauth_digest_check(&c, &request, key, sizeof key - 1) != SIMAUTH_OK);
    MUST(nonces_use(nonces, c.nonce, "s:1", c.username, c.nc, 1000000) != NONCE_GOOD);
    return 0;
}
