/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What survives: restarts, kills at the worst moment, full disks, two programs with one SIM. */
#include "desk.h"
#include "soft.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The n-th call (from 1) of the one named is where it happens; 0: nothing does. */
enum call { CALL_NONE, CALL_WRITE, CALL_FSYNC, CALL_RENAME, CALL_FDATASYNC };
static struct {
    enum call call;
    unsigned at, seen;
    bool after; /* the call is made first */
    int error;  /* 0: the program is killed */
} trap;

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);

/* On NFS a lock is fcntl()'s, which wants a descriptor that can write (flock(2)). */
static bool on_nfs;

int __wrap_flock(int fd, int operation)
{
    if (!on_nfs || (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
        return __real_flock(fd, operation);
    errno = EBADF;
    return -1;
}

static bool sprung(enum call call)
{
    return trap.call == call && ++trap.seen == trap.at;
}

static void die(void)
{
    if (trap.error == 0)
        raise(SIGKILL);
    errno = trap.error;
}

/* What is on the disk for sure, and whether the machine was started again. */
static struct {
    char octets[32768];
    ssize_t len;
    bool again;
} disk;

static int synced(int fd, int result)
{
    char path[64];
    ssize_t len;
    int file;

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    file = open(path, O_RDONLY);
    len = file >= 0 ? __real_read(file, disk.octets, sizeof disk.octets) : -1;
    if (len >= 0) /* else it is the folder */
        disk.len = len;
    if (file >= 0)
        close(file);
    return result;
}

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    ssize_t got = __real_read(fd, data, len);

    if (disk.again && len == 36 && got == 36)
        memset(data, 'a', 8); /* another boot_id */
    return got;
}

int __wrap_fsync(int fd)
{
    if (!sprung(CALL_FSYNC))
        return synced(fd, __real_fsync(fd));
    if (trap.after)
        __real_fsync(fd);
    die();
    return -1;
}

int __wrap_rename(const char *from, const char *to)
{
    if (!sprung(CALL_RENAME))
        return __real_rename(from, to);
    if (trap.after)
        __real_rename(from, to);
    die();
    return -1;
}

int __wrap_fdatasync(int fd)
{
    if (!sprung(CALL_FDATASYNC))
        return synced(fd, __real_fdatasync(fd));
    if (trap.after)
        __real_fdatasync(fd);
    die();
    return -1;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!sprung(CALL_WRITE))
        return __real_pwrite(fd, data, len, at);
    __real_pwrite(fd, data, trap.after ? len : 150, at); /* up to where the old sum stands */
    die();
    return -1;
}

