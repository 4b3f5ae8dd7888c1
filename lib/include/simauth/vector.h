/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A vector as it travels from the operator that makes it to the phone that uses it, sealed so that
 * no gateway between can read it; and the operator's statement about the key that seals
 * (docs/protocol.md sections 4 and 6).
 */
#ifndef SIMAUTH_VECTOR_H
#define SIMAUTH_VECTOR_H

#include "keys.h"
#include "name.h"
#include "octets.h"
#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define SIMAUTH_X25519_LEN 32
#define SIMAUTH_SEALED_LEN                                                                         \
    (12 + SIMAUTH_KEY_LEN + 16)      /* a sealed key: nonce || AES-256-GCM || tag */
#define SIMAUTH_OPERATOR_NAME_MAX 64 /* octets of UTF-8 */
#define SIMAUTH_STATEMENT_MAX 16384  /* octets of a JWS */
#define SIMAUTH_CHAIN_MAX 4          /* certificates in it */
#define SIMAUTH_CERTIFICATE_MAX 4096 /* octets of DER of each */

/* Reads one JSON object of `len` octets as section 6.1 wants it: no member twice, no control
 * character (C0, DEL, C1) in any string or name, at most 16 levels. NULL when it is not so (or no
 * memory); json_decref() what comes back. */
SIMAUTH_API json_t *simauth_json_load(const char *text, size_t len);
/* Whether `object` is an object whose members are all named in `names` (NULL at the end). */
SIMAUTH_API bool simauth_json_only(const json_t *object, const char *const *names);

/* What the certificate of an operator says for its key of the day. */
struct simauth_statement {
    char realm[SIMAUTH_REALM_MAX + 1];        /* lower case; a dNSName of the certificate */
    char name[SIMAUTH_OPERATOR_NAME_MAX + 1]; /* for people */
    uint8_t key[SIMAUTH_X25519_LEN];
    int64_t not_before; /* seconds since 1970, UTC */
    int64_t not_after;
};
/* JWS compact (RFC 7515), ES256, the chain in "x5c" (leaf first). The result is malloc'ed: free().
 * NULL on failure, as with a chain longer than SIMAUTH_CHAIN_MAX, SIMAUTH_CERTIFICATE_MAX or
 * SIMAUTH_STATEMENT_MAX. */
SIMAUTH_API char *simauth_statement_sign(const struct simauth_statement *statement, EVP_PKEY *key,
                                         STACK_OF(X509) * chain);
/* Checks signature, chain to `anchors` at time `now`, name and validity. SIMAUTH_MALFORMED,
 * SIMAUTH_WRONG (signature), SIMAUTH_UNTRUSTED, SIMAUTH_EXPIRED (statement or certificate, or not
 * yet valid: compare the clock). */
SIMAUTH_API enum simauth_result simauth_statement_verify(const char *jws, X509_STORE *anchors,
                                                         int64_t now,
                                                         struct simauth_statement *statement);
/* Whether the certificate of a statement that simauth_statement_verify() has taken names this
 * domain of SIP addresses too (lower case; exactly: no wildcard counts). An operator's certificate
 * names every realm of its (docs/protocol.md section 3, rule 1). */
SIMAUTH_API bool simauth_statement_names(const char *jws, const char *domain);

struct simauth_vector {
    enum simauth_subject subject;
    struct simauth_challenge challenge; /* method and RAND; an AUTN is never in it */
    char caller[SIMAUTH_AOR_MAX + 1];   /* the octets of the transcripts */
    char callee[SIMAUTH_AOR_MAX + 1];
    char nai_a[SIMAUTH_NAI_MAX + 1];
    char nai_b[SIMAUTH_NAI_MAX + 1];
    char operator_name[SIMAUTH_OPERATOR_NAME_MAX + 1];
    int sim_age;  /* days since this SIM became the subscriber's, -1 unknown */
    int ttl;      /* seconds */
    char *op_key; /* JWS; owned */
    uint8_t sealed[SIMAUTH_SEALED_LEN];
    /* What came beside the object: of another SIM of the callee's address, what its half of the key
     * is made with (simauth_ssk_other_sim()); len 0: nothing. */
    struct simauth_secret mix;
};
/* Reads the JSON object of docs/protocol.md section 6. It refuses unknown types,
 * missing members and control characters; unknown members are part of what is sealed and therefore
 * refused as well. */
SIMAUTH_API enum simauth_result simauth_vector_from_json(const json_t *object,
                                                         struct simauth_vector *vector);
/* Appends the object's text (in the order of RFC 8785, "sealed" last) to `text`. False: no memory,
 * or text that is empty, has a control character or is no UTF-8; what is in `text` then is not to
 * be used. */
SIMAUTH_API bool simauth_vector_text(const struct simauth_vector *vector,
                                     struct simauth_octets *text);
SIMAUTH_API void simauth_vector_clear(struct simauth_vector *vector);

/* The phone's fresh key pair for one request; the private part comes from the caller's random
 * source. */
struct simauth_seal_pair {
    struct simauth_secret private_key; /* 32 octets */
    uint8_t public_key[SIMAUTH_X25519_LEN];
};
SIMAUTH_API enum simauth_result simauth_seal_pair_make(const uint8_t random[static 32],
                                                       struct simauth_seal_pair *pair);
/* Operator: seals `ssk` into vector->sealed; every other member must be final. `nonce` is 12 fresh
 * random octets. SIMAUTH_WRONG: the all-zero shared secret; SIMAUTH_MALFORMED: a text that is empty
 * or has a control character. */
SIMAUTH_API enum simauth_result simauth_seal(struct simauth_vector *vector,
                                             const struct simauth_seal_pair *operator_key,
                                             const uint8_t seal_to[static SIMAUTH_X25519_LEN],
                                             const uint8_t nonce[static 12],
                                             const struct simauth_secret *ssk);
/* Phone: opens it with the key of a verified statement. SIMAUTH_WRONG when anything was changed. */
SIMAUTH_API enum simauth_result
simauth_unseal(const struct simauth_vector *vector,
               const uint8_t operator_key[static SIMAUTH_X25519_LEN],
               const struct simauth_seal_pair *pair, struct simauth_secret *ssk);

/* Key material between a phone and its own gateway under HKDF(Ks_NAF, "seal down" / "seal up", 32):
 * nonce(12) || AES-256-GCM || tag(16), with `aad`. `sealed` has room for 28 + secret->len (of a key
 * SIMAUTH_SEALED_LEN) / is sealed_len long. */
SIMAUTH_API enum simauth_result simauth_channel_seal(const struct simauth_secret *ks_naf,
                                                     const char *direction, const uint8_t *aad,
                                                     size_t aad_len, const uint8_t nonce[static 12],
                                                     const struct simauth_secret *secret,
                                                     uint8_t *sealed);
SIMAUTH_API enum simauth_result simauth_channel_unseal(const struct simauth_secret *ks_naf,
                                                       const char *direction, const uint8_t *aad,
                                                       size_t aad_len, const uint8_t *sealed,
                                                       size_t sealed_len,
                                                       struct simauth_secret *secret);
/* The AAD of a key that belongs to the challenges of two SIMs of one address ("mix" and "mac0_key"
 * in docs/protocol.md section 6.1): that of element 1, then the other. Each at most
 * SIMAUTH_CHAL_MAX octets. Returns the length of `aad`. */
SIMAUTH_API size_t simauth_challenges_aad(const uint8_t *first, size_t first_len,
                                          const uint8_t *second, size_t second_len,
                                          uint8_t aad[static 2 * SIMAUTH_CHAL_MAX]);
#endif
