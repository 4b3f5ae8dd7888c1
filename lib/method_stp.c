/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stp: two who hold a setup key from an earlier call (docs/protocol.md section 8). Its strength for
 * pins is that of the method the key came from, so it has none of its own. */
#include "methods.h"

const struct simauth_method simauth_method_stp = {
    .name = "stp",
    .strength = 0,
    .rand_len = SIMAUTH_KEYID_LEN + SIMAUTH_NONCE_LEN,
    .id_len = SIMAUTH_KEYID_LEN,
    .k_len = 32,
};
