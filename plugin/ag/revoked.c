/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ag_certificates.h"
#include "http.h"

#include <e2m/certificate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "https://"
#define LIMIT_MS 5000

/* "https://HOST[:PORT]/PATH" in its two parts, of characters that stand for themselves. */
static bool split(const char *url, char host[static 300], const char **path)
{
    const char *from = url + strlen(SCHEME);
    size_t len;

    if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
        return false;
    len = strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]");
    *path = from + len;
    if (len == 0 || len >= 300 || **path != '/' || strpbrk(*path, " \"<>\\^`{}|"))
        return false;
    memcpy(host, from, len);
    host[len] = '\0';
    return true;
}

X509_CRL *ag_revoked(const char *url, const char *ca_file, const char *local_address, char *why)
{
    struct http_answer *answer = calloc(1, sizeof *answer);
    struct http_request request = {.method = "GET"};
    struct http *http = NULL;
    X509_CRL *list = NULL;
    char host[300];

    snprintf(why, AG_ERROR_MAX, "not an https address");
    if (answer && split(url, host, &request.path))
        http = http_open(host, ca_file, local_address);
    if (http && http_send(http, &request, LIMIT_MS, answer, why, AG_ERROR_MAX) == HTTP_GOOD) {
        snprintf(why, AG_ERROR_MAX, "status %ld", answer->status);
        if (answer->status == 200 &&
            e2m_revoked_read((struct e2m_span){(const uint8_t *)answer->body, answer->body_len},
                             &list) != E2M_OK)
            snprintf(why, AG_ERROR_MAX, "what came is no list of revoked certificates");
    }
    http_close(http);
    free(answer);
    return list;
}
