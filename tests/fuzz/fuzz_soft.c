/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A software SIM: the first line says which file the rest is (sim, numbers, password), that it is
 * what stands in the file of numbers ("windows": a line for each slot, the sums are made), or the
 * code that a person types. */
#include "file.h"

#include "../../plugin/sim/sims.h"
#include "../../plugin/sim/soft_sqn.c"

#include <simauth/activation.h>

static void sim(const char *path)
{
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;
    char error[SIM_ERROR_MAX] = "";
    struct soft_file file;

    if (soft_file_open(&file, path, &status, error)) {
        MUST(strlen(file.identity.imsi) >= 6 && file.identity.impi[0]);
        soft_file_close(&file);
    } else {
        MUST(status != SIMAUTH_CARD_GOOD && error[0]);
    }
}

static void numbers(const char *path)
{
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;
    char error[SIM_ERROR_MAX] = "";
    struct soft_window window, again;

    if (!soft_window_load(&window, path, &status, error)) {
        MUST(status != SIMAUTH_CARD_GOOD && error[0]);
        return;
    }
    MUST(!soft_window_fresh(&window, soft_window_highest(&window)));
    MUST(soft_window_store(&window, path));
    MUST(soft_window_load(&again, path, &status, error));
    MUST(soft_window_highest(&again) >= soft_window_highest(&window));
}

static void windows(const uint8_t *text, size_t len)
{
    char file[FILE_LEN], sum[SUM_LEN + 1];

    memset(file, ' ', sizeof file);
    for (size_t slot = 0; slot <= SLOTS; slot++) {
        const uint8_t *end = memchr(text, '\n', len);
        size_t line = end ? (size_t)(end - text) : len;
        size_t kept = line < SLOT_LEN - SUM_LEN - 2 ? line : SLOT_LEN - SUM_LEN - 2;

        memcpy(file + slot * SLOT_LEN, text, kept);
        hash_of((const char *)text, kept, sum);
        memcpy(file + slot * SLOT_LEN + kept + 1, sum, SUM_LEN);
        text += line + (end != NULL);
        len -= line + (end != NULL);
    }
    numbers(fuzz_file("sim.json.sqn", file, sizeof file));
}

static void password(const char *path)
{
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;
    char error[SIM_ERROR_MAX] = "";
    struct sim *opened = sim_backend_digest.open(path, NULL, &status, error);
    struct sim_identity identity;
    struct simauth_secret ha1;

    MUST(opened || (status != SIMAUTH_CARD_GOOD && error[0]));
    if (!opened)
        return;
    sim_backend_digest.identity(opened, &identity);
    MUST(strchr(identity.impi, '@') && identity.none);
    MUST(sim_backend_digest.ha1(opened, "a.example", &ha1) == SIMAUTH_CARD_GOOD);
    sim_backend_digest.close(opened);
}

static void code(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), written[SIMAUTH_CODE_TEXT_MAX];
    uint8_t octets[SIMAUTH_CODE_LEN], again[SIMAUTH_CODE_LEN];

    if (simauth_code_read(text, octets) == SIMAUTH_OK) {
        simauth_code_write(octets, written);
        MUST(simauth_code_read(written, again) == SIMAUTH_OK);
        MUST(memcmp(octets, again, sizeof octets) == 0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    size_t rest = end ? size - (size_t)(end + 1 - data) : 0;

    if (!end)
        return 0;
    switch (data[0]) {
    case 's':
        sim(fuzz_file("sim.json", end + 1, rest));
        break;
    case 'n':
        numbers(fuzz_file("sim.json.sqn", end + 1, rest));
        break;
    case 'w':
        windows(end + 1, rest);
        break;
    case 'p':
        password(fuzz_file("password.json", end + 1, rest));
        break;
    default:
        code(end + 1, rest);
    }
    return 0;
}
