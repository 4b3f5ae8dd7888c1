# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces (RFC 3891) that names a call by less than its Call-ID and both tags, or by somebody else's."""

import re

from cases import case
from cases.attack_invite import TIMERS
from cases.ui_bus import with_buses
from world import flow, talk
from world.attacker import Attacker
from world.session_bus import CALL, Client
from world.talk import Talk, connected
from world.tamper import Tamper


def shown(client):
    """What a window has of calls that go on: {peer: [verdict, ...]}."""
    found = {}
    for record in client.objects(CALL).values():
        if record["Phase"] != "ended":
            found.setdefault(record["Peer"], []).append(record["Verdict"])
    return {peer: sorted(verdicts) for peer, verdicts in found.items()}


def wait_shown(client, expected):
    try:
        flow.wait_any(lambda: shown(client) == expected, 10, "what is shown")
    except Exception as error:
        raise AssertionError(f"{client.node.name}: {shown(client)}, not {expected}") from error


def dialog(world, call):
    """Call-ID, Bob's and Alice's tag of that call of theirs, as they stood on the wire."""
    answer = world.messages().first("INVITE", status=200, call_id=call.id_at(world.bob))
    return answer.call_id, answer.tag("To"), answer.tag("From")


def check_in(world, attacker, bob, call):
    """Whoever knows the Call-ID, and even one of the tags, rings as a call of its own."""
    call_id, ours, theirs = dialog(world, call)
    before = shown(bob)
    for tags in (f";to-tag=x;from-tag={theirs}", f";to-tag={ours};from-tag=y", ";to-tag=0;from-tag=y", ""):
        more = f"Replaces: {call_id}{tags}\r\n"
        sent = attacker.send(attacker.invite(world.bob, world.alice.aor, more=more), world.bob)
        world.bob.wait_note(rf"call {sent} callee: not-authenticated: ")
        wait_shown(bob, {**before, world.alice.aor: ["authenticated", "not-authenticated"]})  # until it is refused
        attacker.wait_answer(sent)
        attacker.cancel(sent)
        world.bob.wait_note(rf"call {sent} callee: over: ")
        wait_shown(bob, before)


def asked_again(world, attacker, bob, call):
    """An INVITE without Replaces, which Linphone answers 422, decides nothing about one that has it (RFC 4028)."""
    call_id, ours, theirs = dialog(world, call)
    before = shown(bob)
    text = attacker.invite(world.bob, "sip:eve@evil.example", more="Supported: timer\r\nSession-Expires: 1\r\n")
    sent = attacker.send(text, world.bob)
    assert attacker.wait_answer(sent).status == 422
    text = text.replace("Session-Expires: 1", f"Replaces: {call_id};to-tag={ours};from-tag={theirs}")
    attacker.send(text.replace("CSeq: 1 ", "CSeq: 2 ").replace("branch=z9hG4bK", "branch=z9hG4bK2"), world.bob)
    attacker.settle(world.bob)
    assert [answer.status for answer in attacker.answers(sent)] == [422, 482], [answer.text for answer in attacker.answers(sent)]
    wait_shown(bob, before)


@case("attack.replaces", limit=90)
def replaces(world):
    """Neither an INVITE nor a REFER that names a call by its Call-ID and other tags takes its place, or its word; nor one that Linphone asked for anew."""
    tamper = Tamper()
    talk.prepare(world, hook=tamper, third="b", before=with_buses, linphonerc={"bob": TIMERS})
    alice, bob = (Client(phone.node).find() for phone in (world.alice, world.bob))
    first = connected(world.alice, world.bob)
    second = connected(world.bob, world.carol)
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    attacker = Attacker(world)
    check_in(world, attacker, bob, first)
    asked_again(world, attacker, bob, first)

    # Bob's phone hands Alice over to Carol, and names Alice's own call with him as what Carol is to end.
    tamper.rule = lambda message, towards: re.sub(r"(?<=Replaces=)[^%;?>]+", first.id_at(world.bob), message.text) \
        if message.method == "REFER" and not message.is_response else None
    new = Talk.follows(world.alice, world.carol)
    world.bob.command(f"call-transfer {first.numbers[world.bob]} {second.numbers[world.bob]}")
    new.ring()
    assert tamper.changed, "no REFER"
    wait_shown(alice, {world.bob.aor: ["not-authenticated"], world.carol.aor: ["answered"]})
    world.wire.check()
    new.hang_up()
