/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Software SIMs: the file that a phone has, and the code that a person types once to get it
 * (docs/protocol.md section 6.2). */
#ifndef SIMAUTH_GATEWAY_SOFT_SIM_H
#define SIMAUTH_GATEWAY_SOFT_SIM_H

#include "config.h"

/* IMSIs of SIMs that are no card: the test network 999 99, which no operator has. */
#define SOFT_SIM_NETWORK "99999"
/* GATEWAY/XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-X */
#define SOFT_SIM_CODE_MAX (SIMAUTH_REALM_MAX + 64)

/* Whether a software SIM can be one with these keys: Milenage, or a 2G SIM with anything but TUAK.
 */
bool soft_sim_can(const struct store_keys *keys);
/* The file's text: holds K and OPc, so soft_sim_text_free() it. NULL: no memory, or keys that a
 * software SIM cannot have. */
char *soft_sim_text(const struct config *config, const struct store_subscriber *subscriber,
                    const char *aor);
void soft_sim_text_free(char *text);
void soft_sim_code_text(const struct config *config, const struct store_code *code,
                        char text[static SOFT_SIM_CODE_MAX]);
/* Whether `proof` shows that the asker has the code. */
bool soft_sim_code_right(const struct store_code *code, const uint8_t proof[static 32]);
/* `text` sealed for whoever has the code: base64url, g_free() it; NULL: no random octets. */
char *soft_sim_seal(const struct store_code *code, const char *text);

#endif
