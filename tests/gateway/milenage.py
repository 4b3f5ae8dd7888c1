# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Milenage from TS 35.206 and a USIM's sequence numbers, written without a look at lib/."""
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

C = [bytes(15) + bytes([v]) for v in (0, 1, 2, 4, 8)]
R = [64, 0, 32, 64, 96]


def aes(key, block):
    enc = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return enc.update(block) + enc.finalize()


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def rot(block, bits):
    n = int.from_bytes(block, "big")
    return ((n << bits | n >> (128 - bits)) & (1 << 128) - 1).to_bytes(16, "big") if bits else block


def opc_of(k, op):
    return xor(aes(k, op), op)


class Milenage:
    def __init__(self, k, opc, c=C, r=R):
        self.k, self.opc, self.c, self.r = k, opc, c, r

    def out(self, n, temp):
        return xor(aes(self.k, xor(rot(xor(temp, self.opc), self.r[n]), self.c[n])), self.opc)

    def f1(self, rand, sqn, amf):
        temp = aes(self.k, xor(rand, self.opc))
        in1 = (sqn + amf) * 2
        block = xor(aes(self.k, xor(xor(temp, rot(xor(in1, self.opc), self.r[0])), self.c[0])), self.opc)
        return block[:8], block[8:]

    def f2345(self, rand):
        temp = aes(self.k, xor(rand, self.opc))
        out2, out3, out4, out5 = (self.out(n, temp) for n in (1, 2, 3, 4))
        return {"res": out2[8:], "ak": out2[:6], "ck": out3, "ik": out4, "ak_star": out5[:6]}


def impi_of(imsi):
    """TS 23.003 section 13.3, of the tests' networks: an MNC of two digits."""
    return f"{imsi}@ims.mnc0{imsi[3:5]}.mcc{imsi[:3]}.3gppnetwork.org"


class Usim:
    """TS 33.102 annex C.2 with five bits of IND: one SEQ for each."""

    def __init__(self, imsi, k, opc, c=C, r=R):
        self.imsi, self.m = imsi, Milenage(k, opc, c, r)
        self.seq = [0] * 32
        self.seen = []  # every SQN that a right MAC came with
        self.amf = None

    @property
    def impi(self):
        return impi_of(self.imsi)

    def run(self, rand, autn):
        """("good", res, ck + ik) or ("resync", auts) or ("refused",)."""
        keys = self.m.f2345(rand)
        sqn, amf = xor(autn[:6], keys["ak"]), autn[6:8]
        if self.m.f1(rand, sqn, amf)[0] != autn[8:]:
            return ("refused",)
        self.amf = amf
        number = int.from_bytes(sqn, "big")
        self.seen.append(number)
        seq, ind = number >> 5, number & 31
        if seq <= self.seq[ind] or seq - max(self.seq) > 1 << 28:
            return ("resync", self.auts(rand))
        self.seq[ind] = seq
        return ("good", keys["res"], keys["ck"] + keys["ik"])

    def auts(self, rand, sqn_ms=None):
        if sqn_ms is None:
            sqn_ms = max(s << 5 | i for i, s in enumerate(self.seq))
        sqn = sqn_ms.to_bytes(6, "big")
        return xor(sqn, self.m.f2345(rand)["ak_star"]) + self.m.f1(rand, sqn, b"\0\0")[1]
