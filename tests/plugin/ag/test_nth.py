# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client whose n-th socket operation fails (tests/nth), for every n: a named status, and the next try is good."""

import errno
import os
import sys

import case
import fake

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "nth"))
from nth import Nth  # noqa: E402

MOST = 2000


class EveryOne(case.Case):
    def setUp(self):
        self.start()
        self.gateway.answers["/v1/auts"] = lambda _body, _key: {
            "own": {"method": "aka", "rand": fake.b64u(b"n" * 16), "autn": fake.b64u(b"a" * 16)}}
        self.nth = Nth(self.folder.name)

    def begin(self, close=False):
        before = dict(os.environ)
        os.environ.update(self.nth.environment)
        try:
            self.client = case.Tool(f"localhost:{self.gateway.port}", self.root.pem)
        finally:
            os.environ.clear()
            os.environ.update(before)
        if close:
            self.addCleanup(self.end, self.client)

    def once(self, act, kind, n, error):
        self.nth.arm(kind, n, error)
        answer = act()
        hit = self.nth.disarm()
        if answer["status"] != "AG_OK":
            self.assertTrue(hit, (kind, n, answer))
            self.assertIn(answer["status"], ("AG_DOWN", "AG_GARBAGE", "AG_NO_CARD"), (kind, n, answer))
            self.assertGreater(len(answer["error"]), 10, (kind, n, answer))
            self.expect(act(), "AG_OK")  # at once, without anybody's help
        return hit

    def every(self, act, *kinds):
        total = 0
        for kind, error in kinds:
            n = 0
            while self.once(act, kind, n, error):
                n += 1
                self.assertLess(n, MOST)
            print(f"{kind}, {errno.errorcode[error]}: {n}", flush=True)
            total += n
        self.assertGreater(total, 2 * len(kinds))

    # Its own code asks for no memory in a request; what jansson and libcrypto ask for is lib.memory's.
    KINDS = (("sockets", errno.ECONNRESET), ("sockets", errno.ETIMEDOUT), ("sockets", errno.EMFILE))

    def forgotten(self):
        """The gateway has forgotten the session: Ua refused, Ub, Ua again."""
        self.gateway.sessions.clear()
        self.gateway.nonces.clear()
        return self.client.do("self")

    def test_first(self):
        """From the first connection on."""
        for kind, error in self.KINDS:
            n, hit = 0, True
            while hit:
                self.begin()
                hit = self.once(lambda: self.client.do("self"), kind, n, error)
                self.end(self.client)
                n += 1
            print(f"first, {errno.errorcode[error]}: {n - 1}", flush=True)
            self.assertGreater(n, 5)

    def test_bootstrapping(self):
        self.begin(close=True)
        self.expect(self.client.do("self"), "AG_OK")
        self.every(self.forgotten, *self.KINDS)

    def test_request(self):
        """A question whose answer is a challenge; asked again it is the same request (its key says so)."""
        self.begin(close=True)
        self.expect(self.client.do("self"), "AG_OK")
        self.every(lambda: self.client.do("resync", rand=fake.b64u(b"o" * 16), auts=fake.b64u(b"s" * 14)), *self.KINDS)


if __name__ == "__main__":
    case.main()
