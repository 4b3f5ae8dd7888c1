# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authenticated call over paths that lose, double and reorder: what UDP may do, and belle-sip repairs."""

import time

from cases import case
from cases.call import NOT_AUTHENTICATED, AUTHENTICATED, prepare, refuse
from world import flow, sip
from world.scene import sim_state
from world.wire import Wire


def about_a_call(datagram):
    """The sip.Message of a datagram when it belongs to a call, else None."""
    message = sip.parse(time.time(), datagram)
    return message if message and message.method in ("INVITE", "ACK", "BYE", "CANCEL") else None


class FirstLost:
    """A hook: the first of everything that belongs to a call is lost, its repetitions pass."""

    def __init__(self):
        self.seen = set()

    def __call__(self, datagram, towards_node):
        message = about_a_call(datagram)
        if message:
            what = (towards_node, message.first_line.split(" ")[:2][message.is_response], message.header("CSeq"))
            if what not in self.seen:
                self.seen.add(what)
                return
        yield 0, datagram


def doubled(datagram, _towards_node):
    """A hook: everything that belongs to a call comes twice."""
    yield 0, datagram
    if about_a_call(datagram):
        yield 0.01, datagram


def put_on(world, hook_a, hook_b):
    """A hand on both phones' cables, once they have registered."""
    world.wires = []
    for phone, hook in ((world.alice, hook_a), (world.bob, hook_b)):
        world.wires.append(Wire(phone.node))
        world.wires[-1].hook = hook


def call_without_180(world):
    """As flow.connect(), but nobody waits for the 180: it may be lost for good."""
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingReceived", after=before[1])
    world.bob.answer()
    for phone, mark in zip((world.alice, world.bob), before):
        phone.wait_state("StreamsRunning", limit=20, after=mark)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED, limit=20)
        refuse(phone, NOT_AUTHENTICATED)
    flow.hang_up(world, call, limit=20)
    for wire in world.wires:
        wire.check()


def lossy_call(world, *hooks):
    prepare(world)
    put_on(world, *hooks)
    call_without_180(world)
    return world.messages()


@case("call.lossy.caller")
def caller(world):
    """The first of everything is lost between Alice and her proxy: repeated, one element 1, authenticated."""
    lost = FirstLost()
    messages = lossy_call(world, lost, None)
    assert len({m.tag("From") for m in messages.all("INVITE", target=world.bob)}) == 1
    assert (False, "INVITE", messages.first("INVITE").header("CSeq")) in lost.seen


@case("call.lossy.callee")
def callee(world):
    """The same between Bob and his proxy: his SIM answers once, every ACK has the same branch."""
    lost = FirstLost()
    prepare(world)
    before = sim_state(world.bob)
    put_on(world, None, lost)
    call_without_180(world)
    assert sim_state(world.bob) != before
    assert len(world.bob.notes(r"callee: received: element=1")) == 1
    messages = world.messages()
    acks = messages.all("ACK", source=world.alice)
    assert len(acks) > 1, "no ACK was lost"
    assert len({m.branches()[-1] for m in acks}) == 1, [m.branches() for m in acks]


@case("call.lossy.both")
def both(world):
    """The same at both ends at once."""
    lossy_call(world, FirstLost(), FirstLost())


@case("call.lossy.doubled")
def twice(world):
    """Everything comes twice at both ends: one ring, one verdict."""
    lossy_call(world, doubled, doubled)
    assert len(world.bob.calls()) == 1
    assert len(world.bob.notes(r"callee: received: element=1")) == 1
    for phone in (world.alice, world.bob):
        assert len(phone.notes(AUTHENTICATED)) == 1, phone.node.name


class Overtaken:
    """A hook at Bob's cable: his 180 is overtaken by his 200."""

    def __init__(self):
        self.late = None

    def __call__(self, datagram, towards_node):
        message = None if towards_node else about_a_call(datagram)
        if message and message.status == 180 and self.late is None:
            self.late = datagram
            return
        yield 0, datagram
        if message and message.status == 200 and message.method == "INVITE" and self.late:
            yield 0.02, self.late
            self.late = False


@case("call.lossy.overtaken")
def overtaken(world):
    """The 180 comes after the 200: authenticated by the 200."""
    hook = Overtaken()
    lossy_call(world, None, hook)
    assert hook.late is False, "nothing was overtaken"
