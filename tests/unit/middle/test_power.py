# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut at the middle in the middle of load: what was not synced is gone (tests/gateway/disk.c)."""
import base64
import http.client
import json
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

CALLERS, CUTS, CALLS = 4, 3, 40
ALICE, BOB = "sip:alice@a.example", "sip:bob@b.example"
LIMIT = 60 * int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))
# Without the pinholes, an nft that writes down what it is asked for.
NFT = "#!/bin/sh\ncat >>{said}\n"
ADDED = re.compile(r"(add|delete) element inet t holes4 \{ 192\.0\.2\.10 \. (\d+) \. 198\.51\.100\.1 \. 7000 (timeout 1s )?")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Middle:
    def __init__(self):
        self.root, self.image = tempfile.mkdtemp(prefix="middle-power-"), tempfile.mkdtemp(prefix="middle-image-")
        self.port, self.process = free_port(), None
        os.mkdir(self.path("own"))
        self.write("own/token", "0123456789abcdef0123\n")
        self.write("nft", NFT.format(said=self.path("said")), 0o700)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=middle", "-addext", "subjectAltName=DNS:a.example", "-addext", "keyUsage=keyAgreement", "-keyout",
                        self.path("own/key"), "-out", self.path("own/pem")], check=True, capture_output=True)
        os.chmod(self.path("own/key"), 0o600)
        self.write("conf", "[middle]\ndomain=a.example\nport={port}\ntoken={own}/token\nstate={own}/calls\n[identity]\ncertificate={own}/pem\n"
                           "key={own}/key\n[pinholes]\nnft={nft}\ntable=t\n".format(port=self.port, own=self.path("own"), nft=self.path("nft")))

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write(text)
        os.chmod(self.path(name), mode)

    def start(self, log=None):
        """What nft is asked for from here on is in an empty file. `log` is a descriptor."""
        self.write("said", "")
        disk = {"LD_PRELOAD": os.environ["SIMAUTH_TEST_DISK"], "SIMAUTH_DISK_FROM": self.root, "SIMAUTH_DISK_TO": self.image}
        with open(self.path("log"), "ab") as file:
            self.process = subprocess.Popen([os.environ["SIMAUTH_MIDDLE"], "--config", self.path("conf")],  # pylint: disable=consider-using-with
                                            env={**os.environ, **disk}, stderr=log or file)
        end = time.monotonic() + LIMIT
        while not self.metric("calls", quiet=True) and time.monotonic() < end:
            assert self.process.poll() is None, open(self.path("log"), encoding="utf-8").read()
            time.sleep(0.01)

    def metric(self, name, quiet=False):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
            connection.close()
        except OSError:
            if quiet:
                return None
            raise
        found = re.search(rf"^simauth_middle_{name} (\d+)$", text, re.M)[1]
        return found if quiet else int(found)

    def tell(self, first, number, cseq, tag="", body=""):
        """A message of this call's, as the proxy tells it; False when the middle is gone."""
        method = "INVITE" if first.startswith("SIP") else first.split()[0]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = (f"{first}\r\nFrom: <{ALICE}>;tag=a\r\nTo: <{BOB}>{tag}\r\nCall-ID: {number}\r\nCSeq: {cseq} {method}\r\n{kind}\r\n{body}")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT)
        try:
            connection.request("POST", "/v1/message", base64.b64encode(text.encode()), {"X-Token": "0123456789abcdef0123", "X-Account": ALICE})
            return connection.getresponse().status == 204
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def open_call(self, number):
        sdp = "v=0\r\nc=IN IP4 {} \r\nm=audio {} RTP/AVP 0\r\na=rtcp-mux\r\n"
        return self.tell("INVITE sip:bob@b.example SIP/2.0", number, 1, body=sdp.format("192.0.2.10", number)) and \
            self.tell("SIP/2.0 200 OK", number, 1, ";tag=b", sdp.format("198.51.100.1", 7000))

    def end_call(self, number):
        return self.tell("BYE sip:bob@b.example SIP/2.0", number, 2, ";tag=b")

    def in_kernel(self):
        """Calls whose pinhole is there, by what nft was asked for."""
        there = set()
        with open(self.path("said"), encoding="ascii") as said:
            for verb, number, passing in ADDED.findall(said.read()):
                if verb == "delete":
                    there.discard(int(number))
                elif not passing:
                    there.add(int(number))
        return there

    def cut(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        shutil.copy2(os.path.join(self.image, "own", "calls"), self.path("own/calls"))

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(LIMIT)
        for folder in (self.root, self.image):
            shutil.rmtree(folder)
        os.unlink(self.image + ".lock")


class PowerCut(unittest.TestCase):
    def setUp(self):
        self.middle = Middle()
        self.middle.start()
        self.addCleanup(self.middle.close)
        self.lock, self.next = threading.Lock(), 1024

    def number(self):
        with self.lock:
            self.next += 1
            return self.next

    def load(self):
        """Half of the calls end."""
        number = self.number()
        while self.middle.open_call(number) and (number % 2 or self.middle.end_call(number)):
            number = self.number()

    def until(self, true, what):
        end = time.monotonic() + LIMIT
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.005)

    def one_cut(self):
        """(how many the kernel had, how many of these are unknown, how many came back though they had their BYE); None: the disk was too slow for the pinholes."""
        threads = [threading.Thread(target=self.load) for _ in range(CALLERS)]
        late = self.middle.metric("journal_late_total")
        for thread in threads:
            thread.start()
        self.until(lambda: len(self.middle.in_kernel()) >= CALLS, "no load")
        slow = self.middle.metric("journal_late_total") > late
        self.middle.cut()
        for thread in threads:
            thread.join(LIMIT)
        kernel = self.middle.in_kernel()
        self.middle.start()
        restored = self.middle.in_kernel()
        if slow:
            return None
        self.assertGreaterEqual(len(kernel), CALLS)
        # an even one had its BYE, and the kernel not yet
        lost = {number for number in kernel - restored if number % 2}
        self.assertEqual(lost, set(), "open, and the journal did not know of it")
        return len(kernel), len(lost), sum(number % 2 == 0 for number in restored)

    def test_cut(self):
        done = []
        for _ in range(4 * CUTS):
            done += [one for one in [self.one_cut()] if one]
            if len(done) == CUTS:
                break
        self.assertEqual(len(done), CUTS)
        # what ended while the disk had time to know of it is over
        self.until(lambda: self.middle.metric("journal_pending") == 0, "the disk never had all")
        number = self.number()
        self.assertTrue(self.middle.open_call(number))
        self.until(lambda: number in self.middle.in_kernel(), "no pinhole")
        self.assertTrue(self.middle.end_call(number))
        self.until(lambda: self.middle.metric("journal_pending") == 0, "the disk never had all")
        self.middle.cut()
        self.middle.start()
        restored = self.middle.in_kernel()
        self.assertNotIn(number, restored)
        self.assertGreaterEqual(len(restored), CALLS)
        if os.environ.get("SIMAUTH_TEST_FIGURE"):
            with open(os.environ["SIMAUTH_TEST_FIGURE"], "w", encoding="ascii") as figure:
                json.dump({"cuts": CUTS, "given": sum(one[0] for one in done), "lost": sum(one[1] for one in done), "back": sum(one[2] for one in done)}, figure)


if __name__ == "__main__":
    unittest.main()
