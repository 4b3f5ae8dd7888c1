/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station.h"
#include "pin_giver.h"
#include "readable.h"

#include <impi.h>
#include <kinds.h>
#include <pin_source.h>
#include <readers.h>

#include <stdlib.h>
#include <string.h>

#define LOOKS 3

struct station {
    struct settings *settings; /* those that what is open belongs to */
    const struct sim_backend *backend;
    struct sim *sim;
    struct sim_pin_source *pin; /* outlives the SIM: a PIN that was given, or refused, stays so */
    struct pin_giver giver;     /* before it */
    struct station_health health;
    guint cards;       /* which were there when a card could not be opened last */
    unsigned looks;    /* that are still made at what was put in */
    char *pin_setting; /* that `pin` was made for */
    struct sim_identity identity;
    char before[sizeof(((struct sim_identity *)0)->impi)]; /* whose was open; "" when none was */
    struct ag *ag;
    char gateway[256];
    char error[SETTINGS_ERROR_MAX];
};

struct station *station_open(void)
{
    struct station *s = simauth_secure_alloc(sizeof(*s)); /* it has a PIN for a moment */

    if (s) {
        pin_giver_init(&s->giver);
        health_begin(&s->health);
    }
    return s;
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
    g_strlcpy(s->before, s->identity.impi, sizeof(s->before));
    close_all(s);
}

bool station_same_sim(const struct station *s)
{
    return *s->before && !strcmp(s->before, s->identity.impi);
}

void station_let_go(struct station *s)
{
    close_all(s);
    health_begin(&s->health);
}

void station_close(struct station *s)
{
    if (!s)
        return;
    close_all(s);
    pin_giver_end(&s->giver);
    g_free(s->giver.folder);
    pin_source_free(s->pin);
    g_free(s->pin_setting);
    simauth_secure_free(s);
}

const char *station_error(struct station *s)
{
    readable_copy(s->error, s->error, sizeof(s->error));
    return s->error;
}

void station_set_error(struct station *s, const char *sentence)
{
    g_strlcpy(s->error, sentence, sizeof(s->error));
}

static struct sim_pin_source *pin_source(struct station *s, const struct settings *settings)
{
    if (s->pin && g_strcmp0(s->pin_setting, settings->pin) == 0)
        return &s->giver.source;
    pin_source_free(s->pin);
    g_free(s->pin_setting);
    s->pin_setting = g_strdup(settings->pin);
    s->giver.inner = s->pin = pin_source_new(settings->pin);
    s->giver.source.trouble = s->pin ? s->pin->trouble : NULL;
    return &s->giver.source;
}

static void show_sim(struct station *s, enum simauth_card_status status, const char *why)
{
    const struct sim_backend *b = s->backend;
    bool swapped = s->sim && b->swapped && b->swapped(s->sim);
    const char *word = health_card_word(status, swapped, s->giver.tries);

    s->health.tries_left = status == SIMAUTH_CARD_LOCKED ? s->giver.tries : -1;
    health_sim(&s->health, word, strcmp(word, "ready") ? why : "");
    g_strlcpy(s->health.sim_tag, status == SIMAUTH_CARD_ABSENT && !swapped ? "" : s->giver.tag,
              sizeof(s->health.sim_tag));
    if (s->sim && b->place)
        readable_copy(s->health.sim_name, b->place(s->sim), sizeof(s->health.sim_name));
    if (s->sim && status == SIMAUTH_CARD_GOOD)
        s->health.generation = s->identity.gsm ? "2g" : "usim";
}

