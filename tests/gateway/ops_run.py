# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking, reloading, draining, readiness and the watchdog, metrics, health, logs without secrets."""
import base64
import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from operators import DAEMON
from ops import (Watched, file_of, hang_up, issue_dated, metrics, page, ready, serial_seen, states, wait_for, watched)
from phone import Phone, unb64u


class Base(Watched):
    def start(self):
        super().start()
        self.b = Phone(self.pair.sim_b, self.pair.b).bootstrap()
        return self


class Check(Base):
    def faults(self, text):
        path = self.pair.a.config
        with open(path, "w") as f:
            f.write(text)
        done = subprocess.run([DAEMON, "--config", path, "--check"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr.replace(path, "F").replace("simauth-gateway: ", "").splitlines()

    def text(self):
        with open(self.pair.a.config) as f:
            return f.read()

    def test_lines(self):
        good = self.text()
        lines = good.splitlines()
        number = {line.split("=")[0]: n for n, line in enumerate(lines, 1) if "=" in line}
        broken = (good.replace(f"port={self.pair.a.port}", "port=http").replace("threads=2", "threads=0")
                  .replace("refusal_ms=20", "refusal_mx=20"))
        found = self.faults(broken)
        self.assertIn(f"F:{number['port']}: [listen] port: must be a number from 1 to 65535", found)
        self.assertIn(f"F:{number['threads']}: [listen] threads: must be a number from 1 to 64", found)
        self.assertTrue(any(x.startswith(f"F:{number['refusal_ms']}: [limits] refusal_mx: no such key") for x in found),
                        found)
        self.assertEqual(len(found), 3, found)

    def test_missing_key_names_its_group(self):
        good = self.text()
        lines = [line for line in good.splitlines() if not line.startswith("certificate=")]
        found = self.faults("\n".join(lines) + "\n")
        self.assertEqual(found, [f"F:{lines.index('[tls]') + 1}: [tls] certificate: is missing: add it"])

    def test_what_the_parser_would_swallow(self):
        good = self.text()
        count = len(good.splitlines())
        self.assertEqual(self.faults(good + "refusal_ms=30\n"),
                         [f"F:{count + 1}: [limits] refusal_ms: stands there twice: take one out"])
        self.assertEqual(self.faults("x=1\n" + good), ["F:1: stands before the first [group]"])
        self.assertEqual(self.faults(good + "[limits\n"),
                         [f"F:{count + 1}: is neither [group], key=value nor a comment (#)"])
        cut = good.index("[life]")  # a power cut leaves such a rest
        self.assertEqual(self.faults(good[:cut] + "\0" * (len(good) - cut)), [
            f"F:{good[:cut].count(chr(10)) + 1}: has a NUL: the file is damaged from here on; take it from a copy"])

    def test_files(self):
        with open(self.pair.a.key, "w") as f:
            f.write("nothing")
        done = subprocess.run([DAEMON, "--config", self.pair.a.config, "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.pair.a.key} is no private key", done.stderr)


def connections(port):
    """The near ends of those that stand to a port."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return {row[1] for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "01"}


class Reload(Base):
    def test_certificate_limits_and_a_request_in_flight(self):
        self.start()
        a = self.pair.a
        old = serial_seen(a)
        self.assertEqual(self.ask().status, 200)  # the phone's connection is kept
        kept = self.a.connection.sock
        # a partner that does not answer keeps a request in flight over the reload
        mute = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(mute.close)
        a.ctl("partner", "remove", "Operator B")
        a.partner(self.pair.b, connect_to="127.0.0.1:%d" % mute.getsockname()[1])
        waiting = Phone(self.pair.sim_a, a)
        waiting.btid, waiting.ks_naf = self.a.btid, self.a.ks_naf
        waiting.ask("GET", "/v1/self")
        flying = waiting.connection.sock
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(waiting.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]))
        thread.start()
        wait_for(lambda: metrics(a)["simauth_requests_in_flight"] == 1)
        new = issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -1, 30)
        a.configure(**{"limits.subscriber_burst": 1, "limits.subscriber_per_minute": 1})
        hang_up(a)
        self.assertEqual(serial_seen(a), new)
        self.assertNotEqual(old, new)
        thread.join(10)
        self.assertEqual((answers[0].status, answers[0].problem), (503, "operator-down"))  # an answer, not a cut
        self.assertIs(waiting.connection.sock, flying)
        # the kept connection goes on, with the new limit, and the partner sees the new certificate too
        a.ctl("partner", "remove", "Operator B")
        a.partner(self.pair.b)
        statuses = [self.ask().status for _ in range(3)]
        self.assertIs(self.a.connection.sock, kept)
        self.assertEqual(statuses[-1], 429)
        self.assertEqual(metrics(a)['simauth_reloads_total{result="good"}'], 1)
        self.assertEqual(metrics(a)["simauth_config_last_reload_successful"], 1)

    def test_statement_of_the_new_certificate(self):
        self.start()
        b = self.pair.b
        issue_dated(b.ca, (b.certificate, b.key), [b.fqdn, b.realm], -1, 30)
        b.configure(**{"operator.name": "Operator B anew"})
        hang_up(b)
        import json
        answer = self.ask()
        header, payload, _ = answer.json["vector"]["op_key"].split(".")
        with open(b.certificate) as f:
            der = base64.b64decode(re.search(r"CERTIFICATE-----(.*?)-----END", f.read(), re.S)[1])
        self.assertEqual(base64.b64decode(json.loads(unb64u(header))["x5c"][0]), der)
        self.assertEqual(json.loads(unb64u(payload))["name"], "Operator B anew")

    def test_partners_are_shown_what_was_accepted(self):
        """A key beside another one's certificate: refused, and new connections to partners begin as before."""
        self.start()
        a, b = self.pair.a, self.pair.b
        self.assertEqual(self.ask().status, 200)
        shutil.copy(b.key, a.key)
        self.assertIn("do not belong together", hang_up(a, False))
        b.stop()
        b.start()
        self.assertEqual(self.ask().status, 200, a.log_text())
        issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -1, 30)
        hang_up(a)
        before = connections(b.port)
        self.assertEqual(self.ask().status, 200, a.log_text())
        self.assertTrue(connections(b.port) - before)  # with the new one

    def test_connections_of_an_address(self):
        self.start()
        a = self.pair.a
        a.configure(**{"listen.connections_per_address": 4})
        hang_up(a)
        held = [socket.create_connection(("127.0.0.1", a.port), 5) for _ in range(8)]
        for one in held:
            self.addCleanup(one.close)
            one.settimeout(0.5)

        def ended():
            count = 0
            for one in held:
                with contextlib.suppress(TimeoutError):
                    one.settimeout(0.05)
                    count += not self.read(one)
            return count >= 4
        wait_for(ended)

    @staticmethod
    def read(connection):
        try:
            return connection.recv(1)
        except ConnectionError:
            return b""

    def test_refused_as_a_whole(self):
        self.start()
        a = self.pair.a
        old = serial_seen(a)
        a.configure(**{"listen.threads": 3, "limits.subscriber_burst": 1})
        self.assertIn("[listen] threads needs a restart", hang_up(a, False))
        a.configure(**{"limits.subscriber_burst": "many"})
        self.assertRegex(hang_up(a, False), r"gateway.conf:\d+: \[limits\] subscriber_burst")
        a.configure()
        issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, a.realm], -9, -2)
        self.assertIn("has expired", hang_up(a, False))
        issue_dated(a.ca, (a.certificate, a.key), [a.fqdn, "elsewhere.test"], -1, 30)
        self.assertIn("no dNSName operator-a.test", hang_up(a, False))
        a.ca.issue(a.folder, "gateway", [a.fqdn, a.realm, *(f"{'x' * 60}.{n}.operator-a.test" for n in range(60))])
        self.assertIn("no statement can be made with it: a phone takes 4 certificates", hang_up(a, False))
        a.configure(**{"store.seal_key": self.pair.b.folder + "/seal.key"})
        self.assertIn("seal_key_old", hang_up(a, False))
        self.assertEqual(serial_seen(a), old)
        self.assertEqual([self.ask().status for _ in range(3)], [200] * 3)  # not the new burst
        self.assertEqual(metrics(a)['simauth_reloads_total{result="refused"}'], 6)
        self.assertEqual(metrics(a)["simauth_config_last_reload_successful"], 0)

    def test_log_is_opened_anew(self):
        self.start()
        a = self.pair.a
        a.stop()
        path = os.path.join(a.folder, "own.log")
        process = subprocess.Popen([DAEMON, "--config", a.config, "--log", path])
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.terminate)
        wait_for(lambda: os.path.exists(path) and "op=start" in open(path).read())
        def opened():
            """Its descriptors of a log, by the number that every thread writes to."""
            folder = f"/proc/{process.pid}/fd"
            found = []
            for number in os.listdir(folder):
                with contextlib.suppress(FileNotFoundError):  # closed since
                    found.append((number, os.readlink(os.path.join(folder, number))))
            return [pair for pair in found if "own.log" in pair[1]]
        (number, _), = opened()
        os.rename(path, path + ".1")
        process.send_signal(signal.SIGHUP)
        wait_for(lambda: os.path.exists(path) and "op=reload result=good" in open(path).read())
        self.assertEqual(opened(), [(number, path)])  # never somebody else's file in between


