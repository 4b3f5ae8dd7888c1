/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The software SIM: what a USIM with Milenage does (TS 33.102, 6.3.3), or a 2G SIM, from a file. */
#include "soft.h"
#include "clock.h"
#include "sims.h"
#include "utf8.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

/* Another program holds the lock for one challenge, some milliseconds; a busy one lets it go for
 * tens of microseconds, so we look often. */
#define LOCK_MS 1000
#define LOCK_STEP_NS 300000
#define SHOWN_MAX 96 /* of a path in a sentence */
#define RUNS_MAX (SIMAUTH_CHAL_MAX / SIMAUTH_RAND_LEN)

struct sim {
    struct soft_file file;
    char *window_path; /* owned */
    char error[SIM_ERROR_MAX];
};

static void soft_close(struct sim *sim)
{
    if (!sim)
        return;
    soft_file_close(&sim->file);
    free(sim->window_path);
    simauth_secure_free(sim);
}

static struct sim *soft_open(const char *where, const struct sim_pin_source *pin,
                             enum simauth_card_status *status, char *error)
{
    struct sim *sim = simauth_secure_alloc(sizeof *sim);
    struct soft_window window;

    (void)pin; /* the file's mode is its lock */
    *status = SIMAUTH_CARD_FAILED;
    if (!sim || asprintf(&sim->window_path, "%s.sqn", where) < 0) {
        snprintf(error, SIM_ERROR_MAX, "Out of memory.");
        simauth_secure_free(sim);
        return NULL;
    }
    sim->file.fd = -1;
    if (soft_file_open(&sim->file, where, status, error) &&
        soft_window_load(&window, sim->window_path, status, error)) {
        *status = SIMAUTH_CARD_GOOD;
        return sim;
    }
    soft_close(sim);
    return NULL;
}

static enum simauth_card_status soft_identity(struct sim *sim, struct sim_identity *identity)
{
    *identity = sim->file.identity;
    return SIMAUTH_CARD_GOOD;
}

/* -- one challenge ----------------------------------------------------------------------------- */

static uint64_t sqn_read(const uint8_t octets[static 6])
{
    uint64_t sqn = 0;

    for (size_t i = 0; i < 6; i++)
        sqn = sqn << 8 | octets[i];
    return sqn;
}

static void sqn_write(uint64_t sqn, uint8_t octets[static 6])
{
    for (size_t i = 6; i-- > 0; sqn >>= 8)
        octets[i] = (uint8_t)sqn;
}

/* Opens AUTN = SQN ^ AK || AMF || MAC-A. SIMAUTH_CARD_REFUSED when the MAC is not the operator's.
 */
static enum simauth_card_status check_autn(const struct sim *sim, const struct simauth_challenge *c,
                                           struct simauth_milenage_vector *v, uint64_t *sqn)
{
    uint8_t octets[6];

    if (simauth_milenage_keys(&sim->file.milenage, c->rand, v) != SIMAUTH_OK)
        return SIMAUTH_CARD_FAILED;
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = c->autn[i] ^ v->ak[i];
    if (simauth_milenage_run(&sim->file.milenage, c->rand, octets, c->autn + 6, v) != SIMAUTH_OK)
        return SIMAUTH_CARD_FAILED;
    if (CRYPTO_memcmp(v->mac_a, c->autn + 8, sizeof v->mac_a) != 0)
        return SIMAUTH_CARD_REFUSED;
    *sqn = sqn_read(octets);
    return SIMAUTH_CARD_GOOD;
}

/* AUTS = SQN_MS ^ AK* || MAC-S, with AMF* of zeros (TS 33.102, 6.3.3). */
static enum simauth_card_status make_auts(const struct sim *sim, const struct simauth_challenge *c,
                                          uint64_t sqn_ms, uint8_t auts[static SIMAUTH_AUTS_LEN])
{
    static const uint8_t amf[2] = {0, 0};
    struct simauth_milenage_vector v;
    enum simauth_card_status status = SIMAUTH_CARD_FAILED;

    sqn_write(sqn_ms, auts);
    if (simauth_milenage_run(&sim->file.milenage, c->rand, auts, amf, &v) == SIMAUTH_OK) {
        for (size_t i = 0; i < 6; i++)
            auts[i] ^= v.ak_star[i];
        memcpy(auts + 6, v.mac_s, sizeof v.mac_s);
        status = SIMAUTH_CARD_RESYNC;
    }
    OPENSSL_cleanse(&v, sizeof v);
    return status;
}

static enum simauth_card_status give(const struct simauth_milenage_vector *v,
                                     struct simauth_card_answer *answer)
{
    uint8_t k[32];
    bool good;

    memcpy(k, v->ck, 16);
    memcpy(k + 16, v->ik, 16);
    good = simauth_secret_set(&answer->res, v->res, sizeof v->res) == SIMAUTH_OK &&
           simauth_secret_set(&answer->k, k, sizeof k) == SIMAUTH_OK;
    OPENSSL_cleanse(k, sizeof k);
    return good ? SIMAUTH_CARD_GOOD : SIMAUTH_CARD_FAILED;
}

