/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server gets of somebody's session description (plugin/e2m/parts.c): the part that was
 * asked for and nothing that was not, whatever the description is; a part of a part is the same.
 */
#include "fuzz.h"

#include <e2m_talk.h>
#include <stdbool.h>

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

static bool is_fixed(const char *line)
{
    static const char *const fixed[] = {"v=0", "o=- 0 0 IN IP4 0.0.0.0", "s=-", "t=0 0"};

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!strcmp(line, fixed[i]))
            return true;
    }
    return begins(line, "a=e2m-part:") || begins(line, "a=sendrecv") ||
           begins(line, "a=sendonly") || begins(line, "a=recvonly") || begins(line, "a=inactive");
}

/* Behind the port is a word for the protocol, and never which codecs. */
static void check_media(const char *line, unsigned kind)
{
    size_t len = strlen(line);
    const char *port = strchr(line, ' ');

    MUST(len > 2 && !strcmp(line + len - 2, " 0"));
    MUST(port != NULL);
    if (!(kind & E2M_PART_ADDRESSES))
        MUST(begins(port, " 9 ") || begins(port, " 0 "));
}

static void check_line(const char *line, unsigned kind)
{
    bool addresses = kind & E2M_PART_ADDRESSES;

    if (is_fixed(line))
        return;
    if (begins(line, "m="))
        check_media(line, kind);
    else if (begins(line, "c="))
        MUST(addresses || !strcmp(line, "c=IN IP4 0.0.0.0"));
    else if (begins(line, "b="))
        MUST(kind & E2M_PART_BANDWIDTH);
    else
        MUST(addresses && (begins(line, "a=rtcp:") || begins(line, "a=rtcp-mux") ||
                           begins(line, "a=candidate:") || begins(line, "a=simauth-pinhole:")));
}

static void check_part(const char *sdp, size_t len, unsigned kind)
{
    GString *part = e2m_part_make(sdp, len, kind), *again;
    char **lines = g_strsplit(part->str, "\r\n", -1);

    for (char **line = lines; line[0] && line[1]; line++)
        check_line(*line, kind);
    MUST(g_str_has_suffix(part->str, "\r\n") && strlen(part->str) == part->len);
    MUST(e2m_part_of(part->str, part->len) == kind);
    again = e2m_part_make(part->str, part->len, kind);
    MUST(g_string_equal(part, again));
    g_strfreev(lines);
    g_string_free(again, TRUE);
    g_string_free(part, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *sdp = fuzz_text(data, size);

    (void)e2m_part_of(sdp, size);
    check_part(sdp, size, E2M_PART_ADDRESSES);
    check_part(sdp, size, E2M_PART_BANDWIDTH);
    check_part(sdp, size, E2M_PART_ADDRESSES | E2M_PART_BANDWIDTH);
    free(sdp);
    return 0;
}
