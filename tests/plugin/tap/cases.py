# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases of plugin.tap.*: each a function, run as `cases.py NAME PREFIX` in a namespace of its own."""

import re
import sys
import time

import repeats
import strangers
from phones import ADDRESS, Failed, Scene, enter_namespace, header, prepare, tag_of
from steps import B, expect, hang_up, leave, one, running, two

SIM01 = "sim01.aka.AAAAAAAAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBB"
SIM02 = "sim02.CCCCCCCCCCCCCCCCCCCCCC.aka.DDDDDDDDDDDDDDDDDDDDDD"
SIM03 = "z9hG4bK.sim03.EEEEEEEEEEEEEEEEEEEEEE"
REASON = 'SIP;cause=4;text="Not verified"'


# -- calls that go through -------------------------------------------------------------------------------


def pass_through(scene):
    a, b = two(scene)
    running(a, b)
    hang_up(a, b)
    ack = b.wait_event(r"ack_in .*drop=0")[0]
    expect("belle-sip's own branch in " + ack, "branch=z9hG4bK." in ack)
    a.wait_event(r"later_in .*method=BYE code=200")
    leave(a, b)


def from_tag_bye(who):
    def case(scene):
        a, b = two(scene, ["from-tag " + SIM01, "header x", "set-sdp"])
        running(a, b)
        seen = b.wait_event("invite_in")[0]
        expect("our From tag, header and SDP in " + seen,
               "from_tag=%s header=x" % SIM01 in seen and seen.endswith("mark=1"))
        one, other = (a, b) if who == "caller" else (b, a)
        hang_up(one, other)
        one.wait_event(r"later_in .*method=BYE code=200")
        other.wait_event(r"later_in .*method=BYE code=0 .*" + re.escape(SIM01))
        leave(a, b)
    return case


def to_tag_hold_bye(holder, ender):
    """The callee's tag is an alias: it must hold through re-INVITEs of either side and the BYE."""
    def case(scene):
        a, b = two(scene, ["from-tag " + SIM01], ["to-tag " + SIM02])
        running(a, b)
        one, other = (a, b) if holder == "caller" else (b, a)
        one.command("call-pause 1")
        one.wait_state("Paused")
        other.wait_state("PausedByRemote")
        one.command("call-resume 1")
        one.wait_state("StreamsRunning")
        other.wait_state("StreamsRunning")
        first, last = (a, b) if ender == "caller" else (b, a)
        hang_up(first, last)
        first.wait_event(r"later_in .*method=BYE code=200")
        for line in a.find("to_tag=sim02|from_tag=sim02"):
            expect("the whole tag in " + line, SIM02 in line)
        from_b = a.find(r"response_in|later_in")
        expect("only the alias on the wire in %s" % from_b,
               from_b and all(SIM02 in line for line in from_b))
        expect("each request answered", not a.find("code=4") and not b.find("code=4"))
        leave(a, b)
    return case


def ringing_keeps_tag(scene):
    """180 and 200 have the same tag."""
    a, b = two(scene, (), ["to-tag " + SIM02], auto_answer=False)
    a.call(B)
    a.wait_state("OutgoingRinging")
    b.wait_state("IncomingReceived")
    b.command("answer 1")
    a.wait_state("StreamsRunning")
    tags = {line.split("to_tag=")[1] for line in a.find("response_in")}
    expect("one tag, not %s" % tags, tags == {SIM02} and len(a.find("response_in")) >= 2)
    hang_up(b, a)
    leave(a, b)


def ack_branch(scene):
    a, b = two(scene, ["ack-branch " + SIM03], ["to-tag " + SIM02])
    running(a, b)
    expect("our branch", "branch=%s to_tag=%s" % (SIM03, SIM02) in b.wait_event("ack_in")[0])
    hang_up(a, b)
    leave(a, b)


# -- held ------------------------------------------------------------------------------------------------


def held(side, how):
    def case(scene):
        script = ["hold-invite-%s 300" % ("out" if side == "out" else "in"), how]
        a, b = two(scene, script if side == "out" else (), script if side == "in" else ())
        begin = time.monotonic()
        running(a, b)
        waited = time.monotonic() - begin
        expect("300 ms of holding, not %f" % waited, 0.3 <= waited < 3)
        (a if side == "out" else b).wait_event("resumed call=1 done=1")
        expect("no INVITE twice", len(b.find("invite_in")) == 1)
        hang_up(a, b)
        leave(a, b)
    return case


