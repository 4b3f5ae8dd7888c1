/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loaded into a phone by LD_PRELOAD: between the start of what a stream sends, by a thread of its
 * own, and what liblinphone does next (telling that the call runs) half a second goes by. On a fast
 * machine that is a moment in which one packet leaves or none.
 */
#include <dlfcn.h>
#include <mediastreamer2/msfilter.h>
#include <mediastreamer2/msinterfaces.h>
#include <unistd.h>

#define MOMENT_US 500000

__attribute__((visibility("default"))) int ms_filter_call_method_noarg(MSFilter *filter,
                                                                       unsigned int method)
{
    int (*real)(MSFilter *, unsigned int) =
        (int (*)(MSFilter *, unsigned int))dlsym(RTLD_NEXT, "ms_filter_call_method_noarg");
    int result = real(filter, method);

    if (method == MS_PLAYER_START)
        usleep(MOMENT_US);
    return result;
}
