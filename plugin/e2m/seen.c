/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signature names who speaks to whom, and no call: whoever got it could show it again. */
#include "e2m_talk.h"

#include <string.h>

/* Whose body it is: the call, and who sent it within that. Both are in every message of theirs. */
static void print_call(belle_sip_message_t *message, uint8_t out[static 32])
{
    belle_sip_header_from_t *from =
        belle_sip_message_get_header_by_type(message, belle_sip_header_from_t);
    const char *tag = !belle_sip_message_is_request(message) ? sip_message_to_tag(message)
                      : from                                 ? belle_sip_header_from_get_tag(from)
                                                             : NULL;
    belle_sip_header_call_id_t *id =
        belle_sip_message_get_header_by_type(message, belle_sip_header_call_id_t);
    char *text = g_strdup_printf("%s\n%s", id ? belle_sip_header_call_id_get_call_id(id) : "",
                                 tag ? tag : "");
    GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize len = 32;

    g_checksum_update(sum, (const guchar *)text, -1);
    g_checksum_get_digest(sum, out, &len);
    g_checksum_free(sum);
    g_free(text);
}

bool e2m_seen_own(struct e2m_seen *seen, belle_sip_message_t *message,
                  const uint8_t body[static 32], uint64_t now)
{
    struct e2m_seen_body *entry = seen->bodies;
    uint8_t call[32];

    print_call(message, call);
    for (; entry < seen->bodies + E2M_SEEN_MAX; entry++) {
        if (entry->until > now && !memcmp(entry->hash, body, sizeof(entry->hash)))
            return !memcmp(entry->call, call, sizeof(call));
    }
    entry = &seen->bodies[seen->next++ % E2M_SEEN_MAX];
    entry->until = now + 2 * (uint64_t)E2M_SIGNATURE_AGE; /* our clock may be as much behind */
    memcpy(entry->hash, body, sizeof(entry->hash));
    memcpy(entry->call, call, sizeof(call));
    return true;
}
