/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of known people. What is read is written back, and read again to the same. */
#include "file.h"

#include <glib.h>
#include <pins.h>

static void write_and_read(struct pins *pins)
{
    char error[512] = "";
    struct pins *again;

    MUST(pins_save(pins, error));
    again = pins_open(fuzz_folder(), error);
    MUST(again && pins_count(again) == pins_count(pins));
    for (size_t i = 0; i < pins_count(pins); i++) {
        const struct pin *pin = pins_at(pins, i);

        MUST(pin->method && strcmp(pin->aor, pins_at(again, i)->aor) == 0);
        pins_find(again, pin->aor);
        pins_is_nobody(again, pin->aor, 1800000000);
        pins_opens(again, pin->aor);
    }
    pins_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[512] = "";
    struct pins *pins;

    fuzz_file("pins.json", data, size);
    pins = pins_open(fuzz_folder(), error);
    MUST(pins != NULL || (error[0] && g_utf8_validate(error, -1, NULL)));
    if (pins)
        write_and_read(pins);
    pins_close(pins);
    return 0;
}
