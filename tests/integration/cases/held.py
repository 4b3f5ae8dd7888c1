# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a proxy may do to a call whose INVITE a phone holds. (What its people may do: fault_hold.py.)"""

from cases import case
from cases.fault_hold import at_once, slow_gateway
from world import badday


@case("call.held.proxy_gives_up", ring_limit=1)
def proxy_gives_up(world):
    """Bob's phone still asks its gateway when the proxy's timer of 1 s runs out: CANCEL, 487, never a ring."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "b")
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(world.bob.aor)
    world.bob.wait_note("callee: gone: why=cancelled")
    world.alice.wait_state("Released", after=before[0])
    assert not [e for e in world.bob.events()[before[1]:] if e.state == "IncomingReceived"]
    at_once(world)
    messages = world.messages()
    assert messages.first("INVITE", status=487, source=world.bob)
    assert messages.first("INVITE", status=408, target=world.alice)


@case("call.held.tcp_lost", transport="tcp")
def tcp_lost(world):
    """Bob's proxy ends, and its connections with it, while his phone holds the INVITE: nothing rings, nothing breaks."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "b")
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    world.bob.wait_note("callee: received: element=1")
    world.operators["b"].proxy.stop()
    world.bob.wait_note("callee: gone: why=disconnected")
    world.alice.terminate(call)
    world.alice.wait_state("End", after=before[0])
    assert not [e for e in world.bob.events()[before[1]:] if e.state == "IncomingReceived"]
    at_once(world)
    for phone in (world.alice, world.bob):
        phone.process.check()
