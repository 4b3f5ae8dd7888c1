# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""sim=pcsc against our cards behind Debian's pcscd and vpcd."""

import os
import re
import select
import socket
import subprocess
import sys
import threading
import unittest

from cards import CARD, OTHER, Case, Operator

from refusing import Refusing

from card.atr import with_check
from card.reader import Reader

class Other:
    """Another program on the desktop, connected to the card."""

    def __init__(self, env):
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "other_program.py")
        self._child = subprocess.Popen([sys.executable, "-B", path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       text=True, env={**os.environ, **env})
        assert self._child.stdout.readline() == "connected\n"

    def uses(self):
        """It takes the card for itself, selects the MF and lets it go: what it says, or that it had to wait."""
        self._child.stdin.write("use\n")
        self._child.stdin.flush()
        ready, _, _ = select.select([self._child.stdout], [], [], 5)
        return self._child.stdout.readline() if ready else "had to wait"

    def let_go(self, how="as it is"):
        self._child.communicate(how + "\n", timeout=10)
        assert self._child.returncode == 0


SLOW = 2900  # the limit of a command is 3 s
LATE = 4200 + 1000 * (int(os.environ.get("SIMAUTH_TEST_SLOWER", "1")) - 1)


class Cards(Case):
    def present(self, reader):
        """Until pcscd tells its clients of the card, which is a moment after it powered it."""
        def listed():
            told = subprocess.run(["opensc-tool", "--list-readers"], env={**os.environ, **reader.env}, capture_output=True,
                                  text=True, timeout=20, check=False)
            return re.search(r"(?m)^\d+\s+Yes\s", told.stdout)
        reader.wait_powered()
        reader.wait(listed, "card in pcscd's list")

    def reader(self, *profiles, out=False):
        reader = Reader(os.path.join(self.folder, "reader"), profiles or [self.profile()], out=out)
        self.enterContext(reader) if hasattr(self, "enterContext") else reader.__enter__()
        if not hasattr(self, "enterContext"):
            self.addCleanup(reader.__exit__)
        return reader

    def opened(self, reader, setting="pcsc", **more):
        tool = self.tool(reader.env, **more)
        self.assertEqual(tool.say("open", setting), "good")
        return tool

    def plan(self, reader, *rules, slot=0):
        reader.order({"do": "plan", "rules": list(rules)}, slot)


class Usim(Cards):
    def test_answer_resync_refusal(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.assertEqual(tool.say("identity"),
                         "001010000000001 2 001010000000001@ims.mnc001.mcc001.3gppnetwork.org")
        for _ in range(3):
            self.runs(tool, operator)
        rand, autn, _ = operator.quintet(sqn=32)
        self.assertRegex(tool.say("run", "aka", rand, autn), "^resync res= k= auts=[0-9a-f]{28}$")
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn[:-2] + ("00" if autn[-2:] != "00" else "01")),
                         "^refused res= k= .*not from its operator")
        self.runs(tool, operator)
        # Selected once and kept.
        self.assertEqual(len([c for c in reader.commands("select") if c["header"].startswith("00a404")]), 1)

    def test_three_rands(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        rand, right = operator.triplets()
        self.assertEqual(tool.say("run", "gsm", rand), right)
        self.assertRegex(tool.say("run", "aka", rand[:32]), "^failed")  # aka without AUTN asks no card
        self.assertEqual(len(reader.commands("authenticate")), 3)

    def test_kinds_of_cards(self):
        """What other cards do: no EF_DIR entry first, three-digit MNC, no MNC length, APDU level, 6Cxx."""
        reader = self.reader(self.profile(aid="a0000000871002ff", mnc_len=3, dir_record_length=32,
                                          dir_before=[{"aid": None}, {"aid": "a0000000871004ff49ff0589"}]),
                             self.profile(OTHER, "other", mnc_len=None, apdu_level=True, kind="usim"))
        for slot, (base, mnc) in enumerate(((CARD, 3), (OTHER, 0))):
            tool = self.opened(reader, f"pcsc:Virtual PCD 00 0{slot}")
            self.assertEqual(tool.say("identity").split()[1], str(mnc))
            self.runs(tool, Operator(base))

    def test_status_words(self):
        """Each is named, none is taken for an answer, and the next challenge runs."""
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        for sw, said in (("9862", "refused"), ("6f00", "failed"), ("6a86", "failed"), ("6985", "failed"),
                         ("9864", "failed"), ("6700", "failed"), ("9240", "failed"), ("6e00", "failed"),
                         ("6983", "locked"), ("9840", "locked"), ("1234", "failed")):
            self.plan(reader, {"on": "authenticate", "do": "sw", "sw": sw})
            rand, autn, _ = operator.quintet()
            self.assertRegex(tool.say("run", "aka", rand, autn), f"^{said} res= k= .", sw)
            self.runs(tool, operator)

    def test_broken_answers(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        for rule in ({"do": "truncate", "keep": 20}, {"do": "short"}, {"do": "garbage", "length": 60, "seed": 7},
                     {"do": "replace", "hex": "dc0e00000000000000009000"}, {"do": "replace", "hex": "9000"}):
            self.plan(reader, {"on": "get_response", **rule})
            rand, autn, _ = operator.quintet()
            self.assertRegex(tool.say("run", "aka", rand, autn), "^failed res= k= .", rule)
        self.plan(reader)
        self.runs(tool, operator)

    def test_busy_proactive_split(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.plan(reader, {"on": "authenticate", "do": "sw", "sw": "9300", "times": 2})
        self.runs(tool, operator)
        self.plan(reader, {"on": "get_response", "do": "split", "piece": 10})
        self.runs(tool, operator)
        self.plan(reader, {"on": "authenticate", "do": "proactive", "command": "display_text"})
        self.runs(tool, operator)
        self.assertEqual(reader.commands("fetch"), [])  # not fetched for nothing
        self.plan(reader, {"on": "authenticate", "do": "sw", "sw": "9300"})
        self.runs(tool, operator)
        self.assertEqual([len(reader.commands(n)) for n in ("fetch", "terminal_response")], [1, 1])
        self.plan(reader, {"on": "authenticate", "do": "sw", "sw": "9300", "times": 0})
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*busy")
        self.assertLess(tool.ms, 3000)

    def test_reset_under_us(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader, "pcsc-shared")
        self.runs(tool, operator)
        other = Other(reader.env)
        self.addCleanup(other.let_go)
        self.plan(reader, {"on": "authenticate", "do": "reset"})
        self.runs(tool, operator)  # selected again, in the same call
        self.runs(tool, operator)
        self.assertEqual(len(reader.commands("read_record")), 2)

    def test_moved_by_another_program(self):
        """No challenge is given to what another program selected: its application might answer."""
        reader, operator = self.reader(), Operator(CARD)
        tool, other = self.opened(reader, "pcsc-shared"), Other(reader.env)
        self.addCleanup(other.let_go)
        for count in (1, 2):
            self.assertEqual(other.uses(), "used\n")
            self.runs(tool, operator)
            self.assertEqual(len(reader.commands("authenticate")), count)
        self.assertEqual(len(reader.commands("read_record")), 1)  # found once and kept

    def test_reset_by_another_program(self):
        """pcscd says SCARD_W_RESET_CARD: the application is selected again, in the same call."""
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader, "pcsc-shared")
        self.runs(tool, operator)
        Other(reader.env).let_go("reset")
        self.runs(tool, operator)
        self.assertEqual(len(reader.commands("read_record")), 2)


T1 = "3b800181"  # T=1 and nothing else
ISIM, OTHER_APP = {"aid": "a0000000871004ff49ff0589", "label": "ISIM"}, {"aid": "d27600011800", "label": "X"}

# Habits that other cards have and ours has not, each as a change of its profile.
HABITS = {
    "t1": {"atr": T1, "apdu_level": True},
    "t1_with_61xx": {"atr": T1},
    "other_fcp": {"fcp": "other", "pin": "1234", "pin_enabled": True},
    "bare_fcp": {"fcp": "bare", "pin": "1234", "pin_enabled": True},
    "no_fcp": {"fcp": "none"},
    "9f_everywhere": {"more_word": "9f"},
    "reads_held_back": {"hold_reads": True},
    "reads_held_back_t1": {"hold_reads": True, "atr": T1},
    "exact_lengths": {"exact_le": True, "fcp": "bare", "dir_record_length": 47},
    "usim_last": {"dir_before": [OTHER_APP, {"aid": None}, ISIM], "dir_after": [], "dir_record_length": 33},
    "other_directory": {"dir_style": "other", "dir_before": [ISIM], "label": "Operator"},
    "long_aid": {"aid": "a0000000871002ff33ff018900000100", "dir_before": [ISIM]},
    "no_class_a0": {"kind": "usim", "more_word": "61", "mnc_len": 3},
    "no_2g_context": {"gsm_context": False},
}
GSM_HABITS = {
    "61_everywhere": {"more_word": "61"},
    "reads_held_back": {"hold_reads": True},
    "t1": {"atr": T1},
    "exact_lengths": {"exact_le": True},
    "old": {"mnc_len": None},
}


class Others(Cards):
    """Nothing rests on our card's habits: each row is a card of somebody else's."""

    def cards(self, habits, base):
        """Two at a time, as the reader has slots: (name, tool with that card opened, operator, reader, slot)."""
        rows = list(habits.items())
        for first in range(0, len(rows), 2):
            pair = rows[first:first + 2]
            folder = os.path.join(self.folder, f"reader{first}")
            profiles = [self.profile({**base, **more}, name) for name, more in pair]
            with Reader(folder, profiles) as reader:
                for slot, (name, more) in enumerate(pair):
                    with self.subTest(card=name):
                        ours, theirs = os.pipe()
                        os.write(theirs, b"1234\n")
                        os.close(theirs)
                        tool = self.tool(reader.env, pass_fds=(ours,))
                        self.assertEqual(tool.say("open", f"pcsc:Virtual PCD 00 0{slot}", f"fd:{ours}"), "good")
                        os.close(ours)
                        self.assertTrue(tool.say("identity").startswith(base["imsi"] + " "))
                        yield name, tool, Operator({**base, **more})
                        tool.say("close")

    def test_usims(self):
        for name, tool, operator in self.cards(HABITS, CARD):
            self.runs(tool, operator)
            rand, autn, _ = operator.quintet(sqn=32)
            self.assertRegex(tool.say("run", "aka", rand, autn), "^resync res= k= auts=[0-9a-f]{28}$")
            rand, right = operator.triplets()
            self.assertRegex(tool.say("run", "gsm", rand), "^failed .*cannot run" if name == "no_2g_context" else f"^{right}$")
            self.runs(tool, operator)

    def test_2g_sims(self):
        for _, tool, operator in self.cards(GSM_HABITS, {**CARD, "kind": "sim"}):
            for _ in range(2):
                rand, right = operator.triplets()
                self.assertEqual(tool.say("run", "gsm", rand), right)


class Gsm(Cards):
    def test_2g_sim(self):
        card = {**CARD, "kind": "sim"}
        reader, operator = self.reader(self.profile(card)), Operator(card)
        tool = self.opened(reader)
        rand, right = operator.triplets()
        self.assertEqual(tool.say("run", "gsm", rand), right)
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*cannot run this kind")
        self.assertEqual(len(reader.commands("run_gsm_algorithm")), 3)

    def test_usim_before_2g(self):
        reader = self.reader(self.profile({**OTHER, "kind": "sim"}, "other"), self.profile())
        tool = self.opened(reader)
        self.assertTrue(tool.say("identity").startswith("001010000000001 "))

    def test_pin(self):
        reader = self.reader(self.profile({**CARD, "kind": "sim"}, pin="1234", pin_enabled=True))
        tool = self.tool(reader.env)
        self.assertRegex(tool.say("open", "pcsc"), "^locked .*wants its PIN")
        ours, theirs = os.pipe()
        os.write(theirs, b"1234\n")
        tool = self.tool(reader.env, pass_fds=(ours,))
        self.assertEqual(tool.say("open", "pcsc", f"fd:{ours}"), "good")


class Hands(Cards):
    """What people and readers do."""

    def test_pulled_and_back(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        reader.order({"do": "pull"})
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^absent .*(There is no SIM in|taken out)")
        reader.order({"do": "insert"})
        self.present(reader)
        self.runs(tool, operator)

    def test_pulled_while_it_works(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.plan(reader, {"on": "authenticate", "do": "pull"})
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^(absent|failed) res= k= .")
        self.assertLess(tool.ms, SLOW)

    def test_swapped(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        before = len(reader.commands("authenticate"))
        reader.order({"do": "pull"})
        reader.order({"do": "swap", "profile": self.profile(OTHER, "other")})
        self.present(reader)
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^absent .*Another SIM is in Virtual PCD")
        self.assertEqual(len(reader.commands("authenticate")), before)  # it was asked nothing
        tool.say("close")
        self.assertEqual(tool.say("open", "pcsc"), "good")  # the person said so
        self.runs(tool, Operator(OTHER))

    def test_mute(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.plan(reader, {"on": "authenticate", "do": "mute", "ms": 5000})
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*does not answer")
        self.assertTrue(SLOW <= tool.ms < 4500, tool.ms)
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*does not answer")  # that is not another program
        tool.say("close")
        self.assertLess(tool.ms, 1500)  # nobody waits for it

    def test_slow_but_in_time(self):
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.plan(reader, {"on": "authenticate", "do": "slow", "ms": 1500})
        self.runs(tool, operator)

    def test_other_program(self):
        reader = self.reader()
        other = Other(reader.env)
        tool = self.tool(reader.env)
        self.assertRegex(tool.say("open", "pcsc"), "^failed Another program uses the card in Virtual PCD")
        self.assertEqual(tool.say("open", "pcsc-shared"), "good")
        tool.say("close")
        other.let_go()
        self.assertEqual(tool.say("open", "pcsc"), "good")
        run = subprocess.run(["opensc-tool", "--reader", "0", "--card-driver", "default", "--send-apdu", "00A40004023F00"],
                             env={**os.environ, **reader.env}, capture_output=True, text=True, timeout=20, check=False)
        self.assertNotIn("SW1=0x90", run.stdout)  # nobody else drives it while we hold it

    def test_readers_by_name(self):
        reader = self.reader(self.profile(), self.profile(OTHER, "other"))
        tool = self.opened(reader, "pcsc:Virtual PCD 00 01")
        self.assertTrue(tool.say("identity").startswith("001010000000002 "))
        tool = self.tool(reader.env)
        self.assertRegex(tool.say("open", "pcsc:Virtual"), "^absent Several readers' names begin")
        self.assertRegex(tool.say("open", "pcsc:Other"), "^absent No reader's name begins with \"Other\"")

    def test_no_card_then_card(self):
        reader = self.reader(out=True)
        tool = self.tool(reader.env)
        self.assertRegex(tool.say("open", "pcsc"), "^absent There is no SIM in any reader")
        reader.order({"do": "insert"})
        self.present(reader)
        self.assertEqual(tool.say("open", "pcsc"), "good")

    def test_service_not_running_then_back(self):
        env = {"PCSCLITE_CSOCK_NAME": os.path.join(self.folder, "reader", "run", "pcscd", "pcscd.comm")}
        tool = self.tool(env)
        self.assertRegex(tool.say("open", "pcsc"), "^absent The smart card service is not running: install pcscd")
        self.reader()
        self.assertEqual(tool.say("open", "pcsc"), "good")

    def test_polkit_refuses(self):
        """No access to the service, or to the card alone: the person reads who refuses, and what to do."""
        reader = self.reader()
        behind = reader.env["PCSCLITE_CSOCK_NAME"]
        for what in ("service", "card"):
            with self.subTest(what=what):
                path = os.path.join(self.folder, "refusing-" + what)
                refusing = Refusing(path, behind, what)
                self.addCleanup(refusing.close)
                tool = self.tool({"PCSCLITE_CSOCK_NAME": path})
                self.assertRegex(tool.say("open", "pcsc"), r"^\w+ .*may not use smart cards \(polkit refused\): log in")
        self.assertEqual(reader.commands("select"), [])

    def test_service_is_silent(self):
        """It takes connections and never answers: two threads may wait for it, and no more are begun."""
        path = os.path.join(self.folder, "silent")
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen()
        tool = self.tool({"PCSCLITE_CSOCK_NAME": path})
        self.assertRegex(tool.say("readers"), "^0 The smart card service does not answer")
        first = tool.threads()  # with one that waits, and what a sanitizer begins beside the first
        for _ in range(3):
            self.assertRegex(tool.say("readers"), "^0 The smart card service does not answer")
        self.assertLess(tool.ms, 500)
        self.assertRegex(tool.say("open", "pcsc"), "^failed The smart card service does not answer")
        self.assertLess(tool.ms, 500)
        self.assertEqual(tool.threads(), first + 1)

    def test_whole_opening_has_a_limit(self):
        """A card that is late with every command, none of them too late: 3 s for all of them."""
        reader = self.reader()
        self.plan(reader, {"on": "any", "do": "slow", "ms": 700, "times": 0})
        tool = self.tool(reader.env)
        self.assertRegex(tool.say("open", "pcsc"), "^failed .*does not answer")
        self.assertTrue(SLOW <= tool.ms < LATE, tool.ms)

    def test_whole_challenge_has_a_limit(self):
        """Three RANDs, each of them in time, together too late."""
        reader, operator = self.reader(), Operator(CARD)
        tool = self.opened(reader)
        self.plan(reader, {"on": "authenticate", "do": "slow", "ms": 1200, "times": 0})
        self.assertRegex(tool.say("run", "gsm", operator.triplets()[0]), "^failed .*does not answer")
        self.assertTrue(SLOW <= tool.ms < LATE, tool.ms)

    def test_service_restarted(self):
        operator, path = Operator(CARD), self.profile()
        first = Reader(os.path.join(self.folder, "reader"), [path])
        with first:
            tool = self.opened(first)
            self.runs(tool, operator)
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^absent .*service is not running")
        with Reader(os.path.join(self.folder, "reader"), [path]):
            self.runs(tool, operator)
            tool.say("close")


class Locked(Cards):
    def locked(self, **more):
        return self.reader(self.profile(pin="1234", pin_enabled=True, **more))

    def with_descriptor(self, reader, text):
        ours, theirs = os.pipe()
        os.write(theirs, text)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        return self.tool(reader.env, pass_fds=(ours,)), f"fd:{ours}"


class Pin(Locked):
    def test_nobody(self):
        reader = self.locked()
        self.assertRegex(self.tool(reader.env).say("open", "pcsc"), "^locked .*wants its PIN")
        self.assertEqual([c for c in reader.commands("verify") if c["length"] > 5], [])

    def test_descriptor(self):
        reader, operator = self.locked(), Operator(CARD)
        tool, setting = self.with_descriptor(reader, b"1234\n")
        self.assertEqual(tool.say("open", "pcsc", setting), "good")
        self.runs(tool, operator)
        reader.order({"do": "pull"})
        reader.order({"do": "insert"})
        self.present(reader)
        self.runs(tool, operator)  # the same PIN again for the same SIM

    def test_wrong_is_tried_once(self):
        reader = self.locked()
        tool, setting = self.with_descriptor(reader, b"9999\n")
        self.assertRegex(tool.say("open", "pcsc", setting), "^locked The PIN for the SIM in .* is wrong")
        self.assertRegex(tool.say("open", "pcsc"), "^locked")
        self.assertEqual(len([c for c in reader.commands("verify") if c["length"] > 5]), 1)

    def test_wrong_in_other_words(self):
        """6300: it failed, and how many are left is not told. 6983, at the first wrong one: the PIN is not kept for a card
        that somebody unblocks."""
        for tried, (sw, words) in enumerate((("6300", "^locked The PIN .*is wrong"), ("6983", "^locked .*PUK")), 1):
            with self.subTest(sw=sw):
                reader = self.locked()
                tool, setting = self.with_descriptor(reader, b"1234\n")
                self.plan(reader, {"on": "verify", "skip": 2, "do": "sw", "sw": sw})
                self.assertRegex(tool.say("open", "pcsc", setting), words)
                self.assertRegex(tool.say("open", "pcsc"), "^locked .*wants its PIN")
                self.assertEqual(len([c for c in reader.commands("verify") if c["length"] > 5]), tried)
                tool.say("close")
                reader.__exit__()

    def test_no_pin_at_all(self):
        for text in (b"12a4\n", b"123\n", b"123456789\n", b""):
            with self.subTest(text=text):
                reader = self.locked()
                tool, setting = self.with_descriptor(reader, text)
                self.assertRegex(tool.say("open", "pcsc", setting), "^locked .*wants its PIN")
                self.assertEqual([c for c in reader.commands("verify") if c["length"] > 5], [])
                tool.say("close")
                reader.__exit__()

    def test_last_try_is_the_persons(self):
        reader = self.locked()
        reader.order({"do": "spend_pin", "count": 2})
        tool, setting = self.with_descriptor(reader, b"1234\n")
        self.assertRegex(tool.say("open", "pcsc", setting), "^locked One try is left")
        self.assertEqual([c for c in reader.commands("verify") if c["length"] > 5], [])

    def test_blocked(self):
        reader = self.locked()
        reader.order({"do": "spend_pin", "count": 3})
        tool, setting = self.with_descriptor(reader, b"1234\n")
        self.assertRegex(tool.say("open", "pcsc", setting), "^locked .*PUK")


class Person(Locked):
    """pin=ask: a pinentry of the test's own on PATH, which does what its script says."""

    def person(self, reader, *answers):
        folder = os.path.join(self.folder, "bin")
        os.makedirs(folder, exist_ok=True)
        self.talk = os.path.join(folder, "talk")
        with open(os.path.join(folder, "answers"), "w", encoding="utf-8") as file:
            file.write("\n".join(answers))
        path = os.path.join(folder, "pinentry")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PINENTRY.format(python=sys.executable, folder=folder))
        os.chmod(path, 0o755)
        theirs = os.open(os.devnull, os.O_RDONLY)  # Linphone has such that are not closed on exec
        self.addCleanup(os.close, theirs)
        return self.tool({**reader.env, "PATH": f"{folder}:{os.environ['PATH']}"}, pass_fds=(theirs,))

    def said(self):
        with open(self.talk, encoding="utf-8") as file:
            return file.read()

    def test_ask(self):
        reader = self.locked()
        tool = self.person(reader, "pin 9999", "pin 1234")
        self.assertEqual(tool.say("open", "pcsc", "ask"), "good")
        self.assertIn("3 tries are left", self.said())
        self.assertIn("2 tries are left", self.said())
        self.assertIn("SETERROR That PIN was wrong.", self.said())
        self.assertNotIn("1234", self.said())
        self.assertRegex(self.said(), r"(?m)^descriptors 0 1 2 \d+$")  # the last is the folder that it looks into

    def test_declined_is_not_asked_again(self):
        reader = self.locked()
        tool = self.person(reader, "cancel", "pin 1234")
        self.assertRegex(tool.say("open", "pcsc", "ask"), "^locked .*wants its PIN")
        self.assertRegex(tool.say("open", "pcsc"), "^locked .*wants its PIN")
        self.assertEqual(self.said().count("GETPIN"), 1)
        tool.say("again")
        self.assertEqual(tool.say("open", "pcsc"), "good")

    def test_consent(self):
        reader = self.locked()
        reader.order({"do": "spend_pin", "count": 2})
        tool = self.person(reader, "cancel", "ok", "pin 1234")
        self.assertRegex(tool.say("open", "pcsc", "ask"), "^locked One try is left")
        self.assertEqual(self.said().count("GETPIN"), 0)
        tool.say("again")
        self.assertEqual(tool.say("open", "pcsc"), "good")
        self.assertIn("blocked until you enter its PUK", self.said())

    def test_consent_after_wrong_ones(self):
        """Before the last try the person hears that the one before was wrong."""
        reader = self.locked()
        tool = self.person(reader, "pin 9999", "pin 9998", "ok", "pin 1234")
        self.assertEqual(tool.say("open", "pcsc", "ask"), "good")
        self.assertIn("SETDESC That PIN was wrong. This may be the last try", self.said())

    def test_card_is_free_while_a_person_thinks(self):
        """Of a shared card: another program drives it meanwhile, and what it left is looked at before a try is spent."""
        reader = self.locked()
        other = Other(reader.env)
        self.addCleanup(other.let_go)
        meanwhile = os.path.join(self.folder, "meanwhile")
        os.mkfifo(meanwhile)
        tool = self.person(reader, "wait " + meanwhile, "cancel")
        done = []

        def use():
            with open(meanwhile, "w", encoding="utf-8"):  # the window is there
                done.append(other.uses())
                reader.order({"do": "spend_pin", "count": 1})
        user = threading.Thread(target=use)
        user.start()
        said = tool.say("open", "pcsc-shared", "ask")
        user.join()
        self.assertEqual(done, ["used\n"])
        self.assertRegex(said, "^locked .*wants its PIN")
        self.assertIn("2 tries are left", self.said())  # asked again, as another number is left
        self.assertEqual([c for c in reader.commands("verify") if c["length"] > 5], [])
        self.person(reader, "pin 1234")
        tool.say("again")
        self.assertEqual(tool.say("open", "pcsc-shared"), "good")

    def test_no_pinentry(self):
        reader = self.locked()
        tool = self.tool({**reader.env, "PATH": "/nonexistent"})
        self.assertRegex(tool.say("open", "pcsc", "ask"), "^locked .*wants its PIN")


PINENTRY = """#!{python} -S
import os, sys
folder = {folder!r}
open_now = " ".join(sorted(os.listdir("/proc/self/fd"), key=int))
talk = open(folder + "/talk", "a", buffering=1)
talk.write("descriptors " + open_now + "\\n")
def answer():
    lines = open(folder + "/answers").read().split("\\n")
    open(folder + "/answers", "w").write("\\n".join(lines[1:]))
    return lines[0]
print("OK Pleased to meet you", flush=True)
for line in sys.stdin:
    talk.write(line)
    word = line.split()[0]
    if word == "BYE":
        break
    if word in ("GETPIN", "CONFIRM"):
        what = answer()
        if what.startswith("wait "):
            open(what[5:]).read()
            what = "pin 1234"
        if what.startswith("pin "):
            print("D " + what[4:].replace("1", "%31"), flush=True)
        elif what == "cancel":
            print("ERR 83886179 Operation cancelled <Pinentry>", flush=True)
            continue
    print("OK", flush=True)
"""

if __name__ == "__main__":
    unittest.main()
