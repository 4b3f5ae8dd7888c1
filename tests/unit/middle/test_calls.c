/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bad days of the middle: an nft that refuses, a disk that hangs; calls that share a pinhole. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "calls.h"
#include "journal.h"

#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define NOW 1000
#define LIMIT (20 * G_TIME_SPAN_SECOND)
/* Waits while there is a file `held`; refuses what has the words of the file `broken`. */
#define NFT                                                                                        \
    "#!/bin/sh\ncd %s\ntext=$(cat)\nprintf '#run\\n%%s\\n' \"$text\" >>said\n"                     \
    "while [ -e held ]; do sleep 0.01; done\n"                                                     \
    "[ ! -e broken ] || ! printf '%%s\\n' \"$text\" | grep -q \"$(cat broken)\" || "               \
    "{ echo no; exit 1; }\n"

struct scene {
    struct config config;
    struct calls *calls;
    char *folder, *state, *nft, *said, *broken, *held;
};

/* -- a disk that hangs, is full, or does not keep what it took --------------------------------- */

static GMutex disk_lock;
static GCond disk_changed;
static bool disk_hangs, disk_is_full, disk_forgets;
static char *disk_of; /* what stands on it; under the lock */

ssize_t __real_write(int fd, const void *octets, size_t len);
ssize_t __wrap_write(int fd, const void *octets, size_t len);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

/* Under the lock. */
static bool is_on_disk(int fd)
{
    char *link = g_strdup_printf("/proc/self/fd/%d", fd);
    char *path = disk_of ? g_file_read_link(link, NULL) : NULL;
    bool is = path && strcmp(path, disk_of) == 0;

    g_free(path);
    g_free(link);
    return is;
}

ssize_t __wrap_write(int fd, const void *octets, size_t len)
{
    bool on_disk, full;

    g_mutex_lock(&disk_lock);
    on_disk = is_on_disk(fd);
    while (on_disk && disk_hangs)
        g_cond_wait(&disk_changed, &disk_lock);
    full = on_disk && disk_is_full;
    g_mutex_unlock(&disk_lock);
    if (full && len > 10) {
        errno = ENOSPC;
        return -1;
    }
    return __real_write(fd, octets, len);
}

int __wrap_fdatasync(int fd)
{
    bool forgets;

    g_mutex_lock(&disk_lock);
    forgets = disk_forgets && is_on_disk(fd);
    g_mutex_unlock(&disk_lock);
    if (!forgets)
        return __real_fdatasync(fd);
    assert_int_equal(ftruncate(fd, 0), 0);
    errno = EIO;
    return -1;
}

static void hang(bool hangs)
{
    g_mutex_lock(&disk_lock);
    disk_hangs = hangs;
    g_cond_broadcast(&disk_changed);
    g_mutex_unlock(&disk_lock);
}

static void set_disk(bool *flag, bool value)
{
    g_mutex_lock(&disk_lock);
    *flag = value;
    g_mutex_unlock(&disk_lock);
}

static void disk_is_at(const char *path)
{
    g_mutex_lock(&disk_lock);
    g_free(disk_of);
    disk_of = g_strdup(path);
    g_mutex_unlock(&disk_lock);
}

/* -- a scene ----------------------------------------------------------------------------------- */

static int begin(void **data)
{
    struct scene *s = g_new0(struct scene, 1);
    static char table[] = "t";
    char error[CONFIG_ERROR_MAX], *text;

    s->folder = g_dir_make_tmp("middle-calls-XXXXXX", NULL);
    assert_non_null(s->folder);
    s->state = g_build_filename(s->folder, "calls", NULL);
    s->nft = g_build_filename(s->folder, "nft", NULL);
    s->said = g_build_filename(s->folder, "said", NULL);
    s->broken = g_build_filename(s->folder, "broken", NULL);
    s->held = g_build_filename(s->folder, "held", NULL);
    text = g_strdup_printf(NFT, s->folder);
    assert_true(g_file_set_contents(s->nft, text, -1, NULL));
    assert_int_equal(g_chmod(s->nft, 0755), 0);
    g_free(text);
    s->config = (struct config){
        .state = s->state, .nft = s->nft, .table = table, .ring_seconds = 100, .call_seconds = 100};
    s->calls = calls_open(&s->config, NOW, error);
    assert_non_null(s->calls);
    *data = s;
    return 0;
}

