/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"
#include "bus_view.h"
#include "call.h"
#include "news.h"
#include "note.h"
#include "setup_store.h"
#include "thread.h"

#include <string.h>

/* A key that a call had, until USED_MAX others were: who revokes it after that means what the call
 * made of it. */
struct used {
    uint64_t handle;
    uint64_t newest; /* of all keys that were there then */
    char *own, *peer;
};

struct setup {
    struct simauth_keyring *ring;
    GPtrArray *used;           /* the latest at the end */
    struct setup_store *store; /* NULL: memory alone, or not known yet */
    enum settings_keys mode;
    char *folder;
    unsigned serial; /* of what was begun for it */
    bool loading;
    bool locked;          /* a keyring did not give its key: another try later */
    int64_t tried;        /* when that was, by core_uptime() */
    GPtrArray *forgotten; /* peers (NULL: all) whose keys went while the file was not there */
    bool dirty;           /* changed since the last writing began */
    bool scheduled;       /* the writing begins when the loop turns */
    bool saving;          /* the worker has a writing of it */
    const char *home;
    char error[SETUP_STORE_ERROR_MAX];
};

#define AGAIN_S 10 /* between two looks at a keyring that was locked */

#define USED_MAX 64

static unsigned last_serial;

/* -- to the disk ------------------------------------------------------------------------------- */

struct save {
    struct errand errand; /* first */
    belle_sip_provider_t *provider;
    unsigned serial;
    struct setup_store *store;
    GBytes *sealed;
    uint64_t turn;
    bool good;
    char error[SETUP_STORE_ERROR_MAX];
};

static void begin_save(struct core *core);

static void save_free(struct save *save)
{
    setup_store_unref(save->store);
    g_bytes_unref(save->sealed);
    g_free(save);
}

static void save_work(struct errand *errand, struct station *station)
{
    struct save *save = (struct save *)errand;

    (void)station;
    save->good = setup_store_write(save->store, save->sealed, save->turn, save->error);
}

static void save_back(struct errand *errand)
{
    struct save *save = (struct save *)errand;
    struct core *core = core_of_provider(save->provider);
    struct setup *setup = core ? core->setup : NULL;

    if (setup && setup->serial == save->serial) {
        setup->saving = false;
        if (!save->good)
            note("setup keys: %s", save->error);
        g_strlcpy(setup->error, save->good ? "" : save->error, sizeof(setup->error));
        if (setup->dirty && save->good)
            begin_save(core);
        setup->dirty |= !save->good; /* tried again by setup_again(), and at the end */
    }
    save_free(save);
}

static void save_lost(struct errand *errand)
{
    save_free((struct save *)errand); /* setup_close() has written */
}

static void begin_save(struct core *core)
{
    struct setup *setup = core->setup;
    GBytes *sealed = setup_store_seal(setup->store, setup->ring);
    struct save *save = sealed ? g_new0(struct save, 1) : NULL;

    if (!save)
        return;
    setup->dirty = false;
    setup->saving = true;
    save->provider = core->provider;
    save->serial = setup->serial;
    save->store = setup_store_ref(setup->store);
    save->sealed = sealed;
    save->turn = setup_store_turn(setup->store);
    worker_begin(core->worker, &save->errand, NULL, save_work, save_back, save_lost);
}

static void save_soon(void *provider);
static void begin_load(struct core *core);

/* A keyring that was locked may be open by now: what is in the file comes, and what is in memory
 * goes there. A disk that was full may have room. */
void setup_again(struct core *core)
{
    struct setup *setup = core->setup;

    if (!setup)
        return;
    if (setup->locked && !setup->loading && core_uptime() - setup->tried >= AGAIN_S)
        begin_load(core);
    if (setup->dirty && setup->store && !setup->saving && !setup->scheduled)
        begin_save(core);
}

static void save_soon(void *provider)
{
    struct core *core = core_of_provider(provider);
    struct setup *setup = core ? core->setup : NULL;

    if (!setup)
        return;
    setup->scheduled = false;
    setup_again(core);
}

/* Not before the loop turns: a disk that is told to keep something makes every writer wait, and the
 * phone that is about to ring writes its logs. */
static void changed(struct core *core)
{
    struct setup *setup = core->setup;

    setup->dirty = true;
    bus_view_tell("KeysChanged");
    if (!setup->scheduled)
        setup->scheduled = sip_tap_run_later(core->provider, save_soon, core->provider);
}

/* -- from the disk, when Linphone starts ------------------------------------------------------- */

struct load {
    belle_sip_provider_t *provider;
    unsigned serial;
    struct setup_store_opening opening;
};

