/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole message: Content-Type and Content-Target of the SIP message in a line each, then the
 * body. What parses as label prints and parses to the same. */
#include "e2m/message.h"
#include "fuzz.h"

static void try_label(const char *text)
{
    struct e2m_label label, again;
    char printed[E2M_LABEL_MAX + 1], reprinted[E2M_LABEL_MAX + 1];

    if (e2m_label_parse(&label, text, strlen(text)) != E2M_OK)
        return;
    e2m_label_print(&label, printed);
    MUST(e2m_label_parse(&again, printed, strlen(printed)) == E2M_OK);
    e2m_label_print(&again, reprinted);
    MUST(strcmp(printed, reprinted) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *label = strchr(text, '\n'), *body = NULL;
    struct e2m_received received;
    struct e2m_receive receive = {.content_type = text, .now = 1780315200};

    if (label) {
        *label++ = '\0';
        body = strchr(label, '\n');
    }
    if (body) {
        *body++ = '\0';
        try_label(label);
        receive.label = label;
        receive.body = (struct e2m_span){(uint8_t *)body, size - (size_t)(body - text)};
        e2m_message_read(&receive, &received);
        e2m_received_free(&received);
        receive.server = "p.example";
        receive.wants = E2M_ACCEPT_UNSIGNED_LABEL;
        e2m_message_read(&receive, &received);
        e2m_received_free(&received);
    }
    free(text);
    return 0;
}
