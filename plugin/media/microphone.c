/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The microphone of one call. */
#include "sink.h"

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
