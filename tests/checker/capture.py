# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""UDP datagrams out of a pcap or pcapng file, fragments put together."""

import collections
import ipaddress
import struct

Datagram = collections.namedtuple("Datagram", "source source_port target target_port payload")

LINK_ETHERNET, LINK_RAW, LINK_SLL, LINK_SLL2, LINK_NULL = 1, (12, 101, 228, 229), 113, 276, (0, 108)


class Unreadable(Exception):
    """No capture, or one of a kind that is not read here."""


def _pcap_frames(data):
    magic = data[:4]
    orders = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\xa1\xb2\x3c\x4d": ">"}
    order = orders[magic]
    link, at = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF, 24
    while at + 16 <= len(data):
        length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
        yield link, data[at + 16:at + 16 + length]
        at += 16 + length


def _pcapng_frames(data):
    at, order, links = 0, "<", []
    while at + 12 <= len(data):
        if data[at:at + 4] == b"\x0a\x0d\x0d\x0a":
            order, links = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">", []
        kind, length = struct.unpack(order + "II", data[at:at + 8])
        body = data[at + 8:at + length - 4]
        if kind == 1:
            links.append(struct.unpack(order + "H", body[:2])[0])
        elif kind == 6:
            interface, captured = struct.unpack(order + "I", body[:4])[0], struct.unpack(order + "I", body[12:16])[0]
            yield links[interface], body[20:20 + captured]
        if length < 12:
            raise Unreadable("damaged pcapng")
        at += length


def _packet(link, frame):
    """The IP packet within a frame, or b""."""
    if link == LINK_ETHERNET:
        kind, start = frame[12:14], 14
        if kind == b"\x81\x00":
            kind, start = frame[16:18], 18
        return frame[start:] if kind in (b"\x08\x00", b"\x86\xdd") else b""
    if link in LINK_RAW:
        return frame
    if link == LINK_SLL:
        return frame[16:]
    if link == LINK_SLL2:
        return frame[20:]
    if link in LINK_NULL:
        return frame[4:]
    raise Unreadable(f"link type {link}")


class _Fragments:
    def __init__(self):
        self.parts = {}

    def add(self, key, offset, more, payload):
        """The whole payload when the last part is there, else None."""
        if offset == 0 and not more:
            return payload
        parts = self.parts.setdefault(key, {})
        parts[offset] = (payload, more)
        whole = b""
        while len(whole) in parts:
            part, more_follow = parts[len(whole)]
            whole += part
            if not more_follow:
                del self.parts[key]
                return whole
            if not part:
                break
        return None


def _ipv4(packet, fragments):
    header, total = (packet[0] & 15) * 4, struct.unpack(">H", packet[2:4])[0]
    flags = struct.unpack(">H", packet[6:8])[0]
    key = (packet[12:20], packet[4:6], packet[9])
    payload = fragments.add(key, (flags & 0x1FFF) * 8, bool(flags & 0x2000), packet[header:total])
    return packet[9], packet[12:16], packet[16:20], payload


def _ipv6(packet, fragments):
    following, payload = packet[6], packet[40:40 + struct.unpack(">H", packet[4:6])[0]]
    while following in (0, 43, 60):
        following, payload = payload[0], payload[(payload[1] + 1) * 8:]
    if following == 44:
        offset, more = struct.unpack(">H", payload[2:4])[0] & 0xFFF8, bool(payload[3] & 1)
        following, key = payload[0], (packet[8:40], payload[4:8])
        payload = fragments.add(key, offset, more, payload[8:])
    return following, packet[8:24], packet[24:40], payload


def datagrams(path):
    """Every UDP datagram of the file at `path`, in its order."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] == b"\x0a\x0d\x0d\x0a":
        frames = _pcapng_frames(data)
    elif data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d"):
        frames = _pcap_frames(data)
    else:
        raise Unreadable(f"{path}: neither pcap nor pcapng")
    fragments = _Fragments()
    for link, frame in frames:
        packet = _packet(link, frame)
        if len(packet) < 20:
            continue
        read = {4: _ipv4, 6: _ipv6}.get(packet[0] >> 4)
        if read is None:
            continue
        protocol, source, target, payload = read(packet, fragments)
        if protocol != 17 or payload is None or len(payload) < 8:
            continue
        ports = struct.unpack(">HH", payload[:4])
        yield Datagram(str(ipaddress.ip_address(source)), ports[0], str(ipaddress.ip_address(target)), ports[1],
                       payload[8:struct.unpack(">H", payload[4:6])[0]])
