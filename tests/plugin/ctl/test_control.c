/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The control socket: who may connect, what a line may be, and an end at any moment. */
#include "control.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct control *control;
static char *base, *path;
static struct control_reply *kept; /* a command that is not answered yet */
static gint arrived;

static void handle(const char *command, const json_t *request, struct control_reply *reply)
{
    if (!strcmp(command, "echo")) {
        control_answer(reply, json_pack("{s:O}", "word", json_object_get(request, "word")));
    } else if (!strcmp(command, "keep")) {
        kept = reply;
        g_atomic_int_set(&arrived, 1);
    } else if (!strcmp(command, "much")) {
        char *word = g_strnfill(4 * 1024 * 1024, 'x'); /* more than any socket takes at once */

        control_answer(reply, json_pack("{s:s}", "word", word));
        g_free(word);
    } else {
        control_error(reply, "no such command");
    }
}

/* The main loop of these tests turns at once. */
static bool to_main(void *context, void (*task)(void *arg), void *arg)
{
    (void)context;
    task(arg);
    return true;
}

static int start(void **state)
{
    struct control_user user = {.handle = handle, .to_main = to_main};
    char error[256], *folder;

    (void)state;
    base = g_dir_make_tmp("simauth-control-XXXXXX", NULL);
    g_setenv("XDG_RUNTIME_DIR", base, TRUE);
    folder = control_folder();
    path = g_strdup_printf("%s/%d.sock", folder, (int)getpid());
    g_free(folder);
    control = control_start(&user, error);
    return control ? 0 : -1;
}

static int stop(void **state)
{
    char *folder = control_folder();

    (void)state;
    control_stop(control);
    control = NULL;
    g_rmdir(folder);
    g_rmdir(base);
    g_free(folder);
    g_free(path);
    g_free(base);
    return 0;
}

static int connect_to(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval limit = {.tv_sec = 20};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return fd;
}

/* One line of the answer, or "" at the end. */
static void read_line(int fd, char *line, size_t room)
{
    size_t n = 0;

    while (n + 1 < room && recv(fd, line + n, 1, 0) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

static void assert_answer(int fd, const char *line, const char *part)
{
    char answer[1024];

    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    read_line(fd, answer, sizeof(answer));
    if (!strstr(answer, part))
        fail_msg("%s answered by %s", line, answer);
}

static void answers(void **state)
{
    int fd = connect_to();

    (void)state;
    assert_answer(fd, "{\"command\":\"echo\",\"word\":\"hello\"}\n", "\"word\":\"hello\"");
    assert_answer(fd, "{\"command\":\"echo\",\"word\":\"again\"}\n", "\"ok\":true");
    assert_answer(fd, "{\"command\":\"dance\"}\n", "no such command");
    assert_answer(fd, "{\"word\":1}\n", "a command is missing");
    assert_answer(fd, "{\"command\":1}\n", "a command is missing");
    assert_answer(fd, "[]\n", "not a JSON object");
    assert_answer(fd, "{\"command\":\"echo\",\"command\":\"keep\"}\n", "not a JSON object");
    assert_answer(fd, "\n", "not a JSON object");
    close(fd);
}

static void closed_to_others(void **state)
{
    char *folder = control_folder();
    struct stat about;

    (void)state;
    assert_int_equal(stat(folder, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0700);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    g_free(folder);
}

/* A line without end is not read to its end. */
static void too_long(void **state)
{
    char part[512], answer[8];
    int fd = connect_to();

    (void)state;
    memset(part, 'x', sizeof(part));
    for (int i = 0; i < 2 * CONTROL_LINE_MAX / (int)sizeof(part); i++)
        (void)!send(fd, part, sizeof(part), MSG_NOSIGNAL);
    read_line(fd, answer, sizeof(answer));
    assert_string_equal(answer, "");
    close(fd);
    fd = connect_to();
    assert_answer(fd, "{\"command\":\"echo\",\"word\":\"next\"}\n", "next");
    close(fd);
}

/* Linphone ends while a command is under way: nobody waits, and the late answer finds its place. */
static void ends_under_way(void **state)
{
    const char *line = "{\"command\":\"keep\"}\n";
    int fd = connect_to();
    gint64 begun = g_get_monotonic_time();

    (void)state;
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    while (!g_atomic_int_get(&arrived))
        assert_true(g_get_monotonic_time() - begun < 20 * G_USEC_PER_SEC);
    begun = g_get_monotonic_time();
    control_stop(control);
    control = NULL;
    assert_true(g_get_monotonic_time() - begun < 4 * G_USEC_PER_SEC);
    assert_int_equal(access(path, F_OK), -1);
    control_answer(kept, json_object());
    close(fd);
}

/* Linphone ends while somebody asked for much and reads nothing of it. */
static void ends_while_nobody_reads(void **state)
{
    const char *line = "{\"command\":\"much\"}\n";
    int fd = connect_to();
    char first;

    (void)state;
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), strlen(line));
    assert_int_equal(recv(fd, &first, 1, MSG_PEEK), 1); /* it is being answered */
    alarm(20);                                          /* SIGALRM ends the test */
    control_stop(control);
    alarm(0);
    control = NULL;
    close(fd);
}

/* Somebody put a link there: nothing behind it is changed, and there is no socket. */
static void not_through_a_link(void **state)
{
    char *folder = control_folder(), *other = g_build_filename(base, "other", NULL),
         error[256] = "";
    struct control_user user = {.handle = handle, .to_main = to_main};
    struct stat about;

    (void)state;
    control_stop(control);
    assert_int_equal(g_rmdir(folder), 0);
    assert_int_equal(g_mkdir(other, 0755), 0);
    assert_int_equal(symlink(other, folder), 0);
    control = control_start(&user, error);
    assert_null(control);
    assert_true(*error);
    assert_int_equal(stat(other, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0755);
    assert_int_equal(g_unlink(folder), 0);
    assert_int_equal(g_rmdir(other), 0);
    g_free(other);
    g_free(folder);
}

static gint64 cpu_us(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * G_USEC_PER_SEC + used.ru_utime.tv_usec +
           used.ru_stime.tv_usec;
}

/* No descriptor is left: whoever wants in waits, the processor is not used up, and then it goes on.
 */
static void without_descriptors(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), last = dup(fd);
    struct rlimit before, none;
    gint64 used;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = (rlim_t)last + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    used = cpu_us();
    g_usleep(G_USEC_PER_SEC); /* the time is what is tested */
    used = cpu_us() - used;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(used < G_USEC_PER_SEC / 4);
    assert_answer(fd, "{\"command\":\"echo\",\"word\":\"now\"}\n", "now");
    close(fd);
    close(last);
}

int main(void)
{
#define RUN(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {RUN(answers),
                                       RUN(closed_to_others),
                                       RUN(too_long),
                                       RUN(ends_under_way),
                                       RUN(ends_while_nobody_reads),
                                       RUN(not_through_a_link),
                                       RUN(without_descriptors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
