# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every test of the client has: certificates, a fake gateway, and the client on a pipe."""

import json
import os
import subprocess
import tempfile
import threading
import unittest

import fake
from pki import Certificate


SLOWER = int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))  # times, where a sanitizer looks on


class Tool:
    """ag_tool, see there; an answer that does not come within 30 s fails the test."""

    def __init__(self, gateway, ca, ms=1000 * SLOWER, impi=fake.IMPI, card="foretold", under=(), **more):
        environment = {**os.environ, "https_proxy": "http://127.0.0.1:1", "ALL_PROXY":
                       "http://127.0.0.1:1", "no_proxy": ""}  # none of them may count
        self.process = subprocess.Popen([*under, os.environ["AG_TOOL"]], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, env=environment)
        self.opened = self.do("open", gateway=gateway, ca=ca, ms=ms, impi=impi, card=card, **more)

    def do(self, verb, **more):
        timer = threading.Timer(30, self.process.kill)
        timer.start()
        try:
            self.process.stdin.write(json.dumps({"do": verb, **more}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            raise AssertionError(f"the client ended with {self.process.wait()} during {verb}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        code = self.process.wait(10)
        self.process.stdout.close()
        return code


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="simauth-ag-")
        cls.root = Certificate(cls.folder.name, "root", "Test Root")
        cls.tls = Certificate(cls.folder.name, "tls", "localhost", cls.root)
        cls.operator = {realm: Certificate(cls.folder.name, realm, realm, cls.root)
                        for realm in ("operator-a.example", "operator-b.example")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def start(self, certificate=None, **more):
        self.gateway = fake.Gateway(certificate or self.tls, **more)
        self.gateway.answers["/v1/self"] = self.gateway.self_answer
        self.addCleanup(self.gateway.stop)
        return self.gateway

    def phone(self, gateway=None, **more):
        tool = Tool(gateway or f"localhost:{self.gateway.port}", self.root.pem, **more)
        self.addCleanup(self.end, tool)
        return tool

    def end(self, tool):
        self.assertEqual(tool.close(), 0)

    def expect(self, answer, status, words=""):
        self.assertEqual(answer["status"], status, answer.get("error"))
        self.assertIn(words, answer.get("error", ""))
        self.assertNotIn(fake.IMPI.split("@", maxsplit=1)[0], json.dumps(answer))
        return answer


def main():
    unittest.main(verbosity=2)
