/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many questions of a partner in one request (docs/protocol.md section 6.1). */
#ifndef SIMAUTH_GATEWAY_BATCH_H
#define SIMAUTH_GATEWAY_BATCH_H

#include "issue.h"

struct batch;
/* Reads a body that is a batch in the usual form into request->batch; false says nothing. */
bool batch_read(struct request *request);
/* The body {"batch":[...]}, taken; NULL: runs on with request->batch. */
void batch_post(struct request *request, json_t *object);
void batch_free(struct batch *batch); /* NULL is fine */
/* How many vectors it waits for that were not asked for yet; 0 for NULL. */
unsigned batch_fetches(const struct batch *batch);
/* Asks for them; each done() counts as one part of request_suspend(). */
void batch_fetch(struct request *request);

/* What request->vectors comes to, in an open writing transaction; *text (malloc'ed) is its answer,
 * NULL unless it is good. */
struct outcome federation_serve(struct request *request, char **text);
/* By asking for a call a partner speaks for the caller's address. Outside of transactions. */
struct outcome federation_claim(struct request *request, const struct body_vectors *body);

#endif
