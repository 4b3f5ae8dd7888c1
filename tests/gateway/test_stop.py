# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that is told to stop, while libmicrohttpd's threads take the listener away at the same moment (listener.c), and
while messages wait for a proxy that answers nothing."""
import os
import socket
import unittest

from operators import Pair
from phone import Phone


class Stop(unittest.TestCase):
    def test_listener_was_taken_away(self):
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        os.environ["LD_PRELOAD"] = os.environ["SIMAUTH_TEST_LISTENER"]
        try:
            pair.a.start()
        finally:
            del os.environ["LD_PRELOAD"]
        Phone(pair.sim_a, pair.a).bootstrap()
        process = pair.a.process
        process.terminate()
        self.assertEqual(process.wait(30), 0)

    def dead_proxy(self, kind):
        """Ten seconds for each of thirty messages, four at a time."""
        proxy = socket.socket(socket.AF_INET, kind)
        self.addCleanup(proxy.close)
        proxy.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            proxy.listen(64)
        pair = Pair({"sip.proxy": "127.0.0.1", "sip.port": proxy.getsockname()[1],
                     "sip.transport": "tcp" if kind == socket.SOCK_STREAM else "udp",
                     "limits.address_checks_per_day": 100}, start=False)
        self.addCleanup(pair.close)
        phone = Phone(pair.sim_a, pair.a.start()).bootstrap()
        for n in range(30):
            self.assertEqual(phone.ask("POST", "/v1/bindings", {"aor": f"sip:n{n}@third.test"}).status, 200)
        process = pair.a.process
        self.addCleanup(process.kill)
        process.terminate()
        self.assertEqual(process.wait(30), 0)
        self.assertIn("op=message result=forgotten count=", pair.a.log_text())

    def test_proxy_is_dead(self):
        self.dead_proxy(socket.SOCK_DGRAM)

    def test_proxy_takes_connections_and_says_nothing(self):
        self.dead_proxy(socket.SOCK_STREAM)


if __name__ == "__main__":
    unittest.main()
