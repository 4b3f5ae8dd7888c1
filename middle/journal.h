/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is open, on the disk, written and synced by a thread of its own: whoever changes a call
 * never waits for the disk, only the kernel's sets do, and those for half a second at most. So
 * after a sudden end, a power cut too, nothing is open that nobody knows of, and what is lost is
 * what changed while the last write was on its way; while the disk does not do its work, calls go
 * on all the same, and what is not written is the last word of each call, no more. What the file
 * says of calls that are over goes when it is most of it. Addresses and ports, no keys. When calls
 * end it tells by steady_seconds(), and how far the clock was set from that since: the next process
 * begins with the clock. */
#ifndef SIMAUTH_MIDDLE_JOURNAL_H
#define SIMAUTH_MIDDLE_JOURNAL_H

#include "calls.h"

struct journal;
/* Hands on what it says, in its order; a call is the taker's (g_free() of it and of its key). A
 * line that is broken, as the last may be, is left out. False: it is there, and cannot be read. */
bool journal_read(const char *path, void (*opened)(struct call *call, void *data),
                  void (*ended)(const char *key, void *data), void *data);
/* A new one with these calls, in the place of the old, which stays until this is on the disk. NULL:
 * it cannot be written, or there is no thread. */
struct journal *journal_open(const char *path, struct call *const *calls, size_t count);
/* The number of this change, for journal_wait(). */
uint64_t journal_opened(struct journal *journal, const struct call *call);
void journal_ended(struct journal *journal, const char *key);
/* Until the file has this change, unless the disk is slow. */
void journal_wait(struct journal *journal, uint64_t number);

struct journal_state {
    unsigned pending; /* calls whose last word the file does not have */
    unsigned seconds; /* that it has been busy with one write */
    bool failing;     /* the last write was refused */
    uint64_t late;    /* journal_wait() that waited in vain */
};
/* What it is like now; a disk that is slow, and one that is so no more, is told in the log, once.
 */
struct journal_state journal_look(struct journal *journal);
/* When all is written, or the disk took too long for it. */
void journal_close(struct journal *journal);

#endif
