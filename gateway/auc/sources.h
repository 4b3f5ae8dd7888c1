/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The vector sources there are; only auc.c needs it. */
#ifndef SIMAUTH_GATEWAY_SOURCES_H
#define SIMAUTH_GATEWAY_SOURCES_H

#include "auc.h"

extern const struct auc_ops auc_embedded;
extern const struct auc_ops auc_udm;

#endif
