/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a client, and what its parts share. */
#include "ag_private.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define REQUEST_MS 1000

/* Sentences may quote what a gateway wrote: no line breaks, no escapes, and never the IMSI, which
 * is the user part of the IMPI. */
static void clean(const struct ag *ag, char *text)
{
    size_t imsi_len = strcspn(ag->impi, "@");
    char *at = text;

    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    while (imsi_len >= 5 && (at = memmem(at, strlen(at), ag->impi, imsi_len)) != NULL) {
        memset(at, '*', imsi_len);
        at += imsi_len;
    }
}

enum ag_status ag_fail(struct ag *ag, enum ag_status status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(ag->error, sizeof ag->error, format, arguments);
    va_end(arguments);
    clean(ag, ag->error);
    return status;
}

enum ag_status ag_garbage(struct ag *ag, const char *what)
{
    return ag_fail(ag, AG_GARBAGE, "The gateway %s answered, but not to what was asked (%s).",
                   ag->fqdn, what);
}

const char *ag_error(const struct ag *ag)
{
    return ag->error;
}

enum ag_status ag_note_reach(struct ag *ag, enum ag_status status)
{
    ag->asked = true;
    ag->reach = status;
    memcpy(ag->reach_error, ag->error, sizeof ag->reach_error);
    if (status == AG_OK)
        ag->reach_error[0] = '\0';
    return status;
}

bool ag_reached(const struct ag *ag, enum ag_status *status, const char **why)
{
    *status = ag->reach;
    *why = ag->reach_error;
    return ag->asked;
}

int64_t ag_clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool ag_random_text(char *text, size_t octets)
{
    uint8_t random[32];

    if (octets > sizeof random || RAND_bytes(random, (int)octets) != 1)
        return false;
    simauth_b64u_encode(random, octets, text);
    OPENSSL_cleanse(random, sizeof random);
    return true;
}

long ag_limit_ms(const struct ag *ag)
{
    return ag->answered ? ag->request_ms : AG_FIRST_FACTOR * ag->request_ms;
}

enum http_result ag_exchange(struct ag *ag, const struct http_request *request, long limit_ms,
                             char why[static AG_ERROR_MAX])
{
    enum http_result result = http_send(ag->http, request, limit_ms, ag->answer, why, AG_ERROR_MAX);

    if (result != HTTP_GOOD)
        return result;
    ag->answered = true;
    if (ag->answer->date > 0) {
        ag->clock_known = true;
        ag->clock_ahead = ag->answer->date - (int64_t)time(NULL);
    }
    return result;
}

bool ag_content_is(const struct http_answer *answer, const char *type)
{
    size_t len = strlen(type);
    const char *rest = answer->content_type + len;

    return strncasecmp(answer->content_type, type, len) == 0 &&
           (*rest == '\0' || *rest == ';' || *rest == ' ' || *rest == '\t');
}

void ag_session_end(struct ag_session *session)
{
    OPENSSL_cleanse(session, sizeof *session);
}

/* -- opening ----------------------------------------------------------------------------------- */

/* FQDN in lower case to ag->fqdn; false when `gateway` is not FQDN or FQDN:port. */
static bool read_gateway(struct ag *ag, const char *gateway)
{
    size_t len = gateway ? strcspn(gateway, ":") : 0;
    const char *port = gateway ? gateway + len : "";

    if (len == 0 || len > AG_FQDN_MAX || gateway[0] == '.' || gateway[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)gateway[i]) && gateway[i] != '-' && gateway[i] != '.')
            return false;
        ag->fqdn[i] = (char)tolower((unsigned char)gateway[i]);
    }
    if (*port == '\0')
        return true;
    port++;
    return strlen(port) >= 1 && strlen(port) <= 5 && strspn(port, "0123456789") == strlen(port) &&
           atoi(port) >= 1 && atoi(port) <= 65535;
}

