/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inside plugin/media: a call's streams, by a function that liblinphone exports and none of its
 * installed headers has. */
#ifndef SIMAUTH_PLUGIN_STREAM_H
#define SIMAUTH_PLUGIN_STREAM_H

#include <linphone/core.h>
#include <mediastreamer2/mediastream.h>
#include <stdbool.h>

#define STREAM_FUNCTION "linphone_call_get_stream"

/* Whether this Linphone has it. */
bool stream_can(void);
/* NULL: the call has none of this kind (now), or Linphone cannot say. */
MediaStream *stream_of(LinphoneCall *call, LinphoneStreamType type);

#endif
