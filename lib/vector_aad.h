/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a vector its seal covers. */
#ifndef SIMAUTH_LIB_VECTOR_AAD_H
#define SIMAUTH_LIB_VECTOR_AAD_H

#include "simauth/octets.h"
#include "simauth/vector.h"

/* Every text is there and has no control character: what a phone will read, and what vector_aad()
 * is right for. */
bool vector_complete(const struct simauth_vector *vector);
/* Appends the RFC 8785 JSON of all members but "sealed" of a complete vector. False: no memory, or
 * text that is no UTF-8. */
bool vector_aad(const struct simauth_vector *vector, struct simauth_octets *aad);

#endif
