# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Algorithms: TS 35.208 through AUTHENTICATE, TS 35.233, XOR, AUTS; osmo-auc-gen is the oracle."""

import hashlib
import secrets
import unittest

from support import (K, OPC, RAND, SELECT_USIM, authenticate, autn, fields, new_card, oracle)

from card.milenage import xor
from card.simple import Xor, triplet
from card.tuak import Tuak, keccak_f

# TS 35.208 section 4.3, sets 1 to 6 of f1 to f5*: K, RAND, SQN, AMF, OP, OPc, f1, f1*, f2, f3, f4, f5, f5*.
MILENAGE = [row.split() for row in """
465b5ce8b199b49faa5f0a2ee238a6bc 23553cbe9637a89d218ae64dae47bf35 ff9bb4d0b607 b9b9 cdc202d5123e20f62b6d676ac72cb318 cd63cb71954a9f4e48a5994e37a02baf 4a9ffac354dfafb3 01cfaf9ec4e871e9 a54211d5e3ba50bf b40ba9a3c58b2a05bbf0d987b21bf8cb f769bcd751044604127672711c6d3441 aa689c648370 451e8beca43b
fec86ba6eb707ed08905757b1bb44b8f 9f7c8d021accf4db213ccff0c7f71a6a 9d0277595ffc 725c dbc59adcb6f9a0ef735477b7fadf8374 1006020f0a478bf6b699f15c062e42b3 9cabc3e99baf7281 95814ba2b3044324 8011c48c0c214ed2 5dbdbb2954e8f3cde665b046179a5098 59a92d3b476a0443487055cf88b2307b 33484dc2136b deacdd848cc6
9e5944aea94b81165c82fbf9f32db751 ce83dbc54ac0274a157c17f80d017bd6 0b604a81eca8 9e09 223014c5806694c007ca1eeef57f004f a64a507ae1a2a98bb88eb4210135dc87 74a58220cba84c49 ac2cc74a96871837 f365cd683cd92e96 e203edb3971574f5a94b0d61b816345d 0c4524adeac041c4dd830d20854fc46b f0b9c08ad02e 6085a86c6f63
4ab1deb05ca6ceb051fc98e77d026a84 74b0cd6031a1c8339b2b6ce2b8c4a186 e880a1b580b6 9f07 2d16c5cd1fdf6b22383584e3bef2a8d8 dcf07cbd51855290b92a07a9891e523e 49e785dd12626ef2 9e85790336bb3fa2 5860fc1bce351e7e 7657766b373d1c2138f307e3de9242f9 1c42e960d89b8fa99f2744e0708ccb53 31e11a609118 fe2555e54aa9
6c38a116ac280c454f59332ee35c8c4f ee6466bc96202c5a557abbeff8babf63 414b98222181 4464 1ba00a1a7c6700ac8c3ff3e96ad08725 3803ef5363b947c6aaa225e58fae3934 078adfb488241a57 80246b8d0186bcf1 16c8233f05a0ac28 3f8c7587fe8e4b233af676aede30ba3b a7466cc1e6b2a1337d49d3b66e95d7b4 45b0f69ab06c 1f53cd2b1113
2d609d4db0ac5bf0d2c0de267014de0d 194aa756013896b74b4a2a3b0af4539e 6bf69438c2e4 5f67 460a48385427aa39264aac8efc9e73e8 c35a0ab0bcbfc9252caff15f24efbde0 bd07d3003b9e5cc3 bcb6c2fcad152250 8c25a16cd918a1df 4cd0846020f8fa0731dd47cbdc6be411 88ab80a415f15c73711254a1d388f696 7e6455f34cf3 dc6dd01e8f15
""".strip().splitlines()]

