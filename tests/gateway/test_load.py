# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load on two gateways: what they hold of it once it is over - no descriptor, no thread, no memory.

usage: test_load.py short        some calls after a warm-up; with PostgreSQL, for a gateway on SQLite has calls in memory
       test_load.py long         calls for 900 s, or as many as SIMAUTH_LOAD_SECONDS says, then until they are over; figures in lines
                                 of "figure: "

A call is the three questions of its two phones. Between them: new sessions, addresses that nobody has, bodies that are none,
connections that end in the middle. What SQLite has is told apart: it keeps pages of the records, to its limit.
"""
import contextlib
import os
import signal
import socket
import sys
import time

from operators import Pair
from phone import Phone

HEAP = os.environ["SIMAUTH_TEST_HEAP"]
CACHE = (16 << 20) + (2 << 20)  # SQLite's pages (gateway/store/sqlite.c) and what it needs beside them
OVER = 420 + 60  # seconds after which nothing is left of a call (gateway/store/calls/calls.h), and some for sweeping
NONCE, SESSIONS = 60, 100  # seconds that used nonces are kept; sessions of a phone in them: a gateway takes 128 (gateway/api/nonce.c)
SWEEPS = 15  # seconds in which all that is over has gone
WARM_UP, SHORT, EVERY = 80, 160, 20  # calls; a bad day every so many of them
OCTETS_A_CALL = 64  # less than anything that a call could leave
OCTETS_A_CALL_SHORT = 250  # what both happen to hold when they are counted is some KiB
SECONDS = float(os.environ.get("SIMAUTH_LOAD_SECONDS", "900"))
HANGS = 2700  # seconds beside these until something hangs


class Load:
    def __init__(self):
        patient = {"limits.federation_timeout_ms": 3000, "life.nonce": NONCE}
        self.pair = Pair(dict(patient), dict(patient), start=False)
        for operator, other in (self.operators(), self.operators()[::-1]):
            operator.ctl("partner", "remove", other.title)
            operator.partner(other, per_minute=1000000)
        for operator in self.operators():
            os.environ.update({"LD_PRELOAD": HEAP, "HEAP_SOCKET": self.heap(operator)})
            try:
                operator.start()
            finally:
                del os.environ["LD_PRELOAD"], os.environ["HEAP_SOCKET"]
        self.calls = self.late = 0
        self.begun = []  # when
        self.begin()

    def operators(self):
        return self.pair.a, self.pair.b

    @staticmethod
    def heap(operator):
        return os.path.join(operator.folder, "heap")

    def begin(self):
        """Both phones have new sessions and connections."""
        self.begun = [*self.begun[1 - SESSIONS:], time.monotonic()]
        self.alice = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.bob = Phone(self.pair.sim_b, self.pair.b).bootstrap()

    def end(self):
        for phone in (self.alice, self.bob):
            phone.connection.close()

    def call(self):
        """One call; on a machine that is busy beyond measure a question may run out of time, as in life."""
        if self.questions():
            self.calls += 1
        else:
            self.late += 1
            assert self.late < 20 + self.calls, f"{self.late} of {self.calls + self.late} calls had no answer in time"
        if (self.calls + self.late) % EVERY == 0 and (len(self.begun) < SESSIONS or time.monotonic() > self.begun[0] + NONCE):
            self.bad_day()

    def questions(self):
        """Whether all three were answered."""
        answer = self.alice.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        if answer.status == 200:
            rand = answer.json["vector"]["rand"]
            answer = self.bob.ask_challenge(rand)
        if answer.status == 200:
            answer = self.bob.ask_caller(answer.json["caller"], answer.json["callee"], rand)[1]
        assert answer.status in (200, 503), answer.raw
        return answer.status == 200

    def bad_day(self):
        self.end()
        self.begin()
        answer = self.alice.ask_callee(self.pair.aor_a, "sip:nobody@nowhere.test")[1]
        assert answer.problem in ("nobody", "operator-down"), answer.raw
        assert self.alice.ask("POST", "/v1/vectors", b'{"a":').problem == "bad-request"
        for operator in self.operators():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", operator.port), 5) as plain:
                with self.alice.context.wrap_socket(plain, server_hostname=operator.fqdn) as stranger:
                    stranger.sendall(b"POST /v1/vectors HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")

    def count(self):
        """[(octets of the heap without SQLite's, descriptors, threads, SQLite's)] of each gateway when nobody asks it anything."""
        self.end()
        found = []
        for operator in self.operators():
            proc = f"/proc/{operator.process.pid}"
            settled = time.monotonic() + 15
            while self.connections(operator) and time.monotonic() < settled:
                time.sleep(0.05)
            octets, sqlite = self.octets(operator)
            found.append((octets, len(os.listdir(f"{proc}/fd")), len(os.listdir(f"{proc}/task")), sqlite))
        self.begin()
        return found

    def octets(self, operator):
        """Those of the heap that are not SQLite's, and those that are."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(10)
            peer.connect(self.heap(operator))
            pieces, maps, sqlite = map(int, peer.makefile().read().split())
        return pieces + maps - sqlite, sqlite

    @staticmethod
    def connections(operator):
        """Of phones and strangers; what partners keep open between them stays."""
        with open("/proc/net/tcp", encoding="ascii") as table:
            rows = [row.split() for row in table.readlines()[1:]]
        local = f"0100007F:{operator.port:04X}"
        return max(0, sum(row[1] == local and row[3] not in ("0A", "06") for row in rows) - 8)

    def close(self):
        self.end()
        self.pair.close()