static int end(void **data)
{
    struct scene *s = *data;

    hang(false);
    set_disk(&disk_is_full, false);
    set_disk(&disk_forgets, false);
    calls_free(s->calls);
    disk_is_at(NULL);
    g_unlink(s->state);
    g_unlink(s->nft);
    g_unlink(s->said);
    g_unlink(s->broken);
    g_unlink(s->held);
    g_rmdir(s->folder);
    g_free(s->state);
    g_free(s->nft);
    g_free(s->said);
    g_free(s->broken);
    g_free(s->held);
    g_free(s->folder);
    g_free(s);
    return 0;
}

static struct call *call_of(struct scene *s, unsigned number)
{
    struct sip_message invite = {.from = "sip:alice@a.example", .to = "sip:bob@b.example"};

    g_snprintf(invite.call_id, sizeof invite.call_id, "call-%u", number);
    g_strlcpy(invite.from_tag, "tag", sizeof invite.from_tag);
    return calls_begin(s->calls, &invite, "", NOW);
}

static struct pinhole hole_at(unsigned port)
{
    struct pinhole hole;

    memset(&hole, 0, sizeof hole);
    assert_true(sdp_address_parse("192.0.2.1", &hole.a));
    assert_true(sdp_address_parse("192.0.2.2", &hole.b));
    hole.a_port = (uint16_t)port;
    hole.b_port = 5000;
    return hole;
}

static struct call *open_call(struct scene *s, unsigned number)
{
    struct call *call = call_of(s, number);
    struct pinhole hole = hole_at(2000 + number);

    assert_non_null(call);
    calls_open_holes(s->calls, call, &hole, 1, true, NOW);
    return call;
}

/* Until so many refusals were told of. */
static void refused(struct scene *s, uint64_t count, int64_t now)
{
    gint64 until = g_get_monotonic_time() + LIMIT;

    do {
        calls_take_results(s->calls, now);
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    } while (calls_look(s->calls).refusals < count);
}

static unsigned said(const struct scene *s, const char *words)
{
    char *text = NULL;
    unsigned count = 0;

    if (g_file_get_contents(s->said, &text, NULL, NULL))
        for (const char *at = text; (at = strstr(at, words)); at++)
            count++;
    g_free(text);
    return count;
}

static void wait_said(const struct scene *s, const char *words, unsigned count)
{
    gint64 until = g_get_monotonic_time() + LIMIT;

    while (said(s, words) < count) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
}

/* -- an nft that refuses ----------------------------------------------------------------------- */

static void set_broken(const struct scene *s, bool is)
{
    if (is)
        assert_true(g_file_set_contents(s->broken, "", 0, NULL));
    else
        assert_int_equal(g_unlink(s->broken), 0);
}

/* A call that is refused is asked for again after 1, then 2 seconds, without a word of its phones;
 * then it is open, and nobody asks any more. */
