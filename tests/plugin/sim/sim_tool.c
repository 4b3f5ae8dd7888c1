/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A back end under the hands of a test: reads lines, answers each with one. The cards behind it are
 * tests' own, so RES and K are printed.
 *   open SETTING [PIN-SETTING]   identity   run aka|gsm RAND [AUTN]   again   close   readers
 */
#include <pin_source.h>
#include <readers.h>
#include <sim.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {"good", "resync", "refused", "absent", "locked", "failed"};

static const struct sim_backend *backend;
static struct sim *sim;
static struct sim_pin_source *pin;

static size_t unhex(const char *text, uint8_t *octets, size_t room)
{
    size_t n = 0;
    unsigned value;

    for (; n < room && sscanf(text + 2 * n, "%2x", &value) == 1; n++)
        octets[n] = (uint8_t)value;
    return n;
}

static void hex(const char *name, const uint8_t *octets, size_t len)
{
    printf(" %s=", name);
    for (size_t i = 0; i < len; i++)
        printf("%02x", octets[i]);
}

static void do_open(const char *setting, const char *pin_setting)
{
    enum simauth_card_status status = SIMAUTH_CARD_FAILED;
    char error[SIM_ERROR_MAX] = "";
    const char *where;

    backend = sim_backend_for(setting, &where);
    if (!backend) {
        printf("unknown");
        return;
    }
    if (!pin || pin_setting) {
        pin_source_free(pin);
        pin = pin_source_new(pin_setting ? pin_setting : "none");
    }
    sim = backend->open(where, pin, &status, error);
    printf("%s %s", names[status], error);
}

static void do_run(const char *method, const char *rand, const char *autn)
{
    struct simauth_challenge challenge = {0};
    struct simauth_card_answer answer = {0};

    challenge.method = simauth_method_find(method, strlen(method));
    challenge.rand_len = (uint8_t)unhex(rand, challenge.rand, sizeof challenge.rand);
    challenge.has_autn = autn && unhex(autn, challenge.autn, 16) == 16;
    printf("%s", names[backend->run(sim, &challenge, &answer)]);
    hex("res", answer.res.octets, answer.res.len);
    hex("k", answer.k.octets, answer.k.len);
    if (answer.status == SIMAUTH_CARD_RESYNC)
        hex("auts", answer.auts, sizeof answer.auts);
    printf(" %s", backend->why(sim));
    simauth_card_answer_wipe(&answer);
}

static void do_identity(void)
{
    struct sim_identity identity;

    backend->identity(sim, &identity);
    printf("%s %d %s", identity.imsi, identity.mnc_len, identity.impi);
}

static void do_readers(void)
{
    struct sim_reader list[SIM_READERS_MAX];
    char error[SIM_ERROR_MAX];

    printf("%zu %s", sim_readers(list, error), error);
}

static void obey(char *line)
{
    char *word = strtok(line, "\t"), *first = strtok(NULL, "\t"), *second = strtok(NULL, "\t");
    char *third = strtok(NULL, "\t");

    if (strcmp(word, "open") == 0) {
        do_open(first, second);
    } else if (strcmp(word, "readers") == 0) {
        do_readers();
    } else if (strcmp(word, "again") == 0) {
        pin_source_again(pin);
    } else if (strcmp(word, "close") == 0 && backend) {
        backend->close(sim);
        sim = NULL;
    } else if (!sim) {
        printf("closed");
    } else if (strcmp(word, "identity") == 0) {
        do_identity();
    } else if (strcmp(word, "run") == 0) {
        do_run(first, second, third);
    }
}

static long ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(void)
{
    char line[512];

    while (fgets(line, sizeof line, stdin)) {
        long start = ms();

        line[strcspn(line, "\n")] = '\0';
        printf("| ");
        obey(line);
        printf(" | %ld\n", ms() - start);
        fflush(stdout);
    }
    if (sim)
        backend->close(sim);
    pin_source_free(pin);
    return 0;
}
