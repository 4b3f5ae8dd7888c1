/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The setup keys of the running Linphones: they alone hold them open. */
#include "ctl.h"
#include "words.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* -- list -------------------------------------------------------------------------------------- */

struct peer_sum {
    int outgoing, incoming;
    json_int_t known_since, expires;
};

static bool is_of(const json_t *key, const json_t *first)
{
    return !strcmp(ctl_text(key, "peer"), ctl_text(first, "peer")) &&
           !strcmp(ctl_text(key, "nai"), ctl_text(first, "nai"));
}

static void add(struct peer_sum *sum, const json_t *key)
{
    json_int_t since = json_integer_value(json_object_get(key, "known_since"));
    json_int_t expires = json_integer_value(json_object_get(key, "expires"));
    bool outgoing = json_is_true(json_object_get(key, "outgoing"));

    sum->outgoing += outgoing;
    sum->incoming += !outgoing;
    if (since > sum->known_since)
        sum->known_since = since;
    if (expires > sum->expires)
        sum->expires = expires;
}

/* One entry a person, told at its first key. */
static void show_peer(const json_t *keys, size_t first)
{
    const json_t *named = json_array_get(keys, first), *key;
    struct peer_sum sum = {0};
    size_t i;

    json_array_foreach(keys, i, key)
    {
        if (!is_of(key, named))
            continue;
        if (i < first)
            return;
        add(&sum, key);
    }
    printf("%s\n  is %s, vouched for by %s (%s)\n", ctl_text(named, "peer"), ctl_text(named, "nai"),
           ctl_text(named, "operator"), ctl_text(named, "method"));
    printf("  known since %s", ctl_time(sum.known_since));
    printf("; keys until %s for %d calls to them, %d from them\n", ctl_time(sum.expires),
           sum.outgoing, sum.incoming);
}

static void show(const json_t *answer)
{
    const json_t *keys = json_object_get(answer, "keys");

    printf("Linphone %d keeps them: %s%s%s\n",
           (int)json_integer_value(json_object_get(answer, "pid")), ctl_text(answer, "home"),
           *ctl_text(answer, "problem") ? "; " : "", ctl_text(answer, "problem"));
    for (size_t i = 0; i < json_array_size(keys); i++)
        show_peer(keys, i);
    if (json_array_size(keys))
        printf("Calls by these keys have no SIM in them: %s.\n", words_known_worst());
}

/* -- forget ------------------------------------------------------------------------------------ */

/* Nobody has it open: without its file it is gone. */
static enum ctl_exit forget_file(const struct ctl *ctl)
{
    struct settings *settings = ctl_read_settings(ctl);
    char *path = settings ? g_build_filename(settings->data, "setup-keys", NULL) : NULL;
    enum ctl_exit status = CTL_SETTINGS;

    if (path && g_unlink(path) == 0)
        status = CTL_GOOD;
    else if (path && errno == ENOENT)
        status = CTL_NOT;
    else if (path)
        ctl_complain("%s: %s", path, g_strerror(errno));
    g_free(path);
    settings_unref(settings);
    return status;
}

static json_int_t erased(const json_t *answers)
{
    const json_t *answer;
    json_int_t sum = 0;
    size_t i;

    json_array_foreach(answers, i, answer) sum +=
        json_integer_value(json_object_get(answer, "erased"));
    return sum;
}

static enum ctl_exit forget(const struct ctl *ctl, const char *peer)
{
    json_t *answers =
        ctl_ask_all(peer ? json_pack("{s:s, s:s}", "command", "forget-keys", "peer", peer)
                         : json_pack("{s:s}", "command", "forget-keys"));
    enum ctl_exit status;

    if (!json_array_size(answers))
        status = peer ? ctl_not_running() : forget_file(ctl);
    else if (!ctl_all_good(answers))
        status = CTL_ERROR;
    else
        status = erased(answers) ? CTL_GOOD : CTL_NOT;
    if (status == CTL_NOT)
        ctl_complain("there are no keys%s%s", peer ? " with " : "", peer ? peer : "");
    json_decref(answers);
    return status;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "list"))
        return ctl_show_all(ctl, "keys", show);
    if (argc == 3 && !strcmp(argv[1], "forget"))
        return forget(ctl, strcmp(argv[2], "--all") ? argv[2] : NULL);
    return ctl_usage(&ctl_keys);
}

const struct ctl_command ctl_keys = {
    "keys", "keys list [--json] | forget ADDRESS-OR-NAI | forget --all",
    "The keys that earlier authenticated calls left for the next ones: with one, a call needs no\n"
    "gateway and no SIM. Shown with the time since when both SIMs vouched for that person.\n"
    "`forget` takes them away (somebody may have had your computer, or theirs); the next call "
    "with\n"
    "that person is authenticated by both SIMs again; where the keyring that opens them is locked\n"
    "all of them go. settings: keys, key_lifetime.",
    run};
