# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of SIP services that a world can have: one row, one file beside this one."""

from .accounts import PASSWORD_PREFIX  # noqa: F401  (phones have it from here)
from .flexisip import Flexisip
from .kamailio import Kamailio

PROXIES = {"kamailio": Kamailio, "flexisip": Flexisip}


def found():
    """The names of those that this machine has, Kamailio first."""
    return [name for name, proxy in PROXIES.items() if proxy.program()]
