/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of parameters that every Digest header is: read into a checked table, written without a
 * way to inject. */
#ifndef SIMAUTH_LIB_DIGEST_PARAMS_H
#define SIMAUTH_LIB_DIGEST_PARAMS_H

#include "simauth/digest.h"

/* Each parameter that we know; the others are skipped, but may not be doubled either. */
enum param {
    PARAM_ALGORITHM,
    PARAM_AUTS,
    PARAM_CNONCE,
    PARAM_NC,
    PARAM_NEXTNONCE,
    PARAM_NONCE,
    PARAM_OPAQUE,
    PARAM_QOP,
    PARAM_REALM,
    PARAM_RESPONSE,
    PARAM_RSPAUTH,
    PARAM_STALE,
    PARAM_URI,
    PARAM_USERNAME,
    PARAM_COUNT
};
struct params {
    bool has[PARAM_COUNT];
    char value[PARAM_COUNT][SIMAUTH_DIGEST_TEXT_MAX + 1]; /* unescaped */
};

/* Reads "name=value, ..."; `scheme` ("digest") must stand before it unless NULL. SIMAUTH_MALFORMED:
 * syntax, a doubled parameter, a control character; SIMAUTH_TOO_LONG: the header, a value, or more
 * than 32 parameters. */
enum simauth_result params_read(const char *header, size_t len, const char *scheme,
                                struct params *params);

/* Appends `name="value"` or `name=value` to a header of SIMAUTH_DIGEST_HEADER_MAX. */
struct writer {
    char *header;
    size_t len;
    bool first;
    enum simauth_result result; /* the first failure stays */
};
void writer_begin(struct writer *writer, char *header, const char *scheme);
void writer_quoted(struct writer *writer, const char *name, const char *value);
void writer_bare(struct writer *writer, const char *name, const char *value);
/* *header is "" after a failure. */
enum simauth_result writer_end(struct writer *writer);

#endif
