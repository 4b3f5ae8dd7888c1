# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscribers without a SIM: GBA_Digest (TS 33.220 annex M) at real gateways, and what they may not do."""
import base64
import hashlib
import http.client
import io
import json
import os
import socket
import unittest

from OpenSSL import SSL
from operators import SHARED_DATABASE, Pair, only_where
from phone import Phone, kdf, parameters, respond, sha256
from test_tickets import ask, claim, key_of

PASSWORD = "correct horse battery"


class Exporting:
    """An HTTPS connection whose TLS keying material can be exported (RFC 5705), which Python's own cannot."""

    def __init__(self, operator, source="127.0.0.1"):
        self.operator, self.source, self.tls = operator, source, None

    def open(self):
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.load_verify_locations(self.operator.ca.path)
        context.set_verify(SSL.VERIFY_PEER, lambda *args: args[-1])
        plain = socket.create_connection(("127.0.0.1", self.operator.port), 20, (self.source, 0))
        plain.setblocking(True)
        self.tls = SSL.Connection(context, plain)
        self.tls.set_tlsext_host_name(self.operator.fqdn.encode())
        self.tls.set_connect_state()
        self.tls.do_handshake()

    def exported(self):
        if self.tls is None:
            self.open()
        return self.tls.export_keying_material(b"EXPORTER_GBA_Digest", 48)

    def request(self, method, path, body, headers):
        if self.tls is None:
            self.open()
        body = body or b""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.operator.fqdn}", f"Content-Length: {len(body)}",
                 *(f"{k}: {v}" for k, v in headers.items()), "", ""]
        self.tls.sendall("\r\n".join(lines).encode() + body)

    def getresponse(self):
        data = b""
        while b"\r\n\r\n" not in data or len(data) < self.whole(data):
            data += self.tls.recv(65536)

        class Read:
            def makefile(self, *_args):
                return io.BytesIO(data)
        response = http.client.HTTPResponse(Read())
        response.begin()
        return response

    @staticmethod
    def whole(data):
        head = data.partition(b"\r\n\r\n")[0]
        length = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        return len(head) + 4 + int(length[0])

    def close(self):
        if self.tls:
            self.tls.close()
        self.tls = None


class Identity:
    def __init__(self, impi):
        self.impi = impi


class PasswordPhone(Phone):
    """A terminal without a SIM, from the specification's words."""

    def __init__(self, name, operator, password=PASSWORD, source="127.0.0.1"):
        self.password_text, self.source = password, source
        super().__init__(Identity(f"{name}@{operator.realm}"), operator)

    def new_connection(self):
        return Exporting(self.operator, self.source)

    def challenge(self):
        answer = self.raw("GET", "/", headers={"Authorization": f'Digest username="{self.usim.impi}", '
                                               f'realm="{self.operator.realm}", nonce="", uri="/", response=""'})
        assert answer.status == 401, (answer.status, answer.raw)
        p = parameters(answer.headers["WWW-Authenticate"])
        assert (p["algorithm"], p["realm"], p["qop"]) == ("SHA-256", self.operator.realm, "auth-int"), p
        return p["nonce"]

    def answer(self, nonce, tls_mk=None, cnonce="c0ffee"):
        realm, impi = self.operator.realm, self.usim.impi
        ha1 = hashlib.sha256(f"{impi}:{realm}:{self.password_text}".encode()).digest()
        tls_mk = tls_mk or self.connection.exported()
        passwd = kdf(ha1, 0x01, "GBA_Digest_RESP", tls_mk)
        response = respond(sha256, impi, realm, passwd, "GET", "/", b"", nonce, "00000001", cnonce)
        self.passwd, self.ks = passwd, kdf(ha1, 0x01, "GBA_Digest_Ks", tls_mk, bytes.fromhex(response))
        return self.raw("GET", "/", headers={
            "Authorization": f'Digest username="{impi}", realm="{realm}", nonce="{nonce}", uri="/", response="{response}", '
            f'qop=auth-int, nc=00000001, cnonce="{cnonce}", algorithm=SHA-256'})

    def bootstrap(self):
        nonce = self.challenge()
        answer = self.answer(nonce)
        assert answer.status == 200, (answer.status, answer.raw)
        info = parameters(answer.headers["Authentication-Info"])
        ha1 = sha256(self.usim.impi.encode() + b":" + self.operator.realm.encode() + b":" + self.passwd)
        ha2 = sha256(b":/:" + sha256(answer.raw))
        assert info["rspauth"] == sha256(b":".join([ha1, nonce.encode(), b"00000001", b"c0ffee", b"auth-int", ha2])).decode()
        rand = base64.b64decode(nonce)
        self.btid = answer.raw.decode().partition("<btid>")[2].partition("</btid>")[0]
        assert self.btid == f"{nonce}@{self.operator.fqdn}", self.btid
        fqdn = self.operator.fqdn
        self.ks_naf = kdf(self.ks, 0x01, "gba-me", rand, self.usim.impi, fqdn.encode() + b"\xff\x73\x69\x6d\x01")
        self.nonce = None
        return self


