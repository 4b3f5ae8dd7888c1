# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OWASP's API security top 10 (2023) and what ASVS asks of HTTP: what other tests do not have already (docs/security.md has the table)."""
import os
import re
import socket
import ssl
import threading
import unittest

from operators import Pair
from phone import Answer, Connection, Phone, b64u

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOR_ANYBODY = {("GET", "/"), ("POST", "/v1/activations"), ("GET", "/v1/certificates/revoked")}  # these ask in their own ways
OTHERS = ("/v0/self", "/v2/self", "/v1", "/v1/", "/v1/admin", "/admin", "/metrics", "/healthz", "/readyz", "/status", "/debug", "/v1/subscribers",
          "/v1/records", "/v1/partners", "/v1/federation/", "/v1/federation/partners", "/.git/config", "/.env", "/swagger.json", "/openapi.json",
          "/v1/vectors/1", "/V1/self", "//v1/self", "/v1//self", "/v1/self/", "/v1/self%00", "/%76%31/self", "/v1/self;x=1")


def routes():
    """[(method, path, who)] of all that is served, as the gateway's own table has it."""
    with open(os.path.join(ROOT, "gateway", "api", "http.c"), encoding="utf-8") as source:
        table = re.search(r"static const struct route routes\[\] = \{(.*?)\n\};", source.read(), re.S)[1]
    found = re.findall(r'\{"(\w+)", "([^"]+)", "[^"]+", ASKER_(\w+),\s', table)
    assert len(found) >= 20, found
    return found


class Owasp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = Pair()
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()

    def stranger(self, method, path, certificate=None, body=b"{}", headers=None):
        context = ssl.create_default_context(cafile=self.pair.a.ca.path)
        if certificate:
            context.load_cert_chain(*certificate)
        connection = Connection(self.pair.a.fqdn, self.pair.a.port, context)
        try:
            connection.request(method, path, body if method == "POST" else None,
                               {"Idempotency-Key": b64u(os.urandom(16)), "Content-Type": "application/json", **(headers or {})})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    # -- API2, API5: authentication, and whose function it is -------------------------------------
    def test_every_route_asks_who(self):
        """No route answers somebody of another kind: nobody, a partner where phones ask, a phone where partners ask."""
        partner = (self.pair.b.certificate, self.pair.b.key)
        for method, path, who in routes():
            if (method, path) in FOR_ANYBODY:
                continue
            if who == "PHONE":
                for certificate in (None, partner):
                    answer = self.stranger(method, path, certificate)
                    self.assertEqual((answer.status, answer.problem), (401, "unauthorized"), path)
            else:
                self.assertEqual(who, "PARTNER", path)
                self.assertEqual(self.stranger(method, path).problem, "not-yours", path)
                self.assertEqual(self.a.ask(method, path, {}).problem, "not-yours", path)

    # -- API3: members that nobody asked for -------------------------------------------------------
    def test_no_route_takes_a_member_that_it_does_not_know(self):
        for method, path, who in routes():
            if method == "POST" and who == "PHONE":
                body = {"admin": True, "subscriber": 1, "nai": "bob@operator-b.test", "sim_age": 9999, "price": 0}
                answer = self.a.ask(method, path, body)
                self.assertEqual((answer.status, answer.problem), (400, "bad-request"), (path, answer.raw))

    # -- API7: names that lead the gateway somewhere ----------------------------------------------
    def test_an_address_leads_to_no_connection(self):
        """A callee's address names no server: only agreements do."""
        with socket.create_server(("127.0.0.1", 0)) as trap:
            port, came = trap.getsockname()[1], []
            trap.settimeout(0.05)
            over = threading.Event()

            def watch():
                while not over.is_set():
                    try:
                        came.append(trap.accept())
                    except TimeoutError:
                        pass
            watcher = threading.Thread(target=watch)
            watcher.start()
            for host in (f"127.0.0.1:{port}", f"localhost:{port}", "169.254.169.254", f"[::1]:{port}", "metadata.google.internal"):
                for nai in ({}, {"callee_nai": f"x@{host.partition(':')[0]}"}):
                    answer = self.a.ask_callee(self.pair.aor_a, f"sip:x@{host}", **nai)[1]
                    self.assertIn(answer.status, (400, 404), (host, answer.raw))
            over.set()
            watcher.join()
        self.assertEqual(came, [])

    # -- API8: configuration -----------------------------------------------------------------------
    def test_answers_tell_nothing_of_what_runs_here(self):
        for answer in (self.stranger("GET", "/v1/self"), self.stranger("GET", "/nothing"), self.a.ask("GET", "/v1/self"),
                       self.a.ask("POST", "/v1/vectors", b"{"), self.a.ub_first()):
            names = {name.lower() for name in answer.headers}
            self.assertFalse(names & {"server", "x-powered-by", "via", "set-cookie", "access-control-allow-origin", "location"}, names)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            self.assertNotRegex(answer.raw.decode(), r"simauth-gateway|libmicrohttpd|sqlite|\.c:\d|/var/|0x[0-9a-f]{6}")

    def test_methods_that_nobody_needs(self):
        for method in ("TRACE", "OPTIONS", "CONNECT", "PUT", "PATCH", "DELETE", "HEAD", "PROPFIND"):
            answer = self.stranger(method, "/v1/self", headers={"X-Echo": "echo-me"})
            self.assertIn(answer.status, (400, 405), method)
            self.assertNotIn(b"echo-me", answer.raw)

    def test_host_decides_nothing(self):
        for host in ("evil.example", "localhost", self.pair.b.fqdn):
            answer = self.stranger("GET", "/v1/self", headers={"Host": host})
            self.assertEqual(answer.status, 401)
            self.assertIn(f'realm="3GPP-bootstrapping@{self.pair.a.fqdn}"', answer.headers["WWW-Authenticate"])
            self.assertNotIn("evil", str(answer.headers))

    # -- API9: what is served ----------------------------------------------------------------------
    def test_nothing_else_is_served(self):
        known = {path for _, path, _ in routes()}
        for path in OTHERS:
            self.assertNotIn(path, known)
            answer = self.a.raw("GET", path)
            self.assertEqual((answer.status, answer.problem), (404, "not-found"), path)

    # -- Ub and names -------------------------------------------------------------------------------
    def test_unknown_names_look_alike(self):
        """An unknown IMPI, a wrong one and one that is no IMPI: one answer; docs/security.md says why a known one differs."""
        answers = []
        for impi in ("001019999999999@ims.mnc001.mcc001.3gppnetwork.org", "x@y", "001019999999998@elsewhere.test"):
            answer = self.a.ub_first(impi)
            headers = {name: value for name, value in answer.headers.items() if name not in ("Date", "Request-Id")}
            answers.append((answer.status, re.sub(rb'"(instance|request)":\s*"[^"]*"', b"", answer.raw), headers))
        self.assertEqual(answers[0][0], 403)
        self.assertEqual(answers, [answers[0]] * 3)


if __name__ == "__main__":
    unittest.main()
