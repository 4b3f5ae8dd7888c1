# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""simauth-gatewayctl as an engineer uses it."""
import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import unittest

from milenage import opc_of
from operators import CTL, DAEMON, SHARED_DATABASE, Operator, new_schema, only_where, small_disk
from ops import wait_for
from phone import Phone
from milenage import Usim


class Ctl(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="simauth-gateway-test-")
        self.addCleanup(self.temporary.cleanup)
        self.a = Operator(self.temporary.name, "a")
        self.addCleanup(self.a.stop)

    def path(self, name, text=None):
        path = os.path.join(self.temporary.name, name)
        if text is not None:
            with open(path, "w") as f:
                f.write(text)
        return path

    @only_where(SHARED_DATABASE)  # a file has no password
    def test_password_is_not_told(self):
        fresh = Operator(self.temporary.name, "b")
        fresh.configure(**{"store.database": new_schema() + " password=hunter2"})
        said = fresh.ctl("init") + fresh.ctl("init", fails=True) + fresh.ctl("check")
        fresh.configure(**{"store.database": fresh.database + "x password=hunter2"})
        said += fresh.ctl("check", fails=True)
        self.assertIn("Made the database", said)
        self.assertNotIn("hunter2", said)

    def test_sim_issue(self):
        op = os.urandom(16)
        sim = self.a.subscriber("310150123456789", "alice", "sip:alice@operator-a.test", op=op, lines="")
        path = self.path("alice.sim")
        self.a.ctl("sim", "issue", sim.imsi, path)
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        with open(path) as f:
            issued = json.load(f)
        self.assertEqual(issued, {
            "imsi": sim.imsi, "impi": "310150123456789@ims.mnc150.mcc310.3gppnetwork.org", "nai": "alice@operator-a.test",
            "aor": "sip:alice@operator-a.test", "gateway": f"{self.a.fqdn}:{self.a.port}",
            "k": sim.m.k.hex(), "opc": opc_of(sim.m.k, op).hex()})
        self.a.ctl("sim", "issue", sim.imsi, path, fails=True)  # never over another
        self.a.ctl("sim", "issue", "310150000000000", self.path("x"), fails=True)

    def test_sim_issue_with_constants(self):
        lines = "".join(f"c{i}={i:032x}\nr{i}={i * 8}\n" for i in range(1, 6))
        sim = self.a.subscriber("001010000000001", "alice", lines=lines)
        path = self.path("alice.sim")
        self.a.ctl("sim", "issue", sim.imsi, path)
        with open(path) as f:
            issued = json.load(f)
        self.assertEqual((issued["c"][4], issued["r"]), (f"{5:032x}", [8, 16, 24, 32, 40]))

    def test_import(self):
        k, op = os.urandom(16), os.urandom(16)
        rows = "imsi,k,type,value,amf,nai,sqn\n" + "".join(
            f"0010100000{n:05d},{k.hex()},op,{op.hex()},8000\n" for n in range(1))
        self.assertIn("line 2", self.a.ctl("subscriber", "import", self.path("bad", rows), fails=True))
        rows = "".join(f"0010100000{n:05d},{k.hex()},{'op' if n % 2 else 'opc'},{op.hex()}\n" for n in range(500))
        rows += f"001019000000001,{k.hex()},op,{op.hex()},0000,zoe@operator-a.test,3200\n"
        self.assertEqual(self.a.ctl("subscriber", "import", self.path("good", rows)), "501 subscribers\n")
        listed = [json.loads(x) for x in self.a.ctl("subscriber", "list", "--json").splitlines()]
        self.assertEqual(len(listed), 501)
        self.assertEqual(len({x["nai"] for x in listed}), 501)
        for x in listed[:-1]:
            self.assertNotIn(x["imsi"][5:], x["nai"])  # a name that tells nothing of the IMSI
        # all or none
        again = f"001019000000002,{k.hex()},op,{op.hex()}\n001019000000001,{k.hex()},op,{op.hex()}\n"
        self.assertIn("line 2", self.a.ctl("subscriber", "import", self.path("again", again), fails=True))
        self.a.ctl("subscriber", "show", "001019000000002", fails=True)
        self.a.start()
        sim = Usim("001019000000001", k, opc_of(k, op))
        Phone(sim, self.a).bootstrap()
        self.assertEqual(sim.seen, [(100 + 1) << 5 | 5])  # goes on from the number that was imported

    @staticmethod
    def row(number):
        return f"0010130000{number:05d},{os.urandom(16).hex()},opc,{os.urandom(16).hex()}\n"

    def subscribers(self):
        return len(self.a.ctl("subscriber", "list", "--json").splitlines())

    def interrupted(self, *words):
        """Many lines came, then nothing more, then SIGINT; its last words."""
        process = subprocess.Popen([CTL, "--config", self.a.config, "subscriber", "import", "-", "--progress", *words],
                                   stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        with process:
            process.stdin.write("".join(map(self.row, range(2050 if words else 5000))))
            process.stdin.flush()
            self.assertTrue(os.read(process.stderr.fileno(), 65536))  # it has come somewhere
            wait_for(lambda: not words or self.subscribers() == 2000)
            process.send_signal(signal.SIGINT)
            said = process.stderr.read()
        self.assertEqual(process.returncode, 1, said)
        self.assertIn("interrupted", said)
        return said.splitlines()[-1]

    def test_interrupted_import(self):
        self.assertIn("nothing was imported", self.interrupted())
        self.assertEqual(self.subscribers(), 0)
        last = self.interrupted("--parts")
        self.assertIn("2000 subscribers are in, those of the lines up to 2000, and nothing of what follows", last)
        self.assertIn("--from 2001", last)
        rows = "".join(map(self.row, range(2600)))
        self.assertIn("line 1: this IMSI", self.a.ctl("subscriber", "import", self.path("rest", rows), fails=True))
        self.assertEqual(self.a.ctl("subscriber", "import", self.path("rest", rows), "--parts", "--from", "2001"),
                         "600 subscribers\n")
        self.assertEqual(self.subscribers(), 2600)

    def test_keys_that_are_elsewhere(self):
        self.assertIn("[auc] type is none", self.a.ctl("subscriber", "import", self.path("hlr", "001010000000001,,hlr\n"), fails=True))

    def test_bad_line_in_parts(self):
        rows = list(map(self.row, range(2100)))
        rows[1540] = "00101,bad\n"
        said = self.a.ctl("subscriber", "import", self.path("some", "".join(rows)), "--parts", fails=True)
        self.assertIn("line 1541: it has not four to seven fields", said)
        self.assertIn("1500 subscribers are in, those of the lines up to 1500", said)
        self.assertEqual(self.subscribers(), 1500)

    def test_import_beside_a_gateway_that_serves(self):
        sim = self.a.subscriber("001010000000001", "alice")
        self.a.start()
        process = subprocess.Popen([CTL, "--config", self.a.config, "subscriber", "import", self.path(
            "many", "".join(map(self.row, range(8000)))), "--parts"], stdout=subprocess.PIPE, text=True)
        with process:
            served = refused = 0
            while process.poll() is None or served == 0:
                phone = Phone(sim, self.a)
                try:
                    phone.bootstrap()
                    served += 1
                except AssertionError:  # on a busy machine one may come in a bad moment
                    refused += 1
                phone.connection.close()
        self.assertEqual(process.returncode, 0)
        self.assertLess(refused, served)
        self.assertEqual(self.subscribers(), 8001)

    @only_where(not SHARED_DATABASE)  # the disk is the server's
    def test_disk_full(self):
        mount = self.a.on_small_disk(self, 2)
        rows = self.path("many", "".join(map(self.row, range(8000))))
        said = self.a.ctl("subscriber", "import", rows, fails=True)
        self.assertIn("full", said)
        self.assertIn("nothing was imported", said)
        self.assertEqual(self.subscribers(), 0)
        said = self.a.ctl("subscriber", "import", rows, "--parts", fails=True)
        self.assertIn("full", said)
        done = int(re.search(r"(\d+) subscribers are in, those of the lines up to (\d+)", said)[1])
        self.assertEqual((done % 100, self.subscribers()), (0, done))
        subprocess.run(["mount", "-o", "remount,size=32m", mount], check=True)
        self.assertEqual(self.a.ctl("subscriber", "import", rows, "--parts", "--from", str(done + 1)), f"{8000 - done} subscribers\n")
        self.assertEqual(self.subscribers(), 8000)

    @staticmethod
    def writes(process):
        """How often it has written, or tried to."""
        with open(f"/proc/{process.pid}/io", encoding="ascii") as text:
            return int(re.search(r"syscw: (\d+)", text.read())[1])

    @only_where(not SHARED_DATABASE)  # records are put in by SQLite
    def test_disk_full_for_a_moment(self):
        """Records whose file lost some on its way stay: the disk had room again when the file was closed."""
        mount = small_disk(self, 1)
        count = 100000
        with contextlib.closing(sqlite3.connect(self.a.database)) as database, database:
            database.executemany("INSERT INTO record (time, side, partner, nai_a, nai_b, method, first, outcome) VALUES "
                                 "(1000000, 'local', '', ?, 'b@operator-a.test', 'aka', 0, 2)", ((f"a{n}@operator-a.test",) for n in range(count)))
        path = os.path.join(mount, "old.csv")
        rotate = subprocess.Popen([CTL, "--config", self.a.config, "record", "rotate", path, "--before", "2020-01-01"],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        enough = None  # writes: those after the disk was full have failed
        while rotate.poll() is None and (enough is None or self.writes(rotate) < enough):
            if enough is None and not os.statvfs(mount).f_bavail:
                enough = self.writes(rotate) + 3
        rotate.send_signal(signal.SIGSTOP)
        subprocess.run(["mount", "-o", "remount,size=64m", mount], check=True)
        rotate.send_signal(signal.SIGCONT)
        _, said = rotate.communicate(timeout=60)
        self.assertEqual((rotate.returncode, os.listdir(mount)), (1, []), said)
        self.assertIn("full", said)
        self.assertEqual(self.a.ctl("record", "list", "--json").count("\n"), count)

    def test_export_onto_a_full_disk(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([CTL, "--config", self.a.config, "record", "export"], stdout=full, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)

    def test_bad_keys(self):
        good = "k=" + "00" * 16 + "\nopc=" + "11" * 16 + "\n"
        for text in ("", "k=00\n", good + "amf=8000\n", good + "c1=" + "00" * 16 + "\n", good + "x=1\n", good + good,
                     good + "".join(f"c{i}={0:032x}\nr{i}=0\n" for i in range(1, 6)), good + "r1=128\n"):
            error = self.a.ctl("subscriber", "add", "001010000000001", "--keys", self.path("keys", text), fails=True)
            self.assertNotIn("11" * 16, error)
        for words in (["12"], ["0010100000000012345"], ["00101000000000x"]):
            self.a.ctl("subscriber", "add", *words, "--keys", self.path("keys", good), fails=True)
        self.a.ctl("subscriber", "add", "001010000000001", "--keys", self.path("keys", good), "--nai", "a@x.test", fails=True)
        self.assertEqual(self.a.ctl("subscriber", "list", "--json"), "")

    def test_lists_fit_and_tell_no_key(self):
        sim = self.a.subscriber("001010000000001", "alice", "sip:alice@operator-a.test")
        text = self.a.ctl("subscriber", "list") + self.a.ctl("subscriber", "show", sim.imsi) + \
            self.a.ctl("binding", "list") + self.a.ctl("partner", "list") + self.a.ctl("record", "list")
        self.assertNotIn(sim.m.k.hex(), text)
        self.assertIn("alice@operator-a.test", text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)

    def test_removal(self):
        sim = self.a.subscriber("001010000000001", "alice", "sip:alice@operator-a.test")
        self.a.start()
        phone = Phone(sim, self.a).bootstrap()
        self.assertEqual(phone.ask("GET", "/v1/self").json["aors"], ["sip:alice@operator-a.test"])
        self.a.ctl("binding", "remove", "sip:alice@operator-a.test")
        self.assertEqual(phone.ask("GET", "/v1/self").json["aors"], [])
        self.a.ctl("subscriber", "remove", sim.imsi)
        self.assertEqual(phone.ask("GET", "/v1/self").status, 401)
        self.assertEqual(phone.ub_first().problem, "not-yours")

    def test_partner_arguments(self):
        good = {"--url": "https://x.test", "--realms": "x.test", "--ca": self.a.ca.path}
        for name, value in (("--url", "http://x.test"), ("--url", "https://x.test/path"), ("--url", "https://x.test?a"), ("--url", "https://x.test/#a"),
                            ("--url", "https://u@x.test"), ("--realms", "X.test"), ("--realms", "x.test."), ("--realms", "x..test"), ("--to", "2026-02-31"),
                            ("--realms", ","), ("--ca", self.a.config), ("--ca", "/nonexistent"), ("--pin", "abc"),
                            ("--connect-to", "x"), ("--per-minute", "0"), ("--from", "tomorrow")):
            words = [w for pair in {**good, name: value}.items() for w in pair]
            self.assertTrue(self.a.ctl("partner", "add", "X", *words, fails=True).startswith("simauth-gatewayctl: "))
        self.a.ctl("partner", "add", "X", *[w for pair in good.items() for w in pair])
        self.assertIn("active", self.a.ctl("partner", "list"))
        self.a.ctl("partner", "suspend", "X")
        self.assertIn("suspended", self.a.ctl("partner", "list"))
        self.a.ctl("partner", "resume", "Y", fails=True)
        for words, certificate in ((["--url", "https://Y.test"], "y.test"), (["--certificate", "other.test"], "other.test"),
                                   (["--url", "https://z.test:8443/"], "other.test"), (["--certificate", "z.test"], "z.test"),
                                   (["--url", "https://z.test"], "z.test")):
            self.a.ctl("partner", "set", "X", *words)
            self.assertEqual(json.loads(self.a.ctl("partner", "list", "--json"))["certificate"], certificate, words)

    def test_words_and_help(self):
        for words in (["nothing"], ["subscriber"], ["subscriber", "add"], ["partner", "list", "--nothing"],
                      ["binding", "add", "sip:a@operator-a.test"], ["record", "list", "more"]):
            self.a.ctl(*words, fails=True)
        done = subprocess.run([CTL, "--help"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        for word in ("init", "check", "subscriber import", "binding add", "partner suspend", "record list", "sim issue"):
            self.assertIn(word, done.stdout)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 100)
        self.assertEqual(subprocess.run([CTL, "--version"], capture_output=True, text=True).stdout.split()[0],
                         "simauth-gatewayctl")
        self.assertEqual(subprocess.run([DAEMON], capture_output=True).returncode, 2)
        self.assertEqual(subprocess.run([DAEMON, "--help"], capture_output=True).returncode, 0)

    @unittest.skipUnless(os.getuid() == 0, "only root can be told to be another user")
    def test_root_leaves_it_to_its_user(self):
        """Files of root's beside the database would stop the gateway: root is told whose it is, and by which command."""
        folder, key = self.a.folder, os.path.join(self.a.folder, "seal.key")
        self.addCleanup(subprocess.run, ["chown", "-R", "root:", folder], check=True)
        if not SHARED_DATABASE:
            for above in (self.temporary.name, folder):
                os.chmod(above, 0o755)
            subprocess.run(["chown", "-R", "nobody:", folder], check=True)
            before = sorted(os.listdir(folder))
            for words in (("subscriber", "list"), ("backup", self.path("copy"))):
                said = self.a.ctl(*words, fails=True)
                self.assertIn(f"{self.a.database} belongs to the user nobody", said)
                self.assertIn("runuser -u nobody -- simauth-gatewayctl", said)
            self.assertEqual(sorted(os.listdir(folder)), before)
            os.rename(self.a.database, self.path("away"))
            for words in (("init",), ("restore", self.path("away"))):
                self.assertIn("belongs to the user nobody", self.a.ctl(*words, fails=True))
            os.rename(self.path("away"), self.a.database)
            self.assertEqual(sorted(os.listdir(folder)), before)
            subprocess.run(["runuser", "-u", "nobody", "--", CTL, "--config", self.a.config, "subscriber", "list"], check=True,
                           capture_output=True, timeout=20)
            subprocess.run(["chown", "-R", "root:", folder], check=True)
        shutil.chown(key, "nobody")
        self.assertIn(f"{key} belongs to the user nobody: run this as that user: runuser -u nobody", self.a.ctl("check", fails=True))

    def test_init_twice(self):
        self.assertIn("there already", self.a.ctl("init", fails=True))

    def test_example_configuration_names_every_key(self):
        """What config.c reads and what the example explains are the same."""
        root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "gateway")
        with open(os.path.join(root, "config.c")) as f:
            read = set(re.findall(r'(?:text|text_to|shown_to|number|keyfile_word)\(r, "(\w+)", "(\w+)"', f.read()))
        explained, group = set(), None
        with open(os.path.join(root, "simauth-gateway.conf.example")) as f:
            for line in f:
                if match := re.match(r"\[(\w+)\]", line):
                    group = match[1]
                elif match := re.match(r"#?(\w+)=", line):
                    explained.add((group, match[1]))
        self.assertGreater(len(read), 25)
        self.assertEqual(read, explained)


if __name__ == "__main__":
    unittest.main(verbosity=1)
