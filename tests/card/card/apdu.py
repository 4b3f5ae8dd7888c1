# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command APDUs as T=0 carries them, and the names of instructions."""

from dataclasses import dataclass

NAMES = {
    0xa4: "select", 0xf2: "status", 0xb0: "read_binary", 0xb2: "read_record",
    0xd6: "update_binary", 0xdc: "update_record", 0xc0: "get_response",
    0x20: "verify", 0x24: "change_pin", 0x26: "disable_pin", 0x28: "enable_pin", 0x2c: "unblock",
    0x88: "authenticate", 0x10: "terminal_profile", 0x12: "fetch", 0x14: "terminal_response",
    0xc2: "envelope", 0x70: "manage_channel",
}
# What a class A0 card calls INS 88 (TS 51.011, 9.2.16).
RUN_GSM = "run_gsm_algorithm"
# Instructions whose P3 is the length that the card sends.
OUTGOING = {0xf2, 0xb0, 0xb2, 0xc0, 0x12}


class Refused(Exception):
    """The card answers with nothing but this status word."""

    def __init__(self, sw):
        super().__init__(f"{sw:04x}")
        self.sw = sw


@dataclass
class Apdu:
    """One command; `le` is 1 to 256 for outgoing instructions and None without one."""
    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None

    @property
    def gsm(self):
        return self.cla == 0xa0

    @property
    def name(self):
        if self.gsm and self.ins == 0x88:
            return RUN_GSM
        return NAMES.get(self.ins, "unknown")


def parse(raw):
    """Cut a command into its parts.  Refused 6700 when its lengths contradict each other."""
    if len(raw) < 4:
        raise Refused(0x6700)
    cla, ins, p1, p2 = raw[:4]
    if len(raw) == 4:
        return Apdu(cla, ins, p1, p2, b"", None)
    p3 = raw[4]
    if ins in OUTGOING:
        if len(raw) != 5:
            raise Refused(0x6700)
        return Apdu(cla, ins, p1, p2, b"", p3 or 256)
    if len(raw) == 5 and p3 == 0:
        return Apdu(cla, ins, p1, p2, b"", None)
    if len(raw) not in (5 + p3, 6 + p3):
        raise Refused(0x6700)
    le = (raw[-1] or 256) if len(raw) == 6 + p3 else None
    return Apdu(cla, ins, p1, p2, raw[5:5 + p3], le)
