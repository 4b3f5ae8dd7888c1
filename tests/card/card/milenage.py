# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Milenage (TS 35.206), on AES of python3-cryptography."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

C = ("00" * 16, "00" * 15 + "01", "00" * 15 + "02", "00" * 15 + "04", "00" * 15 + "08")
R = (64, 0, 32, 64, 96)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def rotated(block, bits):
    """`block` rotated by `bits` towards its most significant bit."""
    bits %= 128
    number = int.from_bytes(block, "big")
    return ((number << bits | number >> (128 - bits)) & ((1 << 128) - 1)).to_bytes(16, "big")


class Milenage:
    """f1 to f5* of one subscriber.  Give `op` or `opc`; `c`, `r` are an operator's own constants."""

    def __init__(self, k, opc=None, op=None, c=C, r=R):
        self._aes = Cipher(algorithms.AES(k), modes.ECB())
        self._opc = opc if opc is not None else xor(self._encrypt(op), op)
        self._c = [bytes.fromhex(x) if isinstance(x, str) else x for x in c]
        self._r = r

    def _encrypt(self, block):
        run = self._aes.encryptor()
        return run.update(block) + run.finalize()

    def _temp(self, rand):
        return self._encrypt(xor(rand, self._opc))

    def _out(self, number, temp):
        block = rotated(xor(temp, self._opc), self._r[number - 1])
        return xor(self._encrypt(xor(block, self._c[number - 1])), self._opc)

    def _out1(self, rand, sqn, amf):
        block = rotated(xor((sqn + amf) * 2, self._opc), self._r[0])
        block = xor(xor(self._temp(rand), block), self._c[0])
        return xor(self._encrypt(block), self._opc)

    def f1(self, rand, sqn, amf):
        """MAC-A."""
        return self._out1(rand, sqn, amf)[:8]

    def f1_star(self, rand, sqn, amf):
        """MAC-S."""
        return self._out1(rand, sqn, amf)[8:]

    def f2345(self, rand):
        """RES, CK, IK, AK."""
        temp = self._temp(rand)
        out2 = self._out(2, temp)
        return out2[8:], self._out(3, temp), self._out(4, temp), out2[:6]

    def f5_star(self, rand):
        return self._out(5, self._temp(rand))[:6]
