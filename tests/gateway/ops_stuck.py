# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request hangs, at a disk that answers no more: who watches is told, and systemd's watchdog hears nothing. An answer
that its asker does not read is no such request."""
import os
import select
import socket
import ssl
import threading
import unittest

from operators import Pair
from ops import metrics, page, ready, states, wait_for, watched
from phone import Phone

HANG = os.environ["SIMAUTH_TEST_HANG"]


class Patient(Phone):
    def new_connection(self):
        connection = super().new_connection()
        connection.timeout = 120
        return connection


class Stuck(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)
        a = self.pair.a
        self.other = "sip:carol@operator-a.test"  # no partner is asked, which would be late when the clock jumps
        a.subscriber("001010000000003", "carol", self.other)
        self.disk, self.clock = (os.path.join(a.folder, name) for name in ("disk-hangs", "clock-jumps"))
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notify.close)
        self.notify.bind(os.path.join(a.folder, "notify"))
        self.notify.settimeout(60)
        watched(a)
        environment = {"LD_PRELOAD": HANG, "SIMAUTH_HANG_DISK": self.disk, "SIMAUTH_HANG_CLOCK": self.clock,
                       "NOTIFY_SOCKET": os.path.join(a.folder, "notify"), "WATCHDOG_USEC": "600000"}
        os.environ.update(environment)
        try:
            a.start()
        finally:
            for name in environment:
                os.environ.pop(name)
        self.addCleanup(self.mend)
        self.a = Patient(self.pair.sim_a, a).bootstrap()
        self.a.ask("GET", "/v1/self")  # from now on a question is one request, which has its nonce

    def mend(self):
        for path in (self.disk, self.clock):
            if os.path.exists(path):
                os.unlink(path)

    def hear(self, word):
        while word not in self.notify.recv(4096).decode().split("\n"):
            pass

    def heard(self, seconds):
        """Whether a ping comes within that time."""
        while select.select([self.notify], [], [], seconds)[0]:
            if "WATCHDOG=1" in self.notify.recv(4096).decode().split("\n"):
                return True
        return False

    def test_one_request_hangs(self):
        a, answers = self.pair.a, []
        self.hear("WATCHDOG=1")
        self.assertEqual(page(a, "/live"), (200, "live\n"))
        open(self.disk, "w").close()
        thread = threading.Thread(target=lambda: answers.append(self.a.ask_callee(self.pair.aor_a, self.other)[1]))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.mend)  # before it
        wait_for(lambda: metrics(a)["simauth_requests_in_flight"] == 1)
        self.assertEqual(page(a, "/live"), (200, "live\n"))  # not for 30 seconds yet
        open(self.clock, "w").close()
        wait_for(lambda: states(a)["listener"] == "stuck")
        self.assertEqual(page(a, "/live"), (503, "stuck\n"))
        self.assertFalse(ready(a))
        while self.heard(0):  # what was said before
            pass
        self.assertFalse(self.heard(1.5))
        self.assertEqual(answers, [])
        self.mend()
        wait_for(lambda: answers, 60)
        self.assertEqual(answers[0].status, 200, answers[0].raw)
        wait_for(lambda: states(a)["listener"] == "good")
        self.assertEqual(page(a, "/live"), (200, "live\n"))
        self.hear("WATCHDOG=1")
        self.assertEqual(a.stop(), 0)

    def full(self):
        """A stranger's connection that sends requests without end and reads nothing, until neither side can send more."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        plain.connect(("127.0.0.1", self.pair.a.port))
        stranger = self.a.context.wrap_socket(plain, server_hostname=self.pair.a.fqdn)
        self.addCleanup(stranger.close)
        stranger.settimeout(1)
        answered, seconds = 0, 0
        while seconds < 3:
            try:
                stranger.send(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
            except TimeoutError:
                now = self.answered()
                seconds = seconds + 1 if now == answered else 0
                answered = now
        return stranger

    def answered(self):
        while self.heard(0):  # else whoever pings waits for room
            pass
        return sum(value for name, value in metrics(self.pair.a).items() if name.startswith("simauth_requests_total{"))

    def test_answers_that_nobody_reads(self):
        a, stranger = self.pair.a, self.full()
        wait_for(lambda: metrics(a)["simauth_requests_in_flight"] == 1)
        open(self.clock, "w").close()  # and half a minute is over
        wait_for(lambda: self.answered() and (metrics(a)["simauth_connections_timed_out_total"] or
                                              states(a)["listener"] != "good"), 60)
        self.assertEqual((states(a)["listener"], page(a, "/live")[1], ready(a)), ("good", "live\n", True))
        self.assertEqual(metrics(a)["simauth_connections_timed_out_total"], 1)
        while self.heard(0):  # what was said before
            pass
        self.hear("WATCHDOG=1")
        with self.assertRaises(OSError):
            while stranger.recv(65536):  # what had left already
                pass
            raise OSError("closed")
        wait_for(lambda: metrics(a)["simauth_connections"] <= 1)
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 200)
        self.mend()


if __name__ == "__main__":
    unittest.main()
