# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Partners that are down, slow or false; stores that are locked, full or read-only; kill -9; who may read what."""
import json
import os
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
import unittest
from email.utils import formatdate
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from milenage import Usim, opc_of
from operators import CTL, DAEMON, Ca, Pair, free_port
from ops import metrics, slowness, wait_for, watched, with_silent_resolver
from phone import Answer, Connection, Phone, b64u, public


class Federation(unittest.TestCase):
    """What AG(B) answers to whoever comes with a certificate."""

    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.close)

    def connect(self, certificate, key):
        context = ssl.create_default_context(cafile=self.pair.b.ca.path)
        if certificate:
            context.load_cert_chain(certificate, key)
        return Connection(self.pair.b.fqdn, self.pair.b.port, context)

    def ask(self, certificate, key, **changes):
        body = {"subject": "callee", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                "seal_to": b64u(public(X25519PrivateKey.generate())), "nai_a": "alice@operator-a.test", **changes}
        connection = self.connect(certificate, key)
        try:
            connection.request("POST", "/v1/federation/vectors", json.dumps(body),
                               {"Idempotency-Key": b64u(os.urandom(16))})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def own(self, **changes):
        return self.ask(self.pair.a.certificate, self.pair.a.key, **changes)

    def test_partner(self):
        self.assertEqual(self.own().status, 200)

    def test_no_certificate(self):
        self.assertEqual(self.ask(None, None).problem, "not-yours")

    def test_certificate_of_nobody(self):
        stranger = self.pair.a.ca.issue(self.pair.a.folder, "stranger", ["ag.operator-x.test"])
        self.assertEqual(self.ask(*stranger).problem, "not-yours")

    def test_right_name_wrong_authority(self):
        false = Ca(self.pair.a.folder, "false").issue(self.pair.a.folder, "false-a", [self.pair.a.fqdn])
        self.assertEqual(self.ask(*false).problem, "not-yours")

    def test_strangers_connection_ends(self):
        """Each try costs whoever is no partner a handshake; a partner's connection stands."""
        a = self.pair.a
        stranger = a.ca.issue(a.folder, "stranger-once", ["ag.operator-x.test"])
        false = Ca(a.folder, "false-once").issue(a.folder, "false-once", [a.fqdn])
        for shown in ((None, None), stranger, false, (a.certificate, a.key)):
            connection = self.connect(*shown)
            connection.request("GET", "/v1/federation")
            response, socket_before = connection.getresponse(), connection.sock
            self.assertEqual(Answer(response).status, 200 if shown[0] == a.certificate else 403)
            self.assertEqual(response.headers["Connection"], None if shown[0] == a.certificate else "close")
            if shown[0] == a.certificate:
                connection.request("GET", "/v1/federation")
                self.assertEqual(Answer(connection.getresponse()).status, 200)
                self.assertIs(connection.sock, socket_before)
            connection.close()

    def test_many_strangers(self):
        """More of them, at once, than any list of known ones would hold: the partner on its connection notices nothing."""
        a = self.pair.a
        partner = self.connect(a.certificate, a.key)
        strangers = [self.connect(*Ca(a.folder, f"many-{n}").issue(a.folder, f"many-{n}", [a.fqdn])) for n in range(40)]
        for stranger in strangers:
            stranger.connect()
        for stranger in strangers:
            stranger.request("GET", "/v1/federation")
            partner.request("GET", "/v1/federation")
            self.assertEqual(Answer(partner.getresponse()).status, 200)
        for stranger in strangers:
            self.assertEqual(Answer(stranger.getresponse()).problem, "not-yours")
            stranger.close()
        partner.close()

    def test_certificate_of_the_operator_asked(self):
        self.assertEqual(self.ask(self.pair.b.certificate, self.pair.b.key).problem, "not-yours")

    def test_foreign_realm(self):
        self.assertEqual(self.own(nai_a="alice@operator-c.test").problem, "not-yours")
        self.assertEqual(self.own(nai_a="bob@operator-b.test").problem, "not-yours")

    def test_callers_address_is_anothers(self):
        self.assertEqual(self.own(caller="sip:eve@operator-b.test").problem, "not-yours")

    def test_caller_vector_that_is_not_of_this_partner(self):
        a = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        rand = a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].json["vector"]["rand"]
        answer = self.ask_caller(rand)
        self.assertEqual(answer.problem, "not-yours")

    def ask_caller(self, rand):
        body = {"subject": "caller", "caller": self.pair.aor_a, "callee": self.pair.aor_b, "methods": ["aka"],
                "seal_to": b64u(public(X25519PrivateKey.generate())), "rand": rand}
        connection = self.connect(self.pair.a.certificate, self.pair.a.key)
        connection.request("POST", "/v1/federation/vectors", json.dumps(body), {"Idempotency-Key": b64u(os.urandom(16))})
        answer = Answer(connection.getresponse())
        connection.close()
        return answer

    def test_suspended_and_resumed(self):
        self.pair.b.ctl("partner", "suspend", "Operator A")
        try:
            self.assertEqual(self.own().problem, "not-yours")
        finally:
            self.pair.b.ctl("partner", "resume", "Operator A")
        self.assertEqual(self.own().status, 200)

    def test_agreement_of_another_time(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        pair.a.ctl("partner", "remove", "Operator B")
        pair.a.partner(pair.b, to="2020-01-01")
        pair.a.start()
        pair.b.start()
        a = Phone(pair.sim_a, pair.a).bootstrap()
        self.assertEqual(a.ask_callee(pair.aor_a, pair.aor_b)[1].problem, "operator-down")

    def test_limit_of_a_partner(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        pair.b.ctl("partner", "remove", "Operator A")
        pair.b.partner(pair.a, per_minute=1)
        pair.a.start()
        pair.b.start()
        a = Phone(pair.sim_a, pair.a).bootstrap()
        answers = [a.ask_callee(pair.aor_a, pair.aor_b)[1] for _ in range(2)]
        self.assertEqual([x.status for x in answers], [200, 429])

    def test_pin(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        pair.b.ctl("partner", "remove", "Operator A")
        pair.b.partner(pair.a, pin="sha256//" + "A" * 43 + "=")
        pair.a.start()
        pair.b.start()
        a = Phone(pair.sim_a, pair.a).bootstrap()
        self.assertEqual(a.ask_callee(pair.aor_a, pair.aor_b)[1].problem, "operator-down")

    def test_overlapping_realms(self):
        third = Ca(self.pair.a.folder, "third")
        words = ["partner", "add", "Third", "--url", "https://x.test", "--ca", third.path, "--realms"]
        self.pair.a.ctl(*words, "operator-b.test", fails=True)
        self.pair.a.ctl(*words, "operator-a.test", fails=True)
        self.pair.a.ctl("binding", "add", "sip:x@operator-b.test", "001010000000001", "--proved", fails=True)
        self.pair.a.ctl(*words, "operator-c.test")
        # and when the table is loaded: a realm that became the operator's own
        self.pair.a.configure(**{"operator.realms": "operator-a.test operator-c.test"})
        done = subprocess.run([DAEMON, "--config", self.pair.a.config, "--check-config"], capture_output=True, text=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("operator-c.test", done.stderr)
        self.pair.a.configure()
        self.pair.a.ctl("partner", "remove", "Third")


class Server(threading.Thread):
    """A partner that misbehaves: `act` gets the TLS connection."""

    def __init__(self, certificate, key, act):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.act, self.ended = act, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while not self.ended.is_set():
            try:
                plain, _ = self.listener.accept()
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    self.act(connection, self.ended)
            except OSError:
                pass

    def close(self):
        self.ended.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(5)


def reply(body, status="200 OK"):
    return ("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)).encode()


class BadPartner(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair(start=False)
        cls.addClassCleanup(cls.pair.close)
        cls.pair.a.start()
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()

    def ask(self, port, limit=1.3, left=True):
        """`left`: the question may have come there, and is counted as one without an answer."""
        before = len(self.pair.a.records())
        self.pair.a.ctl("partner", "remove", "Operator B")
        self.pair.a.partner(self.pair.b, connect_to=f"127.0.0.1:{port}")
        start = time.monotonic()
        _, answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)
        self.assertLess(time.monotonic() - start, limit * slowness())
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"))
        self.assertEqual([r["method"] for r in self.pair.a.records()[before:]], ["unknown"] * left)

    def serve(self, act, stem="gateway", names=None, ca=None):
        b = self.pair.b
        paths = (ca or b.ca).issue(b.folder, stem, names or [b.fqdn, b.realm])
        server = Server(*paths, act)
        self.addCleanup(server.close)
        return server.port

    def test_down(self):
        self.ask(free_port(), left=False)

    def test_mute(self):
        self.ask(self.serve(lambda connection, ended: ended.wait(5)))

    def test_drips(self):
        def drip(connection, ended):
            connection.recv(4096)
            for octet in reply("{}"):
                connection.send(bytes([octet]))
                if ended.wait(0.05):
                    break
        self.ask(self.serve(drip))

    def test_closes_after_reading(self):
        self.ask(self.serve(lambda connection, ended: connection.recv(4096)))

    def test_garbage(self):
        for text in (b"\0\1\2\3\r\n\r\n", reply("garbage"), reply("{}"), reply('{"vector":{}}'), reply("[" * 10000),
                     reply("x" * 100000), reply('{"vector":null,"more":1}')):
            self.ask(self.serve(lambda connection, ended, text=text: (connection.recv(4096), connection.sendall(text))))

    def test_404_that_no_gateway_says(self):
        """Phones remember "nobody" for a day."""
        for text in (b"<html>Not found</html>", json.dumps({"type": "urn:simauth:not-found", "status": 404}).encode(), b"", b"{}"):
            answer = reply(text.decode(), "404 Not Found")
            self.ask(self.serve(lambda connection, ended, answer=answer: (connection.recv(4096), connection.sendall(answer))), left=False)

    def test_one_rand_for_all_calls(self):
        """A partner that sends a vector once more for another call is one that cannot answer."""
        pair = Pair()
        self.addCleanup(pair.close)
        a = Phone(pair.sim_a, pair.a).bootstrap()
        vector = a.ask_callee(pair.aor_a, pair.aor_b)[1].json["vector"]
        paths = pair.b.ca.issue(pair.b.folder, "gateway", [pair.b.fqdn, pair.b.realm])
        again = reply(json.dumps({"vector": vector}))
        server = Server(*paths, lambda connection, ended: (connection.recv(65536), connection.sendall(again)))
        self.addCleanup(server.close)
        pair.a.ctl("partner", "remove", "Operator B")
        pair.a.partner(pair.b, connect_to=f"127.0.0.1:{server.port}")
        key, seal = os.urandom(16), X25519PrivateKey.generate()
        answers = [a.ask_callee(pair.aor_a, pair.aor_b, key=k, seal=seal)[1] for k in (key, key, None, None)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 503, 503])
        self.assertEqual(answers[0].json, answers[1].json)
        self.assertEqual(answers[2].problem, "operator-down")
        self.assertIn("partner sent a RAND twice", pair.a.log_text())
        self.assertEqual([r["method"] for r in pair.a.records()], ["aka", "aka", "unknown", "unknown"])

    def test_words_of_a_partner_are_cut_between_letters(self):
        title = "x" + 300 * "\u20ac"

        def say(connection, _ended):
            asked = b""
            while not asked.endswith(b"}"):
                asked += connection.recv(65536)
            status = "400 Bad" if asked.endswith(b"\r\n\r\n{}") else "404 None"
            connection.sendall(reply(json.dumps({"title": title}), f"{status}\r\nDate: {formatdate(usegmt=True)}"))
        self.pair.a.ctl("partner", "remove", "Operator B")
        self.pair.a.partner(self.pair.b, connect_to=f"127.0.0.1:{self.serve(say)}")
        words = [CTL, "--config", self.pair.a.config, "partner", "test", "Operator B", "--caller", self.pair.aor_a, "--callee",
                 self.pair.aor_b]
        for form in ([], ["--json"]):
            last = subprocess.run([*words, *form], capture_output=True, timeout=60).stdout.decode().splitlines()[-1]
            self.assertIn("status 404: x" + 50 * "\u20ac", json.loads(last)["detail"] if form else last)

    def test_wrong_authority(self):
        false = Ca(self.pair.b.folder, "false-ca")
        self.ask(self.serve(lambda connection, ended: connection.recv(4096), "false", ca=false), left=False)

    def test_wrong_name(self):
        self.ask(self.serve(lambda connection, ended: connection.recv(4096), "other", ["ag.operator-x.test"]), left=False)

    def test_does_not_hold_up_others(self):
        """Many questions to a mute partner: the gateway serves its phones meanwhile."""
        port = self.serve(lambda connection, ended: ended.wait(5))
        self.pair.a.ctl("partner", "remove", "Operator B")
        self.pair.a.partner(self.pair.b, connect_to=f"127.0.0.1:{port}")
        phones = []
        for n in range(6):
            phone = Phone(self.pair.sim_a, self.pair.a)
            phone.btid, phone.ks_naf = self.a.btid, self.a.ks_naf
            phones.append(phone)
        threads = [threading.Thread(target=p.ask_callee, args=(self.pair.aor_a, self.pair.aor_b)) for p in phones]
        for thread in threads:
            thread.start()
        start = time.monotonic()
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)
        self.assertLess(time.monotonic() - start, 0.6)
        for thread in threads:
            thread.join(5)

    def test_name_that_hangs(self):
        """No name server answers for one partner's name: the questions to another are asked meanwhile."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        pair.a.partner(SimpleNamespace(title="Operator X", fqdn="ag.operator-x.test", port=443, realm="operator-x.test",
                                       ca=pair.b.ca), connect_to=None)
        with_silent_resolver(self, pair.a)
        pair.a.start()
        pair.b.start()
        phones = [Phone(pair.sim_a, pair.a).bootstrap(), Phone(pair.sim_a, pair.a)]
        phones[1].btid, phones[1].ks_naf = phones[0].btid, phones[0].ks_naf
        answers = []
        thread = threading.Thread(target=lambda: answers.append(phones[1].ask_callee(pair.aor_a, "sip:xeno@operator-x.test")))
        thread.start()
        statuses, end = [], time.monotonic() + 3
        while time.monotonic() < end:
            statuses.append(phones[0].ask_callee(pair.aor_a, pair.aor_b)[1].status)
            time.sleep(0.1)
        thread.join(30)
        self.assertEqual(answers[0][1].problem, "operator-down", pair.a.log_text())
        self.assertEqual(statuses, [200] * len(statuses), pair.a.log_text())


def connected(port, pid):
    """Whether this process has a connection to that port of this machine."""
    inodes = {line.split()[9] for line in open("/proc/net/tcp").readlines()[1:] if line.split()[2].endswith(f":{port:04X}")}
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            link = os.readlink(f"/proc/{pid}/fd/{name}")
        except OSError:
            continue
        if link.startswith("socket:[") and link[8:-1] in inodes:
            return True
    return False


class Store(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)

    def phones(self):
        self.pair.a.start()
        self.pair.b.start()
        return Phone(self.pair.sim_a, self.pair.a).bootstrap(), Phone(self.pair.sim_b, self.pair.b).bootstrap()

    def test_locked(self):
        """A command that holds the database for long: calls go on, whatever needs the tables is refused in time."""
        a, b = self.phones()
        other = sqlite3.connect(self.pair.b.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        given = [a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].status for _ in range(3)]
        self.assertEqual(given, [200, 200, 200])
        start = time.monotonic()
        self.assertEqual(Phone(self.pair.sim_b, self.pair.b).ub_first().status, 503)
        # 0.4 s for the database, as long behind the thread that brings records over, and again behind the sweep: 1.3 s at most of
        # 25 on a busy machine; the rest is the machine's
        self.assertLess(time.monotonic() - start, 3 * slowness())
        # nobody has to wait before a stranger hears that it is none of ours
        self.assertEqual(Phone(self.pair.sim_b, self.pair.b).ub_first("nobody@" + self.pair.b.fqdn).status, 403)
        self.assertIn("cannot write its database now", self.pair.b.ctl("record", "list", fails=True))
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual(a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].status, 200)
        self.assertEqual(len(self.pair.b.records()), 4)

    def test_refused_tickets_wait_for_nobody(self):
        """What will not write takes no writer's turn: a command has the database, and each is told at once."""
        a, _ = self.phones()
        pair = self.pair
        element = ".".join(["sim01.agt", b64u(bytes(16)), b64u(bytes(16)), b64u(bytes(16))])
        other = sqlite3.connect(pair.a.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answers = [a.ask("POST", "/v1/tickets/claim", {"ticket": b64u(bytes(16)), "element": element}),
                   a.ask("POST", "/v1/tickets", {"use": "agt", "caller": pair.aor_b, "callee": pair.aor_a})]
        other.execute("ROLLBACK")
        other.close()
        self.assertEqual([answer.problem for answer in answers], ["not-yours", "not-yours"])

    def test_rotation_removes_what_it_wrote_out(self):
        """A question of yesterday that was answered today, while the records of yesterday are on their way out."""
        b, path = self.pair.b, os.path.join(self.pair.b.folder, "old.jsonl")
        add = "INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) VALUES (1000, 'given', 'p', 'a', '%s', 'aka', 0, 2)"
        b.sql(add % "early")
        other = sqlite3.connect(b.database, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.execute(add % "late")
        command = subprocess.Popen([CTL, "--config", b.config, "record", "rotate", path, "--before", "2001-01-01", "--format", "jsonl"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        while not os.path.exists(path) and command.poll() is None:
            pass
        other.execute("COMMIT")
        other.close()
        self.assertEqual((command.communicate(timeout=60)[0], command.returncode), ("1 records\n", 0))
        with open(path, encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["nai_b"] for line in file], ["early"])
        self.assertEqual([x["nai_b"] for x in b.records()], ["late"])

    def test_a_gateway_begins_while_a_partner_is_tested(self):
        """Who gives a record its number: the gateway that runs by then."""
        a, b = self.pair.a, self.pair.b
        b.start()
        for _ in range(3):  # a busy machine may need longer than the command waits
            a.stop()
            b.process.send_signal(signal.SIGSTOP)
            command = subprocess.Popen([CTL, "--config", a.config, "partner", "test", b.title, "--caller", self.pair.aor_a, "--callee",
                                        self.pair.aor_b], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for(lambda: connected(b.port, command.pid))
            a.start()
            before = len(a.records())
            b.process.send_signal(signal.SIGCONT)
            if command.wait(60) == 0:
                break
        self.assertEqual(command.returncode, 0)
        self.assertEqual(len(a.records()), before + 1)
        phone = Phone(self.pair.sim_a, a).bootstrap()
        for n in range(3):
            self.assertEqual(phone.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].status, 200)
            self.assertEqual(len(a.records()), before + 2 + n)

    def small_disk(self):
        """The second operator's database on a disk of 1 MiB; returns the mount point."""
        return self.pair.b.on_small_disk(self, megabytes=1)

    def fill(self, mount):
        ballast = os.path.join(mount, "ballast")
        with open(ballast, "wb", buffering=0) as f:
            try:
                while f.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        return ballast

    def test_full_at_the_start(self):
        b, mount = self.pair.b, self.small_disk()
        other = sqlite3.connect(b.database)  # keeps its files, which have room
        self.addCleanup(other.close)
        other.execute("SELECT COUNT(*) FROM subscriber").fetchall()
        self.fill(mount)
        self.start_fails(b, "No space left on device")

    def test_full(self):
        """A disk that fills: nothing is given that was not kept, and it goes on when there is room."""
        b, mount = self.pair.b, self.small_disk()
        a, _ = self.phones()
        ballast = self.fill(mount)
        given = 0
        while (answer := a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]).status == 200:
            given += 1
            self.assertLess(given, 2000)  # what room the journal had
        self.assertEqual(answer.problem, "operator-down")
        self.assertIn("database or disk full", b.log_text())
        os.unlink(ballast)
        self.assertEqual(a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1].status, 200)
        self.assertEqual(len(b.records()), given + 1)
        self.assertIsNone(b.process.poll())

    def test_read_only(self):
        b, mount = self.pair.b, self.small_disk()
        subprocess.run(["mount", "-o", "remount,ro", mount], check=True)
        self.start_fails(b, b.database)

    def test_killed(self):
        """kill -9 in the middle of load: no SQN twice, a record for each vector that was given."""
        a, b = self.phones()
        given = []
        rands = []

        def load():
            try:
                while True:
                    _, answer = a.ask_callee(self.pair.aor_a, self.pair.aor_b)
                    if answer.status == 200:
                        given.append(answer.json["vector"]["rand"])
            except (OSError, ssl.SSLError, Exception):  # the gateway died
                pass

        for round_ in range(3):
            thread = threading.Thread(target=load)
            count = len(given)
            thread.start()
            limit = time.monotonic() + 10
            while len(given) < count + 15 and time.monotonic() < limit:
                time.sleep(0.005)
            self.pair.b.stop(signal.SIGKILL)
            self.pair.a.stop(signal.SIGKILL)
            thread.join(10)
            self.pair.a.start()
            self.pair.b.start()
            a.connection.close()
            a.nonce = None
        self.assertGreaterEqual(len(given), 45)
        self.assertEqual(len(set(given)), len(given))
        self.assertGreaterEqual(len(self.pair.b.records()), len(given))
        for rand in given[-3:]:
            b.connection.close()
            answer = b.ask_challenge(rand)
            rands.append(answer.json["own"])
        for phone in (a, b):
            phone.connection.close()
            phone.bootstrap()
            self.assertEqual(phone.resyncs, 0)
            self.assertEqual(len(set(phone.usim.seen)), len(phone.usim.seen))

    def test_operator_key_of_the_day(self):
        """A key that is a day old gets a successor; both are valid for a while."""
        from phone import unb64u
        keys = []
        for _ in range(2):
            a, _ = self.phones()
            _, answer = a.ask_callee(self.pair.aor_a, self.pair.aor_b)
            payload = json.loads(unb64u(answer.json["vector"]["op_key"].split(".")[1]))
            keys.append(payload["key"])
            self.assertGreaterEqual(payload["exp"] - time.time(), 86400 - 120)
            a.connection.close()
            self.pair.a.stop()
            self.pair.b.stop()
            database = sqlite3.connect(self.pair.b.database)
            database.execute("UPDATE operator_key SET not_before = not_before - 86401")
            database.commit()
            self.assertEqual(database.execute("SELECT count(*) FROM operator_key WHERE not_after > ?",
                                              (time.time(),)).fetchone()[0], len(keys))
            database.close()
        self.assertNotEqual(*keys)

    def test_session_survives_restart(self):
        a, _ = self.phones()
        self.pair.a.stop()
        self.pair.a.start()
        a.connection.close()
        self.assertEqual(a.ask("GET", "/v1/self").status, 200)

    def test_secrets_at_rest(self):
        a, b = self.phones()
        _, answer = a.ask_callee(self.pair.aor_a, self.pair.aor_b)
        own = answer.json["own"]
        from phone import unb64u
        keys = a.usim.m.f2345(unb64u(own["rand"]))
        secrets = [a.usim.m.k, a.usim.m.opc, keys["ck"], keys["ik"], keys["res"]]
        found = b""
        for end in ("", "-wal"):
            with open(self.pair.a.database + end, "rb") as f:
                found += f.read()
        found += self.pair.a.journal()
        self.assertIn(a.usim.imsi.encode(), found)  # it is the right file
        for secret in secrets:
            self.assertNotIn(secret, found)
            self.assertNotIn(secret.hex().encode(), found)

    def start_fails(self, operator, *words):
        done = subprocess.run([DAEMON, "--config", operator.config], capture_output=True, text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_key_file_of_everybody(self):
        a = self.pair.a
        key = os.path.join(a.folder, "seal.key")
        self.assertEqual(os.stat(key).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(a.database).st_mode & 0o077, 0)
        os.chmod(key, 0o640)
        self.start_fails(a, key, "chmod 600")
        self.assertIn("chmod 600", a.ctl("subscriber", "list", fails=True))
        os.chmod(key, 0o600)
        os.chmod(a.key, 0o640)  # a group of the gateway's own is usual
        self.assertIn("good", a.ctl("check"))
        os.chmod(a.key, 0o644)
        self.start_fails(a, "[tls] key: " + a.key, "chmod 600")
        self.assertIn("chmod 600", a.ctl("check", fails=True))
        a.configure(**{"tls.key": shutil.copy(a.key, a.key + "2"), "tls.statement_key": a.key})
        os.chmod(a.key + "2", 0o600)
        self.assertIn("[tls] statement_key: ", a.ctl("check", fails=True))
        a.configure(**{"tls.key": a.key + "2", "auc.type": "udm", "auc.udm_url": "https://127.0.0.1:1", "auc.udm_key": a.key})
        self.assertIn("[auc] udm_key: " + a.key, a.ctl("check", fails=True))
        a.configure(**{"tls.key": a.key + "2", "auc.type": "udm", "auc.udm_url": "https://127.0.0.1:1", "auc.udm_token": a.key})
        self.assertIn("[auc] udm_token: " + a.key, a.ctl("check", fails=True))

    def test_wrong_seal_key(self):
        a = self.pair.a
        key = os.path.join(a.folder, "seal.key")
        with open(key, "wb") as f:
            f.write(os.urandom(32))
        a.start()
        phone = Phone(self.pair.sim_a, a)
        self.assertEqual(phone.ub_first().problem, "operator-down")

    def test_configuration(self):
        a = self.pair.a
        for setting, value, word in (("listen.port", "70000", "port"), ("listen.prot", "1", "prot"),
                                     ("operator.realms", "", "realms"), ("auc.ind_count", "4", "ind_count"),
                                     ("tls.key", self.pair.b.key, "do not belong together"),
                                     ("operator.realms", "elsewhere.test", "elsewhere.test"), ("operator.realms", "operator-a.test.", "DNS names"),
                                     ("operator.fqdn", "a." * 100 + "test", "at most 200"),
                                     ("store.type", "oracle", "type"), ("nogroup.x", "1", "nogroup")):
            try:
                a.configure(**{setting: value})
            except KeyError:
                with open(a.config, "a") as f:
                    f.write("[nogroup]\nx=1\n")
            self.start_fails(a, word)
            self.assertIn(word, a.ctl("check", fails=True))
        for settings, word in (({"auc.type": "gsup", "auc.module": "/nonexistent.so"}, "simauth-gateway-gsup installed?"),
                               ({"tls.statement_certificate": a.certificate, "tls.statement_key": a.key, "tls.key": self.pair.b.key},
                                "do not belong together")):
            a.configure(**settings)
            self.start_fails(a, word)
            self.assertIn(word, a.ctl("check", fails=True))  # "check" looks at all that the start needs
        a.configure()
        done = subprocess.run([DAEMON, "--config", a.config, "--check-config"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, a.config + ": good\n"), done.stderr)
        self.assertEqual(a.ctl("check"), a.config + ": good\n")

    def test_keys_that_are_elsewhere(self):
        """The line type=udm is lost from the configuration: zeros are nobody's key."""
        a, lost = self.pair.a.start(), {"auc.type": "udm", "auc.udm_url": "https://127.0.0.1:1"}
        sim = Usim("001010000000009", bytes(16), opc_of(bytes(16), bytes(16)))
        a.configure(**lost)
        a.ctl("subscriber", "add", sim.imsi, "--nai", "carol@operator-a.test")
        a.configure()
        self.assertEqual(Phone(sim, a).ub_first().problem, "not-yours")
        self.assertIn("its keys are not in this database", a.log_text())
        self.assertIn("its keys are not in this database", a.ctl("sim", "issue", sim.imsi, os.path.join(a.folder, "sim"), fails=True))
        self.assertIn("its keys are not in this database", a.ctl("sim", "offer", sim.imsi, fails=True))
        a.stop()
        self.start_fails(a, "[auc] type is embedded", "1 of the first 1000 subscribers")
        self.assertIn("is type= missing", a.ctl("check", fails=True))
        self.assertIn("elsewhere", a.ctl("subscriber", "show", sim.imsi))
        a.configure(**lost)
        self.assertEqual(a.ctl("check"), a.config + ": good\n")
        a.configure()
        zeros = f"k={'00' * 16}\nop={'00' * 16}\n"
        self.assertIn("zeros", a.ctl("subscriber", "add", "001010000000010", "--keys", "-", stdin=zeros, fails=True))
        rows = f"001010000000010,{'00' * 16},opc,{'00' * 16}\n"
        self.assertIn("zeros", a.ctl("subscriber", "import", "-", stdin=rows, fails=True))
        a.ctl("subscriber", "remove", sim.imsi)
        self.assertEqual(a.ctl("check"), a.config + ": good\n")

    def test_stops_cleanly(self):
        self.phones()
        self.assertEqual(self.pair.a.stop(), 0)
        self.assertIn("op=stop", self.pair.a.log_text())


class SlowLoris(unittest.TestCase):
    def test_slow_loris(self):
        pair = Pair({"listen.request_timeout": 1}, start=False)
        self.addCleanup(pair.close)
        watched(pair.a).start()
        context = ssl.create_default_context(cafile=pair.a.ca.path)
        plain = socket.create_connection(("127.0.0.1", pair.a.port), 5)
        start = time.monotonic()
        with context.wrap_socket(plain, server_hostname=pair.a.fqdn) as s:
            with self.assertRaises(OSError):
                for octet in b"GET / HTTP/1.1\r\nX: " + b"x" * 200:
                    s.send(bytes([octet]))
                    s.settimeout(0.1)
                    try:
                        if s.recv(1) == b"":
                            raise OSError("closed")
                    except TimeoutError:
                        pass
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(metrics(pair.a)["simauth_connections_timed_out_total"], 1)


if __name__ == "__main__":
    unittest.main(verbosity=1)
