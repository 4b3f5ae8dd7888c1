/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file. Every key stands in simauth-middle.conf.example. */
#ifndef SIMAUTH_MIDDLE_CONFIG_H
#define SIMAUTH_MIDDLE_CONFIG_H

#include "sdp.h"
#include <e2m/certificate.h>

#define CONFIG_ERROR_MAX 2000
#define CONFIG_NETWORKS_MAX 16
#define CONFIG_TOKEN_MAX 128

struct config_network {
    struct sdp_address address;
    unsigned bits;
};

struct config {
    /* middle */
    char *domain, *address, *state;
    int port;
    char token[CONFIG_TOKEN_MAX + 1]; /* what the proxy shows; wiped */
    size_t token_len;
    /* identity and whom it trusts */
    struct e2m_identity identity;
    char *certificate; /* DER in base64, one line: what a 493 carries */
    int64_t expires;   /* when that certificate ends, seconds since 1970 */
    struct e2m_trust *trust;
    char **revoked;  /* files of lists of revoked certificates; NULL-terminated */
    bool want_lists; /* without a fresh one nobody's signature counts */
    /* policy */
    bool must_read, want_signature, unsigned_labels, accounts, clear;
    /* admission, kilobits a second; 0: no limit */
    unsigned account_kbit, trunk_kbit, total_kbit, audio_kbit, video_kbit;
    unsigned account_calls;
    /* pinholes; nft "": none are made */
    char *nft, *table;
    int nft_seconds; /* that it may take; 0: as long as it likes */
    int ring_seconds, call_seconds;
    bool tokens; /* pinholes open by tokens alone */
    int token_seconds, token_group;
    struct config_network networks[CONFIG_NETWORKS_MAX];
    unsigned network_count;
};

/* NULL, and a line in `error` (CONFIG_ERROR_MAX) for each fault: file, line, group, key, what to
 * do.
 */
struct config *config_load(const char *path, char *error);
void config_free(struct config *config);
/* What a running service cannot change (where it listens, its state, the firewall's sets) stays in
 * `config` as it is in `old`; the first key that was to be another, NULL: none. */
const char *config_keep(struct config *config, const struct config *old);
/* Whether the address is one of the networks whose media this server guards; without any, all are.
 */
bool config_guards(const struct config *config, const struct sdp_address *address);

#endif
