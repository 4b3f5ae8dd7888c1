# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers inside an authenticated call under `require`: refused by 488, and the call goes on as it was."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from world import flow


@case("call.later.video_required")
def video_required(world):
    """Alice adds video, whose stream no Linphone can show to be keyed: Bob's phone says 488, nobody's word changes."""
    prepare(world, policy="require")
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    before = world.alice.mark(), world.bob.mark()
    world.alice.command(f"video {call}")
    world.alice.wait_note(r"caller: offered: ")
    world.bob.wait_note(r"callee: refused-offer: code=488")
    world.alice.wait_state("StreamsRunning", after=before[0])
    assert world.bob.mark() == before[1], "Bob's Linphone saw the offer"
    flow.hang_up(world, call)
    for phone in (world.alice, world.bob):
        refuse(phone, NOT_AUTHENTICATED)
        refuse(phone, "refused-offer: .*refused-offer: ")
    assert world.messages().first("INVITE", status=488, source=world.bob)
