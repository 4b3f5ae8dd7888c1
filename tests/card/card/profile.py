# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a card is (its profile) and what it keeps when the power goes (its state)."""

import json
import os
import tempfile

from .atr import atr
from .milenage import C, R, Milenage
from .simple import Xor
from .tuak import Tuak

AID = "a0000000871002ff49ffff8901020304"


def _aid(text):
    aid = None if text is None else bytes.fromhex(text)
    if aid is not None and not 5 <= len(aid) <= 16:
        raise ValueError("an AID has 5 to 16 octets")
    return aid


def _entries(rows):
    return [(_aid(row.get("aid")), row.get("label", "")) for row in rows]


class Profile:
    """Everything that the operator put on the card.  README.md lists the members."""

    def __init__(self, data):
        self.imsi = data["imsi"]
        if not (self.imsi.isdigit() and 6 <= len(self.imsi) <= 15):
            raise ValueError("imsi: 6 to 15 digits")
        self.mnc_len = data.get("mnc_len", 2)
        self.iccid = data.get("iccid", "8988" + self.imsi.rjust(15, "0")[-15:])
        self.kind = data.get("kind", "uicc")
        if self.kind not in ("usim", "sim", "uicc"):
            raise ValueError("kind: usim, sim or uicc")
        self.operator = data.get("operator", "Test")
        self.aid = _aid(data.get("aid", AID))
        self.label = data.get("label", "USIM")
        self.dir_before = _entries(data.get("dir_before", []))
        self.dir_after = _entries(data.get("dir_after", [{"aid": None}]))
        self.dir_record_length = data.get("dir_record_length", 40)
        self.gsm_context = data.get("gsm_context", True)
        self.apdu_level = data.get("apdu_level", False)
        self.fcp = data.get("fcp", "usual")
        if self.fcp not in ("usual", "other", "bare", "none"):
            raise ValueError("fcp: usual, other, bare or none")
        self.more_word = {"61": 0x61, "9f": 0x9f, None: None}[data.get("more_word")]
        self.hold_reads = data.get("hold_reads", False)
        self.dir_style = data.get("dir_style", "usual")
        self.exact_le = data.get("exact_le", False)
        self.ind_bits = data.get("ind_bits", 5)
        self.seq_delta = data.get("seq_delta", 1 << 28)
        self.pin, self.puk = data.get("pin", "0000"), data.get("puk", "00000000")
        self.pin_enabled = data.get("pin_enabled", False)
        self.universal_pin = data.get("universal_pin", False)
        self.pin2, self.puk2 = data.get("pin2", "5678"), data.get("puk2", "87654321")
        self.atr = bytes.fromhex(data["atr"]) if "atr" in data else atr()
        self.algorithm = _algorithm(data)


def _octets(data, name):
    return bytes.fromhex(data[name]) if name in data else None


def _algorithm(data):
    """The algorithm with the subscriber's key in it."""
    kind, k = data.get("algorithm", "milenage"), bytes.fromhex(data["k"])
    if kind == "milenage":
        if ("op" in data) == ("opc" in data):
            raise ValueError("milenage: one of op and opc")
        return Milenage(k, _octets(data, "opc"), _octets(data, "op"), data.get("c", C),
                        data.get("r", R))
    if kind == "tuak":
        if ("top" in data) == ("topc" in data):
            raise ValueError("tuak: one of top and topc")
        return Tuak(k, _octets(data, "topc"), _octets(data, "top"), data.get("iterations", 1),
                    res=data.get("res_len", 8))
    if kind == "xor":
        return Xor(k)
    raise ValueError("algorithm: milenage, tuak or xor")


def load_profile(path):
    with open(path, encoding="utf-8") as file:
        return Profile(json.load(file))


class State:
    """A JSON file, replaced as a whole after each change; `path` None: forgotten at the end."""

    def __init__(self, path=None):
        self.path = path
        self.data = {}
        if path and os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.data = json.load(file)
        self._stored = json.dumps(self.data)

    def part(self, name):
        return self.data.setdefault(name, {})

    def store(self):
        text = json.dumps(self.data)
        if not self.path or text == self._stored:
            return
        handle, name = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(self.path)))
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, self.path)
        self._stored = text
