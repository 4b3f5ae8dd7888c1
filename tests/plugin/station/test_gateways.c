/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway's name that is made from the SIM's country and network code (TS 23.003, 16.2). */
#include "station.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void write_private(const char *path, const char *text)
{
    assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* What is found for a SIM of that IMSI; `more`: members behind it, with a comma each. */
static void expect(const char *imsi, const char *more, const char *of_sim, const char *of_network)
{
    char *folder = g_dir_make_tmp("simauth-gateways-XXXXXX", NULL);
    char *sim = g_build_filename(folder, "sim.json", NULL);
    char *conf = g_build_filename(folder, "simauth.conf", NULL);
    char *text = g_strdup_printf("{\"imsi\":\"%s\",\"k\":\"465b5ce8b199b49faa5f0a2ee238a6bc\","
                                 "\"opc\":\"cd63cb71954a9f4e48a5994e37a02baf\"%s}",
                                 imsi, more);
    char *wanted = g_strdup_printf("[phone]\nsim=soft:%s\n", sim);
    char error[SETTINGS_ERROR_MAX] = "", named[256], made[256];
    struct station *station = station_open();
    struct settings *settings;

    write_private(sim, text);
    write_private(conf, wanted);
    settings = settings_read(conf, error);
    if (!settings)
        fail_msg("%s", error);
    if (station_prepare(station, settings) == STATION_NO_SIM)
        fail_msg("%s", station_error(station));
    station_gateways(station, named, made);
    assert_string_equal(named, of_sim);
    assert_string_equal(made, of_network);

    station_close(station);
    settings_unref(settings);
    g_unlink(sim);
    g_unlink(conf);
    assert_int_equal(g_rmdir(folder), 0);
    g_free(wanted);
    g_free(text);
    g_free(conf);
    g_free(sim);
    g_free(folder);
}

static void two_digits(void **state)
{
    (void)state;
    expect("234150999999999", ",\"mnc_len\":2", "", "bsf.mnc015.mcc234.pub.3gppnetwork.org");
    expect("262019876543210", "", "", "bsf.mnc001.mcc262.pub.3gppnetwork.org");
}

static void three_digits(void **state)
{
    (void)state;
    expect("234150999999999", ",\"mnc_len\":3", "", "bsf.mnc150.mcc234.pub.3gppnetwork.org");
    expect("310150123456789", "", "", "bsf.mnc150.mcc310.pub.3gppnetwork.org");
    expect("310150123456789", ",\"mnc_len\":2", "", "bsf.mnc015.mcc310.pub.3gppnetwork.org");
}

static void named_by_sim(void **state)
{
    (void)state;
    expect("262019876543210", ",\"gateway\":\"ag.example.org\"", "ag.example.org",
           "bsf.mnc001.mcc262.pub.3gppnetwork.org");
}

static void no_sim(void **state)
{
    struct station *station = station_open();
    char named[256] = "x", made[256] = "x";

    (void)state;
    station_gateways(station, named, made);
    assert_string_equal(named, "");
    assert_string_equal(made, "");
    station_close(station);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_digits),
        cmocka_unit_test(three_digits),
        cmocka_unit_test(named_by_sim),
        cmocka_unit_test(no_sim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
