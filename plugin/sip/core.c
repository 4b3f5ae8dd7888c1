/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cores of this process: one for each provider of belle-sip, from the first time it is seen
 * until it is destroyed. The application's last unref of a core sends no event, only the provider's
 * weak reference tells. */
#include "tap_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A provider whose listener is not liblinphone's is asked so often, then left alone. */
#define PROBES_MAX 8

static const char MARK[] = "simauth.core";

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct tap_core *cores; /* guarded */
static uintptr_t last_id;      /* guarded */

/* The probe that this thread has under way. */
static __thread struct {
    belle_sip_request_t *request;
    belle_sip_listener_t *listener;
} probe;

void tap_lock(void)
{
    pthread_mutex_lock(&mutex);
}

void tap_unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

struct tap_core *tap_core_by_id(uintptr_t id)
{
    struct tap_core *core;

    tap_lock();
    for (core = cores; core && core->id != id; core = core->next)
        ;
    tap_unlock();
    return core;
}

struct tap_core *tap_core_find_locked(const belle_sip_provider_t *provider)
{
    struct tap_core *core;

    for (core = cores; core && core->provider != provider; core = core->next)
        ;
    return core;
}

struct tap_core *tap_core_by_provider(const belle_sip_provider_t *provider)
{
    struct tap_core *core;

    tap_lock();
    core = tap_core_find_locked(provider);
    tap_unlock();
    return core;
}

static void unlink_core(struct tap_core *core)
{
    struct tap_core **link;

    tap_lock();
    for (link = &cores; *link; link = &(*link)->next) {
        if (*link == core) {
            *link = core->next;
            break;
        }
    }
    tap_unlock();
}

/* The provider is being destroyed: its lists are still whole, its loop still turns no more. */
static void provider_gone(void *id, belle_sip_object_t *object)
{
    struct tap_core *core = tap_core_by_id((uintptr_t)id);

    (void)object;
    if (!core)
        return;
    tap_calls_core_gone(core);
    tap_way_core_gone(core);
    /* Out of the list first: after this no other thread can add a task. */
    unlink_core(core);
    tap_core_run_tasks(core);
    tap_core_drop_timers(core);
    if (core->linphone && tap.users->core_gone)
        tap.users->core_gone(tap.user, core->provider);
    free(core);
}

static struct tap_core *new_core(belle_sip_provider_t *provider)
{
    struct tap_core *core = calloc(1, sizeof(*core));

    if (!core)
        return NULL;
    core->provider = provider;
    core->loop = belle_sip_stack_get_main_loop(belle_sip_provider_get_sip_stack(provider));
    core->tasks_end = &core->tasks;
    tap_lock();
    core->id = ++last_id;
    core->next = cores;
    cores = core;
    tap_unlock();
    belle_sip_object_weak_ref(provider, provider_gone, (void *)core->id);
    return core;
}

/* A message that never was: belle-sip hands it to the provider's listeners, we catch it on the way,
 * and so know the listener and through it the Sal and the LinphoneCore, without a look into private
 * structures. An ACK, because nobody may answer one: where it is not caught it is just dropped. */
static belle_sip_request_t *make_probe(void)
{
    belle_sip_message_t *message =
        belle_sip_message_parse("ACK sip:probe@localhost.invalid SIP/2.0\r\n"
                                "Via: SIP/2.0/UDP localhost.invalid;branch=z9hG4bK.probe\r\n"
                                "From: <sip:probe@localhost.invalid>;tag=probe\r\n"
                                "To: <sip:probe@localhost.invalid>\r\n"
                                "Call-ID: probe@localhost.invalid\r\n"
                                "CSeq: 1 ACK\r\n"
                                "Max-Forwards: 0\r\n"
                                "Content-Length: 0\r\n\r\n");

    return message && belle_sip_message_is_request(message) ? (belle_sip_request_t *)message : NULL;
}

bool tap_core_probe_caught(belle_sip_listener_t *listener, const belle_sip_request_event_t *event)
{
    if (!probe.request || belle_sip_request_event_get_request(event) != probe.request)
        return false;
    if (!probe.listener)
        probe.listener = listener;
    return true;
}

static void find_linphone(struct tap_core *core)
{
    const struct tap_callbacks_object *callbacks;

    core->probes++;
    probe.request = make_probe();
    probe.listener = NULL;
    if (!probe.request)
        return;
    belle_sip_object_ref(probe.request);
    tap.provider.on_message(core->provider, NULL, (belle_sip_message_t *)probe.request);
    belle_sip_object_unref(probe.request);
    probe.request = NULL;

    callbacks = (const struct tap_callbacks_object *)probe.listener;
    if (!callbacks || !tap_belle_is_linphone(
                          &tap.belle, (void (*)(void))callbacks->callbacks.process_request_event))
        return;
    core->listener = probe.listener;
    core->linphone = tap.belle.sal_user_pointer(callbacks->user_ctx);
    if (core->linphone && tap.users->core_found)
        tap.users->core_found(tap.user, core->provider, core->linphone);
}

struct tap_core *tap_core_of(belle_sip_provider_t *provider)
{
    struct tap_core *core = tap_core_by_provider(provider);

    if (!core) {
        /* A provider that is being destroyed has no reference left and would never tell of its end.
         */
        if (((const belle_sip_object_t *)provider)->ref <= 0)
            return NULL;
        core = new_core(provider);
    }
    if (core && !core->linphone && core->probes < PROBES_MAX && !probe.request)
        find_linphone(core);
    return core && core->linphone ? core : NULL;
}

/* belle-sip has no public way from a transaction to its provider. We know all providers by address
 * (each was told of its channel before any transaction could use it) and look which of them is in
 * the object; nothing unknown is followed. */
struct tap_core *tap_core_of_transaction(belle_sip_transaction_t *transaction)
{
    const belle_sip_object_vptr_t *vptr = ((const belle_sip_object_t *)transaction)->vptr;
    size_t at, end = vptr->size;
    struct tap_core *core = NULL;

    for (at = sizeof(belle_sip_object_t); !core && at + sizeof(void *) <= end;
         at += sizeof(void *)) {
        const belle_sip_provider_t *word;
        memcpy(&word, (const char *)transaction + at, sizeof(word));
        if (word)
            core = tap_core_by_provider(word);
    }
    return core ? tap_core_of(core->provider) : NULL;
}

void tap_core_mark_transaction(struct tap_core *core, void *transaction)
{
    belle_sip_object_data_set(transaction, MARK, (void *)core->id, NULL);
}

struct tap_core *tap_core_of_marked(void *transaction)
{
    void *id = belle_sip_object_data_get(transaction, MARK);
    return id ? tap_core_by_id((uintptr_t)id) : NULL;
}

static void settle(void *id)
{
    struct tap_core *core = tap_core_by_id((uintptr_t)id);

    if (!core)
        return;
    core->settle_scheduled = false;
    tap_calls_settle(core);
}

void tap_settle_soon(struct tap_core *core)
{
    if (core->settle_scheduled || !core->calls)
        return;
    core->settle_scheduled = true;
    belle_sip_main_loop_do_later(core->loop, settle, (void *)core->id);
}
