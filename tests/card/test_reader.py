# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our cards behind Debian's own pcscd and vpcd, asked by a raw client and by opensc-tool."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

from support import AID, PROFILE, RAND, SELECT_USIM, Terminal, authenticate, autn, fields

from card.client import Client, Error
from card.profile import Profile
from card.reader import Reader

REMOVED = {0x80100069, 0x8010000c, 0x80100014, 0x80100016, 0x80100017}
GSM_PROFILE = {**PROFILE, "imsi": "001020000000002", "kind": "sim"}


class Behind(unittest.TestCase):
    """One reader for all: two cards, slot 0 a UICC and slot 1 a 2G SIM."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        paths = []
        for name, data in (("uicc", PROFILE), ("sim", GSM_PROFILE)):
            paths.append(os.path.join(cls.folder.name, name))
            with open(paths[-1], "w", encoding="utf-8") as file:
                json.dump(data, file)
        cls.paths = paths
        cls.reader = Reader(os.path.join(cls.folder.name, "r"), paths)
        cls.reader.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.reader.__exit__()
        cls.folder.cleanup()

    def client(self, slot=0):
        client = Client(self.reader.env, slot)
        self.addCleanup(client.close)
        return Terminal(client.send)

    def test_quintet(self):
        t = self.client()
        _, word = t.ask("00a40404" + "10" + AID)
        self.assertEqual(word, "9000")
        algorithm = Profile(PROFILE).algorithm
        before = len(self.reader.commands("authenticate"))
        self.assertEqual(t.say(authenticate(RAND, autn(algorithm, 1 << 5))), "6135")
        answer = t.send(bytes.fromhex("00c0000035"))
        self.assertEqual(fields(answer[:-2])[0].hex(), "a54211d5e3ba50bf")
        self.assertEqual(t.ask(authenticate(RAND, autn(algorithm, 1 << 5)))[0][:2].hex(), "dc0e")
        self.assertEqual(len(self.reader.commands("authenticate")), before + 2)

    def test_triplet_of_the_other_slot(self):
        t = self.client(1)
        self.assertEqual(t.say("a0a40000027f20"), "9f16")
        self.assertEqual(t.ask("a088000010" + RAND.hex())[0].hex(), "46f8416aeae4be823af9a08b")
        self.assertEqual(self.reader.commands("authenticate", slot=1), [])

    def test_another_user_may_ask(self):
        os.chmod(self.folder.name, 0o755)
        run = subprocess.run(["opensc-tool", "--reader", "0", "--card-driver", "default", "--send-apdu", SELECT_USIM,
                              "--send-apdu", "00:A4:00:04:02:6F:07"], user=65534, group=65534, extra_groups=[],
                             env={**os.environ, **self.reader.env, "HOME": "/nonexistent"},
                             capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual(run.stdout.count("SW1=0x90, SW2=0x00"), 2, run.stdout + run.stderr)

    def test_pulled_under_a_client_and_back(self):
        client = Client(self.reader.env)
        t = Terminal(client.send)
        t.ask(SELECT_USIM)
        self.reader.order({"do": "pull"})
        with self.assertRaises(Error) as caught:
            t.ask(SELECT_USIM)
        self.assertIn(caught.exception.code, REMOVED)
        client.close()
        self.reader.order({"do": "insert"})
        self.reader.wait_powered()
        self.assertEqual(self.client().ask(SELECT_USIM)[1], "9000")

    def test_swapped_under_a_client(self):
        client = Client(self.reader.env)
        self.reader.order({"do": "swap", "profile": self.paths[1]})
        self.reader.wait_powered()
        with self.assertRaises(Error):
            client.send(bytes.fromhex(SELECT_USIM))
        client.close()
        t = self.client()
        self.assertEqual(t.say(SELECT_USIM), "6e00")
        self.assertEqual(t.say("a0a40000027f20"), "9f16")
        self.reader.order({"do": "swap", "profile": self.paths[0]})
        self.reader.wait_powered()

    def test_plan_behind_pcscd(self):
        self.reader.order({"do": "plan", "rules": [{"on": "select", "do": "sw", "sw": "9300", "times": 2},
                                                   {"on": "select", "skip": 2, "do": "pull", "insert_after_ms": 1}]})
        t = self.client()
        self.assertEqual([t.say(SELECT_USIM), t.say(SELECT_USIM)], ["9300", "9300"])
        try:
            self.assertEqual(t.say(SELECT_USIM), "", "vpcd turns a card pulled meanwhile into no octets")
        except Error as error:
            self.assertIn(error.code, REMOVED)
        self.reader.wait_powered()


class Alone(unittest.TestCase):
    def test_nothing_is_left(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "p")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(PROFILE, file)
            with Reader(os.path.join(folder, "r"), [path], out=True) as reader:
                self.assertFalse(reader.order({"do": "status"})["inserted"])
                seen = subprocess.run(["opensc-tool", "--list-readers"], env={**os.environ, **reader.env},
                                      capture_output=True, text=True, timeout=20, check=True).stdout
                self.assertIn("No", seen)
                self.assertNotIn("Yes", seen)
                children = _children(reader)
                self.assertEqual(len(children), 2)
            self.assertEqual([pid for pid in children if os.path.exists(f"/proc/{pid}")], [])


def _children(reader):
    pid = reader._process.pid  # pylint: disable=protected-access
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root: a reader has namespaces of its own")
        sys.exit(77)
    unittest.main()
