/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of vectors, in memory. */
#include "calls_code.h"
#include "calls_own.h"

#include <openssl/rand.h>
#include <string.h>

/* -- tables --------------------------------------------------------------------------------------
 */

/* A partner chooses the RAND_B of its calls: which ones meet in a table it must not know. */
static uint64_t stir[2];

static guint hash_rand(gconstpointer key)
{
    const struct calls_rand *rand = key;
    uint64_t half[2] = {0};

    memcpy(half, rand->octets, rand->len < sizeof half ? rand->len : sizeof half);
    half[0] = (half[0] ^ stir[0]) * UINT64_C(0x9e3779b97f4a7c15);
    half[1] = (half[1] ^ stir[1] ^ half[0] >> 32) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (guint)((half[0] ^ half[1]) >> 32);
}

static gboolean same_rand(gconstpointer a, gconstpointer b)
{
    const struct calls_rand *one = a, *other = b;

    return one->len == other->len && memcmp(one->octets, other->octets, one->len) == 0;
}

void calls_vectors_init(struct calls *calls)
{
    if (stir[0] == 0)
        RAND_bytes((uint8_t *)stir, sizeof stir);
    calls->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    calls->by_rand = g_hash_table_new(hash_rand, same_rand);
    calls->by_rand_b = g_hash_table_new(hash_rand, same_rand);
    g_queue_init(&calls->vectors_due);
}

void calls_vectors_clear(struct calls *calls)
{
    struct calls_vector *v;

    g_hash_table_destroy(calls->by_id);
    g_hash_table_destroy(calls->by_rand);
    g_hash_table_destroy(calls->by_rand_b);
    while ((v = g_queue_pop_head(&calls->vectors_due)))
        calls_vector_free(v);
}

static void insert(struct calls *calls, struct calls_vector *v)
{
    g_hash_table_insert(calls->by_id, &v->id, v);
    g_hash_table_insert(calls->by_rand, &v->rand, v);
    if (!v->rand_b.len)
        return;
    v->older = g_hash_table_lookup(calls->by_rand_b, &v->rand_b);
    g_hash_table_replace(calls->by_rand_b, &v->rand_b, v);
}

static void take_out(struct calls *calls, struct calls_vector *v)
{
    struct calls_vector *at = g_hash_table_lookup(calls->by_rand_b, &v->rand_b);

    g_hash_table_remove(calls->by_id, &v->id);
    g_hash_table_remove(calls->by_rand, &v->rand);
    if (!v->rand_b.len)
        return;
    if (at == v && v->older)
        g_hash_table_replace(calls->by_rand_b, &v->older->rand_b, v->older);
    else if (at == v)
        g_hash_table_remove(calls->by_rand_b, &v->rand_b);
    for (; at && at != v; at = at->older)
        if (at->older == v)
            at->older = v->older;
    v->older = NULL;
}

static struct calls_vector *find(struct calls *calls, const uint8_t *rand, size_t len)
{
    struct calls_rand key = {.len = (uint8_t)len};

    if (len > sizeof key.octets)
        return NULL;
    memcpy(key.octets, rand, len);
    return g_hash_table_lookup(calls->by_rand, &key);
}

/* -- changes -------------------------------------------------------------------------------------
 */

static struct calls_vector *copy(const struct calls_vector *v)
{
    struct calls_vector *before = g_memdup2(v, sizeof *v);

    before->element = g_strdup(v->element);
    before->rest = g_bytes_ref(v->rest);
    return before;
}

static void remember(struct calls *calls, enum calls_undo_what what, struct calls_vector *v)
{
    calls_remember(calls, (struct calls_undo){.what = what,
                                              .vector = v,
                                              .before = what == CALLS_UNDO_SET ? copy(v) : NULL});
}

void calls_vector_done(struct calls *calls, struct calls_undo *undo)
{
    struct calls_vector *v = undo->vector;

    if (undo->what == CALLS_UNDO_ADD) {
        v->queued = v->changed;
        g_queue_push_tail(&calls->vectors_due, v);
    } else if (undo->what == CALLS_UNDO_REMOVE) {
        v->dead = true;
    }
    calls_vector_free(undo->before);
}

void calls_vector_undo(struct calls *calls, struct calls_undo *undo)
{
    struct calls_vector *v = undo->vector, *before = undo->before;
    bool moved;

    switch (undo->what) {
    case CALLS_UNDO_ADD:
        take_out(calls, v);
        calls_vector_free(v);
        break;
    case CALLS_UNDO_REMOVE:
        insert(calls, v);
        break;
    default:
        moved = !same_rand(&v->rand, &before->rand);
        if (moved)
            g_hash_table_remove(calls->by_rand, &v->rand);
        v->rand = before->rand;
        if (moved)
            g_hash_table_insert(calls->by_rand, &v->rand, v);
        v->changed = before->changed;
        v->state = before->state;
        v->resynced = before->resynced;
        v->given = before->given;
        memcpy(v->given_to, before->given_to, sizeof v->given_to);
        g_free(v->element);
        v->element = g_steal_pointer(&before->element);
        g_bytes_unref(v->rest);
        v->rest = g_steal_pointer(&before->rest);
        calls_vector_free(before);
    }
}

