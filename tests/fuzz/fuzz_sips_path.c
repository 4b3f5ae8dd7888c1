/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages of a call that wants TLS all the way: what is found without fault says so, as belle-sip
 * writes it again, on each line that matters (plugin/linphone/sips/sips_path.c). */
#include "phone.h"

#include <belle-sip/belle-sip.h>
#include <sip_tap.h>
#include <sips_path.h>

#define PEER "sip:bob@b.example"

const char *__wrap_sip_call_registered_over(const struct sip_call *call);
const char *__wrap_sip_call_registered_over(const struct sip_call *call)
{
    (void)call;
    return PHONE_ACCOUNT;
}

/* Whether a line of that header, in either of its spellings, has `word` in it. */
static bool line_has(const char *text, const char *header, const char *compact, const char *word)
{
    for (const char *line = text; line && *line; line = strchr(line, '\n')) {
        size_t len;

        line += *line == '\n';
        len = strcspn(line, "\n");
        if ((g_ascii_strncasecmp(line, header, strlen(header)) == 0 ||
             g_ascii_strncasecmp(line, compact, strlen(compact)) == 0) &&
            g_strstr_len(line, (gssize)len, word))
            return true;
    }
    return false;
}

static void check(const char *text, belle_sip_message_t *message)
{
    const char *fault = sips_path_fault(NULL, message, PHONE_ACCOUNT, PEER);

    (void)sips_later_fault(NULL, message);
    if (belle_sip_message_is_request(message))
        (void)sips_is_asked((belle_sip_request_t *)message);
    if (fault)
        return;
    MUST(sips_to_is_secure(message));
    MUST(!sips_later_fault(NULL, message));
    MUST(line_has(text, "P-Asserted-Identity", "P-Asserted-Identity", "<sips:"));
    MUST(line_has(text, "Record-Route", "Record-Route", "sips:"));
    MUST(line_has(text, "Contact", "m", "sips:"));
    MUST(line_has(text, "To", "t", "sips:") && line_has(text, "From", "f", "sips:"));
    MUST(!line_has(text, "Via", "v", "sip/2.0/udp") && !line_has(text, "Via", "v", "sip/2.0/tcp "));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    belle_sip_object_pool_t *pool;
    belle_sip_message_t *message;

    belle_sip_set_log_level(BELLE_SIP_LOG_FATAL);
    pool = belle_sip_object_pool_push();
    message = belle_sip_message_parse(text);
    if (message) {
        char *written = belle_sip_object_to_string(message), *small = g_ascii_strdown(written, -1);

        check(small, message);
        g_free(small);
        belle_sip_free(written);
        belle_sip_object_unref(message);
    }
    belle_sip_object_unref(pool);
    free(text);
    return 0;
}
