# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three people on one phone."""

from cases import case
from cases.silence import Heard
from world import flow, talk
from world.session_bus import CALL, Client, SessionBus
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, connected, finish

JOINED_OUT = ("caller", "not-authenticated", "HANDED_OVER")
JOINED_IN = ("callee", "not-authenticated", "HANDED_OVER")


def two_calls(world, hook=None, before=None, **settings):
    """Bob has Alice on hold and talks to Carol."""
    talk.prepare(world, third="b", phones={"bob": {"program": talk.HOST}}, settings=settings, hook=hook,
                 before=before)
    first = connected(world.alice, world.bob)
    second = connected(world.bob, world.carol)
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    return first, second


@case("call.conference.three")
def three(world):
    """Bob puts Alice and Carol together on his phone: none of the three is told any more who is heard."""
    first, second = two_calls(world)
    join(world, first, second)
    assert whole(world) == {phone.aor: ("not-authenticated",) * 2 for phone in (world.alice, world.carol)}, whole(world)
    assert world.bob.ctl("calls").stdout.count("in a conference on this phone") == 2
    first.hang_up()
    second.hang_up()
    finish((world.alice, JOINED_OUT), (world.bob, JOINED_OUT, JOINED_IN), (world.carol, JOINED_IN))
    assert not [record for record in talk.records(world.bob) if record["conference"]]
    for other in (world.alice, world.carol):
        assert any("isfocus" in m.header("Contact") for m in world.messages().all("INVITE", target=other))


def join(world, *calls):
    """Bob's calls become one conference on his phone; the others' words go, for they hear each other through him."""
    for call in calls:
        other = next(phone for phone in call.numbers if phone is not world.bob)
        told = other.notes(rf"call {call.id_at(other)} \w+: authenticated: ")
        world.bob.command(f"conference {call.numbers[world.bob]}")
        world.bob.wait_note(rf"call {call.id_at(world.bob)} \w+: conference: joined=yes")
        if told:
            talk.wait_word(other, call, "not-authenticated", "HANDED_OVER")


def whole(world):
    """What Bob's phone says of each leg and of the whole: {peer: (word of the leg, weakest of all)}."""
    return {record["peer"]: (record["word"], record["weakest"]) for record in talk.live(world.bob) if record["conference"]}


@case("call.conference.weakest")
def weakest(world):
    """Bob's call with Alice is joined with one to Carol, whom nobody vouches for: a verdict each, and the weakest for the whole."""
    talk.prepare(world, third="b", phones={"bob": {"program": talk.HOST}})
    world.operators["b"].gateway.ctl("binding", "remove", world.carol.aor)
    first = connected(world.alice, world.bob)
    second = talk.Talk(world.bob, world.carol).ring().answer()
    talk.wait_word(world.bob, second, "not-authenticated", "GATEWAY_NOBODY")
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    assert not whole(world) and {r["peer"]: r["weakest"] for r in talk.live(world.bob)} == {
        world.alice.aor: "authenticated", world.carol.aor: "not-authenticated"}
    join(world, first, second)
    assert whole(world) == {phone.aor: ("not-authenticated",) * 2 for phone in (world.alice, world.carol)}, whole(world)
    reasons = {r["peer"]: r["reason"] for r in talk.live(world.bob)}
    assert reasons[world.carol.aor] == "GATEWAY_NOBODY" and reasons[world.alice.aor] != "GATEWAY_NOBODY", reasons
    assert world.bob.ctl("calls").stdout.count("which is worth its weakest: not-authenticated") == 2
    second.hang_up()
    first.hang_up()


@case("call.conference.three.require")
def three_require(world):
    """Under `require` Alice's phone answers 488: it stays in its call with Bob alone."""
    first, second = two_calls(world, alice={"policy": "require"})
    world.bob.command(f"conference {first.numbers[world.bob]}")
    world.alice.wait_note(r"refused-handover: code=488 method=INVITE")
    first.wait(world.bob, "Paused")
    assert world.alice.state(first.numbers[world.alice]) == "PausedByRemote"
    first.hang_up()
    second.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_OUT, AUTHENTICATED_IN),
           (world.carol, AUTHENTICATED_IN))


@case("call.conference.own_require")
def own_require(world):
    """Bob asks for proof, had it from both, and puts them together himself: his word goes, his voice does not, and his
    window does not say that it did."""
    heard = Heard()
    first, second = two_calls(world, hook=heard, bob={"policy": "require"},
                              before=lambda world: SessionBus(world.bob.node).start())
    window = Client(world.bob.node).find()
    join(world, first, second)
    for phone, call in ((world.alice, first), (world.carol, second)):
        talk.wait_word(world.bob, call, "not-authenticated", "HANDED_OVER")
        heard.wait_more(phone)
    window.wait_one(CALL, {"Verdict": "not-authenticated", "Reason": "handed-over"})
    assert {(shown["Nai"], shown["Muted"]) for shown in window.objects(CALL).values()} == {("", False)}, window.objects(CALL)
    world.wire.check()
    first.hang_up()
    second.hang_up()
    finish((world.alice, JOINED_OUT), (world.bob, JOINED_OUT, JOINED_IN), (world.carol, JOINED_IN))
