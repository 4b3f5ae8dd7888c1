/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define IDLE_MS 5000 /* a client that says nothing makes room for the next */
#define ERROR_MAX 256
#define AGAIN_MS 200 /* where there is no descriptor for a client */

struct control {
    struct control_user user;
    pthread_t thread;
    int listener, wake;
    char *path;
    pthread_mutex_t lock;
    struct errand *under_way; /* guarded */
    bool stopping;            /* guarded */
};

/* One command on its way: the thread and the main loop both hold it until both are done. */
struct errand {
    struct control_reply reply; /* first: it is what the handler knows */
    struct control_user user;
    pthread_mutex_t lock;
    pthread_cond_t done;
    json_t *request, *answer;
    bool answered, abandoned;
    int refs;
};

char *control_folder(void)
{
    const char *runtime = g_getenv("XDG_RUNTIME_DIR");
    return g_build_filename(runtime && *runtime ? runtime : g_get_user_state_dir(), "simauth",
                            NULL);
}

void control_answer(struct control_reply *reply, json_t *answer)
{
    if (!answer) {
        control_fail(reply, "Failed", "what there is to say is no text (UTF-8)");
        return;
    }
    json_object_set_new(answer, "ok", json_true());
    reply->answer(reply, answer);
}

void control_error(struct control_reply *reply, const char *sentence)
{
    control_fail(reply, NULL, sentence);
}

/* The name of a file in a sentence may be of any octets. */
void control_fail(struct control_reply *reply, const char *word, const char *sentence)
{
    char *text = g_utf8_make_valid(sentence, -1);

    reply->answer(reply, json_pack("{s:b, s:s*, s:s}", "ok", 0, "word", word, "error", text));
    g_free(text);
}

/* -- one command ------------------------------------------------------------------------------- */

static void errand_unref(struct errand *e)
{
    bool last;

    pthread_mutex_lock(&e->lock);
    last = --e->refs == 0;
    pthread_mutex_unlock(&e->lock);
    if (!last)
        return;
    json_decref(e->request);
    json_decref(e->answer);
    pthread_cond_destroy(&e->done);
    pthread_mutex_destroy(&e->lock);
    g_free(e);
}

static void errand_answer(struct control_reply *reply, json_t *answer)
{
    struct errand *e = (struct errand *)reply;

    pthread_mutex_lock(&e->lock);
    e->answer = answer;
    e->answered = true;
    pthread_cond_signal(&e->done);
    pthread_mutex_unlock(&e->lock);
    errand_unref(e);
}

static void on_main(void *arg)
{
    struct errand *e = arg;
    const char *command = json_string_value(json_object_get(e->request, "command"));

    if (command)
        e->user.handle(command, e->request, &e->reply);
    else
        control_error(&e->reply, "a command is missing");
}

static struct errand *errand_new(const struct control_user *user, json_t *request)
{
    struct errand *e = g_new0(struct errand, 1);
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->done, &monotonic);
    pthread_condattr_destroy(&monotonic);
    e->reply.answer = errand_answer;
    e->user = *user;
    e->request = request;
    e->refs = 2;
    return e;
}

static json_t *no_answer(const char *sentence)
{
    return json_pack("{s:b, s:s}", "ok", 0, "error", sentence);
}

static void set_under_way(struct control *c, struct errand *e)
{
    pthread_mutex_lock(&c->lock);
    c->under_way = e;
    if (e)
        e->abandoned = c->stopping;
    pthread_mutex_unlock(&c->lock);
}

/* Takes `request`. */
static json_t *ask(struct control *c, json_t *request)
{
    struct errand *e = errand_new(&c->user, request);
    struct timespec end;
    json_t *answer;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += CONTROL_ANSWER_S;
    set_under_way(c, e);
    if (!c->user.to_main(c->user.context, on_main, e)) {
        set_under_way(c, NULL);
        errand_unref(e);
        errand_unref(e);
        return no_answer("Linphone is ending");
    }
    pthread_mutex_lock(&e->lock);
    while (!e->answered && !e->abandoned) {
        if (pthread_cond_timedwait(&e->done, &e->lock, &end) == ETIMEDOUT)
            break;
    }
    answer = json_incref(e->answer);
    pthread_mutex_unlock(&e->lock);
    set_under_way(c, NULL);
    errand_unref(e);
    return answer ? answer : no_answer("no answer in time");
}

/* -- one client -------------------------------------------------------------------------------- */

static bool same_user(int client)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == getuid();
}

