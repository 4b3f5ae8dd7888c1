# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A power cut in the middle of load: what was not synced is gone (disk.c), at the gateways or at their PostgreSQL."""
import copy
import json
import os
import shutil
import signal
import ssl
import sys
import tempfile
import threading
import time
import unittest

POSTGRESQL = "postgresql" in sys.argv
DISK = os.environ["SIMAUTH_TEST_DISK"]

if POSTGRESQL:
    sys.argv.remove("postgresql")
    from with_postgresql import Server
    server = Server()
    unittest.addModuleCleanup(server.close)
    os.environ["SIMAUTH_TEST_DATABASE"] = server.conninfo

from operators import Pair, only_where  # noqa: E402  (reads the environment)
from phone import Phone, unb64u  # noqa: E402

CALLERS = 6


class Gateways:
    """The two gateways' folder, with SQLite databases in it."""

    def __init__(self, pair):
        self.pair = pair
        self.root = pair.temporary.name
        self.image = tempfile.mkdtemp(prefix="simauth-image-")

    def start(self):
        shutil.rmtree(self.image)
        shutil.copytree(self.root, self.image)
        with_disk(self.root, self.image, self.pair.a.start, self.pair.b.start)

    def cut(self):
        for operator in (self.pair.a, self.pair.b):
            operator.stop(signal.SIGKILL)
        for operator in (self.pair.a, self.pair.b):
            for end in ("", "-wal", "-shm"):
                kept = operator.database.replace(self.root, self.image) + end
                if os.path.exists(operator.database + end):
                    os.unlink(operator.database + end)
                if end != "-shm" and os.path.exists(kept):
                    shutil.copy2(kept, operator.database + end)
            journal = operator.database + "-calls"
            shutil.rmtree(journal)
            shutil.copytree(journal.replace(self.root, self.image), journal)

    def close(self):
        shutil.rmtree(self.image)
        if os.path.exists(self.image + ".lock"):
            os.unlink(self.image + ".lock")


class Database:
    """The PostgreSQL that both share; the gateways lose their connections with it."""

    def __init__(self, pair):
        self.pair = pair
        self.image = os.path.join(server.folder, "image")
        self.options = os.path.join(server.data, "postgresql.auto.conf")
        with open(self.options, "a", encoding="utf-8") as options:
            options.write("checkpoint_timeout = 1h\nautovacuum = off\nfsync = on\n")

    def start(self):
        for operator in (self.pair.a, self.pair.b):
            operator.stop()
        server.stop()
        shutil.rmtree(self.image, ignore_errors=True)
        shutil.copytree(server.data, self.image)
        own(self.image)
        with_disk(server.data, self.image, server.start)
        self.pair.a.start()
        self.pair.b.start()

    def cut(self):
        server.stop("immediate")
        for operator in (self.pair.a, self.pair.b):
            operator.stop(signal.SIGKILL)
        shutil.rmtree(server.data)
        shutil.copytree(self.image, server.data, ignore=shutil.ignore_patterns("postmaster.pid"))
        own(server.data)
        server.start()

    def close(self):
        pass


def own(folder):
    """As initdb left it: the server looks at owner and mode."""
    if server.user:
        for where, _, files in os.walk(folder):
            for path in [where] + [os.path.join(where, name) for name in files]:
                os.chown(path, server.user["user"], server.user["group"])
    os.chmod(folder, 0o700)


def with_disk(root, image, *starts):
    ours = {"LD_PRELOAD": DISK, "SIMAUTH_DISK_FROM": root, "SIMAUTH_DISK_TO": image}
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        for start in starts:
            start()
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


