/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long should a setup key live? A year of calls between people who know each other, with the
 * product's ring of keys, for several lifetimes: what is saved (vectors, which operators may
 * charge), what a thief of one person's keys could do with them, and for how long. The times are
 * simulated; nothing waits. Prints one JSON object a line.
 *
 * The people: each pair of friends has a rate of its own, from several calls a day to one in some
 * months (log-normal), by day alone; either may call. Everything comes from one seed, so two runs
 * give the same figures.
 */
#include "world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEOPLE 40
#define FRIENDS 12 /* of each person, on average */
#define DAY 86400
#define YEAR (365 * DAY)
#define START 1700000000 /* any moment: seconds since 1970 */
#define CALLS_MAX 400000
#define CALL_S 180      /* a call lasts that long */
#define RATE_MEDIAN 0.1 /* calls of a pair a day: one in ten days; the mean is 0.3 */
#define RATE_SIGMA 1.5
#define THEFTS_EACH 24 /* looks at each person's ring in the year */

struct event {
    int64_t at;
    short caller, callee;
};

struct outcome {
    size_t calls, full, thefts;
    double keys, outgoing, hours, longest;
};

static uint64_t seed = 1;

static double uniform(void) /* splitmix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform());
}

static int by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* Calls happen from 7 to 23 o'clock: a day of 16 hours is stretched over the 24 of the clock. */
static int64_t by_day(double seconds_awake)
{
    int64_t day = (int64_t)(seconds_awake / (16 * 3600));
    return START + day * DAY + 7 * 3600 + (int64_t)(seconds_awake - (double)day * 16 * 3600);
}

static size_t plan_pair(struct event *events, size_t count, short a, short b)
{
    double rate = RATE_MEDIAN * exp(RATE_SIGMA * normal()) / (16 * 3600);
    double favour = 0.3 + 0.4 * uniform(); /* one of two calls more than the other */

    for (double t = 0;;) {
        t -= log(uniform()) / rate;
        if (t >= 365.0 * 16 * 3600 || count == CALLS_MAX)
            return count;
        bool first = uniform() < favour;
        events[count++] = (struct event){by_day(t), first ? a : b, first ? b : a};
    }
}

static size_t plan(struct event *events)
{
    size_t count = 0;
    for (short a = 0; a < PEOPLE; a++)
        for (short b = (short)(a + 1); b < PEOPLE; b++)
            if (uniform() < (double)FRIENDS / (PEOPLE - 1))
                count = plan_pair(events, count, a, b);
    qsort(events, count, sizeof *events, by_time);
    return count;
}

static void aor_of(short person, char *aor)
{
    sprintf(aor, "sip:p%d@operator-a.example", person);
}

static struct simauth_held_key key_of(short own, short peer, bool outgoing, int64_t sim_time,
                                      int64_t now, int64_t lifetime, uint64_t secret)
{
    struct simauth_held_key key = world_held_key("stp", outgoing);
    int64_t limit = sim_time + SIMAUTH_SETUP_SIM_LIMIT;

    memcpy(key.key.octets, &secret, sizeof secret);
    aor_of(own, key.own_aor);
    aor_of(peer, key.peer_aor);
    key.sim_time = sim_time;
    key.made = now;
    key.expires = now + lifetime < limit ? now + lifetime : limit;
    return key;
}

/* Both ends keep a key for each direction, as a call leaves them. */
static void leave_keys(struct simauth_keyring **rings, const struct event *e, int64_t sim_time,
                       int64_t lifetime, uint64_t secret)
{
    int64_t now = e->at + CALL_S;

    for (int back = 0; back < 2; back++) {
        struct simauth_held_key a = key_of(e->caller, e->callee, !back, sim_time, now, lifetime,
                                           2 * secret + (uint64_t)back);
        struct simauth_held_key b = key_of(e->callee, e->caller, back, sim_time, now, lifetime,
                                           2 * secret + (uint64_t)back);
        simauth_keyring_add(rings[e->caller], &a, now);
        simauth_keyring_add(rings[e->callee], &b, now);
    }
}