static void load_free(struct load *load)
{
    setup_store_unref(load->opening.store);
    simauth_keyring_free(load->opening.ring);
    g_free(load->opening.folder);
    g_free(load);
}

/* What calls made or used meanwhile stays; the records bring their nonces along. */
static void merge(struct setup *setup, const struct simauth_keyring *from)
{
    struct simauth_octets record = {0};

    for (size_t i = 0; simauth_keyring_write(from, i, &record) == SIMAUTH_OK; i++) {
        (void)simauth_keyring_read(setup->ring, record.data, record.len, core_now());
        simauth_octets_clear(&record);
    }
    simauth_octets_clear(&record);
}

/* What was taken away while the file could not be read is not to come back with it. */
static void forget_again(struct setup *setup)
{
    for (guint i = 0; setup->store && i < setup->forgotten->len; i++)
        setup->dirty |=
            simauth_keyring_forget(setup->ring, g_ptr_array_index(setup->forgotten, i)) > 0;
    if (setup->store)
        g_ptr_array_set_size(setup->forgotten, 0);
}

static size_t count(const struct setup *setup)
{
    size_t n = 0;

    while (simauth_keyring_at(setup->ring, n))
        n++;
    return n;
}

static void load_back(void *arg)
{
    struct load *load = arg;
    struct core *core = core_of_provider(load->provider);
    struct setup *setup = core ? core->setup : NULL;
    bool as_before = setup && setup->locked && load->opening.again;

    if (setup && setup->serial == load->serial) {
        setup->loading = false;
        setup->home = load->opening.home;
        setup->store = setup_store_ref(load->opening.store);
        g_strlcpy(setup->error, load->opening.error, sizeof(setup->error));
        setup->locked = load->opening.again;
        merge(setup, load->opening.ring);
        forget_again(setup);
        if (!as_before)
            note("setup keys: home=%s count=%zu%s%s", setup->home, count(setup),
                 *setup->error ? " problem=" : "", setup->error);
        if (setup->dirty && setup->store)
            changed(core);
        else if (!as_before) /* what was read is not another than on the disk */
            bus_view_tell("KeysChanged");
        if (!as_before) {
            bus_view_changed();
            news_ask(core);
        }
    }
    load_free(load);
}

static void *load_run(void *arg)
{
    struct load *load = arg;

    setup_store_open(&load->opening, core_now());
    if (!sip_tap_run_later(load->provider, load_back, load))
        load_free(load);
    return NULL;
}

static void begin_load(struct core *core)
{
    struct setup *setup = core->setup;
    struct load *load = g_new0(struct load, 1);

    load->provider = core->provider;
    load->serial = setup->serial;
    setup->tried = core_uptime();
    load->opening.again = setup->locked;
    load->opening.mode = setup->mode;
    load->opening.folder = g_strdup(setup->folder);
    load->opening.ring = simauth_keyring_new();
    setup->loading = load->opening.ring && thread_launch("simauth-keys", load_run, load);
    setup->home = setup->loading && !setup->locked ? "loading" : "memory";
    if (!setup->loading)
        load_free(load);
}

/* -- the object -------------------------------------------------------------------------------- */

static void used_free(gpointer data)
{
    struct used *used = data;

    g_free(used->own);
    g_free(used->peer);
    g_free(used);
}

void setup_close(struct core *core)
{
    struct setup *setup = core->setup;
    GBytes *sealed;

    if (!setup)
        return;
    if (setup->store && (setup->dirty || setup->saving)) {
        sealed = setup_store_seal(setup->store, setup->ring);
        if (sealed &&
            !setup_store_write(setup->store, sealed, setup_store_turn(setup->store), setup->error))
            note("setup keys: %s", setup->error);
        if (sealed)
            g_bytes_unref(sealed);
    }
    setup_store_leave(setup->store);
    setup_store_unref(setup->store);
    simauth_keyring_free(setup->ring);
    g_ptr_array_unref(setup->forgotten);
    g_ptr_array_unref(setup->used);
    g_free(setup->folder);
    g_free(setup);
    core->setup = NULL;
}

/* A handle counts in one ring alone. Calls have what they need of their keys; one that ends without
 * a verdict now needs a SIM next time. */
static void release_all(struct core *core)
{
    for (struct call *call = core->calls; call; call = call->next)
        setup_release(core, &call->key_handle, true);
}