static void asks_again(void **data)
{
    struct scene *s = *data;
    struct call *call;
    gint64 until = g_get_monotonic_time() + LIMIT;

    set_broken(s, true);
    call = open_call(s, 1);
    refused(s, 1, NOW);
    assert_int_equal(calls_look(s->calls).shut, 1);
    assert_int_equal(call->hole_count, 1); /* it is to have it */
    assert_int_equal(call->retry_at, NOW + 1);
    calls_retry(s->calls, NOW);
    assert_int_equal(call->retry_at, NOW + 1);
    calls_retry(s->calls, NOW + 1);
    assert_int_equal(call->retry_at, 0);
    refused(s, 2, NOW + 1);
    assert_int_equal(call->retry_at, NOW + 1 + 2);
    set_broken(s, false);
    calls_retry(s->calls, NOW + 2);
    assert_int_equal(call->retry_at, NOW + 1 + 2);
    calls_retry(s->calls, NOW + 3);
    while (calls_look(s->calls).shut) {
        calls_take_results(s->calls, NOW + 3);
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
    assert_int_equal(call->refusals, 0);
    assert_int_equal(calls_look(s->calls).refusals, 2);
    assert_true(
        said(s, "add element inet t holes4 { 192.0.2.1 . 2001 . 192.0.2.2 . 5000 timeout 97s }") ==
        1);
}

/* One that does not end is ended, and asked again like one that refuses. */
static void does_not_wait_for_ever(void **data)
{
    struct scene *s = *data;
    char error[CONFIG_ERROR_MAX];

    g_clear_pointer(&s->calls, calls_free);
    s->config.nft_seconds = 5;
    s->calls = calls_open(&s->config, NOW, error);
    assert_non_null(s->calls);
    assert_true(g_file_set_contents(s->held, "", 0, NULL));
    open_call(s, 1);
    refused(s, 1, NOW);
    assert_int_equal(g_unlink(s->held), 0);
    calls_retry(s->calls, NOW + 1);
    wait_said(s, "timeout 99s", 2); /* both ways */
}

static void pauses_grow_to_a_limit(void **data)
{
    static const int64_t pauses[] = {1, 2, 4, 8, 16, 30, 30};
    struct scene *s = *data;
    int64_t now = NOW;
    struct call *call;

    s->config.ring_seconds = 10000;
    set_broken(s, true);
    call = open_call(s, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(pauses); i++) {
        refused(s, i + 1, now);
        assert_int_equal(call->retry_at - now, pauses[i]);
        now = call->retry_at;
        calls_retry(s->calls, now);
    }
    calls_end(s->calls, call, "bye"); /* with it goes the wish */
    assert_int_equal(calls_look(s->calls).shut, 0);
    calls_retry(s->calls, now + 100);
}

/* -- a disk that hangs, is full, or does not keep what it took --------------------------------- */

static void take(struct call *call, void *data)
{
    g_hash_table_add(data, g_strdup(call->key));
    g_free(call->key);
    g_free(call);
}

static void take_end(const char *key, void *data)
{
    g_hash_table_remove(data, key);
}

/* While nothing is written calls come and go and their pinholes open; what waits for the disk is
 * one line for each call that is there, and not what came and went. */
static void goes_on_without_a_disk(void **data)
{
    struct scene *s = *data;
    gint64 began, until = g_get_monotonic_time() + LIMIT;
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    struct calls_state state;

    open_call(s, 0);
    wait_said(s, ". 2000 .", 1);
    disk_is_at(s->state);
    hang(true);
    began = g_get_monotonic_time();
    open_call(s, 1);
    for (unsigned i = 2; i < 2000; i++)
        calls_end(s->calls, open_call(s, i), "bye");
    open_call(s, 2000);
    assert_true(g_get_monotonic_time() - began < LIMIT); /* it would never end */
    wait_said(s, ". 2001 .", 1);
    wait_said(s, ". 4000 .", 1);
    do {
        state = calls_look(s->calls);
        assert_true(g_get_monotonic_time() < until);
        g_usleep(10000);
    } while (state.journal_seconds < 1);
    assert_true(state.journal_pending <= 4); /* two of them on their way */
    assert_int_equal(state.calls, 3);
    hang(false);
    while ((state = calls_look(s->calls)).journal_pending || state.journal_seconds) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
    g_clear_pointer(&s->calls, calls_free);
    journal_read(s->state, take, take_end, found);
    assert_int_equal(g_hash_table_size(found), 3);
    assert_true(g_hash_table_contains(found, "call-1\ntag"));
    g_hash_table_destroy(found);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
    assert_int_equal(calls_look(s->calls).calls, 3);
}

/* -- what two calls have ----------------------------------------------------------------------- */

/* Two calls with the same pinhole, one of them from the other side. */
static void a_shared_pinhole_stays(void **data)
{
    struct scene *s = *data;
    struct call *one = call_of(s, 1), *other = call_of(s, 2);
    struct pinhole hole = hole_at(3000),
                   back = {.a = hole.b, .b = hole.a, .a_port = 5000, .b_port = 3000};

    calls_open_holes(s->calls, one, &hole, 1, true, NOW);
    calls_open_holes(s->calls, other, &back, 1, true, NOW);
    calls_end(s->calls, one, "bye");
    wait_said(s, ". 3000 .", 1);
    calls_open_holes(s->calls, other, &hole, 1, false, NOW); /* named from its other end too */
    assert_int_equal(other->hole_count, 1);
    calls_end(s->calls, other, "bye");
    g_clear_pointer(&s->calls, calls_free); /* all is done */
    /* each opening takes it away first; then only the second end does */
    assert_int_equal(
        said(s, "delete element inet t holes4 { 192.0.2.2 . 5000 . 192.0.2.1 . 3000 }"), 4);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
}

static gsize size_of(const char *path)
{
    GStatBuf stat_buffer;

    return g_stat(path, &stat_buffer) == 0 ? (gsize)stat_buffer.st_size : 0;
}

static void wait_written(struct scene *s)
{
    gint64 until = g_get_monotonic_time() + LIMIT;

    while (calls_look(s->calls).journal_pending) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
}

/* Calls that come and go for months do not fill the disk. */
static void the_journal_does_not_grow(void **data)
{
    struct scene *s = *data;
    struct pinhole holes[CALL_HOLES_MAX];
    struct call *calls[800];

    for (unsigned i = 0; i < CALL_HOLES_MAX; i++)
        holes[i] = hole_at(2000 + i);
    for (unsigned round = 0; round < 10; round++) { /* 17 MB in all */
        for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++) {
            calls[i] = call_of(s, i);
            calls_open_holes(s->calls, calls[i], holes, CALL_HOLES_MAX, true, NOW);
        }
        wait_written(s);
        assert_true(size_of(s->state) > 1024 * 1024);
        for (unsigned i = 0; i < G_N_ELEMENTS(calls); i++)
            calls_end(s->calls, calls[i], "bye");
        wait_written(s);
    }
    assert_true(size_of(s->state) < 10 * 1024 * 1024);
    open_call(s, 1000);
    g_clear_pointer(&s->calls, calls_free);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
    assert_int_equal(calls_look(s->calls).with_holes, 1);
    assert_true(size_of(s->state) < 1024);
}

