/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Group commit: many share one wait; what the disk refused is lost for good. */
#include "unit.h"

#include "store/group.h"

#define WAITERS 8

struct disk {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int syncs, waiting; /* `waiting`: waiters that have begun */
    bool held;          /* the sync under way ends when it is not */
    int result;
};

static int on_sync(void *data, unsigned lane)
{
    struct disk *disk = data;

    assert_true(lane < GROUP_LANES_MAX);
    pthread_mutex_lock(&disk->lock);
    disk->syncs++;
    pthread_cond_broadcast(&disk->changed);
    while (disk->held)
        pthread_cond_wait(&disk->changed, &disk->lock);
    pthread_mutex_unlock(&disk->lock);
    return disk->result;
}

struct waiter {
    struct group *group;
    struct disk *disk;
    pthread_t thread;
    enum store_result result;
};

static void *wait_one(void *data)
{
    struct waiter *waiter = data;
    uint64_t ticket = group_written(waiter->group);

    pthread_mutex_lock(&waiter->disk->lock);
    waiter->disk->waiting++;
    pthread_cond_broadcast(&waiter->disk->changed);
    pthread_mutex_unlock(&waiter->disk->lock);
    waiter->result = group_settle(waiter->group, ticket);
    return NULL;
}

/* Each begins once the one before it waits, and this many are at the disk then. */
static void all_wait(struct waiter waiters[static WAITERS], struct group *group, struct disk *disk,
                     int at_disk)
{
    for (int i = 0; i < WAITERS; i++) {
        int syncs = i < at_disk ? i + 1 : at_disk;

        waiters[i] = (struct waiter){.group = group, .disk = disk};
        pthread_create(&waiters[i].thread, NULL, wait_one, &waiters[i]);
        pthread_mutex_lock(&disk->lock);
        while (disk->waiting <= i || disk->syncs < syncs)
            pthread_cond_wait(&disk->changed, &disk->lock);
        pthread_mutex_unlock(&disk->lock);
    }
    assert_int_equal(disk->syncs, at_disk);
}

static void all_are_kept(struct waiter waiters[static WAITERS], struct disk *disk)
{
    pthread_mutex_lock(&disk->lock);
    disk->held = false;
    pthread_cond_broadcast(&disk->changed);
    pthread_mutex_unlock(&disk->lock);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
        assert_int_equal(waiters[i].result, STORE_OK);
    }
}

/* One is at the disk while the others write: the second wait is for all of them. */
static void test_shared(void **state)
{
    struct disk disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, true, 0};
    struct group group;
    struct waiter waiters[WAITERS];

    (void)state;
    group_init(&group, 1, on_sync, &disk);
    all_wait(waiters, &group, &disk, 1);
    all_are_kept(waiters, &disk);
    assert_int_equal(disk.syncs, 2);
    group_clear(&group);
}

static void test_lost(void **state)
{
    struct disk disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false, 0};
    struct group group;
    uint64_t kept, lost, also, later;

    (void)state;
    group_init(&group, 1, on_sync, &disk);
    kept = group_written(&group);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    lost = group_written(&group);
    also = group_written(&group);
    disk.result = -1;
    assert_int_equal(group_settle(&group, lost), STORE_FAILED);
    disk.result = 0;
    later = group_written(&group);
    assert_int_equal(group_settle(&group, later), STORE_OK);
    /* a later success says nothing of what was refused */
    assert_int_equal(group_settle(&group, also), STORE_FAILED);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    assert_int_equal(group_settle(&group, 0), STORE_OK);
    assert_int_equal(disk.syncs, 3);
    group_clear(&group);
}

/* Who asks late still hears it, though the disk failed once more meanwhile. */
static void test_lost_twice(void **state)
{
    struct disk disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false, 0};
    struct group group;
    uint64_t kept, lost, late, again;

    (void)state;
    group_init(&group, 1, on_sync, &disk);
    kept = group_written(&group);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    lost = group_written(&group);
    late = group_written(&group);
    disk.result = -1;
    assert_int_equal(group_settle(&group, lost), STORE_FAILED);
    disk.result = 0;
    assert_int_equal(group_settle(&group, group_written(&group)), STORE_OK);
    disk.result = -1;
    again = group_written(&group);
    assert_int_equal(group_settle(&group, again), STORE_FAILED);
    assert_int_equal(group_settle(&group, late), STORE_FAILED);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    disk.result = 0;
    assert_int_equal(group_settle(&group, group_written(&group)), STORE_OK);
    group_clear(&group);
}

/* Nobody can tell of what was written before: not lost is only what was known to be kept. */
static void test_given_up(void **state)
{
    struct disk disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false, 0};
    struct group group;
    uint64_t kept, lost;

    (void)state;
    group_init(&group, 1, on_sync, &disk);
    kept = group_written(&group);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    group_lose(&group);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    lost = group_written(&group);
    group_lose(&group);
    assert_int_equal(group_settle(&group, lost), STORE_FAILED);
    assert_int_equal(group_settle(&group, kept), STORE_OK);
    assert_int_equal(group_settle(&group, group_written(&group)), STORE_OK);
    assert_int_equal(group_settle(&group, lost), STORE_FAILED);
    group_clear(&group);
}

/* With a second lane nobody waits for who is at the disk already; with both taken one waits for all
 * of the rest. */
static void test_lanes(void **state)
{
    struct disk disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, true, 0};
    struct group group;
    struct waiter waiters[WAITERS];

    (void)state;
    group_init(&group, 2, on_sync, &disk);
    all_wait(waiters, &group, &disk, 2);
    all_are_kept(waiters, &disk);
    assert_in_range(disk.syncs, 3, 4);
    group_clear(&group);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shared),   cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_lost),     cmocka_unit_test(test_lost_twice),
        cmocka_unit_test(test_given_up),
    };

    return cmocka_run_group_tests_name("gateway.unit.group", tests, NULL, NULL);
}
