/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of vectors, in memory. */
#include "calls_code.h"
#include "calls_own.h"

#include <openssl/rand.h>
#include <string.h>

/* -- tables ------------------------------------------------------------------------------------ */

/* A partner chooses the RAND_B of its calls: which ones meet in a table it must not know. */
static uint64_t stir[2];

static guint hash_octets(const uint8_t *octets, size_t len)
{
    uint64_t half[2] = {0};

    memcpy(half, octets, len < sizeof half ? len : sizeof half);
    half[0] = (half[0] ^ stir[0]) * UINT64_C(0x9e3779b97f4a7c15);
    half[1] = (half[1] ^ stir[1] ^ half[0] >> 32) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (guint)((half[0] ^ half[1]) >> 32);
}

static guint hash_rand(gconstpointer key)
{
    const struct calls_vector *v = key;

    return hash_octets(v->rands, v->rand_len);
}

static guint hash_rand_b(gconstpointer key)
{
    const struct calls_vector *v = key;

    return hash_octets(v->rands + v->rand_len, v->rand_b_len);
}

static gboolean same_rand(gconstpointer a, gconstpointer b)
{
    const struct calls_vector *one = a, *other = b;

    return one->rand_len == other->rand_len && memcmp(one->rands, other->rands, one->rand_len) == 0;
}

static gboolean same_rand_b(gconstpointer a, gconstpointer b)
{
    const struct calls_vector *one = a, *other = b;

    return one->rand_b_len == other->rand_b_len &&
           memcmp(one->rands + one->rand_len, other->rands + other->rand_len, one->rand_b_len) == 0;
}

void calls_vectors_init(struct calls *calls)
{
    if (stir[0] == 0)
        RAND_bytes((uint8_t *)stir, sizeof stir);
    calls->by_id = g_hash_table_new(g_int64_hash, g_int64_equal);
    calls->by_rand = g_hash_table_new(hash_rand, same_rand);
    calls->by_rand_b = g_hash_table_new(hash_rand_b, same_rand_b);
}

static void queue(struct calls *calls, struct calls_vector *v)
{
    v->queued = v->changed;
    v->next = NULL;
    if (calls->vectors_due)
        calls->vectors_last->next = v;
    else
        calls->vectors_due = v;
    calls->vectors_last = v;
}

static void leave_queue(struct calls *calls)
{
    calls->vectors_due = calls->vectors_due->next;
}

void calls_vectors_clear(struct calls *calls)
{
    struct calls_vector *v;

    g_hash_table_destroy(calls->by_id);
    g_hash_table_destroy(calls->by_rand);
    g_hash_table_destroy(calls->by_rand_b);
    while ((v = calls->vectors_due)) {
        leave_queue(calls);
        calls_vector_free(v);
    }
}

static void insert(struct calls *calls, struct calls_vector *v)
{
    g_hash_table_add(calls->by_id, v);
    g_hash_table_add(calls->by_rand, v);
    if (!v->rand_b_len)
        return;
    v->older = g_hash_table_lookup(calls->by_rand_b, v);
    g_hash_table_add(calls->by_rand_b, v);
}

static void take_out(struct calls *calls, struct calls_vector *v)
{
    struct calls_vector *at;

    g_hash_table_remove(calls->by_id, v);
    g_hash_table_remove(calls->by_rand, v);
    if (!v->rand_b_len)
        return;
    at = g_hash_table_lookup(calls->by_rand_b, v);
    if (at == v && v->older)
        g_hash_table_add(calls->by_rand_b, v->older);
    else if (at == v)
        g_hash_table_remove(calls->by_rand_b, v);
    for (; at && at != v; at = at->older)
        if (at->older == v)
            at->older = v->older;
    v->older = NULL;
}

/* What is looked for: a vector with nothing but a RAND or a RAND_B. */
struct wanted {
    struct calls_vector v;
    uint8_t rands[SIMAUTH_CHAL_MAX];
};

