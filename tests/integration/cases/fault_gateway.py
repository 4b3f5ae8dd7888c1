# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days of a gateway: down, slow, false, restarted, killed."""

import os
import re
import sqlite3

from cases.fault import fault
from world import badday, flow
from world.badday import Stopped, authenticated, gateway, refused, self_test, self_test_good, told, unverified
from world.door import closes, http, mute, page, pass_on, raw, tls
from world.pki import Authority

DOWN = "did not answer"
ADVICE = "simauthctl self-test"


@fault("gateway.down")
def down(world):
    """Both phones' gateways are gone: the call goes on and says why; back again, it is authenticated."""
    badday.prepare(world)
    for letter in "ab":
        gateway(world, letter).stop()
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", DOWN, ADVICE)
    told(world.bob, "not-authenticated", "INVITE_BARE")
    self_test(world.alice, "gateway reached over TLS", r"ag\.operator-a\.example did not answer: .*(connect|refused)")
    badday.never(world.alice)
    for letter in "ab":
        gateway(world, letter).start()
    authenticated(world)
    self_test_good(world.alice)


@fault("gateway.down.require")
def down_require(world):
    """The same under `require`: not one octet of an INVITE leaves."""
    badday.prepare(world, policy="require")
    gateway(world, "a").stop()
    refused(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", DOWN, ADVICE)
    gateway(world, "a").start()
    authenticated(world)
    assert len(world.messages().calls()) == 1, "an INVITE left though it was refused"


@fault("gateway.down.callee")
def down_callee(world):
    """Only Bob's way to his gateway is cut: his phone rings unverified, and Alice, who sent her proof, ends the call."""
    badday.prepare(world, doors=True)
    world.doors["b"].stand(raw(b""))
    refused(world, rings_at_bob=True)
    told(world.bob, "not-authenticated", "GATEWAY_DOWN", DOWN, ADVICE)
    told(world.alice, "not-authenticated", "CONFIRM_MISSING", "", "continue-once")
    world.doors["b"].stand(pass_on)
    authenticated(world)


@fault("gateway.down.callee.require")
def down_callee_require(world):
    """The same under `require`: Bob's phone refuses with 403 and never rings; every refusal at the same time."""
    badday.prepare(world, doors=True, phones={}, policy="require")
    world.doors["b"].stand(raw(b""))
    refused(world)
    told(world.bob, "not-authenticated", "GATEWAY_DOWN", DOWN, ADVICE)
    world.doors["b"].stand(pass_on)
    authenticated(world)
    messages = world.messages()
    took = messages.first("INVITE", status=403, source=world.bob).time - messages.first("INVITE", target=world.bob).time
    assert badday.HOLD - 0.1 < took < badday.HOLD + badday.SLACK, took
    answer = messages.first("INVITE", status=403, target=world.alice)
    assert re.fullmatch(r'SIM ?;cause=1;text="Caller not verified"', answer.header("Reason")), answer.text


@fault("gateway.mute")
def silent(world):
    """Gateways that take connections and say nothing (a suspended machine): within the hold, both ways."""
    badday.prepare(world)
    with Stopped(gateway(world, "a").process), Stopped(gateway(world, "b").process):
        unverified(world)
        told(world.alice, "not-authenticated", "GATEWAY_DOWN", "no answer in time", ADVICE)
    authenticated(world)


@fault("gateway.mute.from_start")
def mute_from_start(world):
    """Phones that never reached their gateway: the first calls go on within the hold, and say so."""
    badday.make(world, doors=True)
    for door in world.doors.values():
        door.stand(mute)
    badday.begin(world, ready=False)
    unverified(world)
    told(world.alice, "not-authenticated", "HOLD_EXPIRED", "", ADVICE)
    for door in world.doors.values():
        door.stand(pass_on)
    for phone in (world.alice, world.bob):
        phone.wait_note("not ready: .*did not answer")
    authenticated(world)


@fault("gateway.mute.require")
def mute_require(world):
    """The hold runs out under `require`: refused then, not later."""
    badday.make(world, doors=True, policy="require")
    world.doors["a"].stand(mute)
    badday.begin(world, ready=False)
    refused(world)
    told(world.alice, "not-authenticated", "HOLD_EXPIRED", "", ADVICE)
    world.doors["a"].stand(pass_on)
    world.bob.wait_note("simauth: ready: ")
    world.alice.wait_note("not ready: ")
    authenticated(world)


@fault("gateway.slow")
def slow(world):
    """Gateways 150 ms away in each direction: slow is no fault, and the answer comes before the limit."""
    badday.prepare(world, doors=True)
    for letter in "ab":
        world.doors[letter].delay = 0.15
    authenticated(world)
    record = badday.calls(world.alice)[0]
    assert record["gateway_ms"] >= 300, record


@fault("gateway.slow.beyond_hold")
def slow_beyond_hold(world):
    """Sessions lost and gateways 450 ms away: each answer is in time, all together are not."""
    badday.prepare(world, doors=True)
    for letter in "ab":
        forget_sessions(world, letter)
        world.doors[letter].delay = 0.45
    unverified(world)
    told(world.alice, "not-authenticated", "HOLD_EXPIRED", "", ADVICE)
    for letter in "ab":
        world.doors[letter].delay = 0
    authenticated(world)


def forget_sessions(world, letter):
    """As a gateway that lost its memory: no B-TID is known any more."""
    with sqlite3.connect(gateway(world, letter).node.path("gateway.db"), timeout=5) as store:
        store.execute("DELETE FROM session")
    store.close()


@fault("gateway.sessions_lost")
def sessions_lost(world):
    """A gateway that knows no B-TID any more: both phones bootstrap again by themselves, in the call."""
    badday.prepare(world)
    authenticated(world)
    for letter in "ab":
        gateway(world, letter).stop()
        forget_sessions(world, letter)
        gateway(world, letter).start()
    authenticated(world)
    for letter in "ab":
        assert len(bootstraps(world, letter)) == 2, gateway(world, letter).log()


def bootstraps(world, letter):
    return [line for line in gateway(world, letter).log().splitlines() if "op=ub" in line and "status=200" in line]


@fault("gateway.restarted")
def restarted(world):
    """A gateway restarted between two calls: the next call is authenticated, with the session of before."""
    badday.prepare(world)
    authenticated(world)
    for letter in "ab":
        gateway(world, letter).stop()
        gateway(world, letter).start()
    authenticated(world)
    for letter in "ab":
        assert [r["outcome"] for r in gateway(world, letter).records()] == ["completed"] * 2
        assert len(bootstraps(world, letter)) == 1


@fault("gateway.killed")
def killed(world):
    """kill -9 in the middle of a call's set-up: no record lost, no sequence number again, the next call whole."""
    badday.prepare(world, doors=True)
    world.doors["b"].delay = 0.3  # Bob's phone is asking when his gateway dies
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    world.bob.wait_note(r"callee: received: element=1")
    numbers = sqn(world)
    for letter in "ab":
        badday.kill(gateway(world, letter).process)
    world.doors["b"].delay = 0
    ringing = world.bob.wait_state("IncomingReceived", after=before[1], limit=badday.HOLD + badday.SLACK)
    told(world.bob, "not-authenticated", "GATEWAY_DOWN", DOWN, ADVICE)
    world.bob.answer(ringing.call)
    world.alice.wait_state("End", "Error", after=before[0])
    told(world.alice, "not-authenticated", "CONFIRM_MISSING")
    world.alice.wait_state("Released", call=call, after=before[0])
    for letter in "ab":
        gateway(world, letter).start()
    authenticated(world)
    for letter in "ab":
        assert [r["outcome"] for r in gateway(world, letter).records()] == ["issued", "completed"]
    after = sqn(world)
    assert all(after[imsi] > numbers[imsi] for imsi in numbers), (numbers, after)


def sqn(world):
    """{IMSI: the last sequence number} of both gateways' stores."""
    numbers = {}
    for letter in "ab":
        with sqlite3.connect(gateway(world, letter).node.path("gateway.db"), timeout=5) as store:
            numbers.update(store.execute("SELECT imsi, sqn FROM subscriber"))
        store.close()
    return numbers


# -- somebody else stands there

FALSE_WORDS = {
    "no TLS": (raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), None, DOWN),
    "closes at once": (raw(b""), None, DOWN),
    "closes after reading": (None, closes, "closed before the answer"),
    "no HTTP": (None, http(b"\0\1\2\3\r\n\r\n" * 20), DOWN),
    "no JSON": (None, http(page(b"garbage")), "no proof|no JSON|not to what"),
    "another server": (None, http(page(b"<html>", "404 Not Found", "text/html")), "HTTP status 404"),
    "too long": (None, http(page(b" " * 100000)), "longer than"),
}


