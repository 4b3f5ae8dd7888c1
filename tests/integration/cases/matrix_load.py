# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plugin costs a Linphone: nothing more after a thousand calls, and little from the beginning."""

import itertools
import os
import re
import socket
import statistics
import time

from cases import case, figure
from cases.call import AUTHENTICATED
from world import flow

PRELOAD = os.path.join("tests", "integration", "programs", "libheap.so")
CALLS = 1000
WARM_UP = 60  # the phone keeps the verdicts of 50 calls
APART = 3.2  # seconds between two calls of one pair: a phone takes 20 a minute from each caller
SETTLED = 40  # seconds after which belle-sip has forgotten a call (64*T1) and a little more
# Less than any object of a call; what both phones happen to hold when they are counted differs by tens of KB.
OCTETS_A_CALL = 100


class Notes:
    """The product's log of a phone, read on from where it was, also when it begins a new file."""

    def __init__(self, phone):
        self._phone = phone
        self._path = phone.node.path(".local/state/simauth/log")
        self._file = open(self._path, encoding="utf-8")  # pylint: disable=consider-using-with
        self._rest = ""

    def new(self):
        text = self._file.read()
        if os.stat(self._path).st_ino != os.fstat(self._file.fileno()).st_ino:
            text += self._file.read()
            self._file.close()
            self._file = open(self._path, encoding="utf-8")  # pylint: disable=consider-using-with
        return text

    def wait(self, pattern):
        seen = [self._rest]
        self._rest = ""

        def look():
            self._phone.process.check()
            seen.append(self.new())
            return re.search(pattern, "".join(seen))
        flow.wait_any(look, 10, f"'{pattern}' at {self._phone.node.name}")


def counts(phone):
    """Octets on the heap, descriptors, threads."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(phone.node.path("heap"))
        octets = sum(int(word) for word in peer.makefile().read().split()[:2])
    proc = f"/proc/{phone.process.pid}"
    return octets, len(os.listdir(f"{proc}/fd")), len(os.listdir(f"{proc}/task"))


class Star:
    """One phone in the middle that calls three others and is called by them, in turn."""

    def __init__(self, world, middle, others):
        self.world, self.middle = world, middle
        pairs = [pair for other in others for pair in ((middle, other), (other, middle))]
        self._pairs = itertools.cycle(pairs)
        self._next = dict.fromkeys(pairs, 0.0)
        self._notes = {phone: Notes(phone) for phone in (middle, *others) if phone.node.product}

    def call(self):
        pair = next(self._pairs)
        flow.pause_until(self._next[pair])
        self._next[pair] = time.monotonic() + APART
        self.world.alice, self.world.bob = pair
        number = flow.connect(self.world)
        for phone in pair:
            if phone in self._notes:
                self._notes[phone].wait(AUTHENTICATED)
        flow.hang_up(self.world, number)


def preload(world, phone):
    """This phone tells the size of its heap."""
    build = os.path.dirname(os.path.dirname(world.product))  # of BUILD/stage/usr
    phone.before = ["env", f"LD_PRELOAD={os.path.join(build, PRELOAD)}", f"HEAP_SOCKET={phone.node.path('heap')}"]


def prepare(world):
    """A star of phones with the plugin, and one of stock phones with the same settings."""
    world.start_network()
    world.start_gateways(subscriber_per_minute=1000, subscriber_burst=1000)
    stars = []
    for kind, host, options in (("sim", 31, {}), ("stock", 41, {"product": None, "media_encryption": "zrtp"})):
        phones = [world.add_phone(f"{kind}-{n}", "ab"[n > 0], host + n, **options) for n in range(4)]
        preload(world, phones[0])
        for phone in phones:
            if phone.node.product:
                phone.use_sim(world.issue_sim(phone.user, "ab"[phone is not phones[0]]), world.root)
            phone.start()
            if phone.node.product:
                phone.wait_note(r"simauth: ready: ")
        stars.append(Star(world, phones[0], phones[1:]))
    return stars


def settled(stars):
    """Counts of both middles once what a call leaves for a while is gone."""
    flow.pause_until(time.monotonic() + SETTLED)
    for star in stars:
        star.middle.poll()
    return [counts(star.middle) for star in stars]


@case("call.thousand", label="long", limit=2400)
def thousand(world):
    """A thousand calls, half of them taken: no descriptor, thread or octet more than a stock Linphone keeps."""
    stars = prepare(world)
    for _ in range(WARM_UP):
        for star in stars:
            star.call()
    first = settled(stars)
    for _ in range(CALLS):
        for star in stars:
            star.call()
    last = settled(stars)
    (sim, fds, threads), (stock, stock_fds, stock_threads) = (
        [b - a for a, b in zip(*pair)] for pair in zip(first, last))
    kept = (sim - stock) / CALLS
    figure(f"octets kept of each of {CALLS} calls", kept, "octets", stock=stock / CALLS)
    figure(f"descriptors more after {CALLS} calls", fds, "", stock=stock_fds)
    figure(f"threads more after {CALLS} calls", threads, "", stock=stock_threads)
    assert kept < OCTETS_A_CALL, kept
    assert fds <= max(0, stock_fds) and threads <= max(0, stock_threads)


ROUNDS = 3
ROUND_CALLS = 12
MEMORY_LIMIT = 3 * 1024  # KiB


def memory(phone):
    """KiB: of this process alone, its part of everything, everything it has mapped and touched."""
    with open(f"/proc/{phone.process.pid}/smaps_rollup", encoding="ascii") as rollup:
        found = dict(re.findall(r"^(\w+):\s+(\d+) kB", rollup.read(), re.M))
    return [int(found[name]) for name in ("Private_Dirty", "Pss", "Rss")]


@case("bench.memory", label="bench", limit=300)
def bench_memory(world):
    """What the plugin adds to a Linphone that has made and taken a few calls, against a stock one after the same."""
    stars = prepare(world)
    added = []
    for number in range(ROUNDS):
        for star in stars:
            if number:
                start_again(star.middle)
            for _ in range(ROUND_CALLS):
                star.call()
        added.append([a - b for a, b in zip(*(memory(star.middle) for star in stars))])
    own, part, mapped = (statistics.median(column) for column in zip(*added))
    figure("memory of its own that the plugin adds", own, "KiB", limit=MEMORY_LIMIT, samples=ROUNDS)
    figure("resident set that it adds, libraries included that other programs may share", mapped, "KiB",
           proportional=part, samples=ROUNDS)
    assert own < MEMORY_LIMIT, own


def start_again(phone):
    ready = len(phone.notes(r"simauth: ready: "))
    phone.stop()
    phone.forget()
    phone.start()
    if phone.node.product:
        phone.wait_note(r"simauth: ready: ", count=ready + 1)
