# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setup keys go to another place while a call rests on one."""

from cases import case
from cases.stp import LOADED, keys_of, set_in
from world import flow, talk
from world.talk import Talk, connected


def peers(phone):
    return sorted(key["peer"] for key in keys_of(phone))


def wait_peers(phone, *expected):
    try:
        flow.wait_any(lambda: peers(phone) == sorted(expected), 10, "the keys")
    except Exception as error:
        raise AssertionError(f"{phone.node.name}: {peers(phone)}, not {sorted(expected)}") from error


def kept_at(world, where):
    """`keys` is set anew at Bob, and another call comes by: settings are read then."""
    set_in(world.bob, keys=where)
    connected(world.carol, world.bob).hang_up()


@case("stp.moved", limit=90)
def moved(world):
    """`keys` is set anew while Bob's phone rings: the key of that call goes and no other person's, wherever they are kept now."""
    talk.prepare(world, third="b", keys="file")
    alice, carol = world.alice.aor, world.carol.aor
    connected(world.alice, world.bob).hang_up()
    wait_peers(world.bob, alice, alice)
    ringing = Talk(world.alice, world.bob).ring()
    kept_at(world, "memory")
    wait_peers(world.bob, carol, carol)
    ringing.answer().authenticated()
    assert peers(world.bob) == [carol, carol], "another person's key went"
    ringing.hang_up()
    wait_peers(world.bob, alice, alice, carol, carol)

    for phone in (world.alice, world.carol):  # Bob has none any more, and a call that is tried twice is another case
        phone.ctl("keys", "forget", "--all")
    set_in(world.bob, keys="file")
    connected(world.alice, world.bob).hang_up()
    wait_peers(world.bob, alice, alice)
    ringing = Talk(world.alice, world.bob).ring()
    loaded = len(world.bob.notes(LOADED))
    kept_at(world, "auto")
    world.bob.wait_note(LOADED, count=loaded + 1)
    wait_peers(world.bob, alice, carol, carol)
    ringing.answer().authenticated().hang_up()
    wait_peers(world.bob, alice, alice, alice, carol, carol)
