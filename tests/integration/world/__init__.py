# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small world to place calls in: namespaces, names, certificates, Kamailio, Linphone, gateways."""

from .process import Failed, Timeout, wait_for
from .world import World

__all__ = ["Failed", "Timeout", "World", "wait_for"]
