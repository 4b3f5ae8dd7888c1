# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may happen to a call while its INVITE is held at either phone: given up, out of time, the phone killed."""

from cases.fault import fault
from cases.fault_gateway import forget_sessions
from world import badday
from world.badday import HOLD, SLACK, authenticated, refused, told


def slow_gateway(world, letter):
    """From now on the phone's questions take longer than the hold, though each answer is in time."""
    forget_sessions(world, letter)
    world.doors[letter].delay = 0.45


def at_once(world):
    for door in world.doors.values():
        door.delay = 0


@fault("hold.caller.hangs_up")
def caller_hangs_up(world):
    """Alice gives up while her INVITE is held: nothing ever leaves, and the late answer harms nobody."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "a")
    before = world.alice.mark()
    call = world.alice.call(world.bob.aor)
    world.alice.wait_note("caller: policy: ")
    world.alice.terminate(call)
    world.alice.wait_state("Released", call=call, after=before, limit=HOLD)
    world.alice.wait_note("caller: gone: why=hung-up")
    at_once(world)
    authenticated(world)
    assert len(world.messages().calls()) == 1, "the INVITE of a call that was given up left the phone"


@fault("hold.callee.cancelled")
def callee_cancelled(world):
    """Alice gives up while Bob's phone holds her INVITE: 487, and Bob's phone never rings."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "b")
    before = world.alice.mark(), world.bob.mark()
    call = world.alice.call(world.bob.aor)
    world.bob.wait_note("callee: received: element=1")
    world.alice.terminate(call)
    world.bob.wait_note("callee: gone: why=cancelled")
    world.alice.wait_state("Released", call=call, after=before[0])
    assert not [e for e in world.bob.events()[before[1]:] if e.state == "IncomingReceived"]
    at_once(world)
    authenticated(world)
    messages = world.messages()
    first = messages.calls()[0]
    assert messages.first("INVITE", status=487, call_id=first, source=world.bob)
    assert not [m for m in messages.all("INVITE", status=180) if m.call_id == first]


@fault("hold.callee.out_of_time")
def callee_out_of_time(world):
    """Bob's gateway takes longer than the hold: his phone rings then, unverified, and Alice ends it when answered."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "b")
    refused(world, limit=HOLD + SLACK + 1, rings_at_bob=True)
    told(world.bob, "not-authenticated", "HOLD_EXPIRED", "", "simauthctl self-test")
    told(world.alice, "not-authenticated", "CONFIRM_MISSING", "", "continue-once")
    at_once(world)
    authenticated(world)


@fault("hold.callee.out_of_time.require")
def callee_out_of_time_require(world):
    """The same under `require`: refused when the hold is over."""
    badday.prepare(world, doors=True, policy="require")
    slow_gateway(world, "b")
    refused(world)
    told(world.bob, "not-authenticated", "HOLD_EXPIRED", "", "simauthctl self-test")
    at_once(world)
    authenticated(world)
    assert world.messages().first("INVITE", status=403, source=world.bob)


@fault("hold.caller.killed")
def caller_killed(world):
    """Alice's phone is killed while it holds her INVITE, and started again: no trace of it harms the next call."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "a")
    world.alice.call(world.bob.aor)
    world.alice.wait_note("caller: policy: ")
    badday.kill_phone(world.alice)
    at_once(world)
    start_again(world, world.alice)
    authenticated(world)
    assert len(world.messages().calls()) == 1


def start_again(world, phone):
    ready = len(phone.notes("simauth: ready: "))
    phone.start()
    phone.wait_note("simauth: ready: ", count=ready + 1)


@fault("hold.callee.killed")
def callee_killed(world):
    """Bob's phone is killed while it holds an INVITE and started again: Alice gives up, the next call is whole."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "b")
    before = world.alice.mark()
    call = world.alice.call(world.bob.aor)
    world.bob.wait_note("callee: received: element=1")
    badday.kill_phone(world.bob)
    world.alice.terminate(call)
    world.alice.wait_state("End", call=call, after=before)  # its transaction goes on until the proxy gives up
    at_once(world)
    start_again(world, world.bob)
    authenticated(world)
    told(world.alice, "authenticated")


@fault("hold.caller.ends")
def caller_ends(world):
    """Linphone is closed by its user while it holds an INVITE: it ends at once and cleanly, the gateway still thinking."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "a")
    world.alice.call(world.bob.aor)
    world.alice.wait_note("caller: policy: ")
    status = world.alice.stop()
    assert status == 0, f"linphone-daemon ended with {status}"
    world.alice.forget()
    at_once(world)
    start_again(world, world.alice)
    authenticated(world)
