/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory for secrets: wiped when they are given back, so that the next who has the pages finds
 * nothing, and closed each time, not only the first. */
#include "simauth/secret.h"
#include "testing.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MANY 20    /* more than are kept */
#define SKIPPED 77 /* SKIP_RETURN_CODE */

static bool all(const uint8_t *octets, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++)
        if (octets[i] != value)
            return false;
    return true;
}

static void nothing_is_found(void **unused)
{
    static const size_t sizes[] = {1, 4000, 4096, 5152, 30000, 200000};

    (void)unused;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int turn = 0; turn < 3; turn++) {
            uint8_t *blocks[MANY];

            for (int i = 0; i < MANY; i++) {
                blocks[i] = simauth_secure_alloc(sizes[s]);
                assert_non_null(blocks[i]);
                assert_true(all(blocks[i], sizes[s], 0));
                memset(blocks[i], 0xa5, sizes[s]);
            }
            for (int i = 0; i < MANY; i++) {
                assert_true(all(blocks[i], sizes[s], 0xa5)); /* nobody else has it */
                simauth_secure_free(blocks[i]);
            }
        }
    simauth_secure_free(NULL);
    assert_null(simauth_secure_alloc(SIZE_MAX));
    assert_null(simauth_secure_alloc(SIZE_MAX - 100));
}

#if !defined(__SANITIZE_ADDRESS__)
/* What /proc/self/smaps says of the mapping that has `at`: "lo" is locked, "dd" in no core dump. */
static bool closed(const void *at)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    char line[512];
    bool within = false, found = false;

    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        unsigned long first, last;

        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            within = (uintptr_t)at >= first && (uintptr_t)at < last;
        else if (within && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, " lo") && strstr(line, " dd");
    }
    fclose(maps);
    return found;
}

/* Not in an emulator's /proc, nor where nothing may be locked. */
static bool can_be_seen(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool seen;

    assert_ptr_not_equal(page, MAP_FAILED);
    seen = mlock(page, 4096) == 0 && madvise(page, 4096, MADV_DONTDUMP) == 0 && closed(page);
    munmap(page, 4096);
    return seen;
}

static void closed_each_time(void **unused)
{
    (void)unused;
    for (int turn = 0; turn < 3; turn++) {
        void *block = simauth_secure_alloc(5000);

        assert_non_null(block);
        assert_true(closed(block));
        simauth_secure_free(block);
    }
}
#endif

struct tenant {
    uint8_t mark;
    const char *trouble;
};

static void *comes_and_goes(void *data)
{
    struct tenant *tenant = data;

    for (int i = 0; i < 2000 && !tenant->trouble; i++) {
        uint8_t *block = simauth_secure_alloc(5000);

        if (!block || !all(block, 5000, 0))
            tenant->trouble = "it was not empty";
        if (block)
            memset(block, tenant->mark, 5000);
        if (block && !all(block, 5000, tenant->mark))
            tenant->trouble = "another had it too";
        simauth_secure_free(block);
    }
    return NULL;
}

static void threads(void **unused)
{
    struct tenant tenants[] = {{1, NULL}, {2, NULL}, {3, NULL}, {4, NULL}};
    const size_t count = sizeof tenants / sizeof *tenants;
    pthread_t thread[sizeof tenants / sizeof *tenants];

    (void)unused;
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, comes_and_goes, &tenants[i]), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(thread[i], NULL), 0);
    for (size_t i = 0; i < count; i++)
        if (tenants[i].trouble)
            fail_msg("a block of thread %zu: %s", i, tenants[i].trouble);
}

/* "locked" is a test of its own (lib.secure_heap.locked), so that a machine where it cannot be seen
 * lists it as skipped. */
static int locked(void)
{
#if !defined(__SANITIZE_ADDRESS__)
    const struct CMUnitTest tests[] = {cmocka_unit_test(closed_each_time)};

    if (can_be_seen())
        return cmocka_run_group_tests(tests, NULL, NULL);
#endif
    puts("nothing may be locked here, or /proc does not tell of it");
    return SKIPPED;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_found),
        cmocka_unit_test(threads),
    };

    if (argc == 2 && strcmp(argv[1], "locked") == 0)
        return locked();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
