/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gateway's configuration. What is taken can be used; what is not has a line for each fault. */
#include "file.h"

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char error[CONFIG_ERROR_MAX] = "";
    struct config *c = config_load(fuzz_file("gateway.conf", data, size), error);

    if (c) {
        MUST(c->name[0] && c->fqdn[0] && c->realms[0] && c->store && c->database[0]);
        MUST(c->auc || c->auc_module);
        MUST(c->port > 0 && c->port < 65536 && c->threads > 0 && c->vector_ttl > 0);
        MUST(config_own_realm(c, c->realms[0]) && !config_own_realm(c, ""));
    } else {
        MUST(error[0] && strlen(error) < CONFIG_ERROR_MAX);
    }
    config_free(c);
    return 0;
}
