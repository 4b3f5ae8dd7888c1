# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that is down, slow, somebody else, or talks nonsense; and what the client says then."""

import os
import socket
import ssl
import threading
import unittest
import warnings

import case
import fake
from pki import DAY, Certificate


class Faults(case.Case):
    def ready(self, **more):
        """A client that has been answered once: from now on it waits one limit only."""
        self.start()
        phone = self.phone(**more)
        self.expect(phone.do("self"), "AG_OK")
        return phone

    def test_nobody_listens(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            answer = self.phone(f"localhost:{port}").do("bootstrap")
        self.expect(answer, "AG_DOWN", "did not answer")
        self.assertLess(answer["ms"], 5000)

    def test_no_such_name(self):
        self.expect(self.phone("no-such-host.invalid").do("self"), "AG_DOWN", "did not answer")

    @unittest.skipUnless(os.geteuid() == 0, "only root changes the name server of a program")
    def test_silent_name_server(self):
        """getaddrinfo() would wait for ten seconds and more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
            silent.bind(("127.%d.%d.%d" % tuple(os.urandom(1)[0] % 250 + 1 for _ in range(3)), 53))
            steps = []
            for name, text in (("resolv.conf", f"nameserver {silent.getsockname()[0]}\n"),
                               ("nsswitch.conf", "hosts: files dns\n")):
                path = os.path.join(self.folder.name, name)
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
                steps.append(f"mount --bind {path} /etc/{name} &&")
            under = ["unshare", "-m", "sh", "-c", " ".join(steps) + ' exec "$0"']
            answer = self.phone("ag.operator-a.example", ms=100, under=under).do("self")
        self.expect(answer, "AG_DOWN", "in time")
        self.assertGreaterEqual(answer["ms"], 900)
        self.assertLess(answer["ms"], 5000)

    def test_silent_listener(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            answer = self.phone(f"localhost:{silent.getsockname()[1]}", ms=100).do("self")
        self.expect(answer, "AG_DOWN", "in time")
        self.assertGreaterEqual(answer["ms"], 900)  # the first may take ten limits
        self.assertLess(answer["ms"], 5000)

    def test_slow(self):
        phone = self.ready(ms=200 * case.SLOWER)
        self.gateway.faults["/v1/self"] = [fake.slow]
        answer = self.expect(phone.do("self"), "AG_DOWN", "in time")
        self.assertGreaterEqual(answer["ms"], 190 * case.SLOWER)
        self.assertLess(answer["ms"], 1900 * case.SLOWER)  # ten limits
        self.expect(phone.do("self"), "AG_OK")  # on a new connection
        self.assertEqual(self.gateway.connections, 2)

    def test_restarted_gateway_keeps_nothing(self):
        phone = self.ready()
        self.gateway.sessions.clear()
        self.gateway.nonces.clear()
        self.gateway.faults["/v1/self"] = [fake.close]
        self.expect(phone.do("self"), "AG_OK")

    def test_garbage(self):
        phone = self.ready()
        for octets in (b"\0\xff\0\xff", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n",
                       b"SIP/2.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                       b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                       b"HTTP/0.9", b"\n" * 1000):
            self.gateway.faults["/v1/self"] = [fake.raw(octets)] * 5
            answer = phone.do("self")
            self.assertIn(answer["status"], ("AG_DOWN", "AG_GARBAGE"), octets)
            self.gateway.faults["/v1/self"] = []
            self.expect(phone.do("self"), "AG_OK")

    def test_headers_twice_or_too_long(self):
        phone = self.ready()
        header = ('Digest realm="3GPP-bootstrapping@localhost", nonce="a", algorithm=SHA-256, '
                  'qop="auth-int"')
        twice = (f"HTTP/1.1 401 No\r\nWWW-Authenticate: {header}\r\n"
                 f"WWW-Authenticate: {header}\r\nContent-Length: 0\r\n\r\n").encode()
        too_long = ("HTTP/1.1 401 No\r\nWWW-Authenticate: " + header + ", x=" + "y" * 3000 +
                    "\r\nContent-Length: 0\r\n\r\n").encode()
        for octets in (twice, too_long):
            self.gateway.faults["/v1/self"] = [fake.raw(octets)]
            self.expect(phone.do("self"), "AG_GARBAGE", "another kind of sign-in")
        self.expect(phone.do("self"), "AG_OK")

    def test_too_long(self):
        phone = self.ready(ms=2000)
        for fault in (fake.endless, fake.status(200, "application/json", b" " * 65537)):
            self.gateway.faults["/v1/self"] = [fault]
            self.expect(phone.do("self"), "AG_GARBAGE", "64 KiB")
        self.gateway.faults["/"] = [fake.endless]
        self.expect(self.phone().do("self"), "AG_DOWN", "64 KiB")
        self.expect(phone.do("self"), "AG_OK")

    def test_redirect_is_not_followed(self):
        phone = self.ready()
        other = fake.Gateway(self.tls)
        self.addCleanup(other.stop)
        self.gateway.faults["/v1/self"] = [
            fake.status(307, Location=f"https://localhost:{other.port}/v1/self")]
        self.expect(phone.do("self"), "AG_GARBAGE", "307")
        self.assertEqual(other.connections, 0)

    def test_certificates(self):
        stranger = Certificate(self.folder.name, "stranger", "Stranger Root")
        for stem, dns, issuer, begin, end, words in (
                ("other-name", "elsewhere.example", self.root, -DAY, DAY, "certificate"),
                ("other-root", "localhost", stranger, -DAY, DAY, "certificate"),
                ("old", "localhost", self.root, -3 * DAY, -DAY, "check the clock"),
                ("young", "localhost", self.root, DAY, 3 * DAY, "check the clock")):
            made = Certificate(self.folder.name, stem, dns, issuer, begin, end)
            self.start(made)
            answer = self.expect(self.phone().do("self"), "AG_DOWN", words)
            self.assertEqual(self.gateway.log, [], stem)
            self.assertEqual(answer["card_runs"], 0)

    def test_plain_and_old_tls(self):
        """No TLS at all, and nothing below 1.2."""
        with socket.socket() as plain:
            plain.bind(("127.0.0.1", 0))
            plain.listen()
            got = []

            def serve():
                connection, _ = plain.accept()
                got.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                connection.close()
            plain.settimeout(10)
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            self.expect(self.phone(f"localhost:{plain.getsockname()[1]}").do("self"), "AG_DOWN")
            thread.join(10)
        self.assertNotIn(b"HTTP", got[0])
        self.assertNotIn(b"Digest", got[0])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.tls.pem, self.tls.key_pem)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        with socket.socket() as old:
            old.bind(("127.0.0.1", 0))
            old.listen()

            def refuse():
                connection, _ = old.accept()
                try:
                    context.wrap_socket(connection, server_side=True).close()
                    got.append("taken")
                except OSError:
                    got.append("refused")
            old.settimeout(10)
            thread = threading.Thread(target=refuse, daemon=True)
            thread.start()
            self.expect(self.phone(f"localhost:{old.getsockname()[1]}").do("self"), "AG_DOWN")
            thread.join(10)
        self.assertEqual(got[-1], "refused")

    def test_local_address(self):
        """Another address than the machine would take by itself."""
        self.start()
        seen = []
        true_ub = self.gateway.ub
        self.gateway.ub = lambda r: (seen.append(r.client_address[0]), true_ub(r))
        self.expect(self.phone(local="127.0.0.9").do("self"), "AG_OK")
        self.assertEqual(set(seen), {"127.0.0.9"})
        self.expect(self.phone(local="192.0.2.1").do("self"), "AG_DOWN")


if __name__ == "__main__":
    case.main()
