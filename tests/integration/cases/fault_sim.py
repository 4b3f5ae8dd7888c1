# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days of the SIM and of the settings: missing, unreadable, readable by others, garbage, busy, damaged."""

import contextlib
import fcntl
import os
import re
import shutil

from cases.fault import fault
from world import badday
from world.badday import authenticated, refused, self_test, self_test_good, told, unverified

SIM = ".local/share/simauth/sim.json"


def missing(path):
    os.rename(path, path + ".away")


def back(path):
    os.rename(path + ".away", path)


def of_somebody_else(path):
    os.chown(path, 0, 0)


def readable(path):
    os.chmod(path, 0o644)


def garbage(path):
    """The same file (its owner and mode) with other octets."""
    shutil.copy2(path, path + ".good")
    with open(path, "wb") as sim:
        sim.write(b"\0\1\2{garbage")


def mended(path):
    with open(path + ".good", "rb") as good, open(path, "wb") as sim:
        sim.write(good.read())


def sim_case(name, what, spoil, mend, sentence):
    """A SIM that cannot be opened: at the start, for `prefer`, for `require`, and mended without a restart."""
    def body(world):
        badday.make(world)
        path = world.alice.node.path(SIM)
        spoil(path)
        badday.begin(world, ready=False)
        world.bob.wait_note("simauth: ready: ")
        world.alice.wait_note(f"not ready: .*{sentence}")
        unverified(world)
        told(world.alice, "not-authenticated", "CARD_FAILED", sentence, "check your SIM: simauthctl self-test")
        self_test(world.alice, "SIM", sentence)
        world.alice.ctl("settings", "set", "policy", "require")
        refused(world)
        told(world.alice, "not-authenticated", "CARD_FAILED", sentence)
        mend(path)
        self_test_good(world.alice)
        authenticated(world)
    body.__doc__ = f"{what}: told at the start, under `prefer` and under `require`; mended, it goes on without a restart."
    return fault(f"sim.{name}")(body)


sim_case("missing", "The file of the software SIM is gone", missing, back, "sim.json.* No such file")
sim_case("unreadable", "The file of the software SIM is somebody else's", of_somebody_else,
         lambda path: os.chown(path, os.stat(os.path.dirname(path)).st_uid, -1), "sim.json.*chown")
sim_case("readable_by_others", "Everybody can read the file of the software SIM", readable, lambda path: os.chmod(path, 0o600), "sim.json.*chmod 600")
sim_case("garbage", "The file of the software SIM is garbage", garbage, mended, "sim.json.*ask your operator for the file again")


@fault("sim.other_keys")
def other_keys(world):
    """A SIM of other keys than the operator has: it refuses its operator's challenge, and that is said."""
    badday.make(world)
    world.alice.use_sim(world.sims["alice"].other(), world.root)
    badday.begin(world, ready=False)
    world.bob.wait_note("simauth: ready: ")
    world.alice.wait_note("not ready: .*SIM refuses the challenge")
    unverified(world)
    told(world.alice, "not-authenticated", "CARD_FAILED", "SIM refuses the challenge", "simauthctl self-test")
    self_test(world.alice, "bootstrapping with the SIM", "does not come from this SIM's operator")
    badday.never(world.alice)


@fault("sim.numbers_damaged")
def numbers_damaged(world):
    """The file of sequence numbers is damaged in use: never guessed at, told, and restored it goes on."""
    badday.prepare(world)
    path = world.alice.node.path(SIM + ".sqn")
    garbage(path)
    unverified(world)
    told(world.alice, "not-authenticated", "CARD_FAILED", "", "check your SIM: simauthctl self-test")
    self_test(world.alice, "SIM", "sequence numbers .*damaged: restore that file, or ask your operator")
    mended(path)
    authenticated(world)


@contextlib.contextmanager
def busy(phone):
    """Another program uses this soft SIM and does not let it go."""
    with open(phone.node.path(SIM), "rb") as sim:
        fcntl.flock(sim, fcntl.LOCK_EX)
        yield


@fault("sim.busy")
def sim_busy(world):
    """A SIM that another program keeps, at either phone: the call goes on or ends within the hold."""
    badday.prepare(world)
    with busy(world.alice):
        unverified(world)
        told(world.alice, "not-authenticated", "CARD_FAILED", "", "check your SIM")
    with busy(world.bob):
        refused(world, rings_at_bob=True)
        told(world.bob, "not-authenticated", "CARD_FAILED", "", "check your SIM")
        told(world.alice, "not-authenticated", "CONFIRM_MISSING", "", "continue-once")
    authenticated(world)


