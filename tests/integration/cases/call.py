# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that two operators vouch for, and what is left of it when a part is wrong or missing."""

import os
import time

from cases import case
from world import flow, talk
from world.wire import Strip, Wire

AUTHENTICATED = r"call \S+ \w+: authenticated: "
NOT_AUTHENTICATED = r"call \S+ \w+: not-authenticated: "


def prepare(world, bob_has_plugin=True, bob_has_other_sim=False, hook=None, phones=None, before=None, ready=True, **settings):
    """Everything up to two registered phones that have spoken with their gateways."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(**{"bob": {} if bob_has_plugin else {"product": None}, **(phones or {})})
    sims = world.issue_sims()
    given = int(time.time())
    if bob_has_other_sim:
        sims["bob"] = sims["bob"].other()
    world.alice.use_sim(sims["alice"], world.root, **settings)
    if bob_has_plugin:
        world.bob.use_sim(sims["bob"], world.root, **settings)
    if hook:
        world.wire = Wire(world.bob.node)
        world.wire.hook = hook
    if before:
        before(world)
    if settings.get("keys", "off") != "off":  # a SIM given out in the very second of a key counts as changed since
        flow.wait_any(lambda: int(time.time()) > given, 3, "the second after the SIMs were given out")
    for phone in (world.alice, world.bob):
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
    if ready:
        world.alice.wait_note(r"simauth: ready: ")
    if bob_has_plugin and not bob_has_other_sim:
        world.bob.wait_note(r"simauth: ready: ")


def refuse(phone, pattern):
    found = phone.notes(pattern)
    assert not found, f"{phone.node.name} said: {found[0].string[found[0].start():][:300]}"


def authenticated_call(world):
    """One call with all that makes it authenticated, seen from both phones and on the wire."""
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        assert phone.notes(r"media: sink=zrtp verdict=match"), phone.node.name
    flow.hang_up(world, call)
    for phone in (world.alice, world.bob):
        refuse(phone, NOT_AUTHENTICATED)


@case("call.authenticated")
def authenticated(world):
    """Untouched Linphones with the plugin: authenticated on both sides, keyed from both SIMs."""
    prepare(world)
    authenticated_call(world)
    messages = world.messages()
    invite = messages.first("INVITE", source=world.alice)
    arrived = messages.first("INVITE", target=world.bob)
    assert invite.tag("From").startswith("sim01.aka."), invite.tag("From")
    assert arrived.elements() == invite.elements(), "a proxy changed element 1"
    ringing = messages.first("INVITE", status=180, target=world.alice)
    assert ringing.tag("To").startswith("sim02."), ringing.tag("To")
    answer = messages.first("INVITE", status=200, target=world.alice)
    assert answer.tag("To") == ringing.tag("To")
    ack = messages.first("ACK", target=world.bob)
    assert ack.branches()[-1].startswith("z9hG4bK.sim03."), ack.branches()
    assert "a=zrtp-hash" in invite.body and "a=zrtp-hash" in answer.body
    for operator in world.operators.values():
        records = operator.gateway.records()
        assert [r["outcome"] for r in records] == ["completed"], records
    for phone in (world.alice, world.bob):  # who have no session bus
        kept = [(r["answered"], r["media"], r["listen"]) for r in talk.records(phone)]
        assert kept == [(True, "zrtp", "two-operators")], kept


@case("call.authenticated.carriage_tag")
def carriage_tag(world):
    """Elements in tags and branch alone."""
    prepare(world, carriage="tag")
    authenticated_call(world)
    assert not [m for m in world.messages() if m.header("SIM-Auth")]


@case("call.authenticated.carriage_header")
def carriage_header(world):
    """Elements in the header alone: tags and branches are Linphone's own."""
    prepare(world, carriage="header")
    authenticated_call(world)
    for message in world.messages():
        assert set(message.elements()) <= {"SIM-Auth"}, message.text


@case("call.authenticated.407", challenge_invites=True)
def with_password(world):
    """A proxy that asks for the password: still one call, one vector, authenticated."""
    prepare(world)
    authenticated_call(world)
    for operator in world.operators.values():
        assert len(operator.gateway.records()) == 1, operator.gateway.records()


@case("call.authenticated.second")
def second(world):
    """Two calls after each other, then one the other way, each with elements of its own."""
    prepare(world)
    flow.hang_up(world, flow.connect(world))
    authenticated_call_again(world)
    world.alice, world.bob = world.bob, world.alice
    authenticated_call_again(world)
    world.alice, world.bob = world.bob, world.alice
    tags = [world.messages().first("INVITE", call_id=c).tag("From") for c in world.messages().calls()]
    assert len(set(tags)) == 3 and all(t.startswith("sim01.aka.") for t in tags), tags


