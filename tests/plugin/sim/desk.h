/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test of the SIM needs: a folder, a SIM's file in it, and the operator's side of it
 * from libosmogsm, which shares no code with ours. */
#ifndef SIMAUTH_TESTS_DESK_H
#define SIMAUTH_TESTS_DESK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <osmocom/crypt/auth.h>
#include <sim.h>

#define DESK_IMSI "001017890123456"
#define DESK_K "465b5ce8b199b49faa5f0a2ee238a6bc" /* TS 35.208, test set 1 */
#define DESK_OPC "cd63cb71954a9f4e48a5994e37a02baf"
#define DESK_JSON "{\"imsi\":\"" DESK_IMSI "\",\"k\":\"" DESK_K "\",\"opc\":\"" DESK_OPC "\"}"

struct desk {
    char folder[64];
    char path[96];                      /* the SIM's file */
    char sqn_path[96];                  /* its sequence numbers */
    struct osmo_sub_auth_data operator; /* the operator's record of it */
};

int desk_setup(void **state); /* a struct desk; the SIM's file is there with mode 0600 */
int desk_teardown(void **state);
void desk_write(const char *path, const char *text, unsigned mode);
struct sim *desk_open(const struct desk *desk); /* the test fails when it does not open */
/* The next challenge of the operator with this IND; *vector is what the SIM should say. */
void desk_challenge(struct desk *desk, unsigned ind, struct simauth_challenge *challenge,
                    struct osmo_auth_vector *vector);
void desk_to_challenge(const struct osmo_auth_vector *vector, struct simauth_challenge *challenge);
/* Runs it and wipes the answer. */
enum simauth_card_status desk_run(struct sim *sim, const struct simauth_challenge *challenge);
extern const struct sim_backend *desk_backend;

#endif
