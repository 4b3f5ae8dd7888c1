# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The card's files, status words, PIN's life and sequence numbers, in this process."""

import json
import os
import tempfile
import unittest

from support import AID, PROFILE, RAND, SELECT_USIM, Terminal, authenticate, autn, new_card

from card.atr import atr
from card.profile import Profile, State
from card.session import PROACTIVE, Card

PIN, WRONG, PUK = "31323334ffffffff", "39393939ffffffff", "3837363534333231"
VERIFY, AUTHENTICATE = "0020000108", "008800"


def locked(**more):
    card, terminal = new_card(pin="1234", puk="87654321", pin_enabled=True, **more)
    terminal.ask(SELECT_USIM)
    return card, terminal


def tlv(data):
    """The parts of a template as a dictionary of hex."""
    parts, rest = {}, data[2:2 + data[1]]
    while rest:
        parts[rest[0]] = rest[2:2 + rest[1]].hex()
        rest = rest[2 + rest[1]:]
    return parts


class Files(unittest.TestCase):
    def test_atr(self):
        octets, check = atr(), 0
        for octet in octets[1:]:
            check ^= octet
        self.assertEqual((octets[0], check, octets[1] & 15), (0x3b, 0, 7))

    def test_directory_names_the_application(self):
        _, t = new_card(dir_before=[{"aid": "a0000000871004ff49ffff8901020304", "label": "ISIM"}])
        data, word = t.ask("00a40804022f00")
        self.assertEqual((data[0], word), (0x62, "9000"))
        descriptor = bytes.fromhex(tlv(data)[0x82])
        self.assertEqual((descriptor[0], descriptor[3], descriptor[4]), (0x42, 40, 3))
        rows = [t.ask(f"00b20{n}0400")[0] for n in (1, 2, 3)]
        self.assertIn(b"\x50\x04ISIM", rows[0])
        self.assertIn(b"\x4f\x10" + bytes.fromhex(AID) + b"\x50\x04USIM", rows[1])
        self.assertEqual(rows[2], b"\xff" * 40)
        self.assertEqual(t.say("00b2040428"), "6a83")

    def test_application_by_full_and_partial_aid(self):
        _, t = new_card(dir_before=[{"aid": "a0000000871002ff49aaaa8901020304"}])
        data, _ = t.ask("00a40404" + "10" + AID)
        self.assertEqual(tlv(data)[0x84], AID)
        data, _ = t.ask("00a4040407a0000000871002")
        self.assertEqual(tlv(data)[0x84], "a0000000871002ff49aaaa8901020304")
        data, _ = t.ask("00a4040607a0000000871002")
        self.assertEqual(tlv(data)[0x84], AID)
        self.assertEqual(t.say("00a4040607a0000000871002"), "6a82")
        data, _ = t.ask("00a4040507a0000000871002")
        self.assertEqual(tlv(data)[0x84], AID)
        self.assertEqual(t.say("00a4040407a0000000871009"), "6a82")
        self.assertEqual(t.say("00a4040404a0000000"), "6700")

    def test_what_the_files_say(self):
        _, t = new_card(mnc_len=3)
        for path, content in (("2fe2", "988800010100000000f1"), ("7fff6f07", "080910100000000010"),
                              ("7fff6fad", "00000003"), ("7fff6f78", "0002"),
                              ("7f206f07", "080910100000000010"), ("7f206fad", "00000003")):
            t.ask(SELECT_USIM)
            t.ask(f"00a4080c{len(path) // 2:02x}{path}")
            data, word = t.ask("00b0000000")
            self.assertEqual(word, "9000")
            self.assertEqual(data.hex(), content)
        _, t = new_card()
        _, word = t.ask("00a4080c047fff6f07")
        self.assertEqual(word, "6a82", "7FFF without a selected application")

    def test_old_ad_has_three_octets(self):
        card = Card(Profile({**PROFILE, "mnc_len": None}), State())
        self.assertEqual(card.mf.child(0x7f20).child(0x6fad).size, 3)

    def test_select_walks(self):
        _, t = new_card()
        t.ask(SELECT_USIM)
        for command, word in (("00a4000c026f07", "9000"), ("00a4030c00", "9000"),
                              ("00a4000c027f10", "9000"), ("00a4000c027f20", "9000"),
                              ("00a4000c023f00", "9000"), ("00a4090c047f206f07", "9000"),
                              ("00a4000c026f99", "6a82"), ("00a4020c023f00", "6a86"),
                              ("00a40000023f00", "6a86"), ("00a4000c033f0000", "6700")):
            self.assertEqual(t.say(command), word, command)

    def test_short_file_identifiers(self):
        _, t = new_card()
        t.ask(SELECT_USIM)
        self.assertEqual(t.ask("00b0870009")[0].hex(), "080910100000000010")
        self.assertEqual(t.say("00b0990001"), "6a82")
        self.assertEqual(t.say("00b0e70001"), "6a86")


