# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linphone's own mark on the letters of ZRTP (its lock, which it keeps from call to call): whose word it is, and when it goes."""

import re

from cases import case
from world import flow, talk
from world.process import Failed
from world.talk import Talk, wait_word

HOST = {"program": talk.HOST, "media_encryption": "zrtp"}


def compared(phone, call, says=""):
    """Whether this Linphone takes the letters for compared ("yes", "no"; "": it has none yet), after its person has said so."""
    try:
        answer = phone.command(f"letters {call.numbers[phone]} {says}".strip())
    except Failed:
        return ""
    return re.search(r"^Compared: (\w+)$", answer, re.M)[1]


def marks(world, call):
    return [compared(phone, call) for phone in (world.alice, world.bob)]


def wait_marks(world, call, *expected):
    try:
        flow.wait_any(lambda: marks(world, call) == list(expected), 5, "")
    except Failed:
        raise Failed(f"Alice's and Bob's letters count as compared: {marks(world, call)}, not {expected}") from None


def proved(world):
    return Talk(world.alice, world.bob).ring().answer().authenticated()


def switch(world, name, value, *phones):
    for phone in phones or (world.alice, world.bob):
        phone.ctl("settings", "set", name, value)


def look_away(phone, from_whom):
    phone.ctl("settings", "set", "--peer", from_whom.aor, "policy", "off")


@case("call.mark")
def mark(world):
    """The person's own without the setting; with it TRUE after a proof, FALSE without, once a call: what the person says then stays."""
    talk.prepare(world, phones={"alice": HOST, "bob": HOST})
    call = proved(world)
    assert marks(world, call) == ["no", "no"], "marked though nobody asked for it"
    for phone in (world.alice, world.bob):  # Linphone keeps it when both have said so
        assert compared(phone, call, "yes") == "yes"
    call.hang_up()
    call = proved(world)
    assert marks(world, call) == ["yes", "yes"], "not as both people had it"
    assert compared(world.alice, call, "no") == "no"
    call.hang_up()

    switch(world, "mark_verified", "true")
    call = proved(world)
    wait_marks(world, call, "yes", "yes")
    assert compared(world.alice, call, "no") == "no", "the person hears other letters, and nobody believes it"
    call.hang_up()
    call = proved(world)
    wait_marks(world, call, "yes", "yes")
    call.hang_up()
    without_verdict(world)
    without_proof(world)


def without_verdict(world):
    """Neither phone looks at the call; Bob has taken the setting back, so that the mark of before is his own to keep."""
    switch(world, "mark_verified", "false", world.bob)
    look_away(world.alice, world.bob)
    look_away(world.bob, world.alice)
    call = Talk(world.alice, world.bob).ring().answer()
    wait_marks(world, call, "no", "yes")
    wait_word(world.alice, call, "untouched", "")
    assert compared(world.alice, call, "yes") == "yes", "the person's own word is taken back"
    call.hang_up()


def without_proof(world):
    """Bob's phone has nothing to say; both people had compared the letters in the call before. With the setting or without."""
    world.alice.ctl("settings", "unset", "--peer", world.bob.aor, "policy")
    for setting in ("true", "false"):
        switch(world, "mark_verified", setting, world.alice)
        world.alice.ctl("continue-once", world.bob.aor)
        call = Talk(world.alice, world.bob).ring().answer()
        wait_word(world.alice, call, "not-authenticated", "CONFIRM_MISSING")
        wait_marks(world, call, "no", "yes")
        assert compared(world.alice, call, "yes") == "yes", "the person's own word is taken back"
        call.hang_up()
