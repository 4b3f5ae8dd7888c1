# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls whom: people who hide their names, and several calls at once."""

from cases import case
from world import flow, talk
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, Talk, connected, finish

PRIVATE = "\n[proxy_0]\nprivacy=1\n"  # LinphonePrivacyUser
# Both Linphones then write Contacts without a user, and as a GRUU our registrar does not know whose that is.
NO_GRUU = {name: {"sip": "supported=replaces"} for name in ("alice", "bob")}


@case("call.identity.anonymous")
def anonymous(world):
    """An anonymous call (RFC 3323) carries no element and no gateway is asked; Bob reads that it has no proof."""
    talk.prepare(world, phones=NO_GRUU, linphonerc={"alice": PRIVATE})
    call = Talk(world.alice, world.bob).ring().answer()
    talk.wait_word(world.bob, call, "not-authenticated", "INVITE_BARE")
    assert world.alice.notes(r"caller: untouched: policy=none why=anonymous call")
    assert not talk.live(world.alice)
    call.hang_up()
    finish((world.alice,), (world.bob, ("callee", "not-authenticated", "INVITE_BARE")))
    invite = world.messages().first("INVITE", target=world.bob)
    assert "sip:anonymous@anonymous.invalid" in invite.header("From") and "user" in invite.header("Privacy"), invite.text
    assert not [m for m in world.messages() if m.elements()]
    for operator in world.operators.values():
        assert not operator.gateway.records(), operator.gateway.records()


@case("call.identity.anonymous.require")
def anonymous_require(world):
    """Under `require` Bob's phone refuses it with 403, and he is not disturbed."""
    talk.prepare(world, linphonerc={"alice": PRIVATE}, settings={"bob": {"policy": "require"}})
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=before[0])
    assert not [e for e in world.bob.events()[before[1]:] if e.kind == "call-state-changed"], "he was disturbed"
    finish((world.alice,), (world.bob, ("callee", "not-authenticated", "INVITE_BARE")))
    assert world.messages().first("INVITE", status=403, source=world.bob)


@case("call.identity.anonymous.strict", challenge_invites=True)
def anonymous_strict(world):
    """Alice's own `require`: with her name hidden nothing can be proved, so the call does not leave, until she says so for once."""
    talk.prepare(world, phones=NO_GRUU, linphonerc={"alice": PRIVATE}, settings={"alice": {"policy": "require"}})
    before = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=before)
    world.alice.wait_note(r"caller: not-authenticated: reason=INVITE_BARE")
    assert not world.messages().all("INVITE")
    assert "hides your name" in world.alice.ctl("calls").stdout
    world.alice.ctl("continue-once", world.bob.aor)
    call = Talk(world.alice, world.bob).ring().answer()
    talk.wait_word(world.bob, call, "not-authenticated", "INVITE_BARE")
    call.hang_up()


@case("call.identity.continue_once", challenge_invites=True)
def continue_once(world):
    """Once more without proof is for the call that Alice placed, also behind a proxy that challenges it: a call to her in Bob's name is refused meanwhile, and does not use it up."""
    talk.prepare(world, settings={"alice": {"policy": "require", "ask": "known"}, "bob": {"policy": "off"}})
    flow.connect_until_end(world)
    world.alice.wait_note(r"caller: not-authenticated: reason=CONFIRM_MISSING")
    world.alice.ctl("continue-once", world.bob.aor)
    before = world.bob.mark()
    world.bob.call(world.alice.aor)
    world.bob.wait_state("Released", after=before)
    assert world.messages().first("INVITE", status=403, source=world.alice)
    call = Talk(world.alice, world.bob).ring().answer()
    talk.wait_word(world.alice, call, "not-authenticated", "CONFIRM_MISSING")
    call.hang_up()
    assert not world.alice.notes(r"caller: untouched: "), "asked about when it was prepared, and then not"


@case("call.identity.callee_private")
def callee_private(world):
    """Bob's account hides its name: in calls to him his SIM answers as ever, in his own nobody is asked."""
    talk.prepare(world, phones=NO_GRUU, linphonerc={"bob": PRIVATE})
    connected(world.alice, world.bob).hang_up()
    Talk(world.bob, world.alice).ring().answer().hang_up()
    finish((world.alice, ("callee", "not-authenticated", "INVITE_BARE"), AUTHENTICATED_OUT),
           (world.bob, AUTHENTICATED_IN))