static bool want(struct wanted *wanted, const uint8_t *octets, size_t len)
{
    if (len > sizeof wanted->rands)
        return false;
    memcpy((uint8_t *)wanted + offsetof(struct calls_vector, rands), octets, len);
    return true;
}

static struct calls_vector *find(struct calls *calls, const uint8_t *rand, size_t len)
{
    struct wanted wanted = {.v.rand_len = (uint8_t)len};

    return want(&wanted, rand, len) ? g_hash_table_lookup(calls->by_rand, &wanted.v) : NULL;
}

/* -- changes ----------------------------------------------------------------------------------- */

static struct calls_vector *copy(const struct calls_vector *v)
{
    struct calls_vector *before = calls_vector_new(v, v->rands, v->rands + v->rand_len);

    before->element = g_strdup(v->element);
    before->given_to = g_memdup2(v->given_to, SIMAUTH_X25519_LEN);
    return before;
}

/* What a step may change; `from` loses what it owns. */
static void take_state(struct calls_vector *v, struct calls_vector *from)
{
    v->changed = from->changed;
    v->state = from->state;
    v->resynced = from->resynced;
    g_free(v->given_to);
    v->given_to = g_steal_pointer(&from->given_to);
    g_free(v->element);
    v->element = g_steal_pointer(&from->element);
}

/* Another RAND of the same length. */
static void take_rand(struct calls *calls, struct calls_vector *v, const uint8_t *rand)
{
    g_hash_table_remove(calls->by_rand, v);
    memcpy(v->rands, rand, v->rand_len);
    g_hash_table_add(calls->by_rand, v);
}

static void remember(struct calls *calls, enum calls_undo_what what, struct calls_vector *v)
{
    calls_remember(calls, (struct calls_undo){.what = what,
                                              .vector = v,
                                              .before = what == CALLS_UNDO_SET ? copy(v) : NULL});
}

void calls_vector_done(struct calls *calls, struct calls_undo *undo,
                       const struct journal_place *place)
{
    struct calls_vector *v = undo->vector;

    if (v->place.number == 0) {
        v->place.number = place->number;
        v->place.at += place->at;
    }
    if (undo->what == CALLS_UNDO_ADD)
        queue(calls, v);
    else if (undo->what == CALLS_UNDO_REMOVE)
        v->dead = true;
    calls_vector_free(undo->before);
}

void calls_vector_undo(struct calls *calls, struct calls_undo *undo)
{
    struct calls_vector *v = undo->vector, *before = undo->before;

    switch (undo->what) {
    case CALLS_UNDO_ADD:
        take_out(calls, v);
        calls_vector_free(v);
        break;
    case CALLS_UNDO_REMOVE:
        insert(calls, v);
        break;
    default:
        if (!same_rand(v, before))
            take_rand(calls, v, before->rands);
        take_state(v, before);
        v->place = before->place;
        v->rest_len = before->rest_len;
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
    other = g_hash_table_lookup(calls->by_rand, v);
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
        take_state(v, to);
    }
    calls_vector_free(to);
}

/* -- as store.h has them ----------------------------------------------------------------------- */

/* All of it into the frame, which then is where its rest is. */
static void put_whole(struct calls *calls, struct calls_vector *v, const uint8_t *rest, size_t len)
{
    v->rest_len = (uint32_t)len;
    calls_put_vector(calls->frame, v, rest);
    v->place = (struct journal_place){.at = calls->frame->len - len};
}

enum store_result calls_vector_add(struct calls *calls, struct store_vector *from)
{
    const struct calls_vector head = {.id = calls->next_vector,
                                      .subscriber = from->subscriber,
                                      .peer = from->peer,
                                      .record = from->record,
                                      .role = (uint8_t)from->role,
                                      .rand_len = from->rand_len,
                                      .rand_b_len = from->rand_b_len,
                                      .changed = from->changed,
                                      .state = (uint8_t)from->state,
                                      .resynced = from->resynced};
    struct calls_vector *v;

