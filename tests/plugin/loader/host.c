/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* host PLUGIN ENTRY [LIBRARY...]: a program that has these libraries and nothing of Linphone loads
 * the plugin and calls it as Linphone does: for two cores, then the plugin is closed, then again.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void *open_or_say(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL);

    if (!handle)
        printf("FAILED: %s\n", dlerror());
    return handle;
}

int main(int argc, char **argv)
{
    void *plugin = argc >= 3 ? open_or_say(argv[1]) : NULL;
    void *symbol = plugin ? dlsym(plugin, argv[2]) : NULL;
    void (*init)(void *factory_or_core);

    if (!symbol)
        return 1;
    for (int i = 3; i < argc; i++) {
        if (!open_or_say(argv[i]))
            return 1;
    }
    memcpy(&init, &symbol, sizeof(init));
    init(NULL);
    init(NULL);
    dlclose(plugin);
    init(NULL); /* still there: it is linked so that it cannot be unloaded */
    return 0;
}