def told(before, after, calls):
    for letter, (a, b) in zip("ab", zip(before, after)):
        print(f"figure: gateway {letter}: {calls} calls, {(b[0] - a[0]) / calls:.1f} octets of the heap a call, "
              f"{b[1] - a[1]} descriptors, {b[2] - a[2]} threads, {b[0] >> 10} KiB in use, {b[3] >> 10} KiB of SQLite", flush=True)


def flat(before, after, calls, octets):
    for a, b in zip(before, after):
        assert b[0] - a[0] < octets * calls, (before, after)
        assert b[1] <= a[1] + 4, (before, after)  # a connection to the partner more or less, at both ends
        assert b[2] <= a[2], (before, after)
        assert b[3] < CACHE, (before, after)


def short(load):
    while load.calls < WARM_UP:
        load.call()
    before = load.count()
    while load.calls < WARM_UP + SHORT:
        load.call()
    after = load.count()
    told(before, after, SHORT)
    flat(before, after, SHORT, OCTETS_A_CALL_SHORT)


def wait_until_over(load, limits):
    """Until each gateway has less than that on its heap, and none gave anything back for a while."""
    end, lowest, since = time.monotonic() + OVER, [], 0
    while time.monotonic() < end:
        octets = [load.octets(operator)[0] for operator in load.operators()]
        least = list(map(min, octets, lowest or octets))
        if least != lowest:
            lowest, since = least, time.monotonic()
        elif time.monotonic() - since > SWEEPS and all(a < b for a, b in zip(lowest, limits)):
            return
        time.sleep(1)


def long(load, seconds):
    """Vectors and answers of seven minutes are in memory, so nothing is left of the calls only when these are over."""
    while load.calls < WARM_UP:
        load.call()
    before, calls, end = load.count(), load.calls, time.monotonic() + seconds
    while time.monotonic() < end:
        load.call()
    calls = load.calls - calls
    told(before, load.count(), calls)
    print("these calls are not over", flush=True)
    load.end()
    wait_until_over(load, [a[0] + OCTETS_A_CALL * calls for a in before])
    load.begin()
    load.call()  # that a partner has closed a connection is noticed at the next question
    after = load.count()
    told(before, after, calls)
    flat(before, after, calls, OCTETS_A_CALL)


def main():
    if sys.argv[1:] not in (["short"], ["long"]):
        sys.exit(__doc__)
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda *_: sys.exit(1))
    signal.alarm(int(SECONDS) + HANGS)
    load = Load()
    try:
        if sys.argv[1] == "short":
            short(load)
        else:
            long(load, SECONDS)
    finally:
        load.close()


if __name__ == "__main__":
    main()
