/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The middle's configuration; "@" in it is the folder with token, certificate and key. */
#include "file.h"

#include "../../middle/config.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

static void write_identity(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    BIO *bio = BIO_new(BIO_s_mem());
    X509V3_CTX ctx;
    X509_EXTENSION *names;
    char *text;
    long len;

    MUST(key && certificate && bio);
    X509V3_set_ctx_nodb(&ctx);
    names =
        X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "DNS:a.example,URI:sip:a.example");
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_add_ext(certificate, names, -1);
    X509_set_pubkey(certificate, key);
    MUST(X509_sign(certificate, key, EVP_sha256()) > 0);
    PEM_write_bio_X509(bio, certificate);
    len = BIO_get_mem_data(bio, &text);
    fuzz_file("crt", text, (size_t)len);
    BIO_reset(bio);
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    len = BIO_get_mem_data(bio, &text);
    fuzz_file("key", text, (size_t)len);
    fuzz_file("token", "0123456789abcdef\n", 17);
    X509_EXTENSION_free(names);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

/* "@" becomes the folder's path. */
static size_t put_folder(const uint8_t *data, size_t size, char *text, size_t room)
{
    size_t n = 0, folder = strlen(fuzz_folder());

    for (size_t i = 0; i < size && n + folder + 1 < room; i++) {
        if (data[i] == '@') {
            memcpy(text + n, fuzz_folder(), folder);
            n += folder;
        } else {
            text[n++] = (char)data[i];
        }
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[1 << 16];
    static bool written;
    char error[CONFIG_ERROR_MAX] = "";
    struct sdp_address address = {.family = AF_INET6};
    struct config *c;

    if (!written)
        write_identity();
    written = true;
    c = config_load(fuzz_file("middle.conf", text, put_folder(data, size, text, sizeof text)),
                    error);
    if (c) {
        MUST(c->domain[0] && c->token_len >= 16 && c->network_count <= CONFIG_NETWORKS_MAX);
        for (unsigned i = 0; i < c->network_count; i++)
            MUST(config_guards(c, &c->networks[i].address));
        config_guards(c, &address);
    } else {
        MUST(error[0]);
    }
    config_free(c);
    return 0;
}
