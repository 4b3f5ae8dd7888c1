/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Milenage (TS 35.206), with the operator's own constants c1..c5 and r1..r5 where it has some; what
 * a 2G SIM makes. */
#ifndef SIMAUTH_MILENAGE_H
#define SIMAUTH_MILENAGE_H

#include "method.h"

struct simauth_milenage {
    uint8_t k[16];
    uint8_t opc[16];
    uint8_t c[5][16]; /* TS 35.206 section 4.1 */
    uint8_t r[5];     /* bits, 0 to 127 */
};
struct simauth_milenage_vector {
    uint8_t mac_a[8], mac_s[8], res[8], ck[16], ik[16], ak[6], ak_star[6];
};

/* Standard constants; `op_is_opc` says whether `op` is OPc already. */
SIMAUTH_API enum simauth_result simauth_milenage_init(struct simauth_milenage *m,
                                                      const uint8_t k[static 16],
                                                      const uint8_t op[static 16], bool op_is_opc);
/* The same with own constants. SIMAUTH_MALFORMED: a rotation over 127, or two equal (c, r) pairs
 * (TS 35.206, 5.3). */
SIMAUTH_API enum simauth_result
simauth_milenage_init_custom(struct simauth_milenage *m, const uint8_t k[static 16],
                             const uint8_t op[static 16], bool op_is_opc,
                             const uint8_t c[static 5][16], const uint8_t r[static 5]);
/* f1, f1*, f2 to f5 and f5* at once. */
SIMAUTH_API enum simauth_result simauth_milenage_run(const struct simauth_milenage *m,
                                                     const uint8_t rand[static SIMAUTH_RAND_LEN],
                                                     const uint8_t sqn[static 6],
                                                     const uint8_t amf[static 2],
                                                     struct simauth_milenage_vector *out);
/* f2 to f5 and f5* alone (SQN not known yet); mac_a and mac_s are zero. */
SIMAUTH_API enum simauth_result simauth_milenage_keys(const struct simauth_milenage *m,
                                                      const uint8_t rand[static SIMAUTH_RAND_LEN],
                                                      struct simauth_milenage_vector *out);
/* The triplet of RES (8 or 16 octets), CK and IK: c2 and c3 of TS 33.102, 6.8.1.2; with Milenage it
 * is GSM-Milenage of TS 55.205. */
SIMAUTH_API void simauth_triplet(const uint8_t *res, size_t res_len, const uint8_t ck[static 16],
                                 const uint8_t ik[static 16], uint8_t sres[static SIMAUTH_SRES_LEN],
                                 uint8_t kc[static SIMAUTH_KC_LEN]);
/* The triplet of a test SIM with XOR (TS 51.010-1 annex A.4.1.2), which keeps nothing from anybody;
 * libosmogsm 1.7 has it for USIMs alone. */
SIMAUTH_API void simauth_xor_2g(const uint8_t k[static 16],
                                const uint8_t rand[static SIMAUTH_RAND_LEN],
                                uint8_t sres[static SIMAUTH_SRES_LEN],
                                uint8_t kc[static SIMAUTH_KC_LEN]);
SIMAUTH_API void simauth_milenage_wipe(struct simauth_milenage *m);

#endif
