# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody in the media, and offers that come after the verdict."""

import re

from cases import case
from world import flow, tamper, zrtp
from world.attacker import Attacker
from world.scene import Scene, cause, honest_call, ring
from world.zrtp_between import Between

CODECS = r"m=audio \d+"


def answer_of(attacker, phone, offer):
    """What this stock phone answers to the offer, and goes on talking."""
    call = attacker.send(attacker.invite(phone, "sip:alice@operator-a.example", body=offer), phone)
    return attacker.wait_answer(call, above=199).body


@case("attack.media.own_dh")
def own_dh(world):
    """Media led to somebody else's ZRTP: the keys of both SIMs are not in it, and Alice ends the call."""
    scene = Scene(world, extra_stock=("mallory",))
    attacker = Attacker(world)
    _, invite = ring(scene)
    sdp = answer_of(attacker, world.mallory, invite.body)
    assert "zrtp-hash" in sdp, sdp
    scene.on("INVITE", lambda m: tamper.with_body(m.text, sdp), 200, inwards=False)
    before = world.alice.mark(), world.bob.mark()
    world.bob.answer()
    world.alice.wait_state("Released", after=before[0])
    scene.off()
    call = invite.call_id
    assert world.alice.notes(rf"call {call} caller: media: sink=zrtp verdict=mismatch"), "no ZRTP with Mallory"
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=MEDIA_WRONG")
    world.bob.wait_state("Released", after=before[1])
    assert cause(scene.tamper.last("BYE", towards_node=True)) == 4
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {call} \w+: authenticated: ")
    world.mallory.terminate()
    honest_call(world)


@case("attack.media.altered_dh")
def altered_dh(world):
    """The phones' own Diffie-Hellman changed on the way: no keys, no authentication, and the call ends."""
    scene = Scene(world, policy="require")
    seen = set()

    def hook(datagram, towards_bob):
        kind = zrtp.message_type(datagram.payload)
        if kind:
            seen.add(kind)
            assert zrtp.seal(datagram.payload) == datagram.payload, "our checksum is not ZRTP's"
        if kind and kind.startswith("DHPart"):
            datagram.payload = zrtp.with_octet_changed(datagram.payload, len(datagram.payload) - 20)
        yield from scene.tamper(datagram, towards_bob)
    world.wire.hook = hook
    flow.connect_until_end(world)
    world.wire.check()
    assert "DHPart1" in seen, seen
    call = scene.tamper.last("INVITE").call_id
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=(VERDICT_EXPIRED|MEDIA_WRONG|MEDIA_WEAK)")
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {call} \w+: (heard|authenticated): "), phone.node.name
    world.wire.hook = scene.tamper
    honest_call(world)


@case("attack.media.relayed_hello", limit=90)
def relayed_hello(world):
    """Both Hellos passed on as they are, so that each zrtp-hash fits, then a Diffie-Hellman of somebody else's, in all ways that are left to him."""
    scene = Scene(world, policy="require")
    between = Between()

    def hook(datagram, towards_bob):
        yield from (between.pass_on if zrtp.message_type(datagram.payload) else scene.tamper)(datagram, towards_bob)
    world.wire.hook = hook
    flow.connect_until_end(world)
    world.wire.check()
    call = scene.tamper.last("INVITE").call_id
    # His own chain of hashes is not the Hello's. With H1 of whom he speaks for a DHPart1 is taken, since nothing speaks against it
    # yet, but of a DHPart2 the Commit's hvi is another (CVE-2016-6271); the true one is taken then, so it was that; and the keys differ.
    for kind, way, taken in (("Commit", "own_commit", False), ("Commit", "true", True), ("DHPart1", "own_chain", False),
                             ("DHPart1", "own_value", True), ("DHPart2", "own_chain", False), ("DHPart2", "own_value", False),
                             ("DHPart2", "true", True), ("Confirm1", "true", False)):
        assert between.tried(kind, way) and between.taken(kind, way) == taken, (kind, way, between.sent, between.answers)
    flow.wait_any(lambda: any(phone.notes(rf"call {call} \w+: not-authenticated: reason=VERDICT_EXPIRED") for phone in (world.alice, world.bob)), 5,
                  "whoever ended the call says why")  # the other one may have the BYE before its own time is over
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {call} \w+: (heard|authenticated|media): "), phone.node.name
    world.wire.hook = scene.tamper
    honest_call(world)


def with_a_stream_more(text):
    """A stream that keys itself in the description (SDES), so that no binding has it."""
    body = text.partition("\r\n\r\n")[2]
    assert body.startswith("v=0"), text
    more = "m=audio 9078 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "\r\n"
    return tamper.with_body(text, body + more)


