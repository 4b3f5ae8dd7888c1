# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we envelope and sign, openssl's own command opens and verifies, byte for byte; and the other way round."""
import hashlib
import hmac
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "checker"))

from unprotected import for_openssl  # noqa: E402

FILES = sys.argv[1]


def run(*words, good=True):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == good, (words, done.stdout, done.stderr)
    return done.stdout.strip()


def cms(*words, good=True):
    return run("openssl", "cms", *map(str, words), good=good)


def content(path):
    """What stands behind the headers of an entity."""
    headers, _, body = path.read_bytes().partition(b"\r\n\r\n")
    assert b"Content-Type: application/sdp" in headers, headers
    return body


def opened(folder, name, *words):
    out = folder / "out"
    cms("-decrypt", "-binary", "-inform", "DER", "-in", folder / name, "-out", out, *words)
    return content(out)


def check_ours(folder, now):
    for name in ("request.der", "answer.der"):
        (folder / name).write_bytes(for_openssl((folder / name).read_bytes()))
    sdp = (folder / "sdp").read_bytes()
    assert len(sdp) > 100
    for who in ("bob", "middle"):
        assert opened(folder, "request.der", "-inkey", folder / f"{who}.key", "-recip", folder / f"{who}.pem") == sdp
    key = ["-secretkeyid", (folder / "reference").read_text(), "-secretkey"]
    assert opened(folder, "answer.der", *key, (folder / "kek").read_text()) == sdp
    # CEK1 itself opens nothing: the KEK is derived from it, by RFC 5869 as another hand writes it.
    cek = (folder / "cek").read_text()
    cms("-decrypt", "-inform", "DER", "-in", folder / "answer.der", "-out", folder / "out", *key, cek, good=False)
    extracted = hmac.digest(bytes.fromhex((folder / "reference").read_text()), bytes.fromhex(cek), hashlib.sha256)
    derived = hmac.digest(extracted, b"simauth 1 e2m reuse\x01", hashlib.sha256)
    assert derived.hex() == (folder / "kek").read_text()
    verify = ("-verify", "-in", folder / "request.eml", "-CAfile", folder / "ca.pem", "-attime", now)
    cms(*verify, "-out", folder / "signed")
    assert b"Content-Target: b.example" in (folder / "signed").read_bytes()
    changed = (folder / "request.eml").read_bytes().replace(b"Target: b.example", b"Target: c.example")
    (folder / "request.eml").write_bytes(changed)
    cms(*verify, "-out", folder / "signed", good=False)


def check_theirs(folder):
    entity = b"Content-Type: application/sdp\r\n\r\n" + (folder / "sdp").read_bytes()
    (folder / "plain").write_bytes(entity)
    make = ("-encrypt", "-binary", "-in", folder / "plain", "-outform", "DER", "-out", folder / "theirs.der")
    ecdh, oaep = ("-keyopt", "ecdh_kdf_md:sha256"), ("-keyopt", "rsa_padding_mode:oaep")
    for cipher in ("-aes-256-gcm", "-aes-128-gcm", "-aes-128-cbc"):
        for who, options in (("bob", ecdh), ("middle", oaep)):
            cms(*make, cipher, "-recip", folder / f"{who}.pem", *options)
            run(FILES, "open", str(folder), who, "theirs.der", "ours")
            assert (folder / "ours").read_bytes() == entity
    cms(*make, "-des3", "-recip", folder / "bob.pem", *ecdh)
    assert run(FILES, "open", str(folder), "bob", "theirs.der", "ours", good=False) == "algorithm not allowed"


with tempfile.TemporaryDirectory() as name:
    place = Path(name)
    check_ours(place, run(FILES, "make", name))
    check_theirs(place)
