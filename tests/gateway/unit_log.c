/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of the log is one line of text, whatever a stranger sent. */
#include "log.h"
#include "unit.h"

static void a_line_is_text(void **state)
{
    static const struct {
        const char *given, *written;
    } lines[] = {
        {"plain", "plain"},
        {"two\nlines", "two?lines"},
        {"\033[2J", "?[2J"},
        {"\xc2\x9b"
         "2J",
         "??2J"}, /* the same in two octets */
        {"\x9b"
         "2J",
         "?2J"}, /* and in one, which is no UTF-8 */
        {"Zo\xc3\xab", "Zo\xc3\xab"},
        {"cut \xc3", "cut ?"},
    };
    char path[] = "/tmp/simauth-log-XXXXXX", line[256];
    int fd = mkstemp(path);
    FILE *file;

    (void)state;
    assert_true(fd >= 0 && log_open(path) == 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        log_line("%s", lines[i].given);
    file = fdopen(fd, "r");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(line + strcspn(line, " ") + 1, lines[i].written);
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_is_text)};

    return cmocka_run_group_tests_name("gateway.unit.log", tests, NULL, NULL);
}
