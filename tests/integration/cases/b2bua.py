# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls through a back-to-back user agent between the operators: tags, branches and Call-ID are its own on either side."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, authenticated_call, prepare, refuse
from cases.proxy import callee_hangs_up
from world import flow
from world.b2bua import B2bua

ADDRESS = "10.83.0.70"
THROUGH_IT = {"for_a": {"next_hop": ADDRESS}}


def stand(world, **options):
    prepare(world)
    world.b2bua = B2bua(world.node("b2bua", 70), world.operators["b"].proxy.node.address, **options)


def redrawn(world):
    """What Alice sent and what Bob had are two dialogs; the header alone is the same in both."""
    messages = world.messages()
    sent, arrived = messages.first("INVITE", source=world.alice), messages.first("INVITE", target=world.bob)
    assert sent.call_id != arrived.call_id and sent.tag("From") != arrived.tag("From")
    assert set(arrived.elements()) == {"SIM-Auth"}, arrived.text
    assert arrived.elements()["SIM-Auth"] == sent.tag("From")
    ringing = messages.first("INVITE", status=180, target=world.alice)
    assert not ringing.tag("To").startswith("sim02."), ringing.text
    assert ringing.header("SIM-Auth") == messages.first("INVITE", status=180, source=world.bob).tag("To")
    ack = messages.first("ACK", target=world.bob)
    assert "sim03" not in ack.branches()[-1] and ack.header("SIM-Auth").startswith("sim03."), ack.text


@case("call.b2bua.header", **THROUGH_IT)
def header(world):
    """It redraws everything and lets the header pass: authenticated."""
    stand(world)
    authenticated_call(world)
    world.b2bua.check()
    redrawn(world)


@case("call.b2bua.callee_hangs_up", **THROUGH_IT)
def ends(world):
    """The same, ended by Bob: his tag's alias is not what the other side knows."""
    stand(world)
    callee_hangs_up(world)
    world.b2bua.check()


@case("call.b2bua.nothing_passes", **THROUGH_IT)
def nothing_passes(world):
    """It says on only the headers that it knows: nobody is authenticated, Alice ends the call."""
    stand(world, keep=())
    flow.connect_until_end(world)
    world.b2bua.check()
    world.alice.wait_note(NOT_AUTHENTICATED)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)
    assert not [m for m in world.messages() if m.elements() and world.bob.node.address in (m.source, m.target)]
