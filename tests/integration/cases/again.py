# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another try of the same call: the INVITE has left, and then the caller's own SIM or gateway fails it."""

import re

from cases import case
from cases.attack_names import forget_calls
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from cases.card import phones_with_cards
from world import flow, talk
from world.badday import told
from world.wire import Wire


def plan(reader, *rules):
    reader.order({"do": "plan", "rules": [{"on": "authenticate", **rule} for rule in rules]})


def answered_again(world):
    """Alice dials once; Bob's phone rings, is cancelled, rings again and is answered. (Alice's call, marks before)"""
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    first = world.bob.wait_state("IncomingReceived", after=before[1])
    world.bob.wait_state("Released", call=first.call, after=before[1])
    second = world.bob.wait_event(lambda e: e.state == "IncomingReceived" and e.call != first.call, after=before[1])
    world.bob.answer(second.call)
    world.alice.wait_state("StreamsRunning", after=before[0])
    world.bob.wait_state("StreamsRunning", call=second.call, after=before[1])
    return call, before


def one_call_for_alice(world, before):
    """Alice's Linphone knows one call, which never failed or ended."""
    events = [e for e in world.alice.events()[before[0]:] if e.kind == "call-state-changed"]
    assert len({e.call for e in events}) == 1, events
    assert not [e for e in events if e.state in ("Error", "End", "Released")], events


def on_the_wire(world):
    """Two INVITEs, the first cancelled so that nobody missed a call; the second."""
    messages = world.messages()
    calls = messages.calls()[-2:]
    cancel = messages.first("CANCEL", call_id=calls[0], source=world.alice)
    assert re.search(r"SIP\s*;\s*cause=200", cancel.header("Reason")), cancel.text
    assert messages.first("INVITE", status=487, call_id=calls[0], target=world.alice)
    first = messages.first("INVITE", call_id=calls[0], source=world.alice)
    second = messages.first("INVITE", call_id=calls[1], source=world.alice)
    assert first.tag("From").startswith("sim01.") and first.tag("From") != second.tag("From")
    return second


@case("call.again.resync")
def resync(world):
    """Alice's slow card asks to resynchronise when Bob's phone rings already: placed once more, and authenticated."""
    with phones_with_cards(world, "alice") as readers:
        forget_calls(world, "a")
        plan(readers["alice"], {"do": "slow", "ms": 500})
        heard = len(world.alice.notes(AUTHENTICATED))
        call, before = answered_again(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED, count=heard + 1)
            refuse(phone, r"verdict=mismatch")
        assert world.alice.notes(r"caller: taken-back: again=whole")
        one_call_for_alice(world, before)
        flow.hang_up(world, call)
        told(world.alice, "authenticated")
    assert on_the_wire(world).tag("From").startswith("sim01.aka.")


@case("call.again.card_fails")
def card_fails(world):
    """Alice's card fails when her INVITE has left: placed once more without element, told, and they talk."""
    with phones_with_cards(world, "alice") as readers:
        plan(readers["alice"], {"do": "mute", "ms": 500})
        call, before = answered_again(world)
        world.alice.wait_note(NOT_AUTHENTICATED + "reason=CARD_FAILED")
        assert world.alice.notes(r"caller: taken-back: again=bare")
        one_call_for_alice(world, before)
        flow.hang_up(world, call)
        told(world.alice, "not-authenticated", "CARD_FAILED", "", "check your SIM")
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)
    second = on_the_wire(world)
    assert not second.elements(), second.text


@case("call.again.hung_up")
def hung_up(world):
    """Bob answers and hangs up while Alice's slow card still works: her call ends, and never was one with nobody."""
    with phones_with_cards(world, "alice") as readers:
        plan(readers["alice"], {"do": "slow", "ms": 1500})
        before = world.alice.mark(), world.bob.mark()
        call = world.alice.call(world.bob.aor)
        rings = world.bob.wait_state("IncomingReceived", after=before[1])
        world.bob.answer(rings.call)
        world.bob.wait_state("StreamsRunning", after=before[1])
        world.bob.terminate(rings.call)
        world.bob.wait_state("Released", call=rings.call, after=before[1])
        world.alice.wait_state("Released", call=call, after=before[0])
        refuse(world.alice, AUTHENTICATED)
        states = [e.state for e in world.alice.events()[before[0]:] if e.kind == "call-state-changed"]
        assert "Connected" not in states and "StreamsRunning" not in states, states
    messages = world.messages()
    assert messages.first("BYE", status=200, source=world.alice), "481 to Bob's BYE"


@case("call.again.core")
def core(world):
    """A Linphone that is stopped and started again in its program hears everything once, as before."""
    talk.prepare(world, phones={"alice": {"program": talk.HOST}})
    for number in (1, 2):
        call = talk.connected(world.alice, world.bob)
        call.hang_up()
        heard = world.alice.notes(rf"call {call.id_at(world.alice)} caller: media: ")
        assert len(heard) == 1, [found.group(0) for found in heard]
        if number == 1:
            world.alice.command("restart")
            world.alice.wait_note(r"simauth: ready: ", count=2)
            world.alice.wait_registered()


@case("call.again.given_up")
def given_up(world):
    """Alice hangs up between our CANCEL and its 487: no other INVITE ever leaves."""
    kept = []

    def hook(datagram, towards_alice):
        if towards_alice and datagram.payload.startswith(b"SIP/2.0 487") and not kept:
            kept.append(datagram)  # until the proxy repeats it
            return
        yield 0, datagram
    with phones_with_cards(world, "alice") as readers:
        world.wire = Wire(world.alice.node)
        world.wire.hook = hook
        plan(readers["alice"], {"do": "sw", "sw": "6f00", "times": 0})
        before = world.alice.mark()
        call = world.alice.call(world.bob.aor)
        flow.wait_any(lambda: kept, 5, "487 of the INVITE that was taken back")
        world.alice.terminate(call)
        world.alice.wait_state("Released", call=call, after=before)
        world.wire.check()
        refuse(world.alice, r"caller: again: ")
        assert "call response [487]" in world.alice.said() and "call response [302]" not in world.alice.said()
    assert len(world.messages().calls()) == 1