class PowerCut(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.disk = (Database if POSTGRESQL else Gateways)(self.pair)
        self.addCleanup(self.disk.close)
        self.addCleanup(self.pair.close)  # first: a gateway that ends syncs once more
        self.lock = threading.Lock()
        self.given, self.lost = 0, 0

    def sim(self, phone, own_):
        """A number that a SIM has seen is never seen again: Usim keeps them."""
        with self.lock:
            self.assertIn(phone.usim.run(unb64u(own_["rand"]), unb64u(own_["autn"]))[0], ("good", "resync"))

    def call(self, alice, bob):
        _, answer = alice.ask_callee(self.pair.aor_a, self.pair.aor_b)
        if answer.status != 200:
            return False
        with self.lock:
            self.given += 1
        self.sim(alice, answer.json["own"])
        confirmed = bob.ask_challenge(answer.json["vector"]["rand"])
        if confirmed.status == 200:
            self.sim(bob, confirmed.json["own"])
        return confirmed.status == 200

    def load(self, alice, bob):
        try:
            while self.call(alice, bob):
                pass
        except (OSError, ssl.SSLError, Exception):  # the power is gone
            pass
        finally:
            alice.connection.close()
            bob.connection.close()

    @staticmethod
    def twin(phone):
        other = copy.copy(phone)
        other.connection, other.nonce, other.nc = other.new_connection(), None, 0
        return other

    def phones(self):
        phones = [Phone(self.pair.sim_a, self.pair.a), Phone(self.pair.sim_b, self.pair.b)]
        for phone in phones:
            phone.bootstrap()
        return phones

    def keep_figures(self, cuts):
        if "SIMAUTH_TEST_FIGURES" in os.environ:
            name = os.path.join(os.environ["SIMAUTH_TEST_FIGURES"], "postgresql-power.json" if POSTGRESQL else "gateway-power.json")
            with open(name, "w", encoding="ascii") as figure:
                json.dump({"cuts": cuts, "given": self.given, "lost": self.lost}, figure)

    def test_cut(self):
        cuts = 2 if POSTGRESQL else 3
        for _ in range(cuts):
            self.disk.start()
            alice, bob = self.phones()
            before = self.given
            threads = [threading.Thread(target=self.load, args=(self.twin(alice), self.twin(bob)))
                       for _ in range(CALLERS)]
            for thread in threads:
                thread.start()
            limit = time.monotonic() + 60 * int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))
            while self.given < before + 60 and time.monotonic() < limit:
                time.sleep(0.005)
            self.disk.cut()
            for thread in threads:
                thread.join(30)
            self.assertGreaterEqual(self.given, before + 60)
            for operator in (self.pair.a, self.pair.b):
                self.lost += max(0, self.given - len(operator.records()))
                self.assertEqual(self.lost, 0, operator.title)
        self.disk.start()
        alice, bob = self.phones()
        self.assertTrue(self.call(alice, bob))
        for phone in (alice, bob):
            self.assertEqual(len(set(phone.usim.seen)), len(phone.usim.seen), phone.operator.title)
        self.keep_figures(cuts)


@only_where(not POSTGRESQL)  # its server has the disk
class Ending(unittest.TestCase):
    CALLERS = 6

    def phones(self, operator):
        phones = []
        for n in range(self.CALLERS):
            aor = f"sip:caller{n}@operator-b.test"
            phone = Phone(operator.subscriber(f"00102000000010{n}", f"caller{n}", aor), operator)
            phone.connection.timeout = 30
            phones.append((aor, phone))
        return phones

    def test_stopped_while_the_disk_is_slow(self):
        """Whoever waits for the disk is answered before the gateway ends, and it ends as it should."""
        pair = Pair(start=False)
        self.addCleanup(pair.close)
        operator, got = pair.b, []
        phones = self.phones(operator)
        operator.start()
        for _, phone in phones:
            phone.bootstrap()
        operator.stop()
        os.environ.update({"LD_PRELOAD": DISK, "SIMAUTH_DISK_DELAY_US": "3000000"})
        try:
            operator.start()
        finally:
            for name in ("LD_PRELOAD", "SIMAUTH_DISK_DELAY_US"):
                os.environ.pop(name)
        for _, phone in phones:
            self.assertEqual(phone.ask("GET", "/v1/self").status, 200)
        threads = [threading.Thread(target=lambda a=aor, p=phone: got.append(p.ask_callee(a, pair.aor_b)[1].status))
                   for aor, phone in phones]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 20
        while operator.journal().count(b'"vector":') < 3:
            self.assertLess(time.monotonic(), end, "no request came to the disk")
            time.sleep(0.01)
        operator.process.send_signal(signal.SIGTERM)
        status = operator.process.wait(30)
        for thread in threads:
            thread.join(30)
        self.assertEqual(status, 0, operator.log_text()[-2000:])
        self.assertGreaterEqual(len(got), 3)
        self.assertLessEqual(set(got), {200, 503})


if __name__ == "__main__":
    unittest.main()