class Systemd(Base):
    """The side channel of sd_notify(3), as systemd would listen to it."""

    def listen(self, **environment):
        folder = tempfile.mkdtemp(prefix="simauth-notify-")
        self.addCleanup(shutil.rmtree, folder)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notify.close)
        self.notify.bind(folder + "/notify")
        self.notify.settimeout(20)
        for key, value in {"NOTIFY_SOCKET": folder + "/notify", **environment}.items():
            os.environ[key] = value
            self.addCleanup(os.environ.pop, key)
        watched(self.pair.a).start()

    def hear(self, word):
        while word not in (heard := self.notify.recv(4096).decode()).split("\n"):
            pass
        return heard

    def test_readiness(self):
        self.listen()
        self.hear("READY=1")
        self.assertTrue(ready(self.pair.a))
        self.pair.a.process.send_signal(signal.SIGHUP)
        self.assertIn("MONOTONIC_USEC=", self.hear("RELOADING=1"))
        self.hear("READY=1")
        self.pair.a.process.send_signal(signal.SIGTERM)
        self.hear("STOPPING=1")

    def test_a_deaf_systemd_stops_nothing(self):
        self.listen(WATCHDOG_USEC="60000")
        self.hear("READY=1")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:  # until its queue is full
            other.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    other.sendto(b"x", self.notify.getsockname())
        a = self.pair.a
        count = a.log_text().count("op=notify")
        wait_for(lambda: a.log_text().count("op=notify") > count + 2)
        a.process.send_signal(signal.SIGTERM)
        self.assertEqual(a.process.wait(20), 0)

    def test_watchdog(self):
        self.listen(WATCHDOG_USEC="600000")
        self.hear("READY=1")
        start = time.monotonic()
        for _ in range(3):
            self.assertIn("STATUS=service good, store good", self.hear("WATCHDOG=1"))
        self.assertLess(time.monotonic() - start, 10)
        # a store that does not come back from a transaction is a gateway that hangs
        os.kill(self.pair.a.process.pid, signal.SIGSTOP)
        self.notify.settimeout(0.2)
        with self.assertRaises(TimeoutError):
            while True:
                self.notify.recv(4096)
        os.kill(self.pair.a.process.pid, signal.SIGCONT)
        self.notify.settimeout(20)
        self.hear("WATCHDOG=1")


