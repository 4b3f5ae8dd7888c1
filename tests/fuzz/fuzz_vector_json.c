/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON of a vector. What is read is written back equal. */
#include "fuzz.h"
#include "simauth/vector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *object = simauth_json_load((const char *)data, size), *back;
    static const uint8_t key[32] = {9};
    static const struct simauth_seal_pair pair = {.private_key = {.len = 32, .octets = {1}}};
    struct simauth_secret ssk;
    struct simauth_octets text = {0};
    struct simauth_vector vector;

    if (object == NULL)
        return 0;
    if (simauth_vector_from_json(object, &vector) == SIMAUTH_OK) {
        MUST(simauth_vector_text(&vector, &text));
        back = simauth_json_load((const char *)text.data, text.len);
        MUST(back != NULL && json_equal(object, back));
        json_decref(back);
        simauth_octets_clear(&text);
        MUST(simauth_unseal(&vector, key, &pair, &ssk) == SIMAUTH_WRONG);
        simauth_vector_clear(&vector);
    }
    json_decref(object);
    return 0;
}
