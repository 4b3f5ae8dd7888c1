# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call that a proxy brings to several phones of one address: a session for each To tag, one verdict."""

import re
import time

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from world import flow
from world.tamper import Tamper, with_tag
from world.wire import Wire


def prepare(world, second="stock", hook=None, bobs=None, **settings):
    """Alice, Bob, and a second phone at Bob's address (world.other); `hook` is on the second one's cable. bobs: options of his first as Phone's.

    second: 'stock' has no plugin, 'plugin' has the plugin and no SIM.
    """
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(bob=bobs or {})
    world.other = world.add_phone("bob-2", "b", 33, account="bob", **({"product": None} if second == "stock" else {}))
    sims = world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(sims[phone.user], world.root, **settings)
    world.wire = Wire(world.other.node)
    world.wire.hook = hook
    for phone in world.phones:
        phone.start(wait_registered=False)
    for phone in world.phones:
        phone.wait_registered()
    for phone in (world.alice, world.bob):
        phone.wait_note(r"simauth: ready: ")


def ring_both(world):
    """Alice calls, both phones ring; (Alice's call, Bob's, the other's)."""
    call = world.alice.call(world.bob.aor)
    numbers = [phone.wait_state("IncomingReceived").call for phone in (world.bob, world.other)]
    world.alice.wait_state("OutgoingRinging")
    return call, *numbers


def both_authenticated(world):
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        refuse(phone, NOT_AUTHENTICATED)


def to_tags(world, status, phone):
    return {m.tag("To") for m in world.messages().all("INVITE", status=status, target=phone)}


@case("call.fork.right_one")
def right_one(world):
    """Both phones ring under To tags of their own; the one with the SIM answers: authenticated, the other is let go."""
    prepare(world)
    call, bobs, _ = ring_both(world)
    world.bob.answer(bobs)
    for phone in (world.alice, world.bob):
        phone.wait_state("StreamsRunning")
    both_authenticated(world)
    world.other.wait_state("Released")
    flow.hang_up(world, call)
    tags = to_tags(world, 180, world.alice)
    assert len(tags) == 2 and sum(tag.startswith("sim02.") for tag in tags) == 1, tags


@case("call.fork.wrong_one")
def wrong_one(world):
    """The phone without the SIM answers: Alice, who heard of Bob's SIM, does not talk with somebody else."""
    prepare(world)
    _, _, others = ring_both(world)
    world.other.answer(others)
    world.alice.wait_note(NOT_AUTHENTICATED)
    for phone in world.phones:
        phone.wait_state("Released")
        refuse(phone, AUTHENTICATED)


class Late:
    """A hook: the node's 200 to an INVITE waits until it is let go."""

    def __init__(self):
        self.kept = []
        self.open = False

    def __call__(self, datagram, towards_node):
        answer = not towards_node and datagram.payload.startswith(b"SIP/2.0 200") and b" INVITE\r\n" in datagram.payload
        if answer and not self.open:
            self.kept.append(datagram)
            return
        if self.kept and self.open:
            yield 0, self.kept.pop()
            self.kept.clear()
        yield 0, datagram


@case("call.fork.second_2xx")
def second_2xx(world):
    """Both phones answer, the 200 of the one without the SIM comes late: it gets its ACK and BYE, the verdict stays, and the keys are left when the call ends."""
    late = Late()
    prepare(world, hook=late, keys="file")
    call, bobs, others = ring_both(world)
    world.other.answer(others)
    flow.wait_any(lambda: late.kept, 10, "200 of the second phone")
    world.bob.answer(bobs)
    for phone in (world.alice, world.bob):
        phone.wait_state("StreamsRunning")
    both_authenticated(world)
    late.open = True  # its next repetition lets it go
    world.other.wait_state("End")
    both_authenticated(world)
    world.wire.check()
    refuse(world.alice, r"setup-key: made=")
    flow.hang_up(world, call)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"setup-key: made=2")
    messages = world.messages()
    tags = {m.tag("To") for m in messages.all("ACK", source=world.alice)}
    assert len(tags) == 2, tags
    bye = messages.first("BYE", target=world.other)
    assert bye.tag("From").startswith("sim01."), bye.text


