# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements stripped, weakened, contradicting, malformed: in tag and header of every message."""

import re
import secrets

from cases import case
from world import flow, tamper
from world.attacker import Attacker, b64u, made_up_element
from world.scene import Scene, calls_heard, cause, honest_call, proof, rejected, ring, sim_state
from world.sip import ELEMENT


class Redrawn:
    """A rule: an intermediary that redraws tags and branches and lets unknown headers pass."""

    def __init__(self):
        self.drawn = {True: {}, False: {}}  # by direction: what came -> what goes

    def __call__(self, message, towards_bob):
        lines = [line if line.startswith("SIM-Auth:") else self._redraw(line, towards_bob)
                 for line in message.text.split("\r\n")]
        return "\r\n".join(lines)

    def _redraw(self, line, towards_bob):
        for real, drawn in self.drawn[not towards_bob].items():
            line = line.replace(drawn, real)
        for element in ELEMENT.findall(line):
            if element not in self.drawn[not towards_bob]:
                cookie = "z9hG4bK" if element.startswith("z9hG4bK") else ""
                drawn = self.drawn[towards_bob].setdefault(element, f"{cookie}redrawn{len(self.drawn[towards_bob])}")
                line = line.replace(element, drawn)
        return line


@case("attack.carriage.header_dropped")
def header_dropped(world):
    """Somebody drops the private header everywhere: the tags carry on."""
    scene = Scene(world)
    scene.tamper.rule = lambda m, _: tamper.without_header(m.text, "SIM-Auth") if m.header("SIM-Auth") else None
    honest_call(world)
    assert scene.tamper.changed >= 4
    scene.off()
    honest_call(world)


@case("attack.carriage.tags_redrawn")
def tags_redrawn(world):
    """Somebody redraws tags and branches: the header carries on."""
    scene = Scene(world)
    rule = scene.tamper.rule = Redrawn()
    honest_call(world)
    assert len(rule.drawn[True]) == 2 and len(rule.drawn[False]) == 1, rule.drawn
    scene.off()
    honest_call(world)


@case("attack.carriage.contradiction")
def contradiction(world):
    """Tag and header that differ in one octet are no element, on either side, and never a mere doubt."""
    scene = Scene(world)
    before = sim_state(world.bob)
    scene.on("INVITE", lambda m: m.text.replace(f"SIM-Auth: {m.header('SIM-Auth')}",
                                                f"SIM-Auth: {tamper.other_octet(m.header('SIM-Auth'))}"), inwards=True)
    flow.connect_until_end(world)
    call = scene.tamper.last("INVITE").call_id
    world.bob.wait_note(rf"call {call} callee: malformed: element=1")
    world.bob.wait_note(rf"call {call} callee: not-authenticated: reason=INVITE_BARE")
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=CONFIRM_MISSING")
    assert sim_state(world.bob) == before, "the SIM ran for a malformed element"
    scene.on("INVITE", lambda m: m.text.replace(f"SIM-Auth: {m.header('SIM-Auth')}",
                                                f"SIM-Auth: {tamper.other_octet(m.header('SIM-Auth'))}"), 200)
    flow.connect_until_end(world)
    call = scene.tamper.last("INVITE").call_id
    world.alice.wait_note(rf"call {call} caller: malformed: element=2 code=200")
    world.alice.wait_note(rf"call {call} caller: not-authenticated: reason=CONFIRM_MISSING")
    assert cause(scene.tamper.last("BYE", towards_node=True)) == 4
    scene.off()
    honest_call(world)


