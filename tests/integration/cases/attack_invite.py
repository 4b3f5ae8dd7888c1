# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the way of the INVITE: what may ring, and as whom."""

import glob
import re
import secrets

from cases import case
from cases.call import prepare
from world import badday, flow, tamper
from world.attacker import Attacker, b64u, made_up_element
from world.process import Timeout, wait_for
from world.scene import (Scene, calls_heard, honest_call, not_announced, proof, rejected, ring, sim_state)


@case("attack.invite.chosen_rand")
def chosen_rand(world):
    """A RAND that somebody chose never reaches the SIM: its own gateway has not issued it."""
    prepare(world)
    attacker = Attacker(world)
    before = sim_state(world.bob)
    element = made_up_element()
    call = attacker.send(attacker.invite(world.bob, world.alice.aor, element, element), world.bob)
    answer = attacker.wait_answer(call)
    assert answer.status == 180, answer.text
    assert not proof(answer), "a chosen RAND was answered"
    world.bob.wait_note(rf"call {call} callee: not-authenticated: reason=GATEWAY_REFUSED")
    not_announced(world.bob, call)
    assert sim_state(world.bob) == before, "the SIM took a challenge that somebody chose"
    assert "reason=not issued for this SIM" in world.operators["b"].gateway.log()
    attacker.cancel(call)
    world.bob.wait_note(rf"call {call} callee: over: word=not-authenticated")
    honest_call(world)


@case("attack.invite.replayed")
def replayed(world):
    """An INVITE rings as announced once, whoever sends it again, during the call and after it."""
    scene = Scene(world)
    attacker = Attacker(world)
    number, invite = ring(scene)
    state = sim_state(world.bob)
    during = attacker.send(attacker.again(invite, "replay-during"), world.bob)
    answer = attacker.wait_answer(during)
    not_announced(world.bob, during)
    assert not proof(answer), answer.text
    attacker.cancel(during)
    flow.hang_up(world, number)
    for name, change in (("replay-after", None), ("replay-other-offer", tamper.other_hash)):
        call = attacker.send(attacker.again(invite, name, change), world.bob)
        answer = attacker.wait_answer(call)
        assert not proof(answer), answer.text
        not_announced(world.bob, call)
        attacker.cancel(call)
        world.bob.wait_note(rf"call {call} callee: over: word=not-authenticated")
        world.bob.wait_note(rf"call {call} callee: replayed: element=1")
    attacker.send(attacker.again(invite), world.bob)
    attacker.wait_answer(invite.call_id)
    assert len(world.bob.notes(rf"call {invite.call_id} callee: announced")) == 1
    assert sim_state(world.bob) == state, "the SIM ran again for one From tag"
    attacker.cancel(invite.call_id)
    honest_call(world)


@case("attack.invite.replayed_after_restart")
def replayed_after_restart(world):
    """The same with a phone that was restarted meanwhile: it remembers which challenges its SIM was given."""
    scene = Scene(world)
    attacker = Attacker(world)
    number, invite = ring(scene)
    flow.hang_up(world, number)
    flow.wait_any(lambda: glob.glob(world.bob.node.path(".local/state/simauth/challenges-*")), 5, "that Bob's phone remembers")
    ready = len(world.bob.notes("simauth: ready: "))
    world.bob.ask_to_stop()
    world.bob.stop()
    world.bob.forget()
    world.bob.start()
    world.bob.wait_note("simauth: ready: ", count=ready + 1)
    state = sim_state(world.bob)
    call = attacker.send(attacker.again(invite, "replay-restarted"), world.bob)
    answer = attacker.wait_answer(call)
    assert not proof(answer), answer.text
    not_announced(world.bob, call)
    world.bob.wait_note(rf"call {call} callee: replayed: element=1")
    assert sim_state(world.bob) == state, "the SIM ran again for one From tag"
    attacker.cancel(call)
    honest_call(world)