static void add(struct calls *calls, struct calls_vector *v)
{
    insert(calls, v);
    remember(calls, CALLS_UNDO_ADD, v);
}

static void remove_one(struct calls *calls, struct calls_vector *v)
{
    take_out(calls, v);
    remember(calls, CALLS_UNDO_REMOVE, v);
}

void calls_vector_put(struct calls *calls, struct calls_vector *v)
{
    struct calls_vector *other = g_hash_table_lookup(calls->by_id, &v->id);

    if (other)
        remove_one(calls, other);
    other = g_hash_table_lookup(calls->by_rand, &v->rand);
    if (other)
        remove_one(calls, other);
    if (v->id >= calls->next_vector)
        calls->next_vector = v->id + 1;
    add(calls, v);
}

void calls_vector_change(struct calls *calls, struct calls_vector *to)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &to->id);

    if (v) {
        remember(calls, CALLS_UNDO_SET, v);
        v->changed = to->changed;
        v->state = to->state;
        v->resynced = to->resynced;
        v->given = to->given;
        memcpy(v->given_to, to->given_to, sizeof v->given_to);
        g_free(v->element);
        v->element = g_steal_pointer(&to->element);
    }
    calls_vector_free(to);
}

/* -- as store.h has them -------------------------------------------------------------------------
 */

enum store_result calls_vector_add(struct calls *calls, struct store_vector *from)
{
    struct calls_vector *v;
    GBytes *rest;

    if (find(calls, from->rand, from->rand_len))
        return STORE_EXISTS;
    rest = calls_rest(calls->seal, from);
    if (!rest)
        return STORE_FAILED;
    from->id = calls->next_vector++;
    v = g_new0(struct calls_vector, 1);
    *v = (struct calls_vector){.id = from->id,
                               .subscriber = from->subscriber,
                               .peer = from->peer,
                               .record = from->record,
                               .role = from->role,
                               .rand.len = from->rand_len,
                               .rand_b.len = from->rand_b_len,
                               .changed = from->changed,
                               .state = from->state,
                               .resynced = from->resynced,
                               .element = from->element[0] ? g_strdup(from->element) : NULL,
                               .rest = rest};
    memcpy(v->rand.octets, from->rand, from->rand_len);
    memcpy(v->rand_b.octets, from->rand_b, from->rand_b_len);
    add(calls, v);
    calls_put_vector(calls->frame, v);
    return STORE_OK;
}

static enum store_result read_out(struct calls *calls, const struct calls_vector *v,
                                  struct store_vector *out)
{
    if (!v)
        return STORE_NONE;
    memset(out, 0, sizeof *out);
    out->id = v->id;
    out->role = v->role;
    out->subscriber = v->subscriber;
    out->peer = v->peer;
    out->record = v->record;
    out->rand_len = v->rand.len;
    memcpy(out->rand, v->rand.octets, v->rand.len);
    out->rand_b_len = v->rand_b.len;
    memcpy(out->rand_b, v->rand_b.octets, v->rand_b.len);
    out->changed = v->changed;
    out->state = v->state;
    out->resynced = v->resynced;
    if (v->element)
        g_strlcpy(out->element, v->element, sizeof out->element);
    return calls_rest_read(calls->seal, v->rest, out);
}

enum store_result calls_vector_by_rand(struct calls *calls, enum store_vector_role role,
                                       const uint8_t *rand, size_t len, struct store_vector *out)
{
    const struct calls_vector *v = find(calls, rand, len);

    return read_out(calls, v && v->role == role ? v : NULL, out);
}

static struct calls_vector *newest(struct calls *calls, const uint8_t *rand_b, size_t len)
{
    struct calls_rand key = {.len = (uint8_t)len};

    if (len == 0 || len > sizeof key.octets)
        return NULL;
    memcpy(key.octets, rand_b, len);
    return g_hash_table_lookup(calls->by_rand_b, &key);
}

enum store_result calls_vector_by_rand_b(struct calls *calls, enum store_vector_role role,
                                         int64_t peer, const uint8_t *rand_b, size_t len,
                                         struct store_vector *out)
{
    const struct calls_vector *v = newest(calls, rand_b, len);

    while (v && (v->role != role || v->peer != peer))
        v = v->older;
    return read_out(calls, v, out);
}

enum store_result calls_vector_of_sim(struct calls *calls, int64_t subscriber,
                                      const uint8_t *rand_b, size_t len, struct store_vector *out)
{
    const struct calls_vector *found = NULL;

    for (const struct calls_vector *v = newest(calls, rand_b, len); v; v = v->older)
        if (v->role == STORE_AV_B && v->subscriber == subscriber)
            found = v;
    return read_out(calls, found, out);
}

