/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firewall.h"
#include "log.h"
#include "tally.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TURN_MS 200
#define SLOW_SECONDS 2        /* then the log says so */
#define OCTETS_A_SECOND 65536 /* of commands, which it reads at a start with many calls */

extern char **environ;

struct pinhole pinhole_in_order(const struct pinhole *hole)
{
    struct pinhole ordered;
    int order = memcmp(&hole->a, &hole->b, sizeof hole->a);
    bool turned = order > 0 || (order == 0 && hole->a_port > hole->b_port);

    memset(&ordered, 0, sizeof ordered); /* what is between the members counts in the hash */
    ordered.a = turned ? hole->b : hole->a;
    ordered.b = turned ? hole->a : hole->b;
    ordered.a_port = turned ? hole->b_port : hole->a_port;
    ordered.b_port = turned ? hole->a_port : hole->b_port;
    return ordered;
}

static bool is_end(const struct sdp_address *one, unsigned port, const struct sdp_address *other,
                   unsigned other_port)
{
    return port == other_port && memcmp(one, other, sizeof *one) == 0;
}

bool pinhole_same(const struct pinhole *one, const struct pinhole *other)
{
    return (is_end(&one->a, one->a_port, &other->a, other->a_port) &&
            is_end(&one->b, one->b_port, &other->b, other->b_port)) ||
           (is_end(&one->a, one->a_port, &other->b, other->b_port) &&
            is_end(&one->b, one->b_port, &other->a, other->a_port));
}

/* -- the program ------------------------------------------------------------------------------- */

/* What is still to be said to it, and the first line of what it complained of. */
struct talk {
    int in, out;
    const char *rest;
    char *line;
    size_t room, len;
};

static void say(struct talk *t)
{
    ssize_t sent = write(t->in, t->rest, strlen(t->rest));

    if (sent > 0)
        t->rest += sent;
    else if (errno != EINTR && errno != EAGAIN)
        t->rest = ""; /* it hears no more */
    if (!*t->rest) {
        close(t->in);
        t->in = -1;
    }
}

/* False: it will say no more. What there is no room for is dropped. */
static bool hear(struct talk *t)
{
    char dropped[256];
    bool full = t->len + 1 >= t->room;
    ssize_t got = read(t->out, full ? dropped : t->line + t->len,
                       full ? sizeof dropped : t->room - 1 - t->len);

    if (got > 0 && !full)
        t->len += (size_t)got;
    return got > 0 || (got < 0 && errno == EINTR);
}

static bool go_on(struct talk *t)
{
    struct pollfd ends[] = {{.fd = t->out, .events = POLLIN}, {.fd = t->in, .events = POLLOUT}};

    if (poll(ends, 2, TURN_MS) <= 0)
        return true;
    if (ends[1].revents)
        say(t);
    return !ends[0].revents || hear(t);
}

/* Until it has said all, or its time is over: then it ends by force, and so does what it began. */
static void talk(struct talk *t, pid_t child, int seconds)
{
    int64_t began = g_get_monotonic_time(), passed = 0;
    int64_t limit = seconds + (int64_t)(strlen(t->rest) / OCTETS_A_SECOND);
    bool told = false;

    while (go_on(t) && (!seconds || passed < limit)) {
        passed = (g_get_monotonic_time() - began) / G_TIME_SPAN_SECOND;
        if (passed >= SLOW_SECONDS && !told)
            log_line("op=nft result=slow: it has not ended after %d seconds; pinholes wait for it",
                     SLOW_SECONDS);
        told = told || passed >= SLOW_SECONDS;
    }
    t->line[t->len] = '\0';
    t->line[strcspn(t->line, "\n")] = '\0';
    if (!seconds || passed < limit)
        return;
    kill(-child, SIGKILL);
    g_snprintf(t->line, t->room, "it did not end within %d seconds ([pinholes] nft_seconds)",
               (int)limit);
}