def held_both_at_once(scene):
    """Resumed from inside invite_out and invite_in."""
    a, b = two(scene, ["at-once"], ["at-once"])
    running(a, b)
    hang_up(a, b)
    leave(a, b)


def held_three(scene):
    """Several calls held at the same time do not mix."""
    b = one(scene, ["hold-invite-in 200", "to-tag " + SIM02])
    peers = [scene.peer(5070 + number, 5062) for number in range(3)]
    for number, peer in enumerate(peers):
        peer.request("INVITE", call_id="c%d" % number, from_tag="f%d" % number,
                     branch="z9hG4bK.b%d" % number)
    # Linphone lets one of them ring.
    for number, peer in enumerate(peers):
        answer = peer.until("^SIP/2.0 180" if number == 0 else "^SIP/2.0 486")
        expect("its own call", header(answer, "Call-ID") == "c%d" % number and
               tag_of(answer, "From") == "f%d" % number and tag_of(answer, "To") == SIM02)
        peer.request("ACK", call_id="c%d" % number, from_tag="f%d" % number, to_tag=SIM02,
                     branch="z9hG4bK.b%d" % number, body="")
    b.wait_event("resumed call=[123] done=1", count=3)
    b.command("terminate 1")
    peers[0].until("^SIP/2.0 603")
    leave(b)


