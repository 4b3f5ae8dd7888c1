# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How offer and answer may come to pass: early media, reliable provisionals, late offers."""

import re

from cases import case
from world import talk, zrtp
from world.process import wait_for
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, Talk, finish

EARLY = {"sip": "incoming_calls_early_media=1"}
RELIABLE = {"sip": "incoming_calls_early_media=1\n100rel_support_level=2"}


@case("call.media.early")
def early(world):
    """183 with early media from a phone whose SIM answered: heard before the call, authenticated with the ACK."""
    talk.prepare(world, phones={"bob": EARLY})
    call = Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    call.wait(world.alice, "OutgoingEarlyMedia")
    talk.wait_word(world.alice, call, "answered")
    talk.wait_word(world.bob, call, "announced")
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {call.id_at(phone)} \w+: media: sink=zrtp verdict=match")
        assert not phone.notes(r": authenticated: "), "before the ACK"
    call.answer().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    messages = world.messages()
    assert "a=zrtp-hash" in messages.first("INVITE", status=183, target=world.alice).body


def takes_pictures(phone):
    """As talk's, for a phone_host, which has no options."""
    path = phone.node.path(".config/linphone/linphonerc")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[video]\ncapture=0\ndisplay=0\n", "[video]\ncapture=1\ndisplay=1\nautomatically_initiate=0\n"
                                "automatically_accept=1\ndevice=StaticImage: Static picture\n"))


def rings_with_pictures(world, hook=None):
    """Alice offers pictures, and Bob's early media takes them; the call."""
    def before(_):
        talk.takes_pictures(world.alice, initiate=True)
        takes_pictures(world.bob)
    talk.prepare(world, phones={"bob": {**EARLY, "program": talk.HOST}}, before=before, hook=hook)
    call = Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    call.wait(world.alice, "OutgoingEarlyMedia")
    return call


@case("call.media.early.audio_only")
def audio_only(world):
    """He answers with his voice alone."""
    call = rings_with_pictures(world)
    for phone in (world.alice, world.bob):  # all streams are keyed: he has seen her
        phone.wait_note(rf"call {call.id_at(phone)} \w+: media: sink=zrtp verdict=match")
    world.bob.command(f"answer-audio {call.numbers[world.bob]}")
    call.wait(world.alice, "StreamsRunning")
    call.authenticated()
    call.pause(world.alice).resume(world.alice).hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    messages = world.messages()
    assert messages.first("INVITE", status=183, target=world.alice).body.count("a=zrtp-hash") == 2
    assert "\nm=video 0 " in messages.first("INVITE", status=200, target=world.alice).body


@case("call.media.early.quick_voice")
def quick_voice(world):
    """He answers so before the pictures' ZRTP came to an end: with the answer Linphone tells of the sound's, which is all there is."""
    port, sound = [None], set()

    def hook(datagram, _):
        offered = re.match(rb"INVITE (?s:.*)\nm=video (\d+) ", datagram.payload)
        if offered:
            port[0] = int(offered[1])
        kind = zrtp.message_type(datagram.payload)
        if kind and port[0] in (datagram.source_port, datagram.target_port):
            return
        sound.add(kind)
        yield 0, datagram
    call = rings_with_pictures(world, hook)
    wait_for(lambda: "Conf2ACK" in sound, 10, "the end of ZRTP for the sound")
    for phone in (world.alice, world.bob):
        assert not phone.notes(r": media: sink="), "nothing may be decided while pictures are in clear"
    world.bob.command(f"answer-audio {call.numbers[world.bob]}")
    call.wait(world.alice, "StreamsRunning")
    call.authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    assert port[0], "no pictures were offered"


@case("call.media.reliable")
def reliable(world):
    """Reliable provisionals (RFC 3262): PRACK and its 200 pass with the alias of the To tag."""
    talk.prepare(world, phones={"alice": {"sip": "100rel_support_level=2"}, "bob": RELIABLE})
    call = Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    world.alice.wait_log(r"SIP/2.0 200 Ok\r?\n(?:[^\r\n]+\r?\n)*?CSeq: \d+ PRACK")
    call.answer().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    messages = world.messages()
    prack = messages.first("PRACK", target=world.bob)
    assert prack.tag("To").startswith("sim02."), prack.text
    assert messages.first("PRACK", status=200, target=world.alice)

@case("call.media.late_offer")
def late_offer(world):
    """An INVITE without SDP: the offer comes in the 200, the answer in the ACK, and both are bound."""
    talk.prepare(world, phones={"alice": {"sip": "sdp_200_ack=1"}})
    Talk(world.alice, world.bob).ring().answer().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    messages = world.messages()
    assert not messages.first("INVITE", target=world.bob).body
    assert "a=zrtp-hash" in messages.first("ACK", target=world.bob).body
