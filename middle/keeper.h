/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is read anew while the service runs: the configuration with its certificates and policy when
 * somebody asks for it (SIGHUP), lists of revoked certificates when their files change. On a thread
 * of its own, which nobody waits for; calls that are there stay. */
#ifndef SIMAUTH_MIDDLE_KEEPER_H
#define SIMAUTH_MIDDLE_KEEPER_H

#include "http.h"

struct keeper;
/* Takes the configuration that was read from `path`, and reads its lists. keeper_free() it. */
struct keeper *keeper_new(const char *path, struct config *config);
/* From now on, while `http` serves with that configuration. False: no thread could be had. */
bool keeper_start(struct keeper *keeper, struct http *http);
void keeper_reload(struct keeper *keeper);
/* The thread is over when this returns; `http` serves on with the configuration as it is then. */
void keeper_stop(struct keeper *keeper);
void keeper_free(struct keeper *keeper); /* and the configuration */

#endif
