# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What strangers' scanners say of a TLS listener: sslscan (seconds) and testssl.sh (minutes)."""

import csv
import re
import subprocess
import threading
import xml.etree.ElementTree as ET

from .process import Failed

WEAK = re.compile(r"NULL|EXP|DES|RC[24]|IDEA|SEED|CAMELLIA|ARIA|MD5|anon|ADH|AECDH|PSK|SRP|CBC|-SHA$|-SHA256$|-SHA384$")
TLS13 = re.compile(r"TLS_(AES_(128|256)_GCM|CHACHA20_POLY1305|AES_128_CCM)_SHA(256|384)$")
FORWARD = re.compile(r"^(ECDHE|DHE)-")
KEY_BITS = {"RSA": 2048, "EC": 128}  # of an elliptic curve sslscan says the strength


def _suite(cipher):
    name = cipher.get("cipher")
    if cipher.get("sslversion") == "TLSv1.3":
        return [] if TLS13.search(name) else [f"{name} in TLS 1.3"]
    said = [] if FORWARD.match(name) else [f"{name} has no forward secrecy"]
    if WEAK.search(name) and not re.search(r"GCM|CHACHA20|CCM", name):
        said.append(f"{name} is weak")
    if int(cipher.get("bits")) < 128:
        said.append(f"{name} has {cipher.get('bits')} bits")
    if int(cipher.get("dhebits") or 2048) < 2048:
        said.append(f"{name} with a group of {cipher.get('dhebits')} bits")
    return said


def sslscan_findings(text):
    """What is wrong with a listener by sslscan's XML, in words; Failed when it says nothing of it."""
    test = ET.fromstring(text).find("ssltest")
    if test is None or test.find("cipher") is None or test.find("protocol") is None:
        raise Failed(f"sslscan saw no TLS: {text[:500]}")
    on = {p.get("type") + p.get("version") for p in test.findall("protocol") if p.get("enabled") == "1"}
    said = [f"{name} is offered" for name in sorted(on - {"tls1.2", "tls1.3"})]
    said += [f"{name} is not offered" for name in sorted({"tls1.2", "tls1.3"} - on)]
    said += [problem for cipher in test.findall("cipher") for problem in _suite(cipher)]
    said += [f"group {g.get('name')} has {g.get('bits')} bits" for g in test.findall("group") if int(g.get("bits")) < 112]
    renegotiation, compression = test.find("renegotiation"), test.find("compression")
    if renegotiation is not None and (renegotiation.get("supported"), renegotiation.get("secure")) == ("1", "0"):
        said.append("renegotiation without RFC 5746")
    if compression is not None and compression.get("supported") == "1":
        said.append("compression")
    said += [f"heartbleed in {h.get('sslversion')}" for h in test.findall("heartbleed") if h.get("vulnerable") == "1"]
    for certificate in test.iter("certificate"):
        pk, how = certificate.find("pk"), certificate.findtext("signature-algorithm") or ""
        if pk is not None and pk.get("bits") and int(pk.get("bits")) < KEY_BITS.get(pk.get("type"), 1 << 16):
            said.append(f"a certificate with {pk.get('type')} of {pk.get('bits')} bits")
        if re.search(r"md5|sha1", how, re.I):
            said.append(f"a certificate signed with {how}")
    return said


def sslscan(node, address, port, *words):
    done = node.run(["sslscan", "--xml=-", "--no-colour", "--show-certificate", *words, f"{address}:{port}"], limit=60)
    return done.stdout


def renegotiates(node, address, port):
    """Whether a second handshake within one connection of TLS 1.2 is taken, asked for by openssl s_client (CVE-2011-1473)."""
    argv = ["openssl", "s_client", "-tls1_2", "-connect", f"{address}:{port}"]
    with subprocess.Popen(node.command(argv, None), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as client:
        limit = threading.Timer(10, client.kill)  # of a listener that says nothing at all
        limit.start()
        asked = False
        for line in client.stdout:
            if "Verify return code" in line and not asked:
                client.stdin.write("R\n")
                client.stdin.flush()
                asked = True
            elif asked and line.startswith(("depth=", "verify ")):
                break
        else:
            line = ""
        limit.cancel()
        client.kill()
    if not asked:
        raise Failed(f"openssl s_client made no connection to {address}:{port}")
    return bool(line)


# What testssl.sh cannot know in a room without the Internet, or finds of a test's own authority.
NOT_OURS = re.compile(r"^(scanTime|engine_problem|cert_chain_of_trust|cert_trust|cert_caIssuers|cert_crlDistributionPoints|"
                      r"cert_ocspURL|cert_revocation|cert_expirationStatus|cert_extlifeSpan|cert_notAfter|cert_validityPeriod|"
                      r"OCSP_stapling|DNS_CAArecord|certificate_transparency|HSTS|HPKP|security_headers|overall_grade|"
                      r"grade_cap_reason.*|final_score|DROWN_hint|BREACH|cert_subjectAltName|"
                      r"secure_client_renego)$")  # it calls a listener vulnerable that says close_notify: renegotiates() looks


def testssl_findings(path):
    """LOW and worse of testssl.sh's CSV, without what only says that the room is no place of the Internet."""
    with open(path, encoding="utf-8", errors="replace", newline="") as text:
        rows = list(csv.DictReader(text))
    if not any(row["id"] == "TLS1_2" for row in rows):
        raise Failed(f"testssl.sh saw no TLS: {[row['id'] for row in rows][:20]}")
    return [f"{row['id']}: {row['severity']}: {row['finding']}" for row in rows
            if row["severity"] in ("LOW", "MEDIUM", "HIGH", "CRITICAL", "FATAL") and
            not NOT_OURS.match(re.sub(r" <.*|_cert.*$", "", row["id"]))]
