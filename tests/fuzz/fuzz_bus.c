/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A caller on the session bus. The target is the bus: it greets, says that the caller is this user,
 * and sends what the input says, octets and signatures as they come; sd-bus and our front have to
 * make something of it. A line is one call:
 *   MEMBER SIGNATURE ARGUMENT...    arguments: s:TEXT (S:N a text of N octets), b: u: i: x: y: d:
 *                                   NUMBER, v:TEXT, h:KIND (sealed, plain, empty, huge, closed,
 *                                   pipe, shrinkable); a first word with "/" is the object, one
 * with a dot the interface
 */
#include "../plugin/bus/false_loop.h"
#include "fuzz.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned asked, sent;

static bool test_keeps(sd_bus_message *question)
{
    (void)question;
    return false;
}

/* -- the front's host -------------------------------------------------------------------------- */

static void handle(const char *command, const json_t *request, struct control_reply *reply)
{
    MUST(command && json_is_object(request));
    asked++;
    if (json_object_size(request) == 2)
        control_fail(reply, "BadValue", "no");
    else
        control_answer(reply, json_pack("{s:b, s:s, s:[], s:i}", "good", 1, "text", command,
                                        "links", "total", 3));
}

static void handle_secret(const char *command, const struct session_bus_secret *secret,
                          const json_t *request, struct control_reply *reply)
{
    MUST(secret->len > 0 && secret->len <= SESSION_BUS_SECRET_MAX && !secret->text[secret->len]);
    handle(command, request, reply);
}

static void pin_asker(bool present)
{
    (void)present;
}

static void note(const char *sentence)
{
    MUST(sentence != NULL);
}

/* -- the caller -------------------------------------------------------------------------------- */

static int descriptor(const char *kind)
{
    static const int all = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
    int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING), ends[2];
    ssize_t put = write(fd, "1234", strcmp(kind, "empty") == 0 ? 0 : 4);

    (void)put;
    MUST(fd >= 0);
    if (strcmp(kind, "huge") == 0)
        MUST(ftruncate(fd, 1L << 40) == 0);
    if (strcmp(kind, "plain") != 0)
        fcntl(fd, F_ADD_SEALS, strcmp(kind, "shrinkable") == 0 ? F_SEAL_WRITE : all);
    if (strcmp(kind, "pipe") == 0 && pipe(ends) == 0) {
        close(fd);
        close(ends[1]);
        return ends[0];
    }
    return fd;
}

static int append(sd_bus_message *m, const char *argument)
{
    const char *value = argument[0] && argument[1] == ':' ? argument + 2 : argument;
    long long number = strtoll(value, NULL, 10);
    static char long_text[70000];
    int fd, result;

    switch (argument[0]) {
    case 's':
        return sd_bus_message_append(m, "s", value);
    case 'S':
        memset(long_text, 'x', sizeof long_text - 1);
        long_text[number > 0 && number < (long long)sizeof long_text ? number : 0] = '\0';
        return sd_bus_message_append(m, "s", long_text);
    case 'b':
        return sd_bus_message_append(m, "b", (int)(number & 1));
    case 'u':
        return sd_bus_message_append(m, "u", (uint32_t)number);
    case 'i':
        return sd_bus_message_append(m, "i", (int32_t)number);
    case 'x':
        return sd_bus_message_append(m, "x", (int64_t)number);
    case 'y':
        return sd_bus_message_append(m, "y", (int)(number & 255));
    case 'd':
        return sd_bus_message_append(m, "d", (double)number);
    case 'v':
        return sd_bus_message_append(m, "v", "s", value);
    case 'a':
        return sd_bus_message_append(m, "as", 2, value, value);
    case 'h':
        fd = descriptor(value);
        result = sd_bus_message_append(m, "h", fd);
        close(fd);
        return result;
    default:
        return 0;
    }
}

static void send_call(char *line)
{
    const char *path = "/org/simauth/Phone1", *interface = "org.simauth.Phone1", *member = NULL;
    sd_bus_message *m = NULL;
    uint64_t cookie;
    char *rest, *word = strtok_r(line, " ", &rest);

    for (; word && (strchr(word, '/') || strchr(word, '.')); word = strtok_r(NULL, " ", &rest)) {
        if (strchr(word, '/'))
            path = word;
        else
            interface = word;
    }
    member = word;
    if (!member ||
        sd_bus_message_new_method_call(bus, &m, "org.simauth.Phone1", path, interface, member) < 0)
        return;
    sd_bus_message_set_sender(m, CALLER);
    while ((word = strtok_r(NULL, " ", &rest)))
        if (append(m, word) < 0)
            break;
    if (!word && sd_bus_send(bus, m, &cookie) >= 0) /* one that wants an answer */
        sent++;
    sd_bus_message_unref(m);
    false_loop_turn();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest, *line;
    struct session_bus *front;
    int lines = 0;

    asked = answered = sent = 0;
    front = front_start();
    for (line = strtok_r(text, "\n", &rest); line && lines++ < 40;
         line = strtok_r(NULL, "\n", &rest))
        send_call(line);
    false_loop_turn();
    if (answered != sent)
        fprintf(stderr, "%u sent, %u answered, %u handed on\n", sent, answered, asked);
    MUST(asked <= sent && answered == sent); /* whatever it was, it has an answer */
    front_stop(front);
    free(text);
    return 0;
}
