/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the table in methods.c. */
#ifndef SIMAUTH_LIB_METHODS_H
#define SIMAUTH_LIB_METHODS_H

#include "simauth/method.h"

extern const struct simauth_method simauth_method_aka;
extern const struct simauth_method simauth_method_akap;
extern const struct simauth_method simauth_method_gsm;
extern const struct simauth_method simauth_method_stp;
extern const struct simauth_method simauth_method_agt;

#endif
