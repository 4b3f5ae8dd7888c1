# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that know nothing of SIMAUTH stay what they were: calls both ways, messages, files."""

import os
import secrets

from cases import case
from cases.call import AUTHENTICATED, refuse
from world import badday, file_server, flow, talk
from world.baresip import Baresip


def prepare(world, **settings):
    """Alice with plugin and SIM; Carol's node at operator B, whom no operator vouches for."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.alice = world.add_phone("alice", "a", 31)
    world.alice.use_sim(world.issue_sim("alice", "a"), world.root, **settings)


def ready(world):
    world.alice.start()
    world.alice.wait_note(r"simauth: ready: ")


def nothing_of_ours(world):
    """No element on the wire; both were told the truth."""
    refuse(world.alice, AUTHENTICATED)
    assert not [m for m in world.messages() if m.elements()], "an element for somebody whom no operator knows"


@case("call.peer.baresip")
def baresip(world):
    """Alice calls a baresip, it answers, she hangs up; then it calls her."""
    prepare(world)
    carol = Baresip(world.node("carol", 33, world.user("carol")), "carol", "operator-b.example")
    ready(world)
    carol.start()
    call = world.alice.call(carol.aor)
    carol.wait("CALL_INCOMING")
    carol.command("accept")
    world.alice.wait_state("StreamsRunning")
    carol.wait("CALL_ESTABLISHED")
    badday.told(world.alice, "not-authenticated", "GATEWAY_NOBODY", "vouches")
    world.alice.terminate(call)
    carol.wait("CALL_CLOSED")
    world.alice.wait_state("Released")
    before, seen = world.alice.mark(), len(carol.events)
    carol.command("dial", world.alice.aor)
    rings = world.alice.wait_state("IncomingReceived", after=before)
    world.alice.answer(rings.call)
    carol.wait("CALL_ESTABLISHED", after=seen)
    world.alice.wait_state("StreamsRunning", after=before)
    carol.command("hangup")
    world.alice.wait_state("Released", after=before)
    nothing_of_ours(world)


@case("call.peer.stock")
def stock(world):
    """A Linphone without the plugin, in both directions."""
    prepare(world)
    world.bob = world.add_phone("carol", "b", 33, product=None)
    ready(world)
    world.bob.start()
    for caller, callee in ((world.alice, world.bob), (world.bob, world.alice)):
        before = caller.mark(), callee.mark()
        call = caller.call(callee.aor)
        callee.answer(callee.wait_state("IncomingReceived", after=before[1]).call)
        for phone, mark in zip((caller, callee), before):
            phone.wait_state("StreamsRunning", after=mark)
        caller.terminate(call)
        for phone, mark in zip((caller, callee), before):
            phone.wait_state("Released", after=mark)
    nothing_of_ours(world)


@case("call.peer.baresip_required")
def baresip_required(world):
    """Under `require` the same baresip is refused in both directions, in time and with a reason."""
    prepare(world, policy="require")
    carol = Baresip(world.node("carol", 33, world.user("carol")), "carol", "operator-b.example")
    ready(world)
    carol.start()
    world.alice.call(carol.aor)
    world.alice.wait_state("Error")
    assert not [e for e in carol.events if e.get("type") == "CALL_INCOMING"], "it rang"
    carol.command("dial", world.alice.aor)
    closed = carol.wait("CALL_CLOSED")
    assert "403" in closed.get("param", ""), closed
    assert "IncomingReceived" not in [e.state for e in world.alice.events()]
    nothing_of_ours(world)


@case("call.peer.messages")
def messages(world):
    """Messages and a file between two phones with the plugin, before, in and after a call: nothing of ours in them."""
    server = file_server.Server()
    host = {"program": talk.HOST}
    talk.prepare(world, phones={"alice": host, "bob": host}, linphonerc={"alice": file_server.RC, "bob": file_server.RC})
    exchange(world, "before")
    talking = talk.Talk(world.alice, world.bob).ring().answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    exchange(world, "within")
    file = secrets.token_bytes(70000)
    world.alice.node.write("file", "")
    with open(world.alice.node.path("file"), "wb") as out:
        out.write(file)
    world.alice.command(f"send-file {world.bob.aor} {world.alice.node.path('file')}")
    received = world.bob.node.path("received-file")
    flow.wait_any(lambda: os.path.exists(received) and os.path.getsize(received) == len(file), 20, "the file")
    with open(received, "rb") as arrived:
        assert arrived.read() == file and server.files == [file]
    world.alice.terminate(talking.numbers[world.alice])
    for phone in (world.alice, world.bob):
        phone.wait_state("Released")
    exchange(world, "after")
    said = world.messages().all("MESSAGE")
    assert len(said) >= 7 and not [m for m in said if m.elements()], said


def exchange(world, word):
    for one, other in ((world.alice, world.bob), (world.bob, world.alice)):
        before = other.mark()
        one.command(f"say {other.aor} {word}-{one.user}")
        heard = other.wait_event(lambda e: e.kind == "message-received", what="message", after=before)
        assert heard.fields["Text"] == f"{word}-{one.user}", heard
