/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An operator for the targets of the gateway: configuration, certificate, a store with a subscriber
 * and a partner, in the target's own folder. */
#ifndef SIMAUTH_FUZZ_OPERATOR_H
#define SIMAUTH_FUZZ_OPERATOR_H

#include "file.h"
#include "gateway.h"

#define OPERATOR_AOR "sip:alice@a.example"
#define OPERATOR_NAI "alice@a.example"
#define PARTNER_AOR "sip:bob@b.example"
#define PARTNER_NAI "bob@b.example"

/* Paths of a certificate for a.example and ag.a.example, and of its key. */
void operator_certificate(char certificate[static 600], char key[static 600]);
/* The gateway as main.c opens it, with the ids of its subscriber and partner; what a request
 * changes in its store is taken back. */
struct gateway *operator_open(int64_t *subscriber, int64_t *partner);

#endif
