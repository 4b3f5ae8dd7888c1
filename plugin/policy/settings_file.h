/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file of settings as a person changes it: simauthctl and the session bus, by the same rules.
 */
#ifndef SIMAUTH_PLUGIN_SETTINGS_FILE_H
#define SIMAUTH_PLUGIN_SETTINGS_FILE_H

#include "settings.h"

enum settings_change {
    SETTINGS_CHANGED,
    SETTINGS_REFUSED, /* it would not be understood, or cannot be read or written: as it was */
    SETTINGS_NOT_SET  /* what is to be taken out is not there */
};

/* With its comments; an empty one when there is none yet. NULL with a sentence in `error`
 * (SETTINGS_ERROR_MAX). g_key_file_free() it. */
GKeyFile *settings_file_load(const char *path, char *error);
/* One key of one group; `value` NULL takes it out. Checked whole before it is written, at once and
 * private. Else a sentence in `error` (SETTINGS_ERROR_MAX). */
enum settings_change settings_file_set(const char *path, const char *group, const char *key,
                                       const char *value, char *error);
/* "phone", or "account ADDRESS" and "peer ADDRESS" with the canonical address, into `canonical`
 * (SIMAUTH_AOR_MAX + 16). False with a sentence in `error`. */
bool settings_group(const char *group, char *canonical, char *error);

#endif
