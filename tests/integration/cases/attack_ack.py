# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the ACK, and elements where none belongs."""

import re

from cases import case
from world import flow, tamper
from world.attacker import Attacker, made_up_element
from world.scene import Scene, cause, honest_call, ring


class Acks:
    """A rule that brings Bob one wrong ACK after another, until it has no more."""

    def __init__(self, *changes):
        self.changes = list(changes)
        self.seen = 0

    def __call__(self, message, towards_bob):
        if message.method != "ACK" or message.is_response or not towards_bob:
            return None
        self.seen += 1
        return self.changes.pop(0)(message) if self.changes else None


def changed(message):
    element = message.header("SIM-Auth")
    return message.text.replace(element, tamper.other_octet(element))


def missing(message):
    text = tamper.without_header(message.text, "SIM-Auth")
    return text.replace(message.branches()[-1], "z9hG4bK.plain")


def of(element):
    def replayed(message):
        return message.text.replace(message.header("SIM-Auth"), element)
    return replayed


def call_until_answered(world):
    before = world.alice.mark(), world.bob.mark()
    number = world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingReceived", after=before[1])
    world.alice.wait_state("OutgoingRinging", after=before[0])
    world.bob.answer()
    return number, world.alice.wait_state("StreamsRunning", after=before[0])


@case("attack.ack.wrong")
def wrong(world):
    """A changed, missing or replayed proof is not the ACK; the right one that comes later is."""
    scene = Scene(world)
    honest_call(world)
    old = scene.tamper.last("ACK", towards_node=True).header("SIM-Auth")
    acks = scene.tamper.rule = Acks(changed, missing, of(old))
    number, _ = call_until_answered(world)
    call = scene.tamper.last("INVITE", 200).call_id
    authenticated = rf"call {call} callee: authenticated: "
    flow.wait_any(lambda: acks.seen >= 3, 15, "three ACKs")
    assert not world.bob.notes(authenticated), "authenticated by a wrong proof"
    world.bob.wait_note(authenticated)
    scene.off()
    answers = [m for m in list(scene.tamper.passed) if m[1].call_id == call and m[1].status == 200 and
               m[1].method == "INVITE" and not m[0]]
    assert len(answers) >= 4, f"{len(answers)} times 200 for three wrong ACKs"
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.ack.never", limit=90)
def never(world):
    """No right ACK at all: Bob never says authenticated and ends the call at 64*T1 with cause 5."""
    scene = Scene(world)
    scene.on("ACK", changed, inwards=True)
    before = world.bob.mark()
    call_until_answered(world)
    call = scene.tamper.last("INVITE", 200).call_id
    world.bob.wait_state("End", "Error", limit=40, after=before)
    world.bob.wait_state("Released", after=before)
    scene.off()
    flow.wait_any(lambda: scene.tamper.last("BYE", towards_node=False), 5, "BYE")
    assert cause(scene.tamper.last("BYE", towards_node=False)) == 5
    world.bob.wait_note(rf"call {call} callee: not-authenticated: reason=VERDICT_EXPIRED")
    assert not world.bob.notes(rf"call {call} callee: authenticated: ")
    world.alice.wait_state("Released")
    honest_call(world)


@case("attack.ack.early")
def early(world):
    """An ACK before there is an answer changes nothing, with a proof or without."""
    scene = Scene(world)
    number, invite = ring(scene)
    ringing = scene.tamper.last("INVITE", 180, towards_node=False)
    attacker = Attacker(world)
    for more in ("", "SIM-Auth: sim03.AAAAAAAAAAAAAAAAAAAAAA\r\n"):
        attacker.send(f"ACK sip:bob@{world.bob.node.address} SIP/2.0\r\n"
                      f"Via: SIP/2.0/UDP {attacker.node.address};branch=z9hG4bK.sim03.AAAAAAAAAAAAAAAAAAAAAA\r\n"
                      f"From: {invite.header('From')}\r\nTo: {ringing.header('To')}\r\nCall-ID: {invite.call_id}\r\n"
                      f"CSeq: {invite.header('CSeq').split()[0]} ACK\r\nMax-Forwards: 9\r\n{more}"
                      "Content-Length: 0\r\n\r\n", world.bob)
    attacker.settle(world.bob)
    assert not world.bob.notes(rf"call {invite.call_id} callee: (authenticated|not-authenticated)")
    before = world.alice.mark()
    world.bob.answer()
    world.alice.wait_state("StreamsRunning", after=before)
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.elsewhere")
def elsewhere(world):
    """Elements in REGISTER, re-INVITE, its responses and BYE are nobody's: nothing starts, stops or breaks."""
    scene = Scene(world)

    def sprinkle(message, _towards):
        first = message.method == "INVITE" and not re.search(r"(?mi)^To:.*tag=", message.text)
        of_first = scene.first_cseq == message.header("CSeq")
        if first or of_first or message.method == "ACK":
            return None
        return tamper.with_header(message.text, "SIM-Auth", made_up_element())
    scene.first_cseq = None
    number, invite = ring(scene)
    scene.first_cseq = invite.header("CSeq")
    scene.tamper.rule = sprinkle
    before = world.alice.mark(), world.bob.mark()
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    world.alice.command(f"call-pause {number}")
    world.bob.wait_state("PausedByRemote", after=before[1])
    world.alice.wait_state("Paused", after=before[0])
    state = world.alice.mark()
    world.alice.command(f"call-resume {number}")
    world.alice.wait_state("StreamsRunning", after=state)
    assert scene.tamper.changed >= 4, "nothing was sprinkled"
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {invite.call_id} \w+: not-authenticated"), phone.node.name
    flow.hang_up(world, number)
    scene.off()
    honest_call(world)
