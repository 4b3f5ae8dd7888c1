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

/* What is to go of what is known: the word for a Linphone, how it is done, and that there was none.
 */
struct less {
    const char *command;
    bool (*drop)(struct pins *pins, const char *aor);
    const char *none;
};
static const struct less forget = {"forget", pins_forget, "nothing is known about"};
static const struct less ask_again = {"ask-again", pins_ask_again,
                                      "nothing keeps the next call from asking about"};

static enum ctl_exit drop_in_file(const struct ctl *ctl, const struct less *less, const char *aor)
{
    struct pins *pins = open_pins(ctl);
    char error[SETTINGS_ERROR_MAX];
    enum ctl_exit status = CTL_SETTINGS;

    if (!pins)
        return status;
    if (!less->drop(pins, aor)) {
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
static enum ctl_exit drop(const struct ctl *ctl, const struct less *less, const char *uri)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    enum ctl_exit status;
    json_t *answers;

    if (!ctl_read_address(uri, aor))
        return CTL_USAGE;
    answers = ctl_ask_all(json_pack("{s:s, s:s}", "command", less->command, "peer", aor));
    if (!json_array_size(answers))
        status = drop_in_file(ctl, less, aor);
    else if (!ctl_all_good(answers))
        status = CTL_ERROR;
    else
        status = any_found(answers) ? CTL_GOOD : drop_in_file(ctl, less, aor);
    if (status == CTL_NOT)
        ctl_complain("%s %s", less->none, aor);
    json_decref(answers);
    return status;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "list"))
        return list(ctl);
    if (argc == 3 && !strcmp(argv[1], "forget"))
        return drop(ctl, &forget, argv[2]);
    if (argc == 3 && !strcmp(argv[1], "ask-again"))
        return drop(ctl, &ask_again, argv[2]);
    return ctl_usage(&ctl_pins);
}

const struct ctl_command ctl_pins = {
    "pins", "pins list [--json] | forget ADDRESS | ask-again ADDRESS",
    "Who an address was in earlier calls: its NAI, its operator, the strongest method. A call "
    "with\n"
    "a pinned address that proves less, or is somebody else, does not go through. `forget` takes\n"
    "the pin away, with the setup keys and with the memory that the address reads envelopes or "
    "that\n"
    "nobody vouches for it; ask the person first. `ask-again` takes away that nobody vouches "
    "alone.",
    run};
