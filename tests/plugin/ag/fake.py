# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that misbehaves on demand, with its own Digest and key derivation.

Only for what a real one never does; the good path is also tested against simauth-gateway itself.
A fault is a function of the request's handler that is put into `faults`: it takes the place of the
answer to one request.
"""

import base64
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import re
import ssl
import threading
import time

from pki import b64u

IMPI = "001017890123456@ims.mnc001.mcc001.3gppnetwork.org"
REALM = "operator-a.example"
ALICE, BOB = "sip:alice@operator-a.example", "sip:bob@operator-b.example"
NAI_A, NAI_B = "alice@operator-a.example", "bob@operator-b.example"


def derive(what, rand):
    """What the foretold SIM of the tool answers."""
    return hashlib.sha256(what.encode() + rand).digest()


def h(algorithm, *parts):
    octets = b":".join(p if isinstance(p, bytes) else p.encode() for p in parts)
    return hashlib.new("sha256" if algorithm == "SHA-256" else "md5", octets).hexdigest()


def digest(fields, method, body, password):
    """response of RFC 7616, 3.4 with auth-int (AKAv1-MD5 counts as MD5)."""
    algorithm = fields.get("algorithm", "MD5")
    a1 = h(algorithm, fields["username"], fields["realm"], password)
    a2 = h(algorithm, method, fields["uri"], h(algorithm, body))
    return h(algorithm, a1, fields["nonce"], fields["nc"], fields["cnonce"], fields["qop"], a2)


def parse(header):
    if not header or not header.startswith("Digest "):
        return {}
    pairs = re.findall(r'([a-z]+)=(?:"([^"]*)"|([^\s,]+))', header[7:])
    return {name: quoted or bare for name, quoted, bare in pairs}


def ks_naf(rand, impi, fqdn):
    """TS 33.220 annex B.3."""
    text = b"\x01"
    for part in (b"gba-me", rand, impi.encode(), fqdn.encode() + b"\xffsim\x01"):
        text += part + len(part).to_bytes(2, "big")
    return hmac.new(derive("k", rand), text, hashlib.sha256).digest()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.gateway = self.server.gateway
        with self.gateway.lock:
            self.gateway.connections += 1

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return email.utils.formatdate(self.gateway.now(), usegmt=True)

    def handle_any(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        with self.gateway.lock:
            self.gateway.log.append((self.command, self.path, dict(self.headers), self.body))
            faults = self.gateway.faults.get(self.path)
            fault = faults.pop(0) if faults else None
        if fault:
            fault(self)
        elif self.path == "/":
            self.gateway.ub(self)
        else:
            self.gateway.ua(self)

    do_GET = do_POST = handle_any

    def answer(self, status, content_type="application/json", body=b"", **headers):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # the phone closed a connection, or a fault did


class Gateway:
    """Listens on a port of its own; `certificate` is TLS's, `clock` what its clock is ahead by."""

    def __init__(self, certificate, fqdn="localhost", clock=0):
        self.fqdn, self.clock = fqdn, clock
        self.lock = threading.RLock()
        self.over = threading.Event()
        self.log, self.connections, self.executed = [], 0, 0
        self.faults = {}  # path -> functions of the handler, each for one request
        self.autn = []  # first octets of the next AUTNs
        self.lifetime = 3600
        self.ub_realm, self.ub_algorithm = fqdn, "AKAv1-MD5"
        self.xml = None  # function of (btid, lifetime) -> text
        self.change_info = None  # function of the header, None: none is sent
        self.nonce_uses, self.next_nonce = 1000, False
        self.always_stale = False
        self.stale_sessions = set()  # B-TIDs that have no nonce left
        self.challenges, self.sessions, self.nonces, self.kept = {}, {}, {}, {}
        self.answers = {}  # path -> function of the body's object -> object
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.pem, certificate.key_pem)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.gateway = self
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                 do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    def now(self):
        return time.time() + self.clock

    def paths(self):
        with self.lock:
            return [path for _, path, _, _ in self.log]

    def headers(self, path):
        with self.lock:
            return [headers for _, p, headers, _ in self.log if p == path]

    # -- Ub

    def new_challenge(self, request):
        rand = os.urandom(16)
        autn = bytes([self.autn.pop(0) if self.autn else 0]) + os.urandom(15)
        nonce = base64.b64encode(rand + autn).decode()
        self.challenges[nonce] = rand
        request.answer(401, WWW_Authenticate=(
            f'Digest realm="{self.ub_realm}", nonce="{nonce}", algorithm={self.ub_algorithm}, '
            'qop="auth-int"'))

    def ub(self, request):
        fields = parse(request.headers.get("Authorization"))
        rand = self.challenges.pop(fields.get("nonce"), None)
        if fields.get("username") != IMPI:
            return request.answer(403)
        if rand is None:
            return self.new_challenge(request)
        if fields.get("auts"):
            right = (base64.b64decode(fields["auts"]) == derive("auts", rand)[:14] and
                     digest(fields, "GET", b"", "") == fields["response"])
            return self.new_challenge(request) if right else request.answer(403)
        res = derive("res", rand)[:8]
        if digest(fields, "GET", b"", res) != fields["response"]:
            return request.answer(403)
        btid = base64.b64encode(rand).decode() + "@" + self.fqdn
        self.sessions[btid] = ks_naf(rand, IMPI, self.fqdn)
        ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.now() + self.lifetime))
        make = self.xml or (lambda b, l: (
            '<?xml version="1.0" encoding="UTF-8"?><BootstrappingInfo xmlns="uri:3gpp-bsf">'
            f"<btid>{b}</btid><lifetime>{l}</lifetime></BootstrappingInfo>"))
        body = make(btid, ends).encode()
        request.answer(200, "application/vnd.3gpp.bsf+xml", body,
                       **self.info(fields, body, res))

    def info(self, fields, body, password):
        rspauth = digest(fields, "", body, password)
        header = (f'qop=auth-int, rspauth="{rspauth}", cnonce="{fields["cnonce"]}", '
                  f'nc={fields["nc"]}')
        if self.next_nonce and fields.get("algorithm") == "SHA-256":
            header = f'nextnonce="{self.new_nonce()}", ' + header
        if self.change_info:
            header = self.change_info(header)
        return {"Authentication_Info": header} if header else {}

    # -- Ua

    def new_nonce(self):
        nonce = b64u(os.urandom(12))
        self.nonces[nonce] = 0
        return nonce

    def demand(self, request, stale):
        request.answer(401, WWW_Authenticate=(
            f'Digest realm="3GPP-bootstrapping@{self.fqdn}", nonce="{self.new_nonce()}", '
            f'algorithm=SHA-256, qop="auth-int"' + (", stale=true" if stale else "")))

    def ua(self, request):
        with self.lock:
            fields = parse(request.headers.get("Authorization"))
            key = self.sessions.get(fields.get("username"))
            if key is None or not fields:
                return self.demand(request, False)
            password = base64.b64encode(key)
            nc, last = int(fields["nc"], 16), self.nonces.get(fields["nonce"])
            if last is None or nc <= last or nc > self.nonce_uses or self.always_stale or \
                    fields["username"] in self.stale_sessions:
                return self.demand(request, True)
            if digest(fields, request.command, request.body, password) != fields["response"] or \
                    fields["realm"] != "3GPP-bootstrapping@" + self.fqdn or \
                    fields["uri"] != request.path:
                return self.demand(request, False)
            self.nonces[fields["nonce"]] = nc
            body = self.execute(request, key)
            request.answer(200, "application/json", body, **self.info(fields, body, password))

    def execute(self, request, key):
        """The same Idempotency-Key, the same answer."""
        idempotency = request.headers.get("Idempotency-Key")
        if request.command == "POST" and idempotency in self.kept:
            return self.kept[idempotency]
        self.executed += 1
        given = json.loads(request.body) if request.body else None
        made = self.answers[request.path](given, key) if request.path in self.answers else {}
        body = made if isinstance(made, bytes) else json.dumps(made).encode()
        if request.command == "POST":
            self.kept[idempotency] = body
        return body

    def self_answer(self, _body, _key):
        return {"nai": NAI_A, "aors": [ALICE], "operator": "Operator A", "realm": REALM,
                "time": int(self.now())}