void setup_take_settings(struct core *core)
{
    const struct settings *s = core->settings;
    struct setup *setup = core->setup;

    if (setup && setup->mode == s->keys && !strcmp(setup->folder, s->data))
        return;
    release_all(core);
    setup_close(core);
    setup = g_new0(struct setup, 1);
    setup->ring = simauth_keyring_new();
    if (!setup->ring) {
        g_free(setup);
        return;
    }
    core->setup = setup;
    setup->forgotten = g_ptr_array_new_with_free_func(g_free);
    setup->used = g_ptr_array_new_with_free_func(used_free);
    setup->mode = s->keys;
    setup->folder = g_strdup(s->data);
    setup->serial = ++last_serial;
    setup->home = s->keys == KEYS_OFF ? "off" : "memory";
    if (s->keys == KEYS_OFF || s->keys == KEYS_MEMORY)
        setup_store_remove(setup->folder);
    else
        begin_load(core);
    bus_view_tell("KeysChanged");
}

/* -- what calls do ----------------------------------------------------------------------------- */

static struct setup *in_use(const struct core *core)
{
    return core->setup && core->setup->mode != KEYS_OFF ? core->setup : NULL;
}

const struct simauth_held_key *setup_take(struct core *core, const char *own, const char *peer,
                                          uint8_t strength, uint64_t *handle)
{
    struct setup *setup = in_use(core);

    *handle = 0;
    return setup ? simauth_keyring_take(setup->ring, own, peer, strength, core_now(), handle)
                 : NULL;
}

bool setup_has(struct core *core, const struct policy_answer *policy)
{
    uint64_t handle;
    bool found = setup_take(core, policy->own, policy->peer, policy->strength, &handle) != NULL;

    setup_release(core, &handle, false);
    return found;
}

const struct simauth_held_key *setup_find(struct core *core, const char *own, const char *peer,
                                          const uint8_t *keyid, const uint8_t *nonce_a,
                                          uint64_t *handle)
{
    struct setup *setup = in_use(core);
    const struct simauth_held_key *key = NULL;
    enum simauth_result result;

    *handle = 0;
    if (!setup)
        return NULL;
    result = simauth_keyring_find(setup->ring, own, peer, keyid, nonce_a, core_now(), &key, handle);
    if (result == SIMAUTH_OK || result == SIMAUTH_EXPIRED)
        changed(core);
    return key;
}

static const struct simauth_held_key *held(const struct setup *setup, uint64_t handle)
{
    for (size_t i = 0; simauth_keyring_at(setup->ring, i); i++) {
        if (simauth_keyring_handle(setup->ring, i) == handle)
            return simauth_keyring_at(setup->ring, i);
    }
    return NULL;
}

static void remember_used(struct setup *setup, uint64_t handle)
{
    const struct simauth_held_key *key = held(setup, handle);
    struct used *used = key ? g_new0(struct used, 1) : NULL;

    if (!used)
        return;
    if (setup->used->len >= USED_MAX)
        g_ptr_array_remove_index(setup->used, 0);
    used->handle = handle;
    used->newest = simauth_keyring_handle(setup->ring, count(setup) - 1);
    used->own = g_strdup(key->own_aor);
    used->peer = g_strdup(key->peer_aor);
    g_ptr_array_add(setup->used, used);
}

void setup_release(struct core *core, uint64_t *handle, bool spent)
{
    size_t before;

    if (!*handle || !core->setup)
        return;
    before = count(core->setup);
    if (spent)
        remember_used(core->setup, *handle);
    simauth_keyring_release(core->setup->ring, *handle, spent);
    *handle = 0;
    if (spent || count(core->setup) < before)
        changed(core);
}

void setup_expire(struct core *core)
{
    struct setup *setup = in_use(core);

    if (setup && simauth_keyring_expire(setup->ring, core_now()) > 0)
        changed(core);
}

void setup_keep(struct core *core, const struct simauth_held_key keys[2])
{
    struct setup *setup = in_use(core);

    if (!setup)
        return;
    setup_expire(core);
    for (int i = 0; i < 2; i++)
        (void)simauth_keyring_add(setup->ring, &keys[i], core_now());
    changed(core);
}

void setup_keep_first(struct core *core, const struct simauth_held_key *key)
{
    struct setup *setup = in_use(core);

    if (!setup)
        return;
    setup_expire(core);
    (void)simauth_keyring_add(setup->ring, key, core_now());
    changed(core);
}

const struct simauth_held_key *setup_at(const struct core *core, size_t index)
{
    const struct setup *setup = in_use(core);

    return setup ? simauth_keyring_at(setup->ring, index) : NULL;
}

bool setup_knows(const struct core *core, const char *own, const char *peer)
{
    const struct simauth_held_key *key;

    for (size_t i = 0; (key = setup_at(core, i)); i++)
        if (key->outgoing && simauth_aor_same(key->own_aor, own) &&
            simauth_aor_same(key->peer_aor, peer))
            return true;
    return false;
}

