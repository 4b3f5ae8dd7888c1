# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone's side of Ub and Ua from docs/protocol.md, written without a look at lib/ and plugin/."""
import base64
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def b64u(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def kdf(key, fc, *parameters):
    s = bytes([fc])
    for p in parameters:
        p = p.encode() if isinstance(p, str) else p
        s += p + len(p).to_bytes(2, "big")
    return hmac.new(key, s, hashlib.sha256).digest()


def hkdf(ikm, info, salt=bytes(32), length=32):
    return HKDF(hashes.SHA256(), length, salt, info).derive(ikm)


def ssk(subject, vector, k, res):
    return kdf(k, 0xF0, "simauth 1", subject, vector["method"], vector["caller"], vector["callee"],
               vector["nai_a"], vector["nai_b"], *blocks(unb64u(vector["rand"]), 16),
               *(blocks(res, 4) if vector["method"] == "gsm" else [res]))


def blocks(octets, length):
    return [octets[i:i + length] for i in range(0, len(octets), length)]


def md5(data):
    return hashlib.md5(data).hexdigest().encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest().encode()


def respond(h, user, realm, password, method, uri, body, nonce, nc, cnonce):
    ha1 = h(user.encode() + b":" + realm.encode() + b":" + password)
    ha2 = h(method.encode() + b":" + uri.encode() + b":" + h(body))
    return h(b":".join([ha1, nonce.encode(), nc.encode(), cnonce.encode(), b"auth-int", ha2])).decode()


def parameters(header):
    return {k.lower(): v for k, v in re.findall(r'(\w+)="?([^",]*)"?', header)}


class Connection(http.client.HTTPSConnection):
    """Connects to a port of this machine, whatever the name."""
    source = "127.0.0.1"

    def __init__(self, name, port, context, timeout=20):
        timeout *= int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))
        super().__init__(name, port, timeout=timeout, context=context)
        self.tls = context

    def connect(self):
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout, (self.source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.tls.wrap_socket(plain, server_hostname=self.host)


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.raw = response.read()

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def problem(self):
        assert self.headers["Content-Type"] == "application/problem+json", self.headers
        return self.json["type"].removeprefix("urn:simauth:")


class Phone:
    def __init__(self, usim, operator, trust=None):
        self.usim, self.operator = usim, operator
        self.context = ssl.create_default_context(cafile=trust or operator.ca.path)
        self.connection = self.new_connection()
        self.btid = self.ks_naf = self.nonce = None
        self.nc = 0
        self.resyncs = 0

    def new_connection(self):
        return Connection(self.operator.fqdn, self.operator.port, self.context)

    def raw(self, method, path, body=b"", headers=None):
        headers = dict(headers or {})
        for attempt in (1, 2):
            try:
                self.connection.request(method, path, body or None, headers)
                return Answer(self.connection.getresponse())
            except (http.client.RemoteDisconnected, ConnectionError, ssl.SSLError):
                self.connection.close()
                if attempt == 2:
                    raise

    # -- Ub ------------------------------------------------------------------------------------
    def ub_first(self, impi=None):
        return self.raw("GET", "/", headers={"Authorization": 'Digest username="%s", realm="%s", nonce="", uri="/", '
                                             'response=""' % (impi or self.usim.impi, self.operator.fqdn)})

    def ub_challenge(self, answer):
        assert answer.status == 401, (answer.status, answer.raw)
        p = parameters(answer.headers["WWW-Authenticate"])
        assert p["algorithm"] == "AKAv1-MD5" and p["realm"] == self.operator.fqdn and p["qop"] == "auth-int", p
        octets = base64.b64decode(p["nonce"])
        return p["nonce"], octets[:16], octets[16:32]

    def ub_answer(self, nonce, res, auts=None):
        cnonce = b64u(os.urandom(12))
        response = respond(md5, self.usim.impi, self.operator.fqdn, res, "GET", "/", b"", nonce, "00000001", cnonce)
        header = ('Digest username="%s", realm="%s", nonce="%s", uri="/", response="%s", qop=auth-int, nc=00000001, '
                  'cnonce="%s", algorithm=AKAv1-MD5' % (self.usim.impi, self.operator.fqdn, nonce, response, cnonce))
        if auts:
            header += ', auts="%s"' % base64.b64encode(auts).decode()
        answer = self.raw("GET", "/", headers={"Authorization": header})
        if answer.status == 200:
            info = parameters(answer.headers["Authentication-Info"])
            ha1 = md5(self.usim.impi.encode() + b":" + self.operator.fqdn.encode() + b":" + res)
            ha2 = md5(b":/:" + md5(answer.raw))
            right = md5(b":".join([ha1, nonce.encode(), b"00000001", cnonce.encode(), b"auth-int", ha2])).decode()
            assert info["rspauth"] == right, "rspauth"
        return answer

    def bootstrap(self):
        if hasattr(self.usim, "triplet"):
            return self.bootstrap_2g()
        answer = self.ub_first()
        for _ in range(2):
            nonce, rand, autn = self.ub_challenge(answer)
            result = self.usim.run(rand, autn)
            if result[0] == "good":
                break
            assert result[0] == "resync", result
            self.resyncs += 1
            answer = self.ub_answer(nonce, b"", result[1])
        answer = self.ub_answer(nonce, result[1])
        assert answer.status == 200, (answer.status, answer.raw)
        self.take_session(answer, rand, result[2])
        return self

    def bootstrap_2g(self):
        """TS 33.220 annex I, TS 24.109 annex H."""
        nonce, rand, autn = self.ub_challenge(self.ub_first())
        octets = base64.b64decode(nonce)
        assert len(octets) == 48 and autn == bytes(16), octets
        sres, kc = self.usim.triplet(rand)
        key, ks_input = kc + kc + rand, octets[32:]
        answer = self.ub_answer(nonce, kdf(key, 0x01, "3gpp-gba-res", sres)[:16])
        assert answer.status == 200, (answer.status, answer.raw)
        self.take_session(answer, rand, kdf(key, 0x01, ks_input, "3gpp-gba-ks", sres))
        return self

    def take_session(self, answer, rand, ks):
        assert answer.headers["Content-Type"] == "application/vnd.3gpp.bsf+xml"
        self.btid = re.search(r"<btid>(.*)</btid>", answer.raw.decode()).group(1)
        assert self.btid == base64.b64encode(rand).decode() + "@" + self.operator.fqdn
        self.ks_naf = kdf(ks, 0x01, "gba-me", rand, self.usim.impi,
                          self.operator.fqdn.encode() + bytes.fromhex("ff73696d01"))
        self.nonce, self.nc = None, 0

    # -- Ua ------------------------------------------------------------------------------------
    @property
    def realm(self):
        return "3GPP-bootstrapping@" + self.operator.fqdn

    @property
    def password(self):
        return base64.b64encode(self.ks_naf)

    def authorization(self, method, path, body, nc=None, cnonce="abcdefgh"):
        if nc is None:
            self.nc += 1
            nc = self.nc
        nc = "%08x" % nc
        response = respond(sha256, self.btid, self.realm, self.password, method, path, body, self.nonce, nc, cnonce)
        return ('Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s", qop=auth-int, nc=%s, '
                'cnonce="%s", algorithm=SHA-256' % (self.btid, self.realm, self.nonce, path, response, nc, cnonce))

    def take_nonce(self, answer):
        p = parameters(answer.headers["WWW-Authenticate"])
        assert p["algorithm"] == "SHA-256" and p["realm"] == self.realm and p["qop"] == "auth-int", p
        self.nonce, self.nc = p["nonce"], 0
        return p

    def ask(self, method, path, body=None, key=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        headers = {"Content-Type": "application/json"} if data else {}
        if method == "POST":
            headers["Idempotency-Key"] = b64u(key or os.urandom(16))
        if self.nonce is None:
            self.take_nonce(self.raw(method, path, data, headers))
        for _ in range(2):
            headers["Authorization"] = self.authorization(method, path, data)
            answer = self.raw(method, path, data, headers)
            if answer.status != 401 or "stale=true" not in answer.headers["WWW-Authenticate"]:
                break
            self.take_nonce(answer)
        if answer.status != 401 and "Authentication-Info" in answer.headers:
            self.check_info(answer, path)
        return answer

    def check_info(self, answer, path):
        info = parameters(answer.headers["Authentication-Info"])
        ha1 = sha256(self.btid.encode() + b":" + self.realm.encode() + b":" + self.password)
        ha2 = sha256(b":" + path.encode() + b":" + sha256(answer.raw))
        right = sha256(b":".join([ha1, self.nonce.encode(), info["nc"].encode(), info["cnonce"].encode(), b"auth-int",
                                  ha2])).decode()
        assert info["rspauth"] == right, "rspauth"
        if info.get("nextnonce"):
            self.nonce, self.nc = info["nextnonce"], 0

    # -- vectors -------------------------------------------------------------------------------
    methods = ("aka",)

    def ask_callee(self, caller, callee, key=None, seal=None, **more):
        seal = seal or X25519PrivateKey.generate()
        body = {"subject": "callee", "caller": caller, "callee": callee, "methods": self.methods,
                "seal_to": b64u(public(seal)), **more}
        return seal, self.ask("POST", "/v1/vectors", body, key)

    def announce(self, pair):
        """The sealing key and the answer for a call from the one to the other."""
        seal, answer = self.ask_callee(pair.aor_a, pair.aor_b)
        assert answer.status == 200, (answer.status, answer.raw)
        return seal, answer.json

    def ask_caller(self, caller, callee, rand, key=None):
        seal = X25519PrivateKey.generate()
        body = {"subject": "caller", "caller": caller, "callee": callee, "methods": self.methods,
                "seal_to": b64u(public(seal)), "rand": rand}
        return seal, self.ask("POST", "/v1/vectors", body, key)

    def ask_challenge(self, rand, element=None, key=None, method="aka"):
        element = element or "sim01." + method + "." + rand + "." + b64u(bytes(16))
        return self.ask("POST", "/v1/challenges", {"method": method, "rand": rand, "element": element}, key)

    def ask_auts(self, rand, auts, key=None):
        return self.ask("POST", "/v1/auts", {"rand": rand, "auts": b64u(auts)}, key)

    def channel_unseal(self, sealed, aad):
        key = hkdf(self.ks_naf, b"simauth 1 seal down")
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], aad)


