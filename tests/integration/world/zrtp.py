# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ZRTP packets as somebody in the media reads and changes them (RFC 6189, section 5)."""

import struct

COOKIE = b"ZRTP"


def _table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
        yield value


TABLE = list(_table())


def crc32c(octets):
    value = 0xffffffff
    for octet in octets:
        value = value >> 8 ^ TABLE[(value ^ octet) & 0xff]
    return value ^ 0xffffffff


def message_type(payload):
    """The type ('Hello', 'DHPart1', ...) of the ZRTP message in this UDP payload; None: it is none."""
    if len(payload) < 28 or payload[0] & 0xf0 != 0x10 or payload[4:8] != COOKIE:
        return None
    return payload[16:24].decode("ascii", "replace").strip()


def seal(payload):
    """The packet with its right checksum, which anybody can make."""
    return payload[:-4] + struct.pack("<I", crc32c(payload[:-4]))


def with_octet_changed(payload, place):
    return seal(payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1:])
