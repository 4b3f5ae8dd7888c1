/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "simauth/result.h"

const char *simauth_result_name(enum simauth_result result)
{
    switch (result) {
    case SIMAUTH_OK:
        return "good";
    case SIMAUTH_NO_MEMORY:
        return "out of memory";
    case SIMAUTH_MALFORMED:
        return "malformed";
    case SIMAUTH_TOO_LONG:
        return "too long";
    case SIMAUTH_UNKNOWN_METHOD:
        return "unknown method";
    case SIMAUTH_WRONG:
        return "does not verify";
    case SIMAUTH_NOT_OURS:
        return "not the expected name";
    case SIMAUTH_EXPIRED:
        return "outside its time of validity";
    case SIMAUTH_UNTRUSTED:
        return "certificate not trusted";
    case SIMAUTH_CRYPTO:
        return "libcrypto failed";
    }
    return "unknown result";
}
