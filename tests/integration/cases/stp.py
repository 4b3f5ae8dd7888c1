# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setup keys: the second call of two people rests on what the first one left behind (docs/protocol.md, section 8)."""

import re

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from world import flow

HELD = r"call \S+ \w+: known: text=known since \d{4}-\d\d-\d\d \d\d:\d\d, no SIM in this call"
MADE = r"call \S+ \w+: setup-key: made=2 lifetime=(\d+)"


def gateway_requests(world):
    """How often each gateway was asked, as its own log has it."""
    return [len(re.findall(r" request=\S+ op=", operator.gateway.log())) for operator in world.operators.values()]


def both(world):
    return world.alice, world.bob


def call(world, keys=True):
    """One call that both phones show as authenticated, hung up; returns when both made keys for the next ones."""
    heard = [(len(p.notes(AUTHENTICATED)), len(p.notes(MADE))) for p in both(world)]
    number = flow.connect(world)
    for phone, (words, _) in zip(both(world), heard):
        phone.wait_note(AUTHENTICATED, count=words + 1)
    flow.hang_up(world, number)
    for phone, (_, made) in zip(both(world), heard):
        if keys:
            phone.wait_note(MADE, count=made + 1)


def held_call(world):
    """The same with a setup key: nothing asked, one INVITE, the known words at both."""
    asked = gateway_requests(world)
    used = [len(p.notes(r"asked: ")) for p in both(world)]
    known = [len(p.notes(HELD)) for p in both(world)]
    call(world)
    for phone, before, words in zip(both(world), used, known):
        assert len(phone.notes(r"asked: ")) == before, f"{phone.node.name} asked somebody"
        assert len(phone.notes(HELD)) > words, f"{phone.node.name} does not tell since when"
    assert gateway_requests(world) == asked, "a gateway was asked"


def swap(world):
    world.alice, world.bob = world.bob, world.alice


@case("stp.second")
def second(world):
    """The second call: no gateway, no SIM; the third too, and the other way; each with elements and a key of its own."""
    prepare(world, keys="file")
    call(world)
    before = gateway_requests(world)
    assert min(before) > 0, before
    held_call(world)
    held_call(world)
    swap(world)
    held_call(world)
    swap(world)
    for phone in both(world):
        refuse(phone, NOT_AUTHENTICATED)
    messages = world.messages()
    tags = [messages.first("INVITE", call_id=c).tag("From") for c in messages.calls()]
    assert [t.split(".")[1] for t in tags] == ["aka", "stp", "stp", "stp"], tags
    assert len({part for t in tags[1:] for part in t.split(".")[2:]}) == 9, tags  # KEYID, NONCE_A, MAC_0: none twice
    ringing = messages.first("INVITE", status=180, call_id=messages.calls()[1], target=world.alice)
    assert re.fullmatch(r"sim02\.[\w-]{22}\.stp\.[\w-]{22}", ringing.tag("To")), ringing.tag("To")
    for bye in messages.all("BYE"):
        assert re.fullmatch(r"sim05\.86400\.[\w-]{22}", bye.header("SIM-Auth")), bye.text
