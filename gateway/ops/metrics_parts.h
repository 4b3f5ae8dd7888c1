/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the text of metrics_text(). */
#ifndef SIMAUTH_GATEWAY_METRICS_PARTS_H
#define SIMAUTH_GATEWAY_METRICS_PARTS_H

#include "../gateway.h"
#include <glib.h>

/* HELP and TYPE. */
void metrics_head(GString *text, const char *name, const char *type, const char *help);
void metrics_write_partners(GString *text, struct gateway *gateway);
void metrics_write_certificates(GString *text, struct gateway *gateway);
void metrics_write_process(GString *text, struct gateway *gateway);

#endif
