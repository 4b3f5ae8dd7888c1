/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A PIN that is given by hand stands in the station for a moment: where no core dump looks. */
#include "station.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Whether these octets are in a mapping that is not dumped (proc(5): "dd"). */
static bool not_dumped(const void *octets)
{
    FILE *maps = fopen("/proc/self/smaps", "r");
    uintptr_t at = (uintptr_t)octets, begin, end;
    bool here = false, found = false;
    char line[512];

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
            here = begin <= at && at < end;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, " dd") != NULL;
    }
    (void)fclose(maps);
    return found;
}

static void pin_by_hand(void **state)
{
    struct station *station = station_open();

    (void)state;
    assert_non_null(station);
    assert_true(not_dumped(station));
    station_close(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pin_by_hand)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
