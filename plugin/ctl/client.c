/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way to the running Linphones: their control sockets. */
#include "control.h"
#include "ctl.h"
#include "readable.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX (1024 * 1024)

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = CONTROL_ANSWER_S + 5};
    int fd;

    if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path))
        return -1;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)); /* connect() too */
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

/* What other people chose (names, a server's reason) is shown on a terminal. */
void ctl_make_harmless(json_t *value)
{
    const char *name;
    json_t *member;
    size_t i;
    void *next;

    if (json_is_string(value)) {
        char *text = readable_line(json_string_value(value));
        json_string_set(value, text);
        g_free(text);
    }
    json_array_foreach(value, i, member) ctl_make_harmless(member);
    json_object_foreach_safe(value, next, name, member) ctl_make_harmless(member);
}

static json_t *read_answer(int fd)
{
    GString *text = g_string_new(NULL);
    json_t *answer = NULL;
    char part[4096];
    ssize_t n;

    while (text->len < ANSWER_MAX && (n = recv(fd, part, sizeof(part), 0)) > 0) {
        g_string_append_len(text, part, n);
        if (memchr(part, '\n', (size_t)n)) {
            answer = json_loads(text->str, 0, NULL);
            ctl_make_harmless(answer);
            break;
        }
    }
    g_string_free(text, TRUE);
    return answer;
}

/* NULL: nobody is behind that socket. */
static json_t *ask(const char *path, const char *line, int pid)
{
    int fd = connect_to(path);
    json_t *answer = NULL;

    if (fd < 0)
        return NULL;
    if (send(fd, line, strlen(line), MSG_NOSIGNAL) == (ssize_t)strlen(line))
        answer = read_answer(fd);
    close(fd);
    if (!json_is_object(answer)) {
        json_decref(answer);
        answer = json_pack("{s:b, s:s}", "ok", 0, "error", "it did not answer");
    }
    json_object_set_new(answer, "pid", json_integer(pid));
    return answer;
}

static void ask_one(const char *folder, const char *name, const char *line, json_t *answers)
{
    char *path = g_build_filename(folder, name, NULL), *end;
    long pid = strtol(name, &end, 10);
    json_t *answer = NULL;

    if (pid > 0 && !strcmp(end, ".sock")) {
        answer = ask(path, line, (int)pid);
        if (!answer && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
            (void)unlink(path); /* left behind by one that crashed */
    }
    if (answer)
        json_array_append_new(answers, answer);
    g_free(path);
}

json_t *ctl_ask_all(json_t *request)
{
    char *folder = control_folder(), *text = json_dumps(request, JSON_COMPACT);
    char *line = g_strconcat(text, "\n", NULL);
    GDir *dir = g_dir_open(folder, 0, NULL);
    json_t *answers = json_array();
    const char *name;

    while (dir && (name = g_dir_read_name(dir)))
        ask_one(folder, name, line, answers);
    if (dir)
        g_dir_close(dir);
    g_free(line);
    free(text);
    g_free(folder);
    json_decref(request);
    return answers;
}

enum ctl_exit ctl_not_running(void)
{
    ctl_complain("no Linphone with the plugin is running (for this user); start it and try again");
    return CTL_NOT_RUNNING;
}

bool ctl_all_good(const json_t *answers)
{
    const json_t *answer;
    bool good = true;
    size_t i;

    json_array_foreach(answers, i, answer)
    {
        if (json_is_true(json_object_get(answer, "ok")))
            continue;
        ctl_complain("Linphone %d: %s", (int)json_integer_value(json_object_get(answer, "pid")),
                     ctl_text(answer, "error"));
        good = false;
    }
    return good;
}

enum ctl_exit ctl_show_all(const struct ctl *ctl, const char *command,
                           void (*show)(const json_t *answer))
{
    json_t *answers = ctl_ask_all(json_pack("{s:s}", "command", command));
    enum ctl_exit status = CTL_GOOD;
    const json_t *answer;
    size_t i;

    if (ctl->json)
        json_dumpf(answers, stdout, JSON_INDENT(1) | JSON_SORT_KEYS), puts("");
    if (!json_array_size(answers))
        status = ctl_not_running();
    else if (!ctl_all_good(answers))
        status = CTL_ERROR;
    else if (!ctl->json)
        json_array_foreach(answers, i, answer) show(answer);
    json_decref(answers);
    return status;
}

bool ctl_read_address(const char *text, char aor[static SIMAUTH_AOR_MAX + 1])
{
    if (simauth_aor_canonical(text, aor) == SIMAUTH_OK)
        return true;
    ctl_complain("%s is no SIP address such as sip:bob@example.org", text);
    return false;
}
