/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bad wire between two machines, for kernels without netem:
 *
 *   wire [--seed NUMBER] [--plan FILE] [--wait] NETNS:DEVICE NETNS:DEVICE [WORD...]
 *
 * makes a TUN device in each of two network namespaces (files in /run/netns) and carries IP packets
 * between them, as plan.h's words say. Addresses and routes are the caller's. The devices are gone
 * when the wire is. Says "ready" once they are there; with --wait it is a good wire until SIGUSR1,
 * with which the plan's time begins. SIGTERM ends it; then it prints what it did as one JSON
 * object.
 *
 * Exit status: 0; 1 with a sentence; 77 where this machine has no /dev/net/tun.
 */
#include "plan.h"
#include "queue.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define NO_TUN 77

struct counts {
    uint64_t came, passed, lost, in_burst, in_blackout, twice, late, crowded;
};

struct wire {
    struct wire_plan plan;
    struct wire_queue queue;
    struct counts counts[WIRE_DIRECTIONS];
    uint64_t last_due[WIRE_DIRECTIONS]; /* of those in order */
    int ends[WIRE_DIRECTIONS];          /* where packets of a direction come from */
    int signals;
    bool begun;
    uint64_t began_ms;
};

static uint64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* -- the two ends */

static int device_up(const char *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {0};
    int result = -1;

    if (fd < 0)
        return -1;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
        request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
        result = ioctl(fd, SIOCSIFFLAGS, &request);
    }
    close(fd);
    return result;
}

/* A TUN device in the namespace that we stand in. */
static int open_device(const char *name)
{
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};

    if (fd < 0)
        return -1;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(fd, TUNSETIFF, &request) != 0 || device_up(name) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* `end` is NETNS:DEVICE; the descriptor, or -1 with a sentence said. */
static int open_end(const char *end)
{
    const char *device = strchr(end, ':');
    int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there, fd = -1;
    char path[256];

    if (!device || !device[1] || strlen(device) > IFNAMSIZ) {
        fprintf(stderr, "wire: '%s' is no NETNS:DEVICE\n", end);
        return -1;
    }
    snprintf(path, sizeof path, "/run/netns/%.*s", (int)(device - end), end);
    there = open(path, O_RDONLY | O_CLOEXEC);
    if (home >= 0 && there >= 0 && setns(there, CLONE_NEWNET) == 0) {
        fd = open_device(device + 1);
        if (setns(home, CLONE_NEWNET) != 0)
            abort();
    }
    if (fd < 0)
        fprintf(stderr, "wire: %s: %s\n", end, strerror(errno));
    if (there >= 0)
        close(there);
    close(home);
    return fd;
}

/* -- packets */

static void put(struct wire *w, enum wire_direction direction, uint64_t due,
                const struct wire_packet *packet)
{
    if (wire_queue_add(&w->queue, due, direction, packet) != 0)
        w->counts[direction].crowded++;
}

static void carry(struct wire *w, enum wire_direction direction, const struct wire_packet *packet)
{
    uint64_t at = now(), due;
    struct counts *counts = &w->counts[direction];
    struct wire_decision d = {0};

    counts->came++;
    if (w->begun)
        d = wire_plan_next(&w->plan, direction, (uint32_t)(at - w->began_ms));
    counts->lost += d.fate == WIRE_LOST;
    counts->in_burst += d.fate == WIRE_LOST_IN_BURST;
    counts->in_blackout += d.fate == WIRE_LOST_IN_BLACKOUT;
    if (d.fate != WIRE_PASSES)
        return;
    due = at + d.delay_ms;
    if (!d.late) { /* jitter alone overtakes nobody: a wire is a queue */
        if (due < w->last_due[direction])
            due = w->last_due[direction];
        w->last_due[direction] = due;
    }
    counts->late += d.late;
    counts->twice += d.twice;
    put(w, direction, due, packet);
    if (d.twice)
        put(w, direction, at + d.copy_delay_ms, packet);
}

static void take(struct wire *w, enum wire_direction direction)
{
    struct wire_packet packet;
    ssize_t n;

    while ((n = read(w->ends[direction], packet.octets, sizeof packet.octets)) > 0) {
        packet.len = (size_t)n;
        carry(w, direction, &packet);
    }
}

static void give(struct wire *w)
{
    enum wire_direction direction;
    struct wire_packet packet;

    while (wire_queue_take(&w->queue, now(), &direction, &packet)) {
        /* What the other machine cannot take is lost, as on any wire. */
        if (write(w->ends[!direction], packet.octets, packet.len) == (ssize_t)packet.len)
            w->counts[direction].passed++;
        else
            w->counts[direction].crowded++;
    }
}

/* -- the run */

