#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""check-capture on a capture made here, and on copies of it in which one thing is changed."""

import contextlib
import hashlib
import hmac
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import struct
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import capture  # noqa: E402
import reference as ref  # noqa: E402
import sip  # noqa: E402


def script(name):
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(HERE / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


VECTORS, CHECK = script("vectors"), script("check-capture")
ADDRESSES = {"A": "192.0.2.1", "P": "192.0.2.9", "B": "192.0.2.2"}


def sip_message(start, call, to_tag, cseq, vias, body="", extra=""):
    to = f";tag={to_tag}" if to_tag else ""
    head = [start, *[f"Via: SIP/2.0/UDP {via}" for via in vias],
            f"From: <sip:alice@A.example:5060>;tag={call['element_1']}", f"t: \"Bob\" <sip:bob@b.example>{to}",
            "Call-ID: one@a.example", f"CSeq: 20 {cseq}", *([extra] if extra else []),
            *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + body.encode()


def zrtp(kind, aux, h1):
    h3 = hashlib.sha256(hashlib.sha256(h1).digest()).digest()
    identity = hmac.new(aux, h3, "sha256").digest()[:8]
    return bytes.fromhex("10000001") + b"ZRTP" + bytes(4) + b"PZ\x00\x75" + kind.ljust(8).encode() + h1 + bytes(16) + identity + bytes(100)


def messages(call):
    """(from, to, source port, target port, octets) of the whole call over one proxy."""
    two, aux = call["element_2"], bytes.fromhex(call["zrtp_aux"])
    invite = sip_message("INVITE sip:bob@b.example SIP/2.0", call, None, "INVITE", ["192.0.2.1;branch=z9hG4bK.x1"], call["invite_sdp"])
    at_b = sip_message("INVITE sip:bob@192.0.2.2 SIP/2.0", call, None, "INVITE",
                       ["192.0.2.9;branch=z9hG4bK.p", "192.0.2.1;branch=z9hG4bK.x1"], call["invite_sdp"])
    ringing = sip_message("SIP/2.0 180 Ringing", call, two, "INVITE", ["192.0.2.1;branch=z9hG4bK.x1"])
    good = sip_message("SIP/2.0 200 Ok", call, two, "INVITE", ["192.0.2.1;branch=z9hG4bK.x1"], call["answer_sdp"])
    ack = sip_message("ACK sip:bob@192.0.2.2 SIP/2.0", call, two, "ACK", ["192.0.2.1;branch=" + call["element_3"]])
    ack_at_b = sip_message("ACK sip:bob@192.0.2.2 SIP/2.0", call, two, "ACK",
                           ["192.0.2.9;branch=z9hG4bK.q, 192.0.2.1;branch=" + call["element_3"]])
    made = [("A", "P", 5060, 5060, invite), ("P", "B", 5060, 5060, at_b), ("B", "P", 5060, 5060, ringing), ("P", "A", 5060, 5060, ringing),
            ("B", "P", 5060, 5060, good), ("P", "A", 5060, 5060, good), ("A", "P", 5060, 5060, ack), ("P", "B", 5060, 5060, ack_at_b)]
    return made + [("B", "A", 7088, 7078, zrtp("DHPart1", aux, b"1" * 32)), ("A", "B", 7078, 7088, zrtp("DHPart2", aux, b"2" * 32))]


def ip_packets(source, target, payload, mtu=1500):
    """IPv4, in fragments where it is long."""
    step, packets = (mtu - 20) // 8 * 8, []
    for offset in range(0, len(payload), step):
        part, more = payload[offset:offset + step], offset + step < len(payload)
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(part), len(payload) & 0xFFFF, (0x2000 if more else 0) | offset // 8, 64, 17, 0)
        packets.append(head + bytes(map(int, source.split("."))) + bytes(map(int, target.split("."))) + part)
    return packets


def pcap(exchanged, mtu=1500):
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for source, target, source_port, target_port, octets in exchanged:
        udp = struct.pack(">HHHH", source_port, target_port, 8 + len(octets), 0) + octets
        for packet in ip_packets(ADDRESSES[source], ADDRESSES[target], udp, mtu):
            frame = bytes(12) + b"\x08\x00" + packet
            data += struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame
    return data


def pcapng(exchanged):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)) + block(1, struct.pack("<HHI", 276, 0, 65535))
    for source, target, source_port, target_port, octets in exchanged:
        udp = struct.pack(">HHHH", source_port, target_port, 8 + len(octets), 0) + octets
        frame = b"\x86\xdd" + bytes(18) + struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + source.encode() * 16 + target.encode() * 16 + udp
        data += block(6, struct.pack("<IIIII", 0, 0, 0, len(frame), len(frame)) + frame)
    return data


