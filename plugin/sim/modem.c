/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SIM in a modem: AT+CSIM (TS 27.007, 8.17) on its serial port. */
#include "modem.h"
#include "card_sim.h"
#include "clock.h"
#include "sims.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define LINE_MAX_OCTETS (2 * (APDU_REPLY_MAX + 2) + 64)
#define HELLO_MS 1000
#define QUIET_MS 200 /* behind the answer to the first command */

struct modem {
    struct card_way way; /* first */
    char *path;          /* owned */
    int fd;              /* -1 closed */
    char input[LINE_MAX_OCTETS];
    size_t used; /* octets of `input` */
    bool astray; /* a command has no answer yet: what comes next may be that one */
};

/* -- lines ------------------------------------------------------------------------------------- */

static bool wait_port(const struct modem *m, short events, int64_t until)
{
    struct pollfd port = {.fd = m->fd, .events = events};
    int64_t left = until - now_ms();

    return left > 0 && poll(&port, 1, (int)left) == 1;
}

static enum apdu_meaning write_all(const struct modem *m, const char *text, size_t len,
                                   int64_t until)
{
    while (len > 0) {
        ssize_t put = write(m->fd, text, len);

        if (put > 0) {
            text += put;
            len -= (size_t)put;
        } else if (put < 0 && errno != EAGAIN && errno != EINTR) {
            return APDU_GONE;
        } else if (!wait_port(m, POLLOUT, until)) {
            return APDU_MUTE;
        }
    }
    return APDU_GOOD;
}

/* The next line that is not empty, without its end, in `line` (LINE_MAX_OCTETS). */
static bool take_line(struct modem *m, char *line)
{
    for (size_t start = 0, i = 0; i < m->used; i++) {
        if (m->input[i] != '\r' && m->input[i] != '\n')
            continue;
        if (i > start) {
            memcpy(line, m->input + start, i - start);
            line[i - start] = '\0';
            m->used -= i + 1;
            memmove(m->input, m->input + i + 1, m->used);
            OPENSSL_cleanse(m->input + m->used, i + 1);
            return true;
        }
        start = i + 1;
    }
    return false;
}

static enum apdu_meaning read_line(struct modem *m, char *line, int64_t until)
{
    while (!take_line(m, line)) {
        ssize_t got;

        if (m->used == sizeof m->input)
            return APDU_MALFORMED;
        if (!wait_port(m, POLLIN, until))
            return APDU_MUTE;
        got = read(m->fd, m->input + m->used, sizeof m->input - m->used);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return APDU_GONE; /* the modem was unplugged */
        if (got > 0)
            m->used += (size_t)got;
    }
    return APDU_GOOD;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Sends a command; up to its OK the line that begins with `wanted` is kept in `line`. What the
 * network says meanwhile (+CREG: and the like) and the echo are passed over. Without the whole
 * answer it is astray. */
static enum apdu_meaning converse(struct modem *m, const char *command, const char *wanted,
                                  char *line, unsigned limit_ms)
{
    char heard[LINE_MAX_OCTETS];
    int64_t until = now_ms() + limit_ms;
    enum apdu_meaning meaning;
    bool found = !wanted, whole = false;

    OPENSSL_cleanse(m->input, m->used);
    m->used = 0;
    tcflush(m->fd, TCIFLUSH);
    meaning = write_all(m, command, strlen(command), until);
    while (meaning == APDU_GOOD) {
        meaning = read_line(m, heard, until);
        if (meaning != APDU_GOOD)
            break;
        if (wanted && begins(heard, wanted)) {
            memcpy(line, heard, strlen(heard) + 1);
            found = true;
        } else if (strcmp(heard, "OK") == 0) {
            meaning = found ? APDU_GOOD : APDU_MALFORMED;
            whole = found;
            break;
        } else if (strcmp(heard, "ERROR") == 0 || begins(heard, "+CME ERROR")) {
            meaning =
                strstr(heard, ": 10") || strstr(heard, "not inserted") ? APDU_GONE : APDU_NO_LINK;
            whole = true;
        }
    }
    m->astray = m->astray || !whole;
    OPENSSL_cleanse(heard, sizeof heard);
    return meaning;
}

/* -- APDUs ------------------------------------------------------------------------------------- */

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool modem_parse_csim(const char *line, uint8_t *reply, size_t *reply_len)
{
    char *end;
    unsigned long len = strtoul(line + strlen("+CSIM:"), &end, 10);
    size_t octets = len / 2;

    while (*end == ' ')
        end++;
    if (*end++ != ',' || len < 4 || len % 2 || octets > *reply_len)
        return false;
    while (*end == ' ')
        end++;
    if (*end == '"')
        end++;
    for (size_t i = 0; i < octets; i++, end += 2) {
        int high = nibble(end[0]), low = high < 0 ? -1 : nibble(end[1]);

        if (low < 0)
            return false;
        reply[i] = (uint8_t)(high << 4 | low);
    }
    *reply_len = octets;
    return *end == '\0' || strcmp(end, "\"") == 0;
}

void modem_write_csim(const uint8_t *command, size_t len, char text[static MODEM_COMMAND_MAX])
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = (size_t)snprintf(text, MODEM_COMMAND_MAX, "+CSIM=%zu,\"", 2 * len);

    for (size_t i = 0; i < len; i++) {
        text[n++] = hex[command[i] >> 4];
        text[n++] = hex[command[i] & 0x0f];
    }
    memcpy(text + n, "\"", 2);
}

