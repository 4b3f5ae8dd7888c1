# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of other SIMs than a USIM with `aka`: 2G SIMs (method gsm), mixed pairs, and akap."""

from cases import case
from cases.call import AUTHENTICATED, refuse
from cases.card import phones_with_cards
from world import flow

GSM = {"two_g": True}


def call_back_and_forth(world, method_of):
    """Alice calls Bob, then Bob Alice: each authenticated, each element of the callee's, then the caller's method."""
    for number in (1, 2):
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED, count=number)
            assert len(phone.notes(r"media: sink=zrtp verdict=match")) == number, phone.node.name
        for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
            said = phone.notes(r"authenticated: .*")[-1].group(0)
            assert f"method={method_of[other.user]}" in said, said
        flow.hang_up(world, call)
        world.alice, world.bob = world.bob, world.alice
    messages = world.messages()
    for caller, callee in ((world.alice, world.bob), (world.bob, world.alice)):
        invite = messages.first("INVITE", source=caller)
        assert invite.tag("From").startswith(f"sim01.{method_of[callee.user]}."), invite.tag("From")
        answer = messages.first("INVITE", status=200, target=caller)
        assert answer.tag("To").split(".")[2] == method_of[caller.user], answer.tag("To")
    for operator in world.operators.values():
        assert [r["outcome"] for r in operator.gateway.records()] == ["completed"] * 2, operator.gateway.records()


@case("call.gsm.mixed")
def mixed(world):
    """A USIM and a 2G SIM (GSM-Milenage), both soft, call each other."""
    with phones_with_cards(world, kinds={"bob": GSM}):
        call_back_and_forth(world, {"alice": "aka", "bob": "gsm"})


@case("call.gsm.both")
def both(world):
    """Two 2G SIMs with COMP128v2 and v3."""
    with phones_with_cards(world, kinds={"alice": {"algorithm": "comp128v2"}, "bob": {"algorithm": "comp128v3"}}):
        call_back_and_forth(world, {"alice": "gsm", "bob": "gsm"})


@case("call.gsm.card")
def card(world):
    """A 2G SIM in a reader and a soft USIM call each other; a RUN GSM ALGORITHM for each RAND, and none more."""
    with phones_with_cards(world, "alice", card={"kind": "sim"}, kinds={"alice": GSM}) as readers:
        reader = readers["alice"]
        assert len(reader.commands("run_gsm_algorithm")) == 1, "one RAND for bootstrapping"
        call_back_and_forth(world, {"alice": "gsm", "bob": "aka"})
        runs = reader.commands("run_gsm_algorithm")
        assert len(runs) == 1 + 2 * 3, runs
        assert len({run["rand"] for run in runs}) == len(runs), "a RAND came twice"


@case("call.gsm.usim_is_no_sim")
def usim_is_no_sim(world):
    """An operator that enters a USIM as a 2G SIM: the phone says so, and no RAND reaches the card without AUTN."""
    with phones_with_cards(world, "bob", ready=False, kinds={"bob": GSM}) as readers:
        world.bob.wait_note(r"asks as if this SIM were a 2G SIM: ask your operator")
        assert not readers["bob"].commands("authenticate") + readers["bob"].commands("run_gsm_algorithm")
        flow.connect_until_end(world)
        for phone in (world.alice, world.bob):
            refuse(phone, AUTHENTICATED)


@case("call.akap")
def akap(world):
    """EAP-AKA' keys at one side, aka at the other, both ways."""
    with phones_with_cards(world, kinds={"bob": {"lines": "method=akap\n"}}):
        call_back_and_forth(world, {"alice": "aka", "bob": "akap"})


@case("call.akap.card")
def akap_card(world):
    """The same method with cards on both sides: the card sees AUTN with the separation bit, and nothing of the realm."""
    kind = {"lines": "method=akap\n"}
    with phones_with_cards(world, "alice", "bob", kinds={"alice": kind, "bob": kind}):
        call_back_and_forth(world, {"alice": "akap", "bob": "akap"})
