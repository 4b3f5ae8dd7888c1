/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * End-to-middle protection in a phone (docs/protocol.md section 8): what the phone holds (keys.c),
 * and one call's bodies, enveloped before they leave and opened before anybody sees them (talk.c).
 * It knows messages through the tap alone, and neither settings nor Linphone. Main loop only.
 */
#ifndef SIMAUTH_PLUGIN_E2M_TALK_H
#define SIMAUTH_PLUGIN_E2M_TALK_H

#include "pinholes.h"
#include "sip_tap.h"

#include <e2m/message.h>
#include <glib.h>

#define E2M_ERROR_MAX 512
#define E2M_SERVERS_MAX E2M_LABEL_HOSTS

/* -- what was signed, in which call (seen.c) --------------------------------------------------- */

#define E2M_SEEN_MAX 256

/* Zeros: nothing yet. The oldest goes first, and each after twice E2M_SIGNATURE_AGE: then nobody
 * takes its signature any more. */
struct e2m_seen {
    struct e2m_seen_body {
        uint8_t hash[32], call[32];
        uint64_t until;
    } bodies[E2M_SEEN_MAX];
    unsigned next;
};
/* Whether octets under a right signature, by their SHA-256, came in no other call than this
 * message's, and of nobody else in it. They are of this call from now on. */
bool e2m_seen_own(struct e2m_seen *seen, belle_sip_message_t *message,
                  const uint8_t body[static 32], uint64_t now);

/* -- what the phone holds ---------------------------------------------------------------------- */

struct e2m_keys {
    struct e2m_identity own; /* certificate NULL: none, it neither signs nor is enveloped for */
    /* Whose word counts about people, and about servers: an operator that issues its subscribers'
     * certificates says nothing about who may read for a domain. */
    struct e2m_trust *people, *servers;
    struct e2m_seen *seen; /* the phone's, for all calls; NULL: nobody looks */
};

/* References to what is read already: `own` may be NULL. NULL: out of memory. e2m_keys_free() it.
 */
struct e2m_keys *e2m_keys_new(const struct e2m_identity *own, const struct e2m_trust *trust);
void e2m_keys_free(struct e2m_keys *keys); /* NULL is allowed */

/* A certificate of somebody else with what stands between it and an authority. */
struct e2m_partner {
    X509 *certificate;
    STACK_OF(X509) * chain;
};
/* References of its own. */
void e2m_partner_copy(struct e2m_partner *partner, const struct e2m_partner *from);
void e2m_partner_free(struct e2m_partner *partner);

/* PEM files, which wait for the disk: not in the main loop. False with a sentence in `error`
 * (E2M_ERROR_MAX octets). */
bool e2m_identity_load(struct e2m_identity *identity, const char *certificate, const char *key,
                       char *error);
bool e2m_trust_load(struct e2m_trust *trust, const char *path, const char *domain, char *error);
bool e2m_partner_load(struct e2m_partner *partner, const char *path, char *error);

/* -- what a server needs (parts.c) ------------------------------------------------------------- */

/* A server reads the whole description, or an SDP made of these lines of it alone. */
enum e2m_part_kind {
    E2M_PART_ALL = 0,
    E2M_PART_ADDRESSES = 1, /* where media go to: for pinholes */
    E2M_PART_BANDWIDTH = 2, /* how much: for admission */
    E2M_PART_KINDS = 4,     /* with both of them together */
    E2M_PART_OTHER = E2M_PART_KINDS
};

/* "all", "addresses", "bandwidth", "addresses+bandwidth"; false: none of these. */
bool e2m_part_parse(const char *word, unsigned *kind);
const char *e2m_part_word(unsigned kind);
/* That part of a description, marked as what it is: never a session's own description. Free it. */
GString *e2m_part_make(const char *sdp, size_t len, unsigned kind);
/* What a description is a part of; E2M_PART_OTHER: of a kind that is not known. */
unsigned e2m_part_of(const char *sdp, size_t len);

/* -- one call ---------------------------------------------------------------------------------- */

struct e2m_talk;

/* `own` and `peer` are canonical AORs; `keys` must outlive it. NULL: out of memory. */
struct e2m_talk *e2m_talk_new(const struct e2m_keys *keys, const char *own, const char *peer);
void e2m_talk_free(struct e2m_talk *talk); /* wipes; NULL is allowed */

/* Readers of what will be enveloped, judged by chain, time and name: the peer itself, a server for
 * its domain, which reads the whole or a part. Results are those of e2m_check_subscriber() and
 * e2m_check_server(), E2M_TOO_LARGE for one server too many. */
enum e2m_result e2m_talk_add_peer(struct e2m_talk *talk, const struct e2m_partner *partner,
                                  uint64_t now);
enum e2m_result e2m_talk_add_server(struct e2m_talk *talk, const struct e2m_partner *partner,
                                    const char *domain, unsigned part, uint64_t now);
/* Whether what leaves is in the form for peers that read only AES-CBC: because of a certificate
 * among the readers, of what came, or of e2m_talk_use_cbc(), which is false where that changes
 * nothing. It is always signed: without a key of ours nothing leaves. */
bool e2m_talk_is_cbc(const struct e2m_talk *talk);
bool e2m_talk_use_cbc(struct e2m_talk *talk);
/* The certificate in a 493 (RFC 3261, 23.2); false: there is none. e2m_partner_free() it. */
bool e2m_talk_asker(belle_sip_message_t *response, struct e2m_partner *asker);
/* Whether this server is a reader already. */
bool e2m_talk_has_server(const struct e2m_talk *talk, const char *domain);
/* "p.example, q.example (addresses)" of the servers that may read; "" none. Valid as long as the
 * talk. */
const char *e2m_talk_servers(const struct e2m_talk *talk);

/* The servers that the other side let read what it sent, "" none. */
const char *e2m_talk_their_servers(const struct e2m_talk *talk);

/* The secrets of tokens that servers have of this call's descriptions of ours; none: NULL. */
const struct pinholes *e2m_talk_pinholes(const struct e2m_talk *talk);

/* Envelopes the SDP of a message of ours, within body_out: under the key of what was exchanged
 * before in this call where there is one, else for the readers. A message without SDP stays; one
 * that is a copy of an enveloped one (liblinphone repeats INVITEs so) is made anew. */
enum e2m_result e2m_talk_protect(struct e2m_talk *talk, belle_sip_message_t *message, uint64_t now);
/* Puts the SDP back into a copy of a message that was enveloped, so that others can look at it;
 * within invite_out. */
void e2m_talk_restore(const struct e2m_talk *talk, belle_sip_message_t *message);
/* Of an answer that is not made (the policy forbids it in clear): takes the SDP away. */
void e2m_talk_withhold(belle_sip_message_t *message);

/* Whether a message's body is one to open. */
bool e2m_talk_is_protected(belle_sip_message_t *message);

struct e2m_opened {
    enum e2m_result signature; /* E2M_OK, E2M_UNSIGNED */
    char signer[E2M_SIGNER_NAME];
    bool reused;        /* it came under a key of this call, not for our certificate */
    char list_url[256]; /* where the signer's authority has its list of revoked ones; "": nowhere */
};
/* Opens it in place: the message has the SDP, as if it had come so. E2M_CLEAR: no part of it was
 * enveloped SDP. On failure the message is as it was. `wants` is of enum e2m_wants. */
enum e2m_result e2m_talk_open(struct e2m_talk *talk, belle_sip_message_t *message, unsigned wants,
                              uint64_t now, struct e2m_opened *opened);

#endif
