/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* First octet: the kind; then the token and, behind a newline, the header. What parses is written
 * back as it was. */
#include "fuzz.h"
#include "simauth/element.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct simauth_element element, again;
    enum simauth_element_kind kind;
    char *text, *header;

    if (size == 0)
        return 0;
    kind = (enum simauth_element_kind)(data[0] & 7);
    text = fuzz_text(data + 1, size - 1);
    header = strchr(text, '\n');
    if (header != NULL)
        *header++ = '\0';
    if (simauth_element_read(&element, kind, text, header, header != NULL) ==
        SIMAUTH_ELEMENT_FOUND) {
        char without_mac[SIMAUTH_ELEMENT_MAX + 1];
        again = element;
        MUST(simauth_element_write(&again) == SIMAUTH_OK);
        MUST(strcmp(again.text, element.text) == 0);
        simauth_element_without_mac(&element, without_mac);
        MUST(strlen(without_mac) < strlen(element.text));
    }
    simauth_element_parse(&element, kind, (const char *)data, size);
    free(text);
    return 0;
}
