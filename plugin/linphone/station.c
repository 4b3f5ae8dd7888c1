/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station.h"

#include <pin_source.h>

#include <stdlib.h>
#include <string.h>

struct station {
    struct settings *settings; /* those that what is open belongs to */
    const struct sim_backend *backend;
    struct sim *sim;
    struct sim_pin_source *pin; /* outlives the SIM: a PIN that was given, or refused, stays so */
    char *pin_setting;          /* that `pin` was made for */
    struct sim_identity identity;
    struct ag *ag;
    char gateway[256];
    char error[SETTINGS_ERROR_MAX];
};

struct station *station_open(void)
{
    return calloc(1, sizeof(struct station));
}

static void close_gateway(struct station *s)
{
    ag_close(s->ag);
    s->ag = NULL;
}

static void close_all(struct station *s)
{
    close_gateway(s);
    if (s->backend)
        s->backend->close(s->sim);
    s->sim = NULL;
    s->backend = NULL;
    explicit_bzero(&s->identity, sizeof(s->identity));
    settings_unref(s->settings);
    s->settings = NULL;
}

void station_start_over(struct station *s)
{
    if (s->pin)
        pin_source_again(s->pin);
    close_all(s);
}

void station_close(struct station *s)
{
    if (!s)
        return;
    close_all(s);
    pin_source_free(s->pin);
    g_free(s->pin_setting);
    free(s);
}

const char *station_error(const struct station *s)
{
    return s->error;
}

void station_set_error(struct station *s, const char *sentence)
{
    g_strlcpy(s->error, sentence, sizeof(s->error));
}

static struct sim_pin_source *pin_source(struct station *s, const struct settings *settings)
{
    if (s->pin && g_strcmp0(s->pin_setting, settings->pin) == 0)
        return s->pin;
    pin_source_free(s->pin);
    g_free(s->pin_setting);
    s->pin_setting = g_strdup(settings->pin);
    s->pin = pin_source_new(settings->pin);
    return s->pin;
}

static bool open_sim(struct station *s, const struct settings *settings)
{
    enum simauth_card_status status;
    const char *where;

    if (!settings->sim) {
        station_set_error(s, "no SIM is set: `simauthctl settings set sim pcsc`, or soft:FILE");
        return false;
    }
    s->backend = sim_backend_for(settings->sim, &where);
    if (!s->backend) {
        g_snprintf(s->error, sizeof(s->error), "sim=%s: no such kind of SIM", settings->sim);
        return false;
    }
    s->sim = s->backend->open(where, pin_source(s, settings), &status, s->error);
    if (s->sim && s->backend->identity(s->sim, &s->identity) == SIMAUTH_CARD_GOOD)
        return true;
    if (s->sim)
        station_set_error(s, "the SIM does not tell who it is");
    close_all(s);
    return false;
}

static enum simauth_card_status run_for_gateway(void *user,
                                                const struct simauth_challenge *challenge,
                                                struct simauth_card_answer *answer)
{
    return station_card(user, challenge, answer);
}

static enum simauth_card_status ha1_for_gateway(void *user, const char *realm,
                                                struct simauth_secret *ha1)
{
    struct station *s = user;

    return s->backend->ha1 ? s->backend->ha1(s->sim, realm, ha1) : SIMAUTH_CARD_ABSENT;
}

static bool open_gateway(struct station *s, const struct settings *settings)
{
    const struct ag_card card = {.run = run_for_gateway, .ha1 = ha1_for_gateway, .user = s};
    struct ag_settings wanted = {
        .gateway = s->gateway,
        .impi = s->identity.impi,
        .sim_2g = s->identity.gsm,
        .no_sim = s->identity.none,
        .ca_file = settings->ca_file,
        .local_address = settings->local_address,
    };

    g_strlcpy(s->gateway, settings->gateway ? settings->gateway : s->identity.gateway,
              sizeof(s->gateway));
    if (!*s->gateway) {
        station_set_error(s, "no gateway is set: `simauthctl settings set gateway NAME`");
        return false;
    }
    s->ag = ag_open(&wanted, &card, s->error);
    return s->ag != NULL;
}

static bool same(const char *a, const char *b)
{
    return g_strcmp0(a, b) == 0;
}

static bool still_fits(const struct station *s, const struct settings *now)
{
    const struct settings *then = s->settings;

    return then && same(then->sim, now->sim) && same(then->pin, now->pin) &&
           same(then->gateway, now->gateway) && same(then->ca_file, now->ca_file) &&
           same(then->local_address, now->local_address);
}

enum station_state station_prepare(struct station *s, struct settings *settings)
{
    if (!still_fits(s, settings))
        close_all(s);
    if (!s->settings)
        s->settings = settings_ref(settings);
    *s->error = '\0';
    if (settings->built_in) {
        station_set_error(s, settings->problem);
        return STATION_NO_SIM;
    }
    if (!s->sim && !open_sim(s, settings))
        return STATION_NO_SIM;
    if (!s->ag && !open_gateway(s, settings))
        return STATION_NO_GATEWAY;
    return STATION_READY;
}

struct ag *station_ag(struct station *s)
{
    return s->ag;
}

enum simauth_card_status station_card(struct station *s, const struct simauth_challenge *challenge,
                                      struct simauth_card_answer *answer)
{
    enum simauth_card_status status = s->backend->run(s->sim, challenge, answer);

    const char *why = s->backend->why ? s->backend->why(s->sim) : "";

    if (status != SIMAUTH_CARD_GOOD && status != SIMAUTH_CARD_RESYNC && *why)
        station_set_error(s, why);
    else if (status == SIMAUTH_CARD_ABSENT || status == SIMAUTH_CARD_LOCKED)
        station_set_error(s, status == SIMAUTH_CARD_ABSENT ? "the SIM is absent"
                                                           : "the SIM is locked");
    return status;
}

bool station_instant(const struct station *s)
{
    return s->backend && s->backend->instant;
}

const char *station_gateway(const struct station *s)
{
    return s->gateway;
}
