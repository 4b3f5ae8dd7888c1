/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CMS: an envelope or a signature in DER, or (as in the corpus) in base64. */
#include "e2m/body.h"
#include "e2m/envelope.h"
#include "fuzz.h"

#include <openssl/crypto.h>

/* Before 3.0.20 libcrypto loses a part of some envelopes that it cannot read (d2i of CMS). */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return OpenSSL_version_num() < 0x30000140L ? "leak:libcrypto.so" : "";
}

static void try_der(struct e2m_span der)
{
    struct e2m_cek key = {.key_len = 32, .max = E2M_REUSE_COUNT, .made_at = 1780315200}, cek;
    struct e2m_cek *const keys[] = {&key};
    struct e2m_span text = e2m_text_span("x");
    struct e2m_envelope_info info;
    struct e2m_buffer out;
    X509 *certificate;

    if (e2m_envelope_inspect(der, &info) == E2M_OK && info.answers_count)
        memcpy(key.reference, info.answers[0], sizeof(key.reference));
    e2m_envelope_open(
        &(struct e2m_open){.der = der, .ceks = keys, .cek_count = 1, .now = 1780315200}, &out,
        &cek);
    e2m_buffer_free(&out);
    e2m_verify(der, &text, NULL, 1780315200, &certificate, NULL);
    X509_free(certificate);
    e2m_verify(der, NULL, NULL, 1780315200, &certificate, &out);
    X509_free(certificate);
    e2m_buffer_free(&out);
    if (e2m_certificate_read(der, &certificate, NULL) == E2M_OK)
        e2m_certificate_names_server(certificate, "p.example");
    X509_free(certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct e2m_buffer der;
    struct e2m_body body;

    try_der((struct e2m_span){data, size});
    if (e2m_body_parse(&body, "a/b", "base64", NULL, (struct e2m_span){data, size}) == E2M_OK &&
        e2m_part_content(&body.parts[0], &der) == E2M_OK) {
        try_der(e2m_buffer_span(&der));
        e2m_buffer_free(&der);
    }
    return 0;
}