static void test_restart(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge, next;
    struct osmo_auth_vector vector;
    struct stat st;

    desk_challenge(desk, 7, &challenge, &vector);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
    assert_int_equal(stat(desk->sqn_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    sim = desk_open(desk);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_RESYNC);
    desk_challenge(desk, 7, &next, &vector);
    assert_int_equal(desk_run(sim, &next), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

/* In a child that is killed where `where` says. Its answer never got out. */
static void run_killed(struct desk *desk, const struct simauth_challenge *challenge)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct simauth_card_answer answer;
        struct sim *sim = desk_open(desk);

        trap.seen = 0;
        desk_backend->run(sim, challenge, &answer);
        _exit(0); /* the trap was not where we thought */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

struct moment {
    enum call call;
    unsigned at;
    bool after, taken;
};

static void kill_at(struct desk *desk, const struct moment *moment)
{
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;
    struct sim *sim;

    desk_challenge(desk, 3, &challenge, &vector);
    trap.call = moment->call;
    trap.at = moment->at;
    trap.after = moment->after;
    trap.error = 0;
    run_killed(desk, &challenge);
    trap.call = CALL_NONE;
    sim = desk_open(desk);
    assert_int_equal(desk_run(sim, &challenge),
                     moment->taken ? SIMAUTH_CARD_RESYNC : SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

/* As the operator does after AUTS: beyond all that the SIM may have taken. */
static void go_beyond(struct desk *desk)
{
    desk->operator.u.umts.sqn +=(uint64_t) 1000 << SOFT_IND_BITS;
}

static void take_one(struct desk *desk)
{
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 3, &challenge, &vector);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

/* Whenever it is killed the file is whole: either the vector is still good or it was taken. */
static void test_killed(void **state)
{
    static const struct moment lasting[] = {
        {CALL_FDATASYNC, 1, false, false}, {CALL_FDATASYNC, 1, true, false},
        {CALL_WRITE, 1, false, false},     {CALL_WRITE, 1, true, true},
        {CALL_FDATASYNC, 2, false, true},  {CALL_FDATASYNC, 2, true, true},
        {CALL_FSYNC, 1, false, true},      {CALL_FSYNC, 1, true, true},
        {CALL_WRITE, 2, false, true},      {CALL_WRITE, 2, true, true},
    };
    static const struct moment quick[] = {{CALL_WRITE, 1, false, true},
                                          {CALL_WRITE, 1, true, true}};
    struct desk *desk = *state;

    take_one(desk);
    for (size_t i = 0; i < 2 * sizeof lasting / sizeof lasting[0]; i++) { /* each slot */
        go_beyond(desk);
        kill_at(desk, &lasting[i / 2]);
    }
    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        go_beyond(desk);
        take_one(desk);
        kill_at(desk, &quick[i]);
    }
}

/* After a power cut the disk has what it was waited for and no more; nothing is taken twice. */
static void test_power_cut(void **state)
{
    struct desk *desk = *state;
    struct simauth_challenge challenge, next;
    struct osmo_auth_vector vector;
    unsigned waited = 0;

    for (unsigned i = 0; i < 150; i++) {
        struct sim *sim = desk_open(desk);
        ssize_t before = disk.len;
        int fd;

        disk.len = -1;
        desk_challenge(desk, 3, &challenge, &vector);
        assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
        waited += disk.len >= 0;
        disk.len = disk.len >= 0 ? disk.len : before;
        desk_backend->close(sim);
        if (i % 7)
            continue;
        fd = open(desk->sqn_path, O_WRONLY | O_TRUNC);
        assert_int_equal(__real_pwrite(fd, disk.octets, (size_t)disk.len, 0), disk.len);
        close(fd);
        disk.again = !disk.again;
        sim = desk_open(desk);
        assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_RESYNC);
        go_beyond(desk);
        desk_challenge(desk, 3, &next, &vector);
        assert_int_equal(desk_run(sim, &next), SIMAUTH_CARD_GOOD);
        assert_int_equal(desk_run(sim, &next), SIMAUTH_CARD_RESYNC);
        desk_backend->close(sim);
    }
    disk.again = false;
    assert_in_range(waited, 1, 30); /* of 150: that is what the third slot is for */
}

/* The first challenge of a SIM makes the file. */
static void test_killed_new(void **state)
{
    static const struct moment moments[] = {
        {CALL_WRITE, 1, false, false},  {CALL_FSYNC, 1, false, false}, {CALL_FSYNC, 1, true, false},
        {CALL_RENAME, 1, false, false}, {CALL_RENAME, 1, true, true},  {CALL_FSYNC, 2, false, true},
        {CALL_FSYNC, 2, true, true},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        unlink(desk->sqn_path);
        kill_at(desk, &moments[i]);
    }
}

static void fail_at(struct desk *desk, struct sim *sim, enum call call, unsigned at, int error)
{
    struct simauth_challenge challenge;
    struct simauth_card_answer answer;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 3, &challenge, &vector);
    trap.call = call;
    trap.at = at;
    trap.error = error;
    trap.after = false;
    trap.seen = 0;
    assert_int_equal(desk_backend->run(sim, &challenge, &answer), SIMAUTH_CARD_FAILED);
    trap.call = CALL_NONE;
    assert_non_null(
        strstr(desk_backend->why(sim), error == ENOSPC ? "disk is full" : strerror(error)));
    assert_int_equal(answer.res.len, 0);
    assert_int_equal(answer.k.len, 0);
    go_beyond(desk);
    desk_challenge(desk, 3, &challenge, &vector);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    assert_string_equal(desk_backend->why(sim), "");
}

/* No answer leaves when the disk did not take the number. */
static void test_disk_fails(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);

    fail_at(desk, sim, CALL_WRITE, 1, ENOSPC);
    unlink(desk->sqn_path);
    fail_at(desk, sim, CALL_FSYNC, 1, EIO);
    unlink(desk->sqn_path);
    fail_at(desk, sim, CALL_RENAME, 1, EROFS);
    unlink(desk->sqn_path);
    fail_at(desk, sim, CALL_FSYNC, 2, EIO);
    fail_at(desk, sim, CALL_WRITE, 1, EIO); /* the third slot alone */
    for (unsigned at = 1; at <= 2; at++) {
        go_beyond(desk);
        fail_at(desk, sim, CALL_FDATASYNC, at, EIO);
        go_beyond(desk);
        fail_at(desk, sim, CALL_WRITE, at, EIO);
    }
    desk_backend->close(sim);
}

/* One slot lost costs no more than itself; both lost is no SIM. */
static void test_torn_slots(void **state)
{
    struct desk *desk = *state;
    struct sim *sim;
    struct simauth_challenge first, second;
    struct osmo_auth_vector vector;
    int fd;

    take_one(desk);
    desk_challenge(desk, 3, &first, &vector);
    sim = desk_open(desk);
    assert_int_equal(desk_run(sim, &first), SIMAUTH_CARD_GOOD);
    fd = open(desk->sqn_path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(__real_pwrite(fd, "X", 1, 2 * 4096 + 30), 1);
    assert_int_equal(desk_run(sim, &first), SIMAUTH_CARD_RESYNC);
    go_beyond(desk);
    desk_challenge(desk, 3, &second, &vector);
    assert_int_equal(desk_run(sim, &second), SIMAUTH_CARD_GOOD);
    assert_int_equal(__real_pwrite(fd, "X", 1, 4096 + 30), 1);
    assert_int_equal(desk_run(sim, &second), SIMAUTH_CARD_RESYNC);
    assert_int_equal(__real_pwrite(fd, "X", 1, 30), 1);
    assert_int_equal(desk_run(sim, &second), SIMAUTH_CARD_FAILED);
    close(fd);
    desk_backend->close(sim);
}

/* A damaged file while it is open: no answer, rather than one without a memory. */
static void test_damaged_later(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;

    desk_challenge(desk, 3, &challenge, &vector);
    desk_write(desk->sqn_path, "{", 0600);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_FAILED);
    assert_non_null(strstr(desk_backend->why(sim), "are damaged"));
    desk_backend->close(sim);
}

#define ROUNDS 64

/* Bit i of the result: challenge i was taken. */
static void child_runs(struct desk *desk, const struct simauth_challenge *challenges, int to)
{
    struct sim *sim = desk_open(desk);
    uint8_t taken[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++)
        taken[i] = (uint8_t)desk_run(sim, &challenges[i]);
    _exit(write(to, taken, sizeof taken) == (ssize_t)sizeof taken ? 0 : 1);
}

/* Two programs, the same challenges: each is taken by exactly one, and none is lost to the lock. */
static void test_two_programs(void **state)
{
    struct desk *desk = *state;
    struct simauth_challenge challenges[ROUNDS];
    struct osmo_auth_vector vector;
    uint8_t taken[2][ROUNDS];
    int pipes[2][2];
    pid_t children[2];

    for (size_t i = 0; i < ROUNDS; i++)
        desk_challenge(desk, 0, &challenges[i], &vector);
    for (size_t c = 0; c < 2; c++) {
        assert_int_equal(pipe(pipes[c]), 0);
        children[c] = fork();
        if (children[c] == 0)
            child_runs(desk, challenges, pipes[c][1]);
    }
    for (size_t c = 0; c < 2; c++) {
        close(pipes[c][1]);
        assert_int_equal(read(pipes[c][0], taken[c], ROUNDS), ROUNDS);
        close(pipes[c][0]);
        assert_int_equal(waitpid(children[c], NULL, 0), children[c]);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        unsigned good = (taken[0][i] == SIMAUTH_CARD_GOOD) + (taken[1][i] == SIMAUTH_CARD_GOOD);
        unsigned old = (taken[0][i] == SIMAUTH_CARD_RESYNC) + (taken[1][i] == SIMAUTH_CARD_RESYNC);

        assert_int_equal(good + old, 2);
        assert_true(good <= 1); /* 0: the other was ahead of it already */
    }
    assert_true(taken[0][ROUNDS - 1] == SIMAUTH_CARD_GOOD ||
                taken[1][ROUNDS - 1] == SIMAUTH_CARD_GOOD);
}

/* Somebody holds the lock for ever: an error in reasonable time, and good again afterwards. */
static void test_lock_held(void **state)
{
    struct desk *desk = *state;
    struct sim *sim = desk_open(desk);
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;
    int fd = open(desk->path, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    desk_challenge(desk, 3, &challenge, &vector);
    alarm(3); /* the limit: SIGALRM ends the test */
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_FAILED);
    alarm(0);
    assert_non_null(strstr(desk_backend->why(sim), "Another program holds the soft SIM"));
    close(fd);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    desk_backend->close(sim);
}

static void test_lock_on_nfs(void **state)
{
    struct desk *desk = *state;
    struct simauth_challenge challenge;
    struct osmo_auth_vector vector;
    struct sim *sim = desk_open(desk);

    on_nfs = true;
    desk_challenge(desk, 3, &challenge, &vector);
    assert_int_equal(desk_run(sim, &challenge), SIMAUTH_CARD_GOOD);
    on_nfs = false;
    desk_backend->close(sim);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_restart),       CASE(test_killed),       CASE(test_killed_new),
        CASE(test_power_cut),     CASE(test_disk_fails),   CASE(test_torn_slots),
        CASE(test_damaged_later), CASE(test_two_programs), CASE(test_lock_held),
        CASE(test_lock_on_nfs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
