/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Inputs as files, for what reads a path: in a folder of this process, which goes with it. */
#ifndef SIMAUTH_FUZZ_FILE_H
#define SIMAUTH_FUZZ_FILE_H

#include "fuzz.h"

/* Absolute, private, the same each time. */
const char *fuzz_folder(void);
/* The path of FOLDER/`name` (0600) with these octets; valid until the next call. */
const char *fuzz_file(const char *name, const void *octets, size_t len);
/* All that is in it goes. */
void fuzz_clear(void);

#endif
