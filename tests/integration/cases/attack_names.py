# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Other people's names, old vectors, SIMs that want to resynchronise, observers, floods."""

import base64
import json
import os
import re
import shutil

from cases import case
from world import flow, lime, tamper
from world.attacker import Attacker, b64u, made_up_element
from world.relay import ref, unb64u
from world.scene import Scene, calls_heard, honest_call, not_announced, proof, ring, sim_state


def ended_call(phone, uri):
    """Dial somebody who cannot be reached."""
    before = phone.mark()
    phone.call(uri)
    phone.wait_state("Released", after=before)


@case("attack.names.somebody_elses")
def somebody_elses(world):
    """Alice's address with another subscriber's SIM: her operator gives no vector in her name."""
    scene = Scene(world, alice_as="dave")
    number, invite = ring(scene)
    world.alice.wait_note(rf"call {invite.call_id} caller: not-authenticated: reason=GATEWAY_REFUSED")
    world.bob.wait_note(rf"call {invite.call_id} callee: not-authenticated: reason=INVITE_BARE")
    assert not invite.elements(), invite.text
    assert not world.operators["a"].gateway.records() and not world.operators["b"].gateway.records()
    assert "result=not-yours reason=caller is somebody else's address" in world.operators["a"].gateway.log()
    flow.hang_up(world, number)


@case("attack.names.somebody_elses_required")
def somebody_elses_required(world):
    """The same under `require`: not one octet of an INVITE leaves."""
    scene = Scene(world, alice_as="dave", policy="require")
    ended_call(world.alice, world.bob.aor)
    world.alice.wait_note(r"caller: aborted: ")
    assert not scene.tamper.count("INVITE")
    assert not [m for m in world.messages().all("INVITE") if m.source == world.alice.node.address]


@case("attack.names.unknown")
def unknown(world):
    """Nobody vouches for the address: an ordinary call, and the operators are not asked again today."""
    Scene(world)
    ended_call(world.alice, "sip:nobody@operator-b.example")
    world.alice.wait_note(r"caller: not-authenticated: reason=GATEWAY_NOBODY")
    asked = world.operators["a"].gateway.log().count("op=vectors")
    ended_call(world.alice, "sip:nobody@operator-b.example")
    world.alice.wait_note(r"caller: untouched: .*why=nobody vouches for the address")
    assert world.operators["a"].gateway.log().count("op=vectors") == asked
    assert not world.operators["b"].gateway.records()
    honest_call(world)


@case("attack.names.pinned")
def pinned(world):
    """Who was authenticated once does not fall back: Alice's name without her SIM no longer rings."""
    Scene(world)
    attacker = Attacker(world)
    first = attacker.send(attacker.invite(world.bob, world.alice.aor), world.bob)
    assert attacker.wait_answer(first).status == 180, "a phone with `prefer` rings for strangers"
    attacker.cancel(first)
    world.bob.wait_note(rf"call {first} callee: over: ")
    honest_call(world)
    rang = calls_heard(world.bob)
    for element in ("", made_up_element()):
        call = attacker.send(attacker.invite(world.bob, world.alice.aor, element), world.bob)
        answer = attacker.wait_answer(call)
        assert answer.status == 403, answer.text
    assert calls_heard(world.bob) == rang
    honest_call(world)


@case("attack.vector.expired")
def expired(world):
    """An INVITE that comes when its vector is over is no longer announced, and no SIM runs for it."""
    scene = Scene(world, life={"vector": 1})
    before = sim_state(world.bob)
    scene.on("INVITE", lambda m: m.text, inwards=True)
    scene.tamper.late = 2.5
    number, invite = ring(scene)
    world.bob.wait_note(rf"call {invite.call_id} callee: not-authenticated: reason=GATEWAY_REFUSED")
    not_announced(world.bob, invite.call_id)
    assert sim_state(world.bob) == before, "the SIM ran for an old challenge"
    assert "reason=expired" in world.operators["b"].gateway.log()
    scene.off()
    flow.hang_up(world, number)
    honest_call(world)


def forget_calls(world, operator):
    """The operator restores its database as it was before one call: its next challenge is one that a SIM has seen."""
    gateway = world.operators[operator].gateway
    database, backup = gateway.node.path("gateway.db"), gateway.node.path("backup.db")
    gateway.stop()
    shutil.copy2(database, backup)
    gateway.start()
    honest_call(world)
    gateway.stop()
    for rest in ("-wal", "-shm"):
        if os.path.exists(database + rest):
            os.unlink(database + rest)
    shutil.rmtree(database + "-calls")  # which knows the numbers that were used since
    shutil.copy2(backup, database)
    os.chown(database, gateway.node.user, gateway.node.user)
    gateway.start()


