/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside the soft SIM: the file that the operator issued, and the sequence numbers beside it. */
#ifndef SIMAUTH_PLUGIN_SIM_SOFT_H
#define SIMAUTH_PLUGIN_SIM_SOFT_H

#include "sim.h"
#include <simauth/milenage.h>

#define SOFT_FILE_MAX 16384 /* octets of the operator's file */

enum soft_algorithm { SOFT_MILENAGE, SOFT_COMP128V1, SOFT_COMP128V2, SOFT_COMP128V3, SOFT_XOR };
/* What the operator issued. */
struct soft_file {
    int fd; /* kept open: it carries the lock against a second program */
    struct sim_identity identity;
    struct simauth_milenage milenage; /* holds K and OPc: soft_file_close() wipes it */
    enum soft_algorithm algorithm;    /* not Milenage: `milenage` has K alone */
};
/* SRES and Kc of a 2G SIM. False: this machine has no libosmogsm, which COMP128 needs. */
bool soft_triplet(const struct soft_file *file, const uint8_t rand[static SIMAUTH_RAND_LEN],
                  uint8_t sres[static SIMAUTH_SRES_LEN], uint8_t kc[static SIMAUTH_KC_LEN]);
/* Whether libosmogsm is there. */
bool soft_comp128_there(void);

/* Opens a file that nobody else may read: absolute path, no symbolic link, a regular file of this
 * user with mode 0600 or less, in a folder of the user's or root's to which nobody else writes.
 * Returns a descriptor, or -1 with *status and a sentence in `error`
 * (SIM_ERROR_MAX octets). `what` names it in the sentence. SIMAUTH_CARD_ABSENT: it is not there. */
int soft_open_private(const char *path, const char *what, enum simauth_card_status *status,
                      char *error);
/* Reads and checks the operator's file. On failure false and the same as above; `file` then holds
 * nothing. Close with soft_file_close(). */
bool soft_file_open(struct soft_file *file, const char *path, enum simauth_card_status *status,
                    char *error);
void soft_file_close(struct soft_file *file);

/* The sequence numbers of TS 33.102 annex C.2: SQN = SEQ || IND, one SEQ for each IND. */
#define SOFT_IND_BITS 5
#define SOFT_IND_COUNT (1 << SOFT_IND_BITS)
#define SOFT_SEQ_MAX ((UINT64_C(1) << (48 - SOFT_IND_BITS)) - 1)
#define SOFT_SEQ_DELTA (UINT64_C(1) << 28) /* the longest jump forwards, annex C.3 */

#define SOFT_BOOT_LEN 36 /* a UUID */

struct soft_window {
    uint64_t number;              /* of times that the disk was waited for */
    uint64_t reach;               /* no SEQ above it was ever taken */
    char boot[SOFT_BOOT_LEN + 1]; /* of the machine when it was stored */
    uint64_t seq[SOFT_IND_COUNT];
};
/* Whether a USIM takes this SQN: not over DELTA ahead and above all that had its IND. */
bool soft_window_fresh(const struct soft_window *window, uint64_t sqn);
void soft_window_take(struct soft_window *window, uint64_t sqn);
/* SQN_MS: the highest that was ever taken. */
uint64_t soft_window_highest(const struct soft_window *window);

/* Reads the window from `path`; a file that is not there is that of a new SIM. False with *status
 * and `error` when it is damaged or not private. */
bool soft_window_load(struct soft_window *window, const char *path,
                      enum simauth_card_status *status, char *error);
/* Stores the window that was loaded and changed: atomically, and true only when it would survive a
 * power cut. Call both with the lock held. errno says why not. */
bool soft_window_store(struct soft_window *window, const char *path);

#endif
