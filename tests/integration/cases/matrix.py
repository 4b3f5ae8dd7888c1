# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linphones of two Debian releases call each other."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from world import flow

MATCH = r"media: sink=zrtp verdict=match"


def prepare(world, alice, bob):
    """Two registered phones that have spoken with their gateways; alice, bob: which liblinphone."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(alice={"linphone": alice}, bob={"linphone": bob})
    sims = world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(sims[phone.user], world.root)
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
        phone.wait_note(r"simauth: ready: ")


def authenticated_call(world):
    """One more call, authenticated at both phones, its media keyed by both SIMs."""
    phones = (world.alice, world.bob)
    before = [(len(phone.notes(AUTHENTICATED)), len(phone.notes(MATCH))) for phone in phones]
    call = flow.connect(world)
    for phone, (said, matched) in zip(phones, before):
        phone.wait_note(AUTHENTICATED, count=said + 1)
        assert len(phone.notes(MATCH)) == matched + 1, phone.node.name
    flow.hang_up(world, call)
    for phone in phones:
        refuse(phone, NOT_AUTHENTICATED)


def is_linphone(phone, version):
    """This phone really is that liblinphone, and has the part that was built for it."""
    with open(f"/proc/{phone.process.pid}/maps", encoding="utf-8") as maps:
        libraries = maps.read()
    name = {"5.1": "liblinphone.so.10", "5.3": "liblinphone.so.12"}[version]
    assert name in libraries, f"{phone.node.name} has no {name}"
    assert f"simauth-linphone-{version}.so" in libraries, f"{phone.node.name} has not loaded us"


@case("call.debian13.both_ways", label="long", limit=120, group="call.debian13")
def both_ways(world):
    """5.1 calls 5.3, and 5.3 calls 5.1."""
    prepare(world, "5.1", "5.3")
    is_linphone(world.alice, "5.1")
    is_linphone(world.bob, "5.3")
    authenticated_call(world)
    world.alice, world.bob = world.bob, world.alice
    authenticated_call(world)
