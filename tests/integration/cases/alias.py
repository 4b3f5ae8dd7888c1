# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One subscriber, several names: other addresses, telephone numbers, other spellings."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from world import badday
from world.attacker import Attacker

B = "operator-b.example"
NUMBER = "+493012345"


def bound(world, *aors):
    """Both phones ready; operator B has these addresses for Bob's SIM as well."""
    prepare(world)
    for aor in aors:
        world.operators["b"].gateway.ctl("binding", "add", aor, world.sims["bob"].imsi)
    if aors:  # Bob's phone learns of it as a person would make it: by a self-test
        world.bob.ctl("self-test")


def dial(world, uri):
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(uri)
    world.bob.wait_state("IncomingReceived", after=before[1])
    world.bob.answer()
    for phone, mark in zip((world.alice, world.bob), before):
        phone.wait_state("StreamsRunning", after=mark)
    return call


def hang_up(world, call):
    world.alice.terminate(call)
    for phone in (world.alice, world.bob):
        phone.wait_state("Released")


def authenticated_as(world, uri, peer):
    """A call to `uri`; both say "authenticated", Alice of Bob's NAI at the address `peer`."""
    call = dial(world, uri)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        refuse(phone, NOT_AUTHENTICATED)
    record = badday.told(world.alice, "authenticated")
    assert (record["peer"], record["nai"]) == (peer, f"bob@{B}"), record
    hang_up(world, call)


@case("call.alias.address", aliases={"robert": "bob"})
def address(world):
    """A second address of Bob's that his operator has bound to his SIM: authenticated under that one."""
    bound(world, f"sip:robert@{B}")
    authenticated_as(world, f"sip:robert@{B}", f"sip:robert@{B}")


@case("call.alias.unbound", aliases={"robert": "bob"})
def unbound(world):
    """One that only the SIP service knows: it rings, nobody vouches, no element leaves."""
    bound(world)
    call = dial(world, f"sip:robert@{B}")
    badday.told(world.alice, "not-authenticated", "GATEWAY_NOBODY", "vouches")
    hang_up(world, call)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)
    assert not [m for m in world.messages() if m.elements()]


@case("call.alias.number", aliases={NUMBER: "bob"})
def number(world):
    """A telephone number at the operator's domain (user=phone)."""
    bound(world, f"sip:{NUMBER}@{B}")
    authenticated_as(world, f"sip:{NUMBER}@{B};user=phone", f"sip:{NUMBER}@{B}")


@case("call.alias.spelled")
def spelled(world):
    """Bob's own address as a careless hand writes it: the same address."""
    bound(world)
    authenticated_as(world, "sip:b%6Fb@Operator-B.EXAMPLE", f"sip:bob@{B}")


def invite_by_tel(world, **settings):
    """An INVITE between two tel URIs, which no Linphone writes but a telephone network's gateway does."""
    prepare(world, **settings)
    attacker = Attacker(world)
    text = attacker.invite(world.bob, "tel:+498912345", callee=f"tel:{NUMBER}")
    return attacker, attacker.send(text, world.bob)


@case("call.alias.tel")
def tel(world):
    """A call from one tel URI to another rings as what it is: not authenticated, from that number."""
    attacker, call = invite_by_tel(world)
    world.bob.wait_state("IncomingReceived")
    record = badday.told(world.bob, "not-authenticated", "INVITE_BARE")
    assert record["peer"] == "tel:+498912345", record
    attacker.cancel(call)
    world.bob.wait_state("Released")


@case("call.alias.tel_required")
def tel_required(world):
    """Under `require` it is looked at like any other: refused, and the phone never rings."""
    attacker, call = invite_by_tel(world, policy="require")
    assert attacker.wait_answer(call).status == 403
    assert "IncomingReceived" not in [e.state for e in world.bob.events()]