def public(private):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def check_statement(jws, ca):
    """The statement's payload, after its signature, chain and name were found right."""
    header, payload, signature = jws.split(".")
    h, p = json.loads(unb64u(header)), json.loads(unb64u(payload))
    assert h["alg"] == "ES256" and h["typ"] == "simauth-operator-key", h
    leaf = x509.load_der_x509_certificate(base64.b64decode(h["x5c"][0]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert p["iss"] in names.get_values_for_type(x509.DNSName), (p, names)
    ca.certificate.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(leaf.signature_hash_algorithm))
    raw = unb64u(signature)
    der = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    leaf.public_key().verify(der, (header + "." + payload).encode(), ec.ECDSA(hashes.SHA256()))
    return p


def unseal(vector, seal, ca):
    """SSK, and the realm that vouches."""
    statement = check_statement(vector["op_key"], ca)
    operator = unb64u(statement["key"])
    z = seal.exchange(X25519PublicKey.from_public_bytes(operator))
    key = hkdf(z, b"simauth 1 seal" + unb64u(vector["rand"]), operator + public(seal))
    aad = json.dumps({k: v for k, v in vector.items() if k != "sealed"}, sort_keys=True, separators=(",", ":"),
                     ensure_ascii=False).encode()
    sealed = unb64u(vector["sealed"])
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], aad), statement["iss"]
