/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaded into a phone or a gateway by LD_PRELOAD: says on the Unix socket HEAP_SOCKET how many
 * octets of the heap are in use, to whoever connects, so that a test sees what a process has kept
 * to the octet: in pieces of the heap, in maps of their own; in how many of them SQLite is.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define COUNTS_MEMORY 9 /* SQLITE_CONFIG_MEMSTATUS */

/* SQLite counts its memory, whatever a gateway says; it gives itself methods this way too: a
 * pointer each. */
__attribute__((visibility("default"))) int sqlite3_config(int what, ...);
int sqlite3_config(int what, ...)
{
    int (*real)(int, ...) = NULL;
    void *found = dlsym(RTLD_NEXT, "sqlite3_config"), *methods;
    va_list rest;

    if (what == COUNTS_MEMORY)
        return 0;
    memcpy(&real, &found, sizeof real);
    va_start(rest, what);
    methods = va_arg(rest, void *);
    va_end(rest);
    return real(what, methods);
}

/* Its cache of pages grows with the database, to its limit. */
static long long sqlite(void)
{
    long long (*used)(void) = NULL;
    void *found = dlsym(RTLD_DEFAULT, "sqlite3_memory_used");

    memcpy(&used, &found, sizeof used);
    return used ? used() : 0;
}

static void *serve(void *where)
{
    int listener = *(int *)where;

    for (;;) {
        int peer = accept(listener, NULL, NULL);
        struct mallinfo2 info;

        if (peer < 0)
            continue;
        malloc_trim(0);
        info = mallinfo2();
        dprintf(peer, "%zu %zu %lld\n", info.uordblks, info.hblkhd, sqlite());
        close(peer);
    }
    return NULL;
}

__attribute__((constructor)) static void begin(void)
{
    static int listener;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = getenv("HEAP_SOCKET");
    pthread_t thread;

    if (!path || strlen(path) >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, strlen(path));
    unlink(path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsetenv("HEAP_SOCKET"); /* not for what this one starts */
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
        listen(listener, 1) < 0 || pthread_create(&thread, NULL, serve, &listener))
        abort();
    pthread_detach(thread);
}
