# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""sim=modem: our card behind AT+CSIM (TS 27.007, 8.17) on a pseudo terminal."""

import os
import pty
import re
import socket
import termios
import threading
import time
import tty
import unittest

from cards import CARD, OTHER, Case, Operator

from card.profile import Profile, State
from card.session import Card


class Modem:
    """A modem with a card in it; its habits are attributes."""

    def __init__(self, profile):
        self.card = Card(Profile(profile), State())
        self.commands = []
        self.echo = True
        self.chatter = True   # what the network says meanwhile
        self.quoted = True
        self.channels = False  # has logical channels, and guards its own
        self.open = set()
        self.answer_with = None  # instead of +CSIM and OK
        self.silent = False
        self.lost = b""  # said to the next AUTHENTICATE
        self.refuses = None  # an instruction
        self.by_name = None  # what is said to SELECT by AID, for +CSIM
        self.pace = 0  # seconds that each command takes
        self.late = 0  # seconds that the next AUTHENTICATE takes; everything behind it waits
        self._master, slave = pty.openpty()
        tty.setraw(self._master)
        self.path = os.ttyname(slave)
        self._slave = slave  # kept: a port that nobody has open is not gone
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def unplug(self):
        os.close(self._slave)
        os.close(self._master)

    def _run(self):
        line = b""
        try:
            while True:
                line += os.read(self._master, 1024)
                while b"\r" in line:
                    command, line = line.split(b"\r", 1)
                    self._obey(command.decode())
        except OSError:
            pass

    def _say(self, *lines):
        for text in lines:
            for part in (f"\r\n{text[:7]}", f"{text[7:]}\r\n"):  # comes in pieces
                os.write(self._master, part.encode())

    def _obey(self, command):
        if self.silent:
            return
        if self.echo:
            os.write(self._master, command.encode() + b"\r")
        if command == "ATE0":
            self.echo = False
            time.sleep(self.pace)
            self._say("OK")
        elif match := re.fullmatch(r'AT\+CSIM=(\d+),"([0-9A-F]*)"', command):
            assert int(match[1]) == len(match[2])
            self._csim(bytes.fromhex(match[2]))
        else:
            self._say("ERROR")

    def _csim(self, raw):
        self.commands.append(raw)
        if self.answer_with is not None:
            self._say(*self.answer_with)
            return
        if self.by_name and raw[1:3] == b"\xa4\x04":
            self._say(*self.by_name)
            return
        if raw[1] == 0x88:
            late, self.late = self.late, 0
            time.sleep(late)
        time.sleep(self.pace)
        if self.chatter:
            self._say("+CREG: 1", "^RSSI: 20")
        answer = self._card(raw).hex().upper()
        text = f'"{answer}"' if self.quoted else answer
        self._say(f"+CSIM: {len(answer)},{text}", "OK")

    def _card(self, raw):
        if self.lost and raw[1] == 0x88:
            said, self.lost = self.lost, b""
            return said
        if raw[1] == self.refuses:
            return b"\x6f\x00"
        if not self.channels:
            return self.card.run(raw)
        if raw[1] == 0x70 and raw[2]:
            self.open.discard(raw[3])
            return b"\x90\x00"
        if raw[1] == 0x70:
            free = {1, 2, 3} - self.open
            self.open |= {min(free)} if free else set()
            return bytes([min(free), 0x90, 0]) if free else b"\x6a\x81"
        assert raw[0] & 3 or raw[0] == 0xa0, f"the modem's own channel was used: {raw[:4].hex()}"
        if raw[0] != 0xa0 and raw[0] & 3 not in self.open:
            return b"\x68\x81"
        return self.card.run(bytes([raw[0] & 0xfc]) + raw[1:] if raw[0] != 0xa0 else raw)


