/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The object that Linphone loads. It needs libc alone: an object linked to the libraries of one
 * Debian release cannot even be opened on another, and then nobody would say why. It looks at what
 * this process has loaded and opens the part that was built for it. Whatever is missing, the phone
 * works on without us.
 */
#include "entry.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define PATH_LEN 4096
#define BCTBX_WARNING (1 << 3) /* BCTBX_LOG_WARNING */

struct abi {
    const char *inner; /* file name of the part behind */
    const char *needs[4];
};

/* One row for each set of library versions that we were built for. */
static const struct abi abis[] = {
    {"simauth-linphone-5.1.so",
     {"libbellesip.so.1", "libmediastreamer.so.12", "liblinphone.so.10"}},
};

EXPORT void libmssimauth_init(void *factory);

static bool tried;
static char
    why[512]; /* the inner part that is there does not open; dlerror()'s own text does not last */
static int (*start)(void *core);

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* To the log of Linphone where it has one, and to where a person looks who started it from a
 * terminal. */
static void say(const char *format, ...)
{
    void (*log_line)(const char *domain, int level, const char *fmt, va_list args);
    void *symbol = dlsym(RTLD_DEFAULT, "bctbx_logv");
    va_list args;

    if (symbol) {
        memcpy(&log_line, &symbol, sizeof(log_line));
        va_start(args, format);
        log_line("simauth", BCTBX_WARNING, format, args);
        va_end(args);
    }
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static bool is_loaded(const char *soname)
{
    void *handle = dlopen(soname, RTLD_LAZY | RTLD_NOLOAD);

    if (handle)
        dlclose(handle);
    return handle != NULL;
}

/* The first of `needs` that this process has not; NULL when it has all. */
static const char *lacking(const struct abi *abi)
{
    for (size_t i = 0; abi->needs[i]; i++) {
        if (!is_loaded(abi->needs[i]))
            return abi->needs[i];
    }
    return NULL;
}

/* The folder that this object was loaded from, with the last slash. */
static bool own_folder(char *folder, size_t size)
{
    Dl_info info;
    const char *slash;

    if (!dladdr((void *)abis, &info) || !info.dli_fname)
        return false;
    slash = strrchr(info.dli_fname, '/');
    if (!slash || (size_t)(slash + 2 - info.dli_fname) > size)
        return false;
    memcpy(folder, info.dli_fname, (size_t)(slash + 1 - info.dli_fname));
    folder[slash + 1 - info.dli_fname] = '\0';
    return true;
}

/* NODELETE: belle-sip's tables will point into it for as long as the process lives. */
static void *open_inner(const char *folder, const char *below, const char *name)
{
    char path[PATH_LEN];
    int len = snprintf(path, sizeof(path), "%s%s%s", folder, below, name);
    const char *error;
    void *handle;

    if (len < 0 || (size_t)len >= sizeof(path) || access(path, F_OK) != 0)
        return NULL;
    handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    error = handle ? NULL : dlerror();
    if (error)
        snprintf(why, sizeof(why), "%s", error);
    return handle;
}

/* Beside the loader and where a private prefix has it, so that a build can be tried before it is
 * installed; then where the package has it. */
static void *find_inner(const char *name)
{
    char folder[PATH_LEN];
    void *handle = NULL;

    if (own_folder(folder, sizeof(folder))) {
        handle = open_inner(folder, "", name);
        if (!handle)
            handle = open_inner(folder, "../../simauth/", name);
    }
    return handle ? handle : open_inner(SIMAUTH_INNER_FOLDER, "/", name);
}

static void load(const struct abi *abi)
{
    void *handle = find_inner(abi->inner);
    void *symbol;

    if (!handle) {
        say("simauth: inactive: needs %s: %s", abi->inner,
            why[0] ? why : "neither beside the plugin nor in " SIMAUTH_INNER_FOLDER);
        return;
    }
    symbol = dlsym(handle, SIMAUTH_PLUGIN_START);
    if (!symbol) {
        say("simauth: inactive: needs " SIMAUTH_PLUGIN_START " in %s", abi->inner);
        return;
    }
    memcpy(&start, &symbol, sizeof(start));
}

static void find_and_load(void)
{
    const size_t count = sizeof(abis) / sizeof(abis[0]);

    for (size_t i = 0; i < count; i++) {
        if (!lacking(&abis[i])) {
            load(&abis[i]);
            return;
        }
    }
    say("simauth: inactive: needs %s, which this program has not loaded",
        lacking(&abis[count - 1]));
}

static void begin(void *core)
{
    if (!tried) {
        tried = true;
        find_and_load();
    }
    if (start && start(core) < 0)
        start = NULL; /* it has said why */
}

/* mediastreamer2 calls this for each factory, so twice in a process with one core. */
EXPORT void libmssimauth_init(void *factory)
{
    (void)factory;
    begin(NULL);
}
