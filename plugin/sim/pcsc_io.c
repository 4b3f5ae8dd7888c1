/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pcsc_io.h"
#include "thread.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <simauth/secret.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLOSE_MS 1000

/* Belongs to both sides; the last one to leave frees it. In pages of its own: a job may be a PIN.
 */
struct pcsc_io {
    pthread_mutex_t lock;
    pthread_cond_t asked, done;
    struct pcsc_job job;
    bool has_job, has_result, leaving, left;
    bool late;      /* the caller's own: nothing more is asked */
    bool abandoned; /* by the caller, while it was late */
    unsigned users; /* the caller and the thread */
    SCARDCONTEXT context;
    SCARDHANDLE card;
    bool has_context, has_card;
    DWORD protocol;
};

static atomic_uint stuck;

unsigned pcsc_io_stuck(void)
{
    return atomic_load(&stuck);
}

/* -- on the thread ----------------------------------------------------------------------------- */

/* As it is: a self-test opens it again at once, and the person has given the PIN already. pcscd
 * takes the power of one that nobody uses. */
static void drop_card(struct pcsc_io *io)
{
    if (io->has_card)
        SCardDisconnect(io->card, SCARD_LEAVE_CARD);
    io->has_card = false;
}

static void drop_context(struct pcsc_io *io)
{
    drop_card(io);
    if (io->has_context)
        SCardReleaseContext(io->context);
    io->has_context = false;
}

static LONG need_context(struct pcsc_io *io)
{
    LONG result;

    if (io->has_context && SCardIsValidContext(io->context) == SCARD_S_SUCCESS)
        return SCARD_S_SUCCESS;
    drop_context(io);
    result = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &io->context);
    io->has_context = result == SCARD_S_SUCCESS;
    return result;
}

static void look_for_cards(struct pcsc_io *io, struct pcsc_job *job)
{
    for (unsigned i = 0; i < job->list.count; i++) {
        SCARD_READERSTATE state = {.szReader = job->list.names[i]};

        if (SCardGetStatusChange(io->context, 0, &state, 1) == SCARD_S_SUCCESS)
            job->list.present[i] = (state.dwEventState & SCARD_STATE_PRESENT) != 0;
    }
}

/* A context of a service that was started anew is worth nothing, and only a call tells. */
static LONG list_names(struct pcsc_io *io, char names[static PCSC_NAMES_MAX])
{
    bool was_open = io->has_context;
    DWORD len = PCSC_NAMES_MAX;
    LONG result = need_context(io);

    if (result == SCARD_S_SUCCESS)
        result = SCardListReaders(io->context, NULL, names, &len);
    if (result == SCARD_S_SUCCESS || result == SCARD_E_NO_READERS_AVAILABLE)
        return result;
    drop_context(io);
    return was_open ? list_names(io, names) : result;
}

static LONG do_list(struct pcsc_io *io, struct pcsc_job *job)
{
    char names[PCSC_NAMES_MAX];
    LONG result = list_names(io, names);

    memset(&job->list, 0, sizeof job->list);
    if (result != SCARD_S_SUCCESS)
        return result;
    for (const char *name = names; *name && job->list.count < PCSC_READERS_MAX;
         name += strlen(name) + 1) {
        if (strlen(name) < MAX_READERNAME)
            memcpy(job->list.names[job->list.count++], name, strlen(name) + 1);
    }
    look_for_cards(io, job);
    return SCARD_S_SUCCESS;
}

static LONG do_connect(struct pcsc_io *io, struct pcsc_job *job)
{
    LONG result = need_context(io);

    if (result != SCARD_S_SUCCESS)
        return result;
    drop_card(io);
    result = SCardConnect(io->context, job->connect.name,
                          job->connect.shared ? SCARD_SHARE_SHARED : SCARD_SHARE_EXCLUSIVE,
                          SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &io->card, &io->protocol);
    io->has_card = result == SCARD_S_SUCCESS;
    job->connect.t0 = io->protocol == SCARD_PROTOCOL_T0;
    return result;
}

static LONG do_transmit(struct pcsc_io *io, struct pcsc_job *job)
{
    DWORD len = sizeof job->transmit.reply;
    LONG result = SCardTransmit(
        io->card, io->protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
        job->transmit.command, job->transmit.command_len, NULL, job->transmit.reply, &len);

    job->transmit.reply_len = result == SCARD_S_SUCCESS ? len : 0;
    return result;
}

