# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the responses: who may have answered."""

import re
import secrets

from cases import case
from cases.attack_media import hidden
from cases.media import EARLY
from world import flow, talk, tamper, zrtp
from world.attacker import Attacker, b64u
from world.process import Timeout
from world.scene import Scene, cause, honest_call, ring


def change_mac(words):
    words[1] = tamper.other_octet(words[1])


def change_rand(words):
    words[3] = tamper.other_octet(words[3])


def add_replaced(words):
    words.append(b64u(secrets.token_bytes(16)))


def of(element):
    def replay(words):
        words[:] = element.split(".")
    return replay


def ringing_is_refused(scene, change):
    """Alice calls, the 180 is changed by change(words of element 2); Alice must cancel. Her Call-ID."""
    world = scene.world

    def forge(message):
        words = message.tag("To").split(".")
        change(words)
        return scene.swap(message.text, message.tag("To"), ".".join(words))
    scene.swaps.clear()
    scene.on_all(forge, "INVITE", 180, inwards=False)
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingReceived", after=before[1])
    world.alice.wait_state("Released", after=before[0])
    world.bob.wait_state("Released", after=before[1])
    scene.off()
    return scene.tamper.last("INVITE").call_id


@case("attack.answer.changed")
def changed(world):
    """MAC_B, RAND_A or RAND_B' of the ringing response changed, or another call's: Alice cancels and says why."""
    scene = Scene(world)
    number, _ = ring(scene)
    old = scene.tamper.last("INVITE", 180).tag("To")
    flow.hang_up(world, number)
    for change, reason in ((change_mac, "CONFIRM_WRONG"), (change_rand, "CONFIRM_WRONG"), (of(old), "CONFIRM_WRONG"),
                           (add_replaced, "GATEWAY_REFUSED")):
        call = ringing_is_refused(scene, change)
        world.alice.wait_note(rf"call {call} caller: not-authenticated: reason={reason}")
        cancel = scene.tamper.last("CANCEL", towards_node=True)
        assert cancel.call_id == call and cause(cancel) == 4, cancel.text
        assert not world.alice.notes(rf"call {call} caller: (answered|authenticated): ")
    honest_call(world)


@case("attack.answer.no_contact")
def no_contact(world):
    """A 200 of somebody else's without Contact, which Linphone does not take: it decides nothing, and Bob's own is judged."""
    scene = Scene(world, policy="require")
    number, invite = ring(scene)
    forged = []

    def forge(message):
        forged.append(message)
        if len(forged) > 1:
            return None
        return tamper.with_tag(tamper.without_header(message.text, "Contact"), "To", "forged")
    scene.on("INVITE", forge, 200, inwards=False)
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    scene.off()
    assert len(forged) > 1, "Bob's own 200 never came"
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.answer.contact_before")
def contact_before(world):
    """Bob's own 200 without Contact, after a 180 that had one: Linphone takes it, and so it is judged."""
    scene = Scene(world, policy="require")
    scene.on("INVITE", lambda message: tamper.with_header(message.text, "Contact", f"<sip:bob@{world.bob.node.address}>"), 180,
             inwards=False)
    number, invite = ring(scene)
    scene.on("INVITE", lambda message: tamper.without_header(message.text, "Contact"), 200, inwards=False)
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    scene.off()
    flow.hang_up(world, number)


def forged_200(ringing):
    """A 200 as somebody on the way would make it from the callee's 180."""
    return copied_200(ringing, tamper.with_tag(tamper.without_header(ringing.text, "SIM-Auth"), "To", "forged"))


def copied_200(ringing, text=None):
    """The same with the callee's own tag and element in it."""
    text = (text or ringing.text).replace("SIP/2.0 180 Ringing", "SIP/2.0 200 OK")
    body = ("v=0\r\no=- 1 1 IN IP4 10.83.0.66\r\ns=-\r\nc=IN IP4 10.83.0.66\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n"
            f"a=zrtp-hash:1.10 {secrets.token_hex(32)}\r\n")
    for name, value in (("Contact", "<sip:bob@10.83.0.32>"), ("Content-Type", "application/sdp"),
                        ("Content-Length", str(len(body)))):
        text = tamper.with_header(tamper.without_header(text, name), name, value)
    return text.partition("\r\n\r\n")[0] + "\r\n\r\n" + body


