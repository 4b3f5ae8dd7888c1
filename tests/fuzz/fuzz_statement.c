/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A statement against no anchors: nothing is ever good, and nothing falls. */
#include "fuzz.h"
#include "simauth/vector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static X509_STORE *anchors;
    struct simauth_statement statement;
    char *text = fuzz_text(data, size);

    if (anchors == NULL)
        anchors = X509_STORE_new();
    MUST(simauth_statement_verify(text, anchors, 1800000000, &statement) != SIMAUTH_OK);
    MUST(statement.realm[0] == '\0');
    free(text);
    return 0;
}