def add(operator, name, *words, line=f"password={PASSWORD}\n", fails=False):
    out = operator.ctl("subscriber", "add", name, "--no-sim", "--keys", "-", "--nai", f"{name}@{operator.realm}", *words,
                       stdin=line, fails=fails)
    if not fails:
        operator.ctl("binding", "add", f"sip:{name}@{operator.realm}", name)
    return out


class Password(unittest.TestCase):
    make_pair = Pair

    @classmethod
    def setUpClass(cls):
        cls.pair = cls.make_pair()
        cls.addClassCleanup(cls.pair.close)
        add(cls.pair.a, "carol")
        add(cls.pair.b, "dave")
        cls.carol_aor, cls.dave_aor = "sip:carol@operator-a.test", "sip:dave@operator-b.test"
        cls.carol = PasswordPhone("carol", cls.pair.a).bootstrap()
        cls.bob = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()
        cls.alice = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()

    def test_who_it_is(self):
        answer = self.carol.ask("GET", "/v1/self")
        self.assertEqual(answer.status, 200, answer.raw)
        self.assertEqual((answer.json["nai"], answer.json["aors"]), ("carol@operator-a.test", [self.carol_aor]))
        row = json.loads(self.pair.a.ctl("subscriber", "show", "carol", "--json"))
        self.assertEqual((row["imsi"], row["method"], row["algorithm"], row["sqn"]), ("carol", "agt", "password", 0))
        self.assertNotIn("ha1", json.dumps(row))

    def test_tickets(self):
        """It calls a SIM's owner, and is called, by tickets of both operators."""
        t = ask(self.carol, self.carol_aor, self.pair.aor_b)
        self.assertEqual(t.status, 200, t.raw)
        c = claim(self.bob, t.json["ticket"])
        self.assertEqual(c.status, 200, c.raw)
        self.assertEqual(key_of(self.carol, t.json), key_of(self.bob, c.json))
        dave = PasswordPhone("dave", self.pair.b).bootstrap()
        t = ask(self.alice, self.pair.aor_a, self.dave_aor)
        c = claim(dave, t.json["ticket"])
        self.assertEqual(key_of(self.alice, t.json), key_of(dave, c.json))

    def test_no_vectors(self):
        """Neither for it nor of it: there is no SIM to vouch for."""
        before = len(self.pair.b.records())
        answer = self.carol.ask_callee(self.carol_aor, self.pair.aor_b)[1]
        self.assertEqual((answer.status, answer.problem), (422, "no-method"), answer.raw)
        self.assertEqual(len(self.pair.b.records()), before, "the partner was asked for it")
        for caller, aor in ((self.alice, self.pair.aor_a), (self.bob, self.pair.aor_b)):
            answer = caller.ask_callee(aor, self.dave_aor)[1]
            self.assertEqual((answer.status, answer.problem), (422, "no-method"), answer.raw)
        rand = self.alice.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].json["vector"]["rand"]
        dave = PasswordPhone("dave", self.pair.b).bootstrap()
        self.assertEqual(dave.ask_challenge(rand).status, 403)  # another's challenge
        for reply in (dave.ask_auts(rand, os.urandom(14)), dave.ask_caller(self.pair.aor_a, self.dave_aor, rand)[1]):
            self.assertEqual(reply.status, 403, reply.raw)

    def test_refused(self):
        """A wrong password; the right one over another connection; a Digest AKA answer; an old nonce."""
        add(self.pair.a, "olga")
        eve = PasswordPhone("olga", self.pair.a, "wrong horse battery")
        self.assertEqual(eve.answer(eve.challenge()).status, 403)
        other = PasswordPhone("olga", self.pair.a)
        nonce = other.challenge()
        self.assertEqual(other.answer(nonce, tls_mk=os.urandom(48)).status, 403, "somebody ends TLS between")
        self.assertEqual(other.answer(base64.b64encode(os.urandom(16)).decode()).status, 401)
        header = ('Digest username="olga@operator-a.test", realm="%s", nonce="%s", uri="/", response="%s", qop=auth-int, '
                  'nc=00000001, cnonce="c", algorithm=AKAv1-MD5' % (self.pair.a.fqdn, nonce, "0" * 32))
        self.assertNotEqual(other.raw("GET", "/", headers={"Authorization": header}).status, 200)
        good = other.answer(other.challenge())
        self.assertEqual(good.status, 200, good.raw)
        self.assertIn("wrong password", self.pair.a.log_text())
        self.assertNotIn(PASSWORD, self.pair.a.log_text())

    def guess(self, name, source, most=20):
        """How many wrong answers from this address are looked at."""
        eve = PasswordPhone(name, self.pair.a, "wrong horse battery", source)
        nonce = eve.challenge()
        for number in range(most):
            answer = eve.answer(nonce, cnonce=f"c{number}")
            if answer.status == 429:
                eve.connection.close()
                return number
            self.assertEqual(answer.status, 403)
        return most

    def test_guesses_are_counted(self):
        """An address has five wrong answers, which nobody else pays for: the nonce lives, the subscriber answers it from elsewhere."""
        add(self.pair.a, "grace")
        nonce = PasswordPhone("grace", self.pair.a).challenge()
        self.assertEqual(self.guess("grace", "127.0.0.2"), 5)
        self.assertEqual(PasswordPhone("grace", self.pair.a).answer(nonce).status, 200)
        grace = PasswordPhone("grace", self.pair.a, source="127.0.0.2")
        self.assertEqual(grace.answer(grace.challenge()).status, 429, "the right one tells a guesser nothing")
        self.assertIn("wrong answers on Ub", self.pair.a.log_text())

    def test_guesses_of_many(self):
        """From many addresses 30 a minute; where the subscriber was before it comes in all the same."""
        add(self.pair.a, "quentin")
        PasswordPhone("quentin", self.pair.a).bootstrap()
        looked_at = sum(self.guess("quentin", f"127.0.0.{n}") for n in range(10, 26))
        self.assertLess(looked_at, 70)  # of 80: and what comes back while they ask
        self.assertGreaterEqual(looked_at, 30)
        PasswordPhone("quentin", self.pair.a).bootstrap()

    def test_revoked(self):
        add(self.pair.a, "heidi")
        heidi = PasswordPhone("heidi", self.pair.a).bootstrap()
        self.pair.a.ctl("sim", "revoke", "heidi")
        self.assertEqual(heidi.ask("GET", "/v1/self").status, 401)
        with self.assertRaises(AssertionError):
            PasswordPhone("heidi", self.pair.a).bootstrap()

    def test_operator(self):
        """What an engineer is told; H(A1) in the place of a password; many at once; no code for a software SIM."""
        a = self.pair.a
        for name, line, words, why in (("0carol", "password=long enough\n", [], "first is a letter"),
                                       ("erin", "password=short\n", [], "at least 8"), ("erin", "k=00\n", [], "neither password"),
                                       ("erin", "ha1=00\n", [], "64 hexadecimal"), ("erin", "password=long enough\n", ["--2g"], "of SIMs"),
                                       ("averylongname-16", "password=long enough\n", [], "15 characters")):
            self.assertIn(why, add(a, name, *words, line=line, fails=True))
        ha1 = hashlib.sha256(f"frank@{a.realm}:{a.realm}:{PASSWORD}".encode()).hexdigest()
        path = os.path.join(a.folder, "many.csv")
        with open(path, "w", encoding="ascii") as out:
            out.write(f"frank,,ha1,{ha1},,frank@{a.realm}\nivan,,ha1,{ha1}\n")
        a.ctl("subscriber", "import", path)
        PasswordPhone("frank", a).bootstrap()
        for row in ("judy,00,ha1,00", "judy,,ha1,00", "judy,,ha1," + ha1 + ",0000", "averylongname-16,,ha1," + ha1):
            with open(path, "w", encoding="ascii") as out:
                out.write(row + "\n")
            self.assertIn("nothing was imported", a.ctl("subscriber", "import", path, fails=True))

    def test_what_is_of_sims(self):
        a = self.pair.a
        self.assertIn("no SIM", a.ctl("sim", "offer", "carol", fails=True))
        self.assertIn("no SIM", a.ctl("sim", "issue", "carol", os.path.join(a.folder, "x.json"), fails=True))
        self.assertIn("--no-sim", a.ctl("subscriber", "add", "001010000000099", "--algorithm", "password", "--keys", "-",
                                        stdin="k=00\n", fails=True))

    def test_off(self):
        a = self.pair.a
        a.configure(**{"auc.allow_password": "false"})
        self.addCleanup(a.configure)
        self.assertIn("allow_password", add(a, "mallory", fails=True))


@only_where(SHARED_DATABASE is None)  # written into SQLite's file
class Sealed(unittest.TestCase):
    def test_at_rest(self):
        """Neither the password nor H(A1) can be read in the database."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        add(pair.a, "carol")
        ha1 = hashlib.sha256(f"carol@{pair.a.realm}:{pair.a.realm}:{PASSWORD}".encode()).digest()
        for name in os.listdir(pair.a.folder):
            with open(os.path.join(pair.a.folder, name), "rb") as file:
                octets = file.read()
            self.assertNotIn(PASSWORD.encode(), octets, name)
            self.assertNotIn(ha1, octets, name)


if __name__ == "__main__":
    unittest.main()
