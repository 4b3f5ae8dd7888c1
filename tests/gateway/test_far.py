# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A partner so far away that a connection of its own would come too late for a question."""
import contextlib
import os
import queue
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))

from delay import pump  # noqa: E402
from operators import Pair  # noqa: E402
from ops import hang_up, metrics, watched  # noqa: E402
from phone import Phone  # noqa: E402

UP = 'simauth_partner_up{partner="Operator B"}'


class FarPartner(unittest.TestCase):
    """0.8 s there and back, and 2 s for a question: not enough for TCP, TLS and a question, and for a question alone on a busy
    machine too. By default it is 0.7 s, and 0.3 s there and back are far."""

    def begin(self, **settings):
        self.pair = pair = Pair({"limits.federation_timeout_ms": 2000, **settings}, start=False)
        self.addCleanup(pair.close)
        far = Far(pair.b.port, 0.4)
        self.addCleanup(far.close)
        pair.a.ctl("partner", "remove", "Operator B")
        pair.a.partner(pair.b, connect_to=f"127.0.0.1:{far.port}")
        pair.b.start()
        watched(pair.a).start()
        return Phone(pair.sim_a, pair.a).bootstrap()

    def ask(self, phone):
        return phone.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]

    def wait_log(self, text, times=1):
        end = time.monotonic() + 60
        while self.pair.a.log_text().count(text) < times:
            self.assertLess(time.monotonic(), end, self.pair.a.log_text())
            time.sleep(0.05)

    def test_the_first_question(self):
        """Connections stand open before anybody asks; who finds them in use waits for them."""
        phones = [self.begin()]
        for _ in range(3):
            phones.append(Phone(self.pair.sim_a, self.pair.a))
            phones[-1].btid, phones[-1].ks_naf = phones[0].btid, phones[0].ks_naf
        self.wait_log('op=partner partner="Operator B" result=up')
        self.assertEqual(self.ask(phones[0]).status, 200)
        answers = queue.SimpleQueue()
        threads = [threading.Thread(target=lambda p=p: answers.put(self.ask(p))) for p in phones]
        for thread in threads:
            thread.start()
        statuses = [answers.get(timeout=20).status for _ in threads]
        self.assertEqual(statuses, [200] * len(threads), self.pair.a.log_text())
        self.assertEqual(self.pair.a.stop(), 0)

    def test_a_reload_is_no_end(self):
        """The certificate is the same: what stands open is asked over, and nobody waits for what is to be opened anew."""
        a = self.begin()
        self.wait_log('op=partner partner="Operator B" result=up')
        self.assertEqual(self.ask(a).status, 200)
        hang_up(self.pair.a)
        self.assertEqual(self.ask(a).status, 200)

    def test_comes_back(self):
        """The partner's gateway is started anew: the connection stands before the next question."""
        a = self.begin()
        self.wait_log('op=partner partner="Operator B" result=up')
        self.pair.b.stop()
        self.wait_log('op=partner partner="Operator B" result=down')
        self.pair.b.start()
        self.wait_log('op=partner partner="Operator B" result=up', 2)
        self.assertEqual(self.ask(a).status, 200)

    def test_none_kept(self):
        """An operator that keeps none: a question that ran out of time is followed by a connection for the next one."""
        a = self.begin(**{"limits.federation_kept": 0})
        self.assertEqual(self.ask(a).problem, "operator-down")
        self.wait_log('op=partner partner="Operator B" result=up')
        self.assertEqual(metrics(self.pair.a)[UP], 0)  # it answers, but no question
        end = time.monotonic() + 20
        while (answer := self.ask(a)).status != 200:
            self.assertLess(time.monotonic(), end, answer.raw)
        self.assertEqual(metrics(self.pair.a)[UP], 1)


class Far:
    """Every octet to and from the gateway at `port` comes `delay` seconds later, as does each connection."""

    def __init__(self, port, delay):
        self.target, self.delay = port, delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(near,), daemon=True).start()

    def serve(self, near):
        with contextlib.suppress(OSError):
            time.sleep(2 * self.delay)  # what TCP itself would take
            far = socket.create_connection(("127.0.0.1", self.target), 5)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=pump, args=(*ends, lambda: self.delay), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


if __name__ == "__main__":
    unittest.main()
