/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A conference on this phone: each of its calls keeps a word of its own; what is heard together is
 * worth the weakest. */
#ifndef SIMAUTH_PLUGIN_CONFERENCE_H
#define SIMAUTH_PLUGIN_CONFERENCE_H

#include <jansson.h>
#include <simauth/session.h>

struct call;
struct core;

/* "conference", and "weakest" of its calls' words, for a person: in a conference nobody is more
 * certain than the least certain one who is heard. */
void conference_record(const struct call *call, json_t *record);
/* The weakest word among all calls of the conference on this phone, those too that nobody is asked
 * about, and whose it is (NULL: one of those, or there is no conference). */
enum simauth_word conference_weakest(const struct core *core, const struct call **weakest);

#endif
