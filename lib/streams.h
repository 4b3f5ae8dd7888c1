/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Beside binding(body): which streams a description has. A binding is of keys, so a stream without
 * one is not in it (docs/protocol.md section 5).
 */
#ifndef SIMAUTH_STREAMS_H
#define SIMAUTH_STREAMS_H

#include "simauth/binding.h"

/* binding(sdp), and whether it has a=zrtp-hash; to `streams` for each m-line field(media) and
 * field(proto), both empty when its port is 0 and it does not say a=bundle-only (RFC 8843: it lives
 * on another's port). A proto with feedback (AVPF, RFC 4585) is written as the one without: which
 * of both it is, phones agree upon in the call. `streams` is what it was no more; on failure, as of
 * simauth_binding(), all are as before. */
enum simauth_result simauth_streams(const char *sdp, size_t len, struct simauth_octets *binding,
                                    struct simauth_octets *streams, bool *has_zrtp);
/* Which m-lines of an answer refuse their stream: a bit each for the first 64, the first one's the
 * lowest; none of what cannot be read. */
uint64_t simauth_streams_refused(const char *sdp, size_t len);
/* simauth_streams() of an offer, as if the m-lines of `refused` had port 0. */
enum simauth_result simauth_streams_but(const char *sdp, size_t len, uint64_t refused,
                                        struct simauth_octets *binding,
                                        struct simauth_octets *streams, bool *has_zrtp);
/* The m-lines of `streams` that have no stream, as bits of the same kind. */
uint64_t simauth_streams_without(const struct simauth_octets *streams);
/* Whether the binding `now` is `bound`, but perhaps without lines of the m-lines `gone`, as bits of
 * the same kind. */
bool simauth_binding_kept(const struct simauth_octets *now, const struct simauth_octets *bound,
                          uint64_t gone);
/* Whether each living stream is in `bound`, at the same place with the same media and proto. */
bool simauth_streams_among(const struct simauth_octets *streams,
                           const struct simauth_octets *bound);

#endif
