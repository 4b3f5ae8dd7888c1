/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See ui_chain_report(). */
#ifndef SIMAUTH_UI_REPORT_H
#define SIMAUTH_UI_REPORT_H

#include "chain.h"

/* `text` without SIP addresses and NAIs, runs of digits, keys, codes and the name of the home
 * folder. The caller's. */
char *ui_report_redact(const char *text);

#endif
