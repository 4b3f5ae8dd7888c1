# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscribers' certificates (docs/protocol.md section 6.4) at two real gateways."""
import calendar
import datetime
import json
import os
import ssl
import tempfile
import time
import unittest

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from operators import Ca, Pair, pem_key, write_private
from ops import issue_dated, metrics, states, wait_for, watched
from phone import Connection, Phone, b64u, unb64u


def request_for(key, name="sip:mallory@operator-a.test"):
    """A PKCS#10 request that claims a name of its own."""
    return (x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mallory")]))
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(name)]), False)
            .add_extension(x509.BasicConstraints(True, None), True)
            .sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


def certificate_of(text):
    return x509.load_der_x509_certificate(unb64u(text))


def intermediate(ca, key):
    now = datetime.datetime.utcnow()
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    return (x509.CertificateBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Subscribers")]))
            .issuer_name(ca.certificate.subject).public_key(key.public_key()).serial_number(7)
            .not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(True, 0), True).add_extension(usage, True).sign(ca.key, hashes.SHA256()))


def ends_soon(operator, ca, seconds):
    """An authority of this operator's that was made elsewhere and is nearly over."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.utcnow()
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    certificate = (x509.CertificateBuilder().subject_name(ca.certificate.subject).issuer_name(ca.certificate.subject)
                   .public_key(key.public_key()).serial_number(8).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(seconds=seconds)).add_extension(x509.BasicConstraints(True, 0), True)
                   .add_extension(usage, True).sign(key, hashes.SHA256()))
    paths = [os.path.join(operator.folder, f"soon.{end}") for end in ("crt", "key")]
    for path, data in zip(paths, (certificate.public_bytes(serialization.Encoding.PEM), pem_key(key))):
        write_private(path, data)
    operator.ctl("certificate", "import-authority", *paths)
    return certificate


def check_signature(certificate, authority):
    authority.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                                  ec.ECDSA(certificate.signature_hash_algorithm))


class Both(unittest.TestCase):
    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.pair = Pair(start=False)
        cls.addClassCleanup(cls.pair.close)
        for operator in (cls.pair.a, cls.pair.b):
            operator.ctl("certificate", "make-authority")
            operator.configure(**cls.settings)
            operator.start()
        cls.alice = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()
        cls.bob = Phone(cls.pair.sim_b, cls.pair.b).bootstrap()

    def issue(self, phone, aor, key=None, der=None, again=None):
        key = key or ec.generate_private_key(ec.SECP256R1())
        return key, phone.ask("POST", "/v1/certificates", {"aor": aor, "request": b64u(der or request_for(key))}, again)

    def good(self, phone, aor, key=None):
        key, answer = self.issue(phone, aor, key)
        self.assertEqual(answer.status, 200, answer.raw)
        return key, certificate_of(answer.json["certificate"]), answer.json

    def find(self, phone, aor, **more):
        return phone.ask("POST", "/v1/certificates/find", {"aor": aor, **more})

    def list_of(self, operator):
        """The list as anybody gets it."""
        connection = Connection(operator.fqdn, operator.port, ssl.create_default_context(cafile=operator.ca.path))
        connection.request("GET", "/v1/certificates/revoked")
        answer = connection.getresponse()
        text = answer.read()
        self.assertEqual(answer.status, 200, text)
        connection.close()
        return text

    def revoked(self, operator):
        """What is in the list, checked under the authority."""
        crl = x509.load_pem_x509_crl(self.list_of(operator))
        self.assertTrue(crl.is_signature_valid(self.authority(operator).public_key()))
        return {entry.serial_number for entry in crl}

    def authority(self, operator):
        return x509.load_pem_x509_certificate(operator.ctl("certificate", "authority").encode())


class Certificates(Both):
    def test_issued(self):
        before = len(self.pair.a.records())
        key, c, answer = self.good(self.alice, self.pair.aor_a)
        check_signature(c, self.authority(self.pair.a))
        self.assertEqual(certificate_of(answer["authority"][0]), self.authority(self.pair.a))
        self.assertEqual(c.public_key().public_numbers(), key.public_key().public_numbers())
        names = c.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        # what the table of bindings says, and nothing of what the request claims
        self.assertEqual([n.value for n in names], [self.pair.aor_a])
        self.assertNotIn(b"mallory", c.public_bytes(serialization.Encoding.DER))
        self.assertFalse(c.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        usage = c.extensions.get_extension_for_class(x509.KeyUsage).value
        self.assertTrue(usage.digital_signature and usage.key_agreement and not usage.key_cert_sign)
        self.assertEqual(list(c.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value),
                         [ExtendedKeyUsageOID.EMAIL_PROTECTION])
        left = c.not_valid_after.timestamp() - time.timezone - time.time()
        self.assertTrue(86400 - 60 <= left <= 86400 + 5, left)
        self.assertEqual(answer["until"], int(c.not_valid_after.timestamp() - time.timezone))
        records = self.pair.a.records()[before:]
        self.assertEqual([(r["method"], r["nai_a"], r["outcome"]) for r in records],
                         [("cert", "alice@operator-a.test", "completed")])
        listed = [json.loads(l) for l in self.pair.a.ctl("certificate", "list", "--json").splitlines()]
        self.assertIn("%032x" % c.serial_number, [l["serial"] for l in listed])

    def test_rsa(self):
        key = rsa.generate_private_key(65537, 2048)
        _, c, _ = self.good(self.alice, self.pair.aor_a, key)
        self.assertTrue(c.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment)

    def test_same_request_same_certificate(self):
        key = ec.generate_private_key(ec.SECP256R1())
        der, again = request_for(key), os.urandom(16)
        before = len(self.pair.a.records())
        one, other = [self.issue(self.alice, self.pair.aor_a, key, der, again)[1].raw for _ in range(2)]
        self.assertEqual(one, other)
        self.assertEqual(len(self.pair.a.records()), before + 1)

    def test_not_ones_own_address(self):
        neighbour = "sip:carol@operator-a.test"  # bound, to another SIM of the same operator
        self.pair.a.subscriber("001010000000077", "carol", neighbour)
        for aor in ("sip:mallory@operator-a.test", neighbour, self.pair.aor_b):
            answer = self.issue(self.alice, aor)[1]
            self.assertEqual((answer.status, answer.problem), (403, "not-yours"))

    def test_bad_requests(self):
        key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        good = request_for(key)
        point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        foreign = other.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        for der, word in ((good.replace(point, foreign), "not signed"), (good + b"\0", "not a PKCS#10"), (b"\x30\x00", "not a PKCS#10"),
                          (request_for(ec.generate_private_key(ec.SECP384R1())), "neither"),
                          (request_for(rsa.generate_private_key(65537, 1024)), "neither")):
            answer = self.issue(self.alice, self.pair.aor_a, key, der)[1]
            self.assertEqual((answer.status, answer.problem), (400, "bad-request"), word)
            self.assertIn(word, answer.json["detail"])
        answer = self.alice.ask("POST", "/v1/certificates", {"aor": self.pair.aor_a, "request": "A" * 9000})
        self.assertEqual(answer.status, 400)

    def test_found_by_a_partners_subscriber(self):
        _, c, _ = self.good(self.bob, self.pair.aor_b)
        answer = self.find(self.alice, "sip:BOB@operator-b.test".replace("BOB", "bob"))
        self.assertEqual(answer.status, 200, answer.raw)
        found = answer.json
        self.assertEqual(certificate_of(found["certificates"][0]), c)
        self.assertEqual(found["operator"], "Operator B")
        self.assertEqual(certificate_of(found["authority"][0]), self.authority(self.pair.b))
        with self.assertRaises(InvalidSignature):
            check_signature(c, self.authority(self.pair.a))

    def test_nobody(self):
        for aor in ("sip:nobody@operator-b.test", "sip:x@elsewhere.test", "sip:nobody@operator-a.test"):
            answer = self.find(self.alice, aor)
            self.assertEqual((answer.status, answer.problem), (404, "nobody"), aor)
        self.assertEqual(self.find(self.alice, "carol").status, 400)

    def test_revoked_by_hand(self):
        _, c, _ = self.good(self.alice, self.pair.aor_a)
        self.assertNotIn(c.serial_number, self.revoked(self.pair.a))
        self.pair.a.ctl("certificate", "revoke", "%032x" % c.serial_number)
        self.assertIn(c.serial_number, self.revoked(self.pair.a))
        self.assertIn("no such", self.pair.a.ctl("certificate", "revoke", "%032x" % c.serial_number, fails=True))
        answer = self.find(self.alice, self.pair.aor_a)
        self.assertNotIn(c, [certificate_of(t) for t in answer.json["certificates"]] if answer.status == 200 else [])

    def test_list_is_not_signed_for_each_who_asks(self):
        """Anybody may ask: the same list comes again, until something is revoked."""
        for _ in range(20):  # its seconds may be over between two
            if self.list_of(self.pair.a) == self.list_of(self.pair.a):
                break
        else:
            self.fail("a signature for each")
        for _ in range(2):
            _, c, _ = self.good(self.alice, self.pair.aor_a)
            self.assertNotIn(c.serial_number, self.revoked(self.pair.a))
            self.pair.a.ctl("certificate", "revoke", "%032x" % c.serial_number)
            self.assertIn(c.serial_number, self.revoked(self.pair.a))

    def test_sim_and_address_that_go(self):
        for number, end in ((5, ("sim", "revoke")), (6, ("subscriber", "remove")), (7, ("binding", "remove"))):
            imsi, aor = f"00101000000000{number}", f"sip:user{number}@operator-a.test"
            phone = Phone(self.pair.a.subscriber(imsi, f"user{number}", aor), self.pair.a).bootstrap()
            _, c, _ = self.good(phone, aor)
            self.assertEqual(self.find(self.bob, aor).status, 200)
            self.pair.a.ctl(*end, aor if end[0] == "binding" else imsi)
            self.assertIn(c.serial_number, self.revoked(self.pair.a), end)
            self.assertEqual(self.find(self.bob, aor).status, 404, end)

    def test_limit(self):
        aor = "sip:eve@operator-a.test"
        eve = Phone(self.pair.a.subscriber("001010000000009", "eve", aor), self.pair.a).bootstrap()
        answers = [self.issue(eve, aor)[1].status for _ in range(25)]
        self.assertEqual(answers, [200] * 24 + [429])


class Authority(Both):
    settings = {"life.certificate": 3600}

    def test_short_life(self):
        _, c, _ = self.good(self.alice, self.pair.aor_a)
        self.assertEqual((c.not_valid_after - c.not_valid_before).total_seconds(), 3900)

    def test_imported(self):
        with tempfile.TemporaryDirectory() as folder:
            a = self.pair.a
            key = ec.generate_private_key(ec.SECP256R1())
            ca = Ca(folder, "subscribers")
            name = ca.certificate.subject
            weak = ca.sign(name, key.public_key(), x509.BasicConstraints(False, None), name)
            paths = {}
            for stem, data in (("key", pem_key(ca.key)), ("other", pem_key(key)),
                               ("weak", weak.public_bytes(serialization.Encoding.PEM))):
                paths[stem] = os.path.join(folder, stem)
                with open(os.open(paths[stem], os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
                    f.write(data)
            self.assertIn("already", a.ctl("certificate", "import-authority", ca.path, paths["key"], fails=True))
            self.assertIn("already", a.ctl("certificate", "make-authority", fails=True))
            self.assertIn("belong", a.ctl("certificate", "import-authority", ca.path, paths["other"], "--replace", fails=True))
            self.assertIn("authority", a.ctl("certificate", "import-authority", paths["weak"], paths["other"], "--replace",
                                             fails=True))
            before = self.authority(a)
            with open(os.open(os.path.join(folder, "good"), os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
                f.write(intermediate(ca, key).public_bytes(serialization.Encoding.PEM) +
                        ca.certificate.public_bytes(serialization.Encoding.PEM))
            a.ctl("certificate", "import-authority", os.path.join(folder, "good"), paths["other"], "--replace")
            _, c, answer = self.good(self.alice, self.pair.aor_a)  # a gateway that runs goes by it at once
            check_signature(c, self.authority(a))
            self.assertNotEqual(self.authority(a), before)
            self.assertEqual([certificate_of(t) for t in answer["authority"]][1], ca.certificate)

    def test_key_is_sealed_and_resealed(self):
        a = self.pair.a
        self.assertIn("0 with seal_key_old, 0 with neither", a.ctl("seal", "status"))
        before = self.authority(a)
        _, c, _ = self.good(self.alice, self.pair.aor_a)
        check_signature(c, before)


class Ending(unittest.TestCase):
    def test_authority_that_is_nearly_over(self):
        """What it signed would be over at once: nothing is issued, nothing charged, and who watches knew."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        a = watched(pair.a)
        paths = (a.certificate, a.key)
        issue_dated(a.ca, paths, [a.fqdn, a.realm], -1, 300)  # this is none of those that end
        ends = ends_soon(a, a.ca, 240)
        a.start()
        alice = Phone(pair.sim_a, a).bootstrap()
        key = ec.generate_private_key(ec.SECP256R1())
        answer = alice.ask("POST", "/v1/certificates", {"aor": pair.aor_a, "request": b64u(request_for(key))})
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"), answer.raw)
        self.assertIn("authority of subscribers' certificates ends", a.log_text())
        self.assertEqual(a.records(), [])
        wait_for(lambda: metrics(a).get('simauth_certificate_expiry_timestamp_seconds{certificate="authority"}') ==
                 calendar.timegm(ends.not_valid_after.timetuple()))
        wait_for(lambda: states(a)["certificate"] == "expires-soon")
        a.ctl("certificate", "make-authority", "--replace")
        wait_for(lambda: states(a)["certificate"] == "good")
        answer = alice.ask("POST", "/v1/certificates", {"aor": pair.aor_a, "request": b64u(request_for(key))})
        self.assertEqual((answer.status, len(a.records())), (200, 1))


class None_(unittest.TestCase):
    def test_no_authority(self):
        pair = Pair()
        self.addCleanup(pair.close)
        alice = Phone(pair.sim_a, pair.a).bootstrap()
        key = ec.generate_private_key(ec.SECP256R1())
        answer = alice.ask("POST", "/v1/certificates", {"aor": pair.aor_a, "request": b64u(request_for(key))})
        self.assertEqual((answer.status, answer.problem), (404, "not-found"))
        self.assertIn("make-authority", pair.a.ctl("certificate", "authority", fails=True))


if __name__ == "__main__":
    unittest.main()
