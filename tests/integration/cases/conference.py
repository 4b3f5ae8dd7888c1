# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three people on one phone."""

from cases import case
from world import talk
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, connected, finish

JOINED_OUT = ("caller", "not-authenticated", "HANDED_OVER")
JOINED_IN = ("callee", "not-authenticated", "HANDED_OVER")


def two_calls(world, **settings):
    """Bob has Alice on hold and talks to Carol."""
    talk.prepare(world, third="b", phones={"bob": {"program": talk.HOST}}, settings=settings)
    first = connected(world.alice, world.bob)
    second = connected(world.bob, world.carol)
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    return first, second


@case("call.conference.three")
def three(world):
    """Bob puts Alice and Carol together on his phone: none of the three is told any more who is heard."""
    first, second = two_calls(world)
    for call, other in ((first, world.alice), (second, world.carol)):
        world.bob.command(f"conference {call.numbers[world.bob]}")
        for phone in (world.bob, other):
            talk.wait_word(phone, call, "not-authenticated", "HANDED_OVER")
    first.hang_up()
    second.hang_up()
    finish((world.alice, JOINED_OUT), (world.bob, JOINED_OUT, JOINED_IN), (world.carol, JOINED_IN))
    for other in (world.alice, world.carol):
        assert any("isfocus" in m.header("Contact") for m in world.messages().all("INVITE", target=other))


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