class StatusWords(unittest.TestCase):
    def setUp(self):
        _, self.t = new_card()
        self.t.ask(SELECT_USIM)

    def words(self, *rows):
        for command, word in rows:
            self.assertEqual(self.t.say(command), word, command)

    def test_lengths(self):
        self.words(("00a4000c026f07", "9000"), ("00b0000000", "6c09"), ("00b000000a", "6c09"),
                   ("00b0000900", "6b00"), ("00b2010400", "6981"), ("00f2000010", "6c3a"),
                   ("00", "6700"), ("00a4000c056f07", "6700"), ("00c0000010", "6f00"))

    def test_answers_wait_for_one_command(self):
        self.assertEqual(self.t.say("00a40004023f00")[:2], "61")
        self.t.say("00f2000c00")
        self.assertEqual(self.t.say("00c0000010"), "6f00")
        first = self.t.say("00a40004023f00")
        self.assertEqual(self.t.say("00c00000ff"), "6c" + first[2:])
        part = self.t.say("00c0000005")
        self.assertEqual(part[10:], f"61{int(first[2:], 16) - 5:02x}")
        self.assertEqual(self.t.say("00c00000" + part[-2:])[-4:], "9000")

    def test_classes_and_instructions(self):
        self.words(("0188008100", "6881"), ("40a4000c023f00", "6e00"), ("00ee000000", "6d00"),
                   ("00880080" + "0f" + "00" * 15, "6700"), ("00880082" + "01" + "00", "6a86"))
        _, usim = new_card(kind="usim")
        self.assertEqual(usim.say("a0a40000023f00"), "6e00")
        _, sim = new_card(kind="sim")
        self.assertEqual(sim.say(SELECT_USIM), "6e00")
        self.assertEqual(sim.say("a0a40000022f00"), "9404")

    def test_authenticate_outside_the_application(self):
        self.t.ask("00a4000c023f00")
        self.words((authenticate(RAND, bytes(16)), "6985"))

    def test_authenticate_refusals(self):
        self.words((authenticate(RAND, bytes(16)), "9862"),
                   ("0088008122" + "0f" + "00" * 33, "6a80"), ("0088008110" + "00" * 16, "6700"))
        _, t = new_card(gsm_context=False)
        t.ask(SELECT_USIM)
        self.assertEqual(t.say("0088008011" + "10" + RAND.hex()), "9864")

    def test_apdu_level(self):
        _, t = new_card(apdu_level=True)
        self.assertEqual(t.say("00a40004023f0000")[:2], "62")
        self.assertEqual(t.say("00a40004023f00")[:2], "61")

    def test_proactive_command(self):
        card, t = new_card()
        for name, octets in PROACTIVE.items():
            self.assertEqual(octets[1], len(octets) - 2, name)
            card.proactive = octets
            self.assertEqual(t.say("00a4000c023f00"), f"91{len(octets):02x}")
            self.assertEqual(t.say("00a4000c02ffff"), "6a82")
            self.assertEqual(t.ask(f"80120000{len(octets):02x}"), (octets, f"91{len(octets):02x}"))
            self.assertEqual(t.say("801400000c810301210082028281830100"), "9000")
        self.assertEqual(t.say("8012000000"), "6f00")


