# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world to place calls in: namespaces, names, certificates, Kamailio, Linphone, gateways."""

import importlib

__all__ = ["Failed", "Timeout", "World", "wait_for"]
_WHERE = {"Failed": "process", "Timeout": "process", "World": "world", "wait_for": "process"}


def __getattr__(name):
    """Read when it is asked for: enter.py, which is there for each program of a world, needs none of it."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_WHERE[name]}", __name__), name)
