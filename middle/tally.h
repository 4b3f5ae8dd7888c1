/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What all calls have together, counted as each of them changes: a question costs the same with ten
 * calls and with ten thousand. Of one thread at a time, as the calls are. */
#ifndef SIMAUTH_MIDDLE_TALLY_H
#define SIMAUTH_MIDDLE_TALLY_H

#include "firewall.h"

struct tally_sum {
    uint64_t kbit;
    unsigned calls; /* that have any */
    unsigned open;  /* of an account: also those that have none */
};

/* Of a structure whose every octet counts, also between its members, or of a text. Another in each
 * process: whoever chooses what is hashed cannot choose what falls together. */
unsigned octets_hash(const void *octets, size_t size);
unsigned text_hash(const void *text);

struct tally;
struct tally *tally_new(void);
void tally_free(struct tally *tally);
/* A call of this account, over this trunk ("": none), has `now` kilobits a second in the place of
 * `before`. */
void tally_share(struct tally *tally, const char *account, const char *trunk, unsigned before,
                 unsigned now);
/* An account has one call more, or one less. */
void tally_call(struct tally *tally, const char *account, bool more);
struct tally_sum tally_account(const struct tally *tally, const char *account);
struct tally_sum tally_trunk(const struct tally *tally, const char *trunk);
struct tally_sum tally_total(const struct tally *tally);

/* One call more has this pinhole, whichever of its ends is named first; or one less. */
void tally_hole(struct tally *tally, const struct pinhole *hole, bool more);
unsigned tally_holders(const struct tally *tally, const struct pinhole *hole);
/* One of its calls needs it until then. The latest that any of them said. */
int64_t tally_keep(struct tally *tally, const struct pinhole *hole, int64_t until);

#endif