static bool open_sim(struct station *s, const struct settings *settings)
{
    enum simauth_card_status status;
    const char *where;

    if (!settings->sim) {
        health_sim(&s->health, "unset", "No SIM is set.");
        station_set_error(s, "no SIM is set: `simauthctl settings set sim pcsc`, or soft:FILE");
        return false;
    }
    s->backend = sim_backend_for(settings->sim, &where);
    readable_copy(s->health.sim_name, s->backend && *where ? where : "",
                  sizeof(s->health.sim_name));
    s->giver.tries = -1;
    *s->giver.tag = '\0';
    g_free(s->giver.folder);
    s->giver.folder = g_strdup(settings->data);
    if (!s->backend) {
        health_sim(&s->health, "failed", "There is no such kind of SIM.");
        g_snprintf(s->error, sizeof(s->error), "sim=%s: no such kind of SIM", settings->sim);
        return false;
    }
    s->sim = s->backend->open(where, pin_source(s, settings), &status, s->error);
    if (s->sim)
        status = s->backend->identity(s->sim, &s->identity);
    if (s->sim && status != SIMAUTH_CARD_GOOD)
        station_set_error(s, "the SIM does not tell who it is");
    show_sim(s, status, s->error);
    if (s->sim && status == SIMAUTH_CARD_GOOD)
        return true;
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
    if (!still_fits(s, settings)) {
        close_all(s);
        health_begin(&s->health);
    }
    s->health.settings = settings->number;
    if (!s->settings)
        s->settings = settings_ref(settings);
    *s->error = '\0';
    if (settings->built_in) {
        station_set_error(s, settings->problem);
        health_sim(&s->health, "unset", settings->problem);
        return STATION_NO_SIM;
    }
    if (!s->sim && !open_sim(s, settings)) {
        health_gateway(&s->health, "no-sim", s->error);
        return STATION_NO_SIM;
    }
    if (!s->ag && !open_gateway(s, settings)) {
        health_gateway(&s->health, "unnamed", s->error);
        return STATION_NO_GATEWAY;
    }
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

    show_sim(s, status, why);
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

/* -- for a person ------------------------------------------------------------------------------ */

const struct station_health *station_health(struct station *s)
{
    enum ag_status status;
    const char *why;

    g_strlcpy(s->health.gateway_name, s->ag ? s->gateway : "", sizeof(s->health.gateway_name));
    if (s->ag && ag_reached(s->ag, &status, &why))
        health_gateway(&s->health, health_gateway_word(status), why);
    return &s->health;
}

static void wake_or_open(struct station *s, struct settings *settings)
{
    enum simauth_card_status status;

    if (!still_fits(s, settings) || !s->sim) {
        (void)station_prepare(s, settings);
    } else if (s->backend->wake) {
        status = s->backend->wake(s->sim);
        show_sim(s, status, s->backend->why ? s->backend->why(s->sim) : "");
    }
}

/* Which readers have a card. */
static guint cards_now(void)
{
    struct sim_reader list[SIM_READERS_MAX];
    char error[SIM_ERROR_MAX];
    size_t count = sim_readers(list, error);
    guint sum = (guint)count;

    for (size_t i = 0; i < count; i++)
        sum = 31 * sum + 2 * g_str_hash(list[i].name) + list[i].card;
    return sum;
}

static bool is_decided(const struct station *s)
{
    static const char *const words[] = {"locked", "blocked", "other", NULL};

    return s->looks < LOOKS && g_strv_contains(words, s->health.sim);
}

/* A card that could not be opened is tried again when another one may be there, and not otherwise:
 * whoever declined to give a PIN has declined. */
void station_look(struct station *s, struct settings *settings)
{
    const struct sim_kind *kind = sim_kind_of(settings->sim, NULL);
    guint cards;

    if (!kind || kind->place != SIM_IN_READER || settings->built_in)
        return;
    if (still_fits(s, settings) && s->sim && !strcmp(s->health.sim, "ready")) {
        wake_or_open(s, settings);
        return;
    }
    cards = cards_now();
    if (cards != s->cards)
        s->looks = LOOKS;
    s->cards = cards;
    /* A card that was just put in may not be up yet; one that is locked was up. */
    if (strcmp(s->health.sim, "absent") && (!s->looks || is_decided(s)))
        return;
    s->looks -= s->looks > 0;
    if (s->pin)
        pin_source_again(s->pin);
    wake_or_open(s, settings);
}

static const char *pin_word(const struct station *s, bool open)
{
    const struct pin_giver *g = &s->giver;

    if (open && g->used)
        return "accepted";
    if (pin_giver_other(g) && strcmp(s->health.sim, "absent"))
        return "other-card";
    if (open)
        return "not-needed";
    if (g->tries == 0)
        return "blocked";
    if (g->wrong)
        return "wrong";
    if (g->kept_last)
        return "last-try";
    return strcmp(s->health.sim, "absent") && strcmp(s->health.sim, "other") ? "failed" : "absent";
}

void station_give_pin(struct station *s, struct settings *settings, const char *pin, size_t len,
                      bool spend_last, const char *tag, struct station_pin *answer)
{
    bool open;

    pin_giver_begin(&s->giver, pin, len, spend_last, tag);
    wake_or_open(s, settings);
    pin_giver_end(&s->giver);
    open = !strcmp(s->health.sim, "ready");
    answer->word = pin_word(s, open);
    answer->tries_left = open ? -1 : s->giver.tries;
    if (!strcmp(answer->word, "other-card"))
        g_strlcpy(answer->text, "Another SIM is in the reader now: the PIN was not given to it.",
                  sizeof(answer->text));
    else
        g_strlcpy(answer->text, open ? "The SIM is open." : s->health.sim_text,
                  sizeof(answer->text));
}

void station_gateways(const struct station *s, char of_sim[256], char of_network[256])
{
    const char *imsi = s->identity.imsi;
    bool known = s->sim && sim_imsi_ok(imsi);
    int mnc_len = known ? sim_mnc_len(imsi, s->identity.mnc_len) : 0;

    g_strlcpy(of_sim, s->sim ? s->identity.gateway : "", 256);
    *of_network = '\0';
    if (known)
        g_snprintf(of_network, 256, "bsf.mnc%s%.*s.mcc%.3s.pub.3gppnetwork.org",
                   mnc_len == 2 ? "0" : "", mnc_len, imsi + 3, imsi);
}
