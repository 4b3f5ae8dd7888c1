# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authenticated call over each transport that a phone may use, in both address families, at any length."""

import os

from cases import case
from cases.call import authenticated_call, prepare
from cases.card import phones_with_cards
from world.packet import MTU
from world.pki import Authority
from world.wire import Wire


def over(world):
    """An authenticated call; the messages between the proxies, which speak UDP with each other."""
    prepare(world)
    authenticated_call(world)
    messages = world.messages()
    a, b = (operator.proxy for operator in world.operators.values())
    invite = messages.first("INVITE", source=a, target=b)
    assert set(invite.elements()) == {"From tag", "SIM-Auth"}, invite.text
    assert len(set(invite.elements().values())) == 1, invite.text
    assert set(messages.first("INVITE", status=180, source=b, target=a).elements()) == {"From tag", "To tag", "SIM-Auth"}
    return messages


def used(messages, world, transport):
    """The phones spoke nothing but `transport` with their proxies."""
    in_the_clear = [m for m in messages for phone in (world.alice, world.bob) if phone.node.address in (m.source, m.target)]
    assert bool(in_the_clear) == (transport == "UDP"), in_the_clear
    for operator, phone in zip(world.operators.values(), (world.alice, world.bob)):
        via = messages.first("ACK", source=world.operators["a"].proxy, target=world.operators["b"].proxy).values("Via")[-1]
        assert via.startswith(f"SIP/2.0/{transport} "), (operator.realm, phone.user, via)


@case("call.transport.tcp", transport="tcp")
def tcp(world):
    """Phones on TCP, UDP between the proxies: the elements cross from one to the other and back."""
    used(over(world), world, "TCP")


@case("call.transport.tls", transport="tls")
def tls(world):
    """Phones on TLS, the proxies' certificates checked against Linphone's own root_ca."""
    used(over(world), world, "TLS")


@case("call.transport.udp_6", family=6)
def udp_6(world):
    """A world of IPv6 alone."""
    messages = over(world)
    used(messages, world, "UDP")
    assert messages.first("INVITE").source.startswith("fd83::"), messages.first("INVITE")


@case("call.transport.tcp_6", transport="tcp", family=6)
def tcp_6(world):
    """TCP over IPv6."""
    used(over(world), world, "TCP")


@case("call.transport.tls_6", transport="tls", family=6)
def tls_6(world):
    """TLS over IPv6."""
    used(over(world), world, "TLS")


def padded(datagram, towards_node):
    """A hook: what the phone says in a call needs several packets."""
    head = datagram.payload.split(b"\r\n\r\n", 1)[0]
    if not towards_node and b"\r\nCSeq: " in head and b" REGISTER" not in head:
        datagram.payload = datagram.payload.replace(b"\r\nCSeq: ", b"\r\nSubject: " + b"long " * 500 + b"\r\nCSeq: ", 1)
    yield 0, datagram


@case("call.transport.fragments")
def fragments(world):
    """Every message of the call is longer than a packet, in both directions, over UDP."""
    prepare(world)
    wires = [Wire(phone.node) for phone in (world.alice, world.bob)]
    for wire in wires:
        wire.hook = padded
    authenticated_call(world)
    for wire in wires:
        wire.check()
    messages = world.messages()
    for message in (messages.first("INVITE", target=world.bob), messages.first("INVITE", status=180, target=world.alice),
                    messages.first("INVITE", status=200, target=world.alice), messages.first("ACK", target=world.bob)):
        assert len(message.text) > MTU, message


@case("call.transport.tls_stranger", product=False, transport="tls")
def tls_stranger(world):
    """A proxy whose certificate another authority issued gets no registration: what the cases above rest on."""
    world.start_network()
    other = Authority(os.path.join(world.folder, "other"), "Other Root")
    world.add_phones(bob={"root_ca": other.certificate})
    for phone in (world.alice, world.bob):
        phone.start(wait_registered=False)
    world.alice.wait_registered()
    world.bob.wait_log(r"SSL handshake failed : X509 - Certificate verification failed")
    assert "LinphoneRegistrationOk" not in world.bob.command("register-status ALL")


def longest(world):
    """Two 2G SIMs, whose elements are the longest that phones write (three RANDs)."""
    with phones_with_cards(world, kinds={"alice": {"algorithm": "comp128v2"}, "bob": {"algorithm": "comp128v3"}}):
        authenticated_call(world)
    messages = world.messages()
    between = messages.all("INVITE", source=world.operators["a"].proxy, target=world.operators["b"].proxy)
    assert between and all(len(m.tag("From")) == 97 for m in between), [m.tag("From") for m in between]
    ringing = messages.all("INVITE", status=180, source=world.operators["b"].proxy, target=world.operators["a"].proxy)
    assert ringing and all(len(m.tag("To")) == 97 for m in ringing), [m.tag("To") for m in ringing]


@case("call.transport.longest")
def longest_udp(world):
    """The longest elements over UDP."""
    longest(world)


@case("call.transport.longest_tcp", transport="tcp")
def longest_tcp(world):
    """The same over TCP."""
    longest(world)


@case("call.transport.longest_tls", transport="tls")
def longest_tls(world):
    """The same over TLS."""
    longest(world)
