/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C (RFC 3720, B.4): by the processor's own instruction where it has one. */
#ifndef SIMAUTH_GATEWAY_CHECKSUM_H
#define SIMAUTH_GATEWAY_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, the checksum of what came before (0: nothing). */
uint32_t checksum(uint32_t crc, const uint8_t *octets, size_t len);
/* The same by tables, for a processor without it. */
uint32_t checksum_by_table(uint32_t crc, const uint8_t *octets, size_t len);

#endif
