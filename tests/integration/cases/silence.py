# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Under `require` nothing is heard before the verdict, though the person lifts the microphone's flag by hand."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, authenticated_call, prepare, refuse
from world import flow, packet, zrtp
from world.session_bus import CALL, Client, SessionBus

SERVICES = {53, 5060}  # of DNS and SIP: an identifier of the first may begin like a packet of RTP


class Held:
    """Keeps ZRTP's key agreement from Bob until let go; counts what goes by of the streams themselves."""

    def __init__(self):
        self.hold = True
        self.held = 0
        self.sent = {True: 0, False: 0}  # towards Bob, from Bob

    def __call__(self, datagram, towards_bob):
        kind = zrtp.message_type(datagram.payload)
        if kind and kind.startswith("DHPart") and self.hold:
            self.held += 1
            return
        if not kind and is_rtp(datagram):
            self.sent[towards_bob] += 1
        yield 0, datagram


def is_rtp(datagram):
    payload = datagram.payload
    return (datagram.protocol == packet.UDP and not SERVICES & {datagram.source_port, datagram.target_port} and
            len(payload) > 12 and payload[0] >> 6 == 2 and not 64 <= payload[1] & 0x7f <= 95)  # RFC 5761: RTCP


class Heard:
    """Counts the packets of sound that leave Bob's phone, for each address that they go to."""

    def __init__(self):
        self.sent = {}

    def __call__(self, datagram, towards_bob):
        if not towards_bob and not zrtp.message_type(datagram.payload) and is_rtp(datagram):
            self.sent[datagram.target] = self.sent.get(datagram.target, 0) + 1
        yield 0, datagram

    def wait_more(self, phone, limit=5):
        """From now on this phone gets sound from Bob's."""
        before = self.sent.get(phone.node.address, 0)
        flow.wait_any(lambda: self.sent.get(phone.node.address, 0) > before + 5, limit, f"sound for {phone.node.name}")


@case("call.silence")
def silence(world, phones=None):
    """The media's verdict is late and both people press "unmute": not one packet of sound; after the verdict there is.
    Bob's window says so."""
    held = Held()
    prepare(world, hook=held, policy="require", phones=phones, before=lambda world: SessionBus(world.bob.node).start())
    window = Client(world.bob.node).find()
    call = flow.connect(world)
    window.wait_one(CALL, {"Phase": "talking", "Muted": True})
    flow.wait_any(lambda: held.held > 1, 5, "ZRTP's key agreement")
    for phone in (world.alice, world.bob):
        phone.command("call-mute 0")
    before = held.held
    flow.wait_any(lambda: held.held > before + 1, 5, "ZRTP trying again")
    world.wire.check()
    assert held.sent == {True: 0, False: 0}, held.sent
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)
    held.hold = False
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.wait_any(lambda: min(held.sent.values()) > 5, 5, "sound after the verdict")
    world.wire.check()
    window.wait_one(CALL, {"Verdict": "authenticated", "Muted": False})
    flow.hang_up(world, call)


@case("call.debian13.silence", label="long", limit=60, group="call.debian13")
def debian13(world):
    """The same where Alice's Linphone is 5.3."""
    silence(world, phones={"alice": {"linphone": "5.3"}})


@case("call.srtp")
def srtp(world):
    """SRTP is Alice's own setting and nobody expects a SIM of Bob, who has no ZRTP: it stays SRTP, and both hear each other; so in a call that she lets go on though she requires one."""
    held = Held()
    held.hold = False
    prepare(world, hook=held, bob_has_plugin=False, phones={"alice": {"media_encryption": "srtp"}})
    heard(world, held, 1)
    world.alice.ctl("settings", "set", "policy", "require")
    world.alice.ctl("continue-once", world.bob.aor)
    heard(world, held, 2)
    messages = world.messages()
    described = messages.all("INVITE", source=world.alice) + messages.all("INVITE", status=200, target=world.alice)
    assert len(described) == 4, described
    for body in (message.body for message in described):
        assert "RTP/SAVP" in body and "a=crypto" in body and "zrtp-hash" not in body, body


def heard(world, held, number):
    """A call with Bob in which both hear each other."""
    held.sent = {True: 0, False: 0}
    call = flow.connect(world)
    flow.wait_any(lambda: min(held.sent.values()) > 20, 5, "sound both ways")
    world.wire.check()
    world.alice.wait_note(NOT_AUTHENTICATED + "reason=MEDIA_WEAK", count=number)
    flow.hang_up(world, call)


@case("call.srtp.expected")
def srtp_expected(world):
    """The same where the person named Bob under [peer]: a SIM is expected of him, so it is ZRTP, and authenticated; also back."""
    def names_bob(world):
        path = ".config/simauth/simauth.conf"
        with open(world.alice.node.path(path), encoding="utf-8") as text:
            world.alice.node.write(path, f"{text.read()}[peer {world.bob.aor}]\nnai=bob@{world.bob.domain}\n", 0o600)
    prepare(world, phones={"alice": {"media_encryption": "srtp"}}, before=names_bob)
    authenticated_call(world)
