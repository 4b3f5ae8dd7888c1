/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loaded into a phone by LD_PRELOAD: says on the Unix socket HEAP_SOCKET how many octets of the
 * heap are in use, to whoever connects, so that a test sees what a process has kept to the octet.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

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
        dprintf(peer, "%zu %zu\n", info.uordblks, info.hblkhd);
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
