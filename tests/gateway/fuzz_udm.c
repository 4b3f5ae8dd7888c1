/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First octet: status and whether AUTS was sent; the rest is what a UDM answers. */
#include "../fuzz/fuzz.h"
#include "auc/udm_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const long statuses[] = {200, 403, 404, 503};
    struct auc_vector vector = {0};
    struct udm_answer answer = {.body = (const char *)data + 1, .len = size - 1};
    const char *reason = NULL;
    enum auc_result result;

    if (size < 1 || size > UDM_ANSWER_MAX)
        return 0;
    answer.status = statuses[data[0] % 4];
    answer.wants_token = data[0] & 8;
    result = udm_read(&answer, data[0] & 4, &vector, &reason);
    MUST((result == AUC_OK) == (reason == NULL));
    MUST((result == AUC_OK) == (vector.k.len == 32));
    MUST(result != AUC_OK || (answer.status == 200 && vector.res.len >= 4 &&
                              vector.res.len <= SIMAUTH_RES_MAX && !(vector.autn[6] & 0x80)));
    auc_vector_wipe(&vector);
    return 0;
}
