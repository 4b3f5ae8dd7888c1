# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else on the middle's machine takes all connections that there are, and the proxy is answered all the same."""
import os
import subprocess
import sys
import unittest

from test_power import LIMIT, Middle

NOBODY = 65534
# Opens connections, says when it has all that it gets, and more as they are closed, until its input ends.
STRANGER = """
import os, select, socket, sys
os.setgid({nobody})
os.setuid({nobody})
held = []
def fill():
    for _ in range({most} - len(held)):
        try:
            one = socket.create_connection(("127.0.0.1", {port}))
            one.sendall(b"POST /v1/message HTTP/1.1\\r\\nContent-Length: 9")
            held.append(one)
        except OSError:
            pass
fill()
print("held", flush=True)
while not select.select([sys.stdin], [], [], 0.05)[0]:
    for one in [o for o in held if select.select([o], [], [], 0)[0]]:
        held.remove(one)
        one.close()
    fill()
"""
ADMINISTRATOR = """
import http.client, os
os.setgid({user})
os.setuid({user})
connection = http.client.HTTPConnection("127.0.0.1", {port})
connection.request("POST", "/v1/message", b"", {{"X-Token": "0123456789abcdef0123"}})
assert connection.getresponse().status != 401
"""


@unittest.skipIf(os.geteuid() != 0, "only root can be somebody else")
class Strangers(unittest.TestCase):
    def test_connections(self):
        middle = Middle()
        middle.start()
        self.addCleanup(middle.close)
        stranger = subprocess.Popen([sys.executable, "-c", STRANGER.format(nobody=NOBODY, port=middle.port, most=400)], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(stranger.stdout.readline(), "held\n")
            for number in range(2001, 2011):
                self.assertTrue(middle.open_call(number), "the proxy has no connection")
        finally:
            stranger.stdin.close()
            stranger.wait(LIMIT)
            stranger.stdout.close()

    def test_somebody_else_showed_the_token_first(self):
        """An administrator who tries it by hand is let in like the proxy, and does not take its place."""
        middle = Middle()
        middle.start()
        self.addCleanup(middle.close)
        subprocess.run([sys.executable, "-c", ADMINISTRATOR.format(user=NOBODY - 1, port=middle.port)], check=True)
        self.assertTrue(middle.open_call(2001))
        users = range(NOBODY - 9, NOBODY - 1)
        strangers = [subprocess.Popen([sys.executable, "-c", STRANGER.format(nobody=user, port=middle.port, most=40)], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True) for user in users]
        try:
            for stranger in strangers:
                self.assertEqual(stranger.stdout.readline(), "held\n")
            for number in range(2002, 2012):
                self.assertTrue(middle.open_call(number), "the proxy has no connection")
        finally:
            for stranger in strangers:
                stranger.stdin.close()
                stranger.wait(LIMIT)
                stranger.stdout.close()


if __name__ == "__main__":
    unittest.main()
