/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What leaves one call, and what goes beside its SRTCP. Everything here runs on the main loop. */
#ifndef SIMAUTH_PLUGIN_MEDIA_H
#define SIMAUTH_PLUGIN_MEDIA_H

#include <linphone/core.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Streams of this call that start from now on send nothing before they are encrypted. */
void media_only_encrypted(LinphoneCall *call);
/* Nothing of sound, picture or text leaves while silent, whatever the microphone's flag says. Of
 * streams that run now: to be said again when one was started. */
void media_silence(LinphoneCall *call, bool silent);

/* RTCP of this call's main stream of a kind ("audio", "video", "text"): whether it runs and knows
 * where to send; its SSRC. */
bool media_rtcp_ready(LinphoneCall *call, const char *kind, uint32_t *ssrc);
/* Sends octets from the stream's own socket as they are, beside SRTCP: from the RTCP's, with
 * rtcp-mux from the RTP's. False: it did not leave. Never waits. */
bool media_rtcp_send(LinphoneCall *call, const char *kind, const void *octets, size_t len);

#endif
