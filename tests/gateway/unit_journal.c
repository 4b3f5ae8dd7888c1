/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The journal: what was appended is read again, in order; what was not written to its end is cut
 * off, and what is damaged is said. */
#include "unit.h"

#include "store/journal/checksum.h"
#include "store/journal/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

static const uint8_t name[JOURNAL_NAME_LEN] = {1, 2, 3};

/* The linker puts these in the place of the system's (--wrap). */
static int syncs_that_fail, folders_that_fail;

/* A failure that waits, as it comes and as it is said, for what another does meanwhile. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool wanted, failing, may_fail, may_say;
} slow = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void slow_set(bool *word)
{
    pthread_mutex_lock(&slow.lock);
    *word = true;
    pthread_cond_broadcast(&slow.changed);
    pthread_mutex_unlock(&slow.lock);
}

static void slow_wait(const bool *word)
{
    pthread_mutex_lock(&slow.lock);
    while (slow.wanted && !*word)
        pthread_cond_wait(&slow.changed, &slow.lock);
    pthread_mutex_unlock(&slow.lock);
}

void __wrap_log_line(const char *format, ...);
void __wrap_log_line(const char *format, ...)
{
    (void)format;
    slow_wait(&slow.may_say);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
    if (syncs_that_fail == 0)
        return __real_fdatasync(fd);
    syncs_that_fail--;
    slow_set(&slow.failing);
    slow_wait(&slow.may_fail);
    errno = EIO;
    return -1;
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
    if (folders_that_fail == 0)
        return __real_fsync(fd);
    folders_that_fail--;
    errno = EIO;
    return -1;
}

struct unit_journal {
    char folder[64];
    struct journal *journal, *killed;
    struct journal_settings settings;
    char error[STORE_ERROR_MAX];
    int syncs; /* of what comes before */
};
struct seen {
    uint64_t seq;
    unsigned count;
    size_t octets;
    char last[64];
};

static int before(void *data)
{
    ((struct unit_journal *)data)->syncs++;
    return 0;
}

static int on_frame(const struct journal_frame *frame, uint64_t number, void *data)
{
    struct seen *seen = data;

    (void)number;
    assert_true(frame->seq > seen->seq);
    seen->seq = frame->seq;
    if (frame->kind == JOURNAL_END)
        return 0;
    seen->count++;
    seen->octets += frame->len;
    snprintf(seen->last, sizeof seen->last, "%.*s", (int)frame->len, (const char *)frame->data);
    return 0;
}

static enum store_result reopen(struct unit_journal *unit, struct seen *seen)
{
    memset(seen, 0, sizeof *seen);
    journal_close(unit->journal);
    unit->journal = NULL;
    return journal_open(&unit->settings, on_frame, seen, &unit->journal, unit->error);
}

/* Nothing is waited for, or said. */
static enum store_result kill_and_reopen(struct unit_journal *unit, struct seen *seen)
{
    unit->killed = unit->journal;
    unit->journal = NULL;
    return reopen(unit, seen);
}

static int setup(void **state)
{
    struct unit_journal *unit = calloc(1, sizeof *unit);
    struct seen seen;

    assert_non_null(unit);
    strcpy(unit->folder, "/tmp/simauth-journal-XXXXXX");
    assert_non_null(mkdtemp(unit->folder));
    unit->settings = (struct journal_settings){
        .folder = unit->folder, .keep = 100, .before = before, .data = unit};
    memcpy(unit->settings.name, name, sizeof name);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    *state = unit;
    return 0;
}

