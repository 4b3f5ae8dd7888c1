# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call that is handed to somebody else: the old word goes, and the new call gets one of its own."""

from cases import case
from cases.silence import Heard, Held
from world import flow, talk
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, Talk, connected, finish

HANDED_OUT = ("caller", "not-authenticated", "HANDED_OVER")
HANDED_IN = ("callee", "not-authenticated", "HANDED_OVER")


def transfer(phone, call, target):
    phone.command(f"call-transfer {call.numbers[phone]} {target}")


@case("call.transfer.blind")
def blind(world):
    """Bob transfers Alice to Carol (REFER): both lose the word of the old call, Alice and Carol get theirs."""
    talk.prepare(world, third="b")
    old = connected(world.alice, world.bob)
    new = Talk.follows(world.alice, world.carol)
    transfer(world.bob, old, world.carol.aor)
    for phone in (world.alice, world.bob):
        talk.wait_word(phone, old, "not-authenticated", "HANDED_OVER")
    new.ring().answer().authenticated()
    old.over()
    assert [r["peer"] for r in talk.live(world.alice)] == [world.carol.aor], talk.live(world.alice)
    new.hang_up()
    finish((world.alice, AUTHENTICATED_OUT, HANDED_OUT), (world.bob, HANDED_IN), (world.carol, AUTHENTICATED_IN))
    messages = world.messages()
    assert messages.first("REFER", status=202, source=world.alice)
    assert "SIP/2.0 200" in messages.all("NOTIFY", target=world.bob)[-1].body


@case("call.transfer.blind.require")
def blind_require(world):
    """Under `require` Alice's phone answers 488 to the REFER, and her call with Bob is as it was."""
    talk.prepare(world, third="b", policy="require")
    call = connected(world.alice, world.bob)
    transfer(world.bob, call, world.carol.aor)
    world.alice.wait_note(rf"call {call.id_at(world.alice)} caller: refused-handover: code=488 method=REFER")
    world.bob.wait_log(r"SIP/2.0 488 Not [Aa]cceptable [Hh]ere\r?\n(?:[^\r\n]+\r?\n)*?CSeq: \d+ REFER")
    for phone in (world.alice, world.bob):
        assert phone.state(call.numbers[phone]) == "StreamsRunning"
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN), (world.carol,))


@case("call.transfer.failed")
def failed(world):
    """Bob asks for proof and transfers Alice to somebody who is not there: his word goes, and both go on talking."""
    heard = Heard()
    talk.prepare(world, hook=heard, settings={"bob": {"policy": "require"}})
    call = connected(world.alice, world.bob)
    transfer(world.bob, call, f"sip:nobody-there@{world.alice.domain}")
    for phone in (world.alice, world.bob):
        talk.wait_word(phone, call, "not-authenticated", "HANDED_OVER")
    world.bob.wait_log(r"NOTIFY sip:[^\n]+\n(?:[^\r\n]+\r?\n)*\r?\nSIP/2.0 404")
    if world.alice.state(call.numbers[world.alice]) == "Paused":  # by her Linphone, for the other call
        world.alice.command(f"call-resume {call.numbers[world.alice]}")
    flow.wait_any(lambda: {phone.state(call.numbers[phone]) for phone in (world.alice, world.bob)} == {"StreamsRunning"},
                  10, "both in their call again")
    heard.wait_more(world.alice)
    world.wire.check()
    call.hang_up()
    finish((world.bob, HANDED_IN))


@case("call.transfer.emergency")
def emergency(world):
    """Bob transfers Alice to 112: nobody may call her back unproved for it, as somebody may when she dials it herself."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    transfer(world.bob, call, f"sip:112@{world.alice.domain}")
    world.bob.wait_log(r"NOTIFY sip:[^\n]+\n(?:[^\r\n]+\r?\n)*\r?\nSIP/2.0 404")
    assert not world.alice.notes("emergency call: ")
    world.alice.call(f"sip:112@{world.alice.domain}")
    world.alice.wait_note("emergency call: a stranger who calls")


# Nobody answers at that address: Linphone asks there for seconds before an INVITE leaves.
ICE = """
[net]
nat_policy_ref=patient

