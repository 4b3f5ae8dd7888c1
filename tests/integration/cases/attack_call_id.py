# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An INVITE with the Call-ID of a call that goes on: Linphone would make that call the new caller's, media and all."""

import re

from cases import case
from cases.attack_replaces import dialog, shown, wait_shown
from cases.ui_bus import with_buses
from world import talk
from world.attacker import Attacker
from world.scene import calls_heard
from world.session_bus import Client
from world.talk import Talk, connected, finish


def refused(attacker, phone, call_id, tag=None):
    """Somebody's INVITE with that Call-ID (and From tag) to this phone does not ring."""
    text = attacker.invite(phone, "sip:mallory@evil.example", tag or "")
    text = re.sub(r"(?m)^Call-ID: .*?\r$", f"Call-ID: {call_id}\r", text)
    rang, before = calls_heard(phone), len(attacker.answers(call_id))
    attacker.send(text, phone)
    attacker.settle(phone)
    answers = [m for m in attacker.answers(call_id)[before:] if m.method == "INVITE"]
    assert [a.status for a in answers] == [482], [a.text for a in answers]
    assert calls_heard(phone) == rang, "it rang"


def stranger(world, attacker):
    """A second INVITE for a call of one's own, and a third: a stock Linphone 5.1 ends then."""
    name = attacker.send(attacker.invite(world.bob, "sip:eve@evil.example"), world.bob)
    first = attacker.sent[name]
    world.bob.wait_note(rf"call {name} callee: not-authenticated: ")
    attacker.wait_answer(name)
    refused(attacker, world.bob, name)
    attacker.sent[name] = first
    attacker.cancel(name)
    world.bob.wait_note(rf"call {name} callee: over: ")
    refused(attacker, world.bob, name)


@case("attack.call_id", limit=90)
def call_id(world):
    """Whoever knows the Call-ID of an authenticated call, and even the caller's tag, takes its place at neither phone; nor a stranger that of their own."""
    talk.prepare(world, before=with_buses, settings={"alice": {"policy": "require"}})
    alice, bob = (Client(phone.node).find() for phone in (world.alice, world.bob))
    call = connected(world.alice, world.bob)
    name, theirs, ours = dialog(world, call)
    attacker = Attacker(world)
    before = shown(alice), shown(bob)
    for phone, tag in ((world.bob, None), (world.bob, theirs), (world.alice, None), (world.alice, ours)):
        refused(attacker, phone, name, tag)
    wait_shown(alice, before[0])
    wait_shown(bob, before[1])
    for phone in (world.alice, world.bob):
        states = [e.state for e in phone.events() if e.kind == "call-state-changed"]
        assert states[-1] == "StreamsRunning", (phone.node.name, states)
    call.hang_up()
    stranger(world, attacker)
    finish((world.alice, talk.AUTHENTICATED_OUT), (world.bob, ("callee", "not-authenticated", "INVITE_BARE"), talk.AUTHENTICATED_IN))
    Talk(world.alice, world.bob).ring().answer().authenticated().hang_up()


MADE_UP = ("{first}\r\nVia: SIP/2.0/UDP {address}:5060;branch=z9hG4bKm{number};rport\r\nFrom: <sip:eve@evil.example>;tag={ours}\r\n"
           "To: <sip:x@evil.example>;tag={theirs}\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\nMax-Forwards: 70\r\n{more}"
           "Contact: <sip:eve@{address}>\r\nContent-Type: application/sdp\r\nContent-Length: {length}\r\n\r\n{body}")


def made_up(attacker, phone, call_id, caller, at_caller):
    """All that somebody can send to this phone who knows the Call-ID and the caller's tag, and no other tag."""
    uri = f"sip:{phone.user}@{phone.node.address}"
    body = attacker.sdp()
    for number, method in enumerate(("ACK", "UPDATE", "INFO", "REFER", "BYE", "INVITE", "200")):
        answer = method == "200"  # to a request of the phone's, so with the phone's tag in From
        ours, theirs = ("x", caller) if at_caller != answer else (caller, "x")
        attacker.send(MADE_UP.format(
            first="SIP/2.0 200 OK" if answer else f"{method} {uri} SIP/2.0", address=attacker.node.address, number=number,
            ours=ours, theirs=theirs, call_id=call_id, cseq="77 UPDATE" if answer else f"{70 + number} {method}",
            more="Refer-To: <sip:eve@evil.example>\r\n" if method == "REFER" else "", length=len(body), body=body), phone)
    attacker.settle(phone)


@case("attack.made_up_tags", limit=90)
def made_up_tags(world):
    """Whoever knows a call's Call-ID and the caller's tag, as every phone of a fork does, and makes up the other one: neither ends the call nor takes its word, and it leaves its keys."""
    talk.prepare(world, before=with_buses, settings={"alice": {"policy": "require"}}, keys="file")
    alice, bob = (Client(phone.node).find() for phone in (world.alice, world.bob))
    call = connected(world.alice, world.bob)
    name, _, caller = dialog(world, call)
    attacker = Attacker(world)
    attacker.acknowledges = False
    before = shown(alice), shown(bob)
    made_up(attacker, world.bob, name, caller, False)
    made_up(attacker, world.alice, name, caller, True)
    wait_shown(alice, before[0])
    wait_shown(bob, before[1])
    for phone in (world.alice, world.bob):
        states = [e.state for e in phone.events() if e.kind == "call-state-changed"]
        assert states[-1] == "StreamsRunning", (phone.node.name, states)
        assert not phone.notes("setup-key: made=2"), f"{phone.node.name} left its keys before the end"
    call.hang_up()
    for phone in (world.alice, world.bob):
        phone.wait_note("setup-key: made=2")
    finish((world.alice, talk.AUTHENTICATED_OUT), (world.bob, talk.AUTHENTICATED_IN))
