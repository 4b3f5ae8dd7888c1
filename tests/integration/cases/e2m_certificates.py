# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that cost nobody anything: from the phones' own gateways, for calls whose bodies are enveloped."""

import re

from cases import case
from cases.agt import clock_of
from cases.call import AUTHENTICATED, authenticated_call, prepare
from world import badday, door, flow
from world.process import wait_for

WORDS = "\n\n[peer {aor}]\ne2m={policy}\n"


def equip(world, policy="require"):
    """No file of a certificate anywhere: both operators issue them, both persons ask for envelopes with the other."""
    for operator in world.operators.values():
        operator.gateway.ctl("certificate", "make-authority")
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        with open(phone.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as old:
            text = old.read()
        phone.node.write(".config/simauth/simauth.conf", text + "e2m=prefer\n" + WORDS.format(aor=other.aor, policy=policy), 0o600)


@case("e2m.certificates", limit=90)
def certificates(world):
    """Both phones get their own and the other's, before any call; a call is signed and enveloped under them, and authenticated by both SIMs."""
    prepare(world, before=equip)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.wait_note(f"certificate: aor={re.escape(phone.aor)} side=own until=", limit=20)
        phone.wait_note(f"certificate: aor={re.escape(other.aor)} side=other until=", limit=30)
        # and from the other's gateway what it took back: nobody's yet
        gateway = world.operators[other.domain.split(".")[0][-1]].gateway_name
        phone.wait_note(re.escape(f"revoked: list=https://{gateway}/v1/certificates/revoked names=0"))
    authenticated_call(world)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.wait_note(rf"call \S+ \w+: e2m: word=enveloped servers=none signer={re.escape(other.aor)} text=")
    for message in world.messages():
        assert "m=audio" not in message.text, message.text
    for operator, phone in ((world.operators["a"], world.alice), (world.operators["b"], world.bob)):
        issued = [r for r in operator.gateway.records() if r["method"] == "cert"]
        assert len(issued) == 1, issued
        assert phone.aor in operator.gateway.ctl("certificate", "list"), phone.aor
    # asked at the start alone: another call asks no gateway for a certificate
    flow.hang_up(world, flow.connect(world))
    assert sum(r["method"] == "cert" for r in world.operators["a"].gateway.records()) == 1


@case("e2m.certificates.slow", limit=90)
def slow(world):
    """A gateway that never answers about certificates keeps no call waiting: they are asked for beside the worker, over a connection of their own."""
    connections = []

    def only_the_first(connection, behind):
        connections.append(connection)
        (door.pass_on if len(connections) == 1 else door.mute)(connection, behind)
    badday.make(world, doors=True)
    world.doors["a"].stand(only_the_first)
    with open(world.alice.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as old:
        text = old.read()
    wishes = "".join(WORDS.format(aor=f"sip:{name}@operator-b.example", policy="prefer") for name in ("carol", "dave", "erin"))
    world.alice.node.write(".config/simauth/simauth.conf", text + wishes, 0o600)
    badday.begin(world)
    wait_for(lambda: len(connections) >= 2, 10, "the connection about certificates")
    authenticated_call(world)  # which would not be, had its vector to wait for the silence to be over


@case("e2m.certificates.renewed", limit=120)
def renewed(world):
    """Certificates of an hour: at two thirds of it each phone has a new one, while a call goes on; when the old ones are over the next call is signed by these."""
    jump = clock_of(world)

    def short_lives(w):
        equip(w)
        for operator in w.operators.values():
            operator.gateway.stop()
            with open(operator.gateway.config, "a", encoding="utf-8") as config:
                config.write("\n[life]\ncertificate=3600\n")
            operator.gateway.before = [*jump.words, "FAKETIME_DONT_FAKE_MONOTONIC=1"]
            operator.gateway.start()
        for phone in (w.alice, w.bob):
            phone.before = jump.words
    prepare(world, before=short_lives)
    both = (world.alice, world.bob), (world.bob, world.alice)

    def ends(phone, count):
        return int(phone.wait_note(f"certificate: aor={re.escape(phone.aor)} side=own until=(\\d+)", limit=30, count=count).group(1))

    def enveloped(count):
        for phone, other in both:
            phone.wait_note(AUTHENTICATED, count=count)
            phone.wait_note(rf"call \S+ \w+: e2m: word=enveloped servers=none signer={re.escape(other.aor)} text=", count=count)

    def registrations(phone):
        return len(re.findall("^REGISTER ", phone.said(), re.M))

    def later(seconds):
        before = [registrations(phone) for phone, _ in both]
        jump.ahead(seconds)  # the phones' registrations are over, too
        for (phone, _), count in zip(both, before):
            wait_for(lambda: registrations(phone) > count, 10, "another registration")
            phone.wait_registered()
    first = [ends(phone, 1) for phone, _ in both]
    for phone, other in both:
        phone.wait_note(f"certificate: aor={re.escape(other.aor)} side=other until=", limit=30)
    talk = flow.connect(world)
    enveloped(1)
    later(45 * 60)
    second = [ends(phone, 2) for phone, _ in both]
    assert all(new >= old + 40 * 60 for old, new in zip(first, second)), (first, second)
    for phone, other in both:
        phone.wait_note(f"certificate: aor={re.escape(other.aor)} side=other until=", limit=30, count=2)
    assert world.alice.state(talk) == world.bob.state() == "StreamsRunning"
    flow.hang_up(world, talk)
    later(20 * 60)  # the old ones are over
    for (phone, other), end in zip(both, reversed(second)):  # who asked before the other had the new one asks again with this registration
        phone.wait_note(f"certificate: aor={re.escape(other.aor)} side=other until={end}", limit=30)
    talk = flow.connect(world)
    enveloped(2)
    flow.hang_up(world, talk)