[nat_policy_0]
ref=patient
stun_server=10.83.0.250
protocols=stun,ice
"""


@case("call.transfer.emergency.gone")
def emergency_gone(world):
    """The same, and Bob has hung up before her call to 112, whose ICE takes its time, leaves.

    Nobody answers it: liblinphone 5.1 ends with a fault when a call fails whose referrer has gone.
    """
    talk.prepare(world, linphonerc={"alice": ICE})
    call = connected(world.alice, world.bob)
    transfer(world.bob, call, f"sip:112@{world.alice.domain}")
    world.alice.wait_log("Refer-To")
    call.hang_up(by=world.bob)
    world.operators["a"].proxy.stop()
    world.alice.wait_note(r"caller: untouched: .*why=emergency call", limit=20)
    assert not world.alice.notes("emergency call: ")
    states = [(event.state, event.call == call.numbers[world.alice]) for event in world.alice.events()]
    assert states.index(("Released", True)) < states.index(("OutgoingProgress", False)), "the INVITE did not wait"


@case("call.transfer.before_verdict")
def before_verdict(world):
    """Bob asks for proof and transfers Alice while ZRTP has not ended: what it says then brings no word back."""
    held = Held()
    talk.prepare(world, hook=held, settings={"bob": {"policy": "require"}})
    call = Talk(world.alice, world.bob).ring().answer()
    transfer(world.bob, call, f"sip:nobody-there@{world.alice.domain}")
    talk.wait_word(world.bob, call, "not-authenticated", "HANDED_OVER")
    held.hold = False
    world.bob.wait_note(r"media: sink=zrtp verdict=match")
    world.wire.check()
    call.hang_up(by=world.bob)
    finish((world.bob, HANDED_IN))


def both_calls(world):
    """Bob has Alice on hold and talks to Carol."""
    first = connected(world.alice, world.bob)
    second = connected(world.bob, world.carol)
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    return first, second


@case("call.transfer.attended")
def attended(world):
    """Bob puts Alice and Carol together (REFER with Replaces): the alias of Bob's tags leads to his two dialogs."""
    talk.prepare(world, third="b")
    first, second = both_calls(world)
    new = Talk.follows(world.alice, world.carol)
    transfer(world.bob, first, second.numbers[world.bob])
    new.ring().run().authenticated()  # Linphone takes what replaces a call of its own without asking
    for phone in (world.alice, world.bob):
        talk.wait_word(phone, first, "not-authenticated", "HANDED_OVER")
    first.over()
    second.over()
    assert [r["peer"] for r in talk.live(world.carol)] == [world.alice.aor], talk.live(world.carol)
    new.hang_up()
    finish((world.alice, AUTHENTICATED_OUT, HANDED_OUT), (world.carol, AUTHENTICATED_IN, AUTHENTICATED_IN))
    assert ("callee", "not-authenticated", "HANDED_OVER") in talk.last_words(world.bob)
    assert world.messages().first("INVITE", target=world.carol, source=world.operators["b"].proxy).header("From")


@case("call.transfer.attended.require")
def attended_require(world):
    """Carol's phone asks for proof: an INVITE that would take her call with Bob over gets 488, unseen and unheard."""
    talk.prepare(world, third="b", settings={"carol": {"policy": "require"}})
    first, second = both_calls(world)
    before = world.carol.mark()
    transfer(world.bob, first, second.numbers[world.bob])
    world.carol.wait_note(r"refused-handover: code=488 method=INVITE with Replaces")
    talk.wait_word(world.alice, first, "not-authenticated", "HANDED_OVER")
    world.alice.wait_log(r"SIP/2.0 488 Not [Aa]cceptable [Hh]ere\r?\n(?:[^\r\n]+\r?\n)*?CSeq: \d+ INVITE")
    assert not [e for e in world.carol.events()[before:] if e.state == "IncomingReceived"], "she was disturbed"
    assert world.carol.state(second.numbers[world.carol]) == "StreamsRunning"
    for phone, call in ((world.alice, first), (world.bob, second)):
        call.hang_up(by=phone)
    flow.wait_any(lambda: not talk.live(world.alice), 10, "end of Alice's try")
    finish((world.carol, AUTHENTICATED_IN))


@case("call.transfer.redirect")
def redirect(world):
    """Bob's phone forwards (302): one call for Alice, Bob's word gone, Carol's shown."""
    talk.prepare(world, third="b", phones={"bob": {"program": talk.HOST}})
    old = Talk(world.alice, world.bob).ring()
    talk.wait_word(world.alice, old, "answered")
    new = Talk.follows(world.alice, world.carol, number=old.numbers[world.alice])
    world.bob.command(f"redirect {old.numbers[world.bob]} {world.carol.aor}")
    new.ring()
    assert [r["peer"] for r in talk.live(world.alice)] == [world.carol.aor], talk.live(world.alice)
    new.answer().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT, ("caller", "answered", "")), (world.bob, ("callee", "announced", "")),
           (world.carol, AUTHENTICATED_IN))
    messages = world.messages()
    first, second = (messages.first("INVITE", call_id=c) for c in messages.calls())
    assert first.tag("From").startswith("sim01.") and second.tag("From").startswith("sim01.")
    assert first.tag("From") != second.tag("From"), "Bob's challenge went to Carol"


FORWARDS = {"for_b": {"forwards": {"bob": "carol"}}}


@case("call.transfer.forwarded", **FORWARDS)
def forwarded(world):
    """Operator B's proxy forwards Bob's calls to Carol (181): her SIM is not the one that was asked, so Alice ends it."""
    talk.prepare(world, third="b")
    call = Talk(world.alice, world.carol, to=world.bob.aor).ring()
    talk.wait_word(world.carol, call, "not-authenticated", "GATEWAY_REFUSED")
    world.carol.answer(call.numbers[world.carol])
    call.over()
    finish((world.alice, ("caller", "not-authenticated", "CONFIRM_MISSING")),
           (world.carol, ("callee", "not-authenticated", "GATEWAY_REFUSED")), (world.bob,))
    messages = world.messages()
    assert messages.first("INVITE", status=181, target=world.alice)
    assert "SIM;cause=4" in messages.first("BYE", source=world.alice).header("Reason").replace(" ", "")


@case("call.transfer.forwarded.continue_once", **FORWARDS)
def forwarded_continue_once(world):
    """The person at Alice's phone wants to talk all the same: the call goes on, and nobody says that it is Bob."""
    talk.prepare(world, third="b")
    world.alice.ctl("continue-once", world.bob.aor)
    call = Talk(world.alice, world.carol, to=world.bob.aor).ring().answer()
    talk.wait_word(world.alice, call, "not-authenticated", "CONFIRM_MISSING")
    call.hang_up()
    finish((world.alice, ("caller", "not-authenticated", "CONFIRM_MISSING")),
           (world.carol, ("callee", "not-authenticated", "GATEWAY_REFUSED")), (world.bob,))
