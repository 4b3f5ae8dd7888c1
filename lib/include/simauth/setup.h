/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Setup keys (docs/protocol.md section 8): what two who were authenticated keep for their next
 * call, and the ring that holds them. No clock and no file: the time is given, and the
 * owner keeps the ring's records where nobody else can read them.
 */
#ifndef SIMAUTH_SETUP_H
#define SIMAUTH_SETUP_H

#include "keys.h"
#include "name.h"
#include "vector.h"

#define SIMAUTH_SETUP_LIFETIME 86400   /* seconds that a key lives unless one side wishes less */
#define SIMAUTH_SETUP_SIM_LIMIT 604800 /* and at most since both SIMs took part */
#define SIMAUTH_SETUP_CLOCK_BACK 300   /* seconds that a clock may be set back */
#define SIMAUTH_SETUP_PER_PAIR 4       /* unused keys for each ordered pair */
#define SIMAUTH_SETUP_NONCES 8         /* calls that may be tried with one key */
#define SIMAUTH_SETUP_KEYS_MAX 16384   /* in one ring */

/* A key that both ends of a call hold before it begins. Times are seconds since 1970. */
struct simauth_held_key {
    const struct simauth_method *with;   /* stp: a setup key; agt: the key of a ticket */
    const struct simauth_method *origin; /* how the peer was last authenticated, for pins */
    struct simauth_secret key;           /* SIMAUTH_KEY_LEN octets */
    uint8_t ticket[SIMAUTH_TICKET_LEN];  /* agt alone */
    bool outgoing;                       /* we place the call that it is for */
    char own_aor[SIMAUTH_AOR_MAX + 1];   /* octets as they were vouched for */
    char peer_aor[SIMAUTH_AOR_MAX + 1];
    char own_nai[SIMAUTH_NAI_MAX + 1];
    char peer_nai[SIMAUTH_NAI_MAX + 1];
    char peer_operator[SIMAUTH_OPERATOR_NAME_MAX + 1];
    int64_t sim_time; /* of the last exchange in which both SIMs took part */
    int64_t made;
    int64_t expires;
};

/* KEYID for NONCE_A: nobody without the key can tell two calls' from any other's.
 * SIMAUTH_MALFORMED: the key has another length; SIMAUTH_CRYPTO. */
SIMAUTH_API enum simauth_result simauth_setup_keyid(const struct simauth_secret *key,
                                                    const uint8_t nonce_a[static SIMAUTH_NONCE_LEN],
                                                    uint8_t keyid[static SIMAUTH_KEYID_LEN]);
/* The AAD of a ticket's sealed key (docs/protocol.md section 8): what it is for ("agt", or "stp"
 * for a first setup key) and whose. Appended to `aad`, which says whether that failed. */
SIMAUTH_API void simauth_ticket_aad(const char *use,
                                    const uint8_t ticket[static SIMAUTH_TICKET_LEN],
                                    const char *caller, const char *callee, const char *nai_a,
                                    const char *nai_b, struct simauth_octets *aad);
/* The shorter of both wishes in seconds, 0 for "no key". `peer` is -1 where none came (a lost BYE):
 * then ours alone. Never over SIMAUTH_SETUP_SIM_LIMIT. */
SIMAUTH_API int64_t simauth_setup_lifetime(int64_t own, int64_t peer);

/* -- the ring ---------------------------------------------------------------------------------- */
struct simauth_keyring;

/* NULL: no memory. Empty. */
SIMAUTH_API struct simauth_keyring *simauth_keyring_new(void);
/* Wipes every key. NULL is allowed. */
SIMAUTH_API void simauth_keyring_free(struct simauth_keyring *ring);
/* Copies a setup key in; of more than SIMAUTH_SETUP_PER_PAIR unused ones for its ordered pair the
 * oldest goes. SIMAUTH_MALFORMED: not a setup key; SIMAUTH_EXPIRED: it would be over at `now`;
 * SIMAUTH_TOO_LONG: the ring is full; SIMAUTH_NO_MEMORY. */
SIMAUTH_API enum simauth_result
simauth_keyring_add(struct simauth_keyring *ring, const struct simauth_held_key *key, int64_t now);
/* For a call that we place: the newest key that is free, alive and no weaker than `strength`;
 * *handle names it from now on and it is taken until simauth_keyring_release(). NULL: none. Both
 * AORs in any form that simauth_aor_canonical() takes. Valid until the ring is changed. */
SIMAUTH_API const struct simauth_held_key *
simauth_keyring_take(struct simauth_keyring *ring, const char *own_aor, const char *peer_aor,
                     uint8_t strength, int64_t now, uint64_t *handle);
/* For a call that comes: the key whose KEYID under NONCE_A this is; taken in the same way, and the
 * nonce remembered. SIMAUTH_NOT_OURS: no such key; SIMAUTH_EXPIRED: its time is over;
 * SIMAUTH_WRONG: it is in another call, or NONCE_A came before. */
SIMAUTH_API enum simauth_result
simauth_keyring_find(struct simauth_keyring *ring, const char *own_aor, const char *peer_aor,
                     const uint8_t keyid[static SIMAUTH_KEYID_LEN],
                     const uint8_t nonce_a[static SIMAUTH_NONCE_LEN], int64_t now,
                     const struct simauth_held_key **key, uint64_t *handle);
/* The call is over. `spent`: it was authenticated, or the peer does not know the key: it is erased;
 * else it is free again, or of more than SIMAUTH_SETUP_PER_PAIR unused ones the oldest goes. An
 * unknown handle does nothing. */
SIMAUTH_API void simauth_keyring_release(struct simauth_keyring *ring, uint64_t handle, bool spent);
/* Erases what is over at `now`; returns how many. */
SIMAUTH_API size_t simauth_keyring_expire(struct simauth_keyring *ring, int64_t now);
/* Erases the keys with this peer (an AOR or a NAI), or with NULL all; returns how many. */
SIMAUTH_API size_t simauth_keyring_forget(struct simauth_keyring *ring, const char *peer);
/* The i-th key, NULL past the end, for lists. Valid until the ring is changed. */
SIMAUTH_API const struct simauth_held_key *simauth_keyring_at(const struct simauth_keyring *ring,
                                                              size_t i);

/* Its handle, by which simauth_keyring_release(ring, handle, true) erases it; 0 past the end. A
 * count of this ring's, which says nothing of the key. */
SIMAUTH_API uint64_t simauth_keyring_handle(const struct simauth_keyring *ring, size_t i);

/* Appends the i-th key, with the nonces that were seen, as a record of at most
 * SIMAUTH_SETUP_RECORD_MAX octets. It holds the key: the owner seals it and clears `record`, which
 * wipes. SIMAUTH_MALFORMED: no i-th key; SIMAUTH_NO_MEMORY. */
#define SIMAUTH_SETUP_RECORD_MAX 1536
SIMAUTH_API enum simauth_result simauth_keyring_write(const struct simauth_keyring *ring, size_t i,
                                                      struct simauth_octets *record);
/* Adds what one record holds, as simauth_keyring_add(). SIMAUTH_MALFORMED: not such a record. */
SIMAUTH_API enum simauth_result
simauth_keyring_read(struct simauth_keyring *ring, const uint8_t *record, size_t len, int64_t now);

#endif
