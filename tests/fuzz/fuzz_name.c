/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A URI or a NAI. What is canonical stays as it is. */
#include "fuzz.h"
#include "simauth/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char canonical[SIMAUTH_AOR_MAX + 1], again[SIMAUTH_AOR_MAX + 1];

    if (simauth_aor_canonical(text, canonical) == SIMAUTH_OK) {
        MUST(simauth_aor_canonical(canonical, again) == SIMAUTH_OK);
        MUST(strcmp(canonical, again) == 0);
        MUST(simauth_aor_same(text, canonical));
        MUST(strncmp(canonical, "tel:", 4) == 0 || *simauth_aor_domain(canonical) != '\0');
    } else {
        MUST(*canonical == '\0');
    }
    if (simauth_nai_check(text) == SIMAUTH_OK)
        MUST(strchr(simauth_nai_realm(text), '.') != NULL);
    free(text);
    return 0;
}
