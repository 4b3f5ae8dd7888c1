/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A description enveloped for one reader, opened, and its answer under the key of the first. */
#include "count.h"
#include "people.h"

#include "e2m/message.h"

#include <assert.h>

#define SDP                                                                                        \
    "v=0\r\no=bob 1 1 IN IP4 192.0.2.2\r\ns=Talk\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n"               \
    "m=audio 7078 RTP/AVP 96 97 98 0 8\r\na=rtpmap:96 opus/48000/2\r\na=zrtp-hash:1.10 "           \
    "0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b\r\n"

struct exchange {
    struct e2m_identity reader;
    struct e2m_cek key; /* of the request */
};

static struct e2m_buffer seal(struct exchange *x, X509 **reader, bool answer)
{
    struct e2m_seal wish = {.plain = e2m_text_span(SDP),
                            .certificates = answer ? NULL : reader,
                            .certificate_count = answer ? 0 : 1,
                            .answer_to = answer ? &x->key : NULL,
                            .now = NOW};
    struct e2m_buffer der;

    assert(e2m_envelope_seal(&wish, &der, answer ? NULL : &x->key) == E2M_OK);
    return der;
}

static void open_it(struct exchange *x, struct e2m_buffer *der, bool answer)
{
    struct e2m_cek *const keys[] = {&x->key};
    struct e2m_open wish = {.der = e2m_buffer_span(der),
                            .identities = answer ? NULL : &x->reader,
                            .identity_count = answer ? 0 : 1,
                            .ceks = keys,
                            .cek_count = answer ? 1 : 0,
                            .now = NOW};
    struct e2m_buffer plain;

    assert(e2m_envelope_open(&wish, &plain, NULL) == E2M_OK);
    e2m_buffer_free(&plain);
    e2m_buffer_free(der);
}

static void round_of(struct exchange *x, bool counted)
{
    static const char *const names[2][2] = {{"e2m.seal", "e2m.open"},
                                            {"e2m.answer.seal", "e2m.answer.open"}};
    X509 *reader = x->reader.certificate;

    for (int answer = 0; answer < 2; answer++) {
        if (counted)
            count_begin();
        struct e2m_buffer der = seal(x, &reader, answer);
        if (counted) {
            count_end(names[answer][0]);
            count_begin();
        }
        open_it(x, &der, answer);
        if (counted)
            count_end(names[answer][1]);
    }
}

int main(void)
{
    struct e2m_identity authority = people_authority();
    struct exchange x = {.reader =
                             people_make(&(struct people_wish){.key = PEOPLE_P256}, &authority)};

    round_of(&x, false);
    round_of(&x, true);
    e2m_identity_free(&x.reader);
    e2m_identity_free(&authority);
    return 0;
}
