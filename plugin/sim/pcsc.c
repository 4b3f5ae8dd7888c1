/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A SIM in a smart card reader: which reader, and what its trouble is called. */
#include "card_sim.h"
#include "pcsc_io.h"
#include "sims.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct pcsc {
    struct card_way way; /* first */
    struct pcsc_io *io;  /* NULL: not started, or abandoned */
    bool shared;
    char wanted[MAX_READERNAME]; /* "" any */
    char name[MAX_READERNAME];   /* of the one that is or was connected */
    char names[PCSC_READERS_MAX][MAX_READERNAME];
    unsigned count; /* readers with a card that are meant */
};

static LONG call_within(struct pcsc *p, struct pcsc_job *job, unsigned limit_ms)
{
    if (!p->io)
        p->io = pcsc_io_open();
    if (!p->io)
        return pcsc_io_stuck() ? SCARD_E_TIMEOUT : SCARD_E_NO_MEMORY;
    if (!pcsc_io_do(p->io, job, limit_ms)) {
        pcsc_io_close(p->io); /* nobody waits for a mute reader */
        p->io = NULL;
    }
    return job->result;
}

/* What is no command for the card: the service, a reader that powers its card. */
static LONG call(struct pcsc *p, struct pcsc_job *job)
{
    return call_within(p, job, APDU_LIMIT_MS);
}

static enum apdu_meaning meaning_of(LONG result)
{
    switch ((uint32_t)result) {
    case (uint32_t)SCARD_S_SUCCESS:
        return APDU_GOOD;
    case (uint32_t)SCARD_W_RESET_CARD:
    case (uint32_t)SCARD_W_UNPOWERED_CARD:
        return APDU_RESET;
    case (uint32_t)SCARD_W_REMOVED_CARD:
    case (uint32_t)SCARD_E_NO_SMARTCARD:
    case (uint32_t)SCARD_E_READER_UNAVAILABLE:
    case (uint32_t)SCARD_E_UNKNOWN_READER:
    case (uint32_t)SCARD_E_NO_SERVICE:
    case (uint32_t)SCARD_E_SERVICE_STOPPED:
    case (uint32_t)SCARD_E_INVALID_HANDLE:
    case (uint32_t)SCARD_E_NOT_TRANSACTED: /* drivers say so when the card left meanwhile */
    case (uint32_t)SCARD_F_COMM_ERROR:
        return APDU_GONE;
    case (uint32_t)SCARD_E_TIMEOUT:
    case (uint32_t)SCARD_W_UNRESPONSIVE_CARD:
        return APDU_MUTE;
    case (uint32_t)SCARD_E_SHARING_VIOLATION:
    case (uint32_t)SCARD_E_SERVER_TOO_BUSY:
        return APDU_BUSY;
    default:
        return APDU_NO_LINK;
    }
}

/* -- sentences --------------------------------------------------------------------------------- */

#define SOCKET "/run/pcscd/pcscd.comm" /* where Debian's pcscd listens */
#define POLKIT                                                                                     \
    "This user may not use smart cards (polkit refused): log in at the computer itself, or have "  \
    "its administrator allow org.debian.pcsc-lite.access_pcsc and access_card."

/* Whether somebody takes connections at pcscd's socket: pcscd closes that of a user whom polkit
 * refuses, and when it is faster than our first octets the library says "no service" as well. */
static bool service_takes_connections(void)
{
    const char *path = getenv("PCSCLITE_CSOCK_NAME");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool there;

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path ? path : SOCKET);
    there = fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        (void)close(fd);
    return there;
}

static void explain_list(LONG result, char *error)
{
    switch ((uint32_t)result) {
    case (uint32_t)SCARD_E_NO_SERVICE:
    case (uint32_t)SCARD_E_SERVICE_STOPPED:
        if (service_takes_connections()) {
            snprintf(error, SIM_ERROR_MAX, POLKIT);
            break;
        }
        snprintf(error, SIM_ERROR_MAX,
                 "The smart card service is not running: install pcscd and start it with `sudo "
                 "systemctl start pcscd.socket`.");
        break;
    case (uint32_t)SCARD_E_NO_READERS_AVAILABLE:
        snprintf(error, SIM_ERROR_MAX, "No smart card reader is plugged in.");
        break;
    case (uint32_t)SCARD_W_SECURITY_VIOLATION:
    case (uint32_t)SCARD_F_COMM_ERROR: /* pcscd takes the connection and closes it without a word */
        snprintf(error, SIM_ERROR_MAX, POLKIT);
        break;
    case (uint32_t)SCARD_E_TIMEOUT:
        snprintf(error, SIM_ERROR_MAX,
                 "The smart card service does not answer: unplug the reader and plug it in again.");
        break;
    default:
        snprintf(error, SIM_ERROR_MAX, "The smart card service failed: %s.",
                 pcsc_stringify_error(result));
    }
}

