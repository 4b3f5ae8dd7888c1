/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What leaves one call. The microphone's flag is what the person sees, and can lift; the senders of
 * the streams are below it. The flag is set before a stream starts, when there is no sender yet.
 */
#include "sink.h"

#include <dlfcn.h>
#include <mediastreamer2/mediastream.h>
#include <mediastreamer2/msrtp.h>

bool media_mute(LinphoneCall *call)
{
    if (linphone_call_get_microphone_muted(call))
        return false;
    linphone_call_set_microphone_muted(call, TRUE);
    return true;
}

void media_unmute(LinphoneCall *call)
{
    linphone_call_set_microphone_muted(call, FALSE);
}

void media_silence(LinphoneCall *call, bool silent)
{
    static const LinphoneStreamType types[] = {LinphoneStreamTypeAudio, LinphoneStreamTypeVideo,
                                               LinphoneStreamTypeText};
    MediaStream *(*get_stream)(LinphoneCall *, LinphoneStreamType) =
        (MediaStream * (*)(LinphoneCall *, LinphoneStreamType))
            dlsym(RTLD_DEFAULT, "linphone_call_get_stream");

    for (size_t i = 0; get_stream && i < sizeof(types) / sizeof(types[0]); i++) {
        MediaStream *stream = get_stream(call, types[i]);
        if (stream && stream->rtpsend)
            ms_filter_call_method_noarg(stream->rtpsend,
                                        silent ? MS_RTP_SEND_MUTE : MS_RTP_SEND_UNMUTE);
    }
}
