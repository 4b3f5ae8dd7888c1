/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a phone wants a certificate for, and what a partner says is one: DER, or (as in the corpus)
 * PEM, whose first block is the request or certificate and whose second is its authority. What is
 * issued is good for the address that was bound, whatever the request says of itself; and nobody
 * makes a certificate of our authority.
 */
#include "fuzz.h"
#include "pki.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#define NOW 1780315200
#define AOR "sip:alice@a.example"

struct block {
    unsigned char *der;
    long len;
};

static bool first_of_chain(const uint8_t *der, size_t len, void *data)
{
    struct block *block = data;

    block->der = OPENSSL_memdup(der, len);
    block->len = (long)len;
    MUST(block->der != NULL);
    return false;
}

static struct store_authority *ours(struct block *der)
{
    static struct store_authority authority;
    static struct block own;

    if (!own.der) {
        MUST(pki_authority_make("Operator A", "a.example", 365, NOW, &authority) == 0);
        pki_chain(authority.chain, first_of_chain, &own);
    }
    *der = own;
    return &authority;
}

static void try_der(const unsigned char *data, size_t len, const struct block *second)
{
    struct block own;
    const struct store_authority *authority = ours(&own);
    const struct pki_wish wish = {.request = data,
                                  .request_len = len,
                                  .aor = AOR,
                                  .operator_name = "Operator A",
                                  .list_url = "https://ag.a.example/v1/certificates/revoked",
                                  .not_before = NOW - 300,
                                  .not_after = NOW + 86400};
    uint8_t serial[STORE_SERIAL_LEN], der[STORE_CERTIFICATE_MAX];
    size_t der_len = 0;

    if (pki_issue(authority, &wish, serial, der, &der_len) == NULL) {
        MUST(len <= PKI_REQUEST_MAX && der_len > 0 && der_len <= sizeof der);
        MUST(pki_is_good(der, der_len, own.der, (size_t)own.len, AOR, NOW));
        MUST(!pki_is_good(der, der_len, own.der, (size_t)own.len, "sip:bob@a.example", NOW));
        MUST(!pki_is_good(der, der_len, own.der, (size_t)own.len, AOR, NOW + 2 * 86400));
    }
    MUST(!pki_is_good(data, len, own.der, (size_t)own.len, AOR, NOW));
    if (second->der)
        pki_is_good(data, len, second->der, (size_t)second->len, AOR, NOW);
}

static void read_block(BIO *from, struct block *block)
{
    char *name = NULL, *header = NULL;

    block->der = NULL;
    if (PEM_read_bio(from, &name, &header, &block->der, &block->len) != 1)
        block->der = NULL;
    OPENSSL_free(name);
    OPENSSL_free(header);
}

static bool count(const uint8_t *der, size_t len, void *data)
{
    MUST(der && len > 0);
    return ++*(int *)data < 100;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block first, second = {0};
    struct store_authority read = {0};
    BIO *from = BIO_new_mem_buf(data, (int)size);
    char *text = fuzz_text(data, size);
    int blocks = 0;

    MUST(from != NULL);
    try_der(data, size, &second);
    read_block(from, &first);
    read_block(from, &second);
    if (first.der)
        try_der(first.der, (size_t)first.len, &second);
    OPENSSL_free(first.der);
    OPENSSL_free(second.der);
    BIO_free(from);
    pki_chain(text, count, &blocks);
    pki_authority_read(text, text, NOW, &read);
    store_authority_clear(&read);
    ERR_clear_error();
    free(text);
    return 0;
}
