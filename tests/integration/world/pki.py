# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of a world, made by openssl: one root, and for each operator a server and an operator one.

The server certificate is named like the gateway (TLS on Ub and Ua); the operator certificate is
named like the realm, signs the operator's key statements and is its TLS client identity between
gateways (docs/protocol.md).
"""

import datetime
import os
import subprocess

from .process import Failed


def _openssl(*words, since=0):
    """openssl, as if it was started `since` days from now."""
    before = ["faketime", "-f", f"{since:+d}d"] if since else []
    result = subprocess.run([*before, "openssl", *words], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"openssl {words[0]}: {result.stderr.strip()}")


CURVE = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")


def certify(certificate, key, name, extensions, by=None, kind=CURVE, since=0, days=30):
    """A new key and its certificate for the common name `name`; `by`: the paths of its authority's (certificate, key), None: itself."""
    _openssl("req", "-x509", "-newkey", *kind, "-nodes", "-keyout", key, "-out", certificate, "-subj", f"/CN={name}",
             "-days", str(days - since), "-sha256", *(["-CA", by[0], "-CAkey", by[1]] if by else []),
             *(word for line in extensions for word in ("-addext", line)), since=since)
    return certificate, key


class Authority:
    """A certificate authority in a folder; issue() makes what is signed by it."""

    def __init__(self, folder, name="SIMAUTH Demo Root", by=None):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.certificate, self._key = certify(*self._paths("root"), name, ["basicConstraints=critical,CA:TRUE",
                                                                          "keyUsage=critical,keyCertSign,cRLSign"], by)

    def _paths(self, stem):
        return os.path.join(self.folder, f"{stem}.pem"), os.path.join(self.folder, f"{stem}.key")

    def below(self, folder, name):
        """An authority that this one signed."""
        return Authority(folder, name, (self.certificate, self._key))

    def text(self):
        """The root certificate, PEM."""
        with open(self.certificate, encoding="ascii") as pem:
            return pem.read()

    def issue(self, stem, dns, *more, usage="serverAuth,clientAuth", days=30, since=0):
        """A certificate for the DNS name `dns` (and `more` names), valid from `since` to `days` days from now (either may be past).

        Returns the paths (certificate, key): `stem`.pem and .key.
        """
        names = ",".join(f"DNS:{name}" for name in (dns, *more))
        return self._signed(stem, dns, "digitalSignature", names, [f"extendedKeyUsage={usage}"], since=since, days=days)

    def issue_for(self, stem, names, usage="digitalSignature,keyAgreement", more=(), **kind_and_time):
        """The same for enveloped bodies: `names` as openssl's subjectAltName has them (URI:sip:...), `more` lines of extensions."""
        return self._signed(stem, stem, usage, names, more, **kind_and_time)

    def _signed(self, stem, name, usage, names, more, **kind_and_time):
        extensions = ["basicConstraints=critical,CA:FALSE", f"keyUsage=critical,{usage}", f"subjectAltName={names}", *more]
        return certify(*self._paths(stem), name, extensions, (self.certificate, self._key), **kind_and_time)

    def revoke(self, path, *certificates, hours=1, since=0):
        """A list of revoked certificates in PEM at `path`, made `since` hours from now and good for `hours`, of these PEM files."""
        # here, for nodes run this module with the machine's own modules alone
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization

        with open(self.certificate, "rb") as own, open(self._key, "rb") as key:
            authority = x509.load_pem_x509_certificate(own.read())
            signer = serialization.load_pem_private_key(key.read(), None)
        now = datetime.datetime.utcnow() + datetime.timedelta(hours=since)
        made = x509.CertificateRevocationListBuilder().issuer_name(authority.subject).last_update(now)
        made = made.next_update(now + datetime.timedelta(hours=hours))
        for name in certificates:
            with open(name, "rb") as pem:
                serial = x509.load_pem_x509_certificate(pem.read()).serial_number
            made = made.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build())
        with open(path + ".new", "wb") as out:
            out.write(made.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        return path
