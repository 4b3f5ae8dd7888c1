/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a proxy answers to the gateway's MESSAGE. */
#include "fuzz.h"

#include "../../gateway/api/sip_message.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct message m = {.branch = "0123456789abcdef0123456789abcdef"};
    char *text = fuzz_text(data, size);
    int status = status_of(&m, text);

    MUST(status == 0 || (strstr(text, m.branch) && strncmp(text, "SIP/2.0 ", 8) == 0));
    free(text);
    return 0;
}
