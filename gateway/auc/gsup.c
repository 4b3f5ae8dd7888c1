/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vectors from an HLR that speaks GSUP (osmo-hlr): Send Authentication Info. A loadable module of
 * its own, since libosmo-gsup-client is AGPL.
 *
 * One thread runs libosmocore's loop and owns everything of it; fetches are handed over in a queue.
 * osmo-hlr gives each GSUP name an IND of its own (TS 33.102 annex C), so there are several links
 * with a name each, taken in turn: challenges that are open at once do not overtake one another.
 */
#include "auc.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <osmocom/core/logging.h>
#include <osmocom/core/msgb.h>
#include <osmocom/core/select.h>
#include <osmocom/core/talloc.h>
#include <osmocom/core/timer.h>
#include <osmocom/gsupclient/gsup_client.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define NAMED_US 5000
#define LATE_S 30 /* an answer may still come */
#define AGAIN_S 1
#define MUTE_MAX 2 /* questions without an answer, on a link that gave none yet */

struct link {
    struct gsup *gsup;
    struct osmo_gsup_client *client;
    struct ipaccess_unit unit;
    char name[AUC_NAME_MAX + 8];
    bool up;                      /* connected, and the HLR knows our name */
    bool heard;                   /* an answer, since then */
    unsigned unanswered;          /* before that */
    struct osmo_timer_list named; /* looks for that while it is not */
    GQueue pending;               /* struct job, in the order of sending */
    GQueue late;                  /* struct late, the oldest first */
};
/* A question that nobody waits for any more, and whose answer may still come. */
struct late {
    char imsi[STORE_IMSI_MAX + 1];
    gint64 until_us;
};
struct job {
    struct auc_fetch *fetch;
    struct link *link;
    bool passed; /* an answer that came was taken for one of before */
    struct osmo_timer_list timer;
};
struct gsup {
    char host[AUC_HOST_MAX + 1];
    unsigned port;
    int timeout_ms;
    void (*log)(const char *text);
    void (*links_up)(int up, int total);
    struct link links[AUC_LINKS_MAX];
    unsigned count, next;
    void *talloc;
    struct osmo_fd wake;
    GThread *thread;
    GMutex lock;
    GCond started;
    GQueue fresh; /* struct auc_fetch, under lock */
    bool running, stopping, stopped, failed;
};

static void say(const struct gsup *gsup, const char *link, const char *what)
{
    char text[192];
    int up = 0;

    snprintf(text, sizeof text, "op=hlr link=%s state=%s", link, what);
    gsup->log(text);
    for (unsigned i = 0; i < gsup->count; i++)
        up += gsup->links[i].up;
    gsup->links_up(up, (int)gsup->count);
}

static void end_fetch(struct auc_fetch *fetch, enum auc_result result, const char *reason)
{
    fetch->result = result;
    fetch->reason = reason;
    fetch->done(fetch);
}

static void end_job(struct job *job, enum auc_result result, const char *reason)
{
    struct auc_fetch *fetch = job->fetch;

    osmo_timer_del(&job->timer);
    g_queue_remove(&job->link->pending, job);
    g_free(job);
    end_fetch(fetch, result, reason);
}

/* -- answers ----------------------------------------------------------------------------------- */