def cancel_held(scene):
    b = one(scene, ["hold-invite-in 1500", "to-tag " + SIM02])
    peer = scene.peer(5070, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 100")
    peer.request("INVITE")  # a repeated one is taken and answered by another 100
    peer.until("^SIP/2.0 100")
    peer.request("CANCEL", branch="z9hG4bK.other")  # another transaction's: not ours to honour
    peer.until("^SIP/2.0 481")
    peer.request("CANCEL", body="")
    ok = peer.until("^SIP/2.0 200")
    expect("200 to the CANCEL", header(ok, "CSeq").endswith("CANCEL"))
    gone = peer.until("^SIP/2.0 487")
    expect("one To tag", tag_of(ok, "To") == tag_of(gone, "To") == SIM02)
    peer.request("CANCEL", body="")
    peer.until("^SIP/2.0 200")
    peer.request("ACK", to_tag=tag_of(gone, "To"), body="")
    expect("held_gone", "why=cancelled resume=0" in b.wait_event("held_gone")[0])
    expect("the ACK to end the repeats", peer.receive(1.2) is None)
    expect("no ringing", b.state(1) == "none")
    b.expect_none("resumed|ack_in|response_out")
    b.wait_event("call_gone")  # when timer I (5 s) lets the transaction go
    b.quit()


def hang_up_held_out(scene):
    a = scene.phone("a", 5061, ["hold-invite-out 700"]).ready()
    peer = scene.peer(5062, 5061)
    a.call(B)
    a.wait_event("invite_out")
    a.command("terminate 1")
    expect("held_gone", "why=hung_up resume=0" in a.wait_event("held_gone")[0])
    a.wait_state("Released", "End", "none")
    a.wait_event("call_gone")
    expect("not a byte on the wire", peer.receive(1.0) is None)
    a.expect_none("resumed")
    leave(a)


def quit_held(scene):
    """The core goes while both an outgoing and an incoming INVITE are held."""
    a, b = two(scene, ["hold-invite-out 60000"], ["hold-invite-in 60000"])
    a.call(B)
    a.wait_event("invite_out")
    peer = scene.peer(5070, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 100")
    a.socket.sendall(b"quit\n")
    b.socket.sendall(b"quit\n")
    for phone in (a, b):
        expect("a clean end", phone.process.wait(20) == 0)
        phone.wait_event("held_gone call=1 why=")
        phone.wait_event("call_gone call=1")
        phone.wait_event("core_gone")


def disconnected_held_in(scene):
    b = one(scene, ["hold-invite-in 600"])
    peer = scene.peer(0, 5062, stream=True)
    peer.request("INVITE")
    peer.until("^SIP/2.0 100")
    peer.close()
    expect("held_gone", "why=disconnected resume=0" in b.wait_event("held_gone")[0])
    b.wait_event("call_gone")
    expect("no ringing", b.state(1) == "none")
    b.expect_none("resumed")
    leave(b)


def disconnected_held_out(scene):
    """The connection breaks while the INVITE that should go over it waits."""
    a = scene.phone("a", 5061, ["hold-invite-out 60000"]).ready()
    listener = scene.listener(5062)
    a.call(B + ";transport=tcp")
    connection, _ = listener.accept()
    a.wait_event("invite_out")
    connection.close()
    expect("held_gone", "why=disconnected resume=0" in a.wait_event("held_gone")[0])
    a.wait_state("Error", "Released", "End", "none")
    a.wait_event("call_gone")
    leave(a)


def call_after_disconnect(scene):
    """And the phone is usable after it: the next call goes through."""
    a = scene.phone("a", 5061, ["hold-invite-out 300"]).ready()
    listener = scene.listener(5063)
    a.call("sip:c@%s:5063;transport=tcp" % ADDRESS)
    connection, _ = listener.accept()
    a.wait_event("invite_out call=1")
    connection.close()
    a.wait_event("held_gone call=1")
    b = scene.phone("b", 5062, (), auto_answer=True).ready()
    number = a.call(B)
    a.wait_state("StreamsRunning", number=number)
    b.wait_state("StreamsRunning")
    leave(a, b)


def long_tag(scene):
    """A tag longer than any of ours is seen like any other: nobody slips past by it."""
    b = one(scene, ["hold-invite-in 100", "drop-acks 1"])
    peer = scene.peer(5070, 5062)
    long = "x" * 400
    peer.request("INVITE", from_tag=long)
    peer.until("^SIP/2.0 180")
    expect("all of it", "from_tag=%s " % long in b.wait_event("invite_in")[0])
    b.command("answer 1")
    ok = peer.until("^SIP/2.0 200")
    # An ACK with the branch of the INVITE is asked about as well.
    peer.request("ACK", from_tag=long, to_tag=tag_of(ok, "To"), body="")
    b.wait_event("ack_in .*drop=1")
    peer.until("^SIP/2.0 200")
    peer.request("ACK", from_tag=long, to_tag=tag_of(ok, "To"), branch="z9hG4bK.ack", body="")
    b.wait_event("ack_in .*drop=0")
    peer.request("BYE", from_tag=long, to_tag=tag_of(ok, "To"), branch="z9hG4bK.bye", cseq=21, body="")
    peer.until("^SIP/2.0 200[^\0]*BYE")
    leave(b)


def old_style(scene):
    """An INVITE without branch (RFC 2543) does not pass unseen; one without From tag gets 400 from belle-sip."""
    b = one(scene, ["refuse 403", "hold-invite-in 100"])
    peer = scene.peer(5070, 5062)
    for tag, code in (("", 400), (";tag=old", 403)):
        peer.send("INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5070\r\nFrom: <sip:old@10.99.0.1>%s\r\n"
                  "To: <sip:b@10.99.0.1>\r\nCall-ID: old\r\nCSeq: 1 INVITE\r\nMax-Forwards: 9\r\n"
                  "Contact: <sip:old@%s:5070>\r\nContent-Length: 0\r\n\r\n"
                  % (B, ADDRESS, tag, ADDRESS))
        peer.until("^SIP/2.0 %d" % code)
    expect("no ringing", b.state(1) == "none" and len(b.find("invite_in")) == 1)
    leave(b)


def copied_invite(scene):
    """The same INVITE under another branch does not ring twice, held or not."""
    b = one(scene, ["hold-invite-in 300"])
    peer = scene.peer(5070, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 100")
    peer.request("INVITE", branch="z9hG4bK.two")
    peer.until("^SIP/2.0 482")
    peer.until("^SIP/2.0 180")
    peer.request("INVITE", branch="z9hG4bK.three")
    peer.until("^SIP/2.0 482")
    expect("one call", len(b.find("invite_in")) == 1 and b.state(2) == "none")
    peer.request("CANCEL", body="")
    peer.until("^SIP/2.0 487")
    b.expect_none("held_gone")
    leave(b)


def malformed(scene):
    """What lacks headers, or comes at a wrong time, leaves phone and tap as they were."""
    b = one(scene, ["hold-invite-in 200", "to-tag " + SIM02])
    peer = scene.peer(5070, 5062)
    start = "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5070;branch=z9hG4bK.m%d\r\n"
    rest = ["", "From: <sip:x@y>\r\n", "From: <sip:x@y>;tag=1\r\n", "Call-ID: m\r\nCSeq: 1 INVITE\r\n",
            "From: <sip:x@y>;tag=%s\r\nTo: <sip:b@y>\r\nCall-ID: m\r\nCSeq: 1 INVITE\r\n" % ("t" * 300),
            "From: ;;;\r\nTo: \r\nCall-ID: \r\nCSeq: x\r\n"]
    for number, text in enumerate(rest):
        peer.send(start % (B, ADDRESS, number) + text + "Content-Length: 0\r\n\r\n")
    for method in ("ACK", "BYE", "CANCEL", "UPDATE"):
        peer.request(method, to_tag=SIM02, call_id="nobody", body="")
        peer.request(method, call_id="nobody2", body="")
    peer.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK.q\r\nContent-Length: 0\r\n\r\n")
    peer.request("INVITE", call_id="good", branch="z9hG4bK.good")
    peer.until("^SIP/2.0 180[^\0]*Call-ID: good")
    peer.request("CANCEL", call_id="good", branch="z9hG4bK.good", body="")
    peer.until("^SIP/2.0 487")
    b.quit()


# -- ACK and responses -----------------------------------------------------------------------------------


def ack_dropped(scene):
    """A dropped ACK never came: the 200 is repeated, the ACK too, with the same branch."""
    a, b = two(scene, ["ack-branch " + SIM03], ["to-tag " + SIM02, "drop-acks 2"])
    running(a, b)
    b.wait_event("ack_in .*drop=1", count=2)
    b.wait_event("ack_in .*drop=0")
    branches = {line.split("branch=")[1].split()[0] for line in b.find("ack_in")}
    expect("one branch, not %s" % branches, branches == {SIM03})
    expect("the 200 thrice", len(b.find("response_out .*code=200")) >= 3)
    hang_up(a, b)
    leave(a, b)


def response_held(code, how):
    def case(scene):
        a, b = two(scene, ["hold-code %d" % code, "hold-response 300", how], ["to-tag " + SIM02],
                   auto_answer=code == 200)
        begin = time.monotonic()
        a.call(B)
        if code == 180:
            # The 200 comes behind the held 180 and must not overtake it.
            b.wait_state("IncomingReceived")
            b.command("answer 1")
        a.wait_state("StreamsRunning")
        expect("300 ms of holding", time.monotonic() - begin >= 0.3)
        codes = [line.split("code=")[1].split()[0] for line in a.find("response_in")]
        expect("the order, not %s" % codes, codes == sorted(codes))
        a.wait_event("resumed call=1 done=1")
        hang_up(b, a)
        leave(a, b)
    return case


def response_dropped(scene):
    """What the user drops never came."""
    a, b = two(scene, ["drop-code 180"], auto_answer=False)
    a.call(B)
    a.wait_event("response_in .*code=180")
    b.wait_state("IncomingReceived")
    expect("no ringing", a.state(1) == "OutgoingProgress")
    b.command("answer 1")
    a.wait_state("StreamsRunning")
    hang_up(a, b)
    leave(a, b)


def ack_never(scene):
    """Nobody accepts the ACK: belle-sip repeats the 200 and says BYE at 64*T1."""
    a, b = two(scene, (), ["drop-acks 1000"])
    running(a, b)
    b.wait_event("later_out .*method=BYE", limit=45)
    expect("many repeats", len(b.find("response_out .*code=200")) > 5)
    a.wait_state("Released", "End", "none")
    a.quit()
    b.quit()


def calls_itself(scene):
    """An INVITE to oneself comes back with the name of a call: busy, and Linphone never sees a second call of that name."""
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "to-tag " + SIM02, "ack-branch " + SIM03,
                                "hold-invite-out 100", "hold-invite-in 100"]).ready()
    a.call("sip:a@%s:5061" % ADDRESS)
    a.wait_event("response_in call=1 code=486")
    a.wait_state("Released", "Error", "End", "none")
    a.expect_none("invite_in|response_in call=2|response_out call=1")
    leave(a)


def hang_up_response_held(scene):
    """The person hangs up while the 180 waits: CANCEL goes out, the 487 ends the call."""
    a, b = two(scene, ["hold-code 180", "hold-response 3000", 'end-reason SIP;cause=4;text="no"'],
               auto_answer=False)
    a.call(B)
    a.wait_event("response_in .*code=180")
    b.wait_state("IncomingReceived")
    a.command("terminate 1")
    expect("held_gone", "why=hung_up" in a.wait_event("held_gone")[0])
    a.wait_state("Released", "End", "none")
    b.wait_state("Released", "End", "none")
    a.expect_none("resumed")
    leave(a, b)


def end_reason(scene):
    a, b = two(scene, ["end-reason " + REASON,
                       "end-warning Callee not verified"])
    running(a, b)
    hang_up(a, b)
    seen = b.wait_event("later_in .*method=BYE code=0")[0]
    expect("our Reason in " + seen, 'reason=' + REASON in seen.replace(" ;", ";"))
    leave(a, b)


# -- ends of our own -------------------------------------------------------------------------------------


def try_again(scene):
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "try-again 480"]).ready()
    peer = scene.peer(5062, 5061)
    a.call(B)
    first = peer.until("^INVITE")
    answer(peer, first, 480)
    ack = peer.until("^ACK")
    expect("the ACK of the first", header(ack, "Call-ID") == header(first, "Call-ID"))
    second = peer.until("^INVITE")
    expect("a new Call-ID", header(first, "Call-ID") != header(second, "Call-ID"))
    expect("the same target", first.split()[1] == second.split()[1])
    answer(peer, second, 480)
    a.wait_state("Error", "Released", "End", "none")
    a.wait_event("try_again call=1 done=1")
    a.wait_event("try_again call=1 done=0")
    expect("the same call", not a.find("call=2") and len(a.find("invite_out call=1")) == 2)
    expect("two INVITEs", peer.until("^ACK") and peer.receive(0.7) is None)
    leave(a)