/* True when `client` is ready for `events`; false: idle too long, or we are ending. */
static bool ready(struct control *c, int client, short events)
{
    struct pollfd fds[] = {{.fd = client, .events = events}, {.fd = c->wake, .events = POLLIN}};

    return poll(fds, 2, IDLE_MS) > 0 && !fds[1].revents && fds[0].revents;
}

/* One line without its newline; false at the end, or when it is longer than is allowed. */
static bool read_line(struct control *c, int client, char *line)
{
    size_t len = 0;

    while (len < CONTROL_LINE_MAX) {
        ssize_t n = ready(c, client, POLLIN) ? recv(client, line + len, 1, 0) : 0;
        if (n <= 0)
            return false;
        if (line[len] == '\n') {
            line[len] = '\0';
            return true;
        }
        len++;
    }
    return false;
}

static bool write_all(struct control *c, int client, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n =
            ready(c, client, POLLOUT) ? send(client, text, left, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
        if (n < 0 && errno == EAGAIN)
            continue; /* it reads slowly: its time is ready()'s to tell */
        if (n <= 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

static bool answer_line(struct control *c, int client, const char *line)
{
    json_t *request = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    json_t *answer =
        json_is_object(request) ? ask(c, json_incref(request)) : no_answer("not a JSON object");
    char *text = json_dumps(answer, JSON_COMPACT);
    bool good = text && write_all(c, client, text) && write_all(c, client, "\n");

    free(text);
    json_decref(answer);
    json_decref(request);
    return good;
}

static void serve(struct control *c, int client)
{
    char line[CONTROL_LINE_MAX + 1];

    while (same_user(client) && read_line(c, client, line) && answer_line(c, client, line))
        ;
    close(client);
}

static void *run(void *arg)
{
    struct control *c = arg;
    struct pollfd fds[] = {{.fd = c->listener, .events = POLLIN},
                           {.fd = c->wake, .events = POLLIN}};

    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        int client;
        if (fds[1].revents)
            break;
        client = fds[0].revents ? accept4(c->listener, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (client >= 0)
            serve(c, client);
        else if (fds[0].revents && errno != EINTR && errno != ECONNABORTED)
            (void)poll(&fds[1], 1, AGAIN_MS); /* the client waits in the line, and so do we */
    }
    return NULL;
}

/* -- the socket -------------------------------------------------------------------------------- */

/* Ours alone: who runs a phone as root in another person's session must not follow what that person
 * put there. */
static bool own_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat about;
    bool good = fd >= 0 && fstat(fd, &about) == 0;

    if (good && about.st_uid != geteuid()) {
        errno = EPERM;
        good = false;
    }
    good = good && fchmod(fd, 0700) == 0;
    if (fd >= 0)
        close(fd);
    return good;
}

static int open_socket(const char *folder, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    if (g_mkdir_with_parents(folder, 0700) < 0 || !own_folder(folder))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)unlink(path);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 && chmod(path, 0600) == 0 &&
        listen(fd, 4) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool launch(struct control *c)
{
    sigset_t all, before;
    bool good;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    good = pthread_create(&c->thread, NULL, run, c) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

static void release(struct control *c)
{
    if (c->listener >= 0) {
        close(c->listener);
        (void)unlink(c->path);
    }
    if (c->wake >= 0)
        close(c->wake);
    pthread_mutex_destroy(&c->lock);
    g_free(c->path);
    g_free(c);
}

struct control *control_start(const struct control_user *user, char *error)
{
    struct control *c = g_new0(struct control, 1);
    char *folder = control_folder();

    c->user = *user;
    pthread_mutex_init(&c->lock, NULL);
    c->path = g_strdup_printf("%s/%d.sock", folder, (int)getpid());
    c->wake = eventfd(0, EFD_CLOEXEC);
    c->listener = open_socket(folder, c->path);
    if (c->wake < 0 || c->listener < 0 || !launch(c)) {
        g_snprintf(error, ERROR_MAX, "%s: %s", c->path, g_strerror(errno));
        release(c);
        c = NULL;
    }
    g_free(folder);
    return c;
}

/* A command that the main loop still has cannot finish while the main loop waits here, so its
 * thread is told not to wait for it. */
static void abandon(struct control *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    if (c->under_way) {
        pthread_mutex_lock(&c->under_way->lock);
        c->under_way->abandoned = true;
        pthread_cond_signal(&c->under_way->done);
        pthread_mutex_unlock(&c->under_way->lock);
    }
    pthread_mutex_unlock(&c->lock);
}

void control_stop(struct control *c)
{
    uint64_t one = 1;

    if (!c)
        return;
    abandon(c);
    if (write(c->wake, &one, sizeof(one)) == (ssize_t)sizeof(one))
        pthread_join(c->thread, NULL);
    release(c);
}
