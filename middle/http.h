/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the proxy asks: POST /v1/message, the whole SIP message in base64. 204: go on; any other
 * status is what the proxy is to answer, with the reason (or, of a 493, the certificate in base64)
 * as the answer's one line. */
#ifndef SIMAUTH_MIDDLE_HTTP_H
#define SIMAUTH_MIDDLE_HTTP_H

#include "judge.h"

struct http;
/* NULL with a sentence in `error` (CONFIG_ERROR_MAX). From then on the calls are used by one more
 * thread: http_lock() them. */
struct http *http_start(struct calls *calls, const struct config *config, char *error);
void http_lock(struct http *http);
/* Locked: from now on this configuration, for the calls too. It must outlive the service. */
void http_use(struct http *http, const struct config *config);
const struct config *http_config(const struct http *http); /* locked */
void http_unlock(struct http *http);
void http_stop(struct http *http);

#endif
