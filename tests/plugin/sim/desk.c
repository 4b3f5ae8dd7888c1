/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "desk.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <osmocom/core/utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct sim_backend *desk_backend;

int desk_setup(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);
    const char *where;

    desk_backend = sim_backend_for("soft:/somewhere", &where);
    assert_non_null(desk_backend);
    strcpy(desk->folder, "/tmp/simauth-sim-XXXXXX");
    assert_non_null(mkdtemp(desk->folder));
    snprintf(desk->path, sizeof desk->path, "%s/sim.json", desk->folder);
    snprintf(desk->sqn_path, sizeof desk->sqn_path, "%s/sim.json.sqn", desk->folder);
    desk_write(desk->path, DESK_JSON, 0600);
    desk->operator.type = OSMO_AUTH_TYPE_UMTS;
    desk->operator.algo = OSMO_AUTH_ALG_MILENAGE;
    osmo_hexparse(DESK_K, desk->operator.u.umts.k, 16);
    osmo_hexparse(DESK_OPC, desk->operator.u.umts.opc, 16);
    desk->operator.u.umts.amf[0] = 0x80;
    desk->operator.u.umts.ind_bitlen = 5;
    *state = desk;
    return 0;
}

int desk_teardown(void **state)
{
    struct desk *desk = *state;
    char path[128];

    unlink(desk->path);
    unlink(desk->sqn_path);
    snprintf(path, sizeof path, "%s.new", desk->sqn_path);
    unlink(path);
    snprintf(path, sizeof path, "%s/other", desk->folder);
    unlink(path);
    assert_int_equal(rmdir(desk->folder), 0);
    free(desk);
    return 0;
}

void desk_write(const char *path, const char *text, unsigned mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

struct sim *desk_open(const struct desk *desk)
{
    char error[SIM_ERROR_MAX] = "";
    enum simauth_card_status status;
    struct sim *sim = desk_backend->open(desk->path, NULL, &status, error);

    if (!sim)
        fail_msg("%s", error);
    assert_int_equal(status, SIMAUTH_CARD_GOOD);
    return sim;
}

void desk_to_challenge(const struct osmo_auth_vector *vector, struct simauth_challenge *challenge)
{
    memset(challenge, 0, sizeof *challenge);
    challenge->method = simauth_method_find("aka", 3);
    challenge->rand_len = SIMAUTH_RAND_LEN;
    challenge->has_autn = true;
    memcpy(challenge->rand, vector->rand, SIMAUTH_RAND_LEN);
    memcpy(challenge->autn, vector->autn, SIMAUTH_AUTN_LEN);
}

void desk_challenge(struct desk *desk, unsigned ind, struct simauth_challenge *challenge,
                    struct osmo_auth_vector *vector)
{
    uint8_t random[SIMAUTH_RAND_LEN];

    memset(vector, 0, sizeof *vector);
    assert_int_equal(RAND_bytes(random, sizeof random), 1);
    desk->operator.u.umts.ind = ind;
    assert_int_equal(osmo_auth_gen_vec(vector, &desk->operator, random), 0);
    desk_to_challenge(vector, challenge);
}

enum simauth_card_status desk_run(struct sim *sim, const struct simauth_challenge *challenge)
{
    struct simauth_card_answer answer;
    enum simauth_card_status status = desk_backend->run(sim, challenge, &answer);

    assert_int_equal(status, answer.status);
    simauth_card_answer_wipe(&answer);
    return status;
}
