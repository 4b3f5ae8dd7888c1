# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into a node, or into another Debian: the words before a program's own, for enter.c."""

import functools
import hashlib
import os
import subprocess

from . import cache

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "enter.c")


@functools.cache
def _program():
    """enter.c, compiled once a machine."""
    with open(SOURCE, "rb") as source:
        program = cache.path(f"enter-{hashlib.sha256(source.read()).hexdigest()[:12]}")
    if not os.path.exists(program):
        new = f"{program}.{os.getpid()}"
        subprocess.run(["cc", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-o", new, SOURCE], check=True)
        os.rename(new, program)
    return program


def words(net=None, root=None, overlays=(), binds=(), cwd="/", user=None):
    """What stands before the program: pairs (over, at) and (source, at); `user` is a number."""
    options = [("--net", net), ("--root", root), *(("--overlay", ":".join(pair)) for pair in overlays),
               *(("--bind", ":".join(pair)) for pair in binds), ("--cwd", cwd), ("--user", user)]
    return [_program(), *(str(word) for option in options if option[1] is not None for word in option), "--"]
