# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setup keys whose seal the desktop's keyring keeps: one that is locked, or does not answer."""

import glob
import os

from cases import case
from cases.call import prepare
from cases.fault_phone import FAKETIME
from cases.stp import LOADED, call, full_after_all, held_call, restart, set_in
from world import flow


@case("stp.keyring")
def keyring(world):
    """The desktop's keyring is locked at start: keys stay in memory, are said to, and go to the disk once it is unlocked."""
    def locked(w):
        w.alice.before = ["env", *desktop(w.alice)]
    prepare(world, keys="desktop", before=locked)
    home, _, problem = world.alice.wait_note(LOADED, limit=20).groups()
    assert home == "memory" and "unlock the desktop's keyring" in problem, (home, problem)
    assert "unlock the desktop's keyring" in world.alice.ctl("keys", "list").stdout
    kept = world.alice.node.path(".local/share/simauth/setup-keys")
    call(world)
    assert not os.path.exists(kept)
    another_keyring(world.alice)

    def written():
        call(world)
        return os.path.exists(kept)
    flow.wait_any(written, 40, "the file of keys")
    assert world.alice.notes(LOADED)[-1].group(1) == "desktop", world.alice.notes(LOADED)[-1].group(0)
    assert "memory" not in world.alice.ctl("keys", "list").stdout


def another_keyring(phone):
    """The keyring ends and begins again, open."""
    on_desktop(phone, f"kill {KEYRING}")  # another daemon, since the first takes a password from a prompt alone
    flow.wait_any(lambda: on_desktop(phone, f"kill -0 {KEYRING}", check=False).returncode, 5, "end of the locked one")
    on_desktop(phone, UNLOCK)


@case("stp.keyring_forgotten", limit=90)
def keyring_forgotten(world):
    """Alice revokes keys while their keyring is locked, and Linphone ends before it is opened: none comes back."""
    def opened(w):
        w.alice.before = ["env", *desktop(w.alice, locked=False)]
    prepare(world, keys="desktop", before=opened)
    assert world.alice.wait_note(LOADED, limit=20).group(1) == "desktop"
    call(world)
    kept = world.alice.node.path(".local/share/simauth/setup-keys")
    flow.wait_any(lambda: os.path.exists(kept), 5, "the file of keys")
    world.alice.stop()
    on_desktop(world.alice, LOCK)
    assert restart(world, world.alice)[0] == "memory"
    world.alice.ctl("keys", "forget", world.bob.aor)  # of whom the file speaks nobody can see
    assert not os.path.exists(kept), "the revoked keys are on the disk"
    assert world.alice.ctl("keys", "forget", "--all", check=False).returncode == 1
    another_keyring(world.alice)
    assert restart(world, world.alice) == ("desktop", "0", None)
    full_after_all(world, tried=False)


@case("stp.keyring_awaited", limit=90)
def keyring_awaited(world):
    """The keyring does not answer, and `keys` is set to a file meanwhile: they go there, and no other Linphone is in the way."""
    def mute(w):
        w.alice.before = ["env", *desktop(w.alice, locked=False)]
        on_desktop(w.alice, f"kill -STOP {KEYRING}")
    prepare(world, keys="desktop", before=mute)
    assert "\n  keys      loading\n" in world.alice.ctl("status").stdout
    set_in(world.alice, keys="file")
    world.alice.ctl("status")
    assert world.alice.wait_note(LOADED).groups() == ("file", "0", None)
    call(world)
    held_call(world)


@case("stp.keyring_clock", limit=90)
def keyring_clock(world):
    """The clock is set back by an hour while the keyring is locked: it is looked at again all the same, once it is open."""
    clock = os.path.join(world.folder, "clock")

    def locked(w):
        with open(clock, "w", encoding="ascii") as file:
            file.write("+1h\n")
        os.chmod(clock, 0o644)
        w.alice.before = ["env", *desktop(w.alice), f"LD_PRELOAD={glob.glob(FAKETIME)[0]}", f"FAKETIME_TIMESTAMP_FILE={clock}",
                          "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"]
    prepare(world, keys="desktop", before=locked)
    assert world.alice.wait_note(LOADED, limit=20).group(1) == "memory"
    with open(clock, "w", encoding="ascii") as file:
        file.write("+0s\n")
    another_keyring(world.alice)

    def looked():
        call(world)
        return world.alice.notes(LOADED)[-1].group(1) == "desktop"
    flow.wait_any(looked, 40, "another look at the keyring")


def desktop(phone, locked=True):
    """A session bus and a keyring, locked or open, on this phone's node; the variables that name them."""
    run = phone.node.make_folder("run-desktop", mode=0o700)
    phone.node.start("session-bus", ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={run}/bus"])
    flow.wait_any(lambda: os.path.exists(f"{run}/bus"), 5, "a session bus")
    variables = [f"DBUS_SESSION_BUS_ADDRESS=unix:path={run}/bus"]
    phone.desktop = [*variables, f"XDG_RUNTIME_DIR={run}"]
    on_desktop(phone, UNLOCK)
    flow.wait_any(lambda: on_desktop(phone, f"kill -0 {KEYRING}", check=False).returncode == 0, 5, "the keyring")
    if locked:
        on_desktop(phone, LOCK)
    return variables


LOCK = ("dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets "
        "org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null")
UNLOCK = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
KEYRING = ("$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / org.freedesktop.DBus."
           "GetConnectionUnixProcessID string:org.freedesktop.secrets | awk '{print $NF}')")


def on_desktop(phone, text, check=True):
    return phone.node.run(["env", *phone.desktop, "sh", "-ec", text], check=check)
