# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to sips: through two domains' servers, with packaging/kamailio's own configuration."""

from cases import case
from cases.call import prepare, AUTHENTICATED
from world import flow
from world.sips import Sips

TRUSTED = r"call (\S+) {side}: sips: word=trusted servers=operator-a.example, operator-b.example|call (\S+) {side}: sips: word=trusted servers=operator-b.example, operator-a.example"


@case("sips.call", transport="tls", proxy=Sips)
def call(world):
    """Both verdicts."""
    prepare(world, sips="prefer")
    for operator in world.operators.values():
        operator.proxy.wait_partner()
    number = flow.connect(world)
    for phone, side in ((world.alice, "caller"), (world.bob, "callee")):
        phone.wait_note(TRUSTED.format(side=side))
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, number)
    print(world.alice.ctl("calls").stdout)
