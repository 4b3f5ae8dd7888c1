# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call with real cards: our card program in vpcd readers behind each phone's own pcscd."""

import contextlib
import time

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from world import flow
from world.card_reader import card_of, reader_on


@contextlib.contextmanager
def phones_with_cards(world, *with_card, ready=True, card=None, kinds=None, **settings):
    """Both phones registered; those named have their SIM as a card: yields {user: reader}. kinds: as issue_sims's."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    sims = world.issue_sims(**(kinds or {}))
    with contextlib.ExitStack() as stack:
        readers = {}
        for phone in (world.alice, world.bob):
            if phone.user in with_card:
                profile = card_of(phone.node, sims[phone.user], **(card or {}))
                readers[phone.user] = stack.enter_context(reader_on(phone.node, [profile]))
                phone.use_sim(sims[phone.user], world.root, place="pcsc", **settings)
            else:
                phone.use_sim(sims[phone.user], world.root, **settings)
            phone.start(wait_registered=False)
        for phone in (world.alice, world.bob):
            phone.wait_registered()
            if ready or phone.user not in with_card:
                phone.wait_note(r"simauth: ready: ")
        try:
            yield readers
        finally:
            for phone in (world.alice, world.bob):
                phone.stop()  # before its reader goes


def authenticated_calls(world, count):
    for number in range(1, count + 1):
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED, count=number)
        flow.hang_up(world, call)
    for phone in (world.alice, world.bob):
        refuse(phone, NOT_AUTHENTICATED)
        assert len(phone.notes(r"media: sink=zrtp verdict=match")) == count, phone.node.name


@case("call.card.usim")
def usim(world):
    """A USIM in a reader on each side: authenticated, the application selected once, no more commands than needed."""
    with phones_with_cards(world, "alice", "bob") as readers:
        before = {user: len(reader.commands("authenticate")) for user, reader in readers.items()}
        authenticated_calls(world, 2)
        for user, reader in readers.items():
            assert len(reader.commands("authenticate")) == before[user] + 2, reader.commands("authenticate")
            selected = [c for c in reader.commands("select") if c["header"].startswith("00a404")]
            assert len(selected) == 1, selected


@case("call.card.invite_first")
def invite_first(world):
    """Alice's card is slow: the INVITE is on its way before the card has answered."""
    with phones_with_cards(world, "alice") as readers:
        reader = readers["alice"]
        before = len(reader.commands("authenticate"))
        reader.order({"do": "plan", "rules": [{"on": "authenticate", "do": "slow", "ms": 700}]})
        authenticated_calls(world, 1)
        commands = reader.commands("authenticate")
        assert len(commands) == before + 1 and commands[-1]["deed"] == "slow", commands
        answered = commands[-1]["t"]
    invite = world.messages().first("INVITE", source=world.alice)
    assert invite.time < answered, f"the INVITE left {invite.time - answered:.3f} s after the card's answer"


@case("call.card.soft_usim")
def soft_usim(world):
    """A software SIM calls a card, and the card calls back."""
    with phones_with_cards(world, "bob"):
        authenticated_calls(world, 1)
        world.alice, world.bob = world.bob, world.alice
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED, count=2)
        flow.hang_up(world, call)
        world.alice, world.bob = world.bob, world.alice


@case("call.card.pulled_callee")
def pulled_callee(world):
    """Bob's card is taken out while the call is set up: nobody is authenticated, the next call with it is."""
    with phones_with_cards(world, "bob") as readers:
        reader = readers["bob"]
        reader.order({"do": "plan", "rules": [{"on": "authenticate", "do": "pull"}]})
        flow.connect_until_end(world)
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)
        reader.order({"do": "insert"})
        reader.wait_powered()
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED)
        flow.hang_up(world, call)


def still_rings(phone, mark):
    """The last ringing that nobody gave up; the INVITE with an element may have rung for a moment."""
    events = phone.events()[mark:]
    over = {event.call for event in events if event.state in ("End", "Error", "Released")}
    rings = [event for event in events if event.state == "IncomingReceived" and event.call not in over]
    return rings[-1] if rings else None