# TS 35.233 sections 6.3 to 6.8: K, RAND, SQN, AMF, TOP, iterations, TOPc, f1, f1*, f2, f3, f4, f5, f5*.
TUAK = [row.split() for row in """
abababababababababababababababab 42424242424242424242424242424242 111111111111 ffff 5555555555555555555555555555555555555555555555555555555555555555 1 bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff f9a54e6aeaa8618d e94b4dc6c7297df3 657acd64 d71a1e5c6caffe986a26f783e5c78be1 be849fa2564f869aecee6f62d4337e72 719f1e9b9054 e7af6b3d0e38
fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0 0123456789abcdef0123456789abcdef 0123456789ab abcd 808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f 1 305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524 c0b8c2d4148ec7aa5f1d78a97e4d1d58 ef81af7290f7842c6ceafa537fa0745b e9d749dc4eea0035 a4cb6f6529ab17f8337f27baa8234d47 2274155ccf4199d5e2abcbf621907f90 480a9345cc1e f84eb338848c
fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0 0123456789abcdef0123456789abcdef 0123456789ab abcd 808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f 1 305425427e18c503c8a4b294ea72c95d0c36c6c6b29d0c65de5974d5977f8524 d97b75a1776065271b1e212bc3b1bf173f438b21e6c64a55a96c372e085e5cc5 427bbf07c6e3a86c54f8c5216499f3909a6fd4a164c9fe235b1550258111b821 07021c73e7635c7d 4d59ac796834eb85d11fa148a5058c3c 126d47500136fdc5ddfd14f19ebf16749ce4b6435323fbb5715a3a796a6082bd 1d6622c4e59a f84eb338848c
b8da837a50652d6ac7c97da14f6acc61 6887e55425a966bd86c9661a5fa72be8 0dea2ee2c5af df1e 0952be13556c32ebc58195d9dd930493e12a9003669988ffde5fa1f0fe35cc01 1 2bc16eb657a68e1f446f08f57c0efb1d493527a2e652ce281eb6ca0e4487760a 749214087958dd8f58bfcdf869d8ae3f 619e865afe80e382aee13063f9dfb56d 4041ce438e3e38e8aa96562eed83ac43 3e3bc01bea0cd914c4c2c83ce2d92757 666a8e6f577b1aa77b7fd53cebb8a3d6 1f880d005119 45e617d77fe5
1574ca56881d05c189c82880f789c9cd4244955f4426aa2b69c29f15770e5aa5 c570aac68cde651fb1e3088322498bef c89bb71f3a41 297d e59f6eb10ea406813f4991b0b9e02f181edf4c7e17b480f66d34da35ee88c95e 1 3c6052e41532a28a47aa3cbb89f223e8f3aaa976aecd48bc3e7d6165a55eff62 d7340dad02b4cb01 c6021e2e66accb15 84d89b41db1867ffd4c7ba1d82163f4d526a20fbae5418fbb526940b1eeb905c d419676afe5ab58c1d8bee0d43523a4d2f52ef0b31a4676a0c334427a988fe65 205533e505661b61d05cc0eac87818f4 d7b3d2d4980a ca9655264986
1574ca56881d05c189c82880f789c9cd4244955f4426aa2b69c29f15770e5aa5 c570aac68cde651fb1e3088322498bef c89bb71f3a41 297d e59f6eb10ea406813f4991b0b9e02f181edf4c7e17b480f66d34da35ee88c95e 2 b04a66f26c62fcd6c82de22a179ab65506ecf47f56245cd149966cfa9cec7a51 90d2289ed1ca1c3dbc2247bb480d431ac71d2e4a7677f6e997cfddb0cbad88b7 427355dbac30e825063aba61b556e87583abac638e3ab01c4c884ad9d458dc2f d67e6e64590d22eecba7324afa4af4460c93f01b24506d6e12047d789a94c867 ede57edfc57cdffe1aae75066a1b7479bbc3837438e88d37a801cccc9f972b89 48ed9299126e5057402fe01f9201cf25249f9c5c0ed2afcf084755daff1d3999 6aae8d18c448 8c5f33b61f4e
""".strip().splitlines()]


def hexed(*octets):
    return [o.hex() for o in octets]


