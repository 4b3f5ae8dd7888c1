/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libmicrohttpd 0.9.75 ends the program when one of its threads has taken the listener out of its
 * set of descriptors just before MHD_quiesce_daemon() does: for its pool it does not mind ENOENT
 * (src/microhttpd/daemon.c). Nothing else is wrong then, so it is asked again; it holds no lock
 * there, and what it did for the threads before is not done twice.
 */
#include "http_own.h"

#include <microhttpd.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMES 1000
#define APART_US 1000

static jmp_buf again;
static bool quiescing; /* the main thread alone quiesces, and starts and stops what panics */

static void panic(void *user, const char *file, unsigned line, const char *reason)
{
    (void)user;
    if (quiescing && reason && strstr(reason, "remove listen FD"))
        longjmp(again, 1);
    fprintf(stderr, "libmicrohttpd %s:%u: %s\n", file ? file : "?", line, reason ? reason : "");
    abort();
}

MHD_socket http_quiesce(struct MHD_Daemon *daemon)
{
    volatile unsigned times = 0;
    MHD_socket fd;

    MHD_set_panic_func(panic, NULL);
    quiescing = true;
    if (setjmp(again) != 0) {
        usleep(APART_US);
        if (++times >= TIMES)
            quiescing = false; /* then it is something else */
    }
    fd = MHD_quiesce_daemon(daemon);
    quiescing = false;
    return fd;
}