@case("attack.answer.forged_200")
def forged(world):
    """While Bob's phone rings, somebody else answers without a SIM: never a call, at once ended by Alice."""
    scene = Scene(world)
    scene.on("INVITE", lambda m: [m.text, forged_200(m)], 180, inwards=False)
    before = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=before)
    scene.off()
    call = scene.tamper.last("INVITE").call_id
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=CONFIRM_MISSING")
    assert not world.alice.notes(rf"call {call} caller: (keyed|authenticated): ")
    world.bob.terminate()
    world.bob.wait_state("Released")
    bye = world.messages().first("BYE", source=world.alice)
    assert cause(bye) == 4, bye.text
    honest_call(world)


def without_to_tag(text):
    return re.sub(r"(?im)^(To\s*:[^\r]*?);tag=[^;\r]+", r"\g<1>", text)


def other_call_id(text):
    return tamper.with_header(tamper.without_header(text, "Call-ID"), "Call-ID", "another")


# Each is taken by belle-sip for an answer to this INVITE, which it knows by its Via branch alone.
NOBODYS = {
    "another Call-ID": other_call_id,
    "another From tag": lambda text: tamper.with_tag(text, "From", "another"),
    "another CSeq": lambda text: re.sub(r"(?im)^CSeq: *(\d+)", lambda m: f"CSeq: {int(m[1]) + 1}", text),
}
OF_ITS_OWN_DIALOG = {
    "no To tag": lambda text, element: without_to_tag(text),
    "no To tag, Bob's element in the header": lambda text, element: tamper.with_header(without_to_tag(text), "SIM-Auth", element),
    "a To tag that is too long": lambda text, element: tamper.with_tag(text, "To", "x" * 300),
}


def answer(scene, attacker, change):
    """Early media and a 200, straight to Alice, as she takes them: with her own Via alone."""
    ringing = scene.tamper.last("INVITE", 180)
    vias = re.findall(r"(?im)^Via: *([^\r]*)", ringing.text)
    forged = tamper.with_header(tamper.without_header(forged_200(ringing), "Via"), "Via", vias[-1])
    for line in ("SIP/2.0 183 Session Progress", "SIP/2.0 200 OK"):
        attacker.send(change(forged.replace("SIP/2.0 200 OK", line)), scene.world.alice)
    attacker.settle(scene.world.alice)


@case("attack.answer.unseen", limit=90)
def unseen(world):
    """A stranger's answers that do not look like answers to this call: nobody is heard, no call comes of it."""
    scene = Scene(world, policy="require")
    attacker = Attacker(world)
    before = world.alice.mark()
    number, invite = ring(scene)
    for name, change in NOBODYS.items():
        answer(scene, attacker, change)
        assert world.alice.state(number) == "OutgoingRinging", name
    flow.hang_up(world, number)
    for name, change in OF_ITS_OWN_DIALOG.items():
        after = world.alice.mark()
        number, invite = ring(scene)
        element = scene.tamper.last("INVITE", 180).tag("To")
        answer(scene, attacker, lambda text, change=change: change(text, element))
        world.alice.wait_state("End", after=after)
        world.alice.wait_note(rf"call {invite.call_id} caller: not-authenticated: reason=CONFIRM_MISSING")
        ringing = world.bob.mark()
        world.bob.terminate()
        world.bob.wait_state("Released", after=ringing)
    assert "OutgoingEarlyMedia" not in [event.state for event in world.alice.events()[before:]], "a stranger is heard"
    assert not world.alice.notes(r"caller: (keyed|heard|authenticated): ")
    honest_call(world)


NOTIFY = ("NOTIFY {contact} SIP/2.0\r\nVia: SIP/2.0/UDP {address}:5060;branch=z9hG4bKnotify;rport\r\nFrom: {to};tag=forged\r\n"
          "To: {own}\r\nCall-ID: {call_id}\r\nCSeq: 1 NOTIFY\r\nMax-Forwards: 70\r\nContact: <sip:somebody@{address}>\r\n"
          "Event: {event}\r\nSubscription-State: active;expires=600\r\nContent-Length: 0\r\n\r\n")