class Milenage(unittest.TestCase):
    def test_sets_through_authenticate(self):
        for k, rand, sqn, amf, op, opc, f1, f1s, f2, f3, f4, f5, f5s in MILENAGE:
            for given in ({"op": op, "opc": None}, {"opc": opc}):
                card, terminal = new_card(k=k, seq_delta=1 << 48, **given)
                terminal.ask(SELECT_USIM)
                sent = xor(bytes.fromhex(sqn), bytes.fromhex(f5)).hex() + amf + f1
                data, word = terminal.ask(authenticate(bytes.fromhex(rand), bytes.fromhex(sent)))
                self.assertEqual((data[:1], word), (b"\xdb", "9000"))
                self.assertEqual(hexed(*fields(data)[:3]), [f2, f3, f4])
                made = card.profile.algorithm
                self.assertEqual(made.f1_star(*map(bytes.fromhex, (rand, sqn, amf))).hex(), f1s)
                self.assertEqual(made.f5_star(bytes.fromhex(rand)).hex(), f5s)

    def test_random_vectors_of_the_oracle(self):
        for sqn in (32, 4000, 1 << 30):
            k, opc, rand = (secrets.token_hex(16) for _ in range(3))
            out = oracle("-3", "-a", "milenage", "-k", k, "-o", opc, "-s", str(sqn), "-f", "8000", "-r", rand)
            _, terminal = new_card(k=k, opc=opc)
            terminal.ask(SELECT_USIM)
            data, _ = terminal.ask(authenticate(*map(bytes.fromhex, (rand, out["AUTN"]))))
            self.assertEqual(hexed(*fields(data)), [out["RES"], out["CK"], out["IK"], out["Kc"]])
            data, _ = terminal.ask("0088008011" + "10" + rand)
            self.assertEqual(data.hex(), "04" + out["SRES"] + "08" + out["Kc"])
            terminal.ask("a0a40000027f20")
            data, _ = terminal.ask("a088000010" + rand)
            self.assertEqual(data.hex(), out["SRES"] + out["Kc"])

    def test_auts_that_the_oracle_opens(self):
        card, terminal = new_card()
        terminal.ask(SELECT_USIM)
        for sqn in (0x1234 << 5 | 3, 0x1200 << 5 | 7):
            terminal.ask(authenticate(RAND, autn(card.profile.algorithm, sqn)))
        data, word = terminal.ask(authenticate(RAND, autn(card.profile.algorithm, 0x1234 << 5 | 3)))
        self.assertEqual((data[:2].hex(), len(data), word), ("dc0e", 16, "9000"))
        out = oracle("-3", "-a", "milenage", "-k", K, "-o", OPC, "-r", RAND.hex(), "-A", data[2:].hex())
        self.assertEqual(out["SQN.MS"], str(0x1234 << 5 | 3))
        fresh = bytes.fromhex(out["AUTN"])
        data, _ = terminal.ask(authenticate(RAND, fresh))
        self.assertEqual(data[:1], b"\xdb")


class TuakSets(unittest.TestCase):
    def test_keccak_is_that_of_sha3(self):
        for message in (b"", b"abc", bytes(range(135))):
            block = bytearray((message + b"\x06").ljust(200, b"\0"))
            block[135] |= 0x80
            self.assertEqual(keccak_f(bytes(block))[:32], hashlib.sha3_256(message).digest())

    def test_sets_of_ts_35_233(self):
        for k, rand, sqn, amf, top, iterations, topc, f1, f1s, f2, f3, f4, f5, f5s in TUAK:
            lengths = {n: len(v) // 2 for n, v in (("mac", f1), ("res", f2), ("ck", f3), ("ik", f4))}
            tuak = Tuak(bytes.fromhex(k), top=bytes.fromhex(top), iterations=int(iterations), **lengths)
            rand, sqn, amf = map(bytes.fromhex, (rand, sqn, amf))
            self.assertEqual(hexed(tuak.topc, tuak.f1(rand, sqn, amf), tuak.f1_star(rand, sqn, amf)),
                             [topc, f1, f1s])
            self.assertEqual(hexed(*tuak.f2345(rand), tuak.f5_star(rand)), [f2, f3, f4, f5, f5s])

    def test_first_set_through_authenticate(self):
        k, rand, sqn, amf, top, _, topc, f1, _, f2, f3, f4, f5, _ = TUAK[0]
        for given in ({"top": top}, {"topc": topc}):
            _, terminal = new_card(algorithm="tuak", k=k, res_len=4, seq_delta=1 << 48, **given)
            terminal.ask(SELECT_USIM)
            sent = xor(bytes.fromhex(sqn), bytes.fromhex(f5)).hex() + amf + f1
            data, _ = terminal.ask(authenticate(*map(bytes.fromhex, (rand, sent))))
            self.assertEqual(hexed(*fields(data)[:3]), [f2, f3, f4])


class XorOracle(unittest.TestCase):
    def test_against_the_oracle(self):
        k, rand = secrets.token_bytes(16), secrets.token_bytes(16)
        out = oracle("-3", "-a", "xor", "-k", k.hex(), "-f", "8000", "-r", rand.hex())
        made = Xor(k)
        res, ck, ik, ak = made.f2345(rand)
        sent = bytes.fromhex(out["AUTN"])
        self.assertEqual(made.f1(rand, xor(sent[:6], ak), b"\x80\0"), sent[8:])
        self.assertEqual(hexed(res, ck, ik, *triplet(made, rand)),
                         [out["RES"], out["CK"], out["IK"], out["SRES"], out["Kc"]])


if __name__ == "__main__":
    unittest.main()