/* With a key that both hold: when both SIMs took part last; 0: they have none. */
static int64_t call_with_key(struct simauth_keyring **rings, const struct event *e, uint64_t serial)
{
    char caller[SIMAUTH_AOR_MAX + 1], callee[SIMAUTH_AOR_MAX + 1];
    uint8_t nonce[SIMAUTH_NONCE_LEN] = {0}, keyid[SIMAUTH_KEYID_LEN];
    const struct simauth_held_key *key, *theirs;
    uint64_t handle, their_handle;
    int64_t sim_time;

    aor_of(e->caller, caller);
    aor_of(e->callee, callee);
    key = simauth_keyring_take(rings[e->caller], caller, callee, 0, e->at, &handle);
    if (!key)
        return 0;
    memcpy(nonce, &serial, sizeof serial);
    sim_time = key->sim_time;
    bool good = simauth_setup_keyid(&key->key, nonce, keyid) == SIMAUTH_OK &&
                simauth_keyring_find(rings[e->callee], callee, caller, keyid, nonce, e->at, &theirs,
                                     &their_handle) == SIMAUTH_OK;
    simauth_keyring_release(rings[e->caller], handle, true);
    if (!good)
        return 0;
    simauth_keyring_release(rings[e->callee], their_handle, true);
    return sim_time;
}

/* Somebody copies this person's ring now: what is in it. */
static void look(struct simauth_keyring *ring, int64_t now, struct outcome *o)
{
    const struct simauth_held_key *key;

    simauth_keyring_expire(ring, now);
    o->thefts++;
    for (size_t i = 0; (key = simauth_keyring_at(ring, i)) != NULL; i++) {
        double hours = (double)(key->expires - now) / 3600;
        o->keys++;
        o->outgoing += key->outgoing;
        o->hours += hours;
        if (hours > o->longest)
            o->longest = hours;
    }
}

static struct outcome year(const struct event *events, size_t count, int64_t lifetime)
{
    struct simauth_keyring *rings[PEOPLE];
    struct outcome o = {0};
    int64_t next_look = START + DAY;

    for (int i = 0; i < PEOPLE; i++)
        if (!(rings[i] = simauth_keyring_new()))
            exit(1);
    for (size_t i = 0; i < count; i++) {
        const struct event *e = events + i;
        for (; e->at >= next_look; next_look += YEAR / THEFTS_EACH)
            for (int person = 0; person < PEOPLE; person++)
                look(rings[person], next_look, &o);
        int64_t sim_time = call_with_key(rings, e, i + 1);
        o.calls++;
        o.full += sim_time == 0;
        leave_keys(rings, e, sim_time ? sim_time : e->at, lifetime, i + 1);
    }
    for (int i = 0; i < PEOPLE; i++)
        simauth_keyring_free(rings[i]);
    return o;
}

static void report(const char *lifetime, const char *what, double value, const char *unit,
                   size_t samples)
{
    printf("{\"name\": \"setup keys, a year, lifetime %s: %s\", \"value\": %.2f, \"unit\": \"%s\", "
           "\"samples\": %zu}\n",
           lifetime, what, value, unit, samples);
}

int main(void)
{
    static struct event events[CALLS_MAX];
    static const struct {
        const char *name;
        int64_t seconds;
    } lifetimes[] = {
        {"1 h", 3600}, {"6 h", 6 * 3600}, {"24 h", DAY}, {"3 d", 3 * DAY}, {"7 d", 7 * DAY}};
    size_t count = plan(events);

    for (size_t i = 0; i < sizeof lifetimes / sizeof lifetimes[0]; i++) {
        struct outcome o = year(events, count, lifetimes[i].seconds);
        const char *name = lifetimes[i].name;
        double looks = (double)o.thefts;
        report(name, "calls that needed no vector",
               100.0 * (double)(o.calls - o.full) / (double)o.calls, "%", o.calls);
        report(name, "keys in one person's ring", o.keys / looks, "keys", o.thefts);
        report(name, "people a thief of the ring could call", o.outgoing / looks, "calls",
               o.thefts);
        report(name, "a stolen key is good for, mean", o.keys > 0 ? o.hours / o.keys : 0, "h",
               o.thefts);
        report(name, "a stolen key is good for, longest", o.longest, "h", o.thefts);
    }
    return 0;
}
