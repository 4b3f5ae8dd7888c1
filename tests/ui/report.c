/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken out of the report, and how a PIN leaves the window. */
#include "report.h"
#include "sealed.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ALL_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

static void hides(const char *text, const char *secret, const char *left)
{
    char *clean = ui_report_redact(text);

    assert_null(strstr(clean, secret));
    assert_non_null(strstr(clean, left));
    g_free(clean);
}

static void addresses_go(void **state)
{
    (void)state;
    hides("no vector for sip:bob@operator-b.example, ask again", "bob", "ask again");
    hides("<sips:bob%40x@[fd83::20]:5061;transport=tls> failed", "bob", "failed");
    hides("vouched for: bob@operator-b.example.", "bob", "vouched for");
    hides("tel:+33123456789 is unknown", "3312", "is unknown");
    hides("(bob@operator-b.example)", "bob", "(");
}

static void numbers_and_keys_go(void **state)
{
    (void)state;
    hides("soft:/srv/sim-001010000000001.json cannot be read", "0010100000", "cannot be read");
    hides("k=465b5ce8b199b49faa5f0a2ee238a6bc.", "465b5ce8", "k=");
    hides("8933010000000000013F", "893301", "(");
    hides("ag.example/ABCDE-01234-56789-FGHJK-MNPQR-S was used", "ABCDE-01234", "was used");
    hides("digits 123456 and 5.1.65 and 443", "123456", "5.1.65 and 443");
}

static void home_goes(void **state)
{
    char *text = g_strdup_printf("%s/.config/simauth", g_get_home_dir());

    (void)state;
    hides(text, g_get_home_dir(), "~/.config/simauth");
    g_free(text);
}

/* What the plugin wants: the digits alone, and a file that nobody can change under its eyes. */
static void pin_is_sealed(void **state)
{
    GUnixFDList *list = ui_sealed("12345678", NULL);
    int fd = g_unix_fd_list_get(list, 0, NULL);
    char text[16] = "";

    (void)state;
    assert_int_equal(fcntl(fd, F_GET_SEALS), ALL_SEALS);
    assert_int_equal(pread(fd, text, sizeof text, 0), 8);
    assert_string_equal(text, "12345678");
    assert_int_equal(pwrite(fd, "0", 1, 0), -1);
    close(fd);
    g_object_unref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_go),
        cmocka_unit_test(numbers_and_keys_go),
        cmocka_unit_test(home_goes),
        cmocka_unit_test(pin_is_sealed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