def taken_back_unanswered(scene):
    """Taken back, and nobody answers it any more: after 64*T1 (RFC 3261, 9.1) the call ends, not before."""
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "take-back 180"], clock=True).ready()
    peer = scene.peer(5062, 5061)
    a.call(B)
    answer(peer, peer.until("^INVITE"), 180)
    answer(peer, peer.until("^CANCEL"), 200)
    a.wait_event("take_back call=1 done=1")
    a.clock_ahead(25)
    expect("no end before its time", peer.receive(1) is None and not a.find("call_gone"))
    a.clock_ahead(40)
    a.wait_state("Error", "Released", "End", "none")
    a.wait_event("call_gone")
    leave(a)


def answer(peer, request, code):
    lines = ["SIP/2.0 %d No" % code]
    for name in ("Via", "From", "Call-ID", "CSeq"):
        lines.append("%s: %s" % (name, header(request, name)))
    lines.append("To: %s;tag=peer" % header(request, "To"))
    peer.send("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n")


def refused(how):
    def case(scene):
        script = ["refuse 403", "phrase Forbidden", "reason " + REASON,
                  'warning Caller "not" verified', "to-tag " + SIM02]
        b = one(scene, script + (["at-once"] if how == "at once" else ["hold-invite-in 100"]))
        peer = scene.peer(5070, 5062)
        peer.request("INVITE")
        no = peer.until("^SIP/2.0 403 Forbidden")
        expect("Reason in " + no, header(no, "Reason").replace(" ;", ";") == REASON)
        expect("Warning in " + no, header(no, "Warning") == '399 simauth "Caller \\"not\\" verified"')
        expect("the tag", tag_of(no, "To") == SIM02)
        peer.until("^SIP/2.0 403")  # repeated until the ACK
        peer.request("INVITE")      # and a repeated INVITE gets it again
        peer.until("^SIP/2.0 403")
        peer.request("ACK", to_tag=SIM02, body="")
        while peer.receive(1.2):
            expect("the ACK to end it", len(peer.seen) < 12)
        expect("no ringing", b.state(1) == "none" and len(b.find("invite_in")) == 1)
        b.expect_none("response_out|ack_in")
        leave(b)
    return case