class Copied(Tamper):
    """The second phone's tag becomes Bob's element 2, as somebody would who heard it."""

    def __init__(self):
        super().__init__()
        self.element = self.real = None
        self.rule = self.copy

    def copy(self, message, towards_node):
        if self.element is None:
            return None
        if not towards_node and message.is_response and message.method == "INVITE" and message.status > 100:
            self.real = message.tag("To")
            return with_tag(message.text, "To", self.element)
        if towards_node and self.real and message.tag("To") == self.element:
            return with_tag(message.text, "To", self.real)
        if not towards_node and self.real and message.tag("To") == self.element:
            return with_tag(message.text, "To", self.real)
        return None


@case("call.fork.copied")
def copied(world):
    """The phone without the SIM answers with a copy of Bob's element 2 and its own media: no verdict from it."""
    hook = Copied()
    prepare(world, hook=hook)
    world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingReceived")
    others = world.other.wait_state("IncomingReceived").call
    hook.element = world.bob.wait_note(r"sent: element=2 text=(\S+)").group(1)
    world.other.answer(others)
    world.alice.wait_note(NOT_AUTHENTICATED)
    world.wire.check()
    for phone in world.phones:
        phone.wait_state("Released", limit=45)
        refuse(phone, AUTHENTICATED)


def prepare_two_sims(world, bound=True, bobs=None, **settings):
    """Bob's second phone has a SIM of its own, bound to the same address; or a SIM of a stranger's. bobs: options of both as Phone's."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(bob=bobs or {})
    world.other = world.add_phone("bob-2", "b", 33, account="bob", **(bobs or {}))
    sims = world.issue_sims()
    gateway = world.operators["b"].gateway
    sims["bob-2"] = world.issue_sim("bob-2", "b")
    if bound:
        gateway.ctl("binding", "add", sims["bob"].aor, sims["bob-2"].imsi, "--also")
    for phone, sim in ((world.alice, "alice"), (world.bob, "bob"), (world.other, "bob-2")):
        phone.use_sim(sims[sim], world.root, **settings)
    if settings:  # a SIM given out in the very second of a key counts as changed since
        given = int(time.time())
        flow.wait_any(lambda: int(time.time()) > given, 3, "the second after the SIMs were given out")
    for phone in world.phones:
        phone.start(wait_registered=False)
    for phone in world.phones:
        phone.wait_registered()
        phone.wait_note(r"simauth: ready: ")


def one_answers(world, phone, left):
    """Both ring, announced by the caller's operator; `phone` answers, `left` is let go."""
    call, bobs, others = ring_both(world)
    for each in (world.bob, world.other):
        each.wait_note(r"call \S+ \w+: announced: ")
    phone.answer(bobs if phone is world.bob else others)
    for each in (world.alice, phone):
        each.wait_state("StreamsRunning")
        each.wait_note(AUTHENTICATED)
    left.wait_state("Released")
    refuse(left, AUTHENTICATED)
    for each in world.phones:
        refuse(each, NOT_AUTHENTICATED)
    tags = to_tags(world, 180, world.alice)
    assert len(tags) == 2 and all(tag.startswith("sim02.") for tag in tags), tags
    assert sorted(tag.count(".") for tag in tags) == [3, 4], tags  # one of them names a RAND_B'
    world.alice.terminate()
    for each in (world.alice, phone):
        each.wait_state("Released")
    records = world.operators["b"].gateway.records()
    assert sorted(r["nai_b"].split("@")[0] for r in records) == ["bob", "bob-2"], records
    cancelled = world.messages().first("CANCEL", target=left)
    assert cancelled, "no CANCEL"


@case("call.fork.two_sims")
def two_sims(world):
    """Two phones of one address with a SIM each: both ring announced, the second answers and is authenticated."""
    prepare_two_sims(world)
    one_answers(world, world.other, world.bob)
    world.alice.wait_note(r"authenticated: .*bob-2@")


@case("call.fork.two_sims.first")
def two_sims_first(world):
    """The same, and the first phone answers."""
    prepare_two_sims(world)
    one_answers(world, world.bob, world.other)
    world.alice.wait_note(r"authenticated: .*bob@")


EARLY = {"sip": "incoming_calls_early_media=1"}