def malformed_elements():
    """(From tag, SIM-Auth headers) that are nearly element 1."""
    good = made_up_element()
    _, _, rand, mac = good.split(".")
    tokens = {
        "truncated": good[:-1], "one more": good + "A", "padded": good + "==", "no mac": f"sim01.aka.{rand}",
        "empty parts": "sim01...", "prefix alone": "sim01.", "other case": good.replace("sim01", "SIM01"),
        "element 2": f"sim02.{mac}.aka.{rand}", "element 3": f"sim03.{mac}", "unknown method": good.replace("aka", "xyz"),
        "method of another issue": good.replace("aka", "gsm"), "short rand": f"sim01.aka.{rand[:-2]}.{mac}",
        "spare bits": good[:-1] + ("B" if good[-1] in "AQgw" else "z"), "five parts": f"{good}.{rand}",
        "other alphabet": good.replace(rand[3], "+", 1) if rand[3] not in "sim01aka" else good + "+",
        "oversized": "sim01.aka." + "A" * 4000, "past a buffer": good + "A" * 161, "paper": "sim01" + "0f" * 16,
    }
    cases = {name: (token, None) for name, token in tokens.items()}
    del cases["padded"]  # belle-sip ends a tag at the first '=': a good element
    cases.update({f"{name}, in the header": ("", token) for name, token in tokens.items() if name != "other case"})
    cases.update({
        "header twice": ("", [good, good]), "tag and two headers": (good, [good, good]),
        "two in one header": ("", f"{good}, {good}"), "with a parameter": ("", f"{good};x=1"),
        "quoted": ("", f'"{good}"'), "tag twice": (f"{good};tag={good}x", None), "tag against header": (good, good + "A"),
        "header against tag": (good, made_up_element()), "high octets": ("", good[:-2] + "\udcff\udcfe"),
        "control octets": ("", good[:-2] + "\x01\x02"), "folded": ("", f"{good[:20]}\r\n {good[20:]}"),
    })
    return cases


@case("attack.carriage.malformed")
def malformed(world):
    """Malformed, truncated, oversized and doubled elements 1: one refusal for all, no ring, no SIM, no crash."""
    Scene(world, policy="require")
    attacker = Attacker(world)
    before = sim_state(world.bob)
    log = len(world.operators["b"].gateway.log())
    sent = {}
    for name, (tag, header) in malformed_elements().items():
        sent[name] = attacker.send(attacker.invite(world.bob, "sip:eve@evil.example", tag, header), world.bob)
        if len(sent) % 30 == 0:  # a phone keeps 32 refusals waiting, and refuses the rest at once
            for call in sent.values():
                attacker.wait_answer(call)
    answers = {name: attacker.wait_answer(call) for name, call in sent.items()}
    for name, answer in answers.items():
        assert answer.status in (400, 403, 482), f"{name}: {answer.text}"
        assert not proof(answer), f"{name}: {answer.text}"
    assert sum(a.status == 403 for a in answers.values()) >= len(answers) - 6, {n: a.status for n, a in answers.items()}
    assert not calls_heard(world.bob), "the phone rang"
    assert sim_state(world.bob) == before, "the SIM ran"
    assert "op=challenges" not in world.operators["b"].gateway.log()[log:], "the gateway was asked"
    honest_call(world)


def broken(good):
    """Tokens that are nearly this element 2 or 3."""
    prefix, mac, *rest = good.split(".")
    tokens = {
        "truncated": good[:-1], "one more": good + "A", "no mac": ".".join([prefix, *rest]), "empty parts": f"{prefix}...",
        "prefix alone": f"{prefix}.", "another element": made_up_element(), "spare bits": good[:-1] + ("B" if good[-1] in "AQgw" else "z"),
        "other alphabet": f"{prefix}.+{good[7:]}", "one part more": f"{good}.A", "twice": f"{good}.{good}",
        "oversized": f"{prefix}." + "A" * 500, "past a buffer": good + "A" * 161,
    }
    if rest:
        tokens.update({"no rand": f"{prefix}.{mac}.aka", "unknown method": good.replace("aka", "xyz"),
                       "method of another issue": good.replace("aka", "gsm"), "short rand": f"{prefix}.{mac}.aka.{rest[1][:-2]}"})
    return tokens


def broken_carriage(text, good, place):
    """This message with each of them instead of `good`: where it stands (`place`: what is before it there), then in the header."""
    bare = tamper.without_header(text, "SIM-Auth")
    texts = [bare.replace(place + good, place + token) for token in broken(good).values()]
    plain = bare.replace(place + good, place + "plain")
    headers = [[token] for token in broken(good).values()] + [[good, good], [f"{good}, {good}"], [f"{good};x=1"]]
    for values in headers:
        texts.append(plain)
        for value in values:
            texts[-1] = tamper.with_header(texts[-1], "SIM-Auth", value)
    return [*texts, tamper.with_header(bare, "SIM-Auth", tamper.other_octet(good))]