@case("attack.invite.reaimed")
def reaimed(world):
    """Element 1 for Bob, brought to Carol: her gateway did not issue it for her SIM."""
    scene = Scene(world, extra=("carol",))
    attacker = Attacker(world)
    carol = world.carol
    number, invite = ring(scene)
    before = sim_state(carol)
    for name, change in (("carol-as-bob", None), ("carol-as-carol", lambda text: text.replace("bob@", "carol@"))):
        call = attacker.send(attacker.again(invite, name, change), carol)
        answer = attacker.wait_answer(call)
        assert not proof(answer), answer.text
        not_announced(carol, call)
        attacker.cancel(call)
        carol.wait_note(rf"call {call} callee: over: word=not-authenticated")
    assert sim_state(carol) == before
    assert "reason=not issued for this SIM" in world.operators["b"].gateway.log()
    flow.hang_up(world, number)
    honest_call(world)


@case("attack.invite.rewritten")
def rewritten(world):
    """From, To or the media offer rewritten on the way: refused before it rings, with one word for all."""
    scene = Scene(world)
    changes = {
        "CHALLENGE_BAD": lambda m: m.text.replace("<sip:alice@operator-a.example>;tag", "<sip:eve@operator-a.example>;tag"),
        "OPENING_WRONG": lambda m: tamper.other_hash(m.text),
    }
    for reason, change in changes.items():
        scene.on("INVITE", change, inwards=True)
        rang = calls_heard(world.bob)
        response = rejected(scene, world.alice)
        world.bob.wait_note(rf"callee: not-authenticated: reason={reason}")
        assert response.status == 403 and 'text="Caller not verified"' in response.header("Reason"), response.text
        assert not proof(response), "a refusal carries a proof"
        assert calls_heard(world.bob) == rang, f"{reason}: the phone rang"
    scene.off()
    honest_call(world)


@case("attack.invite.mac_0")
def mac_0(world):
    """MAC_0 or RAND_B changed by one bit in tag and header alike."""
    scene = Scene(world)
    before = None
    for reason, part in (("OPENING_WRONG", 3), ("GATEWAY_REFUSED", 2)):
        def change(message, part=part):
            words = message.tag("From").split(".")
            words[part] = tamper.other_octet(words[part])
            return scene.swap(message.text, message.tag("From"), ".".join(words))
        scene.swaps.clear()
        scene.on_all(change, "INVITE")
        before = sim_state(world.bob)
        if reason == "OPENING_WRONG":
            assert rejected(scene, world.alice).status == 403
            assert sim_state(world.bob) != before
        else:
            flow.connect_until_end(world)
            world.alice.wait_note(r"caller: not-authenticated: reason=CONFIRM_MISSING")
            assert sim_state(world.bob) == before, "the SIM ran"
        world.bob.wait_note(rf"callee: not-authenticated: reason={reason}")
    scene.off()
    honest_call(world)


def unknown_key():
    """A well-formed element 1 of a setup key that nobody has: refused at once."""
    return ".".join(["sim01", "stp", *(b64u(secrets.token_bytes(n)) for n in (8, 16, 16))])


@case("attack.invite.after_refusal", limit=60)
def after_refusal(world):
    """Once more with the Call-ID and From tag that were refused: refused again, whatever its CSeq and branch are."""
    Scene(world, policy="require")
    attacker = Attacker(world)

    def answers(call):
        return [m.status for m in attacker.answers(call) if m.method == "INVITE"]

    for cookie in ("z9hG4bK", "as-in-rfc2543-"):
        text = attacker.invite(world.bob, "sip:eve@evil.example", unknown_key()).replace("branch=z9hG4bK", "branch=" + cookie)
        for number in (1, 2, 3):
            text = re.sub(r"(?m)^CSeq: \d+", f"CSeq: {number}", text).replace(f"branch={cookie}", f"branch={cookie}{number}")
            call = attacker.send(text, world.bob)
            wait_for(lambda: len(answers(call)) >= number, 5, f"answer {number} to {cookie}")
        if cookie[0] != "z":  # octet for octet: belle-sip has no transaction that would know it
            attacker.send(text, world.bob)
            wait_for(lambda: len(answers(call)) > 3, 5, "answer to the same again")
        assert set(answers(call)) == {480}, answers(call)
    assert calls_heard(world.bob) == 0, "the phone rang"
    honest_call(world)


