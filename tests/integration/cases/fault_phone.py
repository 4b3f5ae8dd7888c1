# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days of a phone's machine: suspended, another network, cable pulled, wrong clock."""

import glob
import time

from cases.fault import fault
from cases.fault_hold import at_once, slow_gateway, start_again
from world import badday, flow, net
from world.badday import HOLD, Stopped, authenticated, count, self_test, self_test_good, told, unverified

FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"  # of Debian's package, on any processor


@fault("phone.suspended")
def phone_suspended(world):
    """Suspended between calls and in the middle of one: that call goes on authenticated, and so does the next."""
    badday.prepare(world)
    with Stopped(world.alice.process):
        flow.pause_until(time.monotonic() + 0.5)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"call \S+ \w+: authenticated: ")
    with Stopped(world.alice.process), Stopped(world.bob.process):
        flow.pause_until(time.monotonic() + 1)
    assert world.alice.state(call) == "StreamsRunning"
    flow.hang_up(world, call)
    told(world.alice, "authenticated")
    told(world.bob, "authenticated")
    authenticated(world)


@fault("phone.suspended.held")
def phone_suspended_held(world):
    """Suspended while an INVITE is held, until long after the hold: it goes on unverified as soon as it wakes."""
    badday.prepare(world, doors=True)
    slow_gateway(world, "a")
    before = world.bob.mark()
    call = world.alice.call(world.bob.aor)
    world.alice.wait_note("caller: policy: ")
    with Stopped(world.alice.process):
        flow.pause_until(time.monotonic() + HOLD + 0.3)
    woken = time.monotonic()
    world.bob.wait_state("IncomingReceived", after=before)
    assert time.monotonic() - woken < 0.7
    world.alice.terminate(call)
    world.alice.wait_state("Released", call=call)
    told(world.alice, "not-authenticated", "HOLD_EXPIRED")
    at_once(world)
    authenticated(world)


@fault("phone.gateway_suspended")
def gateway_suspended(world):
    """Bob's gateway is suspended in the middle of a set-up and wakes in time: the call is authenticated all the same."""
    badday.prepare(world)
    there = world.operators["b"].gateway
    with Stopped(there.process):
        before = world.bob.mark()
        start = time.monotonic()
        call = world.alice.call(world.bob.aor)
        world.alice.wait_note("caller: policy: ")
        flow.pause_until(start + 0.4)
    ringing = world.bob.wait_state("IncomingReceived", after=before)
    world.bob.answer(ringing.call)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"call \S+ \w+: authenticated: ")
    flow.hang_up(world, call)


@fault("phone.cable")
def cable(world):
    """The cable pulled, and back: told meanwhile, and the next call is authenticated without a restart."""
    badday.prepare(world)
    world.alice.node.unplug()
    self_test(world.alice, "gateway reached over TLS", "did not answer")
    world.alice.node.unplug(down=False)
    authenticated(world)
    self_test_good(world.alice)


@fault("phone.address")
def address(world):
    """Another address, as after a change of network: the connection of before is dead, the next call authenticated."""
    badday.prepare(world)
    authenticated(world)
    change_address(world.alice, 41)
    world.alice.wait_log(r"Contact: <sip:alice@10\.83\.0\.41")  # Linphone has seen it, and is registered from there
    authenticated(world)
    self_test_good(world.alice)


def change_address(phone, host):
    """The phone's machine gets another address, as from another network, and Linphone registers from there."""
    node = phone.node
    net.ip("-n", node.name, "addr", "add", f"{net.PREFIX}{host}/24", "dev", "eth0")
    net.ip("-n", node.name, "addr", "del", f"{node.address}/24", "dev", "eth0")
    node.address = net.PREFIX + str(host)
    net.ip("-n", node.name, "addr", "replace", f"{node.address}/24", "dev", "eth0")
    net.ip("-n", node.name, "route", "replace", "default", "via", net.PREFIX + "1")


def wrong_clock(phone, offset):
    """This phone's clock is wrong by `offset`, as faketime writes it (so are its other clocks, by as much)."""
    phone.before = ["env", f"LD_PRELOAD={glob.glob(FAKETIME)[0]}", f"FAKETIME={offset}"]


@fault("phone.clock.days")
def clock_days(world):
    """Alice's clock is five days ahead: the operators' statements are over by it; the sentence names the clock."""
    badday.make(world)
    wrong_clock(world.alice, "+5d")
    badday.begin(world, ready=False)
    for phone in (world.alice, world.bob):
        phone.wait_note("simauth: ready: ")
    unverified(world)
    told(world.alice, "not-authenticated", "VECTOR_BAD", "clock is .* ahead of the gateway's: set it")
    self_test(world.alice, "clock", "this computer's clock differs from the operator's by 43[12]... s: set it")
    badday.never(world.alice)
    right_again(world)


def right_again(world):
    world.alice.stop()
    world.alice.forget()
    world.alice.before = []
    start_again(world, world.alice)
    authenticated(world)


@fault("phone.clock.years")
def clock_years(world):
    """Alice's clock is at the beginning of another year: even TLS fails, and the sentence names the clock."""
    badday.make(world)
    wrong_clock(world.alice, "-400d")
    badday.begin(world, ready=False)
    world.bob.wait_note("simauth: ready: ")
    world.alice.wait_note("not ready: .*check the clock")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", "check the clock", "simauthctl self-test")
    self_test(world.alice, "gateway reached over TLS", "check the clock")
    right_again(world)


@fault("phone.clock.minutes")
def clock_minutes(world):
    """Four minutes are no matter (certificates that are younger than that would be, behind)."""
    badday.make(world)
    wrong_clock(world.alice, "+4m")
    badday.begin(world)
    authenticated(world)
    assert count(world.alice) == 1
    self_test_good(world.alice)