@case("attack.carriage.malformed_later")
def malformed_later(world):
    """Malformed, truncated, oversized and doubled elements 2, then 3, before the right ones: each is none, and the call goes on."""
    scene = Scene(world, policy="require")
    sent = {}

    def ringing(message):
        texts = broken_carriage(message.text, message.tag("To"), "tag=")
        sent.setdefault("180", len(texts))
        return [*texts, message.text]

    def acknowledged(message):
        good = message.header("SIM-Auth")
        assert message.branches()[-1] == f"z9hG4bK.{good}", message.text
        texts = broken_carriage(message.text, good, "branch=z9hG4bK.")
        sent.setdefault("ACK", len(texts))
        return [*texts, message.text]
    scene.on("INVITE", ringing, 180, inwards=False)
    number, _ = ring(scene)
    call = scene.tamper.last("INVITE", towards_node=True).call_id
    world.alice.wait_note(rf"call {call} caller: malformed: element=2 code=180", count=sent["180"])
    world.alice.wait_note(rf"call {call} caller: answered: ")
    scene.on("ACK", acknowledged, inwards=True)
    world.bob.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"call {call} \w+: authenticated: ")
    assert len(world.bob.notes(rf"call {call} callee: received: element=none in=ACK")) == sent["ACK"] > 20, sent
    world.wire.check()
    flow.hang_up(world, number)
    scene.off()
    honest_call(world)