/* The cause of an error (TS 24.008, 10.5.5.14) as what it means here. */
static enum auc_result result_of(const struct auc_fetch *fetch, enum gsm48_gmm_cause cause,
                                 const char **reason)
{
    switch (cause) {
    case GMM_CAUSE_IMSI_UNKNOWN:
    case GMM_CAUSE_MS_ID_NOT_DERIVED:
        *reason = "HLR does not know this IMSI";
        return AUC_UNKNOWN;
    case GMM_CAUSE_ILLEGAL_MS:
    case GMM_CAUSE_ILLEGAL_ME:
    case GMM_CAUSE_GPRS_NOTALLOWED:
    case GMM_CAUSE_GPRS_OTHER_NOTALLOWED:
    case GMM_CAUSE_PLMN_NOTALLOWED:
    case GMM_CAUSE_LA_NOTALLOWED:
    case GMM_CAUSE_ROAMING_NOTALLOWED:
        *reason = "HLR bars this subscriber";
        return AUC_BARRED;
    case GMM_CAUSE_MAC_FAIL:
    case GMM_CAUSE_SYNC_FAIL:
        *reason = "HLR refused the AUTS";
        return AUC_AUTS_REFUSED;
    case GMM_CAUSE_CONGESTION:
        *reason = "HLR is overloaded";
        return AUC_DOWN;
    default:
        /* osmo-hlr says "network failure" to an AUTS that no SIM of its made. */
        *reason = fetch->has_auts ? "HLR refused the AUTS, or failed" : "HLR failed";
        return fetch->has_auts && cause == GMM_CAUSE_NET_FAIL ? AUC_AUTS_REFUSED : AUC_DOWN;
    }
}

/* One vector of the answer; the others are dropped: kept ones would be given out of their order. */
static enum auc_result take_vector(const struct osmo_gsup_message *answer,
                                   struct auc_vector *vector, const char **reason)
{
    const struct osmo_auth_vector *av = NULL;

    for (size_t i = 0; !av && i < answer->num_auth_vectors; i++)
        if (answer->auth_vectors[i].auth_types & OSMO_AUTH_TYPE_UMTS)
            av = &answer->auth_vectors[i];
    *reason = "HLR gave no UMTS vector";
    if (!av)
        return AUC_NO_METHOD;
    *reason = "HLR gave a vector that is not for us";
    /* RES has 4 to 16 octets; the separation bit of AMF (annex H) must be 0. */
    if (av->res_len < 4 || av->res_len > SIMAUTH_RES_MAX || av->autn[6] & 0x80)
        return AUC_FAILED;
    memcpy(vector->rand, av->rand, sizeof av->rand);
    memcpy(vector->autn, av->autn, sizeof vector->autn);
    memcpy(vector->res.octets, av->res, av->res_len);
    vector->res.len = av->res_len;
    memcpy(vector->k.octets, av->ck, 16);
    memcpy(vector->k.octets + 16, av->ik, 16);
    vector->k.len = 32;
    *reason = NULL;
    return AUC_OK;
}

static void forget_late(struct link *link)
{
    struct late *late;

    while ((late = g_queue_peek_head(&link->late)) && late->until_us <= g_get_monotonic_time())
        g_free(g_queue_pop_head(&link->late));
}

/* Whether an answer for this IMSI may be of a question that ran out of time; once for each. */
static bool take_late(struct link *link, const char *imsi)
{
    forget_late(link);
    for (GList *at = link->late.head; at; at = at->next)
        if (strcmp(((struct late *)at->data)->imsi, imsi) == 0) {
            g_free(at->data);
            g_queue_delete_link(&link->late, at);
            return true;
        }
    return false;
}

/* An answer names the IMSI and no more, and a link keeps order: it is of the oldest question. One
 * that comes after its time may be taken for a later one's, which harms nothing: its vector is
 * unused all the same. But it says nothing about an AUTS that the HLR had not seen yet: that one
 * waits for the next answer. */
static struct job *find_job(struct link *link, const char *imsi)
{
    struct job *job = NULL;

    for (GList *at = link->pending.head; !job && at; at = at->next)
        if (strcmp(((struct job *)at->data)->fetch->imsi, imsi) == 0)
            job = at->data;
    if ((job && !job->fetch->has_auts) || !take_late(link, imsi))
        return job;
    if (job)
        job->passed = true;
    return NULL;
}