static void tell(const struct wire *w)
{
    static const char *const names[] = {"rightwards", "leftwards"};

    putchar('{');
    for (int i = 0; i < WIRE_DIRECTIONS; i++) {
        const struct counts *c = &w->counts[i];

        printf("%s\"%s\":{\"came\":%" PRIu64 ",\"passed\":%" PRIu64 ",\"lost\":%" PRIu64
               ",\"lost_in_burst\":%" PRIu64 ",\"lost_in_blackout\":%" PRIu64
               ",\"doubled\":%" PRIu64 ",\"late\":%" PRIu64 ",\"crowded\":%" PRIu64 "}",
               i ? "," : "", names[i], c->came, c->passed, c->lost, c->in_burst, c->in_blackout,
               c->twice, c->late, c->crowded);
    }
    puts("}");
    fflush(stdout);
}

static void begin(struct wire *w)
{
    w->begun = true;
    w->began_ms = now();
}

/* False: asked to end. */
static bool obey(struct wire *w)
{
    struct signalfd_siginfo info;

    if (read(w->signals, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo != SIGUSR1 && info.ssi_signo != SIGUSR2)
        return false;
    if (info.ssi_signo == SIGUSR2)
        w->begun = false;
    else if (!w->begun)
        begin(w);
    puts(w->begun ? "begun" : "mended");
    fflush(stdout);
    return true;
}

static void run(struct wire *w)
{
    struct pollfd fds[] = {{.fd = w->ends[WIRE_RIGHTWARDS], .events = POLLIN},
                           {.fd = w->ends[WIRE_LEFTWARDS], .events = POLLIN},
                           {.fd = w->signals, .events = POLLIN}};
    bool more = true;

    while (more) {
        uint64_t due = wire_queue_next(&w->queue), at = now();
        int limit = due == UINT64_MAX ? -1 : due > at ? (int)(due - at) : 0;

        if (poll(fds, sizeof fds / sizeof *fds, limit) > 0) {
            for (unsigned i = 0; i < WIRE_DIRECTIONS; i++) {
                if (fds[i].revents)
                    take(w, (enum wire_direction)i);
            }
            if (fds[2].revents)
                more = obey(w);
        }
        give(w);
    }
}

static int read_file(struct wire_plan *plan, const char *path, char *error, size_t size)
{
    char words[4096];
    FILE *file = fopen(path, "re");
    size_t len;

    if (!file) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
        return -1;
    }
    len = fread(words, 1, sizeof words - 1, file);
    fclose(file);
    words[len] = '\0';
    return wire_plan_read(plan, words, error, size);
}

static int usage(void)
{
    fputs(
        "usage: wire [--seed NUMBER] [--plan FILE] [--wait] NETNS:DEVICE NETNS:DEVICE [WORD...]\n",
        stderr);
    return 1;
}

/* Reads the command line; the index of the first end, or -1 with a sentence said. */
static int options(struct wire *w, int argc, char **argv, bool *wait)
{
    static const struct option known[] = {{"seed", required_argument, NULL, 's'},
                                          {"plan", required_argument, NULL, 'p'},
                                          {"wait", no_argument, NULL, 'w'},
                                          {0}};
    const char *file = NULL;
    uint64_t seed = 1;
    char error[256];
    int letter;

    while ((letter = getopt_long(argc, argv, "+", known, NULL)) != -1) {
        if (letter == 's')
            seed = strtoull(optarg, NULL, 10);
        else if (letter == 'p')
            file = optarg;
        else if (letter == 'w')
            *wait = true;
        else
            return -1;
    }
    wire_plan_begin(&w->plan, seed);
    if (file && read_file(&w->plan, file, error, sizeof error) != 0) {
        fprintf(stderr, "wire: %s\n", error);
        return -1;
    }
    for (int i = optind + 2; i < argc; i++) {
        if (wire_plan_read(&w->plan, argv[i], error, sizeof error) != 0) {
            fprintf(stderr, "wire: %s\n", error);
            return -1;
        }
    }
    return argc < optind + 2 ? -1 : optind;
}

int main(int argc, char **argv)
{
    static struct wire w;
    bool wait = false;
    sigset_t ours;
    int first = options(&w, argc, argv, &wait);

    if (first < 0)
        return usage();
    if (access("/dev/net/tun", R_OK | W_OK) != 0) {
        fprintf(stderr, "wire: /dev/net/tun: %s\n", strerror(errno));
        return NO_TUN;
    }
    sigemptyset(&ours);
    sigaddset(&ours, SIGUSR1);
    sigaddset(&ours, SIGUSR2);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGINT);
    sigprocmask(SIG_BLOCK, &ours, NULL);
    w.signals = signalfd(-1, &ours, SFD_CLOEXEC);
    prctl(PR_SET_TIMERSLACK, 1);
    for (int i = 0; i < WIRE_DIRECTIONS; i++) {
        w.ends[i] = open_end(argv[first + i]);
        if (w.ends[i] < 0 || w.signals < 0)
            return 1;
    }
    if (!wait)
        begin(&w);
    puts("ready");
    fflush(stdout);
    run(&w);
    tell(&w);
    wire_queue_clear(&w.queue);
    return 0;
}
