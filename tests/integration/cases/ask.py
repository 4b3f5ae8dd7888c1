# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a phone asks its operator about when its person has set nothing: those with a reason, for who is called is told by it."""

import re

from cases import case
from cases.call import NOT_AUTHENTICATED, prepare, refuse
from cases.ui_bus import clients, telling, with_buses
from world import flow
from world.badday import calls
from world.session_bus import CALL

B = "operator-b.example"
UNASKED = "nobody was asked: "
AUTHENTICATED_OUT = r"call \S+ caller: authenticated: nai=bob@operator-b.example"


def records(world):
    return [len(operator.gateway.records()) for operator in world.operators.values()]


def stranger(world):
    """Nobody hears of the call, nothing of ours leaves, and Alice reads that and what she can do, while it runs and after."""
    (bus,) = clients(world, [world.alice])
    talk = flow.connect(world)
    world.bob.wait_note(r"callee: not-authenticated: reason=INVITE_BARE")
    world.alice.wait_note(r"caller: untouched: .*why=address not known")
    bus.wait_one(CALL, {"Reason": "untouched", "Advice": "add-contact", "Phase": "talking"})
    for moment in ("[now]", ""):
        shown = world.alice.ctl("calls").stdout
        assert f"to sip:bob@{B}" in shown.splitlines()[0] and shown.splitlines()[0].endswith(moment), shown
        assert shown.count(UNASKED) == 1 and "settings set --peer ADDRESS ask yes" in shown, shown
        if moment:
            flow.hang_up(world, talk)
    _, (record,) = bus.call("History", "(uu)", 0, 10)
    told = [record[name] for name in ("Verdict", "Reason", "Advice", "Answered")]
    assert told == ["none", "untouched", "add-contact", True], record
    assert [(r["word"], r["side"], r["peer"]) for r in calls(world.alice)] == [("unknown", "caller", f"sip:bob@{B}")]
    assert records(world) == [0, 0], records(world)
    assert not [m for m in world.messages() if m.elements()], "an element left"


def dial(world, uri, number):
    """An authenticated call of Alice's to an address of Bob's."""
    before = world.alice.mark(), world.bob.mark()
    talk = world.alice.call(uri)
    world.bob.answer(world.bob.wait_state("IncomingReceived", after=before[1]).call)
    world.alice.wait_note(AUTHENTICATED_OUT, count=number)
    flow.hang_up(world, talk)
    assert calls(world.alice)[0]["word"] == "authenticated" and len(calls(world.alice)) == number + 1, calls(world.alice)


def vouched_for_by_nobody(world):
    """Nobody has that address: the operators are asked once that day, and once more where Alice wants it; each call has a record that says so."""
    (bus,) = clients(world, [world.alice])
    for number, word in enumerate(("not-authenticated", "unknown", "not-authenticated"), 1):
        if number == 3:
            assert [telling(bus, told, "AskAgain", "(s)", f"sip:ghost@{B}") for told in (["PeersChanged"], [])] == [True, False]
        before = world.alice.mark()
        world.alice.call(f"sip:ghost@{B}")
        world.alice.wait_state("Released", after=before)
        record = calls(world.alice)[0]
        assert [record[key] for key in ("peer", "word", "reason")] == [f"sip:ghost@{B}", word, "GATEWAY_NOBODY"], record
        _, rows = bus.call("History", "(uu)", 0, 10)
        assert [(row["Reason"], row["Advice"]) for row in rows[:number]] == [("gateway-nobody", "wait")] * number, rows
    shown = world.alice.ctl("calls").stdout
    assert re.search(r"no operator vouches for this address: it was asked about at \d{4}-\d\d-\d\d \d\d:\d\d\n.*pins ask-again", shown), shown
    world.alice.ctl("pins", "ask-again", f"sip:ghost@{B}")


def asked_anyway(bus):
    """Those of whom the person said that they are asked about, and whether that changes anything."""
    return {peer["Aor"]: peer["AskAnyway"] for peer in bus.call("ListPeers") if peer["Ask"]}


@case("call.ask.known", aliases={"robert": "bob"})
def known(world):
    """Settings as they come: nobody is asked about a stranger, and Alice reads so; with a rule for that address the call is authenticated, then one to another address of that operator's without any; who is nobody there is told so, each time."""
    prepare(world, ask="known", before=with_buses)
    world.operators["b"].gateway.ctl("binding", "add", f"sip:robert@{B}", world.sims["bob"].imsi)
    world.bob.ctl("self-test")
    stranger(world)
    world.alice.ctl("settings", "set", "--peer", world.bob.aor, "ask", "yes")
    (bus,) = clients(world, [world.alice])
    flow.wait_any(lambda: asked_anyway(bus) == {world.bob.aor: False}, 5, "the settings to be read")
    dial(world, world.bob.aor, 1)
    world.alice.ctl("settings", "set", "--peer", f"sip:carol@{B}", "ask", "yes")
    flow.wait_any(lambda: asked_anyway(bus) == {world.bob.aor: True, f"sip:carol@{B}": True}, 5,
                  "Bob with his pin, and Carol of his operator's domain")
    dial(world, f"sip:robert@{B}", 2)
    refuse(world.alice, NOT_AUTHENTICATED)
    vouched_for_by_nobody(world)
    assert records(world) == [2, 2], records(world)
