/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client of the control socket: lines of JSON, and then it goes. Every line has one answer, a
 * line of JSON, until the first that is too long. */
#include "fuzz.h"

#include "../../plugin/bus/control.c"

static unsigned commands;

static void handle(const char *command, const json_t *request, struct control_reply *reply)
{
    MUST(command && json_is_object(request));
    commands++;
    if (command[0] == 'e')
        control_error(reply, command);
    else if (command[0] == 'f')
        control_fail(reply, "Failed", command);
    else
        control_answer(reply, json_pack("{s:s}", "said", command));
}

static bool to_main(void *context, void (*task)(void *arg), void *arg)
{
    (void)context;
    task(arg);
    return true;
}

static void check_answers(int fd)
{
    static char text[1 << 20];
    ssize_t len = recv(fd, text, sizeof text - 1, MSG_DONTWAIT);
    char *line = text, *end;

    text[len > 0 ? len : 0] = '\0';
    while ((end = strchr(line, '\n'))) {
        json_t *answer;

        *end = '\0';
        answer = json_loads(line, 0, NULL);
        MUST(json_is_boolean(json_object_get(answer, "ok")));
        json_decref(answer);
        line = end + 1;
    }
    MUST(!*line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct control c = {.user = {.handle = handle, .to_main = to_main},
                        .lock = PTHREAD_MUTEX_INITIALIZER};
    int pair[2];

    if (size > 6000) /* a line has 4096 at most, and comes octet by octet */
        return 0;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    c.wake = eventfd(0, EFD_CLOEXEC);
    MUST(c.wake >= 0 && send(pair[1], data, size, 0) == (ssize_t)size);
    shutdown(pair[1], SHUT_WR);
    serve(&c, pair[0]);
    check_answers(pair[1]);
    close(pair[1]);
    close(c.wake);
    return 0;
}
