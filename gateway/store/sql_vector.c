/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every SQL store does: bootstrapping and the life of vectors. */
#include "sql.h"

#include <openssl/crypto.h>
#include <string.h>

#define UB_SECRET_LEN (1 + SIMAUTH_RES_MAX + 32) /* length of RES, RES, CK || IK */

/* -- Ub ---------------------------------------------------------------------------------------- */

enum store_result sql_ub_put(struct store *store, const struct store_ub *ub)
{
    uint8_t octets[UB_SECRET_LEN] = {0}, sealed[UB_SECRET_LEN + SEAL_OVERHEAD];
    char place[SEAL_PLACE_MAX];
    enum store_result result = STORE_FAILED;

    if (ub->res.len > SIMAUTH_RES_MAX || ub->ck_ik.len != 32)
        return STORE_FAILED;
    octets[0] = ub->res.len;
    memcpy(octets + 1, ub->res.octets, ub->res.len);
    memcpy(octets + 1 + SIMAUTH_RES_MAX, ub->ck_ik.octets, 32);
    seal_place("ub", ub->rand, SIMAUTH_RAND_LEN, place);
    if (seal_close(store->seal, place, octets, sizeof octets, sealed) == 0)
        result =
            sql_run(store, sql_bind(store, SQL_UB_PUT, "ibbbii", ub->subscriber, ub->rand,
                                    (size_t)SIMAUTH_RAND_LEN, ub->autn, (size_t)SIMAUTH_AUTN_LEN,
                                    sealed, sizeof sealed, (int64_t)ub->resynced, ub->issued));
    OPENSSL_cleanse(octets, sizeof octets);
    return result;
}

enum store_result sql_ub_get(struct store *store, int64_t subscriber, struct store_ub *ub)
{
    struct sql_rows *s = sql_bind(store, SQL_UB_GET, "i", subscriber);
    enum store_result result = sql_row(store, s);
    uint8_t octets[UB_SECRET_LEN];
    char place[SEAL_PLACE_MAX];

    if (result != STORE_OK)
        return result;
    memset(ub, 0, sizeof *ub);
    ub->subscriber = subscriber;
    ub->resynced = (int)sql_integer(store, s, 4);
    ub->issued = sql_integer(store, s, 5);
    result = STORE_DAMAGED;
    if (sql_octets(store, s, 1, ub->rand, SIMAUTH_RAND_LEN) &&
        sql_octets(store, s, 2, ub->autn, SIMAUTH_AUTN_LEN)) {
        seal_place("ub", ub->rand, SIMAUTH_RAND_LEN, place);
        if (sql_sealed(store, s, 3, place, octets, sizeof octets) && octets[0] <= SIMAUTH_RES_MAX &&
            simauth_secret_set(&ub->res, octets + 1, octets[0]) == SIMAUTH_OK &&
            simauth_secret_set(&ub->ck_ik, octets + 1 + SIMAUTH_RES_MAX, 32) == SIMAUTH_OK)
            result = STORE_OK;
        OPENSSL_cleanse(octets, sizeof octets);
    }
    sql_reset(store, s);
    return result;
}

enum store_result sql_ub_take(struct store *store, const uint8_t *rand)
{
    return sql_run(store, sql_bind(store, SQL_UB_TAKE, "b", rand, (size_t)SIMAUTH_RAND_LEN));
}

enum store_result sql_session_put(struct store *store, const struct store_session *session)
{
    uint8_t sealed[32 + SEAL_OVERHEAD];
    char place[SEAL_PLACE_MAX];
    enum store_result result;

    seal_place("session", session->rand, SIMAUTH_RAND_LEN, place);
    if (session->ck_ik.len != 32 ||
        seal_close(store->seal, place, session->ck_ik.octets, 32, sealed) != 0)
        return STORE_FAILED;
    result = sql_run(store, sql_bind(store, SQL_SESSION_REMOVE_OLD, "i", session->subscriber));
    if (result != STORE_OK && result != STORE_NONE)
        return result;
    return sql_run(store, sql_bind(store, SQL_SESSION_PUT, "tibbi", session->btid,
                                   session->subscriber, session->rand, (size_t)SIMAUTH_RAND_LEN,
                                   sealed, sizeof sealed, session->expires));
}

