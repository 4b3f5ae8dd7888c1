# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad wire between two nodes (tests/net/wire.c): everything that they say to each other goes through it.

    wire = BadWire(world, phone.node, proxy.node, "loss=20 delay=200 jitter=100", seed=1)     # a good one so far
    wire.begin()             # from now on as the plan says
    wire.mend()              # a good one again
    wire.counts()            # ends it; what it did, by direction
"""

import json
import os
import re
import select
import signal
import socket
import threading

from . import net, packet, sip
from .process import Failed, Process

PROGRAM = os.path.join("tests", "net", "wire")
DEVICE = "/dev/net/tun"


def available():
    return os.path.exists(DEVICE)


def device(other):
    return f"to-{other.name}"[:15]


class BadWire:
    def __init__(self, world, left, right, words, seed=1):
        build = os.path.dirname(os.path.dirname(world.product))  # of BUILD/stage/usr
        self.ends = left, right
        self._process = Process(f"wire {left.name} {right.name}", [
            os.path.join(build, PROGRAM), "--seed", str(seed), "--wait", f"{left.name}:{device(right)}",
            f"{right.name}:{device(left)}", *words.split()], os.path.join(world.folder, f"wire-{left.name}.log"))
        self._process.wait_log(r"^ready")
        for here, there in ((left, right), (right, left)):
            net.ip("-n", here.name, "route", "add", f"{there.address}/32", "dev", device(there), "src", here.address)
        self._listeners = [Listener(here, device(there)) for here, there in ((left, right), (right, left))]
        self._segments = self._resent()

    def _say(self, number, word):
        os.kill(self._process.pid, number)
        self._process.wait_log(rf"(?m)^{word}")

    def begin(self):
        self._segments = self._resent()
        for listener in self._listeners:
            listener.sent.clear()
        self._say(signal.SIGUSR1, "begun")

    def mend(self):
        self._say(signal.SIGUSR2, "mended")

    def _resent(self):
        """TCP segments that both ends have sent once more."""
        return sum(node.inside(retransmitted) for node in self.ends)

    def repetitions(self):
        """SIP messages and TCP segments that the two have said again since begin()."""
        return sum(listener.repeated() for listener in self._listeners) + self._resent() - self._segments

    def counts(self):
        """End it: {direction: {what: packets}}."""
        for listener in self._listeners:
            listener.close()
        status = self._process.stop()
        with open(self._process.log, encoding="utf-8") as log:
            said = log.read().splitlines()
        if status != 0 or not said[-1].startswith("{"):
            raise Failed(f"{self._process.name} ended with status {status}: {said[-3:]}")
        return json.loads(said[-1])


def retransmitted():
    with open("/proc/thread-self/net/snmp", encoding="ascii") as counters:
        names, values = [line.split() for line in counters if line.startswith("Tcp:")]
    return int(values[names.index("RetransSegs")])


class Listener(threading.Thread):
    """The SIP messages that a node says into its end of the wire: {what it is: how often}."""

    def __init__(self, node, interface):
        super().__init__(daemon=True)
        self.sent = {}
        self._parts = packet.Reassembler()
        self._socket = node.inside(lambda: self._open(interface))
        self._running = True
        self.start()

    @staticmethod
    def _open(interface):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        tap.bind((interface, 0))
        return tap

    def run(self):
        while self._running:
            if select.select([self._socket], [], [], 0.1)[0]:
                octets, (_, _, kind, *_) = self._socket.recvfrom(65536)
                if kind == socket.PACKET_OUTGOING:
                    self._take(octets)

    def _take(self, octets):
        datagram = self._parts.add(bytes(12) + packet.IPV4.to_bytes(2, "big") + octets)
        message = datagram and datagram.protocol == packet.UDP and sip.parse(0, datagram)
        if message:
            what = (message.first_line, message.call_id, message.header("CSeq"), *message.branches()[:1])
            self.sent[what] = self.sent.get(what, 0) + 1

    def repeated(self):
        return sum(self.sent.copy().values()) - len(self.sent)

    def close(self):
        self._running = False
        self.join()
        self._socket.close()


def words_of(counts):
    """What a wire did, both ways together, in words."""
    total = {}
    for direction in counts.values():
        for name, number in direction.items():
            total[name] = total.get(name, 0) + number
    lost = sum(total[name] for name in total if re.match("lost", name))
    return total, lost
