/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The phone's settings. What is understood is whole; what is not has a sentence, and what takes its
 * place protects no less than it says. */
#include "fuzz.h"

#include <settings.h>

static void check(const struct settings *s)
{
    MUST(s->data && !s->problem && s->policy != SETTINGS_UNSET && s->sips != SETTINGS_UNSET &&
         s->e2m != SETTINGS_UNSET && s->key_lifetime >= 0);
    MUST(!s->e2m_certificate == !s->e2m_key);
    MUST(!settings_no_sim(s) || s->agent == AGENT_ONLY);
    for (size_t i = 0; i < s->account_count; i++)
        MUST(settings_account(s, s->accounts[i].aor) && s->accounts[i].aor[0]);
    for (size_t i = 0; i < s->peer_count; i++)
        MUST(settings_peer(s, s->peers[i].aor) && s->peers[i].aor[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), error[SETTINGS_ERROR_MAX] = "";
    struct settings *s = settings_parse(text, strlen(text), "the file", error);

    if (s) {
        check(s);
    } else {
        MUST(error[0] && g_utf8_validate(error, -1, NULL));
        s = settings_fallback(text, strlen(text), NULL, "/nonexistent", error);
        MUST(s && s->problem && s->built_in);
        MUST(!strstr(text, "require") || s->policy == SETTINGS_REQUIRE);
    }
    settings_unref(s);
    free(text);
    return 0;
}
