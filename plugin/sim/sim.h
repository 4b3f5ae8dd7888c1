/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The SIM: who holds the secret and answers challenges. One back end a file (soft.c, pcsc.c,
 * modem.c, modemmanager.c, digest.c) and one row in kinds.def. Everything here may wait (a card
 * takes a quarter of a second) and is called on the worker only.
 */
#ifndef SIMAUTH_PLUGIN_SIM_H
#define SIMAUTH_PLUGIN_SIM_H

#include <simauth/method.h>

#define SIM_IMSI_MAX 15
#define SIM_ERROR_MAX 256

/* Where a PIN comes from: a person, a descriptor, a test. */
struct sim_pin_source {
    /* Asks for the PIN of `label`; `tries_left` is what the card said, -1 unknown. Returns its
     * length (4 to 8 digits, written to `pin`, which the caller wipes), 0 when the person declined.
     * May wait for a person. */
    size_t (*ask)(void *user, const char *label, int tries_left, char pin[static 8]);
    /* Whether the person agrees to spend the last try (or one of an unknown number) before the SIM
     * is blocked. NULL: never. */
    bool (*last_try)(void *user, const char *label);
    /* What the card said of the PIN given last. NULL: not wanted. */
    void (*result)(void *user, bool right);
    /* How many tries the card says are left; 0: blocked, -1: it does not say. NULL: not wanted. */
    void (*tries)(void *user, int left);
    /* The ICCID of the card that is looked at, before any PIN; "" when it is let go, or has none
     * that can be read. NULL: not wanted. */
    void (*card)(void *user, const char *iccid);
    /* Why nobody can be asked, as the end of "The SIM wants its PIN, and"; as long as the source.
     * NULL: no reason. */
    const char *trouble;
    void *user;
};

struct sim; /* an open SIM */

struct sim_identity {
    char imsi[SIM_IMSI_MAX + 1];
    int mnc_len;       /* 2 or 3, from EF_AD; 0 unknown: then 2 outside North America's list */
    char impi[128];    /* for Ub; from an ISIM or made from the IMSI (TS 23.003, 13.3) */
    char gateway[254]; /* FQDN, as the operator issued it; "" when the SIM does not say */
    bool gsm;          /* a 2G SIM: it answers a RAND without AUTN, and no other */
    bool none;         /* no SIM: a password (GBA_Digest); it answers no challenge at all */
};

struct sim_backend {
    bool instant; /* answers in well under a millisecond */
    /* Opens what `where` names (behind the ":"). On failure NULL, *status says why and `error`
     * (SIM_ERROR_MAX octets) has a sentence for a person, without secrets. Close with close(). */
    struct sim *(*open)(const char *where, const struct sim_pin_source *pin,
                        enum simauth_card_status *status, char *error);
    enum simauth_card_status (*identity)(struct sim *sim, struct sim_identity *identity);
    /* Runs one challenge; answer->status is also returned. The caller wipes `answer`. */
    enum simauth_card_status (*run)(struct sim *sim, const struct simauth_challenge *challenge,
                                    struct simauth_card_answer *answer);
    void (*close)(struct sim *sim); /* NULL is allowed */
    /* A sentence about the last status that was not good, "" for none; valid until the next call
     * for this SIM. NULL: this back end has none. */
    const char *(*why)(const struct sim *sim);
    /* H(A1) of its password for this realm, which the caller wipes. NULL: it has none. */
    enum simauth_card_status (*ha1)(struct sim *sim, const char *realm, struct simauth_secret *ha1);
    /* Makes it ready as a run would, without running anything: is it there, open, and ours? */
    enum simauth_card_status (*wake)(struct sim *sim); /* NULL: it always is */
    /* The name of the reader or port, for a person; valid until the next call. NULL: none. */
    const char *(*place)(const struct sim *sim);
    bool (*swapped)(const struct sim *sim); /* another SIM is in its place; NULL: never */
};

/* Finds the back end for a setting such as "soft:/home/a/.config/simauth/sim.json"; *where points
 * behind the ":", to "" for a name alone. NULL when nobody has that name. */
const struct sim_backend *sim_backend_for(const char *setting, const char **where);

#endif
