/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One call for each method, both ends and their operators; and the keys of a subscriber without a
 * SIM. */
#include "count.h"
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void call(const char *method)
{
    const struct simauth_method *found = simauth_method_find(method, strlen(method));
    struct world w;
    struct load load = {0};

    world_init(&w);
    if (simauth_method_is_held(found)) {
        play_key(&w, method, &load);
        return;
    }
    w.sim_a.method = w.sim_b.method = found;
    play_sims(&w, &load);
}

/* Ub with a password: what phone and gateway compute. */
static void password(void)
{
    static const uint8_t tls_mk[SIMAUTH_TLS_MK_LEN] = {7};
    static const char response[] =
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    struct simauth_secret ha1, passwd, ks;

    if (simauth_gba_digest_ha1("alice@operator-a.example", "ag.operator-a.example", "password", 8,
                               &ha1) ||
        simauth_gba_digest_passwd(&ha1, tls_mk, &passwd) ||
        simauth_gba_digest_ks(&ha1, tls_mk, response, &ks))
        exit(1);
}

int main(void)
{
    static const char *const methods[] = {"aka", "akap", "gsm", "stp", "agt"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        char name[32];

        call(methods[i]); /* the first fetches algorithms and fills caches */
        snprintf(name, sizeof name, "lib.call.%s", methods[i]);
        count_begin();
        call(methods[i]);
        count_end(name);
    }
    password();
    count_begin();
    password();
    count_end("lib.digest");
    return 0;
}
