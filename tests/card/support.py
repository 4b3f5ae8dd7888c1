# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the card share: a terminal that talks T=0, and a home operator."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from card.milenage import xor  # noqa: E402
from card.profile import AID, Profile, State  # noqa: E402
from card.session import Card  # noqa: E402

K, OPC = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
RAND = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")
PROFILE = {"imsi": "001010000000001", "k": K, "opc": OPC}
SELECT_USIM = "00a4040c" + f"{len(AID) // 2:02x}" + AID


class Terminal:
    """`send` takes and gives octets: a card in this process, a reader, anything."""

    def __init__(self, send):
        self.send = send

    def say(self, text):
        """One command as it stands; "DATA SW" in hex without the blank, as the card gave it."""
        return self.send(bytes.fromhex(text)).hex()

    def ask(self, text):
        """The whole conversation of one command: (data, status word)."""
        command = bytes.fromhex(text)
        answer = self.send(command)
        if answer[-2] == 0x6c or (answer[-2] == 0x67 and answer[-1] and command[0] == 0xa0):
            answer = self.send(command[:4] + answer[-1:])
        data = answer[:-2]
        while answer[-2] in (0x61, 0x9f):
            answer = self.send(command[:1] + b"\xc0\0\0" + answer[-1:])
            data += answer[:-2]
        return data, answer[-2:].hex()


def new_card(**more):
    """A card in this process and its terminal; a member that is None is left out."""
    data = {name: value for name, value in {**PROFILE, **more}.items() if value is not None}
    card = Card(Profile(data), State())
    return card, Terminal(card.run)


def authenticate(rand, autn):
    return "0088008122" + "10" + rand.hex() + "10" + autn.hex()


def autn(algorithm, sqn, rand=RAND, amf=b"\x80\0"):
    """What this operator sends for `sqn`."""
    octets = sqn.to_bytes(6, "big")
    return xor(octets, algorithm.f2345(rand)[3]) + amf + algorithm.f1(rand, octets, amf)


def fields(answer):
    """The parts of a DB answer behind the tag."""
    parts, rest = [], answer[1:]
    while rest:
        parts.append(rest[1:1 + rest[0]])
        rest = rest[1 + rest[0]:]
    return parts


def oracle(*words):
    """osmo-auc-gen's output as a dictionary of its lines."""
    out = subprocess.run(["osmo-auc-gen", *words], capture_output=True, text=True, check=True).stdout
    rows = [line.split(":", 1) for line in out.splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, value in rows}
