/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pin_source.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <simauth/secret.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIN_MAX 8
#define FD_WAIT_MS 3000

struct holder {
    struct sim_pin_source source; /* first */
    int fd;
    bool spent; /* nothing more comes: declined, or read to its end, or wrong */
    bool wrong; /* the last one was wrong */
    char pin[PIN_MAX];
    size_t len; /* of the PIN that was read from the descriptor; 0 none */
    char trouble[64];
};

/* -- a person ---------------------------------------------------------------------------------- */

static atomic_bool elsewhere;

void pin_source_elsewhere(bool on)
{
    atomic_store(&elsewhere, on);
}

static bool is_elsewhere(void)
{
    return atomic_load(&elsewhere);
}

static size_t ask_person(void *user, const char *label, int tries_left, char pin[static 8])
{
    struct holder *h = user;
    char text[256], trouble[64] = "";
    size_t len;

    if (h->spent || is_elsewhere())
        return 0; /* whoever declined is not asked with every call */
    if (tries_left >= 0)
        snprintf(text, sizeof text,
                 "PIN of your %s, for calls that your operator vouches for. %d %s left.", label,
                 tries_left, tries_left == 1 ? "try is" : "tries are");
    else
        snprintf(text, sizeof text, "PIN of your %s, for calls that your operator vouches for.",
                 label);
    if (h->wrong)
        snprintf(trouble, sizeof trouble, "That PIN was wrong.");
    len = pinentry_ask(text, trouble, is_elsewhere, pin);
    h->spent = len == 0 && !is_elsewhere();
    return len;
}

static bool consent(void *user, const char *label)
{
    struct holder *h = user;
    char text[320];
    bool good;

    if (h->spent || is_elsewhere())
        return false;
    snprintf(text, sizeof text,
             "%sThis may be the last try for the PIN of your %s. After one more wrong PIN the SIM "
             "is blocked until you enter its PUK in a mobile phone. Try once more?",
             h->wrong ? "That PIN was wrong. " : "", label);
    good = pinentry_confirm(text, is_elsewhere);
    h->spent = !good && !is_elsewhere();
    return good;
}

static void person_result(void *user, bool right)
{
    ((struct holder *)user)->wrong = !right;
}

/* -- a descriptor ------------------------------------------------------------------------------ */

/* Up to a line's end or the end of what is there. */
static size_t read_line(int fd, char *text, size_t room)
{
    size_t len = 0;

    while (len < room) {
        struct pollfd source = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&source, 1, FD_WAIT_MS) == 1 ? read(fd, text + len, 1) : 0;

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0 || text[len] == '\n')
            break;
        len++;
    }
    return len;
}

static void read_pin(struct holder *h)
{
    char text[PIN_MAX + 2];
    size_t len = read_line(h->fd, text, sizeof text);

    if (len > 0 && text[len - 1] == '\r')
        len--;
    h->len = len <= PIN_MAX ? len : 0;
    memcpy(h->pin, text, h->len);
    OPENSSL_cleanse(text, sizeof text);
}

/* The same PIN again for a card that was reset; never again once it was wrong. */
static size_t ask_descriptor(void *user, const char *label, int tries_left, char pin[static 8])
{
    struct holder *h = user;

    (void)label;
    (void)tries_left;
    if (!h->spent)
        read_pin(h);
    h->spent = true;
    memcpy(pin, h->pin, h->len);
    return h->len;
}

static void descriptor_result(void *user, bool right)
{
    struct holder *h = user;

    if (right)
        return;
    OPENSSL_cleanse(h->pin, sizeof h->pin);
    h->len = 0;
}

/* -- which ------------------------------------------------------------------------------------- */

static int descriptor_of(const char *setting)
{
    char *end;
    unsigned long fd;

    if (!setting || strncmp(setting, "fd:", 3) != 0 || setting[3] < '0' || setting[3] > '9')
        return -1;
    fd = strtoul(setting + 3, &end, 10);
    return *end == '\0' && fd <= 1023 ? (int)fd : -1;
}

/* Linphone has descriptors of its own, and a wrong number may name one: nothing is taken from a
 * socket, a device or what it writes to. */
static bool can_be_given(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    struct stat st;

    return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && fstat(fd, &st) == 0 &&
           (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

static void use_descriptor(struct holder *h)
{
    if (!can_be_given(h->fd)) {
        snprintf(h->trouble, sizeof h->trouble, "pin=fd:%d is no pipe or file to read it from",
                 h->fd);
        h->source.trouble = h->trouble;
        return;
    }
    fcntl(h->fd, F_SETFD, FD_CLOEXEC); /* no child of the phone is to read it */
    h->source.ask = ask_descriptor;
    h->source.result = descriptor_result;
}

static bool desktop(void)
{
    const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

    return (x && *x) || (wayland && *wayland);
}

struct sim_pin_source *pin_source_new(const char *setting)
{
    struct holder *h = simauth_secure_alloc(sizeof *h);

    if (!h)
        return NULL;
    h->source.user = h;
    h->fd = descriptor_of(setting);
    if (h->fd >= 0) {
        use_descriptor(h);
    } else if (setting ? strcmp(setting, "ask") == 0 : desktop()) {
        h->source.ask = ask_person;
        h->source.last_try = consent;
        h->source.result = person_result;
    }
    return &h->source;
}

void pin_source_again(struct sim_pin_source *source)
{
    struct holder *h = (struct holder *)source;

    if (h && source->ask == ask_person)
        h->spent = h->wrong = false;
}

void pin_source_free(struct sim_pin_source *source)
{
    simauth_secure_free(source);
}
