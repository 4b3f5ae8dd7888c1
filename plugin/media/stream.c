/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stream.h"

#include <dlfcn.h>

typedef MediaStream *(*get_stream_function)(LinphoneCall *call, LinphoneStreamType type);

static get_stream_function get_stream(void)
{
    static get_stream_function function;

    if (!function)
        function = (get_stream_function)dlsym(RTLD_DEFAULT, STREAM_FUNCTION);
    return function;
}

bool stream_can(void)
{
    return get_stream();
}

MediaStream *stream_of(LinphoneCall *call, LinphoneStreamType type)
{
    return get_stream() ? get_stream()(call, type) : NULL;
}
