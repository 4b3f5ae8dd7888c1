# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever knows a call's Call-ID and the caller's tag, but is not in its dialog."""

from phones import ADDRESS, SDP, header, tag_of
from steps import B, expect, leave, one

SIM02 = "sim02.CCCCCCCCCCCCCCCCCCCCCC.aka.DDDDDDDDDDDDDDDDDDDDDD"


def response(peer, call_id, from_tag, to_tag):
    """What answers no request of anybody's."""
    peer.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP %s:5062;branch=z9hG4bK.nobody\r\nFrom: <sip:x@%s>;tag=%s\r\n"
              "To: <sip:y@%s>;tag=%s\r\nCall-ID: %s\r\nCSeq: 77 UPDATE\r\nContact: <sip:peer@%s:%d>\r\n"
              "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s"
              % (ADDRESS, ADDRESS, from_tag, ADDRESS, to_tag, call_id, ADDRESS, peer.port, len(SDP), SDP))


def settle(peer, uri):
    peer.request("OPTIONS", uri=uri, call_id="settle", branch="z9hG4bK.settle%d" % len(peer.seen), body="")
    while "settle" not in peer.until("^SIP/2.0 200"):
        pass


def strangers_at_callee(scene):
    b = one(scene, ["to-tag " + SIM02], auto_answer=True)
    peer, stranger = scene.peer(5070, 5062), scene.peer(5071, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 200")
    stranger.request("ACK", to_tag="x", branch="z9hG4bK.one", body=SDP)  # belle-sip goes by the branch
    stranger.request("ACK", to_tag="x", branch="z9hG4bK.ack", body=SDP)
    stranger.request("ACK", to_tag=SIM02, branch="z9hG4bK.one", body=SDP, from_tag="y")
    stranger.request("ACK", to_tag=SIM02, branch="z9hG4bK.one", body=SDP, call_id="other")
    settle(stranger, B)
    peer.until("^SIP/2.0 200")  # none of these was the ACK
    peer.request("ACK", to_tag=SIM02, branch="z9hG4bK.ack", body="")
    b.wait_state("StreamsRunning")
    for number, method in enumerate(("UPDATE", "REFER", "INFO", "ACK", "INVITE")):
        stranger.request(method, to_tag="x", branch="z9hG4bK.s%d" % number, cseq=30 + number, body=SDP,
                         extra="Refer-To: <sip:eve@%s>" % ADDRESS)
        if method != "ACK":
            stranger.until("^SIP/2.0 [4-6]")
    response(stranger, "peer-call", "x", "caller")
    settle(stranger, B)
    expect("the call to go on", b.state(1) == "StreamsRunning")
    b.expect_none("later_in|later_out")
    expect("one ACK", len(b.find("ack_in")) == 1)
    peer.request("BYE", to_tag=SIM02, branch="z9hG4bK.bye", cseq=50, body="")
    b.wait_event("later_in .*method=BYE")
    b.wait_event("later_out .*method=BYE code=200")
    b.quit()


def reply(peer, request, code, tag):
    lines = ["SIP/2.0 %d Fine" % code]
    for name in ("Via", "From", "Call-ID", "CSeq"):
        lines.append("%s: %s" % (name, header(request, name)))
    body = SDP if code == 200 else ""
    lines += ["To: %s;tag=%s" % (header(request, "To").split(";tag")[0], tag),
              "Contact: <sip:%s@%s:%d>" % (tag, ADDRESS, peer.port),
              "Content-Type: application/sdp", "Content-Length: %d" % len(body)]
    peer.send("\r\n".join(lines) + "\r\n\r\n" + body)


def strangers_at_caller(scene):
    """Those of no dialog, and the phone of a fork that lost: it has a dialog, and Linphone none with it."""
    a = scene.phone("a", 5061).ready()
    peer = scene.peer(5062, 5061)
    a.call(B)
    invite = peer.until("^INVITE")
    names = {"uri": "sip:a@%s:5061" % ADDRESS, "call_id": header(invite, "Call-ID"), "to_tag": tag_of(invite, "From")}
    for code, tag in ((180, "lost"), (180, "won"), (200, "won")):
        reply(peer, invite, code, tag)
    peer.until("^ACK")
    a.wait_state("StreamsRunning")
    for number, tag in enumerate(("x", "lost")):
        for method in ("UPDATE", "INFO", "ACK", "BYE"):
            peer.request(method, from_tag=tag, branch="z9hG4bK.%s%d" % (method, number), cseq=30 + number, body=SDP, **names)
            if method != "ACK":
                peer.until("^SIP/2.0 [^1]")
        peer.request("NOTIFY", from_tag=tag, branch="z9hG4bK.notify%d" % number, cseq=60, body="SIP/2.0 200 OK", kind="message/sipfrag",
                     extra="Event: refer\r\nSubscription-State: active;expires=60", **names)
        peer.until("^SIP/2.0 [^1]")
    response(peer, names["call_id"], names["to_tag"], "x")
    settle(peer, names["uri"])
    expect("the call to go on", a.state(1) == "StreamsRunning")
    a.expect_none("later_in")
    peer.request("INFO", from_tag="won", branch="z9hG4bK.info", cseq=40, body="", **names)
    a.wait_event("later_in .*method=INFO")
    reply(peer, invite, 200, "late")  # Linphone ends it at once, which is not the end of its call
    late = peer.until("^BYE")
    reply(peer, late, 200, "late")
    expect("the end of the late one", tag_of(late, "To") == "late")
    a.wait_event("later_out .*method=BYE .*to_tag=late own=0")
    expect("the call to go on", a.state(1) == "StreamsRunning")
    a.command("terminate 1")
    reply(peer, peer.until("^BYE"), 200, "won")
    a.wait_event("later_in .*method=BYE code=200")
    a.wait_event("later_out .*method=BYE .*to_tag=won own=1")
    a.quit()


class Answered:
    """A call that two phones have answered while the answers are held for so many ms: `rang` of them rang before."""

    def __init__(self, scene, held_ms, rang):
        self.phone = scene.phone("a", 5061, ["hold-code 200", f"hold-response {held_ms}"]).ready()
        self.peer = scene.peer(5062, 5061)
        self.phone.call(B)
        self.invite = self.peer.until("^INVITE")
        for code, tag in (*((180, tag) for tag in rang), (200, "one"), (200, "two")):
            reply(self.peer, self.invite, code, tag)
        self.phone.wait_event("response_in .*code=200 to_tag=one")

    def hang_up(self, tag):
        self.peer.request("BYE", from_tag=tag, branch="z9hG4bK.bye" + tag, cseq=30, body="", uri="sip:a@%s:5061" % ADDRESS,
                          call_id=header(self.invite, "Call-ID"), to_tag=tag_of(self.invite, "From"))
        expect("200 to the BYE", "BYE" in header(self.peer.until("^SIP/2.0 200"), "CSeq"))


def fork_of_two(scene):
    """Two phones have answered while the answers are looked at, and one hangs up: the call is the other's."""
    call = Answered(scene, 1200, ("one", "two"))
    a, peer = call.phone, call.peer
    for _ in range(2):  # it may come twice
        call.hang_up("one")
    expect("the ACK of the other", tag_of(peer.until("^ACK"), "To") == "two")
    a.wait_state("StreamsRunning")
    a.expect_none("held_gone")
    a.command("terminate 1")
    bye = peer.until("^BYE")
    expect("one call", tag_of(bye, "To") == "two")
    reply(peer, bye, 200, "two")
    a.wait_state("Released", "End", "none")
    leave(a)


def fork_of_two_ends(scene):
    """Both hang up before either is let in: nobody is called any more."""
    call = Answered(scene, 60000, ("one",))
    for tag in ("two", "one"):
        call.phone.expect_none("held_gone")
        call.hang_up(tag)
    call.phone.wait_event("held_gone .*why=hung_up")
    call.phone.wait_state("Released", "End", "none")
    leave(call.phone)


def stray_ack(scene):
    """The ACK of a 482, which no transaction knows, is answered by nobody."""
    b = one(scene, ["hold-invite-in 60000"])
    peer = scene.peer(5070, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 100")
    peer.request("INVITE", branch="z9hG4bK.two")
    merged = peer.until("^SIP/2.0 482")
    expect("a To tag in " + merged, tag_of(merged, "To"))
    peer.request("INVITE", branch="z9hG4bK.two")
    expect("the same tag", tag_of(peer.until("^SIP/2.0 482"), "To") == tag_of(merged, "To"))
    peer.request("ACK", branch="z9hG4bK.two", to_tag=tag_of(merged, "To"), body="")
    expect("silence", not peer.receive(0.7))
    b.quit()


def flood_behind_held(scene):
    """While a response is held, those behind it wait, and not more than there is room for, final ones too."""
    a = scene.phone("a", 5061, ["hold-code 180", "hold-response 9000"]).ready()
    peer = scene.peer(5062, 5061)
    a.call(B)
    invite = peer.until("^INVITE")
    reply(peer, invite, 180, "first")
    a.wait_event("response_in")
    for number in range(140):
        reply(peer, invite, 486, "t%d" % number)
        if number % 20 == 0:
            settle(peer, "sip:a@%s:5061" % ADDRESS)
    settle(peer, "sip:a@%s:5061" % ADDRESS)
    expect("that it is still held", len(a.find("response_in")) == 1)
    a.wait_event("resumed call=1 done=1")
    a.wait_state("Error", "Released", "End", "none")
    expect("no more than 128, not %d" % len(a.find("response_in")), 1 < len(a.find("response_in")) <= 128)
    a.quit()


CASES = {
    "flood_behind_held": flood_behind_held, "fork_of_two": fork_of_two, "fork_of_two_ends": fork_of_two_ends,
    "strangers_at_callee": strangers_at_callee, "strangers_at_caller": strangers_at_caller, "stray_ack": stray_ack,
}
