/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a gateway has promised, in the order in which it did so: frames that are only appended, in
 * numbered files of one folder. It knows nothing of what is in them.
 *
 * journal_append() hands a frame to the system: it outlives this process. journal_settle() waits
 * for the disk. A file is removed when all in it stands in the database and is too old for anybody.
 */
#ifndef SIMAUTH_GATEWAY_JOURNAL_H
#define SIMAUTH_GATEWAY_JOURNAL_H

#include "../store.h"
#include "journal_file.h"

#include <sys/types.h>

struct journal;
/* Where the content of a frame is. */
struct journal_place {
    uint64_t number; /* of the file */
    size_t at;
};
/* Called for each frame in the order of their numbers; non-zero ends the reading. */
typedef int (*journal_cb)(const struct journal_frame *frame, uint64_t number, void *data);

/* Reads what is in `folder` and changes nothing; *last is the number of the last frame (0: none). A
 * folder that is not there has no frames. STORE_DAMAGED: not as it was written, or of another
 * database or version; STORE_READONLY: not to be read; `error` (STORE_ERROR_MAX) has a sentence. */
enum store_result journal_read(const char *folder, const uint8_t name[static JOURNAL_NAME_LEN],
                               journal_cb cb, void *data, uint64_t *last, char *error);

struct journal_settings {
    const char *folder;
    uint8_t name[JOURNAL_NAME_LEN]; /* of the database that it belongs to */
    uint64_t above;                 /* no frame gets this number or one below */
    int64_t keep;                   /* seconds that a frame may be needed */
    /* Called before the disk is asked to keep the journal: what a frame stands on must be there
     * first. -1: it is not. May be NULL. */
    int (*before)(void *data);
    void *data;
};
/* Reads all as journal_read() does, cuts off what was not written to its end, and begins a new
 * file. Whoever calls it is alone. */
enum store_result journal_open(const struct journal_settings *settings, journal_cb cb, void *data,
                               struct journal **journal, char *error);
void journal_close(struct journal *journal);

/* By one thread at a time. STORE_FULL, STORE_FAILED: nothing was written. A mixed one is not waited
 * for before journal_stands(): the disk may be asked for it before the database has its half. */
enum store_result journal_append(struct journal *journal, enum journal_kind kind, const void *data,
                                 size_t len, uint64_t *seq, struct journal_place *place);
void journal_stands(struct journal *journal, uint64_t seq);
/* Waits until all up to `seq` (0: all so far) is on the disk. */
enum store_result journal_settle(struct journal *journal, uint64_t seq);
/* The number of the last frame. */
uint64_t journal_last(struct journal *journal);
/* Whether the disk failed to keep what it was given: nothing is written any more. */
bool journal_broken(struct journal *journal);
/* Octets of a frame's content. STORE_NONE: its file is gone, as all in it is over. */
enum store_result journal_fetch(struct journal *journal, const struct journal_place *place,
                                void *octets, size_t len);
/* Once in a while, in a thread that nobody waits for: has the next file ready, ends one that is
 * old, removes what nobody needs. All up to `flushed` stands in the database and on the disk. */
void journal_tend(struct journal *journal, uint64_t flushed, int64_t now);
/* Octets of all files. */
uint64_t journal_size(struct journal *journal);

#endif
