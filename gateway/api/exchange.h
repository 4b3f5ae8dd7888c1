/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One HTTP exchange with a partner: one question, or a batch of questions for vectors that wait at
 * the same time (docs/protocol.md section 6.1). Used by the thread of waiting.c alone.
 */
#ifndef SIMAUTH_GATEWAY_EXCHANGE_H
#define SIMAUTH_GATEWAY_EXCHANGE_H

#include "request.h"
#include <curl/curl.h>

struct exchange;
/* What came of one of its questions. */
enum exchange_end {
    EXCHANGE_ANSWERED,   /* question->status, ->answer and ->reason are set */
    EXCHANGE_OTHER_FORM, /* the partner knows its key from the other form: ask it so, once */
    EXCHANGE_NO_BATCHES  /* the partner takes no batches: ask each of them alone */
};

/* Questions of `count` requests (to one partner, same_partner()); more than one only where each
 * may_batch(). A single one with question->batched goes as a batch of one. NULL: no memory. */
struct exchange *exchange_new(const struct config *config, struct request *const *requests,
                              size_t count);
/* Nobody's: asks the partner nothing, and has ten seconds for that, so that a connection stands for
 * the next question. `fresh`: over a new one, else over one that stands. NULL: no memory. */
struct exchange *exchange_new_connection(const struct store_partner *partner, bool fresh);
bool exchange_fresh(const struct exchange *exchange);
/* In words why it had no answer. Lives as long as the exchange. */
const char *exchange_why(const struct exchange *exchange, CURLcode code);
/* Whether it was answered with this problem, by its status and its type. */
bool question_says(const struct question *question, enum problem problem);
/* With its answer: the partner takes this gateway for nobody's. What it refuses of one question
 * alone is that question's, and its connection stands. */
bool exchange_refuses_us(const struct exchange *exchange);
/* libcurl's; CURLOPT_PRIVATE is the exchange. */
CURL *exchange_easy(const struct exchange *exchange);
int64_t exchange_partner(const struct exchange *exchange); /* its id */
/* What a connection of its own is begun with. */
const struct tls_identity *exchange_identity(const struct exchange *exchange);
/* One that asks for nobody: NULL; else the partner that its questions name. */
const struct store_partner *exchange_asked(const struct exchange *exchange);
/* After it was taken out of the multi handle: reads what came, and tells of each question. Frees
 * the exchange. */
void exchange_end(struct exchange *exchange, CURLcode code,
                  void (*tell)(struct request *request, enum exchange_end end, void *data),
                  void *data);
/* Ends what was never sent: nobody is told. */
void exchange_free(struct exchange *exchange);
/* Whether a connection for the one is one for the other. */
bool same_way(const struct store_partner *a, const struct store_partner *b);
bool same_partner(const struct question *one, const struct question *other);
bool may_batch(const struct question *question);

#endif
