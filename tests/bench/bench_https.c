/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Load on a gateway's federation: each of N connections stays open and asks for one vector after
 * the other, or for BATCH of them at once, for callees drawn at random.
 * usage: bench_https PORT NAME CA CERTIFICATE KEY CONNECTIONS SECONDS SUBSCRIBERS [BATCH]
 * prints: vectors, refused, seconds, median and 99% of a request in ms
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <simauth/octets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SAMPLES_MAX 1000000
#define BATCH_MOST 64
#define QUESTION_MAX 512
#define REQUEST_MAX (BATCH_MOST * QUESTION_MAX + 1024)
#define ANSWER_MAX 262144

struct load {
    SSL_CTX *ctx;
    const char *name;
    int port, subscribers, batch; /* batch 0: a question alone */
    double end;
};
struct line {
    const struct load *load;
    pthread_t thread;
    long done, refused;
    float *took; /* ms */
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_https: %s\n", what);
    exit(1);
}

static SSL *connect_to(const struct load *load)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)load->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    SSL *ssl = SSL_new(load->ctx);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        die("nobody listens");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    SSL_set_fd(ssl, fd);
    SSL_set_tlsext_host_name(ssl, load->name);
    if (SSL_connect(ssl) != 1)
        die("no TLS");
    return ssl;
}

static int write_question(const struct load *load, unsigned *seed, const char *more, char *text)
{
    static const char body[] =
        "{%s\"subject\":\"callee\",\"caller\":\"sip:alice@operator-a.test\",\"callee\":"
        "\"sip:u%07d@operator-b.test\",\"nai_a\":\"alice@operator-a.test\",\"methods\":[\"aka\"],"
        "\"seal_to\":\"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo\"}";

    return snprintf(text, QUESTION_MAX, body, more,
                    (int)(rand_r(seed) % (unsigned)load->subscribers));
}

static void write_key(char key[static 32])
{
    uint8_t random[16];

    RAND_bytes(random, sizeof random);
    simauth_b64u_encode(random, sizeof random, key);
}

static int write_batch(const struct load *load, unsigned *seed, char *text)
{
    int len = sprintf(text, "{\"batch\":[");

    for (int i = 0; i < load->batch; i++) {
        char key[32], more[64];

        write_key(key);
        sprintf(more, "\"key\":\"%s\",", key);
        if (i > 0)
            text[len++] = ',';
        len += write_question(load, seed, more, text + len);
    }
    return len + sprintf(text + len, "]}");
}

static int write_request(const struct load *load, unsigned *seed, char text[static REQUEST_MAX])
{
    static __thread char whole[REQUEST_MAX];
    char key[32];
    int len = load->batch ? write_batch(load, seed, whole) : write_question(load, seed, "", whole);

    write_key(key);
    return snprintf(text, REQUEST_MAX,
                    "POST /v1/federation/vectors HTTP/1.1\r\nHost: %s\r\nContent-Type: "
                    "application/json\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n%s",
                    load->name, key, len, whole);
}

/* How many vectors are in one whole answer. */
static int read_answer(SSL *ssl)
{
    static __thread char text[ANSWER_MAX];
    int len = 0, vectors = 0;

    for (;;) {
        int n = SSL_read(ssl, text + len, (int)sizeof text - 1 - len);
        char *end, *length;

        if (n <= 0)
            die("the connection was closed");
        len += n;
        text[len] = '\0';
        end = strstr(text, "\r\n\r\n");
        length = end ? strcasestr(text, "content-length:") : NULL;
        if (!end || !length || len < end + 4 - text + atoi(length + 15))
            continue;
        for (char *at = end; (at = strstr(at, "\"vector\":")); at++)
            vectors++;
        return vectors;
    }
}

static void *run(void *data)
{
    struct line *line = data;
    SSL *ssl = connect_to(line->load);
    unsigned seed = (unsigned)(uintptr_t)line;
    static __thread char text[REQUEST_MAX];
    const int wanted = line->load->batch ? line->load->batch : 1;

    while (now() < line->load->end && line->done < SAMPLES_MAX) {
        int len = write_request(line->load, &seed, text);
        double begun = now();

        if (SSL_write(ssl, text, len) != len)
            die("cannot write");
        line->refused += wanted - read_answer(ssl);
        line->took[line->done++] = (float)((now() - begun) * 1e3);
    }
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    return NULL;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    struct load load = {.ctx = SSL_CTX_new(TLS_client_method())};
    int count = argc == 9 || argc == 10 ? atoi(argv[6]) : 0;
    struct line *lines = calloc((size_t)count + 1, sizeof *lines);
    float *all = malloc(SAMPLES_MAX * sizeof *all);
    long done = 0, refused = 0;
    double begun = now();

    load.batch = argc == 10 ? atoi(argv[9]) : 0;
    if (count <= 0 || load.batch > BATCH_MOST)
        die("see the source for its arguments");
    load.port = atoi(argv[1]);
    load.name = argv[2];
    load.subscribers = atoi(argv[8]);
    load.end = begun + atof(argv[7]);
    if (SSL_CTX_load_verify_locations(load.ctx, argv[3], NULL) != 1 ||
        SSL_CTX_use_certificate_file(load.ctx, argv[4], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(load.ctx, argv[5], SSL_FILETYPE_PEM) != 1)
        die("certificates");
    for (int i = 0; i < count; i++) {
        lines[i].load = &load;
        lines[i].took = malloc(SAMPLES_MAX / (size_t)count * sizeof(float) + 4000000);
        pthread_create(&lines[i].thread, NULL, run, &lines[i]);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(lines[i].thread, NULL);
        for (long n = 0; n < lines[i].done && done < SAMPLES_MAX; n++)
            all[done++] = lines[i].took[n];
        refused += lines[i].refused;
        free(lines[i].took);
    }
    qsort(all, (size_t)done, sizeof *all, by_size);
    printf("%ld %ld %.4f %.4f %.4f\n", done * (load.batch ? load.batch : 1), refused, now() - begun,
           all[done / 2], all[done * 99 / 100]);
    free(all);
    free(lines);
    SSL_CTX_free(load.ctx);
    return 0;
}