int64_t setup_wish(const struct core *core)
{
    return in_use(core) && core->settings ? core->settings->key_lifetime : 0;
}

/* -- revocation -------------------------------------------------------------------------------- */

static void no_new_ones(struct core *core, const char *peer)
{
    for (struct call *call = core->calls; call; call = call->next) {
        const struct simauth_session *session = call->talk ? call->talk->session : NULL;

        if (!peer || simauth_aor_same(call->policy.peer, peer) ||
            (session && !strcmp(simauth_session_peer_nai(session), peer)))
            call->keys_made = true;
    }
}

/* Of whom a file speaks that is not open nobody can see: it goes as a whole, now, for nobody knows
 * whether it will be open before Linphone ends. What is being read of it is forgotten then. */
static bool forget_unread(struct setup *setup, const char *peer)
{
    bool gone = setup_store_forget(setup->folder, setup->error);

    if (setup->loading || (setup->locked && !gone))
        g_ptr_array_add(setup->forgotten, g_strdup(peer));
    if (!gone)
        return false;
    note("setup keys: forgotten=all text=their file was not open, and is removed");
    return true;
}

static size_t forget_read(struct core *core, const char *peer)
{
    size_t erased = core->setup ? simauth_keyring_forget(core->setup->ring, peer) : 0;

    no_new_ones(core, peer);
    if (erased) {
        note("setup keys: forgotten=%zu", erased);
        changed(core);
    }
    return erased;
}

size_t setup_forget(struct core *core, const char *peer)
{
    size_t erased = forget_read(core, peer);

    if (core->setup && !core->setup->store)
        erased += forget_unread(core->setup, peer);
    return erased;
}

/* Of no other core's either: each ring counts for itself. */
static uint64_t id_of(const struct setup *setup, uint64_t handle)
{
    return (uint64_t)setup->serial << 32 | handle;
}

/* Erases what was made for this pair since. A call that goes on makes none. */
static void forget_made(struct core *core, const struct used *used)
{
    struct setup *setup = core->setup;
    size_t before = count(setup);

    for (size_t i = before; i-- > 0;) {
        const struct simauth_held_key *key = simauth_keyring_at(setup->ring, i);
        uint64_t handle = simauth_keyring_handle(setup->ring, i);

        if (handle > used->newest && !strcmp(key->own_aor, used->own) &&
            !strcmp(key->peer_aor, used->peer))
            simauth_keyring_release(setup->ring, handle, true);
    }
    no_new_ones(core, used->peer);
    if (count(setup) == before)
        return;
    note("setup keys: forgotten=%zu", before - count(setup));
    changed(core);
}

bool setup_forget_one(struct core *core, uint64_t id)
{
    struct setup *setup = core->setup;
    uint64_t handle = setup ? (uint32_t)id : 0;

    if (!handle || id_of(setup, handle) != id)
        return false;
    for (guint i = setup->used->len; i-- > 0;) {
        const struct used *used = g_ptr_array_index(setup->used, i);
        if (used->handle == handle)
            forget_made(core, used);
    }
    if (!held(setup, handle))
        return false;
    for (struct call *call = core->calls; call; call = call->next)
        call->keys_made = call->keys_made || call->key_handle == handle;
    simauth_keyring_release(setup->ring, handle, true);
    note("setup keys: forgotten=1");
    changed(core);
    return true;
}

size_t setup_forget_nai(struct core *core, const char *nai)
{
    struct setup *setup = core->setup;

    if (setup && !setup->store && (setup->loading || setup->locked))
        g_ptr_array_add(setup->forgotten, g_strdup(nai));
    return forget_read(core, nai);
}

/* -- for people -------------------------------------------------------------------------------- */

const char *setup_home(const struct core *core)
{
    return core->setup ? core->setup->home : "off";
}

const char *setup_problem(const struct core *core)
{
    return core->setup ? core->setup->error : "";
}

json_t *setup_list(const struct core *core)
{
    const struct simauth_held_key *key;
    json_t *list = json_array();

    for (size_t i = 0; core->setup && (key = simauth_keyring_at(core->setup->ring, i)); i++)
        json_array_append_new(
            list,
            json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I}", "id",
                      (json_int_t)id_of(core->setup, simauth_keyring_handle(core->setup->ring, i)),
                      "own", key->own_aor, "peer", key->peer_aor, "nai", key->peer_nai, "operator",
                      key->peer_operator, "method", key->origin->name, "outgoing", key->outgoing,
                      "known_since", (json_int_t)key->sim_time, "made", (json_int_t)key->made,
                      "expires", (json_int_t)key->expires));
    return list;
}
