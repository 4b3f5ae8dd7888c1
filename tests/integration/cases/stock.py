# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controls: what Linphone does without us, in the same world."""

from cases import case
from world import flow
from world.wire import Wire


@case("call.stock.plain", product=False)
def plain(world):
    """A stock call is set up, has clear media, and ends on both sides."""
    world.start()
    call = flow.connect(world)
    flow.hang_up(world, call)
    messages = world.messages()
    invite = messages.first("INVITE", source=world.alice)
    assert "zrtp-hash" not in invite.body, "stock Linphone offered ZRTP by itself"
    assert not invite.tag("From").startswith("sim0"), invite.tag("From")
    assert messages.dial_delay() < 1.0, messages.dial_delay()


@case("call.stock.zrtp", product=False)
def zrtp(world):
    """With ZRTP switched on by the person, both ends report it secured."""
    world.start(media_encryption="zrtp")
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_log(r"All streams are encrypted, key exchanged using ZRTP")
    flow.hang_up(world, call)
    assert "zrtp-hash" in world.messages().first("INVITE", source=world.alice).body


@case("call.stock.challenged", product=False, challenge_invites=True)
def challenged(world):
    """A proxy that asks for the caller's password (407) gets it, and the call is one call."""
    world.start()
    call = flow.connect(world)
    flow.hang_up(world, call)
    messages = world.messages()
    assert messages.all(status=407, target=world.alice), "the proxy did not ask"
    assert len(world.bob.calls()) == 1


@case("call.stock.wire", product=False)
def wire(world):
    """The world's own tool: a cable that is 50 ms late each way makes ringing 100 ms later at least."""
    world.start_capture()
    world.start_network()
    world.add_phones()
    slow = Wire(world.bob.node)
    slow.hook = lambda datagram, towards_node: [(0.05, datagram)]
    for phone in (world.alice, world.bob):
        phone.start()
    call = flow.connect(world)
    flow.hang_up(world, call)
    slow.check()
    delay = world.messages().dial_delay()
    assert 0.1 < delay < 1.0, delay


@case("call.stock.long_invite", product=False)
def long_invite(world):
    """An INVITE that needs two IP packets arrives, over a cable that somebody takes it apart on."""
    world.start_capture()
    world.start_network()
    world.add_phones()
    padded = Wire(world.alice.node)
    padded.hook = pad
    for phone in (world.alice, world.bob):
        phone.start()
    call = flow.connect(world)
    flow.hang_up(world, call)
    padded.check()
    invite = world.messages().first("INVITE", source=world.alice)
    assert len(invite.text) > 1500, len(invite.text)


def pad(datagram, towards_node):
    """Make INVITEs longer than one packet."""
    if not towards_node and datagram.payload.startswith(b"INVITE "):
        datagram.payload = datagram.payload.replace(
            b"\r\nCSeq:", b"\r\nSubject: " + b"long " * 200 + b"\r\nCSeq:", 1)
    yield 0, datagram