def auts_of(sim, rand, state):
    """What this SIM says to a challenge that it has seen (TS 33.102, 6.3.3), by the numbers that it has taken so far."""
    seen = max((json.loads(slot)["seq"] for slot in re.findall(r'\{"number".*?\}', state)), key=sum)
    sqn = max(seq << 5 | index for index, seq in enumerate(seen)).to_bytes(6, "big")
    made = ref.milenage(bytes.fromhex(sim.k), bytes.fromhex(sim.opc), rand, sqn)
    return bytes(a ^ b for a, b in zip(sqn, made["ak_star"])) + made["mac_s"]


@case("attack.resync.callee")
def resync_callee(world):
    """A challenge that the callee's SIM has seen: AUTS, which nobody on the cable sees, a replaced one named in element 2, and authenticated."""
    scene = Scene(world)
    forget_calls(world, "b")
    state = sim_state(world.bob)
    honest_call(world)
    auts = auts_of(world.sims["bob"], unb64u(scene.tamper.last("INVITE", towards_node=True).tag("From").split(".")[2]), state)
    for _, message in scene.tamper.passed:
        for form in (auts.hex(), b64u(auts), base64.b64encode(auts).decode()):
            assert form.lower() not in message.text.lower(), f"AUTS in SIP: {message.text}"
    ringing = scene.tamper.last("INVITE", 180)
    assert len(ringing.tag("To").split(".")) == 5, "element 2 names no replaced challenge"
    assert re.search(r"op=auts .*result=good", world.operators["b"].gateway.log())
    honest_call(world)


@case("attack.resync.caller")
def resync_caller(world):
    """A challenge that the caller's SIM has seen: replaced before the callee asks, and authenticated."""
    scene = Scene(world)
    forget_calls(world, "a")
    honest_call(world)
    assert len(scene.tamper.last("INVITE", 180).tag("To").split(".")) == 4
    assert re.search(r"op=auts .*result=good", world.operators["a"].gateway.log())
    honest_call(world)


@case("attack.flood")
def flood(world):
    """Forty INVITEs with made-up elements at once: the phone limits itself, and the next caller gets through."""
    Scene(world, policy="require")
    attacker = Attacker(world)
    before = sim_state(world.bob), world.operators["b"].gateway.log().count("op=challenges")
    calls = [attacker.send(attacker.invite(world.bob, "sip:eve@evil.example", made_up_element()), world.bob)
             for _ in range(40)]
    for call in calls:
        answer = attacker.wait_answer(call)
        assert answer.status == 403 and not proof(answer), answer.text
    asked = world.operators["b"].gateway.log().count("op=challenges") - before[1]
    assert 0 < asked <= 20, f"the gateway was asked {asked} times"
    assert sim_state(world.bob) == before[0] and not calls_heard(world.bob)
    honest_call(world)


@case("attack.observer")
def observer(world):
    """What everybody on the network sees names no SIM, and no two calls share a token of ours."""
    scene = Scene(world)
    for _ in range(2):
        honest_call(world)
    tokens = [[e for place in m.elements().values() for e in re.split(r"[._]", place)]
              for _, m in scene.tamper.passed if m.method == "INVITE" and m.status in (None, 200)]
    calls = {}
    for (_, message), words in zip([p for p in scene.tamper.passed
                                    if p[1].method == "INVITE" and p[1].status in (None, 200)], tokens):
        calls.setdefault(message.call_id, set()).update(w for w in words if len(w) > 6)
    first, second = calls.values()
    assert first and second and not first & second, first & second
    world.messages()
    with open(world.capture.path, "rb") as capture:
        everything = capture.read()
    for sim in world.sims.values():
        for secret in (sim.imsi.encode(), sim.k.encode(), sim.opc.encode(), bytes.fromhex(sim.k)):
            assert secret not in everything, "a name or a key of a SIM on the network"


@case("attack.lime")
def lime_key(world):
    """LIME makes a media key of what stands in the SDP for everybody: it has no part in a call with elements."""
    server = lime.Server()
    scene = Scene(world, linphonerc=lime.RC)
    flow.wait_any(lambda: len(server.registered) >= 2, 10, "both phones' keys at the LIME server")
    honest_call(world)
    assert not [m for _, m in scene.tamper.passed if re.search(r"(?mi)^a=(lime-)?ik:", m.text)], "LIME in the SDP"
    for phone in (world.alice, world.bob):
        assert "[LIME] Setting ZRTP auxiliary" not in phone.said(), phone.node.name

    def rule(message, _towards):
        if "a=zrtp-hash" not in message.text:
            return None
        key = "A" * 43 + "="
        return tamper.with_body(message.text, message.body.replace("t=0 0\r\n", f"t=0 0\r\na=lime-Ik:{key}\r\na=Ik:{key}\r\n"))
    scene.tamper.rule = rule
    honest_call(world)
    assert scene.tamper.changed >= 2
    for phone in (world.alice, world.bob):
        assert "[LIME] Setting ZRTP auxiliary" not in phone.said(), phone.node.name
    scene.off()
    honest_call(world)
