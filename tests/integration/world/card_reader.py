# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A smart card reader on a node of the world, with cards of our own in it (tests/card)."""

import json
import os
import sys

CARD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "card")
sys.path.insert(0, CARD)

from card.reader import Reader  # noqa: E402

from . import kernel  # noqa: E402

INSIDE = "/run/simcard"  # tests/card as the nodes see it: their /tmp hides a checkout that stands below /tmp


class _Started:
    """A node's process, as Reader holds it."""

    def __init__(self, process):
        self._process = process
        self.pid = process.pid

    def terminate(self):
        self._process.stop(limit=15)

    def wait(self, limit):
        return self._process.wait(limit)


def card_of(node, sim, name="card", **more):
    """Write the profile of a card with `sim`'s keys; README.md of tests/card lists `more`."""
    profile = {"imsi": sim.imsi, "k": sim.k, "opc": sim.opc, **more}
    path = node.path(f"{name}.json")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(profile, file)
    return path


def _card_inside():
    if not os.path.isdir(INSIDE):
        os.mkdir(INSIDE)
        kernel.mount(os.path.abspath(CARD), INSIDE, None, kernel.MS_BIND)
    return INSIDE


def reader_on(node, profiles, plans=(), out=False):
    """A reader for this node's programs: those started later find it by `node.env`.

    Use it as a context manager; `order()`, `wait_powered()` and `commands()` are those of Reader.
    """
    def start(argv):
        program = os.path.join(_card_inside(), os.path.basename(argv[0]))
        return _Started(node.start("reader", [sys.executable, "-B", program, *argv[1:], "--same-net"],
                                   user=None))
    reader = Reader(node.path("reader"), profiles, plans, out, start)
    node.env.update(reader.env)
    return reader
