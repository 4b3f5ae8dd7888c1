/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header lines of a gateway's answer, as libcurl hands them on, and its body behind an empty
 * line, in pieces. */
#include "fuzz.h"

#include "../../plugin/ag/http.c"

static void headers(struct http *http, char *line, size_t len)
{
    while (len > 0) {
        char *end = memchr(line, '\n', len);
        size_t one = end ? (size_t)(end - line) + 1 : len;
        char *exact = malloc(one);

        MUST(exact != NULL);
        memcpy(exact, line, one); /* libcurl's have no NUL behind them */
        MUST(on_header(exact, 1, one, http) == one);
        free(exact);
        line += one;
        len -= one;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct http_answer answer;
    struct http http = {.answer = &answer};
    char *text = fuzz_text(data, size), *body = memmem(text, size, "\n\n", 2);
    size_t head = body ? (size_t)(body - text) + 1 : size, rest = size - head;

    memset(&answer, 0, sizeof answer);
    headers(&http, text, head);
    for (size_t i = 0; i < rest; i += 777)
        on_body(text + head + i, 1, rest - i < 777 ? rest - i : 777, &http);
    MUST(answer.body_len <= HTTP_BODY_MAX);
    MUST(memchr(answer.content_type, '\0', sizeof answer.content_type) &&
         memchr(answer.www_authenticate, '\0', sizeof answer.www_authenticate) &&
         memchr(answer.info, '\0', sizeof answer.info));
    free(text);
    return 0;
}