def authenticated_then_offer(scene, change=lambda text: tamper.other_hash(text)):
    """An authenticated call in which the offer of a re-INVITE is changed on the way to Bob; its Call-ID."""
    world = scene.world
    number, invite = ring(scene)
    before = world.bob.mark()
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    world.alice.wait_state("StreamsRunning")
    world.bob.wait_state("StreamsRunning", after=before)

    def offer(message):
        return change(message.text) if re.search(r"(?mi)^To:.*tag=", message.text) else None
    scene.on("INVITE", offer, inwards=True)
    world.alice.command(f"call-pause {number}")
    return number, invite.call_id


@case("attack.media.later_offer")
def later_offer(world):
    """Another key offered after the verdict: the word goes at once; the call goes on, as the person chose."""
    scene = Scene(world)
    number, call = authenticated_then_offer(scene)
    world.bob.wait_note(rf"call {call} callee: not-authenticated: reason=SDP_DIFFERENT")
    scene.off()
    assert scene.tamper.changed
    world.alice.wait_state("Paused")
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.media.later_offer_required")
def later_offer_required(world):
    """The same under `require`, and a stream more: Bob's phone answers 488, never changes its media, and the call goes on as it was."""
    scene = Scene(world, policy="require")
    before = world.bob.mark()
    number, call = authenticated_then_offer(scene)
    for count, change in enumerate((None, with_a_stream_more), 1):
        if change:
            scene.on("INVITE", lambda m: change(m.text), inwards=True)
            world.alice.command(f"call-pause {number}")
        world.bob.wait_note(rf"call {call} callee: refused-offer: code=488", count=count)
        flow.wait_any(lambda: scene.tamper.last("INVITE", 488, towards_node=False), 5, "488 of Bob's phone")
        scene.off()
        world.alice.wait_event(lambda e: e.state == "StreamsRunning", what="the call as it was", after=world.alice.mark() - 1)
    assert world.alice.state(number) == world.bob.state() == "StreamsRunning"
    states = [e.state for e in world.bob.events()[before:]]
    assert "UpdatedByRemote" not in states and "PausedByRemote" not in states and "End" not in states, states
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {call} \w+: not-authenticated: "), phone.node.name
    paused = world.bob.mark()
    world.alice.command(f"call-pause {number}")  # an offer that nobody changes is taken
    world.bob.wait_state("PausedByRemote", after=paused)
    flow.hang_up(world, number)
    honest_call(world)


def hidden(text):
    """Another offer where Linphone finds it and only a reader of well-made multiparts does not."""
    head, _, body = tamper.other_hash(text).partition("\r\n\r\n")
    body = f"--x\r\nContent-Type: application/sdp\r\n\r\n{body}\r\n--x--\r\n"
    head = tamper.without_header(head + "\r\n\r\n", "Content-Type")
    return tamper.with_body(tamper.with_header(head, "Content-Type", 'multipart/mixed;boundary="x"'), body)


@case("attack.media.later_offer_hidden", limit=60)
def later_offer_hidden(world):
    """An offer in a body that Linphone reads in a way of its own: refused like any other that was changed."""
    scene = Scene(world, policy="require")
    before = world.bob.mark()
    number, call = authenticated_then_offer(scene, hidden)
    world.bob.wait_note(rf"call {call} callee: refused-offer: code=488")
    flow.wait_any(lambda: scene.tamper.last("INVITE", 488, towards_node=False), 5, "488 of Bob's phone")
    scene.off()
    states = [e.state for e in world.bob.events()[before:]]
    assert "UpdatedByRemote" not in states and "PausedByRemote" not in states, states
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.media.handed_over_required")
def handed_over_required(world):
    """A REFER that cannot be refused (a branch as in RFC 2543) hands nobody over under `require`: the call ends."""
    scene = Scene(world, extra_stock=("mallory",), policy="require")
    number, invite = ring(scene)
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    scene.on("REFER", lambda m: m.text.replace("branch=z9hG4bK", "branch=", 1), inwards=True)
    before = world.alice.mark(), world.bob.mark()
    world.alice.command(f"call-transfer {number} {world.mallory.aor}")
    world.bob.wait_note(rf"call {invite.call_id} callee: not-authenticated: reason=HANDED_OVER")
    for phone, mark in zip((world.alice, world.bob), before):
        phone.wait_state("Released", after=mark)
    scene.off()
    assert scene.tamper.changed
    honest_call(world)