static bool ended_well(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* A group of its own: what it began ends with it. */
static bool start(const char *nft, int in, int out, pid_t *child)
{
    char *arguments[] = {(char *)(uintptr_t)nft, (char[]){"-f"}, (char[]){"-"}, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    bool good;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    good = posix_spawnp(child, nft, &actions, &attributes, arguments, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return good;
}

/* Runs "nft -f -" with these commands, for so many seconds at most, and more for very many; 0: as
 * long as it likes. */
static bool run(const char *nft, const char *commands, int seconds)
{
    char complaint[256] = "could not be started";
    int in[2], out[2];
    pid_t child;
    bool good = false;

    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    good = start(nft, in[0], out[1], &child);
    close(in[0]);
    close(out[1]);
    if (good) {
        struct talk t = {in[1], out[0], commands, complaint, sizeof complaint, 0};

        talk(&t, child, seconds);
        in[1] = t.in;
        good = ended_well(child);
    }
    if (in[1] >= 0)
        close(in[1]);
    close(out[0]);
    if (!good)
        log_line("op=nft result=failed why=\"%s\"", complaint);
    return good;
}

/* -- commands ---------------------------------------------------------------------------------- */

static void one_way(GString *text, const struct sdp_address *from, uint16_t from_port,
                    const struct sdp_address *to, uint16_t to_port)
{
    char source[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN];

    inet_ntop(from->family, from->octets, source, sizeof source);
    inet_ntop(to->family, to->octets, target, sizeof target);
    g_string_append_printf(text, "%s . %u . %s . %u", source, from_port, target, to_port);
}

static void element(GString *text, const char *table, const char *verb, const struct pinhole *hole,
                    int64_t seconds)
{
    const char *set = hole->a.family == AF_INET ? "holes4" : "holes6";

    for (int back = 0; back < 2; back++) {
        g_string_append_printf(text, "%s element inet %s %s { ", verb, table, set);
        if (back)
            one_way(text, &hole->b, hole->b_port, &hole->a, hole->a_port);
        else
            one_way(text, &hole->a, hole->a_port, &hole->b, hole->b_port);
        if (seconds > 0)
            g_string_append_printf(text, " timeout %" PRId64 "s", seconds);
        g_string_append(text, " }\n");
    }
}

/* One that is not there cannot be taken away: it is put there first. */
static void remove_one(GString *text, const char *table, const struct pinhole *hole)
{
    element(text, table, "add", hole, 1);
    element(text, table, "delete", hole, 0);
}

static char *commands_of(const char *table, const struct firewall_change *change)
{
    GString *text = g_string_new(NULL);

    if (change->flush)
        g_string_append_printf(text, "flush set inet %s holes4\nflush set inet %s holes6\n", table,
                               table);
    for (unsigned i = 0; i < change->remove_count; i++)
        remove_one(text, table, &change->remove[i]);
    for (unsigned i = 0; i < change->add_count; i++) {
        remove_one(text, table, &change->add[i]);
        element(text, table, "add", &change->add[i], change->seconds > 0 ? change->seconds : 1);
    }
    return g_string_free(text, FALSE);
}

/* What an empty change would need: both sets, and the right to change them. */
static char *check_of(const char *table)
{
    return g_strdup_printf(
        "add element inet %s holes4 { 192.0.2.1 . 1 . 192.0.2.2 . 1 timeout 1s }\n"
        "delete element inet %s holes4 { 192.0.2.1 . 1 . 192.0.2.2 . 1 }\n"
        "add element inet %s holes6 { 2001:db8::1 . 1 . 2001:db8::2 . 1 timeout 1s }\n"
        "delete element inet %s holes6 { 2001:db8::1 . 1 . 2001:db8::2 . 1 }\n",
        table, table, table, table);
}

bool firewall_apply(const struct config *config, const struct firewall_change *changes,
                    unsigned count)
{
    GString *together = g_string_new(NULL);
    bool good;

    for (unsigned i = 0; i < count; i++) {
        char *commands = commands_of(config->table, &changes[i]);

        g_string_append(together, commands);
        g_free(commands);
    }
    good =
        !together->len || !config->nft[0] || run(config->nft, together->str, config->nft_seconds);
    g_string_free(together, TRUE);
    return good;
}

/* Halves of what is refused, down to the one that is. */
static void apply_halves(const struct config *config, const struct firewall_change *changes,
                         unsigned count, bool *refused)
{
    unsigned half = count / 2;

    if (!count || firewall_apply(config, changes, count))
        return;
    refused[0] = count == 1;
    if (count == 1)
        return;
    apply_halves(config, changes, half, refused);
    apply_halves(config, changes + half, count - half, refused + half);
}

bool firewall_apply_most(const struct config *config, const struct firewall_change *changes,
                         unsigned count, bool *refused)
{
    memset(refused, 0, count * sizeof refused[0]);
    if (firewall_apply(config, changes, count))
        return true;
    if (!firewall_check(config) || !firewall_apply(config, changes, 1))
        return false;
    apply_halves(config, changes + 1, count - 1, refused + 1);
    return true;
}

/* -- the thread -------------------------------------------------------------------------------- */

struct job {
    char *commands;
    struct pinhole *add, *undo; /* in order */
    unsigned add_count, undo_count;
    struct firewall_result result;
    uint64_t after;
};

struct firewall {
    GThread *thread; /* NULL: no nft */
    GMutex lock;
    GCond more;
    GQueue jobs, done; /* struct job; struct firewall_result */
    char *nft, *table;
    int seconds;      /* that nft may take */
    GHashTable *owed; /* of the thread: what is to be taken away once nft does again */
    void (*wait)(void *data, uint64_t after);
    void *data;
    bool stopping;
};

#define OWED_MAX 2048 /* past that the kernel's own times do it */

static guint pinhole_hash(gconstpointer hole)
{
    return octets_hash(hole, sizeof(struct pinhole));
}

static gboolean pinhole_equal(gconstpointer one, gconstpointer other)
{
    return memcmp(one, other, sizeof(struct pinhole)) == 0;
}

static void result_free(void *data)
{
    struct firewall_result *result = data;

    g_free(result->key);
    g_free(result);
}

static void job_free(void *data)
{
    struct job *job = data;

    g_free(job->commands);
    g_free(job->add);
    g_free(job->undo);
    g_free(job->result.key);
    g_free(job);
}

/* Nothing stays of a change that was refused. What was put there since is nobody's debt. */
static void keep_account(struct firewall *f, const struct job *job)
{
    for (unsigned i = 0; !job->result.good && i < job->undo_count; i++)
        if (g_hash_table_size(f->owed) < OWED_MAX)
            g_hash_table_add(f->owed, g_memdup2(&job->undo[i], sizeof job->undo[i]));
    for (unsigned i = 0; job->result.good && i < job->add_count; i++)
        g_hash_table_remove(f->owed, &job->add[i]);
}

static void pay(struct firewall *f)
{
    GString *text = g_string_new(NULL);
    const struct pinhole *hole;
    GHashTableIter each;

    g_hash_table_iter_init(&each, f->owed);
    while (g_hash_table_iter_next(&each, (void **)&hole, NULL))
        remove_one(text, f->table, hole);
    if (text->len && run(f->nft, text->str, f->seconds))
        g_hash_table_remove_all(f->owed);
    g_string_free(text, TRUE);
}

/* Whether nft would do anything at all now. */
static bool works(const struct firewall *f)
{
    char *text = check_of(f->table);
    bool good = run(f->nft, text, f->seconds);

    g_free(text);
    return good;
}

/* Together where that works; else each by itself, so that one spoils nobody else's, unless nothing
 * works. */
static void do_all(struct firewall *f, GQueue *jobs)
{
    GString *together = g_string_new(NULL);
    bool good, one = jobs->length == 1;
    uint64_t after = 0;

    pay(f);
    for (const GList *each = jobs->head; each; each = each->next) {
        const struct job *job = each->data;

        g_string_append(together, job->commands);
        after = MAX(after, job->after);
    }
    f->wait(f->data, after);
    good = run(f->nft, together->str, f->seconds);
    one = one || (!good && !works(f));
    for (const GList *each = jobs->head; each; each = each->next) {
        struct job *job = each->data;

        job->result.good = good || (!one && run(f->nft, job->commands, f->seconds));
        keep_account(f, job);
    }
    g_string_free(together, TRUE);
}

static void tell(struct firewall *f, GQueue *jobs)
{
    struct job *job;

    for (; (job = g_queue_pop_head(jobs)); job_free(job)) {
        g_queue_push_tail(&f->done, g_memdup2(&job->result, sizeof job->result));
        job->result.key = NULL;
    }
}

static void *work(void *data)
{
    struct firewall *f = data;
    GQueue jobs;

    g_mutex_lock(&f->lock);
    for (;;) {
        while (!f->jobs.length && !f->stopping)
            g_cond_wait(&f->more, &f->lock);
        if (!f->jobs.length)
            break;
        jobs = f->jobs;
        g_queue_init(&f->jobs);
        g_mutex_unlock(&f->lock);
        do_all(f, &jobs);
        g_mutex_lock(&f->lock);
        tell(f, &jobs);
    }
    g_mutex_unlock(&f->lock);
    return NULL;
}

struct firewall *firewall_start(const struct config *config, void (*wait)(void *data, uint64_t),
                                void *data)
{
    struct firewall *f = g_new0(struct firewall, 1);

    g_mutex_init(&f->lock);
    g_cond_init(&f->more);
    g_queue_init(&f->jobs);
    g_queue_init(&f->done);
    f->nft = g_strdup(config->nft);
    f->table = g_strdup(config->table);
    f->seconds = config->nft_seconds;
    f->owed = g_hash_table_new_full(pinhole_hash, pinhole_equal, g_free, NULL);
    f->wait = wait;
    f->data = data;
    if (!f->nft[0] || (f->thread = g_thread_try_new("nft", work, f, NULL)))
        return f;
    firewall_stop(f);
    return NULL;
}

void firewall_stop(struct firewall *f)
{
    if (!f)
        return;
    g_mutex_lock(&f->lock);
    f->stopping = true;
    g_cond_signal(&f->more);
    g_mutex_unlock(&f->lock);
    if (f->thread)
        g_thread_join(f->thread);
    g_queue_clear_full(&f->jobs, job_free);
    g_queue_clear_full(&f->done, result_free);
    g_mutex_clear(&f->lock);
    g_cond_clear(&f->more);
    g_free(f->nft);
    g_free(f->table);
    g_hash_table_destroy(f->owed);
    g_free(f);
}

static struct pinhole *in_order(const struct pinhole *holes, unsigned count)
{
    struct pinhole *ordered = g_new(struct pinhole, count);

    for (unsigned i = 0; i < count; i++)
        ordered[i] = pinhole_in_order(&holes[i]);
    return ordered;
}

void firewall_submit(struct firewall *f, const struct firewall_change *change, const char *key)
{
    struct job *job;

    if (!f->thread || (!change->add_count && !change->remove_count && !change->flush))
        return;
    job = g_new0(struct job, 1);
    job->commands = commands_of(f->table, change);
    job->add = in_order(change->add, job->add_count = change->add_count);
    job->undo = in_order(change->undo, job->undo_count = change->undo_count);
    job->result.key = g_strdup(key);
    job->after = change->after;
    g_mutex_lock(&f->lock);
    g_queue_push_tail(&f->jobs, job);
    g_cond_signal(&f->more);
    g_mutex_unlock(&f->lock);
}

bool firewall_result(struct firewall *f, struct firewall_result *result)
{
    struct firewall_result *first;

    g_mutex_lock(&f->lock);
    first = g_queue_pop_head(&f->done);
    g_mutex_unlock(&f->lock);
    if (!first)
        return false;
    *result = *first;
    g_free(first);
    return true;
}

/* -- at the start ------------------------------------------------------------------------------ */

bool firewall_check(const struct config *config)
{
    char *text = check_of(config->table);
    bool good = !config->nft[0] || run(config->nft, text, config->nft_seconds);

    g_free(text);
    return good;
}