    if (find(calls, from->rand, from->rand_len))
        return STORE_EXISTS;
    if (!calls_rest(calls->rest, calls->seal, from))
        return STORE_FAILED;
    from->id = calls->next_vector++;
    v = calls_vector_new(&head, from->rand, from->rand_b);
    v->element = from->element[0] ? g_strdup(from->element) : NULL;
    add(calls, v);
    put_whole(calls, v, calls->rest->data, calls->rest->len);
    return STORE_OK;
}

static enum store_result fetch_rest(struct calls *calls, const struct calls_vector *v,
                                    uint8_t rest[static CALLS_REST_MAX])
{
    if (v->place.number)
        return journal_fetch(calls->journal, &v->place, rest, v->rest_len);
    memcpy(rest, calls->frame->data + v->place.at, v->rest_len);
    return STORE_OK;
}

static enum store_result read_out(struct calls *calls, const struct calls_vector *v,
                                  struct store_vector *out)
{
    uint8_t rest[CALLS_REST_MAX];
    enum store_result result;

    if (!v)
        return STORE_NONE;
    memset(out, 0, sizeof *out);
    out->id = v->id;
    out->role = (enum store_vector_role)v->role;
    out->subscriber = v->subscriber;
    out->peer = v->peer;
    out->record = v->record;
    out->rand_len = v->rand_len;
    memcpy(out->rand, v->rands, v->rand_len);
    out->rand_b_len = v->rand_b_len;
    memcpy(out->rand_b, v->rands + v->rand_len, v->rand_b_len);
    out->changed = v->changed;
    out->state = (enum store_vector_state)v->state;
    out->resynced = v->resynced;
    if (v->element)
        g_strlcpy(out->element, v->element, sizeof out->element);
    result = fetch_rest(calls, v, rest);
    return result == STORE_OK ? calls_rest_read(calls->seal, rest, v->rest_len, out) : result;
}

enum store_result calls_vector_by_rand(struct calls *calls, enum store_vector_role role,
                                       const uint8_t *rand, size_t len, struct store_vector *out)
{
    const struct calls_vector *v = find(calls, rand, len);

    return read_out(calls, v && v->role == role ? v : NULL, out);
}

static struct calls_vector *newest(struct calls *calls, const uint8_t *rand_b, size_t len)
{
    struct wanted wanted = {.v.rand_b_len = (uint8_t)len};

    return len > 0 && want(&wanted, rand_b, len) ? g_hash_table_lookup(calls->by_rand_b, &wanted.v)
                                                 : NULL;
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

    if (!v || v->state != STORE_ISSUED || !store_is_young(v->changed, since, now))
        return STORE_NONE;
    if (v->element && strcmp(v->element, element) != 0)
        return STORE_NONE;
    remember(calls, CALLS_UNDO_SET, v);
    v->state = (uint8_t)to;
    g_free(v->element);
    v->element = element[0] ? g_strdup(element) : NULL;
    calls_put_step(calls->frame, v);
    return STORE_OK;
}

enum store_result calls_vector_bind(struct calls *calls, int64_t id, const char *element)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &id);

    if (!v || (v->element && strcmp(v->element, element) != 0))
        return STORE_NONE;
    if (v->element)
        return STORE_OK;
    remember(calls, CALLS_UNDO_SET, v);
    v->element = g_strdup(element);
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

    if (!v || (v->given_to && memcmp(v->given_to, seal_to, SIMAUTH_X25519_LEN) != 0))
        return STORE_NONE;
    if (v->given_to)
        return STORE_OK;
    remember(calls, CALLS_UNDO_SET, v);
    v->given_to = g_memdup2(seal_to, SIMAUTH_X25519_LEN);
    calls_put_step(calls->frame, v);
    return STORE_OK;
}

