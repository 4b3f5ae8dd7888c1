# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a test, and operators' statements signed with them (docs/protocol.md, op_key)."""

import base64
import datetime
import json
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


def b64u(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certificate:
    """`dns` is the name; `more` are further ones. Without an issuer it is a root."""

    def __init__(self, folder, stem, dns, issuer=None, begin=-10 * DAY, end=10 * DAY, more=()):
        now = datetime.datetime.utcnow()
        self.key = ec.generate_private_key(ec.SECP256R1())
        builder = (x509.CertificateBuilder().subject_name(_name(dns))
                   .issuer_name(issuer.cert.subject if issuer else _name(dns))
                   .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now + begin).not_valid_after(now + end)
                   .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), True))
        if issuer:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([x509.DNSName(n) for n in (dns, *more)]), False)
        self.cert = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())
        self.pem = os.path.join(folder, stem + ".pem")
        self.key_pem = os.path.join(folder, stem + ".key")
        with open(self.pem, "wb") as out:
            out.write(self.cert.public_bytes(serialization.Encoding.PEM))
        with open(os.open(self.key_pem, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as out:
            out.write(self.key.private_bytes(serialization.Encoding.PEM,
                                             serialization.PrivateFormat.PKCS8,
                                             serialization.NoEncryption()))

    def statement(self, realm, name, begin, end):
        """A JWS compact with ES256, our chain in it."""
        der = self.cert.public_bytes(serialization.Encoding.DER)
        header = {"alg": "ES256", "typ": "simauth-operator-key",
                  "x5c": [base64.b64encode(der).decode()]}
        payload = {"iss": realm, "name": name, "key": b64u(b"\x09" + bytes(31)),
                   "nbf": int(begin), "exp": int(end)}
        text = ".".join(b64u(json.dumps(part, separators=(",", ":")).encode())
                        for part in (header, payload))
        r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return text + "." + b64u(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
