/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "card_tag.h"

#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <seal_key.h>
#include <string.h>

bool card_tag(const char *folder, const char *iccid, char tag[static CARD_TAG_LEN + 1])
{
    uint8_t salt[SEAL_KEY_LEN], mac[EVP_MAX_MD_SIZE];
    char *path = g_build_filename(folder, "card-tags.salt", NULL), error[SEAL_KEY_ERROR_MAX];
    bool good;

    /* What goes wrong costs a person the remembered PIN, and is told where the folder matters. */
    good = g_mkdir_with_parents(folder, 0700) == 0 &&
           seal_octets_of_file(path, salt, error) == SEAL_KEY_GOOD &&
           HMAC(EVP_sha256(), salt, sizeof(salt), (const unsigned char *)iccid, strlen(iccid), mac,
                NULL);
    for (int i = 0; good && i < CARD_TAG_LEN / 2; i++)
        g_snprintf(tag + 2 * i, 3, "%02x", mac[i]);
    OPENSSL_cleanse(salt, sizeof(salt));
    OPENSSL_cleanse(mac, sizeof(mac));
    g_free(path);
    return good;
}
