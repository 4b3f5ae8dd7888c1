# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authenticated call through what operators' SIP services do with it."""

from cases import Skip, case
from cases.call import authenticated_call, prepare, refuse, AUTHENTICATED, NOT_AUTHENTICATED
from world import flow
from world.proxy import found


def both_authenticated(world, count=1):
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED, count=count)
        refuse(phone, NOT_AUTHENTICATED)


def callee_hangs_up(world):
    """One authenticated call that Bob ends."""
    flow.connect(world)
    both_authenticated(world)
    before = world.alice.mark()
    world.bob.terminate()
    world.alice.wait_state("Released", after=before)
    world.bob.wait_state("Released")


@case("call.proxy.record_route")
def record_route(world):
    """Both proxies stay in the way: the ACK's bottom branch is element 3 below two Vias, and Bob may hang up."""
    prepare(world)
    callee_hangs_up(world)
    messages = world.messages()
    a, b = world.operators["a"].proxy, world.operators["b"].proxy
    ack = messages.first("ACK", target=world.bob)
    assert ack.source == b.node.address and len(ack.branches()) == 3, ack.text
    assert ack.branches()[-1].startswith("z9hG4bK.sim03."), ack.branches()
    bye = messages.first("BYE", target=world.alice)
    assert bye.source == a.node.address, bye
    assert bye.tag("From").startswith("sim02.") and bye.tag("To").startswith("sim01."), bye.text


@case("call.proxy.direct", record_route=False, gruu=False)
def direct(world):
    """No proxy stays in the way: ACK and BYE go from phone to phone, with the elements in them."""
    prepare(world)
    authenticated_call(world)
    messages = world.messages()
    ack = messages.first("ACK", target=world.bob)
    assert ack.source == world.alice.node.address and len(ack.branches()) == 1, ack.text
    assert ack.branches()[0].startswith("z9hG4bK.sim03."), ack.branches()
    assert messages.first("BYE", target=world.bob).source == world.alice.node.address


@case("call.proxy.direct_back", record_route=False, gruu=False)
def direct_back(world):
    """The same with Bob's BYE, straight to Alice: the alias of his tag holds without any proxy."""
    prepare(world)
    callee_hangs_up(world)
    bye = world.messages().first("BYE", target=world.alice)
    assert bye.source == world.bob.node.address and bye.tag("From").startswith("sim02."), bye.text


@case("call.proxy.401", challenge=401)
def with_401(world):
    """A server that asks for the password by 401: the same call, the same element 1, one vector."""
    prepare(world)
    authenticated_call(world)
    kept(world, 401)


@case("call.proxy.407_kept", challenge=407)
def with_407(world):
    """The same by 407."""
    prepare(world)
    authenticated_call(world)
    kept(world, 407)


def kept(world, code):
    messages = world.messages()
    assert messages.all("INVITE", status=code, target=world.alice), "the proxy did not ask"
    tags = {m.tag("From") for m in messages.all("INVITE", source=world.alice)}
    assert len(tags) == 1, tags
    for operator in world.operators.values():
        assert len(operator.gateway.records()) == 1, operator.gateway.records()


@case("call.proxy.full", full=True)
def full(world):
    """Proxies with accounting, dialogs and topology hiding: elements pass, the verdict is the same."""
    prepare(world)
    callee_hangs_up(world)
    messages = world.messages()
    invite, arrived = messages.first("INVITE", source=world.alice), messages.first("INVITE", target=world.bob)
    assert len(arrived.branches()) == 1 and arrived.header("Contact") != invite.header("Contact"), \
        "no topology was hidden"
    assert arrived.elements() == invite.elements()
    for operator in world.operators.values():
        with open(operator.proxy.process.log, encoding="utf-8", errors="replace") as log:
            said = log.read()
        assert f"from_tag={invite.tag('From')}" in said, "the element is not in the operator's accounting"


@case("call.flexisip", proxy="flexisip")
def flexisip(world):
    """The table's other row: Flexisip at both operators. (With it, every other case runs as NAME.flexisip too.)"""
    if "flexisip" not in found():
        raise Skip("no Flexisip: it is in no Debian; install one and name its program in SIMAUTH_FLEXISIP")
    prepare(world)
    callee_hangs_up(world)
