/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One mistake where the plugin stands, that is inside of an untouched phone: mediastreamer2 loads
 * this beside it. PLANTED says which mistake; what looks on has to find it, or it would find none
 * of ours either.
 */
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OCTETS 77

__attribute__((visibility("default"))) void libmsplanted_init(void *factory);

static volatile size_t behind = OCTETS;
static char *volatile kept;
static int shared; /* of the two threads, and guarded by nothing */

static void planted_overflow(void)
{
    kept = malloc(OCTETS);
    kept[behind] = 1;
    free(kept);
}

static void planted_leak(void)
{
    kept = malloc(OCTETS);
    kept = NULL;
}

static void planted_undefined(void)
{
    volatile int number = INT_MAX;

    number = number + 1;
}

static void planted_unset(void)
{
    kept = malloc(OCTETS);
    if (kept[behind - 1])
        puts("it was not 0");
    free(kept);
}

static void *planted_thread(void *arg)
{
    for (int i = 0; i < 1000; i++)
        shared++;
    return arg;
}

static void planted_race(void)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, planted_thread, NULL) != 0)
        return;
    planted_thread(NULL);
    pthread_join(thread, NULL);
}

void libmsplanted_init(void *factory)
{
    static const struct {
        const char *name;
        void (*plant)(void);
    } mistakes[] = {
        {"overflow", planted_overflow}, {"leak", planted_leak}, {"undefined", planted_undefined},
        {"unset", planted_unset},       {"race", planted_race},
    };
    const char *wanted = getenv("PLANTED");

    (void)factory;
    for (size_t i = 0; wanted && i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (strcmp(mistakes[i].name, wanted) == 0)
            mistakes[i].plant();
    }
}
