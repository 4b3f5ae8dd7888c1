/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linphone's accounts by their addresses. Main loop only. */
#ifndef SIMAUTH_PLUGIN_ACCOUNTS_H
#define SIMAUTH_PLUGIN_ACCOUNTS_H

#include "core.h"

/* The address of an account; NULL: it has none. g_free(). */
char *account_uri(LinphoneAccount *account);
/* The first account with this address; NULL: none has it. */
LinphoneAccount *account_find(const struct core *core, const char *uri);

#endif
