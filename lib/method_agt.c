/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* agt: two terminals whose operators gave both a key for a ticket (docs/protocol.md section 8). */
#include "methods.h"

const struct simauth_method simauth_method_agt = {
    .name = "agt",
    .strength = 10,
    .rand_len = SIMAUTH_TICKET_LEN + SIMAUTH_NONCE_LEN,
    .id_len = SIMAUTH_TICKET_LEN,
    .k_len = 32,
};
