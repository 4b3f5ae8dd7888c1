/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The n-th allocation, file operation or socket operation of a process fails. Two ways to have it:
 *
 * - linked into a test's program (nth.c beside the test): nth_arm() before, nth_disarm() after.
 * Files and sockets are then those of foreign libraries too; allocations are ours alone, where the
 * test is linked with --wrap=malloc and the like, and jansson's with json_set_alloc_funcs().
 * - preloaded into a program (libnth.so): whoever maps the file SIMAUTH_NTH writes a struct nth
 * into it. Allocations count that are asked for by the program itself or a libsimauth.
 */
#ifndef SIMAUTH_TESTS_NTH_H
#define SIMAUTH_TESTS_NTH_H

#include <stdint.h>
#include <stdlib.h>

enum nth_kind { NTH_NONE, NTH_MEMORY, NTH_FILES, NTH_SOCKETS };

/* As Python writes it: nth.py. */
struct nth {
    int64_t left; /* how many of them go well first; below 0: all do */
    int64_t hits; /* how many have failed */
    int32_t kind;
    int32_t error;    /* errno of the one that fails; 0: the process is killed there */
    char folder[240]; /* only files below it count */
};

void nth_arm(enum nth_kind kind, const char *folder, int64_t left, int error);
/* How many have failed since nth_arm(): one or none. */
int64_t nth_disarm(void);
/* malloc() that counts, for json_set_alloc_funcs(). */
void *nth_malloc(size_t size);

#endif