/* What cannot be read is not taken for a first start, which would write over it. */
static void an_unreadable_journal_stays(void **data)
{
    struct scene *s = *data;
    char error[CONFIG_ERROR_MAX] = "";

    g_clear_pointer(&s->calls, calls_free);
    g_unlink(s->state);
    assert_int_equal(g_mkdir(s->state, 0700), 0);
    assert_null(calls_open(&s->config, NOW, error));
    assert_non_null(strstr(error, "cannot be read"));
    assert_int_equal(g_rmdir(s->state), 0);
    /* zeros, as a power cut leaves them, hide nothing */
    assert_true(g_file_set_contents(s->state, "\0\0{\"end\": \"x\"}\0\n{}\n", 20, NULL));
    s->calls = calls_open(&s->config, NOW, error);
    assert_non_null(s->calls);
}

/* One that is refused spoils nobody else's, though nft gets them together. */
static void one_that_is_refused(void **data)
{
    struct scene *s = *data;
    struct call *bad;

    assert_true(g_file_set_contents(s->broken, "[.] 2003 [.]", -1, NULL));
    assert_true(g_file_set_contents(s->held, "", 0, NULL));
    open_call(s, 1);
    wait_said(s, ". 2001 .", 1); /* busy with it */
    open_call(s, 2);
    bad = open_call(s, 3);
    open_call(s, 4);
    assert_int_equal(g_unlink(s->held), 0);
    refused(s, 1, NOW);
    assert_int_equal(calls_look(s->calls).refusals, 1);
    assert_int_equal(calls_look(s->calls).shut, 1);
    assert_int_equal(bad->refusals, 1);
    assert_true(said(s, "{ 192.0.2.1 . 2004 . 192.0.2.2 . 5000 timeout 100s }") >= 2);
}

/* What nft refuses to one call does not take away what another has too. */
static void a_refused_call_leaves_the_others(void **data)
{
    static const char gone[] = "delete element inet t holes4 { 192.0.2.1 . 3000 . ";
    struct scene *s = *data;
    struct pinhole holes[] = {hole_at(3000), hole_at(2999)};

    calls_open_holes(s->calls, call_of(s, 1), holes, 1, true, NOW);
    wait_said(s, gone, 1); /* before it is put there */
    assert_true(g_file_set_contents(s->broken, "[.] 2999 [.]", -1, NULL));
    calls_open_holes(s->calls, call_of(s, 2), holes, 2, true, NOW);
    refused(s, 1, NOW);
    assert_int_equal(g_unlink(s->broken), 0);
    open_call(s, 3); /* what is owed goes first */
    wait_said(s, ". 2003 .", 1);
    g_clear_pointer(&s->calls, calls_free);
    assert_int_equal(said(s, gone), 2);
    assert_int_equal(said(s, "delete element inet t holes4 { 192.0.2.1 . 2999 . "), 2);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
}

/* Where the last of these words stand; 0: nowhere. */
static size_t last_said(const struct scene *s, const char *words)
{
    size_t last = 0;
    char *text = NULL;

    if (g_file_get_contents(s->said, &text, NULL, NULL))
        for (const char *at = text; (at = strstr(at, words)); at++)
            last = (size_t)(at - text) + 1;
    g_free(text);
    return last;
}

