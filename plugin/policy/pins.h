/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What earlier calls taught: pins (which NAI an address belongs to, and how strongly it proved
 * itself), "opens" (who has opened an envelope of ours, or made one for us) and "nobody" (no
 * operator vouches for that address, remembered for a day). One JSON file, written whole and
 * atomically.
 */
#ifndef SIMAUTH_PLUGIN_PINS_H
#define SIMAUTH_PLUGIN_PINS_H

#include <jansson.h>
#include <simauth/method.h>
#include <simauth/name.h>
#include <simauth/vector.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PINS_MAX 4096 /* the ones not seen for longest go first */
#define PINS_NOBODY_S 86400

struct pin {
    char aor[SIMAUTH_AOR_MAX + 1]; /* canonical */
    char nai[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
    const struct simauth_method *method; /* the strongest seen; never NULL */
    int64_t since, last;                 /* seconds since 1970 */
};

json_t *pin_to_json(const struct pin *pin); /* as it stands in the file; a new reference */

struct pins;

/* Reads FOLDER/pins.json; a missing file is an empty memory. NULL with a sentence in `error` (512
 * octets) when it cannot be read or is no such file: then it is not overwritten. */
struct pins *pins_open(const char *folder, char *error);
/* What stands for a file that cannot be read: empty, never saved, and pins_lost(). */
struct pins *pins_open_lost(const char *folder);
bool pins_lost(const struct pins *pins);
void pins_close(struct pins *pins); /* NULL is allowed */

/* NULL when there is none; valid until the next change. */
const struct pin *pins_find(const struct pins *pins, const char *aor);
size_t pins_count(const struct pins *pins);
const struct pin *pins_at(const struct pins *pins, size_t i);
/* Whether any pin's NAI is of that realm. */
bool pins_know_realm(const struct pins *pins, const char *realm);
/* After an authenticated call: adds or renews. A weaker method does not replace a stronger one. */
void pins_learn(struct pins *pins, const struct pin *pin);
/* Removes all that is known of that address; false when there was nothing. */
bool pins_forget(struct pins *pins, const char *aor);
/* That address is asked about again before the day is over; all else that is known of it stays.
 * False when nobody had to be asked again. */
bool pins_ask_again(struct pins *pins, const char *aor);

void pins_set_nobody(struct pins *pins, const char *aor, int64_t now);
bool pins_is_nobody(const struct pins *pins, const char *aor, int64_t now);
/* When that was asked last, however long ago; 0: never. */
int64_t pins_nobody_since(const struct pins *pins, const char *aor);

/* Whether that address reads envelopes, so that no call to it leaves in clear by itself; of a file
 * that cannot be read: of everybody. pins_set_opens() says whether that is new. */
bool pins_set_opens(struct pins *pins, const char *aor, int64_t now);
bool pins_opens(const struct pins *pins, const char *aor);

/* Writes the file (0600 in a folder 0700, which is made). Another Linphone, or simauthctl, may have
 * written it since: what was changed here goes into what stands there now, which is known here from
 * then on. False with a sentence in `error`: the changes are tried again at the next time. */
bool pins_save(struct pins *pins, char *error);

#endif
