# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authenticated call over each transport that a phone may use, in both address families."""

from cases import case
from cases.call import authenticated_call, prepare


@case("call.transport.tcp", transport="tcp")
def tcp(world):
    """Phones on TCP."""
    prepare(world)
    authenticated_call(world)


@case("call.transport.tls", transport="tls")
def tls(world):
    """Phones on TLS, the proxies' certificates checked against Linphone's own root_ca."""
    prepare(world)
    authenticated_call(world)


@case("call.transport.udp_6", family=6)
def udp_6(world):
    """A world of IPv6 alone."""
    prepare(world)
    authenticated_call(world)


@case("call.transport.tls_6", transport="tls", family=6)
def tls_6(world):
    """TLS over IPv6."""
    prepare(world)
    authenticated_call(world)
