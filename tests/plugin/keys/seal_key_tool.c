/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints how seal_key_of_desktop() ended and the SHA-256 of the key, for test_desktop.py. */
#include "seal_key.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static const char *const names[] = {"good", "none", "failed"};
    unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10;
    struct simauth_secret key;
    char error[SEAL_KEY_ERROR_MAX];
    unsigned char hash[32];
    /* "now": nobody is asked */
    enum seal_key_status status = seal_key_of_desktop(seconds, argc < 3, &key, error);

    printf("%s ", names[status]);
    if (status == SEAL_KEY_GOOD && EVP_Digest(key.octets, key.len, hash, NULL, EVP_sha256(), NULL))
        for (size_t i = 0; i < sizeof hash; i++)
            printf("%02x", hash[i]);
    printf("%s\n", error);
    simauth_secret_wipe(&key);
    return 0;
}
