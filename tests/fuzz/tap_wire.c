/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The wire and the clock: belle-sip's sendto() ends here, where it is looked at and goes nowhere;
 * what the peer says goes by a real socket on loopback. Nothing is ever connected, whatever address
 * a message names; time is what the target says.
 */
#include "tap_phone.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

bool wire_inside;
static int64_t ahead_ms;
static int peer = -1, port, phone_port;
static char tags[DIALOGS][1024];
static struct {
    char branch[512], from[512], call_id[512], cseq[32];
} own;

/* -- in the place of libc's -------------------------------------------------------------------- */

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);

    if (wire_inside && result == 0 && clock == CLOCK_MONOTONIC) { /* libFuzzer has the other */
        now->tv_sec += ahead_ms / 1000;
        now->tv_nsec += ahead_ms % 1000 * 1000000;
        if (now->tv_nsec >= 1000000000) {
            now->tv_sec++;
            now->tv_nsec -= 1000000000;
        }
    }
    return (int)result;
}

/* Nobody waits: where nothing is there yet, the clock goes on. */
__attribute__((visibility("default"))) int poll(struct pollfd *fds, nfds_t count, int ms)
{
    long ready = syscall(SYS_poll, fds, count, wire_inside ? 0 : ms);

    if (wire_inside && ready == 0 && ms > 0)
        ahead_ms += ms;
    return (int)ready;
}

static bool is_internet(const struct sockaddr *address)
{
    return address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
}

__attribute__((visibility("default"))) int connect(int fd, const struct sockaddr *address,
                                                   socklen_t len)
{
    int type = 0;
    socklen_t size = sizeof type;

    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
    if (wire_inside && is_internet(address) && type != SOCK_DGRAM) {
        errno = ECONNREFUSED;
        return -1;
    }
    return (int)syscall(SYS_connect, fd, address, len);
}

static void look(const char *text);

__attribute__((visibility("default"))) ssize_t sendto(int fd, const void *octets, size_t len,
                                                      int flags, const struct sockaddr *address,
                                                      socklen_t address_len)
{
    static char text[WIRE_MAX + 1];

    if (!wire_inside || (address && !is_internet(address)))
        return syscall(SYS_sendto, fd, octets, len, flags, address, address_len);
    memcpy(text, octets, len < WIRE_MAX ? len : WIRE_MAX);
    text[len < WIRE_MAX ? len : WIRE_MAX] = '\0';
    look(text);
    return (ssize_t)len;
}

/* -- what the telephone said ------------------------------------------------------------------- */

/* The value of the first header of that name in `to`; "" when there is none. */
static void value_of(const char *text, const char *name, char *to, size_t room)
{
    char line[64];
    const char *at;
    size_t len;

    to[0] = '\0';
    snprintf(line, sizeof line, "\r\n%s: ", name);
    at = strcasestr(text, line);
    if (!at)
        return;
    at += strlen(line);
    len = strcspn(at, "\r\n");
    len = len < room ? len : room - 1;
    memcpy(to, at, len);
    to[len] = '\0';
}

static void parameter(const char *value, const char *name, char *to, size_t room)
{
    const char *at = strstr(value, name);
    size_t len = at ? strcspn(at + strlen(name), ";>, \r\n") : 0;

    len = len < room ? len : room - 1;
    memcpy(to, at ? at + strlen(name) : "", len);
    to[len] = '\0';
}

static void look_at_invite(const char *text)
{
    char value[1024];

    value_of(text, "Via", value, sizeof value);
    parameter(value, "branch=", own.branch, sizeof own.branch);
    value_of(text, "From", own.from, sizeof own.from);
    value_of(text, "Call-ID", own.call_id, sizeof own.call_id);
    value_of(text, "CSeq", value, sizeof value);
    snprintf(own.cseq, sizeof own.cseq, "%d", atoi(value));
}

/* An answer to an INVITE of the peer's: whoever has an alias is seen by it alone. */
static void look_at_answer(const char *text)
{
    char call_id[1024], to[2048], cseq[64], tag[1024];
    unsigned n;

    value_of(text, "Call-ID", call_id, sizeof call_id);
    value_of(text, "To", to, sizeof to);
    value_of(text, "CSeq", cseq, sizeof cseq);
    parameter(to, ";tag=", tag, sizeof tag);
    if (sscanf(call_id, "peer-%u", &n) != 1 || n >= DIALOGS || !tag[0])
        return;
    snprintf(tags[n], sizeof tags[n], "%s", tag);
}

static void look(const char *text)
{
    if (strncmp(text, "INVITE ", 7) == 0)
        look_at_invite(text);
    else if (strncmp(text, "SIP/2.0 ", 8) == 0)
        look_at_answer(text);
}

const char *wire_tag(unsigned dialog)
{
    return tags[dialog % DIALOGS];
}

const char *wire_own(const char *what)
{
    return strcmp(what, "branch") == 0 ? own.branch
           : strcmp(what, "from") == 0 ? own.from
           : strcmp(what, "call") == 0 ? own.call_id
                                       : own.cseq;
}

void wire_forget(void)
{
    memset(tags, 0, sizeof tags);
    memset(&own, 0, sizeof own);
    strcpy(own.cseq, "20");
}

/* -- what the peer says ------------------------------------------------------------------------ */

void wire_open(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;

    if (peer >= 0)
        return;
    peer = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    MUST(peer >= 0 && bind(peer, (struct sockaddr *)&address, sizeof address) == 0);
    MUST(getsockname(peer, (struct sockaddr *)&address, &len) == 0);
    port = ntohs(address.sin_port);
}

void wire_send(const char *text, size_t len)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)phone_port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    syscall(SYS_sendto, peer, text, len, 0, &to, sizeof to);
}

int wire_port(void)
{
    return port;
}

void wire_phone_at(int at)
{
    phone_port = at;
}

void wire_later(unsigned ms)
{
    ahead_ms += ms;
}