@fault("gateway.garbage")
def garbage(world):
    """Somebody with the gateway's own certificate talks nonsense: the call goes on, each with its own sentence."""
    badday.prepare(world, doors=True)
    pair = world.operators["a"].server_certificate
    for what, (plain, act, sentence) in FALSE_WORDS.items():
        world.doors["a"].stand(plain or tls(pair, act))
        _, ringing, _ = badday.rings(world)
        before = world.alice.mark()
        world.bob.answer(ringing)
        world.alice.wait_state("StreamsRunning", after=before)
        record = told(world.alice, "not-authenticated", "GATEWAY_DOWN", sentence)
        print(f"{what}: {record['problem']}")
        flow.hang_up(world, None)
    badday.never(world.alice)
    world.doors["a"].stand(pass_on)
    authenticated(world)


@fault("gateway.certificate")
def wrong_certificate(world):
    """Certificates that are not the gateway's, or not now: not one request is sent, and the sentence says why."""
    badday.make(world, doors=True)
    other = Authority(os.path.join(world.folder, "other"), "Other Root")
    name = world.operators["a"].gateway_name
    falsities = {
        "another authority": (other.issue("false", name), "certificate"),
        "another name": (world.root.issue("name", "ag.operator-x.example"), "name"),
        "expired": (world.root.issue("expired", name, since=-20, days=-10), "check the clock"),
        "of the future": (world.root.issue("future", name, since=10, days=20), "check the clock"),
    }
    badday.begin(world)
    asked = []
    for what, (pair, sentence) in falsities.items():
        world.doors["a"].stand(tls(pair, lambda secure: asked.append(secure.recv(4096))))
        unverified(world)
        record = told(world.alice, "not-authenticated", "GATEWAY_DOWN", sentence, ADVICE)
        print(f"{what}: {record['problem']}")
        self_test(world.alice, "gateway reached over TLS", sentence)
    assert not any(asked), "the phone spoke to a server with a wrong certificate"
    world.doors["a"].stand(pass_on)
    authenticated(world)


@fault("gateway.no_name")
def no_name(world):
    """The gateway's name is not in DNS."""
    badday.make(world)
    world.sims["alice"].gateway = "ag.nowhere.example"
    world.alice.use_sim(world.sims["alice"], world.root)
    badday.begin(world, ready=False)
    world.bob.wait_note("simauth: ready: ")
    world.alice.wait_note("not ready: .*ag.nowhere.example.*resolve")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", "resolve", ADVICE)
    self_test(world.alice, "gateway reached over TLS", "resolve")
    world.sims["alice"].gateway = world.operators["a"].gateway_name
    world.alice.use_sim(world.sims["alice"], world.root)
    authenticated(world)
