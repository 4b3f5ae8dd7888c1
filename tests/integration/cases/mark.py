# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linphone's own mark on the letters of ZRTP (its lock, which it keeps from call to call): whose word it is, and when it goes."""

import re

from cases import case
from world import flow, lime, talk
from world.process import Failed
from world.talk import Talk, wait_word

HOST = {"program": talk.HOST, "media_encryption": "zrtp"}
EARLY = {**HOST, "sip": "incoming_calls_early_media=1"}


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
    talk.prepare(world, phones={"alice": HOST, "bob": HOST, "carol": {"media_encryption": "zrtp"}}, third="b")
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
    beside_another(world, call)
    call.hang_up()


def beside_another(world, call):
    """Alice calls Carol while the call with Bob is on hold, and goes back to it: what she says there stays."""
    look_away(world.alice, world.carol)
    other = Talk(world.alice, world.carol).ring().answer()
    flow.wait_any(lambda: compared(world.alice, other), 5, "letters of the other call")
    wait_word(world.alice, other, "untouched", "")
    call.before[world.alice] = world.alice.mark()
    world.alice.command(f"call-resume {call.numbers[world.alice]}")
    call.wait(world.alice, "StreamsRunning")
    assert compared(world.alice, call, "yes") == "yes", "the person's own word is taken back beside another call"
    other.hang_up()


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


@case("call.mark.early")
def early(world):
    """A mark of before, LIME, and media before any answer (a 183 without a Contact): it goes when the call is answered; without LIME at once."""
    talk.prepare(world, phones={"alice": EARLY, "bob": EARLY}, linphonerc={"alice": lime.RC}, before=lambda _: lime.Server())
    look_away(world.alice, world.bob)
    look_away(world.bob, world.alice)
    call = Talk(world.alice, world.bob).ring("IncomingEarlyMedia").answer()
    wait_marks(world, call, "no", "no")
    for phone in (world.alice, world.bob):
        assert compared(phone, call, "yes") == "yes"
    call.hang_up()
    switch(world, "mark_verified", "true", world.alice)
    assert not world.messages().first("INVITE", status=183, target=world.alice).header("Contact")
    call = Talk(world.alice, world.bob).ring("IncomingEarlyMedia")
    flow.wait_any(lambda: compared(world.alice, call), 5, "Alice's letters in early media")
    call.answer()
    wait_marks(world, call, "no", "yes")
    assert compared(world.alice, call, "yes") == "yes", "the person's own word is taken back"
    call.hang_up()
    switch(world, "mark_verified", "false", world.alice)
    switch(world, "mark_verified", "true", world.bob)
    call = Talk(world.bob, world.alice).ring("IncomingEarlyMedia")
    wait_marks(world, call, "yes", "no")
    call.answer().hang_up()
