# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway's clock jumps a day forwards and back again (libfaketime): seen, survived, nothing used twice."""
import glob
import json
import os
import signal
import sys
import time
import unittest

from operators import Pair
from ops import metrics, states, wait_for, watched
from phone import Phone, unb64u

LIBRARY = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")


class Clock(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False, settings_a={"charging.keep_days": 1})
        self.addCleanup(self.pair.close)
        self.now = os.path.join(self.pair.a.folder, "now")

    def begin(self, offset="+0"):
        a = self.pair.a
        self.set(offset)
        first = os.environ.get("SIMAUTH_TEST_PRELOAD", "")  # a sanitizer has to be the first
        fake = {"LD_PRELOAD": f"{first} {LIBRARY[0]}".strip(), "FAKETIME_TIMESTAMP_FILE": self.now, "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        os.environ.update(fake)
        try:
            watched(a).start()
        finally:
            for key in fake:
                os.environ.pop(key)

    def set(self, offset):
        with open(self.now + ".new", "w") as f:
            f.write(offset)
        os.rename(self.now + ".new", self.now)

    def statement(self):
        """not_before and exp of the operator's key, as a phone of this operator sees it."""
        other = self.pair.a.subscriber(f"0010100000009{len(self.a.usim.seen):02d}", f"o{len(self.a.usim.seen)}",
                                       f"sip:o{len(self.a.usim.seen)}@operator-a.test")
        answer = self.a.ask_callee(self.pair.aor_a, f"sip:o{len(self.a.usim.seen)}@operator-a.test")[1]
        self.assertEqual(answer.status, 200, (answer.raw, other.imsi))
        payload = json.loads(unb64u(answer.json["vector"]["op_key"].split(".")[1]))
        return payload["nbf"], payload["exp"]

    def jump(self, offset, count):
        self.set(offset)
        wait_for(lambda: metrics(self.pair.a)["simauth_clock_jumps_total"] == count)
        self.assertEqual(states(self.pair.a)["clock"], "jumped")

    def test_forwards_and_back(self):
        a = self.pair.a
        self.pair.b.start()
        self.begin()
        self.a = Phone(self.pair.sim_a, a).bootstrap()
        answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        self.a.usim.run(unb64u(answer.json["own"]["rand"]), unb64u(answer.json["own"]["autn"]))
        self.assertEqual(len(a.records()), 1)
        self.jump("+30h", 1)
        # of yesterday: sessions are over, records stay until somebody says that the clock is right
        wait_for(lambda: a.rows("SELECT count(*) FROM session") == [("0",)])
        self.assertEqual(len(a.records()), 1)
        self.assertIn("op=clock result=held", a.log_text())
        a.process.send_signal(signal.SIGHUP)
        wait_for(lambda: a.records() == [])
        self.assertIn("op=clock result=believed", a.log_text())
        # the session is over by that clock: the phone bootstraps again and goes on
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 401)
        self.a.bootstrap()
        answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        tomorrow = answer.json["own"]["rand"]
        self.a.usim.run(unb64u(tomorrow), unb64u(answer.json["own"]["autn"]))
        wait_for(lambda: "op=operator-key result=rotated" in a.log_text(), 30)
        self.jump("+0", 2)
        # a vector of tomorrow is not young until then
        self.a.nonce = None
        self.assertEqual(self.a.ask_auts(tomorrow, self.a.usim.auts(unb64u(tomorrow))).status, 403)
        # a key of the day that begins tomorrow would be refused by every phone
        wait_for(lambda: a.log_text().count("op=operator-key result=rotated") == 2, 30)
        begin, end = self.statement()
        self.assertLess(begin, time.time())
        self.assertGreater(end, time.time())
        self.a.bootstrap()
        answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        self.a.usim.run(unb64u(answer.json["own"]["rand"]), unb64u(answer.json["own"]["autn"]))
        self.assertEqual(self.a.resyncs, 0)
        self.assertEqual(len(set(self.a.usim.seen)), len(self.a.usim.seen))
        self.assertEqual(states(a)["store"], "good")

    def swept(self):
        """A sweep has been, by the clock of now."""
        a = self.pair.a
        a.sql("INSERT INTO operator_key (public, secret, not_before, not_after) VALUES (x'01', x'', 0, 1)")
        wait_for(lambda: a.rows("SELECT count(*) FROM operator_key WHERE not_before = 0") == [("0",)])

    def old_record(self):
        self.pair.a.sql("INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) "
                        f"VALUES ({int(time.time()) - 3600}, 'given', 'p', 'a', 'b', 'aka', 0, 2)")

    def test_a_start_years_ahead(self):
        a = self.pair.a
        self.old_record()
        self.begin("+1000d")
        self.assertIn("op=clock result=held", a.log_text())
        self.assertEqual(states(a)["clock"], "jumped")
        self.swept()
        self.assertEqual(len(a.records()), 1)
        self.set("+0")  # put right
        wait_for(lambda: "op=clock result=believed" in a.log_text())
        self.assertEqual(len(a.records()), 1)
        a.stop()
        self.begin("+1000d")  # and somebody says that it is right
        a.process.send_signal(signal.SIGHUP)
        wait_for(lambda: a.records() == [])

    def test_a_start_in_1970(self):
        """Put right as soon as the network is there: nobody has to say so."""
        a = self.pair.a
        self.old_record()
        self.begin("-15000d")
        self.assertIn("op=clock result=behind", a.log_text())
        self.assertEqual(states(a)["clock"], "jumped")
        self.swept()
        self.set("+25h")
        wait_for(lambda: a.records() == [])  # older than keep_days by then
        self.assertNotIn("op=clock result=held", a.log_text())


if __name__ == "__main__":
    if not LIBRARY:
        print("skipped: libfaketime (package faketime) is not there")
        sys.exit(77)
    unittest.main()