static void explain_connect(const char *name, LONG result, char *error)
{
    switch ((uint32_t)result) {
    case (uint32_t)SCARD_E_SHARING_VIOLATION:
        if (pcsc_io_stuck()) { /* it is we ourselves: an answer that never came */
            explain_connect(name, SCARD_E_TIMEOUT, error);
            break;
        }
        snprintf(
            error, SIM_ERROR_MAX,
            "Another program uses the card in %s: close it, or share the card with `simauthctl "
            "settings set sim pcsc-shared`.",
            name);
        break;
    case (uint32_t)SCARD_E_NO_SMARTCARD:
    case (uint32_t)SCARD_W_REMOVED_CARD:
        snprintf(error, SIM_ERROR_MAX, "There is no SIM in %s.", name);
        break;
    case (uint32_t)SCARD_W_UNRESPONSIVE_CARD:
    case (uint32_t)SCARD_W_UNPOWERED_CARD:
    case (uint32_t)SCARD_E_PROTO_MISMATCH:
    case (uint32_t)SCARD_E_TIMEOUT:
        snprintf(error, SIM_ERROR_MAX,
                 "The card in %s does not answer: take it out and put it in the right way round.",
                 name);
        break;
    case (uint32_t)SCARD_W_SECURITY_VIOLATION:
        snprintf(error, SIM_ERROR_MAX, POLKIT);
        break;
    default:
        snprintf(error, SIM_ERROR_MAX, "The card in %s cannot be used: %s.", name,
                 pcsc_stringify_error(result));
    }
}

/* -- which reader ------------------------------------------------------------------------------ */

/* How many readers the setting may mean; an exact name means one. */
static unsigned matches(const struct pcsc *p, const struct pcsc_job *job, bool meant[])
{
    unsigned count = 0;
    size_t len = strlen(p->wanted);

    for (unsigned i = 0; i < job->list.count; i++) {
        meant[i] = strncmp(job->list.names[i], p->wanted, len) == 0;
        count += meant[i];
    }
    for (unsigned i = 0; i < job->list.count && len > 0; i++) {
        if (strcmp(job->list.names[i], p->wanted) != 0)
            continue;
        memset(meant, 0, PCSC_READERS_MAX * sizeof *meant);
        meant[i] = true;
        return 1;
    }
    return count;
}

static bool choose(struct pcsc *p, const struct pcsc_job *job, char *error)
{
    bool meant[PCSC_READERS_MAX] = {false};
    unsigned fitting = matches(p, job, meant);

    p->count = 0;
    if (*p->wanted && fitting != 1) {
        snprintf(error, SIM_ERROR_MAX,
                 fitting ? "Several readers' names begin with \"%s\": set the whole name, as "
                           "`pcsc_scan -r` shows it."
                         : "No reader's name begins with \"%s\": plug it in, or set another, as "
                           "`pcsc_scan -r` shows them.",
                 p->wanted);
        return false;
    }
    for (unsigned i = 0; i < job->list.count; i++)
        if (meant[i] && job->list.present[i])
            memcpy(p->names[p->count++], job->list.names[i], MAX_READERNAME);
    if (p->count == 0)
        snprintf(error, SIM_ERROR_MAX, "There is no SIM in %s.",
                 *p->wanted ? p->wanted
                            : (job->list.count == 1 ? job->list.names[0] : "any reader"));
    return p->count > 0;
}

static enum card_connected find_readers(struct pcsc *p, char *error)
{
    struct pcsc_job job = {.op = PCSC_LIST};
    LONG result = call(p, &job);

    p->count = 0;
    if (result != SCARD_S_SUCCESS) {
        explain_list(result, error);
        return result == SCARD_E_TIMEOUT ? CARD_MUTE : CARD_NO_MORE;
    }
    return choose(p, &job, error) ? CARD_CONNECTED : CARD_NO_MORE;
}

static enum card_connected pcsc_connect(struct card_way *way, unsigned i, char *error)
{
    struct pcsc *p = (struct pcsc *)way;
    struct pcsc_job job = {.op = PCSC_CONNECT};
    enum card_connected found = i == 0 ? find_readers(p, error) : CARD_CONNECTED;
    LONG result;