static bool read_impi(struct ag *ag, const char *impi)
{
    if (!impi || strlen(impi) >= sizeof ag->impi || !strchr(impi, '@'))
        return false;
    for (const char *c = impi; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
            return false;
    memcpy(ag->impi, impi, strlen(impi) + 1);
    return true;
}

static const char *load_anchors(struct ag *ag, const char *ca_file)
{
    ag->anchors = X509_STORE_new();
    if (!ag->anchors)
        return "Out of memory.";
    if (!ca_file)
        return X509_STORE_set_default_paths(ag->anchors) == 1
                   ? NULL
                   : "The certificates of this system's authorities cannot be read.";
    return X509_STORE_load_file(ag->anchors, ca_file) == 1
               ? NULL
               : "The file of trusted certificates cannot be read or holds none.";
}

static const char *open_parts(struct ag *ag, const struct ag_settings *settings)
{
    const char *why;

    if (!read_gateway(ag, settings->gateway))
        return "The gateway's name is not a host name, with or without a port.";
    if (!read_impi(ag, settings->impi))
        return "The SIM's private identity (IMPI) is not one.";
    why = load_anchors(ag, settings->ca_file);
    if (why)
        return why;
    ag->answer = calloc(1, sizeof *ag->answer);
    ag->http = http_open(settings->gateway, settings->ca_file, settings->local_address);
    return ag->answer && ag->http ? NULL : "Out of memory, or libcurl without HTTPS.";
}

struct ag *ag_open(const struct ag_settings *settings, const struct ag_card *card, char *error)
{
    struct ag *ag = simauth_secure_alloc(sizeof *ag);
    const char *why = "Out of memory.";

    if (ag) {
        ag->card = *card;
        ag->sim_2g = settings->sim_2g;
        ag->no_sim = settings->no_sim;
        ag->request_ms = settings->request_ms ? (long)settings->request_ms : REQUEST_MS;
        why = open_parts(ag, settings);
    }
    if (!why)
        return ag;
    snprintf(error, AG_ERROR_MAX, "%s", why);
    ag_close(ag);
    return NULL;
}

static enum simauth_card_status no_card(void *user, const struct simauth_challenge *challenge,
                                        struct simauth_card_answer *answer)
{
    (void)user;
    (void)challenge;
    memset(answer, 0, sizeof *answer);
    answer->status = SIMAUTH_CARD_ABSENT;
    return answer->status;
}

struct ag *ag_beside(const struct ag *ag)
{
    struct ag *beside = ag->session.valid ? simauth_secure_alloc(sizeof *beside) : NULL;

    if (!beside)
        return NULL;
    beside->card = (struct ag_card){.run = no_card};
    memcpy(beside->fqdn, ag->fqdn, sizeof ag->fqdn);
    memcpy(beside->impi, ag->impi, sizeof ag->impi);
    beside->request_ms = ag->request_ms;
    beside->sim_2g = ag->sim_2g;
    beside->no_sim = ag->no_sim;
    beside->session = ag->session;
    beside->session.renew_at = ag->session.ends_at; /* the other one's business */
    beside->session.nonce[0] = beside->session.opaque[0] = '\0';
    beside->session.nc = 0;
    beside->clock_known = ag->clock_known;
    beside->clock_ahead = ag->clock_ahead;
    X509_STORE_up_ref(ag->anchors);
    beside->anchors = ag->anchors;
    beside->answer = calloc(1, sizeof *beside->answer);
    beside->http = http_beside(ag->http);
    if (beside->answer && beside->http)
        return beside;
    ag_close(beside);
    return NULL;
}

void ag_close(struct ag *ag)
{
    if (!ag)
        return;
    http_close(ag->http);
    X509_STORE_free(ag->anchors);
    ag_session_end(&ag->session);
    if (ag->answer)
        OPENSSL_cleanse(ag->answer, sizeof *ag->answer);
    free(ag->answer);
    simauth_secure_free(ag);
}

enum ag_status ag_bootstrap(struct ag *ag)
{
    int64_t now = ag_clock_ms();
    enum ag_status status;

    if (ag->session.valid && now < ag->session.renew_at)
        return AG_OK;
    status = ag_note_reach(ag, ub_bootstrap(ag));
    /* Half of its life is left: a gateway that is away for a moment costs nobody a call. */
    if (status != AG_OK && ag->session.valid && now < ag->session.ends_at)
        return AG_OK;
    return status;
}
