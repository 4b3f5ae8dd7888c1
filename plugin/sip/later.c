/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks for the main loop, from any thread, one-shot timers, and descriptors of others. */
#include "tap_internal.h"

#include <stdlib.h>

struct tap_task {
    struct tap_task *next;
    void (*run)(void *arg);
    void *arg;
};

struct sip_timer {
    struct sip_timer *next;
    uintptr_t core;
    belle_sip_source_t *source; /* a reference; NULL after it has expired or its core is gone */
    void (*expired)(void *arg);
    void *arg;
};

static void run_tasks(void *id)
{
    struct tap_core *core = tap_core_by_id((uintptr_t)id);

    if (core)
        tap_core_run_tasks(core);
}

void tap_core_run_tasks(struct tap_core *core)
{
    struct tap_task *task, *next;

    tap_lock();
    task = core->tasks;
    core->tasks = NULL;
    core->tasks_end = &core->tasks;
    core->tasks_scheduled = false;
    tap_unlock();
    for (; task; task = next) {
        next = task->next;
        task->run(task->arg);
        free(task);
    }
}

/* With the lock held: the core cannot go between the look and the wake-up of its loop. */
static void push(struct tap_core *core, struct tap_task *task)
{
    *core->tasks_end = task;
    core->tasks_end = &task->next;
    if (core->tasks_scheduled)
        return;
    core->tasks_scheduled = true;
    belle_sip_main_loop_do_later(core->loop, run_tasks, (void *)core->id);
}

static struct tap_task *new_task(void (*run)(void *arg), void *arg)
{
    struct tap_task *task = calloc(1, sizeof(*task));

    if (task) {
        task->run = run;
        task->arg = arg;
    }
    return task;
}

bool tap_core_run_later(struct tap_core *core, void (*run)(void *arg), void *arg)
{
    struct tap_task *task = new_task(run, arg);

    if (!task)
        return false;
    tap_lock();
    push(core, task);
    tap_unlock();
    return true;
}

bool sip_tap_run_later(belle_sip_provider_t *provider, void (*run)(void *arg), void *arg)
{
    struct tap_task *task = new_task(run, arg);
    struct tap_core *core = NULL;

    if (!task)
        return false;
    tap_lock();
    core = tap_core_find_locked(provider);
    if (core)
        push(core, task);
    tap_unlock();
    if (!core)
        free(task);
    return core != NULL;
}

/* -- timers ------------------------------------------------------------------------------------ */

static void detach(struct tap_core *core, struct sip_timer *timer)
{
    struct sip_timer **link;

    for (link = &core->timers; *link; link = &(*link)->next) {
        if (*link == timer) {
            *link = timer->next;
            break;
        }
    }
    belle_sip_main_loop_remove_source(core->loop, timer->source);
    belle_sip_object_unref(timer->source);
    timer->source = NULL;
}

static int on_timer(void *arg, unsigned int events)
{
    struct sip_timer *timer = arg;
    struct tap_core *core = tap_core_by_id(timer->core);

    (void)events;
    if (core && timer->source) {
        detach(core, timer);
        timer->expired(timer->arg); /* may release the timer */
    }
    return BELLE_SIP_STOP;
}

struct sip_timer *sip_timer_start(belle_sip_provider_t *provider, unsigned ms,
                                  void (*expired)(void *arg), void *arg)
{
    struct tap_core *core = tap_core_by_provider(provider);
    struct sip_timer *timer = core ? calloc(1, sizeof(*timer)) : NULL;

    if (!timer)
        return NULL;
    timer->core = core->id;
    timer->expired = expired;
    timer->arg = arg;
    timer->next = core->timers;
    core->timers = timer;
    timer->source =
        belle_sip_main_loop_create_timeout(core->loop, on_timer, timer, ms, "simauth timer");
    return timer;
}

void sip_timer_stop(struct sip_timer *timer)
{
    struct tap_core *core = timer && timer->source ? tap_core_by_id(timer->core) : NULL;

    if (core)
        detach(core, timer);
    free(timer);
}

/* -- descriptors ------------------------------------------------------------------------------- */

struct sip_watch {
    struct sip_watch *next;
    uintptr_t core;
    belle_sip_source_t *source; /* a reference; NULL after its core is gone */
    void (*ready)(void *arg);
    void *arg;
};

static int on_ready(void *arg, unsigned int events)
{
    struct sip_watch *watch = arg;

    (void)events;
    watch->ready(watch->arg); /* may release the watch; the loop holds the source meanwhile */
    return BELLE_SIP_CONTINUE;
}

struct sip_watch *sip_watch_start(belle_sip_provider_t *provider, int fd, void (*ready)(void *arg),
                                  void *arg)
{
    struct tap_core *core = tap_core_by_provider(provider);
    struct sip_watch *watch = core ? calloc(1, sizeof(*watch)) : NULL;

    if (!watch)
        return NULL;
    watch->core = core->id;
    watch->ready = ready;
    watch->arg = arg;
    watch->source =
        belle_sip_socket_source_new(on_ready, watch, fd, BELLE_SIP_EVENT_READ, (unsigned)-1);
    watch->next = core->watches;
    core->watches = watch;
    belle_sip_main_loop_add_source(core->loop, watch->source);
    return watch;
}

void sip_watch_for_write(struct sip_watch *watch, bool on)
{
    if (watch && watch->source)
        belle_sip_source_set_events(watch->source,
                                    BELLE_SIP_EVENT_READ | (on ? BELLE_SIP_EVENT_WRITE : 0));
}

static void unhook(struct tap_core *core, struct sip_watch *watch)
{
    struct sip_watch **link = &core->watches;

    while (*link != watch)
        link = &(*link)->next;
    *link = watch->next;
    belle_sip_main_loop_remove_source(core->loop, watch->source);
    belle_sip_object_unref(watch->source);
    watch->source = NULL;
}

void sip_watch_stop(struct sip_watch *watch)
{
    struct tap_core *core = watch && watch->source ? tap_core_by_id(watch->core) : NULL;

    if (core)
        unhook(core, watch);
    free(watch);
}

void tap_core_drop_timers(struct tap_core *core)
{
    while (core->timers)
        detach(core, core->timers);
    while (core->watches)
        unhook(core, core->watches);
}
