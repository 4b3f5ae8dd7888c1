# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of bad days share: calls that go on, are refused or recover, and what the person is told of them."""

import json
import os
import re
import signal
import time

from . import flow
from .door import Door
from .process import Failed

HOLD = 2.0  # seconds: docs/protocol.md section 7
SLACK = 0.7  # for two proxies and a busy machine
ANSWERS = 0.2  # seconds in which a main loop that nobody blocks answers

said = []  # what the persons of this world were told, for the table of docs/faults.md


def prepare(world, doors=False, phones=None, **settings):
    """Two operators and two registered phones that have spoken with their gateways.

    doors: each phone reaches its gateway through world.doors[letter]. settings: keys of [phone], for both.
    """
    make(world, doors, phones, **settings)
    begin(world)


def make(world, doors=False, phones=None, **settings):
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(**(phones or {}))
    world.issue_sims()
    world.doors = {}
    for phone, letter in ((world.alice, "a"), (world.bob, "b")):
        sim = world.sims[phone.user]
        if doors:
            world.doors[letter] = Door(world.operators[letter].gateway)
            sim.gateway = world.doors[letter].name
        phone.use_sim(sim, world.root, **settings)


def begin(world, ready=True):
    for phone in (world.alice, world.bob):
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
        if ready:
            phone.wait_note(r"simauth: ready: ")


def gateway(world, letter):
    return world.operators[letter].gateway


# -- what a person is told

def calls(phone):
    """The calls as simauthctl tells them, newest first."""
    return json.loads(phone.ctl("calls", "--json").stdout)


def told(phone, word, reason="", problem="", advice=""):
    """The newest call's record: its word and reason, and that the sentences are shown to the person."""
    record = calls(phone)[0]
    assert record["word"] == word, record
    assert record["reason"] == reason, record
    assert re.search(problem, record["problem"]), record
    assert re.search(advice, record["advice"]), record
    shown = phone.ctl("calls").stdout
    for sentence in (record["text"], record["problem"], record["advice"]):
        assert sentence in shown, (sentence, shown)
    heard(phone, f"{word} {reason}".strip(), record["problem"] or (record["text"] if reason else ""))
    return record


def heard(phone, *words):
    """For the table: the words, a person's name before them."""
    line = f"{phone.node.name}: {', '.join(filter(None, words))}"
    if line not in said:
        said.append(line)


def self_test(phone, link, remedy):
    """simauthctl self-test: `link` is the first that fails, and its line matches `remedy`."""
    done = phone.ctl("self-test", check=False)
    assert done.returncode == 1, done
    lines = [re.match(r"  (.{28}) (good|failed|not-tried)(?:: (.*))?$", line) for line in done.stdout.splitlines()[1:]]
    results = [(m.group(1).strip(), m.group(2), m.group(3) or "") for m in lines]
    failed = [r for r in results if r[1] == "failed"]
    assert [f[0] for f in failed] == [link], done.stdout
    assert re.search(remedy, failed[0][2]), failed
    place = results.index(failed[0])
    assert all(r[1] == "good" for r in results[:place]), results
    assert all(r[1] == "not-tried" for r in results[place + 1:]), results
    heard(phone, f'self-test "{link}" failed', failed[0][2])


def self_test_good(phone):
    done = phone.ctl("self-test", check=False)
    assert done.returncode == 0 and "failed" not in done.stdout, done


# -- calls

def rings(world, limit=HOLD + SLACK):
    """Alice dials; Bob's phone rings in time. (Alice's call, Bob's call, seconds)"""
    before = world.bob.mark()
    start = time.monotonic()
    call = world.alice.call(world.bob.aor)
    ringing = world.bob.wait_state("IncomingReceived", after=before, limit=limit + 5)
    took = time.monotonic() - start
    assert took < limit, f"rang after {took:.2f} s"
    return call, ringing.call, took


def unverified(world, limit=HOLD + SLACK):
    """A call that goes on all the same: rings in time, both streams run, nobody claims anything."""
    call, ringing, _ = rings(world, limit)
    before = world.alice.mark(), world.bob.mark()
    world.bob.answer(ringing)
    world.alice.wait_state("StreamsRunning", after=before[0])
    world.bob.wait_state("StreamsRunning", after=before[1])
    flow.hang_up(world, call)


def refused(world, limit=HOLD + SLACK, rings_at_bob=False):
    """A call that ends by itself in time; not one ring at Bob's phone unless said so."""
    before = world.alice.mark(), world.bob.mark()
    start = time.monotonic()
    world.alice.call(world.bob.aor)
    if rings_at_bob:
        world.bob.answer(world.bob.wait_state("IncomingReceived", after=before[1]).call)
    world.alice.wait_state("Error", "End", after=before[0])
    took = time.monotonic() - start
    assert took < limit, f"refused after {took:.2f} s"
    world.alice.wait_state("Released", after=before[0])
    if not rings_at_bob:
        states = [e.state for e in world.bob.events()[before[1]:]]
        assert "IncomingReceived" not in states, states


def count(phone, word="authenticated"):
    return len(phone.notes(rf"call \S+ \w+: {word}: "))


def authenticated(world):
    """One call, authenticated at both ends."""
    before = count(world.alice), count(world.bob)
    call = flow.connect(world)
    ids = [phone.wait_note(r"call (\S+) \w+: authenticated: ", count=seen + 1).group(1)
           for phone, seen in zip((world.alice, world.bob), before)]
    flow.hang_up(world, call)
    for phone, call_id in zip((world.alice, world.bob), ids):
        assert [r["word"] for r in calls(phone) if r["call_id"] == call_id] == ["authenticated"], calls(phone)


def never(phone):
    """This phone has not called anything authenticated."""
    assert not count(phone), phone.notes(r"call \S+ \w+: authenticated: .*")[0].group(0)


# -- programs

def kill(process):
    """kill -9; returns when it is gone."""
    process.send(signal.SIGKILL)
    process.wait()


def kill_phone(phone):
    kill(phone.process)
    phone.stop()
    phone.forget()


class Stopped:
    """with Stopped(process): it does not run, as in a suspended or overloaded machine."""

    def __init__(self, process):
        self.process = process

    def __enter__(self):
        os.kill(self.process.pid, signal.SIGSTOP)
        return self

    def __exit__(self, *_exception):
        os.kill(self.process.pid, signal.SIGCONT)


# -- after every case

def settled(world):
    """No main loop was ever blocked, no sequence number was given twice, no program ended by itself or badly."""
    for phone in world.phones:
        if phone.process is not None and phone.process.running():
            phone.poll()
        took, line = phone.slowest
        print(f"{phone.node.name}: slowest answer {1000 * took:.0f} ms, to '{line}'")
        if took > ANSWERS:
            raise Failed(f"{phone.node.name} took {1000 * took:.0f} ms to answer '{line}'")
        phone.ask_to_stop()
    for phone in world.phones:
        status = phone.stop()
        if status:
            raise Failed(f"{phone.node.name} ended with status {status}")
    for operator in world.operators.values():
        there = operator.gateway
        if there is not None and there.process is not None:
            there.process.check()
            if "op=auts" in there.log():  # a SIM found a number that it had seen
                raise Failed(f"{there.node.name} gave a sequence number twice:\n{there.log()}")