class Gsm(unittest.TestCase):
    def setUp(self):
        self.card, self.t = new_card(kind="sim", pin="1234", puk="87654321", pin_enabled=True)

    def test_files_and_words(self):
        self.assertEqual(self.t.say("a0a40000027f20"), "9f16")
        data, _ = self.t.ask("a0a40000027f20")
        self.assertEqual((len(data), data[4:7].hex(), data[12], data[18]), (22, "7f2002", 9, 0x83))
        data, _ = self.t.ask("a0a40000026f07")
        self.assertEqual((len(data), data[2:4].hex(), data[6], data[13]), (15, "0009", 4, 0))
        for command, word in (("a0b0000009", "9804"), ("a0a40000026f99", "9404"),
                              ("a0a4000c026f07", "6b00"), ("a0b2010409", "9408")):
            self.assertEqual(self.t.say(command), word)
        self.t.say("a020000108" + PIN)
        self.assertEqual(self.t.say("a0b000000c"), "6709")
        self.assertEqual(self.t.say("a0b0000009"), "0809101000000000109000")
        self.t.ask("a0a40000023f00")
        self.assertEqual(self.t.say("a0b0000009"), "9400")

    def test_run_gsm_wants_folder_and_pin(self):
        run = "a088000010" + RAND.hex()
        self.assertEqual(self.t.say(run), "9408")
        self.t.ask("a0a40000027f20")
        self.assertEqual(self.t.say(run), "9804")
        self.assertEqual(self.t.say("a020000108" + PIN), "9000")
        self.assertEqual(self.t.say(run), "9f0c")
        self.assertEqual(self.t.say("a0c000000c"), "46f8416aeae4be823af9a08b9000")
        self.assertEqual(self.t.say("a08800000f" + "00" * 15), "6710")

    def test_pin_life(self):
        words = [self.t.say("a020000108" + WRONG) for _ in range(4)]
        self.assertEqual(words, ["9804", "9804", "9840", "9840"])
        self.assertEqual(self.t.say("a020000108" + PIN), "9840")
        self.assertEqual(self.t.say("a02c000110" + PUK + WRONG), "9000")
        self.assertEqual(self.t.say("a026000108" + WRONG), "9000")
        self.assertEqual(self.t.say("a020000108" + WRONG), "9808")


