# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""More charging records than one transaction can take, as where months of them are kept."""
import os
import subprocess
import time
import unittest

import test_business
from operators import CTL, SHARED_DATABASE, only_where
from ops import slowness


class Many(test_business.Case):
    def old_records(self, operator, count):
        """So many, of a pair of its own each, in a database that is slow to remove them: in one statement more than its limit."""
        operator.stop()
        operator.sql(f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) INSERT INTO record (time, "
                     "side, partner, nai_a, nai_b, method, first, outcome) SELECT 1000, 'given', 'Old', 'a' || i, 'old', 'aka', 1, 2 "
                     "FROM n")
        if SHARED_DATABASE:
            operator.sql("CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id % 10 = 0 THEN PERFORM "
                         "pg_sleep(0.001); END IF; RETURN OLD; END $$; CREATE TRIGGER slow BEFORE DELETE ON record FOR EACH ROW "
                         "EXECUTE FUNCTION slow()")
        else:
            operator.sql("CREATE TRIGGER slow BEFORE DELETE ON record BEGIN SELECT length(randomblob(30000)); END")

    def old_left(self, operator):
        return int(operator.rows("SELECT count(*) FROM record WHERE partner = 'Old'")[0][0])

    def asks_until(self, pair, done):
        """Meanwhile nobody waits."""
        phone, start = self.phone(pair.sim_a, pair.a).bootstrap(), time.monotonic()
        while not done():
            begin = time.monotonic()
            self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200, pair.a.log_text())
            self.assertLess(time.monotonic() - begin, 2 * slowness())
            self.assertLess(begin - start, 60 * slowness(), pair.a.log_text())
            time.sleep(0.5)  # a callee is asked for 30 times a minute at most

    def test_many_that_are_too_old(self):
        """They go a few at a time, and not in the turn of whatever else is over."""
        pair, count = self.pair(settings_a={"charging.keep_days": 20}), 60000
        self.old_records(pair.a, count)
        pair.a.start()
        self.asks_until(pair, lambda: self.old_left(pair.a) < count - 3000)
        self.assertNotIn("result=failed", pair.a.log_text())
        pairs = int(pair.a.rows("SELECT count(*) FROM pair WHERE nai_b = 'old'")[0][0])
        self.assertGreaterEqual(pairs, 3000)

    def test_rotation_of_many(self):
        pair, count = self.pair(), 60000
        self.old_records(pair.a, count)
        pair.a.start()
        path = os.path.join(pair.a.folder, "old.csv")
        command = subprocess.Popen([CTL, "--config", pair.a.config, "record", "rotate", path, "--before", test_business.day(-1)],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(command.kill)
        self.asks_until(pair, lambda: command.poll() is not None)
        self.assertEqual((command.communicate()[0], self.old_left(pair.a)), (f"{count} records\n", 0))
        with open(path, encoding="utf-8") as file:
            self.assertEqual(len(file.readlines()), count + 1)

    @only_where(SHARED_DATABASE)  # SQLite takes its time
    def test_sum_that_takes_long(self):
        pair = self.pair()
        phone = self.phone(pair.sim_a, pair.a).bootstrap()
        for _ in range(3):
            self.assertEqual(phone.ask_callee(pair.aor_a, pair.aor_b)[1].status, 200)
        pair.a.stop()
        pair.a.sql("ALTER TABLE record RENAME TO kept; CREATE VIEW record AS SELECT * FROM kept WHERE pg_sleep(2)::text IS NOT NULL")
        self.assertEqual([x["vectors"] for x in test_business.lines(pair.a.ctl("record", "sum", "--json"))], [1, 2])


if __name__ == "__main__":
    unittest.main()