@case("attack.carriage.one_refusal")
def one_refusal(world):
    """No element, a malformed one, a chosen RAND, a wrong offer, a gateway that is gone: the same text at the same time; only
    that the callee's own SIM fails has other words, at that time too."""
    scene = Scene(world, policy="require")
    attacker = Attacker(world)
    real = {}

    def keep(message):
        real["invite"] = message
        return []
    scene.on("INVITE", keep, inwards=True)
    world.alice.call(world.bob.aor)
    flow.wait_any(lambda: real, 10, "Alice's INVITE")
    scene.off()
    good = made_up_element()
    texts = {"bare": attacker.invite(world.bob, world.alice.aor),
             "malformed": attacker.invite(world.bob, world.alice.aor, good[:-1], good[:-1]),
             "chosen": attacker.invite(world.bob, world.alice.aor, good, good),
             "offer": attacker.again(real["invite"], "other-offer", tamper.other_hash),
             "no-hash": attacker.invite(world.bob, world.alice.aor, good[:-3] + "AAA", body=attacker.sdp("xyz z"))}
    calls = {name: attacker.send(text, world.bob) for name, text in texts.items()}
    answers = {name: attacker.wait_answer(call) for name, call in calls.items()}
    what = {name: (a.status, a.first_line, a.header("Reason"), a.header("Warning"), bool(proof(a)), len(a.text) // 64)
            for name, a in answers.items()}
    assert {w[:5] for w in what.values()} == {(403, "SIP/2.0 403 Forbidden", what["bare"][2], what["bare"][3], False)}, what
    assert {name for name, _ in answers["bare"].headers} == {name for name, _ in answers["chosen"].headers}
    world.bob.wait_note(rf"call other-offer callee: not-authenticated: reason=OPENING_WRONG")
    times = {name: attacker.delay(a) for name, a in answers.items()}
    # Each waits for the longest wait (2 s), whatever took how long before; a busy machine may be late by more.
    assert 1.9 < min(times.values()) and max(times.values()) < 2.5, times
    world.alice.wait_state("Released")  # hers came second: it is the replayed one now
    crowd(world, attacker)
    gateway_gone(world, attacker, what["bare"])
    sim_fails(scene)
    assert not calls_heard(world.bob)
    honest_call(world)


def crowd(world, attacker):
    """INVITEs that nobody is asked about take the places of no others: 40 wait or were refused at once, one that is asked about waits."""
    bare = [attacker.send(attacker.invite(world.bob, world.alice.aor), world.bob) for _ in range(40)]
    attacker.settle(world.bob)
    good = made_up_element()
    chosen = attacker.wait_answer(attacker.send(attacker.invite(world.bob, "sip:eve@evil.example", good, good), world.bob))
    at_once = sum(attacker.delay(attacker.wait_answer(call)) < 1.5 for call in bare)
    assert 0 < at_once <= 8, f"{at_once} of 40 were refused at once"
    assert 1.9 < attacker.delay(chosen) < 2.5, f"in a crowd it was refused after {attacker.delay(chosen)}"
    world.bob.wait_note(rf"call {chosen.call_id} callee: not-authenticated: reason=GATEWAY_REFUSED")


def gateway_gone(world, attacker, expected):
    """While Bob's gateway is away nobody can be told from anybody."""
    gateway = world.operators["b"].gateway
    gateway.stop()
    good = made_up_element()
    answer = attacker.wait_answer(attacker.send(attacker.invite(world.bob, world.alice.aor, good, good), world.bob))
    world.bob.wait_note(rf"call {answer.call_id} callee: not-authenticated: reason=GATEWAY_DOWN")
    assert (answer.status, answer.first_line, answer.header("Reason"), answer.header("Warning")) == expected[:4], answer.text
    assert not proof(answer) and 1.9 < attacker.delay(answer) < 2.5, attacker.delay(answer)
    gateway.start()


def sim_fails(scene):
    """Alice calls, with the right proof, and Bob's SIM cannot answer: his phone is not available, and nothing is said of her."""
    world = scene.world
    numbers = world.bob.node.path(".local/share/simauth/sim.json.sqn")
    with open(numbers, "r+b") as file:
        good = file.read()
        file.seek(0)
        file.write(b"x" * len(good))
    answer = rejected(scene, world.alice)
    invite = scene.tamper.last("INVITE", towards_node=True)
    assert invite.call_id == answer.call_id and 1.9 < answer.time - invite.time < 2.5, (invite.time, answer.time)
    assert answer.status == 480 and cause(answer) == 2 and not proof(answer), answer.text
    world.bob.wait_note(rf"call {answer.call_id} callee: not-authenticated: reason=CARD_FAILED")
    with open(numbers, "wb") as file:
        file.write(good)


@case("attack.carriage.odd_messages")
def odd_messages(world):
    """What is hardly SIP at all, with elements in it, straight to the phone: it lives, and does not ring."""
    Scene(world, policy="require")
    attacker = Attacker(world)
    good = made_up_element()
    whole = attacker.invite(world.bob, world.alice.aor, good, good).encode()
    text = whole.decode()
    odd = [whole[:size] for size in range(40, len(whole), 97)]
    odd += [text.replace("Content-Length: ", "Content-Length: 9").encode(), text.replace("\r\n", "\n").encode(),
            text.replace("CSeq: 1 INVITE\r\n", "").encode(), text.replace(f"To: <{world.bob.aor}>\r\n", "").encode(),
            text.replace(f"From: <{world.alice.aor}>;tag={good}\r\n", "").encode(),
            text.replace("m=audio", "m=").encode(), tamper.with_body(text, "a=zrtp-hash:\r\n" * 70).encode(),
            tamper.with_body(text, "v=0\r\n" + "m=audio 1 RTP/AVP 0\r\na=zrtp-hash:1.10 00\r\n" * 100).encode(),
            tamper.with_body(text, "\0" * 300).encode(), tamper.with_body(text, "A" * 66000)[:65000].encode(),
            tamper.with_tag(text, "From", "sim01." + "%00" * 30).encode(), tamper.with_header(text, "To", "<sip:x@y>").encode(),
            text.replace("INVITE", "sim01.", 1).encode(), b"SIP/2.0 200 OK\r\nSIM-Auth: sim02.\r\n\r\n",
            secrets.token_bytes(1200), b64u(secrets.token_bytes(600)).encode()]
    for octets in odd:
        attacker.send(octets, world.bob)
    attacker.settle(world.bob)
    world.bob.process.check()
    assert not calls_heard(world.bob), "the phone rang"
    assert not world.bob.notes(r"callee: (announced|authenticated): ")
    honest_call(world)
