# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cable with somebody on it: every frame between a node and the switch passes through our hands.

    wire = Wire(node)            # before or after the node's programs start
    wire.hook = function         # function(datagram, towards_node) -> iterable of (delay, datagram)

The hook sees whole IPv4 datagrams of UDP and may change their payload, drop, repeat or delay them;
everything else passes as it is. The kernel here has no netem, and a changed, lost, late or doubled SIP
message is what most attacks and faults are.
"""

import heapq
import select
import socket
import threading
import time

from . import net, packet, sip


class Wire:
    def __init__(self, node):
        self.node = node
        self.hook = None
        self.error = None
        outer, inner = f"w{node.name}-o"[:15], f"w{node.name}-i"[:15]
        # The node's cable goes into a pair of our own instead of the switch.
        net.ip("link", "set", node.cable, "nomaster")
        net.ip("link", "add", outer, "type", "veth", "peer", "name", inner)
        net.ip("link", "set", outer, "master", net.SWITCH, "up")
        net.ip("link", "set", inner, "up")
        net.whole_frames(outer)
        node.inside(lambda: net.whole_frames("eth0"))
        self._node_side = self._tap(node.cable)
        self._net_side = self._tap(inner)
        self._ends = {self._node_side: (self._net_side, packet.Reassembler()),
                      self._net_side: (self._node_side, packet.Reassembler())}
        self._late = []
        self._count = 0
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @staticmethod
    def _tap(interface):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        tap.bind((interface, 0))
        return tap

    def _run(self):
        try:
            while self._running:
                limit = max(0, self._late[0][0] - time.monotonic()) if self._late else 0.1
                ready, _, _ = select.select(list(self._ends), [], [], min(limit, 0.1))
                for tap in ready:
                    self._take(tap)
                self._send_late()
        except OSError as error:
            if self._running:
                self.error = error
        except Exception as error:  # pylint: disable=broad-except
            self.error = error  # a broken hook: the test's check() says so

    def _take(self, tap):
        frame, (_, _, kind, *_) = tap.recvfrom(65536)
        if kind == socket.PACKET_OUTGOING:
            return  # what we put there ourselves
        other, parts = self._ends[tap]
        if self.hook is None:
            other.send(frame)
            return
        datagram = parts.add(frame)
        if datagram is None and self._is_udp(frame):
            return  # a part of a datagram that is not complete yet
        if datagram is None or datagram.protocol != packet.UDP:
            other.send(frame)
            return
        for delay, out in self.hook(datagram, tap is self._net_side):
            self._count += 1
            heapq.heappush(self._late, (time.monotonic() + delay, self._count, other, out))

    @staticmethod
    def _is_udp(frame):
        return len(frame) > 33 and frame[12:14] == b"\x08\x00" and frame[23] == packet.UDP

    def _send_late(self):
        while self._late and self._late[0][0] <= time.monotonic():
            _, _, tap, datagram = heapq.heappop(self._late)
            for frame in datagram.frames():
                tap.send(frame)

    def check(self):
        """Raise what the hook raised."""
        if self.error is not None:
            raise self.error

    def close(self):
        self._running = False
        self._thread.join()
        for tap in self._ends:
            tap.close()


class Strip:
    """A hook: an intermediary that redraws tags and branches and drops unknown headers.

    What some back-to-back user agents do. Whatever is ours is taken out on the way to the node and put
    back on the way from it, so that the dialog itself stays whole.
    """

    def __init__(self):
        self._instead = {}  # the element -> what stands in its place
        self.removed = []

    def _alias(self, element):
        if element not in self._instead:
            prefix = "z9hG4bKs" if element.startswith("z9hG4bK") else "s"
            self._instead[element] = f"{prefix}{len(self._instead) + 1:x}x{abs(hash(element)):x}"
        return self._instead[element]

    def __call__(self, datagram, towards_node):
        if sip.PORT in (datagram.source_port, datagram.target_port):
            text = datagram.payload.decode("utf-8", "surrogateescape")
            text = self._inwards(text) if towards_node else self._outwards(text)
            datagram.payload = text.encode("utf-8", "surrogateescape")
        yield 0, datagram

    def _inwards(self, text):
        head, gap, body = text.partition("\r\n\r\n")
        lines = []
        for line in head.split("\r\n"):
            if line.lower().startswith("sim-auth:"):
                self.removed.append(line)
                continue
            for element in sip.ELEMENT.findall(line):
                self.removed.append(element)
                line = line.replace(element, self._alias(element))
            lines.append(line)
        return "\r\n".join(lines) + gap + body

    def _outwards(self, text):
        for element, alias in self._instead.items():
            text = text.replace(alias, element)
        return text
