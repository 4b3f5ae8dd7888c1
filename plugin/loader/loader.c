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
#include <link.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define PATH_LEN 4096
#define WORDS_LEN 512
#define BCTBX_WARNING (1 << 3) /* BCTBX_LOG_WARNING */

struct abi {
    const char *name;
    const char *inner; /* file name of the part behind */
    const char *needs[4];
};

/* One row for each set of library versions that we were built for. */
static const struct abi abis[] = {
#define ABI(name, ...) {name, "simauth-linphone-" name ".so", {__VA_ARGS__}},
#include "abis.def"
#undef ABI
};
static const size_t abi_count = sizeof(abis) / sizeof(abis[0]);

EXPORT void libmssimauth_init(void *factory);
EXPORT void liblinphone_simauth_init(void *core);

static bool tried;
/* The inner part that is there does not open; dlerror()'s own text does not last. */
static char why[WORDS_LEN];
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

/* -- which libraries this process has ---------------------------------------------------------- */

static bool is_loaded(const char *soname)
{
    void *handle = dlopen(soname, RTLD_LAZY | RTLD_NOLOAD);

    if (handle)
        dlclose(handle);
    return handle != NULL;
}

static bool has_all(const struct abi *abi)
{
    for (size_t i = 0; abi->needs[i]; i++) {
        if (!is_loaded(abi->needs[i]))
            return false;
    }
    return true;
}

static const struct abi *find_abi(void)
{
    for (size_t i = 0; i < abi_count; i++) {
        if (has_all(&abis[i]))
            return &abis[i];
    }
    return NULL;
}

struct words {
    char text[WORDS_LEN];
    size_t len;
};

/* What does not fit is left out: this is for a person. */
static void append(struct words *words, const char *between, const char *text)
{
    size_t left = sizeof(words->text) - words->len;
    int len = snprintf(words->text + words->len, left, "%s%s", words->len ? between : "", text);

    if (len > 0 && (size_t)len < left)
        words->len += (size_t)len;
    words->text[words->len] = '\0';
}

static int append_library(struct dl_phdr_info *info, size_t size, void *words)
{
    static const char *const ours[] = {"liblinphone.so", "libmediastreamer", "libbelle"};
    const char *slash = strrchr(info->dlpi_name, '/');
    const char *name = slash ? slash + 1 : info->dlpi_name;

    (void)size;
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (!strncmp(name, ours[i], strlen(ours[i])))
            append(words, ", ", name);
    }
    return 0;
}

static void say_unknown(void)
{
    struct words known = {0}, here = {0};

    for (size_t i = 0; i < abi_count; i++) {
        append(&known, " or ", abis[i].name);
        for (size_t n = 0; abis[i].needs[n]; n++)
            append(&known, n ? ", " : " (", abis[i].needs[n]);
        append(&known, ")", "");
    }
    dl_iterate_phdr(append_library, &here);
    say("simauth: inactive: needs liblinphone %s; this program has %s", known.text,
        here.len ? here.text : "none of these");
}

/* -- the part behind --------------------------------------------------------------------------- */

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

/* NODELETE: belle-sip's tables will point into it for as long as the process lives. NOW: a function
 * that it needs and this Linphone lacks is a reason to stay inactive, not to end the phone when it
 * is called. */
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
        say("simauth: inactive: needs %s: %s; install the plugin that is built for liblinphone %s",
            abi->inner, why[0] ? why : "neither beside the plugin nor in " SIMAUTH_INNER_FOLDER,
            abi->name);
        return;
    }
    symbol = dlsym(handle, SIMAUTH_PLUGIN_START);
    if (!symbol) {
        say("simauth: inactive: needs " SIMAUTH_PLUGIN_START " in %s", abi->inner);
        return;
    }
    memcpy(&start, &symbol, sizeof(start));
}

static void begin(void *core)
{
    if (!tried) {
        const struct abi *abi = find_abi();

        tried = true;
        if (abi)
            load(abi);
        else
            say_unknown();
    }
    if (start && start(core) < 0)
        start = NULL; /* it has said why */
}

/* mediastreamer2 calls this for each factory, so twice in a process with one core. */
void libmssimauth_init(void *factory)
{
    (void)factory;
    begin(NULL);
}

/* liblinphone 5.2 and later call this for each core, and close us when it goes. */
void liblinphone_simauth_init(void *core)
{
    begin(core);
}