def ring_early(world):
    """Both of Bob's phones prove themselves and would be heard before one of them answers; ({phone: number}, the one that is heard)."""
    prepare_two_sims(world, bobs=EARLY)
    world.alice.call(world.bob.aor)
    numbers = {phone: phone.wait_state("IncomingEarlyMedia").call for phone in (world.bob, world.other)}
    world.alice.wait_state("OutgoingEarlyMedia")
    world.alice.wait_note(r"dropped: what=early media of a second phone")
    heard = world.alice.notes(r"received: element=2 code=183 text=(\S+)")[0].group(1)
    return numbers, next(phone for phone in numbers if phone.notes(rf"sent: element=2 text={re.escape(heard)}"))


@case("call.fork.early.first")
def early_first(world):
    """Two phones of an address prove themselves with early media; the one that is heard answers: authenticated."""
    numbers, heard = ring_early(world)
    left = next(phone for phone in numbers if phone is not heard)
    heard.answer(numbers[heard])
    for each in (world.alice, heard):
        each.wait_state("StreamsRunning")
        each.wait_note(AUTHENTICATED)
    world.alice.wait_note(rf"authenticated: nai={heard.node.name}@")
    left.wait_state("Released")
    refuse(left, AUTHENTICATED)
    for each in world.phones:
        refuse(each, NOT_AUTHENTICATED)
    world.alice.terminate()
    for each in (world.alice, heard):
        each.wait_state("Released")


@case("call.fork.early.second")
def early_second(world):
    """The other one answers: liblinphone 5.1 goes on with the ZRTP that it has begun, so the call ends, and Alice is told what to do."""
    numbers, heard = ring_early(world)
    world.alice.wait_note(r"media: sink=zrtp verdict=match")
    other = next(phone for phone in numbers if phone is not heard)
    other.answer(numbers[other])
    world.alice.wait_note(r"not-authenticated: reason=MEDIA_WRONG")
    for each in world.phones:
        each.wait_state("Released")
        refuse(each, AUTHENTICATED)
    assert "another phone of theirs answered" in world.alice.ctl("calls").stdout


@case("call.fork.early.bare")
def early_bare(world):
    """Bob's SIM was heard, a phone without one answers, and Alice wants to talk all the same: nothing is about Bob any more."""
    prepare(world, bobs=EARLY)
    world.alice.ctl("continue-once", world.bob.aor)
    call = world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingEarlyMedia")
    others = world.other.wait_state("IncomingReceived").call
    world.alice.wait_note(r"media: sink=zrtp verdict=match")
    world.other.answer(others)
    for phone in (world.alice, world.other):
        phone.wait_state("StreamsRunning")
    world.alice.wait_note(r"not-authenticated: reason=CONFIRM_MISSING")
    world.other.command(f"call-pause {others}")
    world.alice.wait_state("PausedByRemote")
    world.alice.terminate(call)
    for phone in (world.alice, world.other):
        phone.wait_state("Released")
    told = [m.group(1) for m in world.alice.notes(r"not-authenticated: reason=(\S+)")]
    assert told == ["CONFIRM_MISSING"], told
    refuse(world.alice, AUTHENTICATED)


@case("call.fork.foreign_sim")
def foreign_sim(world):
    """The second phone's SIM is not bound to Bob's address: it is told nothing and proves nothing; Bob answers."""
    prepare_two_sims(world, bound=False)
    world.alice.call(world.bob.aor)
    bobs = world.bob.wait_state("IncomingReceived").call
    world.bob.answer(bobs)
    for phone in (world.alice, world.bob):
        phone.wait_state("StreamsRunning")
    both_authenticated(world)
    refuse(world.other, r"announced: ")
    refuse(world.other, r"sent: element=2")
    world.alice.terminate()
    for phone in (world.alice, world.bob):
        phone.wait_state("Released")
    records = world.operators["b"].gateway.records()
    assert [r["nai_b"].split("@")[0] for r in records] == ["bob"], records


@case("call.fork.no_sim")
def no_sim(world):
    """The second phone has the plugin but no SIM: it rings without element or stays still, never 6xx; Bob's answers."""
    prepare(world, second="plugin")
    world.alice.call(world.bob.aor)
    bobs = world.bob.wait_state("IncomingReceived").call
    world.bob.answer(bobs)
    for phone in (world.alice, world.bob):
        phone.wait_state("StreamsRunning")
    both_authenticated(world)
    world.alice.terminate()
    for phone in (world.alice, world.bob):
        phone.wait_state("Released")
    answers = world.messages().all("INVITE", source=world.other)
    assert not [m for m in world.messages() if m.is_response and m.status >= 600], answers
