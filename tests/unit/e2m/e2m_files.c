/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A call's request and answer as files, for another program to open.
 *   e2m_files make FOLDER                  ca, bob and middle (PEM), request and answer
 *   e2m_files open FOLDER NAME FILE OUT    what FILE (an envelope in DER) says to NAME
 */
#include "people.h"

#include "e2m/message.h"

#include <assert.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALICE "sip:alice@a.example"
#define BOB "sip:bob@b.example"

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Talk\r\nc=IN IP4 192.0.2.1\r\n"
                          "t=0 0\r\nm=audio 7078 RTP/SAVP 96\r\n"
                          "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"
                          "0123456789abcdef0123456789abcdef01234567\r\n";
static const char *folder;

static FILE *file(const char *name, const char *mode)
{
    char path[4096];
    FILE *opened;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    opened = fopen(path, mode);
    if (!opened) {
        perror(path);
        exit(1);
    }
    return opened;
}

static void put(const char *name, const void *octets, size_t len)
{
    FILE *to = file(name, "wb");

    assert(fwrite(octets, 1, len, to) == len);
    assert(fclose(to) == 0);
}

static void put_hex(const char *name, const uint8_t *octets, size_t len)
{
    FILE *to = file(name, "w");

    for (size_t i = 0; i < len; i++)
        fprintf(to, "%02x", octets[i]);
    assert(fclose(to) == 0);
}

static void put_identity(const char *name, const struct e2m_identity *identity)
{
    char path[64];
    FILE *to;

    snprintf(path, sizeof(path), "%s.pem", name);
    to = file(path, "w");
    assert(PEM_write_X509(to, identity->certificate) == 1 && fclose(to) == 0);
    snprintf(path, sizeof(path), "%s.key", name);
    to = file(path, "w");
    assert(PEM_write_PrivateKey(to, identity->key, NULL, NULL, 0, NULL, NULL) == 1 &&
           fclose(to) == 0);
}

static void put_message(const char *name, const struct e2m_sent *sent)
{
    FILE *to = file(name, "wb");

    fprintf(to, "MIME-Version: 1.0\r\nContent-Type: %s\r\n%s\r\n", sent->content_type,
            sent->base64 ? "Content-Transfer-Encoding: base64\r\n" : "");
    assert(fwrite(sent->body.octets, 1, sent->body.len, to) == sent->body.len);
    assert(fclose(to) == 0);
}

/* The only envelope of a body. */
static void put_envelope(const char *name, const struct e2m_sent *sent)
{
    struct e2m_buffer der;
    struct e2m_body body;
    int part;

    assert(e2m_body_parse(&body, sent->content_type, sent->base64 ? "base64" : NULL, NULL,
                          e2m_buffer_span(&sent->body)) == E2M_OK);
    part = e2m_body_find(&body, 0, E2M_ENVELOPE);
    assert(part >= 0 && e2m_part_content(&body.parts[part], &der) == E2M_OK);
    put(name, der.octets, der.len);
    e2m_buffer_free(&der);
}

static void make(void)
{
    struct e2m_identity authority = people_authority();
    struct e2m_identity alice = people_subscriber(ALICE, &authority);
    struct e2m_identity bob = people_subscriber(BOB, &authority);
    struct e2m_identity middle = people_make(
        &(struct people_wish){.key = PEOPLE_RSA, .san = "URI:sip:b.example"}, &authority);
    X509 *readers[] = {bob.certificate, middle.certificate};
    struct e2m_label label = {1, {"b.example"}};
    struct e2m_item item = {.type = "application/sdp",
                            .content = e2m_text_span(sdp),
                            .certificates = readers,
                            .certificate_count = 2,
                            .label = &label};
    struct e2m_send send = {
        .items = &item, .item_count = 1, .signer = &alice, .from = ALICE, .to = BOB, .now = NOW};
    struct e2m_sent request, answer;
    uint8_t kek[E2M_KEK_LEN];

    assert(e2m_message_make(&send, &request) == E2M_OK);
    item.certificate_count = 0;
    item.answer_to = &request.ceks[0];
    send.signer = NULL;
    send.from = BOB;
    send.to = ALICE;
    assert(e2m_message_make(&send, &answer) == E2M_OK);
    assert(e2m_cek_derive(&request.ceks[0], kek) == E2M_OK);
    put_identity("ca", &authority);
    put_identity("bob", &bob);
    put_identity("middle", &middle);
    put_message("request.eml", &request);
    put_message("answer.eml", &answer);
    put_envelope("request.der", &request);
    put_envelope("answer.der", &answer);
    put("sdp", sdp, strlen(sdp));
    put_hex("cek", request.ceks[0].key, request.ceks[0].key_len);
    put_hex("kek", kek, sizeof(kek));
    put_hex("reference", request.ceks[0].reference, E2M_REFERENCE_LEN);
    printf("%llu\n", (unsigned long long)NOW);
    e2m_sent_free(&request);
    e2m_sent_free(&answer);
    e2m_identity_free(&authority);
    e2m_identity_free(&alice);
    e2m_identity_free(&bob);
    e2m_identity_free(&middle);
}

static struct e2m_buffer get(const char *name, const char *suffix)
{
    struct e2m_buffer buffer = {calloc(1, E2M_DER_MAX), 0};
    char path[64];
    FILE *from;

    snprintf(path, sizeof(path), "%s%s", name, suffix);
    from = file(path, "rb");
    buffer.len = fread(buffer.octets, 1, E2M_DER_MAX - 1, from);
    fclose(from);
    return buffer;
}

static int read_envelope(const char *name, const char *in, const char *out)
{
    struct e2m_buffer certificate = get(name, ".pem"), key = get(name, ".key"), der = get(in, "");
    struct e2m_identity identity = {NULL, NULL, NULL};
    struct e2m_open open = {
        .der = e2m_buffer_span(&der), .identities = &identity, .identity_count = 1, .now = NOW};
    struct e2m_buffer plain = {NULL, 0};
    enum e2m_result result =
        e2m_identity_read(&identity, e2m_buffer_span(&certificate), e2m_buffer_span(&key));

    if (result == E2M_OK)
        result = e2m_envelope_open(&open, &plain, NULL);
    if (result == E2M_OK)
        put(out, plain.octets, plain.len);
    printf("%s\n", e2m_result_text(result));
    e2m_buffer_free(&certificate);
    e2m_buffer_free(&key);
    e2m_buffer_free(&der);
    e2m_buffer_free(&plain);
    e2m_identity_free(&identity);
    return result == E2M_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    folder = argc > 2 ? argv[2] : "";
    if (argc == 3 && strcmp(argv[1], "make") == 0) {
        make();
        return 0;
    }
    if (argc == 6 && strcmp(argv[1], "open") == 0)
        return read_envelope(argv[3], argv[4], argv[5]);
    fprintf(stderr, "usage: e2m_files make FOLDER | open FOLDER NAME FILE OUT\n");
    return 2;
}
