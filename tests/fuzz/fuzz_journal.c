/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A gateway's journal as a disk gives it back. The first letter says what the input is:
 *   f  a file behind a header that is right
 *   w  a whole file
 *   o  operations of calls, in hexadecimal: what stands in a frame whose checksum is right
 *   t  frames that were written right, one a line (":" and text, "!" an end), of which octets are
 *      then turned round: "~AT" a line
 * Nothing that is damaged is handed on; what memory takes can be asked for, sealed anew and swept.
 */
#include "file.h"

#include "../../gateway/store/calls/calls_code.h"
#include "../../gateway/store/journal/journal_read.h"

#include <glib.h>
#include <sys/stat.h>

#define SIZE 4096

static const uint8_t name[JOURNAL_NAME_LEN] = "fuzz";

/* -- files ------------------------------------------------------------------------------------- */

static uint64_t frames, last;

static int on_frame(const struct journal_frame *frame, uint64_t number, void *data)
{
    uint32_t sum = 0;

    (void)data;
    MUST(number == 1 && frame->seq > last && frame->kind >= JOURNAL_CALLS);
    for (size_t i = 0; i < frame->len; i++) /* all of it can be read */
        sum += frame->data[i];
    MUST(sum <= 255 * frame->len);
    last = frame->seq;
    frames++;
    return 0;
}

static enum store_result scan(const uint8_t *octets, size_t len, uint64_t *to)
{
    char error[STORE_ERROR_MAX] = "";
    enum store_result result;

    MUST(chmod(fuzz_folder(), 0700) == 0);
    fuzz_file("0000000000000001", octets, len);
    frames = last = 0;
    *to = 0;
    result = journal_read(fuzz_folder(), name, on_frame, NULL, to, error);
    MUST((result == STORE_OK) == !error[0] && *to == last);
    return result;
}

static void file(const uint8_t *data, size_t size)
{
    uint8_t *octets = malloc(JOURNAL_HEADER_LEN + size);
    uint64_t to;

    MUST(octets != NULL);
    journal_header(octets, 1, name);
    memcpy(octets + JOURNAL_HEADER_LEN, data, size);
    (void)scan(octets, JOURNAL_HEADER_LEN + size, &to);
    free(octets);
}

/* -- frames that were written, and then not so ------------------------------------------------- */

struct made {
    uint8_t octets[SIZE];
    size_t used;
    uint64_t seq;
    bool end, turned;
};

static void add_frame(struct made *m, enum journal_kind kind, const char *text)
{
    struct journal_frame frame = {.seq = m->seq + 1,
                                  .durable = m->seq,
                                  .time = 1,
                                  .kind = kind,
                                  .data = (const uint8_t *)text,
                                  .len = strlen(text)};

    if (m->end || m->turned || m->used + journal_frame_size(frame.len) > SIZE)
        return;
    journal_frame_head(m->octets + m->used, 1, &frame);
    memcpy(m->octets + m->used + JOURNAL_FRAME_LEN, text, frame.len);
    m->used += journal_frame_size(frame.len);
    m->seq++;
    m->end = kind == JOURNAL_END;
}

static void turned_frames(char *text)
{
    struct made m = {.used = JOURNAL_HEADER_LEN};
    char *rest;
    uint64_t to;

    journal_header(m.octets, 1, name);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        size_t at = strtoul(line + 1, NULL, 10);

        if (line[0] == ':')
            add_frame(&m, JOURNAL_CALLS, line + 1);
        else if (line[0] == '!')
            add_frame(&m, JOURNAL_END, "");
        else if (line[0] == '~' && at < SIZE) {
            m.octets[at] ^= 0xff;
            m.turned = true;
        }
    }
    (void)scan(m.octets, SIZE, &to);
    if (!m.turned && m.seq > 0)
        MUST(to == m.seq && frames == m.seq);
    MUST(to <= m.seq);
}

/* -- operations -------------------------------------------------------------------------------- */

static const uint8_t *content; /* of the one frame that there is */
static size_t content_len;
#define CONTENT_AT 104

/* In the journal's place: what is asked for lies within what was written. */
enum store_result __wrap_journal_fetch(struct journal *journal, const struct journal_place *place,
                                       void *octets, size_t len);
enum store_result __wrap_journal_fetch(struct journal *journal, const struct journal_place *place,
                                       void *octets, size_t len)
{
    (void)journal;
    MUST(place->number == 1 && place->at >= CONTENT_AT);
    MUST(place->at - CONTENT_AT <= content_len && len <= content_len - (place->at - CONTENT_AT));
    if (len > 0)
        memcpy(octets, content + (place->at - CONTENT_AT), len);
    return STORE_OK;
}

/* Whatever its octets say: each vector by what it is found by. */
static void ask_for_all(struct calls *calls)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, calls->by_rand);
    while (g_hash_table_iter_next(&iter, &value, NULL)) {
        const struct calls_vector *v = value;
        struct store_vector found;

        memset(&found, 0, sizeof found);
        (void)calls_vector_by_rand(calls, (enum store_vector_role)v->role, v->rands, v->rand_len,
                                   &found);
        simauth_secret_wipe(&found.ssk);
    }
}

static void operations(const uint8_t *octets, size_t len)
{
    const struct journal_place place = {1, CONTENT_AT};
    struct calls_unflushed over = {0};
    struct store_reseal reseal;
    struct seal seal;
    struct calls calls;

    memset(&seal, 0, sizeof seal);
    memset(&reseal, 0, sizeof reseal);
    content = octets;
    content_len = len;
    calls_init(&calls, &seal);
    (void)calls_apply(&calls, octets, len, &place, true);
    ask_for_all(&calls);
    (void)calls_reseal(&calls, &reseal);
    calls_rollback(&calls);
    calls_flush_begin(&calls);
    calls_flush_end(&calls, len % 2, &over);
    calls_unflushed_free(&over);
    calls_forget(&calls, 1000);
    calls_commit(&calls, &place); /* what is swept is in no transaction */
    calls_sweep(&calls, 1800000000, 0);
    calls_clear(&calls);
}

static void from_hex(const char *text)
{
    uint8_t *octets = malloc(strlen(text) / 2 + 1);
    size_t len = 0;
    int half = -1;

    MUST(octets != NULL);
    for (; *text; text++) {
        int digit = g_ascii_xdigit_value(*text);

        if (digit < 0)
            continue;
        if (half >= 0)
            octets[len++] = (uint8_t)(half << 4 | digit);
        half = half >= 0 ? -1 : digit;
    }
    operations(octets, len);
    free(octets);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;
    uint64_t to;

    if (size == 0)
        return 0;
    text = fuzz_text(data + 1, size - 1);
    if (data[0] == 'f')
        file(data + 1, size - 1);
    else if (data[0] == 'w')
        (void)scan(data + 1, size - 1, &to);
    else if (data[0] == 'o')
        from_hex(text);
    else if (data[0] == 't')
        turned_frames(text);
    free(text);
    return 0;
}
