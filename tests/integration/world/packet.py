# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IP and UDP as they stand on a cable: taken apart, put together (IPv4 alone), fragments included."""

import socket
import struct

ETHERNET = 14
IPV4 = 0x0800
IPV6 = 0x86dd
IPV6_FRAGMENT = 44
UDP = 17
TCP = 6
MTU = 1500


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Datagram:
    """One IP packet, whole: `payload` is UDP's or TCP's where it is one of these."""

    def __init__(self, ethernet, source, target, protocol, body, ident=0):
        self.ethernet = ethernet
        self.source = source
        self.target = target
        self.protocol = protocol
        self.ident = ident
        self.source_port = self.target_port = 0
        self.flags = 0  # TCP's
        self.payload = body
        if protocol in (UDP, TCP) and len(body) >= 8:
            self.source_port, self.target_port = struct.unpack("!HH", body[:4])
        if protocol == UDP:
            self.payload = body[8:]
        elif protocol == TCP and len(body) >= 20:
            self.flags = body[13]
            self.payload = body[(body[12] >> 4) * 4:]

    def frames(self, mtu=MTU):
        """The Ethernet frames of this UDP datagram with its present payload."""
        assert self.protocol == UDP
        body = struct.pack("!HHHH", self.source_port, self.target_port, 8 + len(self.payload), 0)
        pseudo = (socket.inet_aton(self.source) + socket.inet_aton(self.target) +
                  struct.pack("!BBH", 0, UDP, 8 + len(self.payload)))
        total = checksum(pseudo + body + self.payload) or 0xffff
        body = body[:6] + struct.pack("!H", total) + self.payload
        room = (mtu - 20) // 8 * 8
        for start in range(0, len(body), room):
            part = body[start:start + room]
            more = 0x2000 if start + room < len(body) else 0
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(part), self.ident,
                               more | start // 8, 64, UDP, 0,
                               socket.inet_aton(self.source), socket.inet_aton(self.target))
            yield self.ethernet + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + part


class Reassembler:
    """Frames in, whole datagrams out."""

    def __init__(self):
        self._parts = {}

    def add(self, frame):
        """The Datagram that this frame is or completes; None for anything else or a first part."""
        kind = struct.unpack("!H", frame[12:14])[0] if len(frame) >= ETHERNET + 20 else None
        if kind == IPV6 and len(frame) >= ETHERNET + 40:
            return self._add_6(frame)
        if kind != IPV4:
            return None
        header = frame[ETHERNET:]
        length = (header[0] & 15) * 4
        total, ident, fragment = struct.unpack("!HHH", header[2:8])
        protocol = header[9]
        source, target = socket.inet_ntoa(header[12:16]), socket.inet_ntoa(header[16:20])
        body = header[length:total]
        if fragment & 0x3fff:
            body = self._join((source, target, protocol, ident), fragment, body)
            if body is None:
                return None
        return Datagram(frame[:ETHERNET], source, target, protocol, body, ident)

    def _add_6(self, frame):
        header = frame[ETHERNET:]
        length, protocol = struct.unpack("!HB", header[4:7])
        source, target = (socket.inet_ntop(socket.AF_INET6, header[at:at + 16]) for at in (8, 24))
        body, ident = header[40:40 + length], 0
        if protocol == IPV6_FRAGMENT:
            protocol, fragment, ident = struct.unpack("!BxHI", body[:8])
            # The same as IPv4 has it: the offset in units of 8, and whether more follows.
            body = self._join((source, target, protocol, ident), fragment >> 3 | (fragment & 1) << 13, body[8:])
            if body is None:
                return None
        return Datagram(frame[:ETHERNET], source, target, protocol, body, ident)

    def _join(self, key, fragment, body):
        parts = self._parts.setdefault(key, {})
        parts[(fragment & 0x1fff) * 8] = (body, bool(fragment & 0x2000))
        whole, at = b"", 0
        while at in parts:
            part, more = parts[at]
            whole += part
            at += len(part)
            if not more:
                del self._parts[key]
                return whole
        return None


def read_capture(file):
    """(seconds, frame) of what an open pcap file has from its present place on; stops before an
    unfinished record, so that it can be called again on a file that grows."""
    if file.tell() == 0:
        head = file.read(24)
        if len(head) < 24:
            file.seek(0)
            return
        assert head[:4] == b"\xd4\xc3\xb2\xa1", "a pcap file of this machine's byte order"
    while True:
        start = file.tell()
        head = file.read(16)
        if len(head) < 16:
            file.seek(start)
            return
        seconds, micro, length, _ = struct.unpack("<IIII", head)
        frame = file.read(length)
        if len(frame) < length:
            file.seek(start)
            return
        yield seconds + micro / 1e6, frame
