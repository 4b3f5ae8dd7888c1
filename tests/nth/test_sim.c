/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The software SIM when the n-th operation on its files or the n-th allocation fails, for every n,
 * from opening it to the answer: it answers or says that it cannot; no challenge is ever taken
 * twice; and the next one is taken.
 */
#include "desk.h"
#include "nth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    enum nth_kind kind;
    int error;
    const char *name;
} kinds[] = {{NTH_FILES, ENOSPC, "disk full"},
             {NTH_FILES, EIO, "disk broken"},
             {NTH_FILES, EMFILE, "no descriptor left"},
             {NTH_MEMORY, ENOMEM, "out of memory"}};

/* From nothing to the answer; `error` says why not where the SIM did not even open. */
static enum simauth_card_status once(const struct desk *desk,
                                     const struct simauth_challenge *challenge, char *error)
{
    enum simauth_card_status status = SIMAUTH_CARD_FAILED;
    struct sim *sim = desk_backend->open(desk->path, NULL, &status, error);

    if (!sim) {
        if (!error[0])
            fail_msg("no word about a SIM that does not open");
        return status;
    }
    status = desk_run(sim, challenge);
    desk_backend->close(sim);
    return status;
}

/* Whether one has failed. */
static bool attempt(struct desk *desk, size_t k, int64_t n)
{
    char error[SIM_ERROR_MAX] = "", none[SIM_ERROR_MAX] = "";
    struct simauth_challenge first, second;
    struct osmo_auth_vector vector;
    enum simauth_card_status status;
    bool hit;

    desk_challenge(desk, 0, &first, &vector);
    nth_arm(kinds[k].kind, desk->folder, n, kinds[k].error);
    status = once(desk, &first, error);
    hit = nth_disarm() > 0;
    if (status != SIMAUTH_CARD_GOOD && !hit)
        fail_msg("%s at %d: status %d, %s", kinds[k].name, (int)n, (int)status, error);
    assert_int_not_equal(status, SIMAUTH_CARD_RESYNC);
    assert_int_not_equal(status, SIMAUTH_CARD_REFUSED);
    if (status == SIMAUTH_CARD_GOOD) /* it is used up */
        assert_int_equal(once(desk, &first, none), SIMAUTH_CARD_RESYNC);
    desk_challenge(desk, 0, &second, &vector);
    if (once(desk, &second, none) != SIMAUTH_CARD_GOOD)
        fail_msg("%s at %d: the next challenge is not taken: %s", kinds[k].name, (int)n, none);
    assert_int_equal(once(desk, &second, none), SIMAUTH_CARD_RESYNC);
    assert_int_equal(once(desk, &first, none), SIMAUTH_CARD_RESYNC); /* older than the second */
    return hit;
}

static void every(void **state)
{
    struct desk *desk = *state;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        int64_t n = 0;

        while (attempt(desk, k, n)) {
            n++;
            assert_true(n < 2000);
        }
        print_message("%s: %d\n", kinds[k].name, (int)n);
        assert_true(n > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every, desk_setup, desk_teardown),
    };

    return cmocka_run_group_tests_name("nth sim", tests, NULL, NULL);
}