@case("call.identity.waiting")
def waiting(world):
    """Carol calls while Alice and Bob talk: call waiting; two calls, each with its own word, one on hold."""
    talk.prepare(world, third="a")
    first = connected(world.alice, world.bob)
    second = Talk(world.carol, world.bob).ring()
    talk.wait_word(world.bob, second, "announced")
    second.answer().authenticated()
    first.wait(world.bob, "Paused")
    first.wait(world.alice, "PausedByRemote")
    shown = {r["peer"]: r["word"] for r in talk.live(world.bob)}
    assert shown == {world.alice.aor: "authenticated", world.carol.aor: "authenticated"}, shown
    second.hang_up()
    world.bob.command(f"call-resume {first.numbers[world.bob]}")
    first.wait(world.bob, "StreamsRunning")
    first.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.carol, AUTHENTICATED_OUT),
           (world.bob, AUTHENTICATED_IN, AUTHENTICATED_IN))


@case("call.identity.second")
def second(world):
    """Alice holds Bob, calls Carol, and goes back to Bob: each call has its own word all the time."""
    talk.prepare(world, third="a")
    first = connected(world.alice, world.bob)
    other = connected(world.alice, world.carol)  # Linphone holds the first one by itself
    first.wait(world.alice, "Paused")
    shown = {r["peer"]: r["word"] for r in talk.live(world.alice)}
    assert shown == {world.bob.aor: "authenticated", world.carol.aor: "authenticated"}, shown
    other.hang_up()
    world.alice.command(f"call-resume {first.numbers[world.alice]}")
    first.wait(world.alice, "StreamsRunning")
    first.hang_up()
    finish((world.alice, AUTHENTICATED_OUT, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN),
           (world.carol, AUTHENTICATED_IN))


@case("call.identity.twice")
def twice(world):
    """Alice calls Bob again while the first call is on hold: his Linphone says busy, the first call is untouched."""
    talk.prepare(world)
    first = connected(world.alice, world.bob)
    world.alice.command(f"call-pause {first.numbers[world.alice]}")
    first.wait(world.alice, "Paused")
    before = world.alice.mark()
    number = world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", call=number, after=before)
    world.alice.command(f"call-resume {first.numbers[world.alice]}")
    first.wait(world.alice, "StreamsRunning")
    assert [r["word"] for r in talk.live(world.bob)] == ["authenticated"], talk.live(world.bob)
    first.hang_up()
    finish((world.alice, AUTHENTICATED_OUT, ("caller", "unknown", "")),
           (world.bob, AUTHENTICATED_IN, ("callee", "announced", "")))
    assert world.messages().first("INVITE", status=486, source=world.bob)


@case("call.identity.glare")
def glare(world):
    """Both call each other at once: Linphone refuses at least one as busy; what gets through is authenticated."""
    talk.prepare(world)
    before = {phone: phone.mark() for phone in world.phones}
    numbers = {phone: phone.call(other.aor) for phone, other in ((world.alice, world.bob), (world.bob, world.alice))}

    def states(phone):
        return [e.state for e in phone.events()[before[phone]:] if e.call == numbers[phone]]
    flow.wait_any(lambda: all({"OutgoingRinging", "Released"} & set(states(p)) for p in world.phones), 10, "both answers")
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        if "Released" not in states(phone):
            other.answer(other.wait_state("IncomingReceived", after=before[other]).call)
            phone.wait_note(r": authenticated: ")
            other.wait_note(r": authenticated: ")
            phone.terminate(numbers[phone])
    for phone in world.phones:
        flow.wait_any(lambda: not talk.live(phone), 10, "end of all calls")  # pylint: disable=W0640
    refused = [p for p in world.phones if "Error" in states(p)]
    assert refused, "nobody was busy"
    words = {p: talk.last_words(p) for p in world.phones}
    assert all(len(w) == 2 and all(reason == "" for _, _, reason in w) for w in words.values()), words
    connected(world.alice, world.bob).hang_up()
    finish((world.alice, AUTHENTICATED_OUT, *words[world.alice]), (world.bob, AUTHENTICATED_IN, *words[world.bob]))
