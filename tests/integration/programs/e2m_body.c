/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes and reads bodies of end-to-middle protection by way of e2m/, for tests that play phones.
 *
 * usage: e2m_body make FROM TO SDP OUT [signer=STEM] [to=STEM]... [label=HOST]... [answer=FILE]
 *        [cek=FILE] [broken]
 *        e2m_body read FROM TO TYPE ENCODING BODY SDP [me=STEM] [server=HOST] [cek=FILE]
 * [keep=FILE] [trust=PEM] STEM.pem and STEM.key are a certificate and its key. OUT gets header
 * lines, an empty line, the body. cek= is where the key for answers is kept, answer= one that was
 * kept so. "-" is no value.
 */
#include <e2m/message.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PEOPLE_MAX 4

static void end(const char *what, enum e2m_result result)
{
    fprintf(stderr, "e2m_body: %s: %s\n", what, e2m_result_text(result));
    exit(1);
}

static struct e2m_span read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *octets = malloc(E2M_BODY_MAX + 1);
    struct e2m_span span = {octets, 0};

    if (!file || !octets) {
        perror(path);
        exit(1);
    }
    span.len = fread(octets, 1, E2M_BODY_MAX, file);
    octets[span.len] = '\0';
    fclose(file);
    return span;
}

static void write_file(const char *path, const void *octets, size_t len)
{
    FILE *file = fopen(path, "wb");

    if (!file || fwrite(octets, 1, len, file) != len || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

static struct e2m_identity person(const char *stem, bool with_key)
{
    char path[512];
    struct e2m_identity identity = {0};
    struct e2m_span certificate, key = {0};
    enum e2m_result result;

    snprintf(path, sizeof path, "%s.pem", stem);
    certificate = read_file(path);
    snprintf(path, sizeof path, "%s.key", stem);
    if (with_key)
        key = read_file(path);
    result = e2m_identity_read(&identity, certificate, key);
    if (result != E2M_OK)
        end(stem, result);
    return identity;
}

static const char *value(const char *word, const char *name)
{
    size_t len = strlen(name);

    return strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static int make(int argc, char **argv)
{
    struct e2m_identity signer = {0}, people[PEOPLE_MAX];
    X509 *readers[PEOPLE_MAX];
    struct e2m_label label = {0}, one;
    struct e2m_cek answered = {0};
    struct e2m_item item = {
        .type = "application/sdp", .content = read_file(argv[4]), .certificates = readers};
    struct e2m_send send = {.items = &item,
                            .item_count = 1,
                            .from = argv[2],
                            .to = argv[3],
                            .now = (uint64_t)time(NULL)};
    const char *cek = NULL, *v;
    struct e2m_sent sent;
    enum e2m_result result;
    FILE *out;
    bool broken = false;

    for (int i = 6; i < argc; i++) {
        if ((v = value(argv[i], "signer"))) {
            signer = person(v, true);
            send.signer = &signer;
        } else if ((v = value(argv[i], "to"))) {
            people[item.certificate_count] = person(v, false);
            readers[item.certificate_count] = people[item.certificate_count].certificate;
            item.certificate_count++;
        } else if ((v = value(argv[i], "label"))) {
            result = e2m_label_parse(&one, v, strlen(v));
            if (result == E2M_OK)
                result = e2m_label_add(&label, &one);
            if (result != E2M_OK)
                end(v, result);
            item.label = &label;
        } else if ((v = value(argv[i], "answer"))) {
            memcpy(&answered, read_file(v).octets, sizeof answered);
            item.answer_to = &answered;
        } else if ((v = value(argv[i], "cek"))) {
            cek = v;
        } else {
            broken = strcmp(argv[i], "broken") == 0;
        }
    }
    result = e2m_message_make(&send, &sent);
    if (result != E2M_OK)
        end("make", result);
    if (cek)
        write_file(cek, &sent.ceks[0], sizeof sent.ceks[0]);
    if (broken) /* within what is signed */
        for (size_t i = sent.body.len / 3; i < sent.body.len; i++)
            if (sent.body.octets[i] == 'A') {
                sent.body.octets[i] = 'B';
                break;
            }
    out = fopen(argv[5], "wb");
    if (!out)
        return 1;
    fprintf(out, "Content-Type: %s\r\n", sent.content_type);
    if (sent.base64)
        fputs("Content-Transfer-Encoding: base64\r\n", out);
    if (sent.label[0])
        fprintf(out, "Content-Target: %s\r\n", sent.label);
    fputs("\r\n", out);
    fwrite(sent.body.octets, 1, sent.body.len, out);
    fclose(out);
    e2m_sent_free(&sent);
    return 0;
}

static int read_body(int argc, char **argv)
{
    struct e2m_identity me = {0};
    struct e2m_cek cek = {0}, *ceks[] = {&cek};
    struct e2m_receive receive = {.from = argv[2],
                                  .to = argv[3],
                                  .content_type = argv[4],
                                  .encoding = strcmp(argv[5], "-") ? argv[5] : NULL,
                                  .body = read_file(argv[6]),
                                  .ceks = ceks,
                                  .now = (uint64_t)time(NULL)};
    const struct e2m_received_item *item;
    const char *keep = NULL, *v;
    struct e2m_received received;
    enum e2m_result result;

    for (int i = 8; i < argc; i++) {
        if ((v = value(argv[i], "me"))) {
            me = person(v, true);
            receive.identities = &me;
            receive.identity_count = 1;
        } else if ((v = value(argv[i], "cek"))) {
            memcpy(&cek, read_file(v).octets, sizeof cek);
            receive.cek_count = 1;
        } else if ((v = value(argv[i], "server"))) {
            receive.server = v;
        } else if ((v = value(argv[i], "keep"))) {
            keep = v;
        } else if ((v = value(argv[i], "trust"))) {
            struct e2m_trust *trust = e2m_trust_new();

            e2m_trust_add(trust, read_file(v), NULL);
            receive.trust = trust;
        }
    }
    result = e2m_message_read(&receive, &received);
    if (result != E2M_OK)
        end("read", result);
    item = e2m_received_find(&received, "application/sdp");
    if (!item)
        end("read", received.count ? received.items[0].result : E2M_CLEAR);
    write_file(argv[7], item->content.octets, item->content.len);
    if (keep)
        write_file(keep, &item->cek, sizeof item->cek);
    printf("signature=%s signer=%s enveloped=%d\n", e2m_result_text(received.signature),
           received.signer, item->enveloped);
    e2m_received_free(&received);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 6 && strcmp(argv[1], "make") == 0)
        return make(argc, argv);
    if (argc >= 8 && strcmp(argv[1], "read") == 0)
        return read_body(argc, argv);
    fputs("usage: see the head of e2m_body.c\n", stderr);
    return 2;
}