/* The names of its files in order; how many. */
static int files_of(const struct unit_journal *unit, char paths[][512], int room)
{
    struct dirent **list;
    int count = scandir(unit->folder, &list, NULL, alphasort), kept = 0;

    for (int i = 0; i < count; i++) {
        if (list[i]->d_name[0] != '.' && kept < room)
            snprintf(paths[kept++], 512, "%s/%s", unit->folder, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    return kept;
}

static int teardown(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    int count;

    journal_close(unit->journal);
    journal_close(unit->killed);
    count = files_of(unit, paths, 64);
    for (int i = 0; i < count; i++)
        unlink(paths[i]);
    assert_int_equal(rmdir(unit->folder), 0);
    free(unit);
    return 0;
}

static uint64_t append(struct unit_journal *unit, const char *text)
{
    uint64_t seq;

    assert_int_equal(journal_append(unit->journal, JOURNAL_CALLS, text, strlen(text), &seq, NULL),
                     STORE_OK);
    return seq;
}

/* Of a file, or a little more: the next one is due. */
static uint64_t append_half(struct unit_journal *unit)
{
    static char half[140000];

    memset(half, 'x', sizeof half - 1);
    return append(unit, half);
}

static void change_octet(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t octet;

    assert_true(fd >= 0 && pread(fd, &octet, 1, at) == 1);
    octet ^= 0x10;
    assert_int_equal(pwrite(fd, &octet, 1, at), 1);
    close(fd);
}

static void what_was_appended_is_read(void **state)
{
    struct unit_journal *unit = *state;
    struct journal_place place;
    struct seen seen;
    uint64_t first = append(unit, "one"), second;
    char text[4] = "";

    assert_int_equal(journal_append(unit->journal, JOURNAL_MIXED, "two", 3, &second, &place),
                     STORE_OK);
    assert_int_equal(second, first + 1);
    journal_stands(unit->journal, second);
    assert_int_equal(journal_settle(unit->journal, second), STORE_OK);
    assert_int_equal(unit->syncs, 1);
    assert_int_equal(journal_fetch(unit->journal, &place, text, 3), STORE_OK);
    assert_string_equal(text, "two");
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(reopen(unit, &seen), STORE_OK);
        assert_int_equal(seen.count, 2 + turn);
        assert_true(append(unit, "more") > seen.seq);
    }
    assert_string_equal(seen.last, "more");
}

/* Frames larger than a file, and many: nothing is lost between two files. */
static void files_follow_each_other(void **state)
{
    static char big[600000];
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;
    size_t octets = 0;
    uint64_t last = 0;

    memset(big, 'x', sizeof big);
    for (int i = 0; i < 40; i++) {
        size_t len = i == 7 ? sizeof big : 20000;

        assert_int_equal(journal_append(unit->journal, JOURNAL_CALLS, big, len, &last, NULL),
                         STORE_OK);
        octets += len;
        if (i % 5 == 0)
            journal_tend(unit->journal, 0, (int64_t)time(NULL)); /* the next is ready in time */
    }
    assert_int_equal(journal_settle(unit->journal, last), STORE_OK);
    assert_true(files_of(unit, paths, 64) >= 3);
    assert_true(journal_size(unit->journal) >= octets);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 40);
    assert_int_equal(seen.octets, octets);
    /* in the database, but somebody may ask for it; then nobody any more */
    journal_tend(unit->journal, last + 1, (int64_t)time(NULL));
    assert_true(files_of(unit, paths, 64) >= 3);
    journal_tend(unit->journal, 1, (int64_t)time(NULL) + 200);
    assert_true(files_of(unit, paths, 64) >= 3);
    journal_tend(unit->journal, last + 1, (int64_t)time(NULL) + 200);
    assert_int_equal(files_of(unit, paths, 64), 1);
}

/* What was written before a clock was put back goes as soon as anything else. */
static void a_clock_that_was_put_back_keeps_nothing(void **state)
{
    static char big[60000];
    struct unit_journal *unit = *state;
    int64_t now = (int64_t)time(NULL) - 86400;
    char paths[64][512];
    uint64_t last = 0;

    memset(big, 'x', sizeof big);
    for (int i = 0; i < 12; i++)
        assert_int_equal(journal_append(unit->journal, JOURNAL_CALLS, big, sizeof big, &last, NULL),
                         STORE_OK);
    journal_tend(unit->journal, last + 1, now);
    assert_true(files_of(unit, paths, 64) >= 2);
    journal_tend(unit->journal, last + 1, now + 200);
    assert_int_equal(files_of(unit, paths, 64), 1);
}

/* The last frame is half there: it was never promised. */
static void a_torn_tail_is_cut(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append(unit, "kept");
    append(unit, "torn");
    assert_int_equal(files_of(unit, paths, 64), 1);
    change_octet(paths[0], JOURNAL_HEADER_LEN + (off_t)journal_frame_size(4) + JOURNAL_FRAME_LEN);
    assert_int_equal(kill_and_reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last, "kept");
    append(unit, "after");
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.last, "after");
}

/* A frame that was on the disk when the next one was written. */
static void damage_is_said(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append(unit, "promised");
    assert_int_equal(journal_settle(unit->journal, 0), STORE_OK);
    append(unit, "next");
    assert_int_equal(files_of(unit, paths, 64), 1);
    change_octet(paths[0], JOURNAL_HEADER_LEN + JOURNAL_FRAME_LEN);
    assert_int_equal(reopen(unit, &seen), STORE_DAMAGED);
    assert_non_null(strstr(unit->error, "is damaged"));
    assert_non_null(strstr(unit->error, "simauth-gatewayctl restored"));
}

