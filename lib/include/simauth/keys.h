/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The key schedule: one function for each derivation of docs/protocol.md section 4, and nowhere
 * else. */
#ifndef SIMAUTH_KEYS_H
#define SIMAUTH_KEYS_H

#include "element.h"
#include "octets.h"
#include "secret.h"

#define SIMAUTH_KEY_LEN 32

/* Which of the two session keys. */
enum simauth_subject { SIMAUTH_SUBJECT_CALLEE, SIMAUTH_SUBJECT_CALLER };

/* The four names of a call, as the vector has them. */
struct simauth_names {
    const char *aor_a;
    const char *aor_b;
    const char *nai_a;
    const char *nai_b;
};

/* TS 33.220 annex B.2 with FC = 0xF0: SSK_A=>B (subject callee, K_B) or SSK_B=>A (subject caller,
 * K_A). */
SIMAUTH_API enum simauth_result
simauth_ssk_one_way(enum simauth_subject subject, const struct simauth_names *names,
                    const struct simauth_method *method, const uint8_t *rand, size_t rand_len,
                    const struct simauth_secret *k, const struct simauth_secret *res,
                    struct simauth_secret *ssk);
/* The same for a method without a SIM (stp, agt): K is the setup or ticket key of SIMAUTH_KEY_LEN,
 * `ticket` the SIMAUTH_TICKET_LEN octets of agt (NULL for stp), `nonce` NONCE_A (subject callee) or
 * NONCE_B (subject caller). SIMAUTH_MALFORMED: a name or length that does not fit;
 * SIMAUTH_NO_MEMORY, SIMAUTH_CRYPTO. */
SIMAUTH_API enum simauth_result
simauth_ssk_held(enum simauth_subject subject, const struct simauth_names *names,
                 const struct simauth_method *method, const uint8_t *ticket,
                 const uint8_t nonce[static SIMAUTH_NONCE_LEN], const struct simauth_secret *k,
                 struct simauth_secret *ssk);
/* SSK_A/B from both and T3. */
SIMAUTH_API enum simauth_result simauth_ssk_both(const struct simauth_secret *ssk_callee,
                                                 const struct simauth_secret *ssk_caller,
                                                 const struct simauth_octets *t3,
                                                 struct simauth_secret *ssk);
/* SSK_B=>A of a call that another SIM of the callee's address answers than the one that was asked:
 * HKDF(SSK_B=>A || mix, "other sim " || b64u(RAND_B'), 32), mix: SIMAUTH_KEY_LEN random octets of
 * AG(A) for this RAND_B' alone. Whoever has it knows nothing of SSK_B=>A, nor of a third SIM's, and
 * whoever has SSK_B=>A nothing of it. `ssk` is replaced. SIMAUTH_MALFORMED: a length that does not
 * fit, and `ssk` is as it was. */
SIMAUTH_API enum simauth_result simauth_ssk_other_sim(const uint8_t rand[static SIMAUTH_RAND_LEN],
                                                      const struct simauth_secret *mix,
                                                      struct simauth_secret *ssk);
/* HKDF(K, label, len). */
SIMAUTH_API enum simauth_result simauth_hkdf(const struct simauth_secret *key, const char *label,
                                             size_t len, struct simauth_secret *out);
/* The key of MAC_0 is HKDF(SSK_A=>B, SIMAUTH_LABEL_MAC_0, 32): a gateway gives it after a
 * resynchronisation. */
#define SIMAUTH_LABEL_MAC_0 "caller opening"
#define SIMAUTH_LABEL_MAC_B "callee confirm"
#define SIMAUTH_LABEL_MAC_A "caller confirm"
#define SIMAUTH_LABEL_MAC_B2 "callee media"
#define SIMAUTH_LABEL_ZRTP "zrtp aux"
/* Section 8: the next call in the same direction, in the other, and the MAC of a lifetime wish. */
#define SIMAUTH_LABEL_SETUP_SAME "setup same"
#define SIMAUTH_LABEL_SETUP_BACK "setup back"
#define SIMAUTH_LABEL_SETUP_WISH "setup wish"
/* First 16 octets of HMAC-SHA-256(key, transcript). */
SIMAUTH_API enum simauth_result simauth_mac(const struct simauth_secret *key,
                                            const struct simauth_octets *transcript,
                                            uint8_t mac[static SIMAUTH_MAC_LEN]);

/* Ks_NAF of GBA_ME, TS 33.220 annex B.3: KDF(Ks, "gba-me", RAND, IMPI, NAF_Id) with FC = 0x01,
 * NAF_Id = fqdn || FF 73 69 6D 01. */
SIMAUTH_API enum simauth_result simauth_ks_naf(const struct simauth_secret *ck_ik,
                                               const uint8_t rand[static SIMAUTH_RAND_LEN],
                                               const char *impi, const char *naf_fqdn,
                                               struct simauth_secret *ks_naf);

/* 2G GBA (TS 33.220 annex I.5.2), with key = Kc || Kc || RAND of one triplet: RES, the password of
 * Ub, is the first 16 octets of KDF(key, "3gpp-gba-res", SRES); Ks = KDF(key, Ks-input,
 * "3gpp-gba-ks", SRES), 32 octets, in the place of CK || IK. SIMAUTH_MALFORMED (both are empty
 * then): not one SRES of 4 and one Kc of 8 octets. */
#define SIMAUTH_KS_INPUT_LEN 16
SIMAUTH_API enum simauth_result
simauth_gba_2g(const uint8_t rand[static SIMAUTH_RAND_LEN], const struct simauth_secret *sres,
               const struct simauth_secret *kc, const uint8_t ks_input[static SIMAUTH_KS_INPUT_LEN],
               struct simauth_secret *res, struct simauth_secret *ks);

/* GBA_Digest, a subscriber without a SIM (TS 33.220 annex M; annex B.5 has the two derivations):
 * H(A1) = SHA-256(username ":" realm ":" password) of RFC 7616, TLS_MK_Extr = 48 octets that TLS
 * exports (RFC 5705) under this label without a context, RESP = the 32 octets of `response`, which
 * is the Authorization's (64 hexadecimal digits). passwd = KDF(H(A1), "GBA_Digest_RESP",
 * TLS_MK_Extr) is the password of Ub, Ks = KDF(H(A1), "GBA_Digest_Ks", TLS_MK_Extr, RESP). */
#define SIMAUTH_HA1_LEN 32
#define SIMAUTH_TLS_MK_LEN 48
#define SIMAUTH_TLS_MK_LABEL "EXPORTER_GBA_Digest"
/* SIMAUTH_MALFORMED: an empty name or password. */
SIMAUTH_API enum simauth_result simauth_gba_digest_ha1(const char *username, const char *realm,
                                                       const void *password, size_t password_len,
                                                       struct simauth_secret *ha1);
/* SIMAUTH_MALFORMED: `ha1` has not SIMAUTH_HA1_LEN octets. */
SIMAUTH_API enum simauth_result
simauth_gba_digest_passwd(const struct simauth_secret *ha1,
                          const uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN],
                          struct simauth_secret *passwd);
SIMAUTH_API enum simauth_result
simauth_gba_digest_ks(const struct simauth_secret *ha1,
                      const uint8_t tls_mk[static SIMAUTH_TLS_MK_LEN], const char *response,
                      struct simauth_secret *ks);

#endif
