/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a journal's files again; for journal.c. */
#ifndef SIMAUTH_GATEWAY_JOURNAL_READ_H
#define SIMAUTH_GATEWAY_JOURNAL_READ_H

#include "journal.h"

#include <glib.h>

/* A file that nothing is appended to any more. */
struct journal_past {
    uint64_t number;
    uint64_t seq; /* of its last frame */
    int64_t time; /* of that */
    size_t size;
};
/* How far all files go. */
struct journal_ends {
    uint64_t seq, number; /* 0: none */
    size_t used, size;    /* of the last file */
    uint64_t empty;       /* the first file behind it that has nothing to keep; 0: none */
    uint64_t behind;      /* the last of these */
    bool open;            /* the last file has no end */
    bool settled;         /* it has one, and was on the disk before that: all before is, too */
    bool garbage;         /* something stands behind its last whole frame */
    GArray *past;         /* struct journal_past, may be NULL */
};

/* The path of a file; g_free() it. */
char *journal_path(const char *folder, uint64_t number);
enum store_result journal_scan(const char *folder, const uint8_t name[static JOURNAL_NAME_LEN],
                               journal_cb cb, void *data, struct journal_ends *ends, char *error);

#endif
