/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ctl.h"
#include "settings_file.h"

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

/* -- the file ---------------------------------------------------------------------------------- */

static GKeyFile *load(const struct ctl *ctl)
{
    char error[SETTINGS_ERROR_MAX];
    GKeyFile *file = settings_file_load(ctl->config, error);

    if (!file)
        ctl_complain("%s", error);
    return file;
}

enum ctl_exit ctl_change(const struct ctl *ctl, const char *group, const char *key,
                         const char *value)
{
    char error[SETTINGS_ERROR_MAX];

    switch (settings_file_set(ctl->config, group, key, value, error)) {
    case SETTINGS_CHANGED:
        return CTL_GOOD;
    case SETTINGS_NOT_SET:
        ctl_complain("%s", error);
        return CTL_NOT;
    default:
        ctl_complain("%s", error);
        return CTL_SETTINGS;
    }
}

/* -- the subcommands --------------------------------------------------------------------------- */

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
    char wanted[512], error[SETTINGS_ERROR_MAX];

    g_strlcpy(group, "phone", room);
    if (*argc < 2 || strncmp((*argv)[0], "--", 2))
        return true;
    if (strcmp((*argv)[0], "--account") && strcmp((*argv)[0], "--peer")) {
        ctl_complain("%s: no such option", (*argv)[0]);
        return false;
    }
    g_snprintf(wanted, sizeof(wanted), "%s %s", (*argv)[0] + 2, (*argv)[1]);
    if (!settings_group(wanted, group, error)) {
        ctl_complain("%s", error);
        return false;
    }
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
    "  simauthctl settings set --peer sip:bob@example.org nai bob@operator.example\n"
    "  simauthctl settings set --peer sip:bob@example.org first_key true   (the operators may make "
    "a "
    "key\n"
    "      for you two before any call)\n"
    "  simauthctl settings set agent prefer   (your operator may act for you; tickets refuse: no "
    "one's "
    "for\n"
    "      another)",
    run};
