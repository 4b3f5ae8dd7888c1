/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys_file.h"

#include <errno.h>
#include <glib.h>
#include <openssl/crypto.h>
#include <simauth/milenage.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    bool k, op, top;
    int constants; /* bits 0 to 4: c, 5 to 9: r */
};

static bool read_constant(struct store_keys *keys, struct seen *seen, const char *name,
                          const char *value)
{
    int index = name[1] - '1';
    char *end;
    long bits;

    if (strlen(name) != 2 || index < 0 || index > 4)
        return false;
    if (name[0] == 'c') {
        seen->constants |= 1 << index;
        return ctl_hex(value, keys->c[index], 16);
    }
    seen->constants |= 32 << index;
    bits = strtol(value, &end, 10);
    keys->r[index] = (uint8_t)bits;
    return value[0] && !*end && bits >= 0 && bits <= 127;
}

/* 128 bits, or with TUAK 256. */
static bool read_k(struct store_keys *keys, const char *value)
{
    uint8_t k[32];
    bool good = true;

    keys->k_256 = ctl_hex(value, k, 32);
    if (keys->k_256) {
        memcpy(keys->k, k, 16);
        memcpy(keys->k_more, k + 16, 16);
    } else {
        good = ctl_hex(value, keys->k, 16);
    }
    OPENSSL_cleanse(k, sizeof k);
    return good;
}

static bool read_iterations(struct store_keys *keys, const char *value)
{
    char *end;
    long times = strtol(value, &end, 10);

    keys->iterations = (uint8_t)times;
    return value[0] && !*end && times >= 1 && times <= 255;
}

static bool read_line(struct store_keys *keys, struct seen *seen, char *line)
{
    char *value = strchr(line, '=');

    if (!value)
        return false;
    *value++ = '\0';
    g_strstrip(line);
    g_strstrip(value);
    if (strcmp(line, "k") == 0)
        return seen->k = read_k(keys, value);
    if (strcmp(line, "topc") == 0 || strcmp(line, "top") == 0) {
        bool twice = seen->top || seen->op;

        keys->tuak = true;
        keys->op_is_opc = strcmp(line, "topc") == 0;
        seen->top = ctl_hex(value, keys->top, 32);
        return seen->top && !twice;
    }
    if (strcmp(line, "keccak") == 0)
        return read_iterations(keys, value);
    if (strcmp(line, "opc") == 0 || strcmp(line, "op") == 0) {
        bool twice = seen->op || seen->top;

        keys->op_is_opc = strcmp(line, "opc") == 0;
        seen->op = ctl_hex(value, keys->op, 16);
        return seen->op && !twice;
    }
    if (strcmp(line, "method") == 0) {
        keys->akap = strcmp(value, "akap") == 0;
        return keys->akap || strcmp(value, "aka") == 0;
    }
    if (strcmp(line, "amf") == 0)
        return ctl_hex(value, keys->amf, 2) && !(keys->amf[0] & 0x80);
    return (line[0] == 'c' || line[0] == 'r') && read_constant(keys, seen, line, value);
}

/* COMP128 and XOR have K and nothing else. */
static int check_bare(const char *path, const struct store_keys *keys, const struct seen *seen)
{
    if (seen->k && !keys->k_256 && !seen->op && !seen->top && seen->constants == 0 &&
        !keys->iterations)
        return 0;
    return ctl_fail("%s: this algorithm needs k= of 32 digits, and no op, opc, top, topc, c, r or "
                    "keccak",
                    path);
}

static int check(const char *path, struct store_keys *keys, const struct seen *seen)
{
    struct simauth_milenage m;
    enum simauth_result result = SIMAUTH_OK;

    if (keys->gsm && keys->akap)
        return ctl_fail("%s: method=akap is for a USIM; a 2G SIM's calls use gsm", path);
    if (keys->algorithm != STORE_MILENAGE)
        return check_bare(path, keys, seen);
    if (keys->tuak && seen->k && seen->top && seen->constants == 0) {
        keys->iterations = keys->iterations ? keys->iterations : 1;
        return 0;
    }
    if (keys->tuak)
        return ctl_fail("%s: TUAK needs k=, and topc= or top= of 64 digits, and no c or r", path);
    if (keys->k_256 || keys->iterations)
        return ctl_fail("%s: a k= of 64 digits and keccak= are for TUAK: topc= or top=", path);
    if (!seen->k || !seen->op)
        return ctl_fail("%s: needs k=, and opc= or op=, of 32 hexadecimal digits", path);
    if (store_keys_elsewhere(keys))
        return ctl_fail("%s: K and OP of zeros are nobody's keys", path);
    if (seen->constants != 0 && seen->constants != 1023)
        return ctl_fail("%s: c1 to c5 and r1 to r5 go together", path);
    keys->has_constants = seen->constants != 0;
    if (keys->has_constants) {
        result =
            simauth_milenage_init_custom(&m, keys->k, keys->op, keys->op_is_opc, keys->c, keys->r);
        simauth_milenage_wipe(&m);
    }
    return result == SIMAUTH_OK
               ? 0
               : ctl_fail("%s: two pairs of c and r are equal (TS 35.206, 5.3)", path);
}

