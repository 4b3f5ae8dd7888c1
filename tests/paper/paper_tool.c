/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One side of the paper's exchange on standard input and output, with a SIM: paper_tool SIM RAND
 * SRES, where SIM is as in the setting `sim`, and RAND and SRES are the other side's triplet, in
 * hexadecimal. Lines in: "call", "called TAG", "answered TAG", "confirmed BRANCH". Lines out:
 * "element TEXT", "done", or "closed WHY".
 */
#include "paper.h"

#include <sim.h>
#include <stdio.h>
#include <string.h>

static const struct sim_backend *backend;
static struct sim *sim;

static bool read_hex(const char *text, uint8_t *octets, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (sscanf(text + 2 * i, "%2hhx", &octets[i]) != 1)
            return false;
    return strlen(text) == 2 * len;
}

/* The SIM answers whatever RAND it is given: that is the paper's. */
static bool run(const uint8_t *rand, uint8_t sres[static SIMAUTH_SRES_LEN])
{
    struct simauth_challenge c = {.method = &paper_method, .rand_len = SIMAUTH_RAND_LEN};
    struct simauth_card_answer answer;
    bool good;

    memcpy(c.rand, rand, SIMAUTH_RAND_LEN);
    good =
        backend->run(sim, &c, &answer) == SIMAUTH_CARD_GOOD && answer.res.len == SIMAUTH_SRES_LEN;
    if (good)
        memcpy(sres, answer.res.octets, SIMAUTH_SRES_LEN);
    simauth_card_answer_wipe(&answer);
    return good;
}

static void say(const char *what, const char *text)
{
    printf("%s%s%s\n", what, *text ? " " : "", text);
    fflush(stdout);
}

static void step(struct paper *p, const struct paper_triplet *peer, const char *verb,
                 const char *element)
{
    uint8_t rand[SIMAUTH_RAND_LEN], sres[SIMAUTH_SRES_LEN];
    char text[PAPER_TEXT_MAX] = "";
    enum simauth_result result = SIMAUTH_OK;

    if (strcmp(verb, "call") == 0) {
        paper_call(p, peer, text);
    } else if (strcmp(verb, "called") == 0) {
        *p = (struct paper){0};
        result = paper_called(p, element, rand);
        if (result == SIMAUTH_OK && run(rand, sres))
            paper_answer(p, peer, sres, text);
    } else if (strcmp(verb, "answered") == 0) {
        result = paper_answered(p, element, rand);
        if (result == SIMAUTH_OK && run(rand, sres))
            paper_confirm(p, sres, text);
    } else {
        result = paper_confirmed(p, element);
    }
    if (result != SIMAUTH_OK)
        say("closed", result == SIMAUTH_WRONG ? "wrong" : "malformed");
    else if (*text)
        say("element", text);
    else
        say(p->state == PAPER_DONE ? "done" : "closed", "");
}

int main(int argc, char **argv)
{
    struct paper_triplet peer;
    struct paper paper = {0};
    enum simauth_card_status status;
    char line[256], verb[16], element[200], error[SIM_ERROR_MAX];
    const char *where;

    if (argc != 4 || !read_hex(argv[2], peer.rand, sizeof peer.rand) ||
        !read_hex(argv[3], peer.sres, sizeof peer.sres) ||
        !(backend = sim_backend_for(argv[1], &where)))
        return 2;
    sim = backend->open(where, NULL, &status, error);
    if (!sim) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        *element = '\0';
        if (sscanf(line, "%15s %199s", verb, element) >= 1)
            step(&paper, &peer, verb, element);
    }
    backend->close(sim);
    return 0;
}
