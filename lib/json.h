/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members of JSON objects, taken strictly. */
#ifndef SIMAUTH_LIB_JSON_H
#define SIMAUTH_LIB_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* How many octets at the beginning are printable ASCII that JSON writes as it is. */
size_t json_plain_len(const char *text, size_t len);
/* No control character (C0, DEL, C1) in it. */
bool json_text_good(const char *text, size_t len);
/* Copies the string member `name` of 1 to `max` octets, without control characters, to `text`. */
bool json_take_text(const json_t *object, const char *name, char *text, size_t max);
/* Decodes the b64u member `name` of exactly `len` octets. */
bool json_take_octets(const json_t *object, const char *name, uint8_t *octets, size_t len);
/* An integer from `least` to `most`. */
bool json_take_integer(const json_t *object, const char *name, int64_t least, int64_t most,
                       int64_t *value);
/* JSON of `object` in the form of RFC 8785, malloc'ed by jansson's allocator; json_text_free() it.
 * NULL: no memory. */
char *json_canonical(const json_t *object);
void json_text_free(char *text);

#endif
