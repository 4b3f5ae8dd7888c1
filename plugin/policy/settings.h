/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the person set: one key file (docs: simauthctl settings --help), read whole, checked whole,
 * and then never changed. Of a file with an error nothing is used: half a policy is none, so the
 * last good ones stay (settings_fallback).
 */
#ifndef SIMAUTH_PLUGIN_SETTINGS_H
#define SIMAUTH_PLUGIN_SETTINGS_H

#include <glib.h>
#include <simauth/name.h>
#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_ERROR_MAX 512

enum settings_policy { SETTINGS_UNSET, SETTINGS_OFF, SETTINGS_PREFER, SETTINGS_REQUIRE };
enum settings_carriage { CARRY_TAG = 1, CARRY_HEADER = 2, CARRY_BOTH = 3 };
enum settings_ask { ASK_KNOWN, ASK_EVERYBODY };
/* Whether our operator's gateway vouches in the place of our SIM when we call. */
enum settings_agent {
    AGENT_OFF,
    AGENT_PREFER, /* with the SIM itself where the other side wants that */
    AGENT_ONLY    /* a weak terminal */
};
/* Where setup keys are kept; AUTO: with the desktop's keyring where there is one, else in a file of
 * this machine. */
enum settings_keys { KEYS_AUTO, KEYS_DESKTOP, KEYS_FILE, KEYS_MEMORY, KEYS_OFF };

/* One [account AOR] or [peer AOR]. */
struct settings_party {
    char aor[SIMAUTH_AOR_MAX + 1]; /* canonical */
    char nai[SIMAUTH_NAI_MAX + 1]; /* "" when not named */
    enum settings_policy policy;   /* SETTINGS_UNSET: that of [phone] */
    enum settings_policy sips;     /* the same: trust in servers */
    enum settings_policy e2m;      /* the same: enveloped bodies */
    char *certificate;             /* a peer: PEM file to envelope for; NULL: none */
    bool first_key; /* a peer: the operators may make the first setup key, before any call */
    bool ask;       /* a peer: the person said no more than that it is to be asked about */
};

struct settings {
    uint64_t
        number; /* of no other in this process, so that two can be told apart when one is gone */
    bool enabled;
    char *sim;           /* as plugin/sim/kinds.h says; NULL when not set */
    char *pin;           /* where its PIN comes from; NULL: as plugin/sim/pin_source.h says */
    char *gateway;       /* FQDN or FQDN:port; NULL: what the SIM says */
    char *ca_file;       /* NULL: the system's */
    char *local_address; /* NULL: any */
    char *data;          /* folder of pins and history; never NULL */
    enum settings_carriage carriage;
    enum settings_policy policy;     /* never SETTINGS_UNSET */
    enum settings_policy sips;       /* the same */
    enum settings_policy e2m;        /* the same */
    char *e2m_certificate, *e2m_key; /* PEM files; both or neither */
    char *e2m_ca_file;               /* who vouches for others' certificates; NULL: ca_file */
    char **e2m_authorities;          /* "DOMAIN=FILE": who alone vouches for it; NULL: none */
    char **e2m_servers;              /* "DOMAIN=FILE": may read what we envelope; NULL: none */
    char **e2m_parts;    /* "DOMAIN=PART": how much these servers read, e2m_talk.h; NULL: all */
    char **e2m_accept;   /* domains whose servers may ask to read, besides our own; NULL: none */
    bool e2m_signed;     /* what comes without a signature is refused */
    bool e2m_want_lists; /* and whoever no fresh list of revoked certificates speaks of */
    enum settings_ask ask;
    bool mark_verified;
    enum settings_agent agent;
    bool refuse_tickets; /* calls without a SIM: before they ring, "SIM wanted" */
    enum settings_keys keys;
    int64_t key_lifetime;  /* seconds that we wish for a setup key; 0: none */
    char **emergency;      /* NULL-terminated, users of SIP URIs and numbers; 112 and 911 always */
    bool emergency_listed; /* by the person; false: those built in */
    struct settings_party *accounts, *peers;
    size_t account_count, peer_count;
    char *problem; /* NULL; else these are not what the file says, and this is why */
    bool built_in; /* nothing was ever read: no SIM is known, calls are judged without one */
    gint refs;
};

/* Where the settings are when linphonerc names no other file: free with g_free(). */
char *settings_default_path(void);
/* Reads `path`. NULL with a sentence in `error` (SETTINGS_ERROR_MAX octets: file, line or key, and
 * what to do) when it is missing or has a mistake. Release with settings_unref(). */
struct settings *settings_read(const char *path, char *error);
/* When it was last written, in ns; 0: there is none, so nobody has set this up; -1: it cannot be
 * seen, which is not the same. */
int64_t settings_stamp(const char *path);
/* What counts for a file that is there: what stands in it or, where that cannot be used,
 * settings_fallback(). `*good` is the last text without a mistake (NULL: none yet; the caller's): a
 * new one takes its place, and *fresh says that it did, to be written to `copy`. NULL: out of
 * memory. */
struct settings *settings_current(const char *path, const char *copy, char **good, bool *fresh,
                                  char *error);
/* For a file that is there and cannot be used, `problem` says why: the last good text (NULL: none),
 * else its copy at `copy`, else what is built in. That asks for everybody and has no SIM; it
 * requires where the file, as `text`, says `require` anywhere or cannot be read at all (NULL, or no
 * text): what somebody wanted to be protected is not silently unprotected. NULL: out of memory. */
struct settings *settings_fallback(const char *text, size_t len, const char *good, const char *copy,
                                   const char *problem);
/* The same from text, for tests and for simauthctl, which checks before it writes. `path` stands in
 * the sentence only. */
struct settings *settings_parse(const char *text, size_t len, const char *path, char *error);
struct settings *settings_ref(struct settings *settings); /* thread-safe */
void settings_unref(struct settings *settings);           /* NULL is allowed */

/* The party with that canonical AOR, or NULL. */
const struct settings_party *settings_account(const struct settings *s, const char *aor);
const struct settings_party *settings_peer(const struct settings *s, const char *aor);
const char *settings_policy_name(enum settings_policy policy);

/* The keys of [phone], and those of [account ADDRESS] and [peer ADDRESS], with a sentence each;
 * NULL key at the end. */
struct settings_key {
    const char *key, *values, *meaning, *fallback;
};
extern const struct settings_key settings_keys[], settings_party_keys[];

/* sim=digest:FILE: a password in the place of a SIM, so that `agent` is AGENT_ONLY. */
bool settings_no_sim(const struct settings *s);

#endif