enum store_result sql_session_get(struct store *store, const char *btid,
                                  struct store_session *session)
{
    struct sql_rows *s = sql_bind(store, SQL_SESSION_GET, "t", btid);
    enum store_result result = sql_row(store, s);
    char place[SEAL_PLACE_MAX];

    if (result != STORE_OK)
        return result;
    memset(session, 0, sizeof *session);
    session->subscriber = sql_integer(store, s, 1);
    session->expires = sql_integer(store, s, 5);
    result = STORE_DAMAGED;
    if (sql_text(store, s, 0, session->btid, sizeof session->btid) &&
        sql_text(store, s, 2, session->impi, sizeof session->impi) &&
        sql_text(store, s, 6, session->nai, sizeof session->nai) &&
        sql_octets(store, s, 3, session->rand, SIMAUTH_RAND_LEN)) {
        seal_place("session", session->rand, SIMAUTH_RAND_LEN, place);
        session->ck_ik.len = 32;
        if (sql_sealed(store, s, 4, place, session->ck_ik.octets, 32))
            result = STORE_OK;
    }
    sql_reset(store, s);
    return result;
}

/* -- vectors ----------------------------------------------------------------------------------- */

static enum store_result seal_ssk(struct store *store, const struct store_vector *v,
                                  uint8_t sealed[static SIMAUTH_KEY_LEN + SEAL_OVERHEAD])
{
    char place[SEAL_PLACE_MAX];

    seal_place("vector", v->rand, SIMAUTH_RAND_LEN, place);
    if (v->ssk.len != SIMAUTH_KEY_LEN ||
        seal_close(store->seal, place, v->ssk.octets, SIMAUTH_KEY_LEN, sealed) != 0)
        return STORE_FAILED;
    return STORE_OK;
}

enum store_result sql_vector_add(struct store *store, struct store_vector *v)
{
    uint8_t sealed[SIMAUTH_KEY_LEN + SEAL_OVERHEAD];
    enum store_result result = seal_ssk(store, v, sealed);

    if (result != STORE_OK)
        return result;
    result = sql_run(store, sql_bind(store, SQL_VECTOR_ADD, "iiitbbbttttttbiiiii", (int64_t)v->role,
                                     v->subscriber, v->peer, v->method->name, v->rand,
                                     (size_t)v->rand_len, v->autn, (size_t)SIMAUTH_AUTN_LEN,
                                     v->rand_b_len ? v->rand_b : (const uint8_t *)"",
                                     (size_t)v->rand_b_len, v->caller, v->callee, v->nai_a,
                                     v->nai_b, v->operator_name, v->element, sealed, sizeof sealed,
                                     (int64_t)v->sim_age, (int64_t)v->state, (int64_t)v->resynced,
                                     v->record, v->changed));
    v->id = sql_inserted(store);
    return result;
}

static bool read_rand(struct store *store, struct sql_rows *s, int column, uint8_t *rand,
                      uint8_t *len)
{
    int n = sql_bytes(store, s, column);

    if (n < 0 || n > SIMAUTH_CHAL_MAX)
        return false;
    *len = (uint8_t)n;
    return n == 0 || sql_octets(store, s, column, rand, (size_t)n);
}

static bool read_texts(struct store *store, struct sql_rows *s, struct store_vector *v)
{
    return sql_text(store, s, 8, v->caller, sizeof v->caller) &&
           sql_text(store, s, 9, v->callee, sizeof v->callee) &&
           sql_text(store, s, 10, v->nai_a, sizeof v->nai_a) &&
           sql_text(store, s, 11, v->nai_b, sizeof v->nai_b) &&
           sql_text(store, s, 12, v->operator_name, sizeof v->operator_name) &&
           sql_text(store, s, 13, v->element, sizeof v->element);
}

static enum store_result read_vector(struct store *store, struct sql_rows *s,
                                     struct store_vector *v)
{
    const char *method = sql_string(store, s, 4);
    char place[SEAL_PLACE_MAX];

