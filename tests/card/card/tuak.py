# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TUAK (TS 35.231), on a Keccak-f[1600] written from FIPS 202."""

_MASK = (1 << 64) - 1
_NAME = b"TUAK1.0"


def _round_constants():
    """iota's constants from their shift register (FIPS 202, 3.2.5)."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return constants


def _offsets():
    """rho's rotations, and where pi puts each lane."""
    x, y, steps = 1, 0, []
    for t in range(24):
        steps.append((x, y, (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return steps


_ROUNDS = _round_constants()
_STEPS = _offsets()


def _rotl(lane, bits):
    return ((lane << bits) | (lane >> (64 - bits))) & _MASK if bits else lane


def _round(a, constant):
    c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
    d = [c[(x + 4) % 5] ^ _rotl(c[(x + 1) % 5], 1) for x in range(5)]
    a = [lane ^ d[i % 5] for i, lane in enumerate(a)]
    b = [a[0]] + [0] * 24
    for x, y, bits in _STEPS:
        b[y + 5 * ((2 * x + 3 * y) % 5)] = _rotl(a[x + 5 * y], bits)
    a = [b[i] ^ (~b[i // 5 * 5 + (i + 1) % 5] & _MASK & b[i // 5 * 5 + (i + 2) % 5])
         for i in range(25)]
    a[0] ^= constant
    return a


def keccak_f(state):
    """The permutation on 200 octets."""
    lanes = [int.from_bytes(state[8 * i:8 * i + 8], "little") for i in range(25)]
    for constant in _ROUNDS:
        lanes = _round(lanes, constant)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes)


class Tuak:
    """f1 to f5* of one subscriber; lengths in octets.  Give `top` or `topc`.

    A USIM has 64 bits of MAC and 128 of CK and IK; the others are there for TS 35.233's sets.
    """

    def __init__(self, k, topc=None, top=None, iterations=1, mac=8, res=8, ck=16, ik=16):
        self._k, self._iterations = k, iterations
        self._mac, self._res, self._ck, self._ik = mac, res, ck, ik
        self._topc = topc if topc is not None else self._run(top, 0)[31::-1]

    @property
    def topc(self):
        return self._topc

    def _run(self, top, instance, rand=bytes(16), amf=bytes(2), sqn=bytes(6)):
        """The 200 octets of OUT.  Each field stands in IN with its last bit first."""
        if len(self._k) == 32:
            instance |= 1
        fields = (top, bytes([instance]), _NAME, rand, amf, sqn, bytes(32 - len(self._k)) + self._k)
        block = b"".join(field[::-1] for field in fields) + b"\x1f"
        block += bytes(135 - len(block)) + b"\x80"
        block += bytes(200 - len(block))
        for _ in range(self._iterations):
            block = keccak_f(block)
        return block

    def f1(self, rand, sqn, amf):
        """MAC-A."""
        out = self._run(self._topc, self._mac, rand, amf, sqn)
        return out[:self._mac][::-1]

    def f1_star(self, rand, sqn, amf):
        """MAC-S."""
        out = self._run(self._topc, 0x80 | self._mac, rand, amf, sqn)
        return out[:self._mac][::-1]

    def f2345(self, rand):
        """RES, CK, IK, AK."""
        instance = 0x40 | {4: 0, 8: 0x08, 16: 0x10, 32: 0x20}[self._res]
        instance |= (4 if self._ck == 32 else 0) | (2 if self._ik == 32 else 0)
        out = self._run(self._topc, instance, rand)
        return (out[:self._res][::-1], out[32:32 + self._ck][::-1],
                out[64:64 + self._ik][::-1], out[96:102][::-1])

    def f5_star(self, rand):
        return self._run(self._topc, 0xc0, rand)[96:102][::-1]