static enum simauth_card_status not_stored(struct sim *sim, int number)
{
    const char *path = utf8_last(sim->window_path, SHOWN_MAX);

    if (number == ENOSPC || number == EDQUOT)
        snprintf(sim->error, sizeof sim->error,
                 "The disk is full: the soft SIM answers when its sequence number is written (%s). "
                 "Make room there, and try again.",
                 path);
    else
        snprintf(sim->error, sizeof sim->error,
                 "The soft SIM answers when its sequence number is written, and %s cannot be "
                 "written: %s.",
                 path, strerror(number));
    return SIMAUTH_CARD_FAILED;
}

/* With the lock held: nothing is given before the disk has the sequence number. */
static enum simauth_card_status settle(struct sim *sim, const struct simauth_challenge *c,
                                       const struct simauth_milenage_vector *v, uint64_t sqn,
                                       struct simauth_card_answer *answer)
{
    struct soft_window window;
    enum simauth_card_status status;

    if (!soft_window_load(&window, sim->window_path, &status, sim->error))
        return SIMAUTH_CARD_FAILED;
    *sim->error = '\0'; /* that of a new SIM says that it is not there yet */
    if (!soft_window_fresh(&window, sqn))
        return make_auts(sim, c, soft_window_highest(&window), answer->auts);
    soft_window_take(&window, sqn);
    if (!soft_window_store(&window, sim->window_path))
        return not_stored(sim, errno);
    return give(v, answer);
}

static bool lock(int fd)
{
    const struct timespec step = {0, LOCK_STEP_NS};
    int64_t until = now_ms() + LOCK_MS;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || now_ms() > until)
            return false;
        nanosleep(&step, NULL);
    }
    return true;
}

/* No sequence numbers, nothing to keep: each RAND gives its triplet. */
static enum simauth_card_status run_2g(const struct sim *sim, const struct simauth_challenge *c,
                                       struct simauth_card_answer *answer)
{
    uint8_t sres[RUNS_MAX * SIMAUTH_SRES_LEN], kc[RUNS_MAX * SIMAUTH_KC_LEN];
    size_t runs = c->rand_len / SIMAUTH_RAND_LEN;
    bool good = true;

    for (size_t i = 0; i < runs && good; i++)
        good = soft_triplet(&sim->file, c->rand + i * SIMAUTH_RAND_LEN, sres + i * SIMAUTH_SRES_LEN,
                            kc + i * SIMAUTH_KC_LEN);
    good = good && simauth_secret_set(&answer->res, sres, runs * SIMAUTH_SRES_LEN) == SIMAUTH_OK &&
           simauth_secret_set(&answer->k, kc, runs * SIMAUTH_KC_LEN) == SIMAUTH_OK;
    OPENSSL_cleanse(sres, sizeof sres);
    OPENSSL_cleanse(kc, sizeof kc);
    return good ? SIMAUTH_CARD_GOOD : SIMAUTH_CARD_FAILED;
}

/* Whether this SIM has the application for it: a USIM answers nothing that is not AKA. */
static bool fits(const struct sim *sim, const struct simauth_challenge *c)
{
    if (!c->method || c->method->id_len > 0 || c->has_autn != c->method->needs_autn)
        return false;
    if (c->has_autn)
        return !sim->file.identity.gsm && c->rand_len == SIMAUTH_RAND_LEN;
    return sim->file.identity.gsm && c->rand_len > 0 && c->rand_len <= SIMAUTH_CHAL_MAX &&
           c->rand_len % SIMAUTH_RAND_LEN == 0;
}

static enum simauth_card_status soft_run(struct sim *sim, const struct simauth_challenge *challenge,
                                         struct simauth_card_answer *answer)
{
    struct simauth_milenage_vector v;
    uint64_t sqn = 0;

    memset(answer, 0, sizeof *answer);
    answer->status = SIMAUTH_CARD_FAILED;
    *sim->error = '\0';
    if (!fits(sim, challenge))
        return answer->status;
    if (!challenge->has_autn)
        return answer->status = run_2g(sim, challenge, answer);
    answer->status = check_autn(sim, challenge, &v, &sqn);
    if (answer->status == SIMAUTH_CARD_GOOD && lock(sim->file.fd)) {
        answer->status = settle(sim, challenge, &v, sqn, answer);
        flock(sim->file.fd, LOCK_UN);
    } else if (answer->status == SIMAUTH_CARD_GOOD) {
        answer->status = SIMAUTH_CARD_FAILED;
        snprintf(sim->error, sizeof sim->error,
                 "Another program holds the soft SIM %s: end it, and try again.",
                 utf8_last(sim->window_path, SHOWN_MAX));
    }
    OPENSSL_cleanse(&v, sizeof v);
    return answer->status;
}

static const char *soft_why(const struct sim *sim)
{
    return sim->error;
}

const struct sim_backend sim_backend_soft = {
    .instant = true,
    .open = soft_open,
    .identity = soft_identity,
    .run = soft_run,
    .close = soft_close,
    .why = soft_why,
};
