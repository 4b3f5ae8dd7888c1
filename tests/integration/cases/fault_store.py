# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days of a gateway's database: locked by somebody, on a full disk, read-only."""

import contextlib
import os
import sqlite3

from cases.fault import fault
from world import badday, kernel
from world.badday import authenticated, gateway, told, unverified
from world.process import Failed, tail


@contextlib.contextmanager
def locked(world, letter):
    """Somebody else writes into the gateway's database and does not finish."""
    store = sqlite3.connect(gateway(world, letter).node.path("gateway.db"), isolation_level=None)
    store.execute("BEGIN IMMEDIATE")
    yield
    store.execute("ROLLBACK")
    store.close()


@fault("store.locked")
def store_locked(world):
    """Locked at either operator: what a call needs is kept beside the database, and comes into it when it may."""
    badday.prepare(world)
    authenticated(world)  # both phones have sessions, which need the database
    for letter in "ab":
        with locked(world, letter):
            authenticated(world)
    for letter in "ab":
        assert [r["outcome"] for r in gateway(world, letter).records()].count("completed") == 3


@fault("store.full")
def store_full(world):
    """A disk that is full: calls go on unverified, the gateway stays up, and with room again all is whole."""
    badday.prepare(world)
    world.operators["b"].gateway.stop()
    disk = small_disk(world, "b")
    gateway(world, "b").start()
    take_room(os.path.join(disk, "gateway.db-calls"))
    ballast = fill(disk)
    for _ in range(5):  # what the last page of the journal has room for
        if "database or disk full" not in gateway(world, "b").log():
            with contextlib.suppress(Failed):
                unverified(world)
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", "other person's operator")
    os.unlink(ballast)
    authenticated(world)
    assert [r["outcome"] for r in gateway(world, "b").records()].count("completed") == 1


def small_disk(world, letter):
    """Moves the stopped gateway's database to a disk of 1 MiB; its folder."""
    there = gateway(world, letter)
    disk = there.node.make_folder("disk", mode=0o700)
    kernel.mount("none", disk, "tmpfs", 0, f"size=1m,mode=700,uid={there.node.user},gid={there.node.user}")
    for name in os.listdir(there.node.folder):
        if name.startswith("gateway.db") and os.path.isfile(there.node.path(name)):
            with open(there.node.path(name), "rb") as old:
                octets = old.read()
            place = os.path.join(disk, name)
            with open(place, "wb") as new:
                new.write(octets)
            os.chmod(place, 0o600)
            os.chown(place, there.node.user, there.node.user)
    configure(there, "database", os.path.join(disk, "gateway.db"))
    return disk


def take_room(journal):
    """The room that its files have in advance: calls would go on in it."""
    for name in os.listdir(journal):
        path = os.path.join(journal, name)
        if name != "lock":
            with open(path, "rb") as octets:
                used = len(octets.read().rstrip(b"\0")) + 8 & ~7
            os.truncate(path, used)


def configure(there, key, value):
    with open(there.config, encoding="utf-8") as text:
        lines = text.read().splitlines()
    lines = [f"{key}={value}" if line.startswith(f"{key}=") else line for line in lines]
    there.node.write(os.path.basename(there.config), "\n".join(lines) + "\n", 0o600)


def fill(disk):
    """Not one octet more fits; the file that takes the room."""
    ballast = os.path.join(disk, "ballast")
    with open(ballast, "wb", buffering=0) as out, contextlib.suppress(OSError):
        while out.write(b"\0" * 4096):
            pass
    return ballast


@fault("store.read_only")
def store_read_only(world):
    """A database that cannot be written: the gateway says so and does not start; mended, the next call is whole."""
    badday.prepare(world)
    there = gateway(world, "b")
    there.stop()
    disk = small_disk(world, "b")
    kernel.mount("none", disk, None, kernel.MS_REMOUNT | kernel.MS_RDONLY, "size=1m")
    try:
        there.start()
    except Failed:
        said = tail(there.process.log, 1)
    else:
        raise Failed("the gateway started on a read-only database")
    badday.heard(there, said.strip().partition("Z ")[2] or said)
    assert "gateway.db" in said, said
    assert "read" in said or "write" in said, said
    unverified(world)
    kernel.mount("none", disk, None, kernel.MS_REMOUNT, "size=1m")
    there.start()
    authenticated(world)
