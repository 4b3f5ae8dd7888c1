/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program without any of Linphone's libraries loads the plugin: it says so on one line and stays
 * inactive. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    void *plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
    void *symbol = plugin ? dlsym(plugin, "libmssimauth_init") : NULL;
    void (*init)(void *factory);

    if (!symbol) {
        printf("FAILED: %s\n", dlerror());
        return 1;
    }
    memcpy(&init, &symbol, sizeof(init));
    init(NULL);
    init(NULL);
    dlclose(plugin);
    init(NULL); /* still there: it is linked so that it cannot be unloaded */
    return 0;
}