def aborted(how):
    def case(scene):
        a = scene.phone("a", 5061, ["abort 480", "phrase Not available"] +
                        (["at-once"] if how == "at once" else ["hold-invite-out 100"])).ready()
        peer = scene.peer(5062, 5061)
        a.call(B)
        a.wait_event("resumed call=1 done=1")
        a.wait_state("Error", "Released", "End", "none")
        a.wait_event("call_gone")
        expect("not a byte on the wire", peer.receive(0.7) is None)
        a.expect_none("held_gone")
        leave(a)
    return case


def replaced(scene):
    """A third party takes over a dialog that it knows by our alias (RFC 3891)."""
    b = one(scene, ["to-tag " + SIM02], auto_answer=True)
    peer, third = scene.peer(5070, 5062), scene.peer(5071, 5062)
    peer.request("INVITE")
    peer.until("^SIP/2.0 200")
    peer.request("ACK", to_tag=SIM02, branch="z9hG4bK.ack", body="")
    b.wait_state("StreamsRunning")
    third.request("INVITE", call_id="third", from_tag="third", branch="z9hG4bK.third",
                  extra="Replaces: peer-call;to-tag=%s;from-tag=caller\r\nRequire: replaces" % SIM02)
    third.until("^SIP/2.0 200")
    bye = peer.until("^BYE")
    expect("the replaced dialog to end", tag_of(bye, "From") == SIM02 and
           tag_of(bye, "To") == "caller")
    b.wait_event("later_out call=1 method=BYE")
    b.quit()