@fault("sim.busy.require")
def sim_busy_require(world):
    """The same under `require`: Bob's phone says that it is not available (480: nothing is wrong with Alice), and does not ring."""
    badday.prepare(world, policy="require")
    with busy(world.alice):
        refused(world)
        told(world.alice, "not-authenticated", "CARD_FAILED", "", "check your SIM")
    with busy(world.bob):
        refused(world)
        told(world.bob, "not-authenticated", "CARD_FAILED", "", "check your SIM")
    authenticated(world)
    messages = world.messages()
    assert len(messages.calls()) == 2
    answer = messages.first("INVITE", status=480, target=world.alice)
    assert re.fullmatch(r'SIM ?;cause=2;text="Not available"', answer.header("Reason")), answer.text


NAME = ".config/simauth/simauth.conf"


def settings_of(phone):
    with open(phone.node.path(NAME), encoding="utf-8") as text:
        return text.read()


def restarted(phone):
    phone.ask_to_stop()
    assert phone.stop() == 0
    phone.forget()
    phone.start()


@fault("settings.broken")
def settings_broken(world):
    """A mistake in the settings: the line is named, the last good ones count, also after a restart; mended, it is as ever."""
    badday.prepare(world)
    good = settings_of(world.alice)
    for broken, sentence in ((good + "\nthis is no line\n", r"simauth\.conf: line \d+"),
                             (good + "polcy=require\n", r"polcy: there is no such key.*settings --help"),
                             (good + "policy=maybe\n", "policy=maybe: must be one of off, prefer, require")):
        world.alice.node.write(NAME, broken, 0o600)
        authenticated(world)
        world.alice.wait_note(f"the settings cannot be used, the last good ones are: .*{sentence}")
        self_test(world.alice, "settings", sentence)
        assert f"TO MEND   {world.alice.node.path(NAME)}" in world.alice.ctl("status").stdout
    restarted(world.alice)
    world.alice.wait_note(r"simauth: ready: .*", count=5)
    authenticated(world)
    world.alice.node.write(NAME, good, 0o600)
    authenticated(world)
    self_test_good(world.alice)


def without_copy(world, broken):
    """Alice's phone starts with settings that cannot be used, and has never seen others."""
    badday.make(world)
    good = settings_of(world.alice)
    world.alice.node.write(NAME, broken, 0o600)
    badday.begin(world, ready=False)
    world.bob.wait_note("simauth: ready: ")
    world.alice.wait_note("the settings cannot be used, those built in are: ")
    return good


@fault("settings.never_read")
def settings_never_read(world):
    """Settings that were never good: every call is told as not authenticated, with the mistake; mended, it is as ever."""
    good = without_copy(world, "[phone]\nno line\n")
    unverified(world)
    told(world.alice, "not-authenticated", "CARD_FAILED", r"simauth\.conf: line 2")
    world.alice.node.write(NAME, good, 0o600)
    authenticated(world)


@fault("settings.never_read.require")
def settings_never_read_require(world):
    """The same of a file that says `require`: no call but an emergency call leaves, and none rings before it."""
    good = without_copy(world, "[phone]\npolicy=require\nno line\n")
    refused(world)
    told(world.alice, "not-authenticated", "CARD_FAILED", r"simauth\.conf: line 3")
    world.alice, world.bob = world.bob, world.alice
    refused(world)
    world.alice, world.bob = world.bob, world.alice
    before = world.alice.mark()
    world.alice.call("sip:112@operator-a.example")
    world.alice.wait_note("caller: untouched: .*why=emergency call")
    world.alice.wait_state("Released", after=before)
    world.alice.node.write(NAME, good, 0o600)
    authenticated(world)


@fault("settings.pins_damaged")
def pins_damaged(world):
    """The list of known people is damaged: everybody counts as known until it is mended, and it is not written over."""
    badday.make(world)
    path = world.alice.node.write(".local/share/simauth/pins.json", "{half", 0o600)
    badday.begin(world)
    authenticated(world)
    world.bob.ctl("settings", "set", "policy", "off")
    refused(world, rings_at_bob=True)
    told(world.alice, "not-authenticated", "CONFIRM_MISSING")
    assert "TO MEND   " + path in world.alice.ctl("status").stdout
    with open(path, encoding="utf-8") as text:
        assert text.read() == "{half"
    world.bob.ctl("settings", "set", "policy", "prefer")
    os.unlink(path)
    authenticated(world)
    assert "TO MEND" not in world.alice.ctl("status").stdout
    with open(path, encoding="utf-8") as text:
        assert "sip:bob@operator-b.example" in text.read()
