/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "checksum.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reflected */

typedef uint32_t update(uint32_t crc, const uint8_t *octets, size_t len);

/* -- tables: eight octets a step --------------------------------------------------------------- */

static uint32_t table[8][256];

static void make_table(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
        table[0][i] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t i = 0; i < 256; i++)
            table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

static uint64_t get(const uint8_t *octets)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | octets[i];
    return value;
}

static uint32_t by_table(uint32_t crc, const uint8_t *octets, size_t len)
{
    for (; len >= 8; octets += 8, len -= 8) {
        uint64_t eight = get(octets) ^ crc;

        crc = table[7][eight & 0xff] ^ table[6][eight >> 8 & 0xff] ^ table[5][eight >> 16 & 0xff] ^
              table[4][eight >> 24 & 0xff] ^ table[3][eight >> 32 & 0xff] ^
              table[2][eight >> 40 & 0xff] ^ table[1][eight >> 48 & 0xff] ^ table[0][eight >> 56];
    }
    while (len--)
        crc = crc >> 8 ^ table[0][(crc ^ *octets++) & 0xff];
    return crc;
}

/* -- the instruction --------------------------------------------------------------------------- */

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc,
                                                                 const uint8_t *octets, size_t len)
{
    uint64_t wide = crc, eight;

    for (; len >= 8; octets += 8, len -= 8) {
        memcpy(&eight, octets, 8);
        wide = __builtin_ia32_crc32di(wide, eight);
    }
    crc = (uint32_t)wide;
    while (len--)
        crc = __builtin_ia32_crc32qi(crc, *octets++);
    return crc;
}

static bool has_instruction(void)
{
    return __builtin_cpu_supports("sse4.2");
}

#elif defined(__aarch64__) && defined(__linux__) && !defined(__AARCH64EB__)

#include <sys/auxv.h>

#define HWCAP_CRC32_BIT (1 << 7) /* asm/hwcap.h: HWCAP_CRC32 */

__attribute__((target("+crc"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *octets,
                                                               size_t len)
{
    uint64_t eight;

    for (; len >= 8; octets += 8, len -= 8) {
        memcpy(&eight, octets, 8);
        crc = __builtin_aarch64_crc32cx(crc, eight);
    }
    while (len--)
        crc = __builtin_aarch64_crc32cb(crc, *octets++);
    return crc;
}

static bool has_instruction(void)
{
    return getauxval(AT_HWCAP) & HWCAP_CRC32_BIT;
}

#else

#define by_instruction by_table

static bool has_instruction(void)
{
    return false;
}

#endif

/* ------------------------------------------------------------------------------------------------
 */

static update *fastest;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    make_table();
    fastest = has_instruction() ? by_instruction : by_table;
}

uint32_t checksum(uint32_t crc, const uint8_t *octets, size_t len)
{
    pthread_once(&once, choose);
    return ~fastest(~crc, octets, len);
}

uint32_t checksum_by_table(uint32_t crc, const uint8_t *octets, size_t len)
{
    pthread_once(&once, choose);
    return ~by_table(~crc, octets, len);
}
