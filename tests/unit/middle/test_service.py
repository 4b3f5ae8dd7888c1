# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an administrator sees of a real middle, and what may not stop it: its log, its own certificate, where it listens."""
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from test_power import ALICE, BOB, LIMIT, Middle

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "integration"))
from world.pki import Authority, certify  # pylint: disable=wrong-import-position

NAMES = ["subjectAltName=DNS:a.example", "keyUsage=keyAgreement"]
CALLS, ENDED = 8000, 20


def full_pipe():
    """(its end to read, its end to write, which blocks)"""
    there, here = os.pipe()
    os.set_blocking(here, False)
    try:
        while True:
            os.write(here, b"x" * 512)
    except BlockingIOError:
        os.set_blocking(here, True)
    return there, here


class Service(unittest.TestCase):
    def setUp(self):
        self.middle = Middle()
        self.started = False

    def start(self, **how):
        self.middle.start(**how)
        if not self.started:
            self.addCleanup(self.middle.close)
        self.started = True

    def configure(self, old, new):
        with open(self.middle.path("conf"), encoding="ascii") as file:
            self.middle.write("conf", file.read().replace(old, new))

    def log(self):
        with open(self.middle.path("log"), encoding="utf-8") as file:
            return file.read()

    def wait_log(self, words, count=1):
        end = time.monotonic() + LIMIT / 6
        while self.log().count(words) < count:
            self.assertLess(time.monotonic(), end, f"no '{words}' in\n{self.log()}")
            time.sleep(0.02)

    def check(self):
        return subprocess.run([os.environ["SIMAUTH_MIDDLE"], "--config", self.middle.path("conf"), "--check"], capture_output=True, text=True,
                              check=False)

    def end(self):
        self.middle.process.send_signal(signal.SIGTERM)
        self.middle.process.wait(LIMIT)

    def test_nobody_reads_the_log(self):
        there, here = full_pipe()
        self.start(log=here)
        os.close(here)
        self.assertTrue(self.middle.open_call(2001), "it waits for who reads its log")
        self.assertGreater(self.middle.metric("log_lines_lost_total"), 1)
        with open(there, "rb", buffering=0, closefd=False) as reader:
            os.set_blocking(there, False)
            while reader.read(65536):
                pass
        self.assertTrue(self.middle.open_call(2002))
        self.assertIn(b"simauth-middle: op=offer", os.read(there, 65536))
        self.end()
        os.close(there)

    def test_wrong_token(self):
        self.start()
        connection = http.client.HTTPConnection("127.0.0.1", self.middle.port, timeout=LIMIT)
        for _ in range(50):
            connection.request("POST", "/v1/message", b"x", {"X-Token": "guess"})
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 401)
        connection.close()
        self.assertEqual(re.findall(r"result=wrong-token.*", self.log()), [f"result=wrong-token uid={os.getuid()}"])

    def test_own_certificate_ends(self):
        now = time.time()
        self.start()
        self.wait_log("op=certificate result=ends-soon")
        self.assertGreater(self.middle.metric("certificate_expiry_timestamp_seconds"), now + 86400)
        good = self.check()
        self.assertEqual(good.returncode, 0, good.stderr)
        certify(self.middle.path("own/pem"), self.middle.path("own/key"), "middle", NAMES, since=-9, days=-1)
        os.chmod(self.middle.path("own/key"), 0o600)
        self.middle.process.send_signal(signal.SIGHUP)
        self.wait_log("op=reload result=refused")
        self.assertIn("[identity] certificate", self.log())
        self.assertGreater(self.middle.metric("certificate_expiry_timestamp_seconds"), now + 86400)
        checked = self.check()
        self.assertNotEqual(checked.returncode, 0, checked.stdout)
        self.assertIn("[identity] certificate", checked.stderr)
        # calls whose phones know no other way go on: it starts, and says so
        self.end()
        self.start()
        self.wait_log("op=certificate result=ended")
        self.assertLess(self.middle.metric("certificate_expiry_timestamp_seconds"), now)
        # and takes another that has ended
        self.middle.process.send_signal(signal.SIGHUP)
        self.wait_log("op=reload result=good")

    def test_address_of_others(self):
        self.start()
        self.assertNotIn("IPAddressAllow", self.log())
        self.end()
        self.configure("[identity]", "address=0.0.0.0\n[identity]")
        self.start()
        self.wait_log("IPAddressAllow")

    def test_a_refused_list_is_tried_again(self):
        stranger = Authority(self.middle.path("stranger"), "Subscribers")
        own = Authority(self.middle.path("people"), "Subscribers")
        path = own.revoke(self.middle.path("list.pem"))
        self.configure("[pinholes]", f"[trust]\nauthorities={stranger.certificate}\nrevoked={path}\n[pinholes]")
        self.start()
        self.wait_log("result=not-taken")
        self.configure(stranger.certificate, own.certificate)
        self.middle.process.send_signal(signal.SIGHUP)
        self.wait_log(f"op=revoked file={path} result=read")

    def test_a_reload_holds_up_nobody(self):
        """However many calls have pinholes, which are opened once more: others are answered meanwhile."""
        self.middle.write("own/calls", "".join(json.dumps({
            "key": f"{number}\na", "tag": "a", "other": "b", "from": ALICE, "to": BOB, "trunk": "", "established": True, "kbit": 0,
            "expires": int(time.time()) + 3000, "holes": [["192.0.2.10", 1024 + number, "198.51.100.1", 7000]]}) + "\n" for number in range(CALLS)))
        self.start()
        self.assertEqual(self.middle.metric("calls_with_pinholes"), CALLS)
        self.middle.write("said", "")
        self.middle.process.send_signal(signal.SIGHUP)
        self.wait_log("op=open")
        for number in range(ENDED):
            self.assertTrue(self.middle.end_call(number))
        answered = 0
        while (opened := self.log().count("op=open")) < CALLS - ENDED:
            self.assertEqual(self.middle.metric("calls"), CALLS - ENDED)
            answered += self.log().count("op=open") > opened
        self.assertGreater(answered, 2, "all waited until the last was open")
        end = time.monotonic() + LIMIT / 6
        while self.middle.in_kernel() != set(range(1024 + ENDED, 1024 + CALLS)):
            self.assertLess(time.monotonic(), end, "not those were opened that go on")
            time.sleep(0.1)


if __name__ == "__main__":
    unittest.main()
