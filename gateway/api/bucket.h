/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Token buckets: limits before a vector is drawn. */
#ifndef SIMAUTH_GATEWAY_BUCKET_H
#define SIMAUTH_GATEWAY_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct buckets;
struct buckets *buckets_new(void);
void buckets_free(struct buckets *buckets);
/* Takes one token of `name`; false when there is none. */
bool buckets_take(struct buckets *buckets, const char *name, int per_minute, int burst,
                  int64_t now_us);
/* `count` tokens, or none and false. */
bool buckets_take_all(struct buckets *buckets, const char *name, int count, int per_minute,
                      int burst, int64_t now_us);
/* One token of `per_day` in a day, and at once. */
bool buckets_take_of_day(struct buckets *buckets, const char *name, int per_day, int64_t now_us);
/* Whether buckets_take() would find one. */
bool buckets_have(struct buckets *buckets, const char *name, int per_minute, int burst,
                  int64_t now_us);
/* Gives one back that was taken. */
void buckets_give(struct buckets *buckets, const char *name);

#endif
