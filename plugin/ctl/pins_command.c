/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"
#include "pins.h"

#include <stdio.h>
#include <string.h>

static struct pins *open_pins(const struct ctl *ctl)
{
    struct settings *settings = ctl_read_settings(ctl);
    char error[SETTINGS_ERROR_MAX];
    struct pins *pins = settings ? pins_open(settings->data, error) : NULL;

    if (settings && !pins)
        ctl_complain("%s", error);
    settings_unref(settings);
    return pins;
}

static void show(const json_t *pin)
{
    printf("%s\n  is %s, vouched for by %s (%s)\n", ctl_text(pin, "aor"), ctl_text(pin, "nai"),
           ctl_text(pin, "operator"), ctl_text(pin, "method"));
    printf("  since %s", ctl_time(json_integer_value(json_object_get(pin, "since"))));
    printf(", last %s\n", ctl_time(json_integer_value(json_object_get(pin, "last"))));
}

static enum ctl_exit list(const struct ctl *ctl)
{
    struct pins *pins = open_pins(ctl);
    json_t *array = json_array();
    const json_t *pin;
    size_t i;

    if (!pins) {
        json_decref(array);
        return CTL_SETTINGS;
    }
    for (i = 0; i < pins_count(pins); i++)
        json_array_append_new(array, pin_to_json(pins_at(pins, i)));
    ctl_make_harmless(array); /* an operator chose its name */
    if (ctl->json)
        json_dumpf(array, stdout, JSON_INDENT(1) | JSON_SORT_KEYS), puts("");
    else
        json_array_foreach(array, i, pin) show(pin);
    json_decref(array);
    pins_close(pins);
    return CTL_GOOD;
}

static enum ctl_exit forget_in_file(const struct ctl *ctl, const char *aor)
{
    struct pins *pins = open_pins(ctl);
    char error[SETTINGS_ERROR_MAX];
    enum ctl_exit status = CTL_SETTINGS;

    if (!pins)
        return status;
    if (!pins_forget(pins, aor)) {
        status = CTL_NOT;
    } else if (pins_save(pins, error)) {
        status = CTL_GOOD;
    } else {
        ctl_complain("%s", error);
    }
    pins_close(pins);
    return status;
}

static bool any_found(const json_t *answers)
{
    const json_t *answer;
    size_t i;

    json_array_foreach(answers, i, answer)
    {
        if (json_is_true(json_object_get(answer, "found")))
            return true;
    }
    return false;
}

/* A running Linphone has the pins in memory and would write them back: it is told. */
static enum ctl_exit forget(const struct ctl *ctl, const char *uri)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    enum ctl_exit status;
    json_t *answers;

    if (!ctl_read_address(uri, aor))
        return CTL_USAGE;
    answers = ctl_ask_all(json_pack("{s:s, s:s}", "command", "forget", "peer", aor));
    if (!json_array_size(answers))
        status = forget_in_file(ctl, aor);
    else if (!ctl_all_good(answers))
        status = CTL_ERROR;
    else
        status = any_found(answers) ? CTL_GOOD : forget_in_file(ctl, aor);
    if (status == CTL_NOT)
        ctl_complain("nothing is known about %s", aor);
    json_decref(answers);
    return status;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "list"))
        return list(ctl);
    if (argc == 3 && !strcmp(argv[1], "forget"))
        return forget(ctl, argv[2]);
    return ctl_usage(&ctl_pins);
}

const struct ctl_command ctl_pins = {
    "pins", "pins list [--json] | forget ADDRESS",
    "Who an address was in earlier calls: its NAI, its operator, the strongest method. A call "
    "with\n"
    "a pinned address that proves less, or is somebody else, does not go through. `forget` takes\n"
    "the pin away (and the memory that nobody vouches for the address); ask the person first.",
    run};
