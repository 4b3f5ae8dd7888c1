/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vectors that tests/checker/vectors computed. */
#ifndef SIMAUTH_TESTING_VECTORS_H
#define SIMAUTH_TESTING_VECTORS_H

#include "simauth/keys.h"
#include "testing.h"
#include <jansson.h>

static inline json_t *load_vectors(const char *topic)
{
    char path[512];
    json_error_t error;
    json_t *vectors;

    snprintf(path, sizeof path, "%s/%s.json", VECTORS_DIR, topic);
    vectors = json_load_file(path, 0, &error);
    if (vectors == NULL)
        fail_msg("%s: %s", path, error.text);
    return vectors;
}

static inline const char *text_of(const json_t *vectors, const char *name)
{
    const char *text = json_string_value(json_object_get(vectors, name));

    if (text == NULL)
        fail_msg("no \"%s\" in the vectors", name);
    return text;
}

/* The octets of a hexadecimal member; `len` of them must be there. */
static inline void octets_of(const json_t *vectors, const char *name, void *octets, size_t len)
{
    assert_int_equal(from_hex(text_of(vectors, name), octets, len), len);
}

static inline struct simauth_secret secret_of(const json_t *vectors, const char *name)
{
    struct simauth_secret secret = {0};

    secret.len = (uint8_t)from_hex(text_of(vectors, name), secret.octets, sizeof secret.octets);
    return secret;
}

static inline void assert_octets(const json_t *vectors, const char *name, const void *octets,
                                 size_t len)
{
    static uint8_t right[65536];

    assert_int_equal(from_hex(text_of(vectors, name), right, sizeof right), len);
    assert_memory_equal(octets, right, len);
}

static inline struct simauth_names names_of(const json_t *vectors)
{
    return (struct simauth_names){text_of(vectors, "aor_a"), text_of(vectors, "aor_b"),
                                  text_of(vectors, "nai_a"), text_of(vectors, "nai_b")};
}

#endif