static int on_message(struct osmo_gsup_client *client, struct msgb *message)
{
    struct link *link = client->data;
    struct osmo_gsup_message answer = {0};
    enum auc_result result = AUC_FAILED;
    const char *reason = NULL;
    struct job *job = NULL;

    link->heard = true;
    if (osmo_gsup_decode(msgb_l2(message), msgb_l2len(message), &answer) == 0 &&
        (answer.message_type == OSMO_GSUP_MSGT_SEND_AUTH_INFO_RESULT ||
         answer.message_type == OSMO_GSUP_MSGT_SEND_AUTH_INFO_ERROR))
        job = find_job(link, answer.imsi);
    if (job) {
        if (answer.message_type == OSMO_GSUP_MSGT_SEND_AUTH_INFO_RESULT)
            result = take_vector(&answer, &job->fetch->vector, &reason);
        else
            result = result_of(job->fetch, answer.cause, &reason);
        end_job(job, result, reason);
    }
    OPENSSL_cleanse(&answer, sizeof answer);
    OPENSSL_cleanse(message->data, msgb_length(message));
    msgb_free(message);
    return 0;
}

/* -- links ------------------------------------------------------------------------------------- */

static void drop_pending(struct link *link, const char *reason)
{
    struct job *job;

    while ((job = g_queue_peek_head(&link->pending)))
        end_job(job, AUC_DOWN, reason);
    g_queue_clear_full(&link->late, g_free); /* their answers have gone with the connection */
}

/* The HLR asks for our name as soon as it accepts, and refuses questions before it has it. The
 * library answers by itself and does not say so; but it also sent a PING when it was connected, and
 * the PONG comes behind the HLR's question: by then our name is on its way, before all that we
 * send.
 */
static void on_named(void *data)
{
    struct link *link = data;

    if (link->client->got_ipa_pong) {
        link->up = true;
        link->heard = false;
        link->unanswered = 0;
        say(link->gsup, link->name, "up");
    } else {
        osmo_timer_schedule(&link->named, 0, NAMED_US);
    }
}

/* The library connects again by itself, once a second. */
static bool on_up_down(struct osmo_gsup_client *client, bool up)
{
    struct link *link = client->data;

    osmo_timer_del(&link->named);
    if (up) {
        osmo_timer_schedule(&link->named, 0, NAMED_US);
        return true;
    }
    if (link->up) {
        link->up = false;
        say(link->gsup, link->name, "down");
    }
    drop_pending(link, "connection with the HLR was lost");
    return true;
}

static bool open_link(struct link *link)
{
    struct osmo_gsup_client_config config = {.ip_addr = link->gsup->host,
                                             .tcp_port = link->gsup->port,
                                             .read_cb = on_message,
                                             .up_down_cb = on_up_down,
                                             .data = link,
                                             .ipa_dev = &link->unit};

    link->unit.unit_name = link->unit.serno = link->name;
    link->unit.swversion = (char *)(uintptr_t) "simauth-gateway";
    osmo_timer_setup(&link->named, on_named, link);
    link->client = osmo_gsup_client_create3(link->gsup->talloc, &config);
    return link->client != NULL;
}

static void on_again(void *data)
{
    struct link *link = data;

    if (open_link(link))
        return;
    osmo_timer_setup(&link->named, on_again, link);
    osmo_timer_schedule(&link->named, AGAIN_S, 0);
}

/* osmo-hlr answers over the connection that came first with a name, for as long as it has that one,
 * and over none afterwards: a link that is begun anew while the HLR still has the one before (a
 * network that was cut) stays mute. It has the name to itself when it begins once more. */
static void renew(struct link *link)
{
    osmo_timer_del(&link->named);
    link->up = false;
    say(link->gsup, link->name, "down reason=\"HLR answers nothing on it\"");
    drop_pending(link, "HLR answers nothing on this connection");
    osmo_gsup_client_destroy(link->client);
    link->client = NULL;
    osmo_timer_setup(&link->named, on_again, link);
    osmo_timer_schedule(&link->named, AGAIN_S, 0);
}

/* -- questions --------------------------------------------------------------------------------- */

