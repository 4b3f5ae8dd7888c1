/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Table 1 of Jiang's paper with the protocol library: m originators call n destinations each,
 * twice. End-to-end: both SIMs in every call. Hybrid: both SIMs in the first, a setup key in the
 * second. Agents: a ticket in every call. What the sessions ask for is counted, and their CPU and
 * that of the operators' vectors and seals is timed together. bench.agt.table1 has the same with
 * real phones. Prints one JSON object a line.
 */
#include "cpu.h"
#include "play.h"

#include <stdio.h>
#include <string.h>

static void report(const char *model, unsigned m, unsigned n, const struct load *load)
{
    const struct {
        const char *what, *unit;
        double value;
    } rows[] = {{"SIM operations", "", (double)load->sims},
                {"gateway requests", "", (double)load->requests},
                {"elements", "", (double)load->elements},
                {"CPU", "ms", load->us / 1000}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("{\"name\": \"table 1, library, %s, %u to %u, %s\", \"value\": %.6g, \"unit\": "
               "\"%s\", \"model\": \"%s\", \"m\": %u, \"n\": %u, \"what\": \"%s\"}\n",
               model, m, n, rows[i].what, rows[i].value, rows[i].unit, model, m, n, rows[i].what);
}

/* Two calls of each originator to each destination. */
static void group(const char *model, unsigned m, unsigned n)
{
    struct world w;
    struct load load = {0};
    double start;

    world_init(&w);
    start = cpu_us();
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < m * n; i++) {
            if (strcmp(model, "agents") == 0)
                play_key(&w, "agt", &load);
            else if (strcmp(model, "hybrid") == 0 && round > 0)
                play_key(&w, "stp", &load);
            else
                play_sims(&w, &load);
        }
    load.us = cpu_us() - start;
    report(model, m, n, &load);
}

int main(void)
{
    static const unsigned sizes[][2] = {{1, 10}, {1, 100}, {1, 1000}, {4, 1000}};
    static const char *const models[] = {"end-to-end", "hybrid", "agents"};

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (size_t i = 0; i < sizeof models / sizeof *models; i++)
            group(models[i], sizes[s][0], sizes[s][1]);
    return 0;
}
