# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another SIM is set in a phone that runs."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from cases.stp import set_in
from world import flow

NOT_READY = r"simauth: not ready: "


def second_sim(world):
    """Alice has another SIM of her address beside her own; where it is."""
    gateway = world.operators["a"].gateway
    other = world.issue_sim("alice-2", "a")
    gateway.ctl("binding", "add", world.sims["alice"].aor, other.imsi, "--also")
    return world.alice.node.write(".local/share/simauth/other.json", other.issued, 0o600)


def set_while_away(world, sim, number):
    """Alice's person sets this SIM while her gateway cannot be asked; the gateway is there again."""
    gateway = world.operators["a"].gateway
    gateway.stop()
    set_in(world.alice, sim=sim)
    world.alice.ctl("status")
    world.alice.wait_note(NOT_READY, count=number)
    gateway.start()


@case("call.other_sim", limit=60)
def other_sim(world):
    """Another SIM is set while the gateway is away: later calls are that SIM's, and its name is known at the next registration."""
    sims = {}
    prepare(world, before=lambda w: sims.update(other=second_sim(w)))
    world.alice.wait_note(r"simauth: ready: nai=alice@")
    set_while_away(world, f"soft:{sims['other']}", 1)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        refuse(phone, NOT_AUTHENTICATED)
    world.bob.wait_note(r"callee: authenticated: nai=alice-2@")
    flow.hang_up(world, call)
    set_while_away(world, f"soft:{world.alice.node.path('.local/share/simauth/sim.json')}", 2)
    assert len(world.alice.notes(r"simauth: ready: ")) == 1
    world.alice.command("unregister ALL")
    world.alice.command(f"register {world.alice.aor} sip:{world.alice.domain} sip-alice")
    world.alice.wait_note(r"simauth: ready: nai=alice@", count=2)