# -- with a proxy ----------------------------------------------------------------------------------------


def proxied(scene):
    """Through Kamailio with Record-Route: tags and the ACK's bottom branch as they were sent."""
    scene.kamailio()
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "ack-branch " + SIM03], proxy=True)
    b = scene.phone("b", 5062, ["to-tag " + SIM02], auto_answer=True, proxy=True)
    a.ready(), b.ready()
    running(a, b)
    expect("element 1", "from_tag=" + SIM01 in b.wait_event("invite_in")[0])
    expect("element 3", "branch=" + SIM03 in b.wait_event("ack_in")[0])
    expect("element 2", "to_tag=" + SIM02 in a.wait_event("response_in .*code=200")[0])
    b.command("call-pause 1")
    b.wait_state("Paused")
    a.wait_state("PausedByRemote")
    b.command("call-resume 1")
    b.wait_state("StreamsRunning")
    a.wait_state("StreamsRunning")
    hang_up(b, a)
    leave(a, b)


def challenged(scene):
    """A 407 on the way: the repeat is the same call, at both ends."""
    scene.kamailio(challenge=True)
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "hold-invite-out 100"], proxy=True).ready()
    b = scene.phone("b", 5062, ["to-tag " + SIM02], auto_answer=True).ready()
    running(a, b)
    expect("the same call", len(a.find("invite_out call=1")) == 2 and not a.find("call=2"))
    a.wait_event("response_in call=1 code=407")
    hang_up(a, b)
    leave(a, b)


def forked(scene):
    """Two callees ring under different tags; one answers, the other is cancelled."""
    scene.kamailio()
    a = scene.phone("a", 5061, ["from-tag " + SIM01, "ack-branch " + SIM03], proxy=True)
    b = scene.phone("b", 5062, ["to-tag %s-b" % SIM02])
    c = scene.phone("c", 5063, ["to-tag %s-c" % SIM02])
    a.ready(), b.ready(), c.ready()
    a.call("sip:fork@%s" % ADDRESS)
    a.wait_event("response_in .*code=180.*-b")
    a.wait_event("response_in .*code=180.*-c")
    c.command("answer 1")
    a.wait_state("StreamsRunning")
    expect("c's ACK", SIM03 in c.wait_event("ack_in")[0])
    b.wait_state("Released", "End", "none")
    hang_up(c, a)
    a.wait_event("later_in .*method=BYE")
    expect("one call", not a.find("call=2"))
    leave(a, b, c)