static void an_earlier_file_is_whole_or_said(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append(unit, "one");
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    append(unit, "two");
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    append(unit, "three");
    assert_int_equal(files_of(unit, paths, 64), 3);
    change_octet(paths[0], JOURNAL_HEADER_LEN + JOURNAL_FRAME_LEN);
    assert_int_equal(reopen(unit, &seen), STORE_DAMAGED);
    change_octet(paths[0], JOURNAL_HEADER_LEN + JOURNAL_FRAME_LEN);
    assert_int_equal(unlink(paths[1]), 0);
    assert_int_equal(reopen(unit, &seen), STORE_DAMAGED);
    assert_non_null(strstr(unit->error, "is missing"));
}

static void others_are_refused(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append(unit, "one");
    assert_int_equal(files_of(unit, paths, 64), 1);
    unit->settings.name[0] ^= 1;
    assert_int_equal(reopen(unit, &seen), STORE_DAMAGED);
    assert_non_null(strstr(unit->error, "no journal of this database"));
    unit->settings.name[0] ^= 1;
    change_octet(paths[0], 8); /* its version */
    assert_int_equal(reopen(unit, &seen), STORE_DAMAGED);
    assert_non_null(strstr(unit->error, "another version"));
    change_octet(paths[0], 8);
    assert_int_equal(chmod(paths[0], 0640), 0);
    assert_int_equal(reopen(unit, &seen), STORE_READONLY);
    assert_non_null(strstr(unit->error, "chmod 600"));
    assert_int_equal(chmod(paths[0], 0600), 0);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 1);
}

/* Reading changes nothing, also while somebody appends. */
static void reading_is_reading(void **state)
{
    struct unit_journal *unit = *state;
    struct seen seen = {0};
    uint64_t last;

    append(unit, "one");
    assert_int_equal(journal_read(unit->folder, name, on_frame, &seen, &last, unit->error),
                     STORE_OK);
    assert_int_equal(seen.count, 1);
    append(unit, "two");
    memset(&seen, 0, sizeof seen);
    assert_int_equal(journal_read(unit->folder, name, on_frame, &seen, &last, unit->error),
                     STORE_OK);
    assert_int_equal(seen.count, 2);
    assert_int_equal(last, seen.seq);
    assert_int_equal(journal_read("/nonexistent", name, on_frame, &seen, &last, unit->error),
                     STORE_OK);
}

/* A database that came further than its journal: no number twice. */
static void numbers_are_above(void **state)
{
    struct unit_journal *unit = *state;
    struct seen seen;

    append(unit, "one");
    unit->settings.above = 1000;
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(append(unit, "two"), 1001);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 2);
}

/* The next file, which is made in advance and did not come to the disk, is not used. */
static void a_next_file_is_on_the_disk_or_none(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append_half(unit);
    syncs_that_fail = 1;
    journal_tend(unit->journal, 0, (int64_t)time(NULL));
    assert_int_equal(syncs_that_fail, 0);
    assert_int_equal(files_of(unit, paths, 64), 1);
    folders_that_fail = 1;
    journal_tend(unit->journal, 0, (int64_t)time(NULL));
    assert_int_equal(folders_that_fail, 0);
    assert_int_equal(files_of(unit, paths, 64), 1);
    assert_false(journal_broken(unit->journal)); /* nothing was promised of it */
    journal_tend(unit->journal, 0, (int64_t)time(NULL));
    assert_int_equal(files_of(unit, paths, 64), 2);
    append_half(unit);
    assert_int_equal(journal_settle(unit->journal, 0), STORE_OK);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 2);
}

/* A present file that did not: all stops, and who waited is told. */
static void a_frame_that_is_not_kept_is_the_last(void **state)
{
    struct unit_journal *unit = *state;
    uint64_t seq = append(unit, "one");

    syncs_that_fail = 1;
    assert_int_equal(journal_settle(unit->journal, seq), STORE_FAILED);
    assert_true(journal_broken(unit->journal));
    assert_int_equal(journal_append(unit->journal, JOURNAL_CALLS, "two", 3, &seq, NULL),
                     STORE_FAILED);
}

struct settling {
    struct journal *journal;
    uint64_t seq;
    enum store_result result;
};

