/* SPDX-FileCopyrightText: 2026 The SIMAUTH authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be on the disk, whole. */
#ifndef SIMAUTH_COMMON_DISK_H
#define SIMAUTH_COMMON_DISK_H

#include <stddef.h>

/* The names in this folder are on the disk: what was made, renamed or removed in it outlives a
 * power cut. 0, or -1 with errno. */
int disk_sync_folder(const char *folder);
/* The same of the folder that `path` is in. */
int disk_sync_name(const char *path);
/* Writes all `len` octets, also to a pipe whose reader is slow. 0, or -1 with errno; how much was
 * written then nobody knows. */
int disk_write_all(int fd, const void *octets, size_t len);

#endif
