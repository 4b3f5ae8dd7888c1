# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""udm_peer.py itself: TS 35.208's known answers, the schema of TS 29.503, curl over h2c and TLS, its misbehaviour."""
import contextlib
import datetime
import ipaddress
import json
import os
import re
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

import h2.config
import h2.connection
import h2.events
import h2.settings
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from udm_peer import Milenage, Subscriber, xor

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "udm_peer.py")
SUPI = "imsi-001010000000001"
PATH = "/nudm-ueau/v1/{}/gba-security-information/generate-av"
ASK = {"authType": "DIGEST_AKAV1_MD5"}
MEMBERS = {"rand": "{32}", "xres": "{8,32}", "autn": "{32}", "ck": "{32}", "ik": "{32}"}  # the OpenAPI files' patterns

# TS 35.208 4.3, test sets 1 (also TS 35.207 4.3), 2 and 6: k, rand, sqn, amf, opc, f1, f1*, f2, f5, f3, f4, f5*
KNOWN = [
    ("465b5ce8b199b49faa5f0a2ee238a6bc", "23553cbe9637a89d218ae64dae47bf35", "ff9bb4d0b607", "b9b9",
     "cd63cb71954a9f4e48a5994e37a02baf", "4a9ffac354dfafb3", "01cfaf9ec4e871e9", "a54211d5e3ba50bf", "aa689c648370",
     "b40ba9a3c58b2a05bbf0d987b21bf8cb", "f769bcd751044604127672711c6d3441", "451e8beca43b"),
    ("0396eb317b6d1c36f19c1c84cd6ffd16", "c00d603103dcee52c4478119494202e8", "fd8eef40df7d", "af17",
     "53c15671c60a4b731c55b4a441c0bde2", "5df5b31807e258b0", "a8c016e51ef4a343", "d3a628ed988620f0", "c47783995f72",
     "58c433ff7a7082acd424220f2b67c556", "21a8c1f929702adb3e738488b9f5c5da", "30f1197061c1"),
    ("6c38a116ac280c454f59332ee35c8c4f", "ee6466bc96202c5a557abbeff8babf63", "414b98222181", "4464",
     "3803ef5363b947c6aaa225e58fae3934", "078adfb488241a57", "80246b8d0186bcf1", "16c8233f05a0ac28", "45b0f69ab06c",
     "3f8c7587fe8e4b233af676aede30ba3b", "a7466cc1e6b2a1337d49d3b66e95d7b4", "1f53cd2b1113"),
]
K, OPC = bytes.fromhex(KNOWN[0][0]), bytes.fromhex(KNOWN[0][4])
ENTRY = {"supi": SUPI, "k": K.hex(), "opc": OPC.hex(), "amf": "8000", "sqn": "000000000020"}


