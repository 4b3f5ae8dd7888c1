/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The charging record of what a subscriber of ours asks a partner for. It is kept before the
 * question leaves, with the method "unknown", so that whatever the partner gives and counts has a
 * record here too, also where its answer is lost. All inside a writing transaction.
 */
#ifndef SIMAUTH_GATEWAY_ASKED_H
#define SIMAUTH_GATEWAY_ASKED_H

#include "issue.h"

/* The record of a question for request->vectors.callee: request->record is its number. A repeat
 * (the same `key`, of STORE_KEY_LEN octets) has the record of the question that it repeats. */
struct outcome asked_ahead(struct request *request, const struct store_partner *partner,
                           const uint8_t *key);
/* The same as a transaction of its own, for request_question_key(); request->ticket is to be waited
 * for while the partner works. */
struct outcome asked_alone(struct request *request, const struct store_partner *partner);
/* The partner gave it: its NAI and method, in the record that was kept ahead or in a new one, whose
 * number is then `id`. */
struct outcome asked_given(struct request *request, const char *nai_b, const char *method,
                           int64_t *id);
/* Whether this is the first record of that `kind` for that RAND, within STORE_ANSWER_S. */
struct outcome record_once(struct request *request, const char *kind,
                           const uint8_t rand[static STORE_KEY_LEN], bool *first);
/* Good and *made false: one was made before. */
struct outcome record_made(struct request *request, const char *kind,
                           const uint8_t rand[static STORE_KEY_LEN], bool *made);

#endif