class PinLife(unittest.TestCase):
    def test_guards(self):
        card, t = locked()
        self.assertEqual(t.say(authenticate(RAND, autn(card.profile.algorithm, 32))), "6982")
        t.ask("00a4000c026f07")
        self.assertEqual(t.say("00b0000009"), "6982")
        self.assertEqual(t.say(VERIFY + PIN), "9000")
        self.assertEqual(t.ask("00b0000009")[1], "9000")
        card.power()
        t.ask(SELECT_USIM)
        t.ask("00a4000c026f07")
        self.assertEqual(t.say("00b0000009"), "6982")

    def test_tries_block_and_puk(self):
        _, t = locked()
        self.assertEqual(t.say("0020000100"), "63c3")
        self.assertEqual([t.say(VERIFY + WRONG) for _ in range(4)], ["63c2", "63c1", "63c0", "6983"])
        self.assertEqual(t.say(VERIFY + PIN), "6983")
        self.assertEqual(t.say("0020000100"), "6983")
        self.assertEqual(t.say("002c000100"), "63ca")
        self.assertEqual(t.say("002c000110" + WRONG + WRONG), "63c9")
        self.assertEqual(t.say("002c000110" + PUK + "31ffffffffffffff"), "6a80")
        self.assertEqual(t.say("002c000110" + PUK + WRONG), "9000")
        self.assertEqual(t.say("002c000100"), "63ca")
        self.assertEqual(t.say(VERIFY + WRONG), "9000")

    def test_right_pin_gives_tries_back(self):
        _, t = locked()
        t.say(VERIFY + WRONG)
        self.assertEqual(t.say(VERIFY + PIN), "9000")
        self.assertEqual(t.say("0020000100"), "63c3")

    def test_dead_puk(self):
        _, t = locked()
        words = [t.say("002c000110" + WRONG + PIN) for _ in range(11)]
        self.assertEqual(words[-3:], ["63c1", "63c0", "6983"])
        self.assertEqual(t.say("002c000110" + PUK + PIN), "6983")

    def test_change_disable_enable(self):
        _, t = locked()
        for command, word in (("0024000110" + PIN + WRONG, "9000"), (VERIFY + PIN, "63c2"),
                              ("0026000108" + WRONG, "9000"), (VERIFY + WRONG, "6984"),
                              ("0026000108" + WRONG, "6985"), ("0028000108" + WRONG, "9000"),
                              (VERIFY + WRONG, "9000"), ("0020000508" + PIN, "6a88"),
                              ("0020000107" + PIN[:14], "6700"), ("0020018100", "6a86"),
                              ("0020008100", "63c3")):
            self.assertEqual(t.say(command), word, command)


class Window(unittest.TestCase):
    def setUp(self):
        self.card, self.t = new_card(seq_delta=1000)
        self.t.ask(SELECT_USIM)

    def tag(self, seq, ind):
        sent = autn(self.card.profile.algorithm, seq << 5 | ind)
        return self.t.ask(authenticate(RAND, sent))[0][:1].hex()

    def test_each_ind_has_its_own(self):
        rows = [((5, 1), "db"), ((5, 1), "dc"), ((4, 1), "dc"), ((5, 2), "db"), ((3, 3), "db"),
                ((6, 1), "db"), ((1006, 4), "db"), ((2007, 4), "dc"), ((2006, 31), "db")]
        for (seq, ind), want in rows:
            self.assertEqual(self.tag(seq, ind), want, (seq, ind))

    def test_wrong_mac_moves_nothing(self):
        sent = bytearray(autn(self.card.profile.algorithm, 7 << 5))
        sent[-1] ^= 1
        self.assertEqual(self.t.say(authenticate(RAND, bytes(sent))), "9862")
        self.assertEqual(self.card.authenticator.window.highest, 0)


class Kept(unittest.TestCase):
    def test_a_restart_forgets_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "state")
            profile = {**PROFILE, "pin": "1234", "pin_enabled": True}
            sent = None
            for turn in range(2):
                card = Card(Profile(profile), State(path))
                t = Terminal(card.run)
                t.ask(SELECT_USIM)
                if turn == 0:
                    t.say(VERIFY + PIN)
                    sent = autn(card.profile.algorithm, 64)
                    self.assertEqual(t.ask(authenticate(RAND, sent))[0][0], 0xdb)
                    t.say(VERIFY + WRONG)
                else:
                    self.assertEqual(t.say("0020000100"), "63c2")
                    t.say(VERIFY + PIN)
                    self.assertEqual(t.ask(authenticate(RAND, sent))[0][0], 0xdc)
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path, encoding="utf-8") as file:
                self.assertNotIn(PROFILE["k"], json.dumps(json.load(file)))


class BadProfiles(unittest.TestCase):
    def test_each_is_named(self):
        for more in ({"imsi": "12"}, {"kind": "esim"}, {"algorithm": "rot13"}, {"aid": "a0"},
                     {"op": "00" * 16}, {"k": "0"}):
            with self.assertRaises(ValueError):
                Profile({**PROFILE, **more})


if __name__ == "__main__":
    unittest.main()
