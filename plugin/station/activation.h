/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A software SIM from an operator's code, into a file: simauthctl and the session bus. */
#ifndef SIMAUTH_PLUGIN_ACTIVATION_H
#define SIMAUTH_PLUGIN_ACTIVATION_H

#include <stdbool.h>

#define ACTIVATION_ERROR_MAX 512

/* `typed` is GATEWAY/CODE as a person has it, and is written over. `path` NULL: the first free one
 * of
 * ~/.config/simauth/sim.json, sim-2.json and so on. Returns the file's name, to be g_free()d, or
 * NULL with a sentence in `error`; *no_code: it was no code by its letters, and nobody was asked.
 * Waits for the gateway. The caller wipes `typed`. */
char *activation_fetch(char *typed, const char *path, const char *ca_file, bool *no_code,
                       char error[ACTIVATION_ERROR_MAX]);

#endif
