/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of a description that give a server the secrets of tokens in RTCP (docs/protocol.md,
 * section 8): put in before it is enveloped, taken out as soon as one was opened. */
#ifndef SIMAUTH_PLUGIN_PINHOLES_H
#define SIMAUTH_PLUGIN_PINHOLES_H

#include <e2m/token.h>
#include <glib.h>

#define PINHOLES_MAX 4

struct pinholes {
    struct pinhole_line {
        char media[12]; /* "audio"; "": no secret was made for this m-line yet */
        uint8_t secret[E2M_TOKEN_SECRET_LEN];
    } lines[PINHOLES_MAX];
};

/* The description with a secret in each m-line that has a port, made where there is none yet; wipe
 * and free it. NULL: no random numbers. */
GString *pinholes_add(struct pinholes *pinholes, const char *sdp, size_t len);
/* Takes all such lines out in place; the new length. */
size_t pinholes_strip(char *sdp, size_t len);

#endif