class Checker(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.call = VECTORS.call()
        self.sims = {"alice@op-a.example": VECTORS.SIM_A, "bob@op-b.example": VECTORS.SIM_B}
        self.names = dict(VECTORS.NAMES)

    def run_on(self, data):
        """(exit status, what was printed)"""
        for name, content in (("sims.json", json.dumps(self.sims).encode()), ("names.json", json.dumps(self.names).encode()), ("calls.pcap", data)):
            (self.folder / name).write_bytes(content)
        arguments = ["check-capture", "--sims", str(self.folder / "sims.json"), "--names", str(self.folder / "names.json"), str(self.folder / "calls.pcap")]
        out, err = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = CHECK.main()
        return status, out.getvalue() + err.getvalue()

    def assert_wrong(self, exchanged, *words):
        status, text = self.run_on(pcap(exchanged))
        self.assertEqual(status, 1, text)
        for word in words:
            self.assertIn(word, text)

    def changed(self, old, new, *, only=None):
        """The call with `old` replaced in every message, or in those at the places `only`."""
        made = messages(self.call)
        old, new = (x.encode() if isinstance(x, str) else x for x in (old, new))
        self.assertTrue(any(old in m[4] for m in made))
        return [(*m[:4], m[4].replace(old, new) if only is None or i in only else m[4]) for i, m in enumerate(made)]

    def test_right(self):
        for data in (pcap(messages(self.call)), pcap(messages(self.call), mtu=300), pcapng(messages(self.call))):
            status, text = self.run_on(data)
            self.assertEqual(status, 0, text)
            for what in ("names", "MAC_0", "MAC_B", "MAC_A", "zrtp aux in DHPart1", "zrtp aux in DHPart2"):
                self.assertIn(f"one@a.example: {what} right", text)
            for secret in ("ssk_ab", "ssk_ba", "ssk_both", "zrtp_aux", "res_a", "res_b"):
                self.assertNotIn(self.call[secret], text)

    def test_replaced_challenge(self):
        self.call = VECTORS.call(VECTORS.RAND_B2)
        status, text = self.run_on(pcap(messages(self.call)))
        self.assertEqual(status, 0, text)
        for what in ("MAC_0", "MAC_B", "MAC_A", "zrtp aux in DHPart1"):
            self.assertIn(what + " right", text)
        other = self.call["element_2"][:-22] + ref.b64u(VECTORS.RAND_B)
        self.assert_wrong(self.changed(self.call["element_2"], other), "MAC_0 right", "MAC_B WRONG")

    def test_each_octet_of_each_mac(self):
        for name, word in (("element_1", "MAC_0"), ("element_2", "MAC_B"), ("element_3", "MAC_A")):
            text = self.call[name]
            start = len("sim02.") if name == "element_2" else len(text) - 22
            for i in range(start, start + 21):
                other = text[:i] + ("B" if text[i] == "A" else "A") + text[i + 1:]
                self.assert_wrong(self.changed(text, other), word + " WRONG")

    def test_challenges(self):
        for name, octets in (("element_1", VECTORS.RAND_B), ("element_2", VECTORS.RAND_A)):
            other = self.call[name].replace(ref.b64u(octets), ref.b64u(bytes(16)))
            self.assert_wrong(self.changed(self.call[name], other), "WRONG")

    def test_bound_media(self):
        self.assert_wrong(self.changed("0A1b0A1b", "0A1b0A1c", only={0, 1}), "MAC_0 WRONG")
        self.assert_wrong(self.changed("4e5F4e5F", "4e5F4e5E", only={4, 5}), "MAC_A WRONG")
        self.assert_wrong(self.changed("0A1b0A1b", "0A1b0A1c", only={1}), "differs")
        self.assert_wrong(self.changed("4e5F4e5F", "4e5F4e5E", only={5}), "differs")

    def test_names(self):
        self.assert_wrong(self.changed("sip:alice@", "sip:mallory@"), "names WRONG")
        self.assert_wrong(self.changed("sip:bob@b.example>", "sip:bob@c.example>"), "names WRONG")
        for name in self.names:
            before, self.names[name] = self.names[name], self.names[name].replace("example", "invalid")
            if name.startswith("nai"):
                self.sims[self.names[name]] = self.sims[before]
            self.assert_wrong(messages(self.call), "WRONG")
            self.names[name] = before

    def test_sims(self):
        for nai in list(self.sims):
            for key in ("k", "opc"):
                before = self.sims[nai]
                self.sims[nai] = before | {key: "00" * 16}
                self.assert_wrong(messages(self.call), "WRONG")
                self.sims[nai] = before
        del self.sims["bob@op-b.example"]
        self.assert_wrong(messages(self.call), "no SIM of bob")

    def test_media_keys(self):
        made = messages(self.call)
        for i in (-2, -1):
            for at in (30, 72, 79):
                octets = bytearray(made[i][4])
                octets[at] ^= 1
                other = list(made)
                other[i] = (*made[i][:4], bytes(octets))
                self.assert_wrong(other, "zrtp aux in DHPart" + ("1" if i == -2 else "2") + " WRONG")

    def test_media_of_another_call(self):
        """The same ports, used before and after: those packets are not ours to judge."""
        made = messages(self.call)
        other = [(*m[:4], m[4].replace(b"one@a.example", b"two@a.example").replace(b"tag=sim0", b"tag=x")) for m in made[:8]]
        other += [(*m[:4], zrtp("DHPart1", b"x" * 32, b"3" * 32)) for m in made[8:9]]
        for exchanged in (other + made, made + other):
            status, text = self.run_on(pcap(exchanged))
            self.assertEqual(status, 0, text)
            self.assertEqual(text.count("zrtp aux in"), 2, text)

    def test_bound_hello(self):
        """A Hello whose hash is in the SDP says whose a DHPart is, wherever it stands in the capture."""
        h1 = b"1" * 32
        h3 = hashlib.sha256(hashlib.sha256(h1).digest()).digest()
        message = b"PZ\x00\x1d" + b"Hello   " + b"1.10" + b"client id here.." + h3 + bytes(52)
        packet = bytes.fromhex("10000001") + b"ZRTP" + bytes(4) + message + bytes(4)
        hashed = hashlib.sha256(message).hexdigest()
        with mock.patch.object(VECTORS, "ANSWER_SDP", VECTORS.ANSWER_SDP.replace("4e5F" * 16, hashed)):
            self.call = VECTORS.call()
        made = messages(self.call)
        late = made[-2][:2] + (40000, 40001) + made[-2][4:]
        hello = made[-2][:2] + (40000, 40001, packet)
        status, text = self.run_on(pcap([*made[:8], hello, late]))
        self.assertEqual(status, 0, text)
        self.assertIn("zrtp aux in DHPart1 right", text)
        status, text = self.run_on(pcap([*made[:8], hello, (*late[:4], late[4][:72] + bytes(8) + late[4][80:])]))
        self.assertEqual(status, 1, text)
        self.assertIn("zrtp aux in DHPart1 WRONG", text)

    def test_what_is_absent(self):
        made = messages(self.call)
        self.assert_wrong(made[:6], "element 3 ABSENT")
        self.assert_wrong(made[:2], "element 2 ABSENT")
        self.assert_wrong(made[:4], "SDP answer ABSENT")
        self.assert_wrong(made[2:], "no call with elements")
        self.assert_wrong([], "no call with elements")

    def test_tag_and_header(self):
        one = self.call["element_1"].encode()
        header = [(*m[:4], m[4].replace(b"CSeq", b"SIM-Auth: " + one + b"\r\nCSeq", 1)) if i < 2 else m for i, m in enumerate(messages(self.call))]
        self.assertEqual(self.run_on(pcap(header))[0], 0)
        only_header = [(*m[:4], m[4].replace(b"tag=" + one, b"tag=abc")) for m in header]
        self.assertEqual(self.run_on(pcap(only_header))[0], 0)
        other = [(*m[:4], m[4].replace(b"SIM-Auth: sim01.aka.4", b"SIM-Auth: sim01.aka.5")) for m in header]
        self.assert_wrong(other, "differ")

    def test_unreadable(self):
        self.assertEqual(self.run_on(b"")[0], 2)
        self.assertEqual(self.run_on(b"nothing of the kind")[0], 2)
        self.sims = {"alice@op-a.example": {"k": "xx"}}
        self.assertEqual(self.run_on(pcap([]))[0], 2)


class Parts(unittest.TestCase):
    def test_milenage_of_ts_35_208(self):
        made = ref.milenage(*(bytes.fromhex(x) for x in (VECTORS.SIM_A["k"], VECTORS.SIM_A["opc"], "23553cbe9637a89d218ae64dae47bf35",
                                                         "ff9bb4d0b607", "b9b9")))
        self.assertEqual({name: value.hex() for name, value in made.items()},
                         {"mac_a": "4a9ffac354dfafb3", "mac_s": "01cfaf9ec4e871e9", "res": "a54211d5e3ba50bf", "ak": "aa689c648370",
                          "ck": "b40ba9a3c58b2a05bbf0d987b21bf8cb", "ik": "f769bcd751044604127672711c6d3441", "ak_star": "451e8beca43b"})

    def test_hkdf_of_rfc_5869(self):
        okm = ref.hkdf(bytes(range(13)), b"\x0b" * 22, bytes(range(0xF0, 0xFA)), 42)
        self.assertEqual(okm.hex(), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")

    def test_sip(self):
        message = sip.parse(b"INVITE sip:b@c SIP/2.0\r\nv: SIP/2.0/UDP a;branch=1\r\nVia: SIP/2.0/UDP b\r\n ;branch=z2\r\n"
                            b"f: \"x;tag=no\" <sip:a@b;tag=no>;x=y;tag=yes\r\ni: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 2\r\n\r\nabcd")
        self.assertEqual((message.tag("from"), message.tag("to"), message.bottom_branch(), message.body), ("yes", None, "z2", b"ab"))
        self.assertEqual((message.uri("from"), message.status, message.method), ("sip:a@b;tag=no", 0, "INVITE"))
        self.assertIsNone(sip.parse(b"\x80\x00garbage"))

    def test_capture_that_ends_early(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x"
            path.write_bytes(pcap(messages(VECTORS.call()))[:-50])
            self.assertGreater(len(list(capture.datagrams(path))), 5)


if __name__ == "__main__":
    unittest.main()
