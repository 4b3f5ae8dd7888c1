/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one loader of JSON that came from somebody else. */
#include "json.h"
#include "simauth/vector.h"
#include <string.h>

#define LEVELS_MAX 16

#define EACH(octet) (UINT64_MAX / 255 * (octet))

/* The highest bit of each octet that is zero, where none is above 0x7f. */
static uint64_t zeros(uint64_t eight)
{
    return (eight - EACH(1)) & ~eight & EACH(0x80);
}

size_t json_plain_len(const char *text, size_t len)
{
    size_t i = 0;

    for (uint64_t eight; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        if (eight & EACH(0x80) || (eight - EACH(0x20)) & EACH(0x80) || zeros(eight ^ EACH(0x7f)) ||
            zeros(eight ^ EACH('"')) || zeros(eight ^ EACH('\\')))
            break;
    }
    while (i < len && text[i] >= ' ' && text[i] < 0x7f && text[i] != '"' && text[i] != '\\')
        i++;
    return i;
}

/* C1 is what UTF-8 writes C2 80 to C2 9F. */
bool json_text_good(const char *text, size_t len)
{
    const uint8_t *octets = (const uint8_t *)text;

    for (size_t i = json_plain_len(text, len); i < len; i++) {
        if (octets[i] < ' ' || octets[i] == 0x7f)
            return false;
        if (octets[i] == 0xc2 && i + 1 < len && octets[i + 1] < 0xa0)
            return false;
    }
    return true;
}

static bool value_good(json_t *value, unsigned levels);

static bool members_good(json_t *object, unsigned levels)
{
    const char *name;
    json_t *value;

    json_object_foreach(object, name, value)
    {
        if (!json_text_good(name, strlen(name)) || !value_good(value, levels))
            return false;
    }
    return true;
}

static bool value_good(json_t *value, unsigned levels)
{
    if (json_is_string(value))
        return json_text_good(json_string_value(value), json_string_length(value));
    if (!json_is_object(value) && !json_is_array(value))
        return true;
    if (levels == 0)
        return false;
    if (json_is_object(value))
        return members_good(value, levels - 1);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (!value_good(json_array_get(value, i), levels - 1))
            return false;
    }
    return true;
}

json_t *simauth_json_load(const char *text, size_t len)
{
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_object(object) || !value_good(object, LEVELS_MAX)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

bool simauth_json_only(const json_t *object, const char *const *names)
{
    json_t *writable = (json_t *)object; /* jansson's iterators are older than const */
    const char *name;
    json_t *value;

    if (!json_is_object(object))
        return false;
    json_object_foreach(writable, name, value)
    {
        const char *const *known = names;
        while (*known != NULL && strcmp(*known, name) != 0)
            known++;
        if (*known == NULL)
            return false;
    }
    return true;
}

bool json_take_text(const json_t *object, const char *name, char *text, size_t max)
{
    const json_t *member = json_object_get(object, name);
    size_t len;

    if (!json_is_string(member))
        return false;
    len = json_string_length(member);
    if (len == 0 || len > max || !json_text_good(json_string_value(member), len))
        return false;
    memcpy(text, json_string_value(member), len);
    text[len] = '\0';
    return true;
}

bool json_take_octets(const json_t *object, const char *name, uint8_t *octets, size_t len)
{
    const json_t *member = json_object_get(object, name);

    return json_is_string(member) &&
           simauth_b64u_decode(json_string_value(member), json_string_length(member), octets,
                               len) == SIMAUTH_OK;
}

bool json_take_integer(const json_t *object, const char *name, int64_t least, int64_t most,
                       int64_t *value)
{
    const json_t *member = json_object_get(object, name);

    if (!json_is_integer(member))
        return false;
    *value = json_integer_value(member);
    return *value >= least && *value <= most;
}

/*
 * RFC 8785 orders members by UTF-16 code units, writes no blanks, escapes only what must be, and
 * writes numbers as ECMAScript does. Our objects have ASCII names (so jansson's strcmp() order is
 * the same), strings without control characters (so only \" and \\ are escaped, by both) and
 * integers below 2^53 (so "%lld" is the same): jansson's compact sorted form is RFC 8785 for them,
 * and for them alone.
 */
char *json_canonical(const json_t *object)
{
    return json_dumps(object, JSON_SORT_KEYS | JSON_COMPACT);
}

void json_text_free(char *text)
{
    json_free_t release;

    json_get_alloc_funcs(NULL, &release);
    release(text);
}
