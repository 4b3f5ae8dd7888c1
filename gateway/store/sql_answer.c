/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What every SQL store does: answers that are given again. One that holds a key (a ticket's other
 * half) stands as "sealed " and base64url; a JSON object begins otherwise. Such answers are not
 * sealed anew when the sealing key is replaced: they are over in five minutes.
 */
#include "sql.h"

#include <simauth/octets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK "sealed "
#define MARK_LEN (sizeof MARK - 1)
#define WHAT_MAX (sizeof "answer " + sizeof((struct store_answer *)0)->who)
#define PLACE_MAX (WHAT_MAX + 1 + 2 * STORE_KEY_LEN)

/* "answer p:Operator B 0011.." */
static void place_of(const char *who, const uint8_t *key, char place[static PLACE_MAX])
{
    char what[WHAT_MAX];

    snprintf(what, sizeof what, "answer %s", who);
    seal_place(what, key, STORE_KEY_LEN, place);
}

char *sql_answer_close(struct store *store, const struct store_answer *answer)
{
    size_t len = strlen(answer->body), sealed_len = len + SEAL_OVERHEAD;
    uint8_t *sealed = malloc(sealed_len);
    char *text = malloc(MARK_LEN + SIMAUTH_B64U_LEN(sealed_len) + 1);
    char place[PLACE_MAX];
    bool good = sealed && text;

    place_of(answer->who, answer->key, place);
    good = good && seal_close(store->seal, place, answer->body, len, sealed) == 0;
    if (good) {
        memcpy(text, MARK, MARK_LEN);
        simauth_b64u_encode(sealed, sealed_len, text + MARK_LEN);
    } else {
        free(text);
        text = NULL;
    }
    free(sealed);
    return text;
}

/* malloc'ed; NULL: of another key, or damaged. */
static char *open_body(struct store *store, const char *who, const uint8_t *key, const char *text)
{
    size_t len = strlen(text), sealed_len = len / 4 * 3 + (len % 4 ? len % 4 - 1 : 0);
    char place[PLACE_MAX], *body = NULL;
    uint8_t *sealed;

    if (sealed_len < SEAL_OVERHEAD || !(sealed = malloc(sealed_len)))
        return NULL;
    place_of(who, key, place);
    if (simauth_b64u_decode(text, len, sealed, sealed_len) == SIMAUTH_OK)
        body = calloc(1, sealed_len - SEAL_OVERHEAD + 1);
    if (body && seal_open(store->seal, place, sealed, sealed_len, body) != 0) {
        free(body);
        body = NULL;
    }
    free(sealed);
    return body;
}

enum store_result sql_answer_read(struct store *store, const char *text,
                                  struct store_answer *answer)
{
    answer->secret = strncmp(text, MARK, MARK_LEN) == 0;
    answer->body =
        answer->secret ? open_body(store, answer->who, answer->key, text + MARK_LEN) : strdup(text);
    if (answer->body)
        return STORE_OK;
    return answer->secret ? STORE_NONE : STORE_FAILED;
}

enum store_result sql_answer_get(struct store *store, const char *who, const uint8_t *key,
                                 struct store_answer *answer)
{
    struct sql_rows *s = sql_bind(store, SQL_ANSWER_GET, "tb", who, key, (size_t)STORE_KEY_LEN);
    enum store_result result = sql_row(store, s);

    if (result != STORE_OK)
        return result;
    memset(answer, 0, sizeof *answer);
    snprintf(answer->who, sizeof answer->who, "%s", who);
    memcpy(answer->key, key, STORE_KEY_LEN);
    answer->made = sql_integer(store, s, 2);
    if (sql_octets(store, s, 0, answer->hash, STORE_HASH_LEN))
        result = sql_answer_read(store, sql_string(store, s, 1), answer);
    else
        result = STORE_DAMAGED;
    sql_reset(store, s);
    return result;
}

enum store_result sql_answer_put(struct store *store, const struct store_answer *answer)
{
    char *sealed = answer->secret ? sql_answer_close(store, answer) : NULL;
    enum store_result result = STORE_FAILED;

    if (sealed || !answer->secret)
        result =
            sql_run(store, sql_bind(store, SQL_ANSWER_PUT, "tbbti", answer->who, answer->key,
                                    (size_t)STORE_KEY_LEN, answer->hash, (size_t)STORE_HASH_LEN,
                                    sealed ? sealed : answer->body, answer->made));
    free(sealed);
    return result;
}