    memset(v, 0, sizeof *v);
    v->id = sql_integer(store, s, 0);
    v->role = (enum store_vector_role)(int)sql_integer(store, s, 1);
    v->subscriber = sql_integer(store, s, 2);
    v->peer = sql_integer(store, s, 3);
    v->method = method ? simauth_method_find(method, strlen(method)) : NULL;
    v->sim_age = (int)sql_integer(store, s, 15);
    v->state = (enum store_vector_state)(int)sql_integer(store, s, 16);
    v->resynced = (int)sql_integer(store, s, 17);
    v->record = sql_integer(store, s, 18);
    v->changed = sql_integer(store, s, 19);
    if (!v->method || !read_rand(store, s, 5, v->rand, &v->rand_len) ||
        v->rand_len < SIMAUTH_RAND_LEN || !read_rand(store, s, 7, v->rand_b, &v->rand_b_len) ||
        !sql_octets(store, s, 6, v->autn, SIMAUTH_AUTN_LEN) || !read_texts(store, s, v))
        return STORE_DAMAGED;
    seal_place("vector", v->rand, SIMAUTH_RAND_LEN, place);
    v->ssk.len = SIMAUTH_KEY_LEN;
    return sql_sealed(store, s, 14, place, v->ssk.octets, SIMAUTH_KEY_LEN) ? STORE_OK
                                                                           : STORE_DAMAGED;
}

static enum store_result read_one(struct store *store, struct sql_rows *s, struct store_vector *v)
{
    enum store_result result = sql_row(store, s);

    if (result == STORE_OK)
        result = read_vector(store, s, v);
    sql_reset(store, s);
    return result;
}

enum store_result sql_vector_by_rand(struct store *store, enum store_vector_role role,
                                     const uint8_t *rand, size_t len, struct store_vector *v)
{
    return read_one(store, sql_bind(store, SQL_VECTOR_BY_RAND, "ib", (int64_t)role, rand, len), v);
}

enum store_result sql_vector_by_rand_b(struct store *store, enum store_vector_role role,
                                       int64_t peer, const uint8_t *rand_b, size_t len,
                                       struct store_vector *v)
{
    return read_one(
        store, sql_bind(store, SQL_VECTOR_BY_RAND_B, "iib", (int64_t)role, peer, rand_b, len), v);
}

enum store_result sql_vector_of_sim(struct store *store, int64_t subscriber, const uint8_t *rand_b,
                                    size_t len, struct store_vector *v)
{
    return read_one(store, sql_bind(store, SQL_VECTOR_OF_SIM, "ib", subscriber, rand_b, len), v);
}

enum store_result sql_vector_step(struct store *store, int64_t id, enum store_vector_state to,
                                  const char *element, int64_t since, int64_t now)
{
    return sql_run(store,
                   sql_bind(store, SQL_VECTOR_STEP, "iitii", id, (int64_t)to, element, since, now));
}

enum store_result sql_vector_bind(struct store *store, int64_t id, const char *element)
{
    return sql_run(store, sql_bind(store, SQL_VECTOR_BIND, "it", id, element));
}

enum store_result sql_vector_resync(struct store *store, int64_t id, enum store_vector_state state)
{
    return sql_run(store, sql_bind(store, SQL_VECTOR_RESYNC, "ii", id, (int64_t)state));
}

enum store_result sql_vector_give(struct store *store, int64_t id, const uint8_t *seal_to)
{
    return sql_run(store,
                   sql_bind(store, SQL_VECTOR_GIVE, "ib", id, seal_to, (size_t)SIMAUTH_X25519_LEN));
}

enum store_result sql_vector_renew(struct store *store, const struct store_vector *v)
{
    uint8_t sealed[SIMAUTH_KEY_LEN + SEAL_OVERHEAD];
    enum store_result result = seal_ssk(store, v, sealed);

    if (result != STORE_OK)
        return result;
    return sql_run(store,
                   sql_bind(store, SQL_VECTOR_RENEW, "ibbbi", v->id, v->rand, (size_t)v->rand_len,
                            v->autn, (size_t)SIMAUTH_AUTN_LEN, sealed, sizeof sealed, v->changed));
}
