/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One file of a journal: a header, then frames of a checked length, number and content, then zeros.
 * A file has its size from the beginning, so that writing a frame changes nothing but its octets.
 */
#ifndef SIMAUTH_GATEWAY_JOURNAL_FILE_H
#define SIMAUTH_GATEWAY_JOURNAL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JOURNAL_NAME_LEN 16
#define JOURNAL_HEADER_LEN 64
#define JOURNAL_FRAME_LEN 40 /* of what stands before a frame's content */
#define JOURNAL_VERSION 1

enum journal_kind {
    JOURNAL_CALLS = 1, /* holds by itself */
    JOURNAL_MIXED,     /* holds when the database has its number */
    JOURNAL_ABORT,     /* the one before does not hold */
    JOURNAL_END        /* the last of its file */
};
struct journal_frame {
    uint64_t seq;     /* one more than the one before, also of another file */
    uint64_t durable; /* all up to this one were on the disk when it was written */
    int64_t time;
    enum journal_kind kind;
    const uint8_t *data; /* within the file's octets */
    size_t len;
    size_t at; /* of `data`, from the file's beginning */
};
enum journal_state {
    JOURNAL_GOOD,
    JOURNAL_FOREIGN,     /* no journal, or of another database */
    JOURNAL_OTHER_FORMAT /* of a version that this program does not know */
};

/* Octets of a frame with so much content. */
size_t journal_frame_size(size_t len);
void journal_header(uint8_t header[static JOURNAL_HEADER_LEN], uint64_t number,
                    const uint8_t name[static JOURNAL_NAME_LEN]);
enum journal_state journal_header_check(const uint8_t *octets, size_t len, uint64_t number,
                                        const uint8_t name[static JOURNAL_NAME_LEN]);
/* What stands before `frame->data` in file `number`. */
void journal_frame_head(uint8_t head[static JOURNAL_FRAME_LEN], uint64_t number,
                        const struct journal_frame *frame);
/* The frame at `at` of a file's octets; false: there is none that is whole. */
bool journal_frame_read(const uint8_t *octets, size_t len, size_t at, uint64_t number,
                        struct journal_frame *frame);

#endif
