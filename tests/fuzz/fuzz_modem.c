/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A modem that says anything: each line of the input is what comes after one command ("~" in it
 * ends a line of the modem's, "$" ends what comes at once; a line "!" is a modem that is
 * unplugged). Behind the last one it is silent, and the clock goes on without anybody waiting.
 */
#include "fuzz.h"
#include "pin.h"

#include "../../plugin/sim/sims.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PORT 1000000 /* no descriptor of this process */

static struct {
    const uint8_t *next, *end; /* of the script */
    const uint8_t *at, *stop;  /* of what can be read now */
    bool open, gone;
    int64_t ms;
    unsigned commands;
} port;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
ssize_t __real_read(int fd, void *to, size_t len);
ssize_t __wrap_read(int fd, void *to, size_t len);
ssize_t __real_write(int fd, const void *from, size_t len);
ssize_t __wrap_write(int fd, const void *from, size_t len);
int __wrap_poll(struct pollfd *fds, nfds_t count, int ms);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_nanosleep(const struct timespec *pause, struct timespec *left);
int __wrap_flock(int fd, int how);
int __wrap_tcgetattr(int fd, struct termios *mode);
int __wrap_tcsetattr(int fd, int when, const struct termios *mode);
int __wrap_tcflush(int fd, int what);
int __wrap_ioctl(int fd, unsigned long what, ...);

int __wrap_open(const char *path, int flags, ...)
{
    if (strcmp(path, "/dev/ttyFUZZ") == 0) {
        port.open = true;
        return PORT;
    }
    if (flags & O_CREAT) {
        va_list list;
        int mode;

        va_start(list, flags);
        mode = va_arg(list, int);
        va_end(list);
        return __real_open(path, flags, mode);
    }
    return __real_open(path, flags);
}

int __wrap_close(int fd)
{
    if (fd != PORT)
        return __real_close(fd);
    MUST(port.open);
    port.open = false;
    return 0;
}

ssize_t __wrap_read(int fd, void *to, size_t len)
{
    const uint8_t *end = memchr(port.at, '$', (size_t)(port.stop - port.at));
    size_t n = (size_t)((end ? end : port.stop) - port.at);

    if (fd != PORT)
        return __real_read(fd, to, len);
    MUST(port.open && len > 0);
    if (port.gone)
        return 0;
    n = n < len ? n : len;
    for (size_t i = 0; i < n; i++)
        ((char *)to)[i] = port.at[i] == '~' ? '\r' : (char)port.at[i];
    port.at += n;
    if (n == 0 && end)
        port.at++;
    errno = EAGAIN;
    return n > 0 ? (ssize_t)n : -1;
}

ssize_t __wrap_write(int fd, const void *from, size_t len)
{
    const uint8_t *end;

    if (fd != PORT)
        return __real_write(fd, from, len);
    MUST(port.open && len > 2 && memcmp(from, "AT", 2) == 0 && ++port.commands < 100000);
    if (port.next >= port.end)
        return (ssize_t)len;
    end = memchr(port.next, '\n', (size_t)(port.end - port.next));
    port.at = port.next;
    port.stop = end ? end : port.end;
    port.gone = port.stop - port.at == 1 && *port.at == '!';
    port.next = end ? end + 1 : port.end;
    return (ssize_t)len;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    MUST(count == 1 && fds->fd == PORT && ms > 0);
    if (fds->events & POLLOUT || port.gone || port.at < port.stop)
        return 1;
    port.ms += ms;
    return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    (void)clock;
    now->tv_sec = port.ms / 1000;
    now->tv_nsec = port.ms % 1000 * 1000000;
    return 0;
}

int __wrap_nanosleep(const struct timespec *pause, struct timespec *left)
{
    (void)left;
    port.ms += pause->tv_sec * 1000 + pause->tv_nsec / 1000000;
    return 0;
}

int __wrap_flock(int fd, int how)
{
    (void)how;
    MUST(fd == PORT);
    return 0;
}

int __wrap_tcgetattr(int fd, struct termios *mode)
{
    memset(mode, 0, sizeof *mode);
    return fd == PORT ? 0 : -1;
}

int __wrap_tcsetattr(int fd, int when, const struct termios *mode)
{
    (void)when;
    (void)mode;
    return fd == PORT ? 0 : -1;
}

int __wrap_tcflush(int fd, int what)
{
    (void)fd;
    (void)what;
    port.at = port.stop; /* what came late is of another command */
    return 0;
}

int __wrap_ioctl(int fd, unsigned long what, ...)
{
    (void)what;
    return fd == PORT ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct simauth_challenge aka = {
        .method = simauth_method_find("aka", 3), .rand_len = 16, .has_autn = true};
    unsigned given = 0;
    const struct sim_pin_source pin = {.ask = fuzz_give_pin, .user = &given};
    enum simauth_card_status status = SIMAUTH_CARD_GOOD;
    struct simauth_card_answer answer;
    char error[SIM_ERROR_MAX] = "";
    struct sim *sim;

    memset(&port, 0, sizeof port);
    port.next = port.at = port.stop = data;
    port.end = data + size;
    sim = sim_backend_modem.open("/dev/ttyFUZZ", &pin, &status, error);
    MUST((sim != NULL) == (status == SIMAUTH_CARD_GOOD) && (sim || error[0]));
    if (sim) {
        sim_backend_modem.run(sim, &aka, &answer);
        MUST(answer.status != SIMAUTH_CARD_GOOD || (answer.k.len == 32 && answer.res.len >= 4));
        simauth_card_answer_wipe(&answer);
        sim_backend_modem.close(sim);
    }
    MUST(!port.open);
    return 0;
}
