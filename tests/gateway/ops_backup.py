# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy made under load, put back after more was used: nothing of it is lost, and no sequence number comes twice."""
import datetime
import hashlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import unittest

from operators import SHARED_DATABASE, Pair, new_schema
from ops import wait_for
from phone import Phone, unb64u


class Backup(unittest.TestCase):
    def setUp(self):
        self.pair = Pair()
        self.addCleanup(self.pair.close)
        self.a = Phone(self.pair.sim_a, self.pair.a).bootstrap()
        self.copy = os.path.join(self.pair.a.folder, "copy")

    def ask(self):
        answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
        self.assertEqual(answer.status, 200, answer.raw)
        own = answer.json["own"]
        self.assertEqual(self.a.usim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")
        return answer

    def under_load(self, act):
        count, stop = [0], threading.Event()

        def load():
            while not stop.is_set():
                self.ask()
                count[0] += 1
        thread = threading.Thread(target=load)
        thread.start()
        wait_for(lambda: count[0] > 5)
        act()
        before = count[0]
        wait_for(lambda: count[0] > before + 5)
        stop.set()
        thread.join(20)

    def database_program(self, name, *words):
        done = subprocess.run([name, *words], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def back_up(self):
        if SHARED_DATABASE:
            schema = self.pair.a.database.rsplit("search_path=", 1)[1]
            self.database_program("pg_dump", "--format=custom", "--schema=" + schema, "--file=" + self.copy, SHARED_DATABASE)
        else:
            self.pair.a.ctl("backup", self.copy)
            self.assertEqual(os.stat(self.copy).st_mode & 0o777, 0o600)

    @staticmethod
    def octets(database):
        found = {}
        for end in ("", "-wal"):
            with open(database + end, "rb") as file:
                found[end] = hashlib.sha256(file.read()).hexdigest()
        return found

    def put_back(self):
        operator = self.pair.a
        if SHARED_DATABASE:
            schema = operator.database.rsplit("search_path=", 1)[1]
            self.database_program("psql", "-q", "-d", SHARED_DATABASE, "-c", f"DROP SCHEMA {schema} CASCADE")
            self.database_program("pg_restore", "--dbname=" + SHARED_DATABASE, self.copy)
            said = operator.ctl("restored")
            self.assertNotIn("has more", said)
            return said
        self.assertIn("stop the gateway", operator.ctl("restore", self.copy, fails=True))
        broken = os.path.join(operator.folder, "broken.db")
        for end in ("", "-wal", "-shm"):
            if os.path.exists(operator.database + end):
                os.rename(operator.database + end, broken + end)
        before = self.octets(broken)
        said = operator.ctl("restore", self.copy, "--old", broken)
        self.assertEqual(self.octets(broken), before)  # evidence: nothing is brought up to date or written in it
        more = said[said.index("has more"):]
        self.assertIn("SIM revoked", more)
        self.assertNotIn("alice@", more)  # hers is in the copy
        self.assertFalse([name for name in os.listdir(operator.folder) if ".part" in name])
        return said

    def test_back_and_on(self):
        operator = self.pair.a
        self.under_load(self.back_up)
        records = len(operator.records())
        self.a.bootstrap()
        for _ in range(20):  # numbers that the copy does not know of
            self.ask()
        used = len(self.a.usim.seen)
        operator.subscriber("001010000000005", "carol", "sip:carol@operator-a.test")
        operator.ctl("sim", "revoke", "001010000000005")
        last = json.loads(operator.ctl("binding", "history", "--aor", self.pair.aor_a, "--json").splitlines()[-1])["time"]
        operator.stop(signal.SIGKILL)
        said = self.put_back()
        self.assertIn("moved on", said)
        self.assertIn("The last change of a SIM or an address that this copy has is of "
                      f"{datetime.datetime.utcfromtimestamp(last):%Y-%m-%d %H:%M:%S} UTC", said)
        self.assertIn("holds no longer", said)
        operator.start()
        self.a.connection.close()
        # the old session is gone, so the phone bootstraps, and its SIM takes the number at once
        self.assertEqual(self.a.ask("GET", "/v1/self").status, 401)
        self.a.bootstrap()
        self.assertEqual(self.a.resyncs, 0)
        self.assertEqual(self.a.usim.seen[:used] + sorted(set(self.a.usim.seen[used:])), self.a.usim.seen)
        self.assertEqual(len(set(self.a.usim.seen)), len(self.a.usim.seen))
        self.ask()
        self.assertGreater(len(operator.records()), 5)
        if not SHARED_DATABASE:  # what the journal still has of the time since the copy comes back with it
            self.assertLess(len(operator.records()), records + 22)
        else:
            self.assertLess(len(operator.records()), records + 20)

    def test_refused(self):
        operator = self.pair.a
        if SHARED_DATABASE:
            self.assertIn("pg_dump", operator.ctl("backup", self.copy, fails=True))
            self.assertIn("pg_restore", operator.ctl("restore", self.copy, fails=True))
            return
        mount = tempfile.mkdtemp(prefix="simauth-disk-")
        self.addCleanup(os.rmdir, mount)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", mount], check=True)
        self.addCleanup(subprocess.run, ["umount", mount], check=True)
        self.assertIn("full", operator.ctl("backup", os.path.join(mount, "copy"), fails=True))
        self.assertEqual(os.listdir(mount), [])  # no part of one is taken for one
        with open(self.copy, "w") as f:
            f.write("something")
        self.assertIn("there already", operator.ctl("backup", self.copy, fails=True))
        name = self.copy + "2"
        os.symlink("elsewhere", name)  # what comes while the copy is made is not seen before
        self.assertIn("exists", operator.ctl("backup", name, fails=True))
        self.assertTrue(os.path.islink(name))
        operator.stop()
        os.rename(operator.database, operator.database + ".old")
        with open(operator.database + "-wal", "ab"):
            pass  # SQLite would read it into the copy
        self.assertIn("db-wal is there", operator.ctl("restore", self.copy, fails=True))
        for end in ("-wal", "-shm"):
            if os.path.exists(operator.database + end):
                os.unlink(operator.database + end)
        self.assertIn("no SQLite database", operator.ctl("restore", self.copy, fails=True))
        # nothing half is left to be served
        self.assertFalse([name for name in os.listdir(operator.folder) if name in ("gateway.db", "gateway.db.part")])


if __name__ == "__main__":
    unittest.main()
