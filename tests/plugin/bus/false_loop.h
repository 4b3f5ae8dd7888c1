/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main loop of a front whose bus is the test: it turns when the test says so, and every timer
 * is due at once. */
#ifndef SIMAUTH_TESTS_FALSE_LOOP_H
#define SIMAUTH_TESTS_FALSE_LOOP_H

#include <session_bus.h>
#include <systemd/sd-bus.h>

#define FALSE_LOOP_TURNS 6

static struct {
    void (*run)(void *arg);
    void *arg;
} watched, timer;

static void *watch(void *context, int fd, void (*ready)(void *arg), void *arg)
{
    (void)context;
    (void)fd;
    watched.run = ready;
    watched.arg = arg;
    return &watched;
}

static void watch_for_write(void *at, bool on)
{
    (void)at;
    (void)on;
}

static void unwatch(void *at)
{
    (void)at;
    watched.run = NULL;
}

static void *start_timer(void *context, unsigned ms, void (*expired)(void *arg), void *arg)
{
    (void)context;
    (void)ms;
    timer.run = expired;
    timer.arg = arg;
    return &timer;
}

static void stop_timer(void *at)
{
    if (at)
        timer.run = NULL;
}

#define FALSE_LOOP                                                                                 \
    {                                                                                              \
        watch, watch_for_write, unwatch, start_timer, stop_timer, NULL                             \
    }

/* `bus` is the test's end. */
static void false_loop_turn(sd_bus *bus)
{
    for (int i = 0; i <= FALSE_LOOP_TURNS; i++) {
        void (*expired)(void *arg) = timer.run;

        while (sd_bus_process(bus, NULL) > 0)
            ;
        if (i == FALSE_LOOP_TURNS)
            break;
        timer.run = NULL;
        if (expired)
            expired(timer.arg);
        if (watched.run)
            watched.run(watched.arg);
    }
}

#endif
