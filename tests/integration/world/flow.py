# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What most cases do with a world."""

import time

from .process import Timeout, wait_for


def pause_until(moment):
    """Let time.monotonic() reach `moment`: where a test must be slow, as people are."""
    time.sleep(max(0, moment - time.monotonic()))


def wait_any(check, limit, what):
    """Wait until check() is true, looking often enough for a person and seldom enough for the machine."""
    return wait_for(check, limit, what, every=0.05)


def try_wait(check, limit):
    """Wait until check() is true or the time is over; whether it came true."""
    try:
        return bool(wait_any(check, limit, "that"))
    except Timeout:
        return False


def connect(world, limit=15):
    """Alice calls Bob, Bob answers when it rings; returns Alice's call once both streams run."""
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    rings = world.bob.wait_state("IncomingReceived", "IncomingEarlyMedia", limit=limit, after=before[1])
    world.alice.wait_state("OutgoingRinging", "OutgoingEarlyMedia", limit=limit, after=before[0])
    world.bob.answer(rings.call)
    world.alice.wait_state("StreamsRunning", limit=limit, after=before[0])
    world.bob.wait_state("StreamsRunning", limit=limit, after=before[1])
    return call


def hang_up(world, call, limit=15):
    """Alice ends the call; returns when both phones have let it go."""
    before = world.alice.mark(), world.bob.mark()
    world.alice.terminate(call)
    world.alice.wait_state("Released", limit=limit, after=before[0])
    world.bob.wait_state("Released", limit=limit, after=before[1])


def connect_until_end(world, limit=20):
    """Alice calls Bob; Bob answers if it rings; returns when the call is over without anybody hanging up."""
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(world.bob.aor)

    def over():
        return any(e.state in ("End", "Error") for e in world.alice.events()[before[0]:])

    def rings():
        return any(e.state == "IncomingReceived" for e in world.bob.events()[before[1]:])
    wait_any(lambda: rings() or over(), limit, "ringing or end")
    if not over():
        world.bob.answer()
    wait_any(over, limit, "end of the call by one of the phones")
    world.alice.wait_state("Released", limit=limit, after=before[0])
