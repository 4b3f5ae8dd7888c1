/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of back ends, and the IMPI made from an IMSI. */
#include "desk.h"

#include <impi.h>
#include <sims.h>
#include <string.h>

static void test_backend(void **state)
{
    const char *where = NULL;

    (void)state;
    assert_ptr_equal(sim_backend_for("soft:/a:b", &where), &sim_backend_soft);
    assert_string_equal(where, "/a:b");
    assert_null(sim_backend_for("sof:/a", &where));
    assert_null(sim_backend_for("softer:/a", &where));
    assert_null(sim_backend_for("soft", &where));
    assert_ptr_equal(sim_backend_for("pcsc", &where), &sim_backend_pcsc);
    assert_string_equal(where, "");
    assert_ptr_equal(sim_backend_for("pcsc:Gemalto PC: Twin", &where), &sim_backend_pcsc);
    assert_string_equal(where, "Gemalto PC: Twin");
    assert_ptr_equal(sim_backend_for("pcsc-shared", &where), &sim_backend_pcsc_shared);
    assert_ptr_equal(sim_backend_for("modem:/dev/ttyUSB2", &where), &sim_backend_modem);
    assert_null(sim_backend_for("modem", &where));
    assert_ptr_equal(sim_backend_for("modemmanager", &where), &sim_backend_modemmanager);
    assert_null(sim_backend_for(":", &where));
    assert_null(sim_backend_for("", &where));
    assert_null(sim_backend_for(NULL, &where));
}

static void test_impi(void **state)
{
    char impi[128];

    (void)state;
    /* The example of TS 23.003, 13.3. */
    sim_impi("234150999999999", 2, impi);
    assert_string_equal(impi, "234150999999999@ims.mnc015.mcc234.3gppnetwork.org");
    sim_impi("234150999999999", 3, impi);
    assert_string_equal(impi, "234150999999999@ims.mnc150.mcc234.3gppnetwork.org");
    sim_impi("262011234567890", 0, impi);
    assert_string_equal(impi, "262011234567890@ims.mnc001.mcc262.3gppnetwork.org");
    sim_impi("310150123456789", 0, impi);
    assert_string_equal(impi, "310150123456789@ims.mnc150.mcc310.3gppnetwork.org");
}

static void test_imsi(void **state)
{
    (void)state;
    assert_true(sim_imsi_ok("001010"));
    assert_true(sim_imsi_ok("001010123456789"));
    assert_false(sim_imsi_ok("00101"));
    assert_false(sim_imsi_ok("0010101234567890"));
    assert_false(sim_imsi_ok("00101012345678a"));
    assert_false(sim_imsi_ok(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backend),
        cmocka_unit_test(test_impi),
        cmocka_unit_test(test_imsi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