static void expect_late(const struct job *job)
{
    struct late *late = g_new0(struct late, 1);

    g_strlcpy(late->imsi, job->fetch->imsi, sizeof late->imsi);
    late->until_us = g_get_monotonic_time() + LATE_S * G_USEC_PER_SEC;
    forget_late(job->link);
    g_queue_push_tail(&job->link->late, late);
}

/* Where an answer did come, it was most likely the one of this, and the one that was waited for is
 * lost: else each AUTS would wait for an answer more than there is. */
static void on_time_out(void *data)
{
    const struct job *job = data;
    struct link *link = job->link;

    if (!job->passed)
        expect_late(job);
    end_job(data, AUC_DOWN, "HLR did not answer in time");
    if (!link->heard && ++link->unanswered >= MUTE_MAX)
        renew(link);
}

/* The next link that is up; NULL: none. */
static struct link *next_link(struct gsup *gsup)
{
    for (unsigned i = 0; i < gsup->count; i++) {
        struct link *link = &gsup->links[gsup->next++ % gsup->count];

        if (link->up)
            return link;
    }
    return NULL;
}

static void ask(struct gsup *gsup, struct auc_fetch *fetch)
{
    struct osmo_gsup_message question = {
        .message_type = OSMO_GSUP_MSGT_SEND_AUTH_INFO_REQUEST,
        .message_class = OSMO_GSUP_MESSAGE_CLASS_SUBSCRIBER_MANAGEMENT,
        .rand = fetch->has_auts ? fetch->rand : NULL,
        .auts = fetch->has_auts ? fetch->auts : NULL,
    };
    struct link *link = next_link(gsup);
    struct job *job;

    if (!link) {
        end_fetch(fetch, AUC_DOWN, "no connection with the HLR");
        return;
    }
    g_strlcpy(question.imsi, fetch->imsi, sizeof question.imsi);
    if (osmo_gsup_client_enc_send(link->client, &question) != 0) {
        end_fetch(fetch, AUC_DOWN, "question to the HLR could not be sent");
        return;
    }
    job = g_new0(struct job, 1);
    job->fetch = fetch;
    job->link = link;
    osmo_timer_setup(&job->timer, on_time_out, job);
    osmo_timer_schedule(&job->timer, gsup->timeout_ms / 1000, gsup->timeout_ms % 1000 * 1000);
    g_queue_push_tail(&link->pending, job);
}

/* -- the thread -------------------------------------------------------------------------------- */

static int on_wake(struct osmo_fd *fd, unsigned what)
{
    struct gsup *gsup = fd->data;
    struct auc_fetch *fetch;
    eventfd_t count;

    (void)what;
    eventfd_read(fd->fd, &count);
    g_mutex_lock(&gsup->lock);
    while ((fetch = g_queue_pop_head(&gsup->fresh))) {
        g_mutex_unlock(&gsup->lock);
        ask(gsup, fetch);
        g_mutex_lock(&gsup->lock);
    }
    g_mutex_unlock(&gsup->lock);
    return 0;
}

static bool open_all(struct gsup *gsup)
{
    static const struct log_info no_categories = {0};

    /* All of libosmocore's state is the thread's own. */
    osmo_ctx_init("gsup");
    osmo_select_init();
    gsup->talloc = talloc_named_const(NULL, 0, "simauth gsup");
    log_init(&no_categories, gsup->talloc); /* the library aborts without; nothing is printed */
    osmo_fd_setup(&gsup->wake, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), OSMO_FD_READ, on_wake, gsup,
                  0);
    if (gsup->wake.fd < 0 || osmo_fd_register(&gsup->wake) != 0)
        return false;
    for (unsigned i = 0; i < gsup->count; i++)
        if (!open_link(&gsup->links[i]))
            return false;
    return true;
}

static bool is_stopping(struct gsup *gsup)
{
    bool stopping;

    g_mutex_lock(&gsup->lock);
    stopping = gsup->stopping;
    g_mutex_unlock(&gsup->lock);
    return stopping;
}

