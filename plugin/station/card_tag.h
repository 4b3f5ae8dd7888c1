/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A mark that tells one card from another and says nothing else of it. */
#ifndef SIMAUTH_PLUGIN_CARD_TAG_H
#define SIMAUTH_PLUGIN_CARD_TAG_H

#include <stdbool.h>

#define CARD_TAG_LEN 16 /* hexadecimal digits */

/* HMAC-SHA-256 of `iccid`, cut to 8 octets, under FOLDER/card-tags.salt: an ICCID has few unknown
 * digits, so that a mark without a salt would tell it to whoever tries them all. False: folder or
 * salt cannot be had; there is no mark then. May wait for the disk. */
bool card_tag(const char *folder, const char *iccid, char tag[static CARD_TAG_LEN + 1]);

#endif
