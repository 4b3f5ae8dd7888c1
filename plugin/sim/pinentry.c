/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Assuan protocol with `pinentry`: the PIN crosses a pipe and nothing else. */
#include "clock.h"
#include "pin_source.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_OCTETS 1000 /* the protocol's own limit */
#define PERSON_S 60
#define PROGRAM_MS 5000 /* for anything that waits for no person */
#define STOP_MS 200     /* how soon it is noticed that nobody is to be asked any more */
#define PIN_MAX 8

extern char **environ;

struct talk {
    pid_t pid;
    int fd; /* both directions */
    bool (*stop)(void);
    char input[LINE_MAX_OCTETS + 2];
    size_t used;
};

/* -- lines ------------------------------------------------------------------------------------- */

static bool take_line(struct talk *t, char *line)
{
    char *end = memchr(t->input, '\n', t->used);
    size_t len = end ? (size_t)(end - t->input) : 0;

    if (!end)
        return false;
    memcpy(line, t->input, len);
    line[len] = '\0';
    t->used -= len + 1;
    memmove(t->input, end + 1, t->used);
    OPENSSL_cleanse(t->input + t->used, len + 1);
    return true;
}

/* Something came from the program before that time, and it is to go on. */
static bool wait_for_more(const struct talk *t, int64_t until)
{
    struct pollfd port = {.fd = t->fd, .events = POLLIN};
    int64_t left;

    while ((left = until - now_ms()) > 0 && !(t->stop && t->stop())) {
        int ready = poll(&port, 1, (int)(left < STOP_MS ? left : STOP_MS));

        if (ready != 0)
            return ready == 1;
    }
    return false;
}

static bool read_line(struct talk *t, char *line, int64_t until)
{
    while (!take_line(t, line)) {
        ssize_t got;

        if (t->used >= LINE_MAX_OCTETS || !wait_for_more(t, until))
            return false;
        got = read(t->fd, t->input + t->used, LINE_MAX_OCTETS - t->used);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        if (got > 0)
            t->used += (size_t)got;
    }
    return true;
}

/* %XX of a data line; false when it is longer than any PIN. */
static bool take_data(const char *data, char *pin, size_t *len)
{
    for (*len = 0; *data; data++) {
        unsigned value = (unsigned char)*data;

        if (*data == '%') {
            if (sscanf(data + 1, "%2x", &value) != 1 || !data[1] || !data[2])
                return false;
            data += 2;
        }
        if (*len == PIN_MAX)
            return false;
        pin[(*len)++] = (char)value;
    }
    return true;
}

/* Reads up to OK; false on ERR. A data line's content goes to `pin`. */
static bool hear(struct talk *t, int limit_ms, char *pin, size_t *len)
{
    int64_t until = now_ms() + limit_ms;
    char line[LINE_MAX_OCTETS + 2];
    bool good = false, going = true;

    while (going && read_line(t, line, until)) {
        if (strncmp(line, "OK", 2) == 0 || strncmp(line, "ERR", 3) == 0) {
            good = line[0] == 'O';
            going = false;
        } else if (strncmp(line, "D ", 2) == 0 && pin) {
            going = take_data(line + 2, pin, len);
        }
    }
    OPENSSL_cleanse(line, sizeof line);
    return good;
}

static bool say(struct talk *t, const char *command, const char *text)
{
    char line[LINE_MAX_OCTETS];
    size_t n = (size_t)snprintf(line, sizeof line, "%s", command);

    if (text)
        line[n++] = ' ';
    for (; text && *text && n < sizeof line - 8; text++) {
        if (*text == '%' || (unsigned char)*text < ' ')
            n += (size_t)snprintf(line + n, sizeof line - n, "%%%02X", (unsigned char)*text);
        else
            line[n++] = *text;
    }
    line[n++] = '\n';
    return send(t->fd, line, n, MSG_NOSIGNAL) == (ssize_t)n;
}

static bool tell(struct talk *t, const char *command, const char *text)
{
    return say(t, command, text) && hear(t, PROGRAM_MS, NULL, NULL);
}

/* -- the program ------------------------------------------------------------------------------- */

static bool spawn(struct talk *t, int theirs)
{
    char *const argv[] = {(char *)(uintptr_t) "pinentry", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    bool good;

    sigemptyset(&none);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, theirs, 0);
    posix_spawn_file_actions_adddup2(&actions, theirs, 1);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3); /* Linphone's own are not its */
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none); /* our thread takes no signal; it should */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    good = posix_spawnp(&t->pid, "pinentry", &actions, &attributes, argv, environ) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return good;
}

static bool start(struct talk *t, bool (*stop)(void))
{
    int ends[2];
    bool good;

    memset(t, 0, sizeof *t);
    t->stop = stop;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    good = spawn(t, ends[1]);
    close(ends[1]);
    t->fd = ends[0];
    if (!good)
        close(ends[0]);
    return good;
}

static void finish(struct talk *t)
{
    const struct timespec moment = {0, 10000000};

    say(t, "BYE", NULL);
    close(t->fd);
    for (int i = 0; i < 50; i++) {
        if (waitpid(t->pid, NULL, WNOHANG) != 0)
            break; /* ended, or the application waits for all children itself */
        if (i == 40)
            kill(t->pid, SIGKILL);
        nanosleep(&moment, NULL);
    }
    OPENSSL_cleanse(t, sizeof *t);
}

static bool introduce(struct talk *t, const char *text)
{
    char limit[16];

    snprintf(limit, sizeof limit, "%d", PERSON_S);
    if (!hear(t, PROGRAM_MS, NULL, NULL))
        return false;
    tell(t, "SETTIMEOUT", limit); /* an old one may not know it: then ours counts */
    tell(t, "SETTITLE", "SIM card");
    return tell(t, "SETDESC", text);
}

size_t pinentry_ask(const char *text, const char *trouble, bool (*stop)(void), char pin[static 8])
{
    struct talk t;
    size_t len = 0;
    bool good;

    if (!start(&t, stop))
        return 0;
    good = introduce(&t, text) && tell(&t, "SETPROMPT", "PIN:");
    if (good && *trouble)
        tell(&t, "SETERROR", trouble);
    good = good && say(&t, "GETPIN", NULL) && hear(&t, (PERSON_S + 2) * 1000, pin, &len);
    if (!good) {
        OPENSSL_cleanse(pin, PIN_MAX);
        len = 0;
    }
    finish(&t);
    return len;
}

bool pinentry_confirm(const char *text, bool (*stop)(void))
{
    struct talk t;
    bool good;

    if (!start(&t, stop))
        return false;
    good = introduce(&t, text) && say(&t, "CONFIRM", NULL) &&
           hear(&t, (PERSON_S + 2) * 1000, NULL, NULL);
    finish(&t);
    return good;
}