/* What nft is owed of a call that it refused is not taken from the one that came to the same. */
static void what_is_owed_leaves_what_came_since(void **data)
{
    struct scene *s = *data;
    struct pinhole holes[] = {hole_at(3000), hole_at(2999)}, turned;
    struct call *call = call_of(s, 1);

    memset(&turned, 0, sizeof turned);
    turned.a = holes[0].b;
    turned.b = holes[0].a;
    turned.a_port = holes[0].b_port;
    turned.b_port = holes[0].a_port;
    assert_true(g_file_set_contents(s->broken, "[.] 2999 [.]", -1, NULL));
    calls_open_holes(s->calls, call, holes, 2, true, NOW);
    refused(s, 1, NOW);
    calls_end(s->calls, call, "bye");
    refused(s, 2, NOW);
    calls_open_holes(s->calls, call_of(s, 2), &turned, 1, true, NOW);
    wait_said(s, "192.0.2.1 . 3000 . 192.0.2.2 . 5000 timeout 100s", 2);
    open_call(s, 4);
    wait_said(s, ". 2004 .", 1); /* that one is through */
    assert_int_equal(g_unlink(s->broken), 0);
    open_call(s, 3); /* what is owed goes first */
    wait_said(s, ". 2003 .", 1);
    g_clear_pointer(&s->calls, calls_free);
    assert_true(last_said(s, "{ 192.0.2.1 . 3000 . 192.0.2.2 . 5000 timeout 100s }") >
                last_said(s, "delete element inet t holes4 { 192.0.2.1 . 3000 . "));
    assert_true(last_said(s, "{ 192.0.2.1 . 2999 . 192.0.2.2 . 5000 timeout 100s }") <
                last_said(s, "delete element inet t holes4 { 192.0.2.1 . 2999 . "));
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
}

/* What the disk refused is written once it is there again, but for what is over meanwhile. */
static void a_disk_that_refuses(void **data)
{
    struct scene *s = *data;
    gint64 until = g_get_monotonic_time() + LIMIT;
    struct call *over;

    disk_is_at(s->state);
    set_disk(&disk_is_full, true);
    over = open_call(s, 1);
    open_call(s, 2);
    while (!calls_look(s->calls).journal_failing) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
    calls_end(s->calls, over, "bye");
    open_call(s, 3);
    set_disk(&disk_is_full, false);
    wait_written(s);
    assert_false(calls_look(s->calls).journal_failing);
    g_clear_pointer(&s->calls, calls_free);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
    assert_int_equal(calls_look(s->calls).with_holes, 2);
}

/* A disk that says once that it lost something says yes to the next question: all is written anew.
 */
static void a_disk_that_forgets(void **data)
{
    struct scene *s = *data;
    gint64 until = g_get_monotonic_time() + LIMIT;

    open_call(s, 1);
    wait_written(s);
    disk_is_at(s->state);
    set_disk(&disk_forgets, true);
    open_call(s, 2);
    while (!calls_look(s->calls).journal_failing) {
        assert_true(g_get_monotonic_time() < until);
        g_usleep(1000);
    }
    set_disk(&disk_forgets, false);
    wait_written(s);
    g_clear_pointer(&s->calls, calls_free);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
    assert_int_equal(calls_look(s->calls).with_holes, 2);
}

/* However many calls go on: one nft for all of them; where it refuses one, few more. */
static void opens_them_together(void **data)
{
    struct scene *s = *data;
    char error[CONFIG_ERROR_MAX] = "";
    unsigned before;

    for (unsigned i = 0; i < 20; i++)
        open_call(s, i);
    wait_written(s);
    g_clear_pointer(&s->calls, calls_free);
    before = said(s, "#run");
    s->calls = calls_open(&s->config, NOW, error);
    assert_int_equal(calls_look(s->calls).with_holes, 20);
    assert_int_equal(said(s, "#run") - before, 2); /* whether the sets are there, and all */
    g_clear_pointer(&s->calls, calls_free);
    assert_true(g_file_set_contents(s->broken, ". 2007 .", -1, NULL));
    s->calls = calls_open(&s->config, NOW, error);
    assert_int_equal(calls_look(s->calls).calls, 19);
    assert_true(said(s, "#run") - before < 22);
    g_clear_pointer(&s->calls, calls_free);
    assert_true(g_file_set_contents(s->broken, "flush", -1, NULL));
    assert_null(calls_open(&s->config, NOW, error));
    assert_non_null(strstr(error, "pinholes of the calls"));
}

