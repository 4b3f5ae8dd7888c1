# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of real back ends share: sim_tool, cards of our own, an operator."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "card"))

from card.profile import Profile  # noqa: E402
from card.simple import triplet  # noqa: E402
from card.milenage import xor  # noqa: E402

K, OPC = "465b5ce8b199b49faa5f0a2ee238a6bc", "cd63cb71954a9f4e48a5994e37a02baf"
CARD = {"imsi": "001010000000001", "k": K, "opc": OPC}
OTHER = {"imsi": "001010000000002", "k": OPC, "opc": K}
TOOL = os.environ.get("SIM_TOOL", "sim_tool")


class Tool:
    """sim_tool, one line at a time."""

    def __init__(self, env=None, pass_fds=()):
        self._child = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                       env={**os.environ, **(env or {})}, pass_fds=pass_fds)
        self.ms = 0

    def threads(self):
        return len(os.listdir(f"/proc/{self._child.pid}/task"))

    def say(self, *words):
        self._child.stdin.write("\t".join(words) + "\n")
        self._child.stdin.flush()
        line = self._child.stdout.readline()
        if not line:
            raise AssertionError(f"sim_tool ended with {self._child.wait()} at {words}")
        _, said, ms = line.rsplit("|", 2) if line.count("|") == 2 else ("", line, "0")
        self.ms = int(ms)
        return said.strip()

    def close(self):
        self._child.stdin.close()
        self._child.stdout.read()
        self._child.stdout.close()
        status = self._child.wait(10)
        assert status == 0, f"sim_tool ended with {status}"
        return status


class Operator:
    """The home of a card: challenges with rising sequence numbers, and what the card must answer."""

    def __init__(self, profile):
        self.algorithm = Profile(profile).algorithm
        self.sqn = 0

    def quintet(self, sqn=None):
        """(RAND, AUTN, what sim_tool prints)."""
        if sqn is None:
            self.sqn += 32
            sqn = self.sqn
        rand, octets, amf = os.urandom(16), sqn.to_bytes(6, "big"), b"\x80\0"
        res, ck, ik, ak = self.algorithm.f2345(rand)
        autn = xor(octets, ak) + amf + self.algorithm.f1(rand, octets, amf)
        return rand.hex(), autn.hex(), f"good res={res.hex()} k={ck.hex()}{ik.hex()}"

    def triplets(self):
        rands = [os.urandom(16) for _ in range(3)]
        pairs = [triplet(self.algorithm, rand) for rand in rands]
        return (b"".join(rands).hex(), "good res=" + "".join(s.hex() for s, _ in pairs) + " k=" +
                "".join(kc.hex() for _, kc in pairs))


class Case(unittest.TestCase):
    """A folder, sim_tool, and checks in a card's words."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def profile(self, base=None, name="card", **more):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**(base or CARD), **more}, file)
        return path

    def tool(self, env=None, pass_fds=()):
        tool = Tool(env, pass_fds)
        self.addCleanup(tool.close)
        return tool

    def runs(self, tool, operator):
        rand, autn, right = operator.quintet()
        self.assertEqual(tool.say("run", "aka", rand, autn), right)
