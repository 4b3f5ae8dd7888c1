# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same INVITE once more, from whoever sends it."""

import re
import signal

from phones import tag_of, wait_for
from steps import expect, leave, one


def repeat_after_ack(scene):
    """The ACK of a refusal and the same INVITE once more in one segment: belle-sip's transaction is gone by then, and it is asked about anew."""
    b = one(scene, ["refuse 403", "hold-invite-in 100"])
    peer = scene.peer(0, 5062, stream=True)
    peer.request("INVITE")
    no = peer.until("^SIP/2.0 403")
    peer.later = True
    peer.request("ACK", to_tag=tag_of(no, "To"), body="")
    peer.later = False
    peer.request("INVITE", extra="Subject: once more")
    peer.until("^SIP/2.0 403")
    expect("no ringing", b.state(1) == "none" and not [text for text in peer.seen if " 180 " in text])
    expect("asked about twice", len(b.find("invite_in")) == 2)
    leave(b)


def repeat_late(scene):
    """The INVITE of a running call once more, from somebody else, when no transaction knows it any more: Linphone would make that call the new caller's."""
    b = one(scene, [], auto_answer=True, clock=True)
    peer = scene.peer(5070, 5062)
    peer.request("INVITE")
    ok = peer.until("^SIP/2.0 200")
    peer.request("ACK", to_tag=tag_of(ok, "To"), branch="z9hG4bK.ack", body="")
    b.wait_state("StreamsRunning")
    b.clock_ahead(40)  # Timer L

    def again():
        peer.request("INVITE", caller="eve")
        while (text := peer.receive(0.3)) and not text.strip():
            pass  # a keep-alive: the clock is ahead
        return text
    got = wait_for("an answer to the INVITE once more", again)
    expect("482 and not " + got, got.startswith("SIP/2.0 482"))
    expect("one call", b.state(1) == "StreamsRunning" and b.state(2) == "none" and len(b.find("invite_in")) == 1)
    b.expect_none("call_gone")
    b.quit()


def repeat_old_style(scene):
    """The same branch in the style of RFC 2543 from somebody else is another call to belle-sip: it does not ring unseen."""
    b = one(scene, [])
    peer = scene.peer(5070, 5062)
    peer.request("INVITE", branch="old")
    peer.until("^SIP/2.0 180")
    peer.request("INVITE", branch="old", caller="eve")
    peer.until("^SIP/2.0 482")
    peer.request("INVITE", branch="old")
    peer.until("^SIP/2.0 180")
    expect("one call", b.state(1) == "IncomingReceived" and b.state(2) == "none" and len(b.find("invite_in")) == 1)
    peer.request("CANCEL", branch="old", body="")
    peer.until("^SIP/2.0 487")
    b.quit()


def repeat_disconnected(scene):
    """The connection dies while the INVITE is held, and the same comes over another at once: it is asked about anew, or was a repeat."""
    b = one(scene, ["refuse 403", "hold-invite-in 500"])
    for first in (0, 1):
        peers = [scene.peer(0, 5062, stream=True) for _ in range(2)]
        old, new = peers[first], peers[1 - first]
        for peer in peers:
            peer.request("OPTIONS", call_id="o%d" % first, branch="z9hG4bK.o%d" % peer.port, body="")
            peer.until("^SIP/2.0 200")
        asked = len(b.find("invite_in"))
        names = {"call_id": "c%d" % first, "branch": "z9hG4bK.c%d" % first}
        old.request("INVITE", **names)
        old.until("^SIP/2.0 100")
        b.process.send_signal(signal.SIGSTOP)
        old.close()
        new.request("INVITE", **names)
        b.process.send_signal(signal.SIGCONT)
        b.wait_event("held_gone", count=first + 1)
        while (got := new.receive(1.2)):
            expect("no ringing but " + got, not re.match("SIP/2.0 (180|200)", got))
        expect("no call", b.state(1) == "none" and asked < len(b.find("invite_in")) <= asked + 2)
        expect("as often refused as held", all("done=1" in line for line in b.find("resumed")))
    b.expect_none("response_out")
    b.quit()


TIMERS = "session_expires_enabled=1\nsession_expires_value=90\nsession_expires_min_value=60\n"


def asked_again(scene):
    """Linphone asks for longer sessions (422). Over a stream the ACK ends the transaction at once, and what comes then is the same call, for some seconds."""
    b = one(scene, [], sip=TIMERS)
    peer = scene.peer(0, 5062, stream=True)
    for number in (1, 2):
        names = {"call_id": "c%d" % number}
        peer.request("INVITE", extra="Supported: timer\r\nSession-Expires: 1", branch="z9hG4bK.a%d" % number, **names)
        no = peer.until("^SIP/2.0 422")
        peer.request("ACK", branch="z9hG4bK.a%d" % number, to_tag=tag_of(no, "To"), body="", **names)
        if number == 1:
            expect("nothing more", not peer.receive(0.5))
            peer.request("INVITE", branch="z9hG4bK.b", cseq=21, **names)
            peer.until("^SIP/2.0 180")
            expect("the same call", len(b.find("invite_in call=1")) == 2 and not b.find("invite_in call=2"))
            peer.request("CANCEL", branch="z9hG4bK.b", cseq=21, body="", **names)
            peer.request("ACK", branch="z9hG4bK.b", cseq=21, to_tag=tag_of(peer.until("^SIP/2.0 487"), "To"), body="", **names)
            b.wait_event("call_gone call=1")
    b.expect_none("call_gone call=2")
    b.wait_event("call_gone call=2")  # nothing came
    leave(b)


def repeat_reconnected(scene):
    """The connection dies while the phone rings, and the same INVITE comes over another: belle-sip's answer would go over the first, and end the phone."""
    b = one(scene, [])
    peers = [scene.peer(0, 5062, stream=True) for _ in range(2)]
    peers[0].request("INVITE")
    peers[0].until("^SIP/2.0 180")
    peers[0].close()
    for number in range(5):
        peers[1].request("OPTIONS", call_id="o", branch="z9hG4bK.o%d" % number, body="")
        peers[1].until("^SIP/2.0 200")
    peers[1].request("INVITE")
    peers[1].request("OPTIONS", call_id="o", branch="z9hG4bK.o", body="")
    peers[1].until("^SIP/2.0 200")
    expect("one call", b.state(1) == "IncomingReceived" and len(b.find("invite_in")) == 1)
    b.quit()


CASES = {
    "repeat_reconnected": repeat_reconnected,
    "asked_again": asked_again,
    "repeat_after_ack": repeat_after_ack, "repeat_late": repeat_late,
    "repeat_old_style": repeat_old_style, "repeat_disconnected": repeat_disconnected,
}