class Port(Case):
    def modem(self, profile=CARD):
        return Modem(profile)

    def opened(self, modem):
        tool = self.tool()
        self.assertEqual(tool.say("open", f"modem:{modem.path}"), "good")
        return tool

    def test_usim(self):
        operator, tool = Operator(CARD), self.opened(self.modem())
        self.assertTrue(tool.say("identity").startswith("001010000000001 2 "))
        for _ in range(3):
            self.runs(tool, operator)
        rand, autn, _ = operator.quintet(sqn=32)
        self.assertRegex(tool.say("run", "aka", rand, autn), "^resync res= k= auts=[0-9a-f]{28}$")

    def test_2g(self):
        card = {**CARD, "kind": "sim"}
        tool, operator = self.opened(self.modem(card)), Operator(card)
        rand, right = operator.triplets()
        self.assertEqual(tool.say("run", "gsm", rand), right)

    def test_habits(self):
        """No quotation marks, no chatter; a channel of our own beside the modem's."""
        modem = self.modem()
        modem.quoted = modem.chatter = False
        modem.channels = True
        tool = self.opened(modem)
        self.runs(tool, Operator(CARD))
        tool.say("close")
        self.assertEqual(modem.commands[-1][:4].hex(), "00708001")

    def test_reset(self):
        """A modem that was reset says nothing of it: the SIM is found again, in the same run."""
        for kind in ("usim", "sim"):
            card = {**CARD, "kind": kind}
            modem, operator = self.modem(card), Operator(card)
            tool = self.opened(modem)
            for word in ("", "6e00", "6d00", "9404"):  # what cards say where nothing is selected
                with self.subTest(kind=kind, word=word):
                    modem.card.power()
                    modem.lost = bytes.fromhex(word)
                    if kind == "usim":
                        self.runs(tool, operator)
                    else:
                        rand, right = operator.triplets()
                        self.assertEqual(tool.say("run", "gsm", rand), right)
            before = len(modem.commands)
            if kind == "sim":  # what it cannot do at all is no sign of a reset
                rand, autn, _ = operator.quintet()
                self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*cannot run this kind")
                self.assertEqual(len(modem.commands), before)

    def test_channels_are_given_back(self):
        """Whatever comes of it: a card has three in all, and then the modem's own would be used."""
        for habit, kind, said in (("locked", "usim", "locked"), ("no select", "usim", "failed"), ("none", "sim", "good"),
                                  ("other", "usim", "absent"), ("reset", "usim", "good")):
            with self.subTest(habit=habit):
                card = {**CARD, "kind": kind, **({"pin": "1234", "pin_enabled": True} if habit == "locked" else {})}
                modem = self.modem(card)
                modem.channels = True
                modem.refuses = 0xa4 if habit == "no select" else None
                for _ in range(4):
                    tool = self.tool()
                    if habit in ("other", "reset"):
                        modem.card = Card(Profile(CARD), State())
                        self.assertEqual(tool.say("open", f"modem:{modem.path}"), "good")
                        modem.card = Card(Profile(OTHER if habit == "other" else CARD), State())
                        modem.open = set()
                        rand, autn, _ = Operator(CARD).quintet()
                        self.assertRegex(tool.say("run", "aka", rand, autn), f"^{said} ")
                    else:
                        self.assertRegex(tool.say("open", f"modem:{modem.path}"), f"^{said}")
                    tool.say("close")
                    self.assertEqual(modem.open, set())

    def test_trouble(self):
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        for answer, said in ((["+CME ERROR: 10"], "absent|failed"), (["ERROR"], "failed"), (["OK"], "failed"),
                             (['+CSIM: 4,"90"', "OK"], "failed"), (['+CSIM: 4,"90XX"', "OK"], "failed"),
                             (['+CSIM: 99999,"9000"', "OK"], "failed"), (["+CSIM: 4", "OK"], "failed"),
                             (["+CSIM: " + "9" * 1500], "failed")):
            modem.answer_with = answer
            rand, autn, _ = operator.quintet()
            self.assertRegex(tool.say("run", "aka", rand, autn), f"^({said}) res= k= .", answer)
            modem.answer_with = None
            self.runs(tool, operator)

    def test_mute_then_well(self):
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        modem.silent = True
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*does not answer")
        self.assertTrue(2900 <= tool.ms < 3800, tool.ms)
        modem.silent = False
        self.runs(tool, operator)

    def test_late_answer(self):
        """It comes when the port was opened again, before the answer to that: nothing is one behind from then on."""
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        modem.late, modem.pace = 3.4, 0.02
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*does not answer")
        for _ in range(3):
            self.runs(tool, operator)

    def test_answer_without_end(self):
        """What is left of it is not the next one's."""
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        for answer in (["OK"], ["+CSIM: " + "9" * 1500, "OK"]):
            modem.answer_with = answer
            rand, autn, _ = operator.quintet()
            self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*no-link", answer)
            modem.answer_with = None
            self.runs(tool, operator)

    def test_usim_that_fails_is_no_2g_sim(self):
        """A card with both applications: what went wrong on the way to the one does not lead to the other."""
        for answer in (['+CSIM: 4,"6F00"', "OK"], ['+CSIM: 4,"90"', "OK"], ['+CSIM: 4,"9240"', "OK"]):
            with self.subTest(answer=answer):
                modem = self.modem({**CARD, "kind": "uicc"})
                modem.by_name = answer
                tool = self.tool()
                self.assertRegex(tool.say("open", f"modem:{modem.path}"), "^failed The SIM in .* failed")
                modem.by_name = None
                self.assertEqual(tool.say("open", f"modem:{modem.path}"), "good")
                self.runs(tool, Operator(CARD))
        modem = self.modem({**CARD, "kind": "uicc"})
        modem.by_name = ['+CSIM: 4,"6A82"', "OK"]  # there is none
        operator, tool = Operator(CARD), self.opened(modem)
        rand, right = operator.triplets()
        self.assertEqual(tool.say("run", "gsm", rand), right)

    def given(self, text):
        """A pipe with a PIN in it."""
        ours, theirs = os.pipe()
        os.write(theirs, text)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        return ours

    def test_universal_pin(self):
        """The application's own PIN is disabled, the universal one in its place: that one is asked for."""
        modem = self.modem({**CARD, "pin": "1234", "pin_enabled": True, "universal_pin": True})
        ours = self.given(b"1234\n")
        tool = self.tool(pass_fds=(ours,))
        self.assertEqual(tool.say("open", f"modem:{modem.path}", f"fd:{ours}"), "good")
        self.assertEqual({raw[3] for raw in modem.commands if raw[1] == 0x20}, {0x11})
        modem.card.power()
        self.runs(tool, Operator(CARD))

    def test_own_pin_disabled(self):
        modem = self.modem({**CARD, "universal_pin": True})  # and so is the universal one
        self.runs(self.opened(modem), Operator(CARD))

    def test_letters_in_the_iccid(self):
        """Some operators write hexadecimal ones: they tell cards apart like others, before a PIN is spent."""
        modem = self.modem({**CARD, "iccid": "8988A0F0000000000B12"})
        ours = self.given(b"1234\n")
        tool = self.tool(pass_fds=(ours,))
        self.assertEqual(tool.say("open", f"modem:{modem.path}", f"fd:{ours}"), "good")
        modem.card = Card(Profile({**OTHER, "iccid": "8988A0F0000000000B13", "pin": "9999", "pin_enabled": True}), State())
        rand, autn, _ = Operator(CARD).quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^absent .*Another SIM is in")
        self.assertEqual([raw for raw in modem.commands if raw[1] == 0x20 and len(raw) > 5], [])

    def test_what_is_no_descriptor_of_a_pin(self):
        """Linphone has descriptors of its own: what is no pipe or file to read from is not read, and the person hears why."""
        modem = self.modem({**CARD, "pin": "1234", "pin_enabled": True})
        ours, theirs = socket.socketpair()
        theirs.send(b"1234\n")
        null, folder = os.open(os.devnull, os.O_RDONLY), os.open(self.folder, os.O_RDONLY)
        written = os.open(os.path.join(self.folder, "log"), os.O_WRONLY | os.O_CREAT)
        for number in (ours.fileno(), null, folder, written, 999):
            tool = self.tool(pass_fds=(ours.fileno(), null, folder, written))
            self.assertRegex(tool.say("open", f"modem:{modem.path}", f"fd:{number}"),
                             f"^locked .*wants its PIN, and pin=fd:{number} is no pipe or file to read it from")
            tool.close()
            self._cleanups.pop()
        ours.setblocking(False)
        self.assertEqual(ours.recv(9), b"1234\n")  # nobody took it
        for end in (ours, theirs):
            end.close()
        for number in (null, folder, written):
            os.close(number)

    def test_unplugged(self):
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        modem.unplug()
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^(absent|failed) res= k= .")
        self.assertLess(tool.ms, 3000)

    def test_swapped(self):
        modem, operator = self.modem(), Operator(CARD)
        tool = self.opened(modem)
        modem.card = Card(Profile(OTHER), State())
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^(refused|failed|absent)")

    def test_not_a_modem(self):
        tool = self.tool()
        self.assertRegex(tool.say("open", "modem:/dev/nothing-here"), "^absent There is no modem at")
        self.assertRegex(tool.say("open", "modem:/dev/null"), "^absent /dev/null is no serial port")
        modem = self.modem()
        modem.silent = True
        self.assertRegex(tool.say("open", f"modem:{modem.path}"), "^failed Nothing at .* answers AT commands")

    def test_port_in_use(self):
        modem = self.modem()
        self.opened(modem)
        self.assertRegex(self.tool().say("open", f"modem:{modem.path}"), "^absent Another program uses the modem's port")


if __name__ == "__main__":
    unittest.main()
