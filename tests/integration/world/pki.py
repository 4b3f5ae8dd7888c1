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


class Authority:
    """A certificate authority in a folder; issue() makes what is signed by it."""

    def __init__(self, folder, name="SIMAUTH Demo Root"):
        self.folder = folder
        self.certificate = os.path.join(folder, "root.pem")
        self._key = os.path.join(folder, "root.key")
        os.makedirs(folder, exist_ok=True)
        self._new_key(self._key)
        _openssl("req", "-x509", "-new", "-key", self._key, "-out", self.certificate,
                 "-subj", f"/CN={name}", "-days", "30", "-sha256",
                 "-addext", "basicConstraints=critical,CA:TRUE",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    def below(self, folder, name):
        """An authority that this one signed."""
        made = Authority(folder, name)
        request, extensions = made.certificate + ".csr", made.certificate + ".ext"
        with open(extensions, "w", encoding="ascii") as out:
            out.write("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")
        _openssl("req", "-new", "-key", made._key, "-subj", f"/CN={name}", "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                 "-out", made.certificate, "-days", "30", "-sha256", "-extfile", extensions)
        for leftover in (request, extensions):
            os.unlink(leftover)
        return made

    def text(self):
        """The root certificate, PEM."""
        with open(self.certificate, encoding="ascii") as pem:
            return pem.read()

    @staticmethod
    def _new_key(path):
        before = os.umask(0o077)
        try:
            _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-out", path)
        finally:
            os.umask(before)

    def issue(self, stem, dns, *more, usage="serverAuth,clientAuth", days=30, since=0):
        """A certificate for the DNS name `dns` (and `more` names), valid from `since` to `days` days from now (either may be past).

        Returns the paths (certificate, key): `stem`.pem and .key.
        """
        certificate = os.path.join(self.folder, f"{stem}.pem")
        key = os.path.join(self.folder, f"{stem}.key")
        request = os.path.join(self.folder, f"{stem}.csr")
        extensions = os.path.join(self.folder, f"{stem}.ext")
        with open(extensions, "w", encoding="ascii") as out:
            out.write("basicConstraints=critical,CA:FALSE\n"
                      "keyUsage=critical,digitalSignature\n"
                      f"extendedKeyUsage={usage}\n"
                      f"subjectAltName={','.join(f'DNS:{name}' for name in (dns, *more))}\n")
        self._new_key(key)
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={dns}", "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                 "-CAcreateserial", "-out", certificate, "-days", str(days - since), "-sha256",
                 "-extfile", extensions, since=since)
        for leftover in (request, extensions):
            os.unlink(leftover)
        return certificate, key

    def issue_for(self, stem, names, usage="digitalSignature,keyAgreement", since=0, days=30, more=""):
        """The same for enveloped bodies: `names` as openssl's subjectAltName has them (URI:sip:...), `more` lines of extensions."""
        certificate, key, request, extensions = (os.path.join(self.folder, f"{stem}.{end}") for end in ("pem", "key", "csr", "ext"))
        with open(extensions, "w", encoding="ascii") as out:
            out.write(f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,{usage}\nsubjectAltName={names}\n{more}")
        self._new_key(key)
        _openssl("req", "-new", "-key", key, "-subj", f"/CN={stem}", "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                 "-out", certificate, "-days", str(days - since), "-sha256", "-extfile", extensions, since=since)
        for leftover in (request, extensions):
            os.unlink(leftover)
        return certificate, key

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
