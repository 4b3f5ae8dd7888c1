/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct begin {
    char name[16];
    void *(*run)(void *arg);
    void *arg;
};

/* It names itself: one that nobody joins may be over before anybody else could. */
static void *named(void *arg)
{
    struct begin begin = *(struct begin *)arg;

    free(arg);
    pthread_setname_np(pthread_self(), begin.name);
    return begin.run(begin.arg);
}

bool thread_launch(const char *name, void *(*run)(void *arg), void *arg)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    struct begin *begin = malloc(sizeof(*begin));
    pthread_t thread;
    bool good;

    if (!begin)
        return false;
    snprintf(begin->name, sizeof(begin->name), "%s", name);
    begin->run = run;
    begin->arg = arg;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    good = pthread_create(&thread, &attributes, named, begin) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (!good)
        free(begin);
    return good;
}
