/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an HLR answers over GSUP, in hexadecimal (any other character counts as its low four bits);
 * in a first character whether an AUTS was sent. */
#include "fuzz.h"

#include "../../gateway/auc/gsup.c"

/* libosmocore's own, for its life. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libtalloc\n";
}

static unsigned done;

static void on_done(struct auc_fetch *fetch)
{
    done++;
    MUST((fetch->result == AUC_OK) == (fetch->reason == NULL));
    MUST(fetch->result != AUC_OK || (fetch->vector.k.len == 32 && fetch->vector.res.len >= 4 &&
                                     !(fetch->vector.autn[6] & 0x80)));
}

static uint8_t nibble(uint8_t c)
{
    return (uint8_t)((c >= 'a' && c <= 'f' ? c - 'a' + 10 : c) & 0x0f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct log_info no_categories = {0};
    static bool ready;
    struct auc_fetch fetch = {.imsi = "001010000000001", .done = on_done};
    struct gsup gsup = {.count = 1};
    struct link *link = &gsup.links[0];
    struct osmo_gsup_client client = {.data = link};
    struct msgb *message;
    struct job *job;

    if (!ready) {
        osmo_ctx_init("fuzz");
        log_init(&no_categories, NULL);
        ready = true;
    }
    if (size < 1 || size > 2000)
        return 0;
    fetch.has_auts = data[0] & 1;
    link->gsup = &gsup;
    job = g_new0(struct job, 1);
    *job = (struct job){.fetch = &fetch, .link = link};
    g_queue_push_tail(&link->pending, job);
    message = msgb_alloc(2048, "fuzz");
    message->l2h = message->data;
    for (size_t i = 1; i + 1 < size; i += 2)
        msgb_put_u8(message, (uint8_t)(nibble(data[i]) << 4 | nibble(data[i + 1])));
    done = 0;
    on_message(&client, message);
    MUST(done == 1 - g_queue_get_length(&link->pending));
    drop_pending(link, "over");
    MUST(done == 1);
    return 0;
}