TAKEN = ("SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {own}\r\nTo: <\r\nCall-ID: {call_id}\r\nCSeq: {cseq}\r\n"
         "Contact: <sip:somebody@{address}>\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n")


@case("attack.answer.to_unread")
def to_unread(world):
    """A NOTIFY and a 200 to Bob's SUBSCRIBE whose To cannot be read, at which belle-sip 5.1 ends the program: it is as if it was lost."""
    hook = tamper.Tamper()
    hook.rule = lambda message, towards_bob: [] if message.method == "SUBSCRIBE" and not towards_bob else None
    talk.prepare(world, hook=hook, linphonerc={
        "bob": f"\n[friend_0]\nurl=<sip:alice@{world.operators['a'].realm}>\npol=accept\nsubscribe=1\n"})
    attacker = Attacker(world)
    flow.wait_any(lambda: hook.last("SUBSCRIBE"), 10, "Bob's SUBSCRIBE")
    asked = hook.last("SUBSCRIBE")
    words = {"contact": f"sip:{world.bob.user}@{world.bob.node.address}", "address": attacker.node.address, "via": asked.header("Via"),
             "own": asked.header("From"), "to": asked.header("To"), "call_id": asked.call_id, "cseq": asked.header("CSeq"),
             "event": asked.header("Event")}
    for message in (NOTIFY, TAKEN):
        attacker.send(message.format(**words), world.bob)
        try:
            attacker.settle(world.bob)
        except Timeout:
            world.bob.process.check()
            raise
    world.wire.check()
    talk.connected(world.alice, world.bob).hang_up()


@case("attack.answer.media_hidden")
def media_hidden(world):
    """The same with a description where Linphone finds one and a careful reader sees none: nobody is heard."""
    scene = Scene(world)
    early = lambda m: forged_200(m).replace("SIP/2.0 200 OK", "SIP/2.0 183 Session Progress")
    for hide in (lambda text: tamper.with_header(text, "Content-Encoding", "identity"), hidden):
        scene.on("INVITE", lambda m, hide=hide: [hide(early(m)), m.text], 180, inwards=False)
        before = world.alice.mark()
        number, invite = ring(scene)
        scene.off()
        assert not any(e.state == "OutgoingEarlyMedia" for e in world.alice.events()[before:]), "a stranger is heard"
        world.alice.wait_note(rf"call {invite.call_id} caller: dropped: ")
        flow.hang_up(world, number)
    honest_call(world)


@case("attack.answer.copied", limit=60)
def copied(world):
    """Element 2 copied under a second To tag with another media offer: that leg is never authenticated."""
    scene = Scene(world, policy="require")

    def twin(message):
        element = message.tag("To")
        text = tamper.with_header(forged_200(message), "SIM-Auth", element)
        return [message.text, text]
    scene.on("INVITE", twin, 180, inwards=False)
    before = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=before, limit=20)
    scene.off()
    call = scene.tamper.last("INVITE").call_id
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=(VERDICT_EXPIRED|MEDIA_WRONG|MEDIA_WEAK)")
    assert not world.alice.notes(rf"call {call} caller: (heard|authenticated): ")
    if world.bob.state() not in ("", "Idle"):
        world.bob.terminate()
    honest_call(world)