class Drain(Base):
    def test_serves_on_while_it_drains(self):
        self.settings = {"listen.drain": 30}
        self.pair.a.settings = dict(self.settings)
        self.start()
        a = self.pair.a
        a.process.send_signal(signal.SIGTERM)
        wait_for(lambda: page(a, "/ready")[0] == 503)
        self.assertEqual(states(a)["service"], "draining")
        self.assertEqual(self.ask().status, 200)
        self.assertTrue(serial_seen(a))  # also on a new connection
        self.assertEqual(a.stop(), 0)  # a second signal ends the wait

    def test_a_request_under_way_is_answered(self):
        self.start()
        a = self.pair.a
        mute = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(mute.close)
        a.ctl("partner", "remove", "Operator B")
        a.partner(self.pair.b, connect_to="127.0.0.1:%d" % mute.getsockname()[1])
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.ask()))
        thread.start()
        mute.settimeout(10)
        self.addCleanup(mute.accept()[0].close)  # the partner is asked: not only the first words of Digest are under way
        self.assertEqual(metrics(a)["simauth_requests_in_flight"], 1)
        self.assertEqual(a.stop(), 0)
        thread.join(10)
        self.assertEqual((answers[0].status, answers[0].problem), (503, "operator-down"))


class Watch(Base):
    def test_metrics(self):
        self.start()
        a = self.pair.a
        answer = self.ask()
        self.assertEqual(answer.status, 200)
        self.a.ask_callee(self.pair.aor_a, "sip:nobody@nowhere.test")
        self.b.ask_challenge(answer.json["vector"]["rand"])
        found = metrics(a)
        self.assertEqual(found['simauth_requests_total{op="vectors",status="200"}'], 1)
        self.assertEqual(found['simauth_refusals_total{op="vectors",problem="nobody"}'], 1)
        self.assertGreaterEqual(found['simauth_request_duration_seconds_count{op="vectors"}'], 2)
        self.assertEqual(found['simauth_request_duration_seconds_bucket{op="vectors",le="+Inf"}'],
                         found['simauth_request_duration_seconds_count{op="vectors"}'])
        self.assertEqual(found['simauth_vectors_drawn_total{result="good"}'], 2)  # Ub, and the reserved one
        self.assertEqual(found['simauth_partner_questions_total{partner="Operator B",result="answered"}'], 1)
        self.assertEqual(found['simauth_partner_up{partner="Operator B"}'], 1)
        self.assertGreater(found['simauth_certificate_expiry_timestamp_seconds{certificate="tls"}'], time.time())
        self.assertGreater(found["process_resident_memory_bytes"], 1 << 20)
        self.assertEqual(found['simauth_up{part="store"}'], 1)
        self.assertEqual(found["simauth_ready"], 1)
        self.assertEqual(metrics(self.pair.b)['simauth_requests_total{op="federation",status="200"}'], 1)

    def test_no_label_names_a_person(self):
        self.start()
        rand = self.ask().json["vector"]["rand"]
        self.b.ask_challenge(rand)
        self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, rand)
        for operator in (self.pair.a, self.pair.b):
            text = page(operator, "/metrics")[1]
            for word in ("alice", "bob", self.pair.sim_a.imsi, self.pair.sim_b.imsi, "sip:", "@"):
                self.assertNotIn(word, text)

    def test_promtool(self):
        promtool = shutil.which("promtool")
        self.assertTrue(promtool, "promtool (package prometheus) is not there")
        self.start()
        self.ask()
        rules = file_of("..", "..", "packaging", "prometheus", "simauth-gateway.rules.yml")
        done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        done = subprocess.run([promtool, "test", "rules", os.path.basename(rules).replace(".rules", ".test")],
                              capture_output=True, text=True, cwd=os.path.dirname(rules))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        text = page(self.pair.a, "/metrics")[1]
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        # every metric that a rule reads is one that the gateway has
        with open(rules) as f:
            read = set(re.findall(r"\b(?:simauth|process)_\w+", f.read()))
        has = {re.sub(r"_(bucket|sum|count)$", "", line.split("{")[0].split(" ")[0])
               for line in text.splitlines() if line[0] != "#"} | set(re.findall(r"# TYPE (\S+)", text))
        only_then = {"simauth_seal_old_needed", "simauth_source_links", "simauth_source_links_up"}
        missing = {re.sub(r"_(bucket|sum|count)$", "", x) for x in read} - has - only_then
        self.assertEqual(missing, set())

    def test_pages(self):
        self.start()
        a = self.pair.a
        self.assertEqual(page(a, "/live"), (200, "live\n"))
        self.assertEqual(page(a, "/nothing")[0], 404)
        self.assertEqual(states(a), {"service": "good", "store": "good", "source": "good", "listener": "good",
                                     "certificate": "expires-soon", "clock": "good"})
        # on loopback alone, and never on the phones' listener
        self.assertEqual(self.a.raw("GET", "/metrics").status, 404)
        with self.assertRaises(OSError):
            socket.create_connection((socket.gethostbyname(socket.gethostname()), a.monitor), 1).close() \
                if not socket.gethostbyname(socket.gethostname()).startswith("127.") else self.other_loopback(a)

    @staticmethod
    def other_loopback(operator):
        socket.create_connection(("127.0.0.9", operator.monitor), 1).close()

    def test_connections_that_trickle(self):
        """All that the monitor takes, and each sends a little for ever."""
        self.start()
        a, ended = self.pair.a, threading.Event()
        held = [socket.create_connection(("127.0.0.1", a.monitor), 5) for _ in range(32)]

        def trickle():
            for one in held:
                one.sendall(b"GET /live HTTP/1.1\r\nX: ")
            while not ended.wait(1):
                for one in held:
                    with contextlib.suppress(OSError):
                        one.send(b"x")
        thread = threading.Thread(target=trickle)
        thread.start()
        self.addCleanup(thread.join, 10)
        self.addCleanup(ended.set)
        start = time.monotonic()
        for one in held:
            self.addCleanup(one.close)

        def lives():
            with contextlib.suppress(OSError, http.client.HTTPException):
                return page(a, "/live") == (200, "live\n")
        wait_for(lives, 30)
        self.assertGreater(time.monotonic() - start, 3)  # they were all there is

    def test_port_taken(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        self.pair.a.configure(**{"metrics.port": taken.getsockname()[1]})
        done = subprocess.run([DAEMON, "--config", self.pair.a.config], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("[metrics]: cannot listen", done.stderr)


class DeafReader(Base):
    """Who reads the log hangs: the gateway serves on and counts what is lost."""

    def test_full_pipe(self):
        a = self.pair.a
        watched(a)
        process = subprocess.Popen([DAEMON, "--config", a.config], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.terminate)

        def listens():
            try:
                return ready(a)
            except OSError:
                return False
        wait_for(listens)
        phone = Phone(self.pair.sim_a, a).bootstrap()
        for _ in range(700):  # lines of more than 100 octets each, into a pipe of 65536
            self.assertEqual(phone.raw("GET", "/nothing").status, 404)
        self.assertEqual(phone.ask("GET", "/v1/self").status, 200)
        self.assertGreater(metrics(a)["simauth_log_lines_lost_total"], 0)
        self.assertEqual(states(a)["listener"], "good")


class Logs(Base):
    """A whole run: calls, refusals, AUTS, garbage, a reload; then every IMSI and key is looked for."""

    def test_no_secret_in_any_line(self):
        self.start()
        secrets = set()
        answer = self.ask()
        vector, own = answer.json["vector"], answer.json["own"]
        names = self.b.ask_challenge(vector["rand"])
        self.b.ask_caller(self.pair.aor_a, self.pair.aor_b, vector["rand"])
        self.b.ask_auts(vector["rand"], bytes(14))
        self.a.ask_callee("sip:eve@operator-a.test", self.pair.aor_b)
        self.a.raw("POST", "/v1/vectors", b"{garbage", {"Authorization": "Digest garbage"})
        self.a.raw("GET", "/?" + self.pair.sim_a.imsi)
        self.a.ub_first("001019999999999@ims.mnc001.mcc001.3gppnetwork.org")
        self.a.ub_first(self.pair.sim_a.imsi)
        hang_up(self.pair.a)
        for phone, sims in ((self.a, own), (self.b, names.json["own"])):
            sim = phone.usim
            keys = sim.m.f2345(unb64u(sims["rand"]))
            secrets |= {sim.m.k, sim.m.opc, keys["ck"], keys["ik"], keys["res"], keys["ck"] + keys["ik"], phone.ks_naf}
        for operator in (self.pair.a, self.pair.b):
            operator.stop()
            with open(operator.folder + "/seal.key", "rb") as f:
                secrets.add(f.read())
            text = operator.log_text()
            self.assertIn("op=vectors" if operator is self.pair.a else "op=federation", text)
            for imsi in (self.pair.sim_a.imsi, self.pair.sim_b.imsi, "001019999999999"):
                self.assertNotIn(imsi, text)
            for word in ("alice", "bob", "eve@"):
                self.assertNotIn(word, text)
            for secret in secrets:
                for form in (secret.hex(), secret.hex().upper(), base64.b64encode(secret).decode(),
                             base64.urlsafe_b64encode(secret).rstrip(b"=").decode()):
                    self.assertNotIn(form, text)
            for line in text.splitlines():
                self.assertRegex(line, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")


if __name__ == "__main__":
    unittest.main(verbosity=1)
