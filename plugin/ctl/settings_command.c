/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

struct settings *ctl_read_settings(const struct ctl *ctl)
{
    char error[SETTINGS_ERROR_MAX];
    struct settings *settings = settings_read(ctl->config, error);

    if (!settings)
        ctl_complain("%s", error);
    return settings;
}

/* -- the file ------------------------------------------------------------------------------------
 */

/* With its comments; an empty one when there is none yet. NULL after a complaint. */
static GKeyFile *load(const struct ctl *ctl)
{
    GKeyFile *file = g_key_file_new();
    GError *problem = NULL;

    if (g_key_file_load_from_file(file, ctl->config, G_KEY_FILE_KEEP_COMMENTS, &problem) ||
        g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_clear_error(&problem);
        return file;
    }
    ctl_complain("%s: %s", ctl->config, problem->message);
    g_error_free(problem);
    g_key_file_free(file);
    return NULL;
}

static enum ctl_exit store(const struct ctl *ctl, GKeyFile *file)
{
    char *folder = g_path_get_dirname(ctl->config), error[SETTINGS_ERROR_MAX];
    gsize len = 0;
    char *text = g_key_file_to_data(file, &len, NULL);
    struct settings *settings = settings_parse(text, len, ctl->config, error);
    enum ctl_exit status = CTL_SETTINGS;
    GError *problem = NULL;

    if (!settings)
        ctl_complain("nothing was changed: %s", error);
    else if (g_mkdir_with_parents(folder, 0700) < 0)
        ctl_complain("%s: %s", folder, g_strerror(errno));
    else if (!g_file_set_contents_full(ctl->config, text, (gssize)len,
                                       G_FILE_SET_CONTENTS_CONSISTENT, 0600, &problem))
        ctl_complain("%s", problem->message);
    else
        status = CTL_GOOD;
    g_clear_error(&problem);
    settings_unref(settings);
    g_free(text);
    g_free(folder);
    return status;
}

enum ctl_exit ctl_change(const struct ctl *ctl, const char *group, const char *key,
                         const char *value)
{
    GKeyFile *file = load(ctl);
    enum ctl_exit status = CTL_SETTINGS;

    if (!file)
        return status;
    if (value) {
        g_key_file_set_value(file, group, key, value);
        status = store(ctl, file);
    } else if (g_key_file_remove_key(file, group, key, NULL)) {
        status = store(ctl, file);
    } else {
        ctl_complain("[%s] %s is not set", group, key);
        status = CTL_NOT;
    }
    g_key_file_free(file);
    return status;
}

/* -- the subcommands -----------------------------------------------------------------------------
 */

static void list_keys(void)
{
    for (const struct settings_key *key = settings_keys; key->key; key++)
        printf("  %-14s %s (%s; default: %s)\n", key->key, key->meaning, key->values,
               *key->fallback ? key->fallback : "none");
}

static enum ctl_exit list(const struct ctl *ctl)
{
    struct settings *settings = ctl_read_settings(ctl);
    GKeyFile *file = settings ? load(ctl) : NULL;
    char **groups;

    if (!file)
        return CTL_SETTINGS;
    groups = g_key_file_get_groups(file, NULL);
    for (char **group = groups; *group; group++) {
        char **keys = g_key_file_get_keys(file, *group, NULL, NULL);
        printf("[%s]\n", *group);
        for (char **key = keys; key && *key; key++) {
            char *value = g_key_file_get_value(file, *group, *key, NULL);
            printf("%s=%s\n", *key, value);
            g_free(value);
        }
        g_strfreev(keys);
    }
    g_strfreev(groups);
    g_key_file_free(file);
    settings_unref(settings);
    return CTL_GOOD;
}

static const char *fallback_of(const char *group, const char *key)
{
    for (const struct settings_key *known = settings_keys; known->key; known++) {
        if (!strcmp(group, "phone") && !strcmp(known->key, key))
            return known->fallback;
    }
    return NULL;
}

static enum ctl_exit get(const struct ctl *ctl, const char *group, const char *key)
{
    GKeyFile *file = load(ctl);
    char *value;
    const char *fallback = fallback_of(group, key);
    enum ctl_exit status = CTL_GOOD;

    if (!file)
        return CTL_SETTINGS;
    value = g_key_file_get_value(file, group, key, NULL);
    if (value) {
        puts(value);
    } else if (fallback) {
        puts(fallback);
    } else {
        ctl_complain("[%s] %s is not set", group, key);
        status = CTL_NOT;
    }
    g_free(value);
    g_key_file_free(file);
    return status;
}

/* --account ADDRESS or --peer ADDRESS names another group than [phone]; the canonical address, so
 * that two spellings are one group. False after a complaint. */
static bool take_group(int *argc, char ***argv, char *group, size_t room)
{
    char aor[SIMAUTH_AOR_MAX + 1];
    bool account;

    g_strlcpy(group, "phone", room);
    if (*argc < 2 || strncmp((*argv)[0], "--", 2))
        return true;
    account = !strcmp((*argv)[0], "--account");
    if (!account && strcmp((*argv)[0], "--peer")) {
        ctl_complain("%s: no such option", (*argv)[0]);
        return false;
    }
    if (simauth_aor_canonical((*argv)[1], aor) != SIMAUTH_OK) {
        ctl_complain("%s is no SIP address such as sip:bob@example.org", (*argv)[1]);
        return false;
    }
    g_snprintf(group, room, "%s %s", account ? "account" : "peer", aor);
    *argc -= 2;
    *argv += 2;
    return true;
}

static enum ctl_exit run(const struct ctl *ctl, int argc, char **argv)
{
    char group[SIMAUTH_AOR_MAX + 16];
    const char *verb = argc > 1 ? argv[1] : "";

    argc -= 2;
    argv += 2;
    if (argc < 0 || !take_group(&argc, &argv, group, sizeof(group)))
        return argc < 0 ? ctl_usage(&ctl_settings) : CTL_USAGE;
    if (!strcmp(verb, "list") && argc == 0)
        return list(ctl);
    if (!strcmp(verb, "keys") && argc == 0) {
        list_keys();
        return CTL_GOOD;
    }
    if (!strcmp(verb, "get") && argc == 1)
        return get(ctl, group, argv[0]);
    if (!strcmp(verb, "set") && argc == 2)
        return ctl_change(ctl, group, argv[0], argv[1]);
    if (!strcmp(verb, "unset") && argc == 1)
        return ctl_change(ctl, group, argv[0], NULL);
    return ctl_usage(&ctl_settings);
}

const struct ctl_command ctl_settings = {
    "settings",
    "settings list | keys | get KEY | set KEY VALUE | unset KEY  (before KEY: --account ADDRESS or "
    "--peer ADDRESS)",
    "The settings file; comments in it are kept, and what would not be understood is not written.\n"
    "A change counts from the next call. `keys` lists what there is.\n\n"
    "  simauthctl settings set sim soft:/home/me/.config/simauth/sim.json\n"
    "  simauthctl settings set gateway ag.operator.example\n"
    "  simauthctl settings set --peer sip:bob@example.org policy require\n"
    "  simauthctl settings set --peer sip:bob@example.org nai bob@operator.example",
    run};