@case("attack.answer.diverted", limit=90)
def diverted(world):
    """Element 2 copied with somebody's own description, or ZRTP kept off the cable: nobody goes on in the clear."""
    scene = Scene(world)
    before = world.alice.mark(), world.bob.mark()
    scene.on("INVITE", lambda m: [m.text, copied_200(m)], 180, inwards=False)
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", limit=20, after=before[0])
    scene.off()
    call = scene.tamper.last("INVITE").call_id
    assert world.alice.notes(rf"call {call} caller: keyed: "), "the forged answer was not taken"
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=VERDICT_EXPIRED")
    world.bob.terminate()
    world.bob.wait_state("Released", after=before[1])

    def without_zrtp(datagram, towards_bob):
        if not zrtp.message_type(datagram.payload):
            yield from scene.tamper(datagram, towards_bob)
    world.wire.hook = without_zrtp
    flow.connect_until_end(world)
    world.wire.hook = scene.tamper
    call = scene.tamper.last("INVITE").call_id
    found = [phone.notes(rf"call {call} \w+: not-authenticated: reason=VERDICT_EXPIRED") for phone in (world.alice, world.bob)]
    assert any(found), "nobody ended it for what did not come"
    assert cause(scene.tamper.last("BYE")) in (4, 5)
    honest_call(world)


@case("attack.answer.other_offer")
def other_offer(world):
    """zrtp-hash changed in the answer: no key fits, Bob takes no ACK of that call for the ACK, Alice ends it."""
    scene = Scene(world, policy="require")
    scene.on("INVITE", lambda m: tamper.other_hash(m.text), 200, inwards=False)
    flow.connect_until_end(world)
    scene.off()
    call = scene.tamper.last("INVITE").call_id
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=(VERDICT_EXPIRED|MEDIA_WRONG)")
    for phone in (world.alice, world.bob):
        assert not phone.notes(rf"call {call} \w+: (heard|authenticated): "), phone.node.name
    assert len(world.bob.notes(rf"call {call} callee: received: element=3")) > 1, "an ACK with a wrong proof was taken"
    assert scene.tamper.count("INVITE", 200) > 1, "Bob took the ACK"
    assert cause(scene.tamper.last("BYE", towards_node=True)) == 4
    honest_call(world)


@case("attack.answer.media_first")
def media_first(world):
    """An early answer without proof (183 with media) is not heard: no sound of strangers before the call."""
    scene = Scene(world)

    def early(message):
        text = forged_200(message).replace("SIP/2.0 200 OK", "SIP/2.0 183 Session Progress")
        return [text, message.text]
    scene.on("INVITE", early, 180, inwards=False)
    number, invite = ring(scene)
    scene.off()
    assert not any(e.state == "OutgoingEarlyMedia" for e in world.alice.events()), "a stranger is heard"
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {invite.call_id} \w+: authenticated: ")
    flow.hang_up(world, number)
    honest_call(world)


def in_200(world, hook, change):
    """Bob's sound is heard before he answers; his 200 comes with change(its description). The call."""
    call = talk.Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    call.wait(world.alice, "OutgoingEarlyMedia")
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {call.id_at(phone)} \w+: media: sink=zrtp verdict=match")

    def rule(message, towards_bob):
        if towards_bob or message.method != "INVITE" or message.status != 200:
            return None
        assert re.search(r"(?m)^m=video 0 ", message.body), message.body
        return tamper.with_body(message.text, change(message.body))
    hook.rule = rule
    return call.answer()


PICTURES = "m=video 40000 RTP/AVP 96\r\nc=IN IP4 10.83.0.66\r\na=rtpmap:96 VP8/90000\r\n"


@case("attack.answer.video_on", limit=60)
def video_on(world):
    """Bob's early media refuses pictures; in his 200 somebody asks for them, to a place of his own: that call is not authenticated.

    What a phone itself may change from one to the other, a port, changes nothing.
    """
    hook = tamper.Tamper()
    talk.prepare(world, hook=hook, phones={"bob": EARLY}, policy="prefer", before=lambda w: talk.takes_pictures(w.alice, initiate=True))
    call = in_200(world, hook, lambda body: re.sub(r"(?m)^(m=audio )(\d+)", lambda m: m[1] + str(int(m[2]) + 2), body))
    call.authenticated().hang_up()
    call = in_200(world, hook, lambda body: body.partition("m=video ")[0] + PICTURES)
    talk.wait_word(world.alice, call, "not-authenticated", "SDP_DIFFERENT")
    assert not world.alice.notes(rf"call {call.id_at(world.alice)} caller: authenticated: ")
    hook.rule = None
    call.over()
    honest = talk.Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    honest.answer().authenticated().hang_up()