static enum apdu_meaning modem_transmit(struct card_link *link, const uint8_t *command, size_t len,
                                        uint8_t *reply, size_t *reply_len)
{
    struct modem *m = (struct modem *)link;
    char text[MODEM_COMMAND_MAX + 3] = "AT", line[LINE_MAX_OCTETS];
    enum apdu_meaning meaning;

    if (m->fd < 0 || len > APDU_WIRE_MAX)
        return APDU_GONE;
    modem_write_csim(command, len, text + 2);
    strcat(text, "\r");
    meaning = converse(m, text, "+CSIM:", line, apdu_left_ms(link));
    if (m->astray && meaning < APDU_GONE) /* it may be an earlier one's: the port is opened again */
        meaning = APDU_NO_LINK;
    if (meaning == APDU_GOOD && !modem_parse_csim(line, reply, reply_len))
        meaning = APDU_MALFORMED;
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(line, sizeof line);
    return meaning;
}

/* -- the port ---------------------------------------------------------------------------------- */

static void modem_disconnect(struct card_way *way)
{
    struct modem *m = (struct modem *)way;

    if (m->fd >= 0)
        close(m->fd);
    m->fd = -1;
    OPENSSL_cleanse(m->input, sizeof m->input);
    m->used = 0;
}

/* Raw, 115200, and nobody else's meanwhile. */
static bool set_up(int fd)
{
    struct termios mode;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0 || tcgetattr(fd, &mode) != 0)
        return false;
    cfmakeraw(&mode);
    mode.c_cflag |= CLOCAL | CREAD;
    mode.c_cflag &= ~(tcflag_t)CRTSCTS;
    cfsetspeed(&mode, B115200);
    return tcsetattr(fd, TCSANOW, &mode) == 0 && ioctl(fd, TIOCEXCL) == 0;
}

static void explain_open(const char *path, int number, char *error)
{
    if (number == EBUSY || number == EWOULDBLOCK)
        snprintf(error, SIM_ERROR_MAX,
                 "Another program uses the modem's port %s: set another of its ports, or let "
                 "ModemManager leave this one alone (ID_MM_PORT_IGNORE).",
                 path);
    else if (number == EACCES || number == EPERM)
        snprintf(error, SIM_ERROR_MAX,
                 "This user may not open the modem's port %s: add the user to the group dialout.",
                 path);
    else if (number == ENOENT || number == ENXIO || number == ENODEV)
        snprintf(error, SIM_ERROR_MAX, "There is no modem at %s.", path);
    else if (number == ENOTTY)
        snprintf(error, SIM_ERROR_MAX, "%s is no serial port.", path);
    else
        snprintf(error, SIM_ERROR_MAX, "The modem's port %s cannot be opened: %s.", path,
                 strerror(number));
}

/* What comes until it is quiet goes. */
static void hear_out(struct modem *m)
{
    int64_t until = now_ms() + HELLO_MS;
    ssize_t got = 1;

    while (got > 0 && now_ms() < until && wait_port(m, POLLIN, now_ms() + QUIET_MS))
        got = read(m->fd, m->input, sizeof m->input);
    OPENSSL_cleanse(m->input, sizeof m->input);
    m->used = 0;
}

/* A modem does one command after the other: with nothing behind the answer to this one, no answer
 * to an earlier one, which was given up, is on its way. */
static bool greet(struct modem *m)
{
    enum apdu_meaning meaning = converse(m, "ATE0\r", NULL, NULL, HELLO_MS);

    if (meaning == APDU_GOOD || meaning == APDU_NO_LINK)
        hear_out(m);
    if (meaning == APDU_NO_LINK) /* an ERROR: an earlier one's */
        meaning = converse(m, "ATE0\r", NULL, NULL, HELLO_MS);
    m->astray = false;
    return meaning == APDU_GOOD;
}

static enum card_connected modem_connect(struct card_way *way, unsigned i, char *error)
{
    struct modem *m = (struct modem *)way;

    if (i > 0)
        return CARD_NO_MORE;
    modem_disconnect(way);
    m->fd = open(m->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (m->fd < 0 || !set_up(m->fd)) {
        explain_open(m->path, errno, error);
        modem_disconnect(way);
        return CARD_NO_MORE;
    }
    way->link.t0 = true; /* a modem's SIM interface is T=0, whatever it does below */
    way->link.proactive = false;
    if (greet(m))
        return CARD_CONNECTED;
    snprintf(error, SIM_ERROR_MAX,
             "Nothing at %s answers AT commands: set the modem's AT port (often the one with the "
             "highest number).",
             m->path);
    modem_disconnect(way);
    return CARD_MUTE;
}

static enum apdu_meaning modem_begin(struct card_way *way)
{
    return ((struct modem *)way)->fd >= 0 ? APDU_GOOD : APDU_GONE;
}

static const char *modem_name(const struct card_way *way)
{
    return ((const struct modem *)way)->path;
}

static void modem_free(struct card_way *way)
{
    struct modem *m = (struct modem *)way;

    modem_disconnect(way);
    free(m->path);
    free(m);
}

static const struct card_way_kind modem_way = {
    .transmit = modem_transmit,
    .connect = modem_connect,
    .name = modem_name,
    .begin = modem_begin,
    .disconnect = modem_disconnect,
    .free = modem_free,
};

static struct sim *modem_open(const char *where, const struct sim_pin_source *pin,
                              enum simauth_card_status *status, char *error)
{
    struct modem *m = calloc(1, sizeof *m);

    *status = SIMAUTH_CARD_FAILED;
    if (!m || !(m->path = strdup(where))) {
        snprintf(error, SIM_ERROR_MAX, "Out of memory.");
        free(m);
        return NULL;
    }
    m->fd = -1;
    m->way.beside = true;
    m->way.kind = &modem_way;
    return card_sim_open(&m->way, pin, status, error);
}

const struct sim_backend sim_backend_modem = {
    .open = modem_open,
    CARD_SIM_BACKEND,
};
