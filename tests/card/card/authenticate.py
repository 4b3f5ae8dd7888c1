# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AUTHENTICATE's inside: sequence numbers, AUTS, and the answers of both contexts."""

from .apdu import Refused
from .milenage import xor
from .simple import c3, triplet


class Window:
    """SQN = SEQ || IND with one SEQ for each IND (TS 33.102, C.2); `kept` outlives a restart."""

    def __init__(self, kept, ind_bits=5, delta=1 << 28):
        self._bits, self._delta = ind_bits, delta
        self._seq = kept.setdefault("seq", [0] * (1 << ind_bits))
        if len(self._seq) != 1 << ind_bits:
            raise ValueError("the kept SQN array has another number of IND")

    @property
    def highest(self):
        """SQN_MS; 0 as long as none was taken."""
        return max(seq << self._bits | ind if seq else 0 for ind, seq in enumerate(self._seq))

    def take(self, sqn):
        """True when it is fresh; it then counts as used."""
        seq, ind = sqn >> self._bits, sqn & ((1 << self._bits) - 1)
        if seq <= self._seq[ind] or seq - (self.highest >> self._bits) > self._delta:
            return False
        self._seq[ind] = seq
        return True


class Authenticator:
    """The subscriber's algorithm with its window."""

    def __init__(self, profile, kept):
        self._algorithm = profile.algorithm
        self.window = Window(kept, profile.ind_bits, profile.seq_delta)
        self._with_kc = profile.gsm_context

    def umts(self, data):
        """3G context: RAND and AUTN, each behind its length (TS 31.102, 7.1.2.1)."""
        if len(data) != 34:
            raise Refused(0x6700)
        if data[0] != 16 or data[17] != 16:
            raise Refused(0x6a80)
        rand, autn = data[1:17], data[18:]
        res, ck, ik, ak = self._algorithm.f2345(rand)
        sqn = xor(autn[:6], ak)
        if self._algorithm.f1(rand, sqn, autn[6:8]) != autn[8:]:
            raise Refused(0x9862)
        if not self.window.take(int.from_bytes(sqn, "big")):
            return b"\xdc\x0e" + self.auts(rand)
        answer = b"\xdb" + b"".join(bytes([len(x)]) + x for x in (res, ck, ik))
        return answer + (b"\x08" + c3(ck, ik) if self._with_kc else b"")

    def auts(self, rand):
        """SQN_MS hidden under AK*, and MAC-S with AMF 0 (TS 33.102, 6.3.3)."""
        sqn = self.window.highest.to_bytes(6, "big")
        mac = self._algorithm.f1_star(rand, sqn, bytes(2))
        return xor(sqn, self._algorithm.f5_star(rand)) + mac

    def gsm(self, data):
        """GSM context: the length of SRES, SRES, the length of Kc, Kc."""
        if len(data) != 17:
            raise Refused(0x6700)
        if data[0] != 16:
            raise Refused(0x6a80)
        sres, kc = triplet(self._algorithm, data[1:])
        return bytes([len(sres)]) + sres + bytes([len(kc)]) + kc

    def run_gsm(self, data):
        """RUN GSM ALGORITHM: SRES and Kc alone."""
        if len(data) != 16:
            raise Refused(0x6710)
        return b"".join(triplet(self._algorithm, data))
