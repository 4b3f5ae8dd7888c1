/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "firewall.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool pinhole_same(const struct pinhole *one, const struct pinhole *other)
{
    return one->a_port == other->a_port && one->b_port == other->b_port &&
           memcmp(&one->a, &other->a, sizeof one->a) == 0 &&
           memcmp(&one->b, &other->b, sizeof one->b) == 0;
}

/* -- the program ---------------------------------------------------------------------------------
 */

static bool send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = write(fd, text, len);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        text += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* What it complained of first; the rest is read and dropped. */
static void read_complaint(int fd, char *line, size_t room)
{
    char dropped[256];
    ssize_t got = 0;
    size_t len = 0;

    while (len + 1 < room && (got = read(fd, line + len, room - 1 - len)) > 0)
        len += (size_t)got;
    while (got > 0 && (got = read(fd, dropped, sizeof dropped)) > 0)
        ;
    line[len] = '\0';
    line[strcspn(line, "\n")] = '\0';
}

static bool ended_well(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Runs "nft -f -" with these commands. */
static bool run(const struct config *config, const char *commands)
{
    char *arguments[] = {config->nft, (char[]){"-f"}, (char[]){"-"}, NULL};
    char complaint[256] = "could not be started";
    posix_spawn_file_actions_t actions;
    int in[2], out[2];
    pid_t child;
    bool good = false;

    if (pipe2(in, O_CLOEXEC) != 0)
        return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]);
        close(in[1]);
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDERR_FILENO);
    if (posix_spawnp(&child, config->nft, &actions, NULL, arguments, environ) == 0) {
        close(in[0]);
        close(out[1]);
        in[0] = out[1] = -1;
        send_all(in[1], commands, strlen(commands));
        close(in[1]);
        in[1] = -1;
        read_complaint(out[0], complaint, sizeof complaint);
        good = ended_well(child);
    }
    for (int i = 0; i < 2; i++) {
        if (in[i] >= 0)
            close(in[i]);
        if (out[i] >= 0)
            close(out[i]);
    }
    posix_spawn_file_actions_destroy(&actions);
    if (!good)
        log_line("op=nft result=failed why=\"%s\"", complaint);
    return good;
}

/* -- commands ------------------------------------------------------------------------------------
 */

static void one_way(GString *text, const struct sdp_address *from, uint16_t from_port,
                    const struct sdp_address *to, uint16_t to_port)
{
    char source[INET6_ADDRSTRLEN], target[INET6_ADDRSTRLEN];

    inet_ntop(from->family, from->octets, source, sizeof source);
    inet_ntop(to->family, to->octets, target, sizeof target);
    g_string_append_printf(text, "%s . %u . %s . %u", source, from_port, target, to_port);
}

static void element(GString *text, const struct config *config, const char *verb,
                    const struct pinhole *hole, int64_t seconds)
{
    const char *set = hole->a.family == AF_INET ? "holes4" : "holes6";

    for (int back = 0; back < 2; back++) {
        g_string_append_printf(text, "%s element inet %s %s { ", verb, config->table, set);
        if (back)
            one_way(text, &hole->b, hole->b_port, &hole->a, hole->a_port);
        else
            one_way(text, &hole->a, hole->a_port, &hole->b, hole->b_port);
        if (seconds > 0)
            g_string_append_printf(text, " timeout %" PRId64 "s", seconds);
        g_string_append(text, " }\n");
    }
}

bool firewall_apply(const struct config *config, const struct firewall_change *change)
{
    GString *text = g_string_new(NULL);
    bool good = true;

    if (change->flush)
        g_string_append_printf(text, "flush set inet %s holes4\nflush set inet %s holes6\n",
                               config->table, config->table);
    /* One that is not there cannot be taken away: it is put there first. */
    for (unsigned i = 0; i < change->remove_count; i++) {
        element(text, config, "add", &change->remove[i], 1);
        element(text, config, "delete", &change->remove[i], 0);
    }
    for (unsigned i = 0; i < change->add_count; i++) {
        element(text, config, "add", &change->add[i], 1);
        element(text, config, "delete", &change->add[i], 0);
        element(text, config, "add", &change->add[i], change->seconds > 0 ? change->seconds : 1);
    }
    if (text->len > 0 && config->nft[0])
        good = run(config, text->str);
    g_string_free(text, TRUE);
    return good;
}

bool firewall_check(const struct config *config)
{
    char *text;
    bool good;

    if (!config->nft[0])
        return true;
    /* what an empty change would need: both sets, and the right to change them */
    text = g_strdup_printf(
        "add element inet %s holes4 { 192.0.2.1 . 1 . 192.0.2.2 . 1 timeout 1s }\n"
        "delete element inet %s holes4 { 192.0.2.1 . 1 . 192.0.2.2 . 1 }\n"
        "add element inet %s holes6 { 2001:db8::1 . 1 . 2001:db8::2 . 1 timeout 1s }\n"
        "delete element inet %s holes6 { 2001:db8::1 . 1 . 2001:db8::2 . 1 }\n",
        config->table, config->table, config->table, config->table);
    good = run(config, text);
    g_free(text);
    return good;
}
