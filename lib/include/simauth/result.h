/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results of libsimauth, one closed set. */
#ifndef SIMAUTH_RESULT_H
#define SIMAUTH_RESULT_H

#define SIMAUTH_API __attribute__((visibility("default")))

/* 0 is success, every failure is negative. */
enum simauth_result {
    SIMAUTH_OK = 0,
    SIMAUTH_NO_MEMORY = -1,
    SIMAUTH_MALFORMED = -2,      /* syntax: wrong alphabet, length, missing or doubled member */
    SIMAUTH_TOO_LONG = -3,       /* over a stated limit */
    SIMAUTH_UNKNOWN_METHOD = -4, /* a method that has no row in the table */
    SIMAUTH_WRONG = -5,          /* a MAC, seal, digest or signature does not verify */
    SIMAUTH_NOT_OURS = -6,       /* a name is not the one that was expected */
    SIMAUTH_EXPIRED = -7,        /* outside its time of validity */
    SIMAUTH_UNTRUSTED =
        -8,             /* a certificate chain that ends in no trust anchor, or has another name */
    SIMAUTH_CRYPTO = -9 /* libcrypto refused what should not fail */
};

/* A few words for a log line; static storage, never NULL. */
SIMAUTH_API const char *simauth_result_name(enum simauth_result result);

#endif
