# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ub: bootstrapping, and everything that may be wrong with it."""

import base64

import case
import fake


class Ub(case.Case):
    def setUp(self):
        self.start()

    def test_good(self):
        phone = self.phone()
        self.expect(phone.do("bootstrap"), "AG_OK")
        self.assertEqual(self.gateway.paths(), ["/", "/"])
        self.assertEqual(self.gateway.connections, 1)
        self.expect(phone.do("bootstrap"), "AG_OK")  # the session is good for an hour
        self.assertEqual(self.gateway.paths(), ["/", "/"])
        first = self.gateway.headers("/")[0]
        self.assertIn('nonce="", uri="/", response=""', first["Authorization"])
        self.assertIn("3gpp-gba", first["User-Agent"])

    def test_resynchronise_once(self):
        self.gateway.autn = [0xff, 0]
        phone = self.phone()
        self.expect(phone.do("bootstrap"), "AG_OK")
        self.assertEqual(len(self.gateway.paths()), 3)
        self.gateway.autn = [0xff, 0xff]
        phone = self.phone()
        self.expect(phone.do("bootstrap"), "AG_NO_CARD", "sequence numbers")

    def test_cards(self):
        for octet, words in ((0xee, "not come from this SIM's operator"), (0xdd, "no SIM"),
                             (0xcc, "locked"), (0xbb, "did not answer")):
            self.gateway.autn = [octet]
            self.expect(self.phone().do("bootstrap"), "AG_NO_CARD", words)

    def test_renewed_at_half_of_its_life(self):
        self.gateway.lifetime = 2  # seconds
        phone = self.phone()
        self.expect(phone.do("bootstrap"), "AG_OK")
        while phone.do("bootstrap")["card_runs"] == 1:
            pass  # until a second has gone
        self.assertEqual(len(self.gateway.sessions), 2)

    def test_old_session_serves_when_renewal_fails(self):
        self.gateway.lifetime = 20
        phone = self.phone()
        self.expect(phone.do("self"), "AG_OK")
        self.gateway.lifetime = case.SLOWER
        self.gateway.sessions = {}
        self.expect(phone.do("self"), "AG_OK")
        self.gateway.faults["/"] = [fake.status(503)] * 10000
        ended = False
        while not ended:  # half of a second lasts the old one, and then it is over
            answer = phone.do("self")
            ended = answer["status"] == "AG_DOWN"
            if not ended:
                self.expect(answer, "AG_OK")
        self.assertLess(len(self.gateway.faults["/"]), 9999)

    def test_wrong_rspauth(self):
        for change in (lambda x: x.replace('rspauth="', 'rspauth="0')[:-1],
                       lambda x: x.replace("nc=00000001", "nc=00000002"), lambda x: None,
                       lambda x: "nonsense"):
            self.gateway.change_info = change
            self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "prove")

    def test_xml(self):
        other = "YWFhYWFhYWFhYWFhYWFhYQ=="
        for xml in (lambda b, l: "", lambda b, l: "{}", lambda b, l: f"<a>{b}{l}</a>",
                    lambda b, l: '<BootstrappingInfo xmlns="uri:3gpp-bsf"><btid>' + other +
                    f"@localhost</btid><lifetime>{l}</lifetime></BootstrappingInfo>",
                    lambda b, l: f'<BootstrappingInfo xmlns="uri:3gpp-bsf"><btid>{b}</btid>'
                    "<lifetime>soon</lifetime></BootstrappingInfo>"):
            self.gateway.xml = xml
            self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "bootstrapping information")

    def test_over_already(self):
        self.gateway.lifetime = -1
        self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "clocks is wrong")

    def test_other_challenges(self):
        self.gateway.ub_realm = "elsewhere.example"
        self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "another name")
        self.gateway.ub_realm, self.gateway.ub_algorithm = "localhost", "MD5"
        answer = self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "no Digest AKA")
        self.assertEqual(answer["card_runs"], 0)
        for header in ('Digest realm="localhost", nonce="AAAA", algorithm=AKAv1-MD5, '
                       'qop="auth-int"', "Basic realm=x", "Digest"):
            self.gateway.faults["/"] = [fake.status(401, WWW_Authenticate=header)]
            answer = self.expect(self.phone().do("bootstrap"), "AG_GARBAGE")
            self.assertEqual(answer["card_runs"], 0)
        self.gateway.faults["/"] = [fake.status(401)]
        self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "no Digest AKA")
        self.gateway.faults["/"] = [fake.status(200)]
        self.expect(self.phone().do("bootstrap"), "AG_GARBAGE", "did not challenge")

    def test_2g_and_usim_are_not_mixed(self):
        """A gateway that asks a USIM without AUTN, and a 2G SIM with one or with a nonce that is none: no SIM runs."""
        def nonce(octets):
            text = base64.b64encode(octets).decode()
            return fake.status(401, WWW_Authenticate=f'Digest realm="localhost", nonce="{text}", '
                               'algorithm=AKAv1-MD5, qop="auth-int"')
        for two_g, octets, words in ((False, bytes(16) + bytes(16) + bytes(16), "as if this SIM were a 2G SIM"),
                                     (False, bytes(range(16)) + bytes(16), "as if this SIM were a 2G SIM"),
                                     (True, bytes(range(48)), "not for a 2G SIM"),
                                     (True, bytes(32), "not for a 2G SIM"), (True, bytes(64), "not for a 2G SIM")):
            self.gateway.faults["/"] = [nonce(octets)]
            answer = self.expect(self.phone(**{"2g": two_g}).do("bootstrap"), "AG_GARBAGE", words)
            self.assertEqual(answer["card_runs"], 0)

    def test_2g_needs_a_triplet(self):
        """The foretold SIM gives RES and K of a USIM: that is no triplet, and nothing is sent."""
        self.gateway.faults["/"] = [fake.status(401, WWW_Authenticate='Digest realm="localhost", nonce="' +
                                                base64.b64encode(bytes(48)).decode() +
                                                '", algorithm=AKAv1-MD5, qop="auth-int"')]
        self.expect(self.phone(**{"2g": True}).do("bootstrap"), "AG_NO_CARD", "not one of a 2G SIM")
        self.assertEqual(len(self.gateway.paths()), 1)

    def test_refused(self):
        self.expect(self.phone(impi="999999999999999@x").do("bootstrap"), "AG_REFUSED", "403")
        self.gateway.faults["/"] = [fake.problem(429, "too-many", "later")]
        self.expect(self.phone().do("bootstrap"), "AG_DOWN", "later")
        detail = "who is 001017890123456?"
        self.gateway.faults["/"] = [fake.problem(403, "not-yours", detail)]
        self.expect(self.phone().do("bootstrap"), "AG_REFUSED", "who is ***************?")


if __name__ == "__main__":
    case.main()
