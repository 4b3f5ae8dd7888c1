# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namespaces and mounts."""

import ctypes
import os

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, options=None):
    """mount(2); strings, or None where the call takes NULL."""
    encode = [None if s is None else os.fsencode(s) for s in (source, target, kind, options)]
    _check(libc.mount(encode[0], encode[1], encode[2], ctypes.c_ulong(flags), encode[3]),
           f"mount {target}")


def unshare(flags):
    _check(libc.unshare(flags), "unshare")


def setns(fd, flags):
    _check(libc.setns(fd, flags), "setns")


def overlay(over, target):
    """Lay the folder `over` on top of `target`, read-only, in this mount namespace alone."""
    mount("overlay", target, "overlay", MS_RDONLY, f"lowerdir={over}:{target}")