enum store_result calls_vector_renew(struct calls *calls, const struct store_vector *from)
{
    struct calls_vector *v = g_hash_table_lookup(calls->by_id, &from->id);

    if (!v || v->state != STORE_ISSUED)
        return STORE_NONE;
    if (find(calls, from->rand, from->rand_len))
        return STORE_EXISTS;
    /* of the same method, which has one length */
    if (from->rand_len != v->rand_len || !calls_rest(calls->rest, calls->seal, from))
        return STORE_FAILED;
    remember(calls, CALLS_UNDO_SET, v);
    take_rand(calls, v, from->rand);
    v->changed = from->changed;
    put_whole(calls, v, calls->rest->data, calls->rest->len);
    return STORE_OK;
}

/* -- what is over ------------------------------------------------------------------------------ */

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

bool calls_forget(struct calls *calls, int64_t since)
{
    unsigned count = 0;
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, calls->by_id);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        struct calls_vector *v = value;

        if (v->state != STORE_GONE && v->changed < since) {
            if (count++ == CALLS_FORGET_BATCH)
                return false;
            remember(calls, CALLS_UNDO_SET, v);
            v->state = STORE_GONE;
            calls_put_step(calls->frame, v);
        }
    }
    return true;
}

static enum store_result reseal_one(struct calls *calls, struct calls_vector *v,
                                    struct store_reseal *reseal)
{
    uint8_t rest[CALLS_REST_MAX];
    enum store_result result = fetch_rest(calls, v, rest);
    int state;
    bool fresh;

    if (result != STORE_OK)
        return result == STORE_NONE ? STORE_OK : result; /* nobody may use it any more */
    fresh = calls_rest_reseal(calls->seal, v, rest, reseal->count_only, &state);
    *(state == 0 ? &reseal->present : state == 1 ? &reseal->old : &reseal->unknown) += 1;
    if (fresh) {
        remember(calls, CALLS_UNDO_SET, v);
        put_whole(calls, v, rest, v->rest_len);
    }
    return STORE_OK;
}

/* The lowest number above `after`; INT64_MAX: none. */
static int64_t next_id(struct calls *calls, int64_t after)
{
    int64_t next = INT64_MAX;
    GHashTableIter all;
    gpointer value;

    g_hash_table_iter_init(&all, calls->by_id);
    while (g_hash_table_iter_next(&all, NULL, &value)) {
        int64_t id = ((struct calls_vector *)value)->id;

        if (id > after && id < next)
            next = id;
    }
    return next;
}

enum store_result calls_reseal(struct calls *calls, struct store_reseal *reseal)
{
    int64_t first = next_id(calls, reseal->after);
    enum store_result result = STORE_OK;
    GHashTableIter all;
    gpointer value;

    reseal->done = first == INT64_MAX;
    if (reseal->done)
        return STORE_OK;
    reseal->after = first + CALLS_RESEAL_BATCH - 1;
    g_hash_table_iter_init(&all, calls->by_id);
    while (result == STORE_OK && g_hash_table_iter_next(&all, NULL, &value)) {
        struct calls_vector *v = value;

        if (v->id >= first && v->id <= reseal->after)
            result = reseal_one(calls, v, reseal);
    }
    return result;
}

/* Those at the head of the queue came first; one that changed since goes to its end. */
void calls_vectors_sweep(struct calls *calls, int64_t now, unsigned most)
{
    struct calls_vector *v;

    for (unsigned i = 0; (most == 0 || i < most) && (v = calls->vectors_due); i++) {
        if (!v->dead && store_is_young(v->changed, now - STORE_VECTOR_S, now)) {
            if (v->queued == v->changed)
                return;
            leave_queue(calls);
            queue(calls, v);
            continue;
        }
        leave_queue(calls);
        if (!v->dead)
            take_out(calls, v);
        calls_vector_free(v);
    }
}
