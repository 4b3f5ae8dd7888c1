# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The algorithms without a block cipher: XOR (TS 34.108, 8.1.2), c2 and c3."""

from .milenage import xor


class Xor:
    """The dummy algorithm of test USIMs."""

    def __init__(self, k, res=16):
        self._k, self._res = k, res

    def _xdout(self, rand):
        return xor(self._k, rand)

    def f1(self, rand, sqn, amf):
        return xor(self._xdout(rand)[:8], sqn + amf)

    f1_star = f1

    def f2345(self, rand):
        x = self._xdout(rand)
        return x[:self._res], x[1:] + x[:1], x[2:] + x[:2], x[3:9]

    def f5_star(self, rand):
        return self._xdout(rand)[3:9]


def c2(res):
    """SRES from RES (TS 33.102, 6.8.1.2)."""
    padded = res[:16].ljust(16, b"\0")
    sres = padded[:4]
    for start in (4, 8, 12):
        sres = xor(sres, padded[start:start + 4])
    return sres


def c3(ck, ik):
    """Kc from CK and IK (TS 33.102, 6.8.1.2)."""
    return xor(xor(ck[:8], ck[8:]), xor(ik[:8], ik[8:]))


def triplet(algorithm, rand):
    """SRES and Kc, as a card with this algorithm makes them of `rand`."""
    res, ck, ik, _ = algorithm.f2345(rand)
    return c2(res), c3(ck, ik)