# -- the installation ------------------------------------------------------------------------------------


def missing_symbol(scene):
    a, b = two(scene, ["wrong-names"], ["wrong-names"])
    expect("inactive", "result=-1 missing=belle_sip_another_t_vptr_get" in a.wait_event("install")[0])
    running(a, b)
    hang_up(a, b)
    a.quit()
    b.quit()
    a.expect_none("core_found|invite")


def no_inner(scene):
    """The part behind the loader is missing: one clear line, and the phone works."""
    scene.hide_inner()
    a = scene.phone("a", 5061).ready()
    b = scene.phone("b", 5062, auto_answer=True).ready()
    running(a, b)
    hang_up(a, b)
    said = [line for line in a.output() if line.startswith("simauth: ")]
    expect("one line, not %s" % said, len(said) == 1 and said[0].startswith(
        "simauth: inactive: needs simauth-linphone-5.1.so: "))
    a.quit()
    b.quit()
    expect("nothing else to run", not a.events())


def two_cores(scene):
    code, events = scene.program("two_cores", ["from-tag " + SIM01, "to-tag " + SIM02,
                                               "hold-invite-in 100"])
    expect("a good end, not %s" % code, code == 0)

    def count(pattern):
        return len([line for line in events if re.search(pattern, line)])
    expect("three cores to come and go", count("^core_found") == count("^core_gone") == 3)
    expect("ten calls to begin and end", count("^invite_") == count("^call_gone") == 10)
    # A machine that is slow has the last INVITE ring before its core goes, which then takes it back.
    wrong = [line for line in events if re.search("^error|code=4|drop=1|install result=-", line)
             and not line.startswith("response_out call=10 code=487 ")]
    expect("no error; there is %s" % wrong, not wrong)


CASES = {
    **repeats.CASES, **strangers.CASES,
    "pass_through": pass_through, "from_tag_bye_by_caller": from_tag_bye("caller"),
    "from_tag_bye_by_callee": from_tag_bye("callee"),
    "to_tag_hold_by_caller": to_tag_hold_bye("caller", "callee"),
    "to_tag_hold_by_callee": to_tag_hold_bye("callee", "caller"),
    "to_tag_while_ringing": ringing_keeps_tag, "ack_branch": ack_branch,
    "held_in": held("in", ""), "held_in_thread": held("in", "thread"),
    "held_out": held("out", ""), "held_out_thread": held("out", "thread"),
    "held_at_once": held_both_at_once, "held_three": held_three,
    "cancel_held": cancel_held, "hang_up_held_out": hang_up_held_out,
    "quit_held": quit_held, "disconnected_held_in": disconnected_held_in,
    "disconnected_held_out": disconnected_held_out,
    "call_after_disconnect": call_after_disconnect, "copied_invite": copied_invite,
    "long_tag": long_tag, "old_style": old_style,
    "malformed": malformed, "ack_dropped": ack_dropped,
    "response_held_200": response_held(200, ""),
    "response_held_180": response_held(180, "thread"), "response_dropped": response_dropped,
    "ack_never": ack_never, "calls_itself": calls_itself,
    "hang_up_response_held": hang_up_response_held, "end_reason": end_reason,
    "try_again": try_again, "taken_back_unanswered": taken_back_unanswered,
    "replaced": replaced,
    "refused": refused(""),
    "refused_at_once": refused("at once"),
    "aborted": aborted(""),
    "aborted_at_once": aborted("at once"),
    "proxied": proxied,
    "challenged": challenged,
    "forked": forked,
    "missing_symbol": missing_symbol,
    "no_inner": no_inner,
    "two_cores": two_cores,
}


def main():
    if len(sys.argv) == 2 and sys.argv[1] == "--list":
        print("\n".join(CASES))
        return 0
    enter_namespace()
    prepare(sys.argv[2])
    try:
        with Scene(sys.argv[2]) as scene:
            CASES[sys.argv[1]](scene)
    except Failed as failure:
        print("FAILED: %s" % failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