int keys_file_read(const char *path, struct store_subscriber *s)
{
    struct seen seen = {0};
    char line[256];
    int number = 0, result = 0;
    FILE *file;

    if (!path)
        return ctl_fail("--keys FILE is missing (- for standard input)");
    file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file)
        return ctl_fail("%s: %s", path, g_strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); /* no buffer keeps the keys */
    while (result == 0 && fgets(line, sizeof line, file)) {
        number++;
        g_strstrip(line);
        if (line[0] && line[0] != '#' && !read_line(&s->keys, &seen, line))
            result = ctl_fail("%s line %d: not one of k, opc, op, topc, top, keccak, amf, method, "
                              "c1..c5, r1..r5 with its value",
                              path, number);
    }
    OPENSSL_cleanse(line, sizeof line);
    if (file != stdin)
        fclose(file);
    return result == 0 ? check(path, &s->keys, &seen) : result;
}

/* -- a password instead ------------------------------------------------------------------------ */

#define PASSWORD_MIN 8

static int take_password(const char *path, struct store_subscriber *s, const char *password)
{
    struct simauth_secret ha1;
    const char *realm = strrchr(s->impi, '@') + 1;

    if (strlen(password) < PASSWORD_MIN)
        return ctl_fail("%s: a password has at least %d characters: whoever guesses it is this "
                        "subscriber",
                        path, PASSWORD_MIN);
    if (simauth_gba_digest_ha1(s->impi, realm, password, strlen(password), &ha1) != SIMAUTH_OK)
        return ctl_fail("the password could not be hashed");
    memcpy(s->keys.ha1, ha1.octets, sizeof s->keys.ha1);
    simauth_secret_wipe(&ha1);
    return 0;
}

int password_file_read(const char *path, struct store_subscriber *s)
{
    FILE *file = path && strcmp(path, "-") != 0 ? fopen(path, "r") : stdin;
    char line[512];
    int result = 1;

    if (!path)
        return ctl_fail("--keys FILE is missing (- for standard input), with a line password= or "
                        "ha1=");
    if (!file)
        return ctl_fail("%s: %s", path, g_strerror(errno));
    setvbuf(file, NULL, _IONBF, 0); /* no buffer keeps the password */
    if (!fgets(line, sizeof line, file))
        line[0] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (strncmp(line, "password=", 9) == 0)
        result = take_password(path, s, line + 9);
    else if (strncmp(line, "ha1=", 4) == 0 && ctl_hex(line + 4, s->keys.ha1, sizeof s->keys.ha1))
        result = 0;
    else
        ctl_fail("%s: its first line is neither password=... nor ha1= with 64 hexadecimal digits",
                 path);
    OPENSSL_cleanse(line, sizeof line);
    if (file != stdin)
        fclose(file);
    return result;
}

/* Countries whose MNCs have three digits (ITU-T E.212); where both exist --mnc-digits says it. */
static const short three_digit_mccs[] = {302, 310, 311, 312, 313, 314, 315, 316, 334,
                                         338, 342, 344, 346, 348, 350, 352, 354, 356,
                                         358, 360, 365, 366, 376, 708, 722, 732, 750};

int keys_file_mnc_digits(const char *imsi)
{
    int mcc = strlen(imsi) < 3 ? 0 : (imsi[0] - '0') * 100 + (imsi[1] - '0') * 10 + (imsi[2] - '0');

    for (size_t i = 0; i < G_N_ELEMENTS(three_digit_mccs); i++)
        if (three_digit_mccs[i] == mcc)
            return 3;
    return 2;
}