@case("call.card.pulled_caller")
def pulled_caller(world):
    """Alice's card is taken out while her INVITE travels: the same call without an element, never authenticated."""
    with phones_with_cards(world, "alice", policy="prefer") as readers:
        readers["alice"].order({"do": "plan", "rules": [{"on": "authenticate", "do": "pull"}]})
        before = world.alice.mark(), world.bob.mark()
        call = world.alice.call(world.bob.aor)
        world.bob.wait_note(NOT_AUTHENTICATED + "reason=INVITE_BARE")
        world.bob.answer(flow.wait_any(lambda: still_rings(world.bob, before[1]), 15, "the second ringing").call)
        for phone, mark in zip((world.alice, world.bob), before):
            phone.wait_state("StreamsRunning", after=mark)
        flow.hang_up(world, call)
        world.alice.wait_note(NOT_AUTHENTICATED + "reason=CARD_FAILED")
        assert world.alice.notes(r"caller: again: element=none")
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)
            phone.process.check()


@case("call.card.mute")
def mute(world):
    """Bob's card goes mute in the call: nobody is authenticated, and Linphone ends while the reader still hangs."""
    with phones_with_cards(world, "bob", policy="prefer") as readers:
        readers["bob"].order({"do": "plan", "rules": [{"on": "authenticate", "do": "mute"}]})
        flow.connect_until_end(world)
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)
        before = time.monotonic()
        assert world.bob.stop() == 0
        assert time.monotonic() - before < 5
        readers["bob"].order({"do": "pull"})


LOCKED = {"pin": "1234", "pin_enabled": True}


@case("call.card.locked_prefer")
def locked_prefer(world):
    """Bob's SIM wants a PIN that nobody gave, policy prefer: it rings without element; Alice, who holds a
    vector for him, ends the call."""
    with phones_with_cards(world, "bob", ready=False, card=LOCKED, policy="prefer") as readers:
        world.bob.wait_note(r"wants its PIN")
        flow.connect_until_end(world)
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)
        assert not [c for c in readers["bob"].commands("verify") if c["length"] > 5]
        assert not readers["bob"].commands("authenticate")


@case("call.card.locked_require")
def locked_require(world):
    """The same under require: Bob's phone answers 480 and never rings."""
    with phones_with_cards(world, "bob", ready=False, card=LOCKED, policy="require"):
        world.bob.wait_note(r"wants its PIN")
        before = world.bob.mark()
        world.alice.call(world.bob.aor)
        world.alice.wait_state("Released")
        assert not [e for e in world.bob.events()[before:] if e.state == "IncomingReceived"]
        refuse(world.alice, AUTHENTICATED)
    answer = [m for m in world.messages() if m.status == 480]
    assert answer, "no 480"


@contextlib.contextmanager
def bob_without_card(world, out):
    """Both phones, Bob's begun without a SIM: yields his reader, which is not there yet, or (out) empty."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    sims = world.issue_sims()
    reader = reader_on(world.bob.node, [card_of(world.bob.node, sims["bob"])], out=out)
    world.alice.use_sim(sims["alice"], world.root)
    world.bob.use_sim(sims["bob"], world.root, place="pcsc")
    with contextlib.ExitStack() as stack:
        if out:
            stack.enter_context(reader)
        for phone in (world.alice, world.bob):
            phone.start(wait_registered=False)
        for phone in (world.alice, world.bob):
            phone.wait_registered()
        world.alice.wait_note(r"simauth: ready: ")
        world.bob.wait_note(r"There is no SIM in" if out else r"smart card service is not running")
        if not out:
            stack.enter_context(reader)
        try:
            yield reader
        finally:
            for phone in (world.alice, world.bob):
                phone.stop()


@case("call.card.plugged_later")
def plugged_later(world):
    """Service and reader come after the phone: the next call is authenticated, without a restart."""
    with bob_without_card(world, out=False):
        authenticated_calls(world, 1)


@case("call.card.inserted_later")
def inserted_later(world):
    """The SIM is put into the reader after the phone began: the next call, from there, is authenticated."""
    with bob_without_card(world, out=True) as reader:
        reader.order({"do": "insert"})
        reader.wait_powered()
        world.alice, world.bob = world.bob, world.alice
        authenticated_calls(world, 1)
        world.alice, world.bob = world.bob, world.alice
