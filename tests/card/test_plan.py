# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan's deeds and vpcd's protocol, against a reader played by this test."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from support import PROFILE, RAND, SELECT_USIM, Terminal, authenticate, autn

from card.log import commands
from card.plan import Plan
from card.profile import Profile
from card.reader import order

SIMCARD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "simcard")


class Bench:
    """simcard as its own process, in a reader that is this test."""

    def __init__(self, plan=(), **more):
        self.folder = tempfile.TemporaryDirectory()
        self.path = lambda name: os.path.join(self.folder.name, name)
        self.write("profile", {**PROFILE, **more})
        self.write("plan", list(plan))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.link = None
        self.terminal = Terminal(self.send)

    def write(self, name, data):
        with open(self.path(name), "w", encoding="utf-8") as file:
            json.dump(data, file)

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-B", SIMCARD, "--profile", self.path("profile"), "--log",
             self.path("log"), "--plan", self.path("plan"), "--control", self.path("sock"),
             "--hand", "0", "--port", str(self.listener.getsockname()[1])])
        self.accept()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(10)
        self.link.close()
        self.listener.close()
        self.folder.cleanup()

    def accept(self):
        if self.link:
            self.link.close()
        self.link, _ = self.listener.accept()
        self.link.settimeout(10)
        self.link.sendall(b"\0\1\1")

    def _read(self, length):
        data = b""
        while len(data) < length:
            more = self.link.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, command):
        """The answer; EOFError when the card was pulled, TimeoutError when it is mute."""
        self.link.sendall(len(command).to_bytes(2, "big") + command)
        return self._read(int.from_bytes(self._read(2), "big"))

    def log(self, *names):
        return commands(self.path("log"), *names)


MF = "00a4000c023f00"


class Rules(unittest.TestCase):
    def test_counting(self):
        plan = Plan([{"on": "select", "skip": 1, "times": 2, "do": "short"},
                     {"on": "any", "skip": 4, "times": 0, "do": "mute"}])
        names = ["select", "verify", "select", "select", "select", "verify"]
        deeds = [hit.do if hit else None for hit in map(plan.next, names)]
        self.assertEqual(deeds, [None, None, "short", "short", "mute", "mute"])

    def test_bad_rules_are_named(self):
        for row in ({"do": "explode"}, {"do": "slow"}, {"do": "sw", "sw": "9300", "ms": 3},
                    {"do": "mute", "on": "dance"}):
            with self.assertRaises(ValueError):
                Plan([row])


