/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the program says that asks a person for the PIN: lines of Assuan, as they come. */
#include "fuzz.h"

#include "../../plugin/sim/pinentry.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct talk t = {.fd = -1};
    int pair[2];
    bool more = true;

    if (size > 20000) /* what a pipe holds */
        return 0;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    t.fd = pair[0];
    MUST(send(pair[1], data, size, 0) == (ssize_t)size);
    shutdown(pair[1], SHUT_WR);
    for (size_t i = 0; more && i <= size; i++) {
        char pin[PIN_MAX + 1] = "";
        size_t len = 0;

        pin[PIN_MAX] = 'x';
        more = hear(&t, PROGRAM_MS, i % 2 ? NULL : pin, &len);
        MUST(len <= PIN_MAX && pin[PIN_MAX] == 'x' && t.used <= LINE_MAX_OCTETS);
    }
    close(pair[0]);
    close(pair[1]);
    return 0;
}