TIMERS = "\n[sip]\nsession_expires_enabled=1\nsession_expires_value=90\nsession_expires_min_value=60\n"


@case("attack.invite.asked_again")
def asked_again(world):
    """Linphone asks for longer sessions (422), and what comes then has no To, or no Contact, that can be read: 400, and the phone lives."""
    Scene(world, linphonerc=TIMERS)
    attacker = Attacker(world)
    for broken in (r"(?m)^To: [^\r]*", r"(?m)^Contact: [^\r]*"):
        first = attacker.invite(world.bob, "sip:eve@evil.example", more="Supported: timer\r\nSession-Expires: 1\r\n")
        call = attacker.send(first, world.bob)
        assert attacker.wait_answer(call).status == 422
        second = re.sub(broken, lambda found: found[0].split(":")[0] + ": <", first).replace("CSeq: 1 ", "CSeq: 2 ")
        attacker.send(second.replace("branch=z9hG4bK", "branch=z9hG4bK2"), world.bob)
        try:
            attacker.settle(world.bob)
        except Timeout:
            world.bob.process.check()
            raise
        assert [m.status for m in attacker.answers(call)][-1] == 400, attacker.answers(call)
    assert calls_heard(world.bob) == 0, "the phone rang"
    honest_call(world)


@case("attack.invite.cancelled", limit=60)
def cancelled(world):
    """Five INVITEs that are cancelled while the phone asks about them, and whose ends nobody acknowledges: the next caller is asked about all the same."""
    badday.prepare(world, doors=True)
    world.doors["b"].delay = 0.5
    attacker = Attacker(world)
    attacker.acknowledges = False
    calls = [attacker.send(attacker.invite(world.bob, f"sip:eve-{number}@evil.example", made_up_element()), world.bob) for number in range(5)]
    for call in calls:
        attacker.wait_answer(call, above=99)
        attacker.cancel(call)
    for call in calls:
        world.bob.wait_note(rf"call {call} callee: gone: why=cancelled")
    assert not world.bob.notes("too many calls"), "none of them was asked about"
    world.doors["b"].delay = 0
    honest_call(world)


@case("attack.invite.request_uri")
def request_uri(world):
    """An INVITE whose Request-URI is no SIP URI: it is a call like any other, or refused, and the phone lives."""
    Scene(world)
    attacker = Attacker(world)
    for uri in ("urn:service:sos", "tel:+49123", "foo:bar"):
        text = attacker.invite(world.bob, "sip:eve@evil.example")
        call = attacker.send(re.sub(r"^INVITE \S+", f"INVITE {uri}", text), world.bob)
        try:
            attacker.settle(world.bob)
        except Timeout:
            world.bob.process.check()
            raise
        assert attacker.wait_answer(call).status in (180, 486), uri
    world.bob.terminate()
    world.bob.wait_state("Released")
    honest_call(world)


@case("attack.invite.no_address", limit=60)
def no_address(world):
    """A caller, or a callee's name, that is no SIP address at all is no way past `require`."""
    Scene(world, policy="require")
    attacker = Attacker(world)
    names = ("sip:eve@under_score.example", f"sip:{'e' * 300}@evil.example", "tel:12;phone-context=evil.example",
             "sip:eve@evil.example:70000", "urn:evil:eve", "sip:e%1fve@evil.example")
    sent = [attacker.send(attacker.invite(world.bob, name), world.bob) for name in names]
    sent += [attacker.send(attacker.invite(world.bob, "sip:eve@evil.example", callee=name), world.bob) for name in names]
    for call in sent:
        assert attacker.wait_answer(call, above=199).status >= 400
    assert calls_heard(world.bob) == 0, "the phone rang"
    honest_call(world)