    if (found != CARD_CONNECTED)
        return found;
    if (i >= p->count)
        return CARD_NO_MORE;
    memcpy(p->name, p->names[i], sizeof p->name);
    memcpy(job.connect.name, p->name, sizeof p->name);
    job.connect.shared = p->shared;
    result = call(p, &job);
    way->link.t0 = job.connect.t0;
    way->link.proactive = false;
    if (result == SCARD_S_SUCCESS)
        return CARD_CONNECTED;
    explain_connect(p->name, result, error);
    return result == SCARD_E_TIMEOUT ? CARD_MUTE : CARD_SKIP;
}

/* -- one card ---------------------------------------------------------------------------------- */

static enum apdu_meaning pcsc_transmit(struct card_link *link, const uint8_t *command, size_t len,
                                       uint8_t *reply, size_t *reply_len)
{
    struct pcsc *p = (struct pcsc *)link;
    struct pcsc_job job = {.op = PCSC_TRANSMIT};
    enum apdu_meaning meaning = APDU_MALFORMED;

    if (len > sizeof job.transmit.command)
        return meaning;
    memcpy(job.transmit.command, command, len);
    job.transmit.command_len = len;
    meaning = meaning_of(call_within(p, &job, apdu_left_ms(link)));
    if (meaning == APDU_GOOD && job.transmit.reply_len == 0)
        meaning = APDU_GONE; /* how pcscd may tell of a card that is pulled while it works */
    if (meaning == APDU_GOOD && job.transmit.reply_len > *reply_len)
        meaning = APDU_MALFORMED;
    if (meaning == APDU_GOOD) {
        memcpy(reply, job.transmit.reply, job.transmit.reply_len);
        *reply_len = job.transmit.reply_len;
    }
    OPENSSL_cleanse(&job, sizeof job);
    return meaning;
}

static enum apdu_meaning pcsc_begin(struct card_way *way)
{
    struct pcsc_job job = {.op = PCSC_BEGIN};

    return meaning_of(call((struct pcsc *)way, &job));
}

static void pcsc_end(struct card_way *way)
{
    struct pcsc *p = (struct pcsc *)way;
    struct pcsc_job job = {.op = PCSC_END};

    if (p->io)
        call(p, &job);
}

static void pcsc_disconnect(struct card_way *way)
{
    struct pcsc *p = (struct pcsc *)way;
    struct pcsc_job job = {.op = PCSC_DISCONNECT};

    if (p->io)
        call(p, &job);
}

static const char *pcsc_name(const struct card_way *way)
{
    const struct pcsc *p = (const struct pcsc *)way;

    return *p->name ? p->name : "the reader";
}

static void pcsc_free(struct card_way *way)
{
    struct pcsc *p = (struct pcsc *)way;

    pcsc_io_close(p->io);
    free(p);
}

static const struct card_way_kind pcsc_way = {
    .transmit = pcsc_transmit,
    .connect = pcsc_connect,
    .name = pcsc_name,
    .begin = pcsc_begin,
    .end = pcsc_end,
    .disconnect = pcsc_disconnect,
    .free = pcsc_free,
};

static struct sim *open_reader(const char *where, bool shared, const struct sim_pin_source *pin,
                               enum simauth_card_status *status, char *error)
{
    struct pcsc *p = calloc(1, sizeof *p);

    *status = SIMAUTH_CARD_FAILED;
    if (!p || strlen(where) >= sizeof p->wanted) {
        snprintf(error, SIM_ERROR_MAX,
                 p ? "The name of the reader is longer than any." : "Out of memory.");
        free(p);
        return NULL;
    }
    memcpy(p->wanted, where, strlen(where) + 1);
    p->shared = p->way.shared = shared;
    p->way.kind = &pcsc_way;
    return card_sim_open(&p->way, pin, status, error);
}

static struct sim *open_alone(const char *where, const struct sim_pin_source *pin,
                              enum simauth_card_status *status, char *error)
{
    return open_reader(where, false, pin, status, error);
}

static struct sim *open_shared(const char *where, const struct sim_pin_source *pin,
                               enum simauth_card_status *status, char *error)
{
    return open_reader(where, true, pin, status, error);
}

/* Nobody else may drive the card meanwhile (docs/protocol.md, "another program on the desktop"). */
const struct sim_backend sim_backend_pcsc = {
    .open = open_alone,
    CARD_SIM_BACKEND,
};

/* For a person who needs the card in another program too and accepts that it may ask the SIM. */
const struct sim_backend sim_backend_pcsc_shared = {
    .open = open_shared,
    CARD_SIM_BACKEND,
};