enum store_result calls_vector_step(struct calls *calls, int64_t id, enum store_vector_state to,
                                    const char *element, int64_t since, int64_t now)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &id);

    if (!v || v->state != STORE_ISSUED || v->changed < since)
        return STORE_NONE;
    remember(calls, CALLS_UNDO_SET, v);
    v->state = to;
    g_free(v->element);
    v->element = element[0] ? g_strdup(element) : NULL;
    v->changed = now;
    calls_put_step(calls->frame, v);
    return STORE_OK;
}

enum store_result calls_vector_resync(struct calls *calls, int64_t id,
                                      enum store_vector_state state)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &id);

    if (!v || v->state != state || v->resynced)
        return STORE_NONE;
    remember(calls, CALLS_UNDO_SET, v);
    v->resynced = true;
    calls_put_step(calls->frame, v);
    return STORE_OK;
}

enum store_result calls_vector_give(struct calls *calls, int64_t id, const uint8_t *seal_to)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &id);

    if (!v || (v->given && memcmp(v->given_to, seal_to, sizeof v->given_to) != 0))
        return STORE_NONE;
    if (v->given)
        return STORE_OK;
    remember(calls, CALLS_UNDO_SET, v);
    v->given = true;
    memcpy(v->given_to, seal_to, sizeof v->given_to);
    calls_put_step(calls->frame, v);
    return STORE_OK;
}

enum store_result calls_vector_renew(struct calls *calls, const struct store_vector *from)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &from->id);
    GBytes *rest;

    if (!v || v->state != STORE_ISSUED)
        return STORE_NONE;
    if (find(calls, from->rand, from->rand_len))
        return STORE_EXISTS;
    rest = calls_rest(calls->seal, from);
    if (!rest)
        return STORE_FAILED;
    remember(calls, CALLS_UNDO_SET, v);
    g_hash_table_remove(calls->by_rand, &v->rand);
    v->rand.len = from->rand_len;
    memcpy(v->rand.octets, from->rand, from->rand_len);
    g_hash_table_insert(calls->by_rand, &v->rand, v);
    g_bytes_unref(v->rest);
    v->rest = rest;
    v->changed = from->changed;
    calls_put_vector(calls->frame, v);
    return STORE_OK;
}

/* -- what is over --------------------------------------------------------------------------------
 */

void calls_end(struct calls *calls, int64_t subscriber)
{
    size_t begin = calls_op_begin(calls->frame, CALLS_OP_END);
    GPtrArray *ended = g_ptr_array_new();
    GHashTableIter all;
    gpointer value;

    calls_put(calls->frame, subscriber);
    calls_op_end(calls->frame, begin);
    g_hash_table_iter_init(&all, calls->by_id);
    while (g_hash_table_iter_next(&all, NULL, &value))
        if (subscriber == 0 || ((struct calls_vector *)value)->subscriber == subscriber)
            g_ptr_array_add(ended, value);
    for (guint i = 0; i < ended->len; i++)
        remove_one(calls, g_ptr_array_index(ended, i));
    g_ptr_array_free(ended, TRUE);
}

void calls_forget(struct calls *calls, int64_t since)
{
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, calls->by_id);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        struct calls_vector *v = value;

        if (v->state != STORE_GONE && v->changed < since) {
            remember(calls, CALLS_UNDO_SET, v);
            v->state = STORE_GONE;
            calls_put_step(calls->frame, v);
        }
    }
}

enum store_result calls_reseal(struct calls *calls, struct store_reseal *reseal)
{
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, calls->by_id);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        struct calls_vector *v = value;
        int state;
        GBytes *rest = calls_rest_reseal(calls->seal, v, reseal->count_only, &state);

        *(state == 0 ? &reseal->present : state == 1 ? &reseal->old : &reseal->unknown) += 1;
        if (!rest)
            continue;
        remember(calls, CALLS_UNDO_SET, v);
        g_bytes_unref(v->rest);
        v->rest = rest;
        calls_put_vector(calls->frame, v);
    }
    return STORE_OK;
}

/* Those at the head of the queue came first; one that changed since goes to its end. */
void calls_vectors_sweep(struct calls *calls, int64_t before, unsigned most)
{
    struct calls_vector *v;

    for (unsigned i = 0; (most == 0 || i < most) && (v = g_queue_peek_head(&calls->vectors_due));
         i++) {
        if (!v->dead && v->changed >= before) {
            if (v->queued == v->changed)
                return;
            v->queued = v->changed;
            g_queue_push_tail(&calls->vectors_due, g_queue_pop_head(&calls->vectors_due));
            continue;
        }
        g_queue_pop_head(&calls->vectors_due);
        if (!v->dead)
            take_out(calls, v);
        calls_vector_free(v);
    }
}
