# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody between two ZRTP ends who passes their Hellos on as they are, and speaks the rest with a Diffie-Hellman of his own.

RFC 6189 with what Debian's Linphones choose: SHA-256, AES-128, DH3k, B32. X is the end whose Commit counts, Y the other one. Each
message of theirs is answered by one of his in its place, made in several ways one after the other; the ends repeat what has no
answer, so what comes of each way is seen before the next one.
"""

import hashlib
import hmac
import os

from . import zrtp

NEXT = {"Commit": "DHPart1", "DHPart1": "DHPart2", "DHPart2": "Confirm1", "Confirm1": "Confirm2"}
TRIES = 2  # of each way, before the next


def pi(bits):
    """Pi times 2^bits, by Machin's formula."""
    def arctan_of(inverse):
        term = total = (1 << (bits + 64)) // inverse
        number, sign = 3, -1
        while term:
            term //= inverse * inverse
            total += sign * (term // number)
            number, sign = number + 2, -sign
        return total
    return 4 * (4 * arctan_of(5) - arctan_of(239)) >> 64


PRIME = 2**3072 - 2**3008 - 1 + 2**64 * (pi(2942) + 1690314)  # RFC 3526, group 15
PV = 384


def sha256(octets):
    return hashlib.sha256(octets).digest()


def mac(key, octets):
    return hmac.new(key, octets, hashlib.sha256).digest()[:8]


def message(payload):
    return payload[12:-4]


def with_message(payload, octets):
    assert len(octets) == len(message(payload))
    return zrtp.seal(payload[:12] + octets + payload[-4:])


class Chain:
    """Images of a random H0 of our own, and a pair for Diffie-Hellman."""

    def __init__(self):
        self.h0 = os.urandom(32)
        self.h1 = sha256(self.h0)
        self.h2 = sha256(self.h1)
        self.pv = pow(2, int.from_bytes(os.urandom(64), "big"), PRIME).to_bytes(PV, "big")

    def dh_part(self, true, h1=None):
        """A DHPart like this one with our value; `h1`: of the end that we speak for, whose H0 for the MAC we have not."""
        text = true[:12] + (h1 or self.h1) + true[44:76] + self.pv
        return text + mac(self.h0, text)

    def commit(self, true, dh_part_2, hello_of_y):
        """A Commit like this one, whose hvi and MAC are right for our own DHPart2."""
        text = true[:12] + self.h2 + true[44:76] + sha256(dh_part_2 + hello_of_y)
        return text + mac(self.h1, text)


class Between:
    """A hook for media: hook.pass_on(datagram, towards_node) yields what goes on."""

    def __init__(self):
        self.chain = Chain()
        self.hellos = {}  # from the node's side or towards it -> the message
        self.x = None  # whether X's messages go towards the node
        self.hvi = b""
        self.dh_part_2 = None  # ours, which our Commit stands for
        self.sent = []  # (message, way)
        self.answers = {}  # (message, way) -> what came next
        self.ways = {"Commit": [self.own_commit, self.true], "DHPart1": [self.own_chain, self.own_value],
                     "DHPart2": [self.own_chain, self.own_value, self.true], "Confirm1": [self.true], "Confirm2": [self.true]}

    def pass_on(self, datagram, towards_node):
        kind = zrtp.message_type(datagram.payload)
        if kind == "Hello":
            self.hellos[towards_node] = message(datagram.payload)
        if kind in self.ways:
            if not self._counts(kind, datagram.payload, towards_node):
                return
            if self.sent:
                self.answers.setdefault(self.sent[-1], kind)
            way = self._way(kind)
            self.sent.append((kind, way.__name__))
            datagram.payload = with_message(datagram.payload, way(kind, message(datagram.payload)))
        yield 0, datagram

    def _counts(self, kind, payload, towards_node):
        """Of two Commits the one with the greater hvi counts (RFC 6189, 4.2)."""
        if kind == "Commit" and message(payload)[76:108] > self.hvi and (self.x is None or self.x != towards_node):
            self.x, self.hvi = towards_node, message(payload)[76:108]
            self.sent, self.answers = [], {}
        return (self.x == towards_node) == (kind in ("Commit", "DHPart2", "Confirm2"))

    def _way(self, kind):
        ways = self.ways[kind]
        tries = [name for of, name in self.sent if of == kind]
        return next((way for way in ways[:-1] if tries.count(way.__name__) < TRIES), ways[-1])

    def tried(self, kind, way):
        """Whether this message was made in this way."""
        return (kind, way) in self.sent

    def taken(self, kind, way):
        """Whether the other end took it: what came next was the message that follows it, and no repetition."""
        return self.answers.get((kind, way)) == NEXT[kind]

    # -- the ways

    def true(self, _kind, true):
        """As it was."""
        return true

    def own_commit(self, _kind, true):
        """A Commit of our own: all right in itself, but its H2 is not that of X's Hello."""
        if not self.dh_part_2:
            self.dh_part_2 = self.chain.dh_part(b"PZ" + (117).to_bytes(2, "big") + b"DHPart2 " + bytes(32) + os.urandom(32))
        return self.chain.commit(true, self.dh_part_2, self.hellos[not self.x])

    def own_chain(self, kind, true):
        """A DHPart with our value under our own H1."""
        return self.dh_part_2 if kind == "DHPart2" else self.chain.dh_part(true)

    def own_value(self, _kind, true):
        """A DHPart with our value under its H1: to a DHPart2, X's Commit has another hvi (CVE-2016-6271)."""
        return self.chain.dh_part(true, true[12:44])