/* What was signed for one call vouches for no other, nor for another who names the same call, until
 * its signature is too old for anybody. */
static void what_was_signed_is_of_one_call(void **data)
{
    const struct sip_message x = {.request = true, .call_id = "x", .from_tag = "a"},
                             taken = {.request = true, .call_id = "x", .from_tag = "m"},
                             y = {.request = true, .call_id = "y", .from_tag = "a"},
                             answer = {.call_id = "x", .from_tag = "b", .to_tag = "a"};
    const uint8_t hash[32] = {1}, another[32] = {2};
    struct scene *s = *data;

    assert_true(calls_own_body(s->calls, &x, hash, NOW));
    assert_true(calls_own_body(s->calls, &x, hash, NOW));
    assert_true(calls_own_body(s->calls, &answer, hash, NOW));
    assert_false(calls_own_body(s->calls, &y, hash, NOW));
    assert_false(calls_own_body(s->calls, &taken, hash, NOW));
    assert_true(calls_own_body(s->calls, &y, another, NOW));
    calls_expire(s->calls, NOW + 1199);
    assert_false(calls_own_body(s->calls, &y, hash, NOW + 1199));
    calls_expire(s->calls, NOW + 1200);
    assert_true(calls_own_body(s->calls, &y, hash, NOW + 1200));
}

/* A call that names the same as another does not shorten that one's time in the kernel. */
static void a_shared_pinhole_lives_on(void **data)
{
    struct scene *s = *data;
    struct call *one = call_of(s, 1), *other = call_of(s, 2);
    struct pinhole hole = hole_at(3000);

    other->expires = NOW + 5;
    calls_open_holes(s->calls, one, &hole, 1, true, NOW);
    calls_open_holes(s->calls, other, &hole, 1, true, NOW);
    g_clear_pointer(&s->calls, calls_free); /* all is done */
    assert_int_equal(said(s, "timeout 5s"), 0);
    assert_int_equal(said(s, "timeout 100s"), 4);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0}); /* also from the journal */
    assert_non_null(s->calls);
    assert_int_equal(said(s, "timeout 5s"), 0);
    assert_int_equal(said(s, "timeout 100s"), 8);
}

/* Answers without end, each with other ports: what the call cannot have the kernel has not. */
static void no_more_than_it_has(void **data)
{
    struct scene *s = *data;
    struct call *call = call_of(s, 1);

    for (unsigned i = 0; i < CALL_HOLES_MAX + 3; i++) {
        struct pinhole hole = hole_at(2000 + i);

        calls_open_holes(s->calls, call, &hole, 1, false, NOW);
    }
    g_clear_pointer(&s->calls, calls_free); /* all is done */
    assert_true(said(s, ". 2031 .") > 0);
    assert_int_equal(said(s, ". 2032 ."), 0);
    s->calls = calls_open(&s->config, NOW, (char[CONFIG_ERROR_MAX]){0});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(asks_again, begin, end),
        cmocka_unit_test_setup_teardown(does_not_wait_for_ever, begin, end),
        cmocka_unit_test_setup_teardown(pauses_grow_to_a_limit, begin, end),
        cmocka_unit_test_setup_teardown(goes_on_without_a_disk, begin, end),
        cmocka_unit_test_setup_teardown(a_shared_pinhole_stays, begin, end),
        cmocka_unit_test_setup_teardown(one_that_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(a_refused_call_leaves_the_others, begin, end),
        cmocka_unit_test_setup_teardown(what_is_owed_leaves_what_came_since, begin, end),
        cmocka_unit_test_setup_teardown(a_disk_that_refuses, begin, end),
        cmocka_unit_test_setup_teardown(a_disk_that_forgets, begin, end),
        cmocka_unit_test_setup_teardown(opens_them_together, begin, end),
        cmocka_unit_test_setup_teardown(what_was_signed_is_of_one_call, begin, end),
        cmocka_unit_test_setup_teardown(the_journal_does_not_grow, begin, end),
        cmocka_unit_test_setup_teardown(an_unreadable_journal_stays, begin, end),
        cmocka_unit_test_setup_teardown(a_shared_pinhole_lives_on, begin, end),
        cmocka_unit_test_setup_teardown(no_more_than_it_has, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
