/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What leaves one call. Linphone's own flag of the microphone is the person's and stays as it is:
 * the desktop client reads it again only when it is clicked, and would say "muted" of somebody who
 * is heard. Below it are the streams' senders, which exist once a stream runs, and before that the
 * call's parameters, by which mediastreamer2 drops what is not encrypted.
 */
#include "media.h"
#include "stream.h"

#include <mediastreamer2/msrtp.h>

void media_only_encrypted(LinphoneCall *call)
{
    /* The call's own object: a copy would be taken by linphone_call_update() alone. */
    LinphoneCallParams *params = (LinphoneCallParams *)linphone_call_get_params(call);

    if (params)
        linphone_call_params_enable_mandatory_media_encryption(params, TRUE);
}

void media_silence(LinphoneCall *call, bool silent)
{
    static const LinphoneStreamType types[] = {LinphoneStreamTypeAudio, LinphoneStreamTypeVideo,
                                               LinphoneStreamTypeText};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        MediaStream *stream = stream_of(call, types[i]);
        if (stream && stream->rtpsend)
            ms_filter_call_method_noarg(stream->rtpsend,
                                        silent ? MS_RTP_SEND_MUTE : MS_RTP_SEND_UNMUTE);
    }
}
