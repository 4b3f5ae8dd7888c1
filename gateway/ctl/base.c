/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* init and check. */
#include "../start.h"
#include "ctl.h"

#include <glib.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

int ctl_check_user(const struct config *config)
{
    char *folder = g_path_get_dirname(config->database);
    const struct passwd *owner = NULL;
    struct stat st;

    if (geteuid() == 0 && !config->store->shared &&
        (stat(config->database, &st) == 0 || stat(folder, &st) == 0) && st.st_uid != 0)
        owner = getpwuid(st.st_uid);
    g_free(folder);
    return owner ? ctl_fail("%s belongs to the user %s, who could not open what root makes beside "
                            "it: runuser -u %s -- simauth-gatewayctl ...",
                            config->database, owner->pw_name, owner->pw_name)
                 : 0;
}

static int init(struct ctl *ctl)
{
    char error[CONFIG_ERROR_MAX];
    struct config *config = config_load(ctl->program_config, error);
    int result = 1;

    if (!config)
        return ctl_fail("%s", error);
    if (!config->store->shared && access(config->database, F_OK) == 0)
        ctl_fail("%s is there already: nothing was changed", config->database);
    else if (ctl_check_user(config) != 0)
        result = 1;
    else if (!seal_exists(config->seal_key) && seal_create(config->seal_key, error) != 0)
        ctl_fail("%s", error);
    else if (gateway_open(&ctl->gateway, config, GATEWAY_CREATE, error) != 0)
        ctl_fail("%s", error);
    else {
        printf("Made %s, sealed with %s. Keep a copy of the key apart from copies of the "
               "database.\n",
               config_database_name(config), config->seal_key);
        gateway_close(&ctl->gateway);
        result = 0;
    }
    config_free(config);
    return result;
}

/* What simauth-gateway --check does. */
static int check(struct ctl *ctl)
{
    char error[CONFIG_ERROR_MAX];
    int result = start_prepare(&ctl->gateway, error);

    start_end(&ctl->gateway);
    if (result != 0)
        return ctl_fail("%s", error);
    printf("%s: good\n", ctl->program_config);
    return 0;
}

const struct ctl_command ctl_base_commands[] = {
    {"init", "", "", "", "make database and sealing key as the configuration names them", 0, true,
     init},
    {"check", "", "", "", "say whether simauth-gateway would start, and why not", 0, false, check},
    {0}};
