/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load on an HLR: GSUP's Send Authentication Info over one connection (IPA), so many in flight, for
 * IMSIs drawn at random. An HLR answers in order.
 * usage: bench_gsup ADDRESS IN_FLIGHT SECONDS SUBSCRIBERS
 * prints: requests, refused, seconds, median and 99% in ms
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 4222
#define SAMPLES_MAX 1000000
#define CCM 0xfe
#define OSMO 0xee
#define GSUP 0x05
#define SAI_REQUEST 0x08
#define SAI_RESULT 0x0a
#define IN_FLIGHT_MAX 256

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_gsup: %s\n", what);
    exit(1);
}

static void put(int fd, const void *octets, size_t len)
{
    if (write(fd, octets, len) != (ssize_t)len)
        die("cannot write");
}

/* A whole IPA message behind its length: protocol, then the rest; the whole length. */
static size_t get(int fd, unsigned char message[static 65538])
{
    static unsigned char buffer[1 << 17];
    static size_t from, to;

    for (;;) {
        size_t len = to - from >= 3 ? (size_t)(buffer[from] << 8 | buffer[from + 1]) + 1 : 0;
        ssize_t n;

        if (len && to - from >= len + 2) {
            memcpy(message, buffer + from + 2, len);
            from += len + 2;
            return len;
        }
        memmove(buffer, buffer + from, to - from);
        to -= from;
        from = 0;
        n = read(fd, buffer + to, sizeof buffer - to);
        if (n <= 0)
            die("the HLR closed the connection");
        to += (size_t)n;
    }
}

static void ask(int fd, int subscribers, unsigned *seed)
{
    char imsi[16];
    unsigned char message[] = {0, 12, OSMO, GSUP, SAI_REQUEST, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0};

    snprintf(imsi, sizeof imsi, "00102%010d", (int)(rand_r(seed) % (unsigned)subscribers));
    for (int i = 0; i < 15; i++)
        message[7 + i / 2] |= (unsigned char)((imsi[i] - '0') << (i % 2 * 4));
    message[14] |= 0xf0;
    put(fd, message, sizeof message);
}

/* The HLR asks who it is. */
static int connect_to(const char *address)
{
    /* unit id "0/0/0", serial number "bench-1" */
    static const char who[] = "\0\25\376\5"
                              "\0\7\10"
                              "0/0/0\0"
                              "\0\11\0"
                              "bench-1";
    static const unsigned char acknowledged[] = {0, 1, CCM, 6};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    unsigned char message[65538];

    inet_pton(AF_INET, address, &to.sin_addr);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("no HLR");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    get(fd, message);
    put(fd, who, sizeof who);
    put(fd, acknowledged, sizeof acknowledged);
    return fd;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    unsigned char message[65538];
    double sent[IN_FLIGHT_MAX], begun, end;
    float *took = malloc(SAMPLES_MAX * sizeof *took);
    long done = 0, refused = 0, asked = 0;
    unsigned seed = 1;
    int flight = argc == 5 ? atoi(argv[2]) : 0, fd, subscribers;

    if (flight <= 0 || flight > IN_FLIGHT_MAX)
        die("see the source for its arguments");
    fd = connect_to(argv[1]);
    subscribers = atoi(argv[4]);
    begun = now();
    end = begun + atof(argv[3]);
    while (done < asked || now() < end) {
        while (asked - done < flight && now() < end) {
            sent[asked++ % flight] = now();
            ask(fd, subscribers, &seed);
        }
        get(fd, message);
        if (message[0] == CCM && message[1] == 0)
            put(fd, (const unsigned char[]){0, 1, CCM, 1}, 4);
        if (message[0] != OSMO || message[1] != GSUP)
            continue;
        if (message[2] != SAI_RESULT)
            refused++;
        if (done < SAMPLES_MAX)
            took[done] = (float)((now() - sent[done % flight]) * 1e3);
        done++;
    }
    end = now();
    qsort(took, (size_t)done, sizeof *took, by_size);
    printf("%ld %ld %.4f %.4f %.4f\n", done, refused, end - begun, took[done / 2],
           took[done * 99 / 100]);
    free(took);
    close(fd);
    return 0;
}