def authenticated_call_again(world):
    counts = [len(phone.notes(AUTHENTICATED)) for phone in (world.alice, world.bob)]
    call = flow.connect(world)
    for phone, count in zip((world.alice, world.bob), counts):
        phone.wait_note(AUTHENTICATED, count=count + 1)
    flow.hang_up(world, call)


@case("call.emergency.back")
def emergency_back(world):
    """SIM, servers and envelopes are required: nobody rings without, and 112 is called as by a phone without all that (Linphone 5.1 dials no
    urn:service:sos); after that whoever calls rings, shown as not authenticated."""
    prepare(world, bob_has_plugin=False, policy="require", sips="require", e2m="require")
    before = world.bob.mark()
    world.bob.call(world.alice.aor)
    world.bob.wait_state("Released", after=before)
    assert not [e for e in world.alice.events() if e.state == "IncomingReceived"]
    before = world.alice.mark()
    world.alice.call("sip:118@" + world.alice.domain)  # never touched, and perhaps a neighbour
    world.alice.wait_state("Released", after=before)
    assert not world.alice.notes("emergency call: ")
    before = world.alice.mark()
    world.alice.call("sip:112@" + world.alice.domain)
    world.alice.wait_state("Released", after=before)
    assert "op=vectors" not in world.operators["a"].gateway.log(), "the gateway was asked about an emergency call"
    before = world.alice.mark()
    world.bob.call(world.alice.aor)
    world.alice.answer(world.alice.wait_state("IncomingReceived", after=before).call)
    world.alice.wait_state("StreamsRunning", after=before)
    world.alice.wait_note(NOT_AUTHENTICATED)
    world.alice.wait_note(r"callee: sips: word=broken")
    world.alice.wait_note(r"callee: e2m: word=clear")
    invites = world.messages().all("INVITE", source=world.alice)
    for number in ("118", "112"):
        untouched([m for m in invites if m.first_line.startswith(f"INVITE sip:{number}@{world.alice.domain} ")])


def untouched(invites):
    """They reached the proxy, each as a Linphone without the plugin makes it."""
    assert invites, "no INVITE left"
    for invite in invites:
        assert not invite.elements() and not invite.header("SIM-Auth"), invite.text
        assert "sips:" not in invite.text and "transport=tls" not in invite.text, invite.text
        assert invite.header("Content-Type") == "application/sdp" and invite.body.startswith("v=0"), invite.text
        assert "zrtp-hash" not in invite.body, invite.text


@case("call.wrong_sim")
def wrong_sim(world):
    """Bob's SIM has other keys: nobody is authenticated, and Alice ends the call."""
    prepare(world, bob_has_other_sim=True)
    flow.connect_until_end(world)
    world.alice.wait_note(NOT_AUTHENTICATED)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)


@case("call.no_plugin")
def no_plugin(world):
    """Bob has no plugin though his operator vouches for him: not authenticated, ended by Alice."""
    prepare(world, bob_has_plugin=False)
    flow.connect_until_end(world)
    world.alice.wait_note(NOT_AUTHENTICATED)
    refuse(world.alice, AUTHENTICATED)


@case("call.stripped")
def stripped(world):
    """Everything of ours is taken out on the way to Bob: not authenticated, never half."""
    strip = Strip()
    prepare(world, hook=strip)
    flow.connect_until_end(world)
    world.wire.check()
    assert strip.removed, "nothing was taken out"
    world.alice.wait_note(NOT_AUTHENTICATED)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)


@case("call.off")
def switched_off(world):
    """With the switch off at both phones a call is a stock call, with the person's own settings; the SIM is let go."""
    prepare_off(world)
    world.alice.wait_note(r"simauth: ready: ")
    assert has_sim_open(world.alice)
    conf = ".config/simauth/simauth.conf"
    with open(world.alice.node.path(conf), encoding="utf-8") as settings:
        world.alice.node.write(conf, settings.read().replace("enabled=true", "enabled=false"), 0o600)
    call = flow.connect(world)
    flow.hang_up(world, call)
    messages = world.messages()
    assert not [m for m in messages if m.elements()]
    assert "zrtp-hash" not in messages.first("INVITE", source=world.alice).body
    flow.wait_any(lambda: not has_sim_open(world.alice), 10, "the SIM of a phone that is switched off to be let go")


def has_sim_open(phone):
    folder = f"/proc/{phone.process.pid}/fd"
    for fd in os.listdir(folder):
        try:
            if "/sim.json" in os.readlink(os.path.join(folder, fd)):
                return True
        except FileNotFoundError:
            pass  # closed meanwhile
    return False


def prepare_off(world):
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    sims = world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(sims[phone.user], world.root, enabled="true" if phone is world.alice else "false")
        phone.start()
