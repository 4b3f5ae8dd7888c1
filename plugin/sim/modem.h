/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AT+CSIM (TS 27.007, 8.17), whoever carries it to the modem. */
#ifndef SIMAUTH_PLUGIN_SIM_MODEM_H
#define SIMAUTH_PLUGIN_SIM_MODEM_H

#include "apdu.h"

#define MODEM_COMMAND_MAX (2 * APDU_WIRE_MAX + 32)

/* Writes `+CSIM=LENGTH,"HEX"` for a command of at most APDU_WIRE_MAX octets. */
void modem_write_csim(const uint8_t *command, size_t len, char text[static MODEM_COMMAND_MAX]);
/* Reads `+CSIM: LENGTH,"HEX"`, the quotation marks being left out by some; *reply_len: room, then
 * octets. False: it is anything else. */
bool modem_parse_csim(const char *line, uint8_t *reply, size_t *reply_len);

#endif