static gpointer run(gpointer data)
{
    struct gsup *gsup = data;
    bool good = open_all(gsup);

    g_mutex_lock(&gsup->lock);
    gsup->running = good;
    gsup->failed = !good;
    g_cond_signal(&gsup->started);
    g_mutex_unlock(&gsup->lock);
    while (good && !is_stopping(gsup))
        osmo_select_main(0);
    for (unsigned i = 0; i < gsup->count; i++) {
        drop_pending(&gsup->links[i], "gateway stops");
        osmo_timer_del(&gsup->links[i].named);
        if (gsup->links[i].client)
            osmo_gsup_client_destroy(gsup->links[i].client);
    }
    osmo_fd_unregister(&gsup->wake);
    talloc_free(osmo_ctx); /* the thread's own, from osmo_ctx_init() */
    osmo_ctx = NULL;
    return NULL;
}

/* -- the source -------------------------------------------------------------------------------- */

static void *gsup_start(const struct auc_settings *settings, char *error)
{
    struct gsup *gsup = g_new0(struct gsup, 1);

    g_strlcpy(gsup->host, settings->host, sizeof gsup->host);
    gsup->port = (unsigned)settings->port;
    gsup->timeout_ms = settings->timeout_ms;
    gsup->log = settings->log;
    gsup->links_up = settings->links_up;
    gsup->count = (unsigned)settings->links;
    for (unsigned i = 0; i < gsup->count; i++) {
        gsup->links[i].gsup = gsup;
        snprintf(gsup->links[i].name, sizeof gsup->links[i].name, "%s-%u", settings->name, i);
    }
    g_mutex_init(&gsup->lock);
    g_cond_init(&gsup->started);
    gsup->thread = g_thread_new("gsup", run, gsup);
    g_mutex_lock(&gsup->lock);
    while (!gsup->running && !gsup->failed)
        g_cond_wait(&gsup->started, &gsup->lock);
    g_mutex_unlock(&gsup->lock);
    if (gsup->running)
        return gsup;
    g_thread_join(gsup->thread);
    g_free(gsup);
    snprintf(error, AUC_ERROR_MAX, "the connection with the HLR could not be prepared");
    return NULL;
}

static void gsup_stop(void *state)
{
    struct gsup *gsup = state;
    struct auc_fetch *fetch;

    g_mutex_lock(&gsup->lock);
    gsup->stopping = true;
    g_mutex_unlock(&gsup->lock);
    eventfd_write(gsup->wake.fd, 1);
    g_thread_join(gsup->thread);
    g_mutex_lock(&gsup->lock);
    gsup->stopped = true;
    while ((fetch = g_queue_pop_head(&gsup->fresh)))
        end_fetch(fetch, AUC_DOWN, "gateway stops");
    g_mutex_unlock(&gsup->lock);
}

static void gsup_free(void *state)
{
    struct gsup *gsup = state;

    close(gsup->wake.fd);
    talloc_free(gsup->talloc);
    g_mutex_clear(&gsup->lock);
    g_cond_clear(&gsup->started);
    g_free(gsup);
}

static void gsup_fetch(void *state, struct auc_fetch *fetch)
{
    struct gsup *gsup = state;
    bool stopped;

    g_mutex_lock(&gsup->lock);
    stopped = gsup->stopped;
    if (!stopped)
        g_queue_push_tail(&gsup->fresh, fetch);
    g_mutex_unlock(&gsup->lock);
    if (stopped)
        end_fetch(fetch, AUC_DOWN, "gateway stops");
    else
        eventfd_write(gsup->wake.fd, 1);
}

static const struct auc_ops ops = {
    .name = "gsup",
    .start = gsup_start,
    .stop = gsup_stop,
    .free = gsup_free,
    .fetch = gsup_fetch,
};
__attribute__((visibility("default")))
const struct auc_module simauth_gateway_source = {AUC_MODULE_VERSION, &ops};