# -- faults

def edited(change):
    """What the gateway answers, changed on the way by change(number, content_type, body)."""
    def fault(request):
        straight = request.answer
        request.answer = lambda number, content_type, body=b"", **headers: straight(
            *change(number, content_type, body), **headers)
        request.gateway.ua(request)
        del request.answer
    return fault


def close(request):
    """Read, and gone without a word."""
    request.close_connection = True


def slow(request):
    request.gateway.over.wait(20)
    request.close_connection = True


def execute_and_close(request):
    """Done, but the answer is lost."""
    fields = parse(request.headers.get("Authorization"))
    with request.gateway.lock:
        request.gateway.nonces[fields["nonce"]] = int(fields["nc"], 16)
        request.gateway.execute(request, request.gateway.sessions[fields["username"]])
    request.close_connection = True


def half(request):
    """The connection ends in the middle of the answer."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        b"Content-Length: 1000\r\n\r\n{")
    request.close_connection = True


def raw(octets):
    def fault(request):
        request.wfile.write(octets)
        request.close_connection = True
    return fault


def status(number, content_type="text/plain", body=b"", **headers):
    return lambda request: request.answer(number, content_type, body, **headers)


def problem(number, name, detail=""):
    text = {"type": "urn:simauth:" + name, "title": name, "status": number}
    if detail:
        text["detail"] = detail
    return status(number, "application/problem+json", json.dumps(text).encode())


def endless(request):
    """An answer without an end."""
    request.send_response(200)
    request.send_header("Content-Type", "application/json")
    request.send_header("Connection", "close")
    request.end_headers()
    try:
        while not request.gateway.over.is_set():
            request.wfile.write(b" " * 4096)
    except OSError:
        pass
    request.close_connection = True