static LONG perform(struct pcsc_io *io, struct pcsc_job *job)
{
    if (job->op == PCSC_LIST)
        return do_list(io, job);
    if (job->op == PCSC_CONNECT)
        return do_connect(io, job);
    if (job->op == PCSC_DISCONNECT) {
        drop_card(io);
        return SCARD_S_SUCCESS;
    }
    if (!io->has_card)
        return SCARD_E_INVALID_HANDLE;
    if (job->op == PCSC_TRANSMIT)
        return do_transmit(io, job);
    return job->op == PCSC_BEGIN ? SCardBeginTransaction(io->card)
                                 : SCardEndTransaction(io->card, SCARD_LEAVE_CARD);
}

static void release(struct pcsc_io *io)
{
    bool last = --io->users == 0;

    pthread_mutex_unlock(&io->lock);
    if (!last)
        return;
    pthread_cond_destroy(&io->asked);
    pthread_cond_destroy(&io->done);
    pthread_mutex_destroy(&io->lock);
    simauth_secure_free(io);
}

static void *serve(void *arg)
{
    struct pcsc_io *io = arg;
    struct pcsc_job job;

    pthread_mutex_lock(&io->lock);
    while (!io->leaving) {
        if (!io->has_job) {
            pthread_cond_wait(&io->asked, &io->lock);
            continue;
        }
        io->has_job = false;
        job = io->job;
        pthread_mutex_unlock(&io->lock);
        job.result = perform(io, &job);
        pthread_mutex_lock(&io->lock);
        io->job = job;
        OPENSSL_cleanse(&job, sizeof job);
        io->has_result = true;
        pthread_cond_signal(&io->done);
    }
    pthread_mutex_unlock(&io->lock);
    drop_context(io);
    pthread_mutex_lock(&io->lock);
    io->left = true;
    if (io->abandoned)
        atomic_fetch_sub(&stuck, 1);
    pthread_cond_signal(&io->done);
    release(io);
    return NULL;
}

/* -- on the caller's side ---------------------------------------------------------------------- */

struct pcsc_io *pcsc_io_open(void)
{
    struct pcsc_io *io = pcsc_io_stuck() < PCSC_STUCK_MAX ? simauth_secure_alloc(sizeof *io) : NULL;
    pthread_condattr_t monotonic;

    if (!io)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&io->lock, NULL);
    pthread_cond_init(&io->asked, NULL);
    pthread_cond_init(&io->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    io->users = 2;
    if (thread_launch("simauth-card", serve, io))
        return io;
    io->users = 1;
    pthread_mutex_lock(&io->lock);
    release(io);
    return NULL;
}

static struct timespec in_ms(unsigned ms)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += (long)(ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return end;
}

static bool wait_for(struct pcsc_io *io, const bool *flag, unsigned limit_ms)
{
    struct timespec end = in_ms(limit_ms);

    while (!*flag)
        if (pthread_cond_timedwait(&io->done, &io->lock, &end) == ETIMEDOUT)
            break;
    return *flag;
}

bool pcsc_io_do(struct pcsc_io *io, struct pcsc_job *job, unsigned limit_ms)
{
    if (io->late) {
        job->result = SCARD_E_TIMEOUT;
        return false;
    }
    pthread_mutex_lock(&io->lock);
    io->job = *job;
    io->has_job = true;
    io->has_result = false;
    pthread_cond_signal(&io->asked);
    io->late = !wait_for(io, &io->has_result, limit_ms);
    if (io->late)
        job->result = SCARD_E_TIMEOUT;
    else
        *job = io->job;
    OPENSSL_cleanse(&io->job, sizeof io->job);
    pthread_mutex_unlock(&io->lock);
    return !io->late;
}

void pcsc_io_close(struct pcsc_io *io)
{
    if (!io)
        return;
    pthread_mutex_lock(&io->lock);
    io->leaving = true;
    pthread_cond_signal(&io->asked);
    if (!io->late) /* a late one is not waited for; it cleans up whenever it comes back */
        wait_for(io, &io->left, CLOSE_MS);
    if (!io->left) {
        io->abandoned = true;
        atomic_fetch_add(&stuck, 1);
    }
    release(io);
}