class Deeds(unittest.TestCase):
    def test_protocol(self):
        with Bench() as bench:
            bench.link.sendall(b"\0\1\4")
            self.assertEqual(bench._read(2 + 14)[2:], Profile(PROFILE).atr)
            command = bytes.fromhex(MF)
            bench.link.sendall(bytes([0]))
            bench.link.sendall(bytes([len(command)]) + command[:3])
            bench.link.sendall(command[3:])
            self.assertEqual(bench._read(4), b"\0\2\x90\0")

    def test_busy_twice_and_not_run(self):
        with Bench([{"on": "authenticate", "do": "sw", "sw": "9300", "times": 2}]) as bench:
            t = bench.terminal
            t.ask(SELECT_USIM)
            sent = authenticate(RAND, autn(Profile(PROFILE).algorithm, 32))
            self.assertEqual([t.say(sent), t.say(sent), t.say(sent)], ["9300", "9300", "6135"])

    def test_a_lost_answer_was_run(self):
        with Bench([{"on": "authenticate", "do": "lose", "sw": "6f00"}]) as bench:
            t = bench.terminal
            t.ask(SELECT_USIM)
            sent = authenticate(RAND, autn(Profile(PROFILE).algorithm, 32))
            self.assertEqual([t.say(sent), t.say("00c0000035"), t.say(sent)], ["6f00", "6f00", "6110"])

    def test_spoiled_answers(self):
        plan = [{"on": "read_binary", "do": "truncate", "keep": 4}, {"on": "read_binary", "skip": 1, "do": "short"},
                {"on": "read_binary", "skip": 2, "do": "garbage", "length": 5},
                {"on": "read_binary", "skip": 3, "do": "replace", "hex": "01029000"},
                {"on": "read_binary", "skip": 4, "do": "split", "piece": 3}]
        with Bench(plan) as bench:
            t = bench.terminal
            t.ask("00a4080c047f206f07")
            said = [t.say("00b0000009") for _ in range(5)]
            self.assertEqual([said[0], said[1], len(said[2]), said[3], said[4]],
                             ["080910109000", "08", 10, "01029000", "0809106106"])
            self.assertEqual(t.say("00c0000006"), "1000000000109000")
            self.assertEqual(t.say("00b0000009"), "0809101000000000109000")

    def test_proactive_until_terminal_response(self):
        with Bench([{"on": "select", "do": "proactive", "command": "more_time"}]) as bench:
            t = bench.terminal
            self.assertEqual(t.say(MF), "910b")
            self.assertEqual(t.say("801200000b")[:4], "d009")
            t.say("801400000c810301020082028281830100")
            self.assertEqual(t.say(MF), "9000")

    def test_reset_and_spent_tries(self):
        plan = [{"on": "authenticate", "do": "reset"}, {"on": "verify", "do": "spend_pin", "count": 2}]
        with Bench(plan, pin="1234", pin_enabled=True) as bench:
            t = bench.terminal
            self.assertEqual(t.say("0020000100"), "63c1")
            t.ask(SELECT_USIM)
            sent = authenticate(RAND, bytes(16))
            self.assertEqual(t.say(sent), "6985")

    def test_slow_answers_later(self):
        with Bench([{"on": "select", "do": "slow", "ms": 200}]) as bench:
            start = time.monotonic()
            self.assertEqual(bench.terminal.say(MF), "9000")
            self.assertGreaterEqual(time.monotonic() - start, 0.2)

    def test_mute_until_pulled(self):
        with Bench([{"on": "select", "do": "mute"}]) as bench:
            bench.link.settimeout(0.2)
            with self.assertRaises(TimeoutError):
                bench.terminal.say(MF)
            bench.link.settimeout(10)
            self.assertFalse(order(bench.path("sock"), {"do": "pull"})["inserted"])
            self.assertEqual(bench.link.recv(1), b"")

    def test_mute_then_gone(self):
        with Bench([{"on": "select", "do": "mute", "ms": 50}]) as bench:
            with self.assertRaises(EOFError):
                bench.terminal.say(MF)

    def test_pulled_and_inserted_again(self):
        with Bench([{"on": "select", "skip": 1, "do": "pull", "insert_after_ms": 20}]) as bench:
            bench.terminal.ask("00a40000027f20")
            with self.assertRaises(EOFError):
                bench.terminal.say(MF)
            bench.accept()
            self.assertEqual(bench.terminal.say("00b0000001"), "6986")
            self.assertEqual(bench.terminal.say(MF), "9000")

    def test_swapped(self):
        with Bench() as bench:
            bench.write("other", {**PROFILE, "imsi": "001020000000002"})
            bench.write("plan", [])
            order(bench.path("sock"), {"do": "plan", "rules": [
                {"on": "select", "do": "swap", "profile": bench.path("other"),
                 "answer_first": True, "insert_after_ms": 1}]})
            self.assertEqual(bench.terminal.say(MF), "9000")
            bench.accept()
            bench.terminal.ask("00a4080c047f206f07")
            self.assertEqual(bench.terminal.ask("00b0000009")[0].hex(), "080910200000000020")
            self.assertEqual(order(bench.path("sock"), {"do": "status"})["imsi"], "001020000000002")

    def test_bad_orders_are_answered(self):
        with Bench() as bench:
            for what in ({"do": "dance"}, {}, {"do": "plan", "rules": [{"do": "x"}]}, {"do": "swap", "profile": "/nowhere"}):
                with self.assertRaises(ValueError):
                    order(bench.path("sock"), what)
            self.assertEqual(bench.terminal.say(MF), "9000")

    def test_reader_comes_back(self):
        with Bench() as bench:
            bench.accept()
            self.assertEqual(bench.terminal.say(MF), "9000")

    def test_log_proves_and_hides(self):
        with Bench(pin="1234", pin_enabled=True) as bench:
            t = bench.terminal
            t.ask(SELECT_USIM)
            self.assertEqual(bench.log("authenticate", "run_gsm_algorithm"), [])
            t.say("002000010831323334ffffffff")
            sent = autn(Profile(PROFILE).algorithm, 32)
            data, _ = t.ask(authenticate(RAND, sent))
            rows = bench.log("authenticate")
            self.assertEqual([(r["rand"], r["sw"]) for r in rows], [(RAND.hex(), "6135")])
            with open(bench.path("log"), encoding="utf-8") as file:
                text = file.read()
            for secret in (data[2:10].hex(), data[11:27].hex(), "31323334", PROFILE["k"], sent.hex()):
                self.assertNotIn(secret, text)

    def test_bad_command_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write(json.dumps({**PROFILE, "kind": "esim"}))
            file.flush()
            run = subprocess.run([sys.executable, "-B", SIMCARD, "--profile", file.name],
                                 capture_output=True, text=True, timeout=10, check=False)
        self.assertEqual(run.returncode, 1)
        self.assertIn("kind: usim, sim or uicc", run.stderr)


if __name__ == "__main__":
    unittest.main()
