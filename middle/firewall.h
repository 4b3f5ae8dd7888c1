/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sets of pinholes in the kernel, by way of the program nft: holes4 and holes6 in a table of
 * the family inet that the administrator made (simauth-middle.nft). An element is source address .
 * source port . destination address . destination port, one for each direction, and goes by itself
 * when its call would be over: nobody has to live for that. */
#ifndef SIMAUTH_MIDDLE_FIREWALL_H
#define SIMAUTH_MIDDLE_FIREWALL_H

#include "config.h"

struct pinhole {
    struct sdp_address a, b; /* of one family */
    uint16_t a_port, b_port;
};

struct firewall_change {
    const struct pinhole *add;
    unsigned add_count;
    int64_t seconds; /* that the added ones live; one that is there gets these anew */
    const struct pinhole *remove;
    unsigned remove_count;
    const struct pinhole *undo; /* what goes when nft refuses it: all of these that no other has */
    unsigned undo_count;
    bool flush;     /* all that is there goes first */
    uint64_t after; /* what has to be done before it, as firewall_start()'s `wait` knows it */
};
/* All of them or nothing, now. False: nft refused, and its first line is in the log. */
bool firewall_apply(const struct config *config, const struct firewall_change *changes,
                    unsigned count);
/* The same; where nft refuses them together, as many as it takes, and `refused` (room for all) says
 * which it does not. False: it takes nothing, or not the first. */
bool firewall_apply_most(const struct config *config, const struct firewall_change *changes,
                         unsigned count, bool *refused);
/* Whether both sets are there and may be changed. */
bool firewall_check(const struct config *config);

/* Changes one after the other, on a thread of their own: who asks for one never waits for nft. Each
 * waits by `wait` for what has to be done before it. NULL: no thread. */
struct firewall;
struct firewall *firewall_start(const struct config *config, void (*wait)(void *data, uint64_t),
                                void *data);
void firewall_stop(struct firewall *firewall); /* when all is done that was asked for */
/* `key` names whose change it is. */
void firewall_submit(struct firewall *firewall, const struct firewall_change *change,
                     const char *key);
/* What became of a change, in the order in which they were asked for. */
struct firewall_result {
    char *key; /* g_free() it */
    bool good;
};
bool firewall_result(struct firewall *firewall,
                     struct firewall_result *result); /* false: no more */
/* The kernel's two elements are the same whichever end is called `a`: one of the two ways to say
 * it, with no octet of chance, so that it can be hashed. */
struct pinhole pinhole_in_order(const struct pinhole *hole);
/* Whichever end is called `a`. */
bool pinhole_same(const struct pinhole *one, const struct pinhole *other);

#endif