static void *settle_one(void *data)
{
    struct settling *settling = data;

    settling->result = journal_settle(settling->journal, settling->seq);
    return NULL;
}

/* Two wait at once, and the disk fails one of them: the other, who is faster, is not told that all
 * is well. */
static void nobody_is_faster_than_a_failure(void **state)
{
    struct unit_journal *unit = *state;
    struct settling one = {.journal = unit->journal}, two = one;
    pthread_t first, second;

    append_half(unit);
    one.seq = append_half(unit); /* in another file: who comes first syncs the full one */
    slow.failing = false;        /* as in a test before */
    slow.wanted = true;
    syncs_that_fail = 1;
    pthread_create(&first, NULL, settle_one, &one);
    slow_wait(&slow.failing);
    two.seq = append(unit, "two");
    pthread_create(&second, NULL, settle_one, &two);
    slow_set(&slow.may_fail);
    pthread_join(second, NULL);
    slow_set(&slow.may_say);
    pthread_join(first, NULL);
    slow.wanted = false;
    assert_int_equal(two.result, STORE_FAILED);
    assert_int_equal(one.result, STORE_FAILED);
}

/* A process that was killed waited for no disk: its successor does, or does not begin. */
static void what_is_read_is_on_the_disk(void **state)
{
    struct unit_journal *unit = *state;
    struct seen seen;

    append(unit, "one");
    syncs_that_fail = 1;
    assert_int_equal(kill_and_reopen(unit, &seen), STORE_FAILED);
    assert_int_equal(syncs_that_fail, 0);
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 1);
    append(unit, "two"); /* nobody asks again for what ended as it should */
    journal_close(unit->journal);
    unit->journal = NULL;
    syncs_that_fail = 1;
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(syncs_that_fail, 1);
    syncs_that_fail = 0;
    assert_int_equal(seen.count, 2);
}

/* A power cut takes what was promised to nobody, in any order: the end of a file, or the whole of
 * it, and not what was written behind it. */
static void what_nobody_was_promised_may_be_gone(void **state)
{
    struct unit_journal *unit = *state;
    char paths[64][512];
    struct seen seen;

    append(unit, "kept");
    assert_int_equal(journal_settle(unit->journal, 0), STORE_OK);
    append_half(unit);
    append_half(unit); /* of the next file */
    assert_int_equal(files_of(unit, paths, 64), 2);
    change_octet(paths[0], JOURNAL_HEADER_LEN + (off_t)journal_frame_size(4) + JOURNAL_FRAME_LEN);
    assert_int_equal(kill_and_reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last, "kept");
    append(unit, "after");
    assert_int_equal(reopen(unit, &seen), STORE_OK);
    assert_int_equal(seen.count, 2);
    assert_string_equal(seen.last, "after");
}

/* RFC 3720, B.4; and both ways to compute it are one. */
static void a_checksum_is_the_same_everywhere(void **state)
{
    uint8_t octets[97];

    (void)state;
    assert_int_equal(checksum(0, (const uint8_t *)"123456789", 9), 0xe3069283);
    memset(octets, 0, sizeof octets);
    assert_int_equal(checksum(0, octets, 32), 0x8a9136aa);
    memset(octets, 0xff, sizeof octets);
    assert_int_equal(checksum(0, octets, 32), 0x62a8ab43);
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 37 + 11);
    for (size_t len = 0; len <= sizeof octets; len++)
        for (size_t from = 0; from < 9 && from <= len; from++) {
            uint32_t crc = checksum(7, octets, from);

            assert_int_equal(checksum(crc, octets + from, len - from),
                             checksum_by_table(7, octets, len));
        }
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_was_appended_is_read),
        TEST(files_follow_each_other),
        TEST(a_clock_that_was_put_back_keeps_nothing),
        TEST(a_torn_tail_is_cut),
        TEST(damage_is_said),
        TEST(an_earlier_file_is_whole_or_said),
        TEST(others_are_refused),
        TEST(reading_is_reading),
        TEST(numbers_are_above),
        TEST(a_next_file_is_on_the_disk_or_none),
        TEST(a_frame_that_is_not_kept_is_the_last),
        TEST(nobody_is_faster_than_a_failure),
        TEST(what_is_read_is_on_the_disk),
        TEST(what_nobody_was_promised_may_be_gone),
        cmocka_unit_test(a_checksum_is_the_same_everywhere),
    };

    return cmocka_run_group_tests_name("gateway.unit.journal", tests, NULL, NULL);
}