class Peer:
    """The program, started; a client's view of it."""

    def __init__(self, folder, *options, subscribers=(ENTRY, {"supi": "imsi-001010000000002", "rejected": True})):
        path = os.path.join(folder, "subscribers.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(list(subscribers), file)
        self.process = subprocess.Popen([sys.executable, "-B", PEER, "--subscribers", path, *options],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(re.fullmatch(r"ready (\d+)\n", self.process.stdout.readline())[1])
        self.options = ["--http2-prior-knowledge"]
        self.root = f"http://127.0.0.1:{self.port}"
        self.lines = []

    def stop(self):
        self.process.terminate()
        self.lines += self.process.stdout.read().splitlines()
        self.process.stdout.close()
        self.process.wait(10)

    def curl(self, body=None, *more, path=PATH.format(SUPI), kind="application/json"):
        """curl's exit code, the status, the content type and the body."""
        body = json.dumps(ASK if body is None else body) if not isinstance(body, str) else body
        done = subprocess.run(
            ["curl", "-sS", "--noproxy", "*", "--max-time", "5", *self.options, "-H", f"content-type: {kind}",
             "-d", body, "-w", "\n%{http_code} %{http_version} %{content_type}", *more, self.root + path],
            capture_output=True, timeout=10)
        text, _, last = done.stdout.rpartition(b"\n")
        status, version, kind = (last.decode().split(" ", 2) + ["", ""])[:3]
        return done.returncode, int(status), version, kind, text

    def ask(self, body=None, *more, **keys):
        """The status and the decoded body of an orderly answer."""
        code, status, version, kind, text = self.curl(body, *more, **keys)
        assert (code, version) == (0, "2"), (code, version)
        assert kind == ("application/json" if status == 200 else "application/problem+json"), kind
        return status, json.loads(text)


def sqn_of(vector):
    """The SQN in AUTN, after every member has been checked as a USIM does."""
    rand, autn = bytes.fromhex(vector["rand"]), bytes.fromhex(vector["autn"])
    out = Milenage(K, OPC, rand)
    sqn = xor(autn[:6], out.f5())
    assert autn[6:8].hex() == ENTRY["amf"] and autn[8:] == out.f1(sqn, autn[6:8])
    assert (vector["xres"], vector["ck"], vector["ik"]) == (out.f2().hex(), out.f3().hex(), out.f4().hex())
    return int.from_bytes(sqn, "big")


def resynchronisation(sqn, spoil=0):
    rand = os.urandom(16)
    out = Milenage(K, OPC, rand)
    sqn = sqn.to_bytes(6, "big")
    auts = bytearray(xor(sqn, out.f5_star()) + out.f1_star(sqn, bytes(2)))
    auts[-1] ^= spoil
    return dict(ASK, resynchronizationInfo={"rand": rand.hex(), "auts": auts.hex().upper()})


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def peer(self, *options, **keys):
        peer = Peer(self.folder, *options, **keys)
        self.addCleanup(lambda: peer.process.poll() is None and peer.stop())
        return peer


class TestMilenage(unittest.TestCase):
    def test_known_answers(self):
        for row in KNOWN:
            k, rand, sqn, amf, opc, *expected = (bytes.fromhex(value) for value in row)
            out = Milenage(k, opc, rand)
            self.assertEqual([out.f1(sqn, amf), out.f1_star(sqn, amf), out.f2(), out.f5(), out.f3(), out.f4(),
                              out.f5_star()], expected)

    def test_sqn(self):
        subscriber = Subscriber(dict(ENTRY, sqn="00000000003f"))
        self.assertEqual([sqn_of(subscriber.vector()) for _ in range(2)], [0x40, 0x61])


class TestAnswers(Case):
    def test_vector(self):
        peer = self.peer()
        answers = [peer.ask(dict(ASK, supportedFeatures="1f")) for _ in range(3)]
        for status, answer in answers:
            self.assertEqual((status, set(answer), answer["supportedFeatures"]),
                             (200, {"3gAkaAv", "supportedFeatures"}, "0"))
            self.assertEqual(set(answer["3gAkaAv"]), set(MEMBERS))
            for name, pattern in MEMBERS.items():
                self.assertRegex(answer["3gAkaAv"][name], f"^[A-Fa-f0-9]{pattern}$")
        self.assertEqual([sqn_of(answer["3gAkaAv"]) >> 5 for _, answer in answers], [2, 3, 4])
        self.assertEqual(len({answer["3gAkaAv"]["rand"] for _, answer in answers}), 3)
        peer.stop()
        self.assertEqual([json.loads(line) for line in peer.lines],
                         [{"supi": SUPI, "status": 200, "resync": False}] * 3)

    def test_resynchronisation(self):
        peer = self.peer()
        for sqn_ms, expected in (((1000 << 5) + 7, 1001), (3 << 5, 1002), (1002 << 5, 1003), (1 << 40, (1 << 35) + 1)):
            status, answer = peer.ask(resynchronisation(sqn_ms))
            self.assertEqual((status, set(answer)), (200, {"3gAkaAv"}))
            self.assertEqual(sqn_of(answer["3gAkaAv"]) >> 5, expected)
        status, answer = peer.ask(resynchronisation(1 << 41, spoil=1))
        self.assertEqual((status, answer["cause"]), (403, "AUTHENTICATION_REJECTED"))
        self.assertEqual(sqn_of(peer.ask()[1]["3gAkaAv"]) >> 5, (1 << 35) + 2)
        peer.stop()
        self.assertEqual([json.loads(line)["resync"] for line in peer.lines], [True] * 5 + [False])

    def test_no_secret_is_printed(self):
        peer = self.peer("--token", "sesame")
        vector = peer.ask(None, "-H", "authorization: Bearer sesame")[1]["3gAkaAv"]
        peer.ask(resynchronisation(1 << 41, spoil=1), "-H", "authorization: Bearer sesame")
        peer.stop()
        for secret in ("sesame", K.hex(), OPC.hex(), *vector.values()):
            self.assertNotIn(secret, "".join(peer.lines))

    def test_users(self):
        peer = self.peer()
        for supi, status, cause in (("imsi-001010000000009", 404, "USER_NOT_FOUND"),
                                    ("imsi-001010000000002", 403, "AUTHENTICATION_REJECTED")):
            got, problem = peer.ask(path=PATH.format(supi))
            self.assertEqual((got, problem["status"], problem["cause"]), (status, status, cause))
        self.assertEqual(peer.ask(path=PATH.format("imsi%2D001010000000001"))[0], 200)

    def test_bodies(self):
        peer = self.peer()
        info = {"rand": "0" * 32, "auts": "0" * 28}
        for body, status, cause, parameter in (
                ("{", 400, "INVALID_MSG_FORMAT", None), ("[]", 400, "INVALID_MSG_FORMAT", None),
                ("[" * 9000, 400, "INVALID_MSG_FORMAT", None),
                ({}, 400, "MANDATORY_IE_MISSING", "authType"),
                ({"authType": 1}, 400, "MANDATORY_IE_INCORRECT", "authType"),
                ({"authType": "EAP_AKA"}, 501, "UNSUPPORTED_PROTECTION_SCHEME", None),
                (dict(ASK, supportedFeatures="x"), 400, "OPTIONAL_IE_INCORRECT", "supportedFeatures"),
                (dict(ASK, resynchronizationInfo=None), 400, "OPTIONAL_IE_INCORRECT", "resynchronizationInfo"),
                (dict(ASK, resynchronizationInfo={}), 400, "OPTIONAL_IE_INCORRECT", "resynchronizationInfo/rand"),
                (dict(ASK, resynchronizationInfo=dict(info, auts="0" * 26)), 400, "OPTIONAL_IE_INCORRECT",
                 "resynchronizationInfo/auts")):
            got, problem = peer.ask(body)
            self.assertEqual((got, problem["cause"]), (status, cause), body)
            self.assertEqual(problem.get("invalidParams", [{"param": None}])[0]["param"], parameter)
        self.assertEqual(peer.ask(" " * 100000)[0], 413)

    def test_requests(self):
        peer = self.peer("--prefix", "/home")
        path = "/home" + PATH.format(SUPI)
        self.assertEqual(peer.ask(path=path)[0], 200)
        self.assertEqual(peer.ask(path=PATH.format(SUPI))[1]["cause"], "INVALID_API")
        self.assertEqual(peer.ask(path=path.replace("v1", "v2"))[1]["cause"], "INVALID_API")
        self.assertEqual(peer.ask(path=path + "s")[1]["cause"], "RESOURCE_URI_STRUCTURE_NOT_FOUND")
        self.assertEqual(peer.ask(path=path, kind="text/plain")[0], 415)
        self.assertEqual(peer.ask(None, "-X", "PUT", path=path)[0], 405)

    def test_token(self):
        peer = self.peer("--token", "sesame")
        for more, status in (([], 401), (["-H", "authorization: Bearer other"], 401),
                             (["-H", "authorization: Basic sesame"], 401),
                             (["-H", "authorization: Bearer sesame"], 200)):
            self.assertEqual(peer.ask(None, *more)[0], status)
        headers = peer.curl(None, "-D", "-")[4]
        self.assertIn(b"www-authenticate: Bearer\r\n", headers)

    def test_http_1_is_refused(self):
        peer = self.peer()
        peer.options = ["--http1.1"]
        self.assertNotEqual(peer.curl()[0], 0)


def certificate(folder, name, issuer=None, authority=False):
    """A certificate and its key in files; returns what signs with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer[0] if issuer else subject)
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(authority, None), True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
            .sign(issuer[1] if issuer else key, hashes.SHA256()))
    with open(os.path.join(folder, name + ".pem"), "wb") as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
    with open(os.path.join(folder, name + ".key"), "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                     serialization.NoEncryption()))
    return subject, key


def first_octets(connection):
    try:
        return connection.recv(9)
    except (ConnectionResetError, ssl.SSLEOFError):
        return b""


class TestTls(Case):
    def setUp(self):
        super().setUp()
        issuer = certificate(self.folder, "ca", authority=True)
        for name in ("udm", "client"):
            certificate(self.folder, name, issuer)
        certificate(self.folder, "stranger")

    def file(self, name):
        return os.path.join(self.folder, name)

    def tls_peer(self, *options):
        peer = self.peer("--cert", self.file("udm.pem"), "--key", self.file("udm.key"), *options)
        peer.root = peer.root.replace("http:", "https:")
        peer.options = ["--http2", "--cacert", self.file("ca.pem")]
        return peer

    def test_alpn(self):
        peer = self.tls_peer()
        self.assertEqual(peer.ask()[0], 200)
        peer.options[0] = "--http1.1"
        self.assertNotEqual(peer.curl()[0], 0)
        context = ssl.create_default_context(cafile=self.file("ca.pem"))
        for protocols, spoken in (([], False), (["h2"], True)):
            context.set_alpn_protocols(protocols)
            with context.wrap_socket(socket.create_connection(("127.0.0.1", peer.port), 5),
                                     server_hostname="127.0.0.1") as connection:
                self.assertEqual(first_octets(connection) != b"", spoken)  # the server's SETTINGS

    def test_client_certificate(self):
        peer = self.tls_peer("--client-ca", self.file("ca.pem"))
        self.assertNotEqual(peer.curl()[0], 0)
        for name, good in (("client", True), ("stranger", False)):
            code = peer.curl(None, "--cert", self.file(name + ".pem"), "--key", self.file(name + ".key"))[0]
            self.assertEqual(code == 0, good)


class Client:
    """HTTP/2 step by step, for what curl hides."""

    def __init__(self, port, window=None):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        self.http.initiate_connection()
        if window is not None:
            self.http.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.send()

    def send(self):
        self.socket.sendall(self.http.data_to_send())

    def ask(self):
        number, body = self.http.get_next_available_stream_id(), json.dumps(ASK).encode()
        self.http.send_headers(number, [(":method", "POST"), (":scheme", "http"), (":authority", "udm"),
                                        (":path", PATH.format(SUPI)), ("content-type", "application/json")])
        self.http.send_data(number, body, end_stream=True)
        self.send()
        return number

    def events(self, seconds=1.0):
        """Everything in that time or until the end of the connection, which is None."""
        end = time.monotonic() + seconds
        while select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
            data = self.socket.recv(65536)
            if not data:
                yield None
                return
            yield from self.http.receive_data(data)
            self.send()


class TestMisbehaviour(Case):
    def client(self, *options, **keys):
        client = Client(self.peer(*options).port, **keys)
        self.addCleanup(client.socket.close)
        return client

    def test_delay(self):
        client = self.client("--delay", "0.5")
        start = time.monotonic()
        asked, ended = {client.ask() for _ in range(4)}, set()
        for event in client.events(5):
            if isinstance(event, h2.events.StreamEnded):
                ended.add(event.stream_id)
            if ended == asked:
                break
        self.assertEqual(ended, asked)
        self.assertTrue(0.5 <= time.monotonic() - start < 1.5)

    def test_goaway(self):
        for limit, answered in ((0, []), (1, [1]), (2, [1, 3])):
            client = self.client("--goaway-after", str(limit))
            for _ in range(3 if limit else 0):
                client.ask()
            events = list(client.events(5))
            self.assertEqual([e.stream_id for e in events if isinstance(e, h2.events.StreamEnded)], answered)
            last = [e.last_stream_id for e in events if isinstance(e, h2.events.ConnectionTerminated)]
            self.assertEqual((last, events[-1]), ([answered[-1] if answered else 0], None))

    def test_half(self):
        client = self.client("--half")
        client.ask()
        events = list(client.events())
        headers = [dict(e.headers) for e in events if isinstance(e, h2.events.ResponseReceived)]
        got = sum(len(e.data) for e in events if isinstance(e, h2.events.DataReceived))
        self.assertEqual(got, int(headers[0]["content-length"]) // 2)
        self.assertFalse([e for e in events if e is None or isinstance(e, h2.events.StreamEnded)])

    def test_small_window(self):
        client = self.client(window=7)
        number, body, size = client.ask(), b"", None
        for event in client.events(5):
            if isinstance(event, h2.events.DataReceived):
                self.assertLessEqual(len(event.data), 7)
                body += event.data
                if len(body) == size:
                    break
                client.http.increment_flow_control_window(7, number)
                client.send()
            elif isinstance(event, h2.events.ResponseReceived):
                size = int(dict(event.headers)["content-length"])
        self.assertEqual(set(json.loads(body)), {"3gAkaAv"})

    def test_garbage(self):
        peer = self.peer("--garbage")
        code, status, _, kind, body = peer.curl()
        self.assertEqual((code, status, kind), (0, 200, "application/json"))
        with self.assertRaises(ValueError):
            json.loads(body)
        self.assertEqual(self.peer("--garbage", "empty").ask(), (200, {}))
        vector = self.peer("--garbage", "fields").ask()[1]["3gAkaAv"]
        self.assertFalse([n for n, p in MEMBERS.items() if re.fullmatch(f"[A-Fa-f0-9]{p}", str(vector.get(n)))])
        self.assertNotEqual(self.peer("--garbage", "frames").curl()[0], 0)

    def test_status(self):
        for code, cause in ((500, "SYSTEM_FAILURE"), (503, "NF_CONGESTION"), (418, None)):
            status, problem = self.peer("--status", str(code)).ask()
            self.assertEqual((status, problem["status"], problem.get("cause")), (code, code, cause))

    def test_a_client_that_goes(self):
        peer = self.peer("--delay", "0.2")
        with contextlib.closing(Client(peer.port).socket) as gone:
            gone.sendall(b"not HTTP/2 at all")
        client = Client(peer.port)
        self.addCleanup(client.socket.close)
        client.http.reset_stream(client.ask())
        client.send()
        client.ask()
        self.assertIn(3, [e.stream_id for e in client.events() if isinstance(e, h2.events.StreamEnded)])


if __name__ == "__main__":
    unittest.main()
