# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The middle's clock is set while it runs, and while it does not (libfaketime): calls live as long as they should."""
import glob
import os
import sys
import time
import unittest

from test_power import LIMIT, Middle

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "integration"))
from world.pki import Authority  # pylint: disable=wrong-import-position

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


class Clock(unittest.TestCase):
    def setUp(self):
        self.middle = Middle()
        with open(self.middle.image + ".lock", "w", encoding="ascii"):  # of the disk that is not there
            pass
        self.now = self.middle.path("now")
        self.set("+0")
        fake = {"FAKETIME_TIMESTAMP_FILE": self.now, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1", "SIMAUTH_TEST_DISK": LIBRARY[0]}
        os.environ.update(fake)
        for name in fake:
            self.addCleanup(os.environ.pop, name)

    def set(self, offset):
        with open(self.now + ".new", "w", encoding="ascii") as file:
            file.write(offset)
        os.rename(self.now + ".new", self.now)

    def start(self):
        self.middle.start()
        self.addCleanup(self.middle.close)

    def start_ringing_shortly(self):
        """With a call, beside which others ring for two seconds."""
        with open(self.middle.path("conf"), "a", encoding="ascii") as conf:
            conf.write("ring_seconds=2\n")
        self.start()
        self.assertTrue(self.middle.open_call(2001))

    def log(self):
        with open(self.middle.path("log"), encoding="utf-8") as file:
            return file.read()

    def looked(self, number):
        """A call that rings too long has ended since: by now it has looked at all of them."""
        self.assertTrue(self.middle.tell("INVITE sip:bob@b.example SIP/2.0", number, 1))
        end = time.monotonic() + LIMIT
        while (count := self.middle.metric("calls")) > 1:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        self.assertEqual(count, 1, self.log())

    def test_set_while_it_runs(self):
        self.start_ringing_shortly()
        for number, offset in ((3001, "+30d"), (3002, "-30d")):
            self.set(offset)
            self.looked(number)
        self.assertTrue(self.middle.end_call(2001))
        self.assertEqual(self.middle.metric("calls"), 0)

    def test_set_while_it_ran(self):
        """Who starts after the clock was set knows how long each call still lives, however the one before ended."""
        self.start_ringing_shortly()
        for number, offset in ((3001, "+30d"), (3002, "-30d")):
            self.set(offset)
            self.looked(number)
            self.middle.process.kill()
            self.middle.process.wait(LIMIT)
            self.middle.start()
            self.assertEqual(self.middle.metric("calls"), 1, self.log())
        self.set("+30d")
        self.middle.process.terminate()
        self.middle.process.wait(LIMIT)
        self.middle.start()
        self.assertEqual(self.middle.metric("calls"), 1, self.log())
        self.assertNotIn("broken", self.log())
        self.assertTrue(self.middle.end_call(2001))

    def test_put_back_while_it_did_not(self):
        """No call, and no pinhole, lives for ever after."""
        self.set("+30d")
        self.start()
        self.assertTrue(self.middle.open_call(2001))
        self.middle.process.terminate()
        self.middle.process.wait(LIMIT)
        self.set("+0")
        self.middle.start()
        with open(self.middle.path("said"), encoding="ascii") as file:
            seconds = [int(word[:-1]) for word in file.read().split() if word[:-1].isdigit() and word.endswith("s")]
        self.assertTrue(seconds, self.log())
        self.assertLess(max(seconds), 7 * 86400)

    def test_list_from_the_future(self):
        """What was refused by a clock that is wrong is taken by itself when it is right again, though its file is the same."""
        authority = Authority(self.middle.path("people"), "Subscribers")
        path = authority.revoke(self.middle.path("list.pem"))
        with open(self.middle.path("conf"), "a", encoding="ascii") as conf:
            conf.write(f"[trust]\nauthorities={authority.certificate}\nrevoked={path}\n")
        self.set("-2h")
        self.start()
        self.assertIn("result=not-taken why=\"from the future", self.log())
        self.set("+0")
        end = time.monotonic() + LIMIT
        while f"file={path} result=read" not in self.log():
            self.assertLess(time.monotonic(), end, self.log())
            time.sleep(0.05)
        self.assertEqual(self.log().count("result=not-taken"), 1)


if __name__ == "__main__":
    if not LIBRARY:
        print("skipped: libfaketime (package faketime) is not there")
        sys.exit(77)
    unittest.main()
