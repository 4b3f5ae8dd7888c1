# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the sealing key comes from, and how it is replaced while calls go on."""
import json
import os
import shutil
import subprocess
import threading
import time
import unittest

from operators import DAEMON, SHARED_DATABASE, Pair, only_where
from ops import hang_up, metrics, wait_for, watched
from phone import Phone

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"


class Base(unittest.TestCase):
    def setUp(self):
        self.pair = Pair(start=False)
        self.addCleanup(self.pair.close)
        self.operator = self.pair.a
        self.key = os.path.join(self.operator.folder, "seal.key")

    def seal_with(self, source, old=None):
        self.operator.settings = {**self.operator.settings, "store.seal_key": source}
        self.operator.settings.pop("store.seal_key_old", None)
        if old:
            self.operator.settings["store.seal_key_old"] = old
        self.operator.configure()

    def environment(self, **more):
        for key, value in more.items():
            os.environ[key] = value
            self.addCleanup(os.environ.pop, key, None)

    def refused(self, *words):
        done = subprocess.run([DAEMON, "--config", self.operator.config, "--check"], capture_output=True, text=True,
                              timeout=20)
        self.assertEqual(done.returncode, 1, done.stdout)
        for word in words:
            self.assertIn(word, done.stderr)

    def serves(self):
        phone = Phone(self.pair.sim_a, self.operator).bootstrap()
        self.assertEqual(phone.resyncs, 0)
        return phone

    def status(self):
        return json.loads(self.operator.ctl("seal", "status", "--json"))


class Credential(Base):
    def test_credential(self):
        folder = os.path.join(self.operator.folder, "credentials")
        os.mkdir(folder, 0o700)
        os.rename(self.key, os.path.join(folder, "seal.key"))
        os.chmod(os.path.join(folder, "seal.key"), 0o440)  # as systemd shows them
        self.seal_with("credential:seal.key")
        self.refused("LoadCredential=seal.key:FILE")
        self.environment(CREDENTIALS_DIRECTORY=folder)
        self.operator.start()
        self.serves()
        self.seal_with("credential:../a/seal.key")
        self.refused("no name of a credential")
        self.seal_with("credential:other")
        self.refused("other cannot be opened")


@only_where(not SHARED_DATABASE)  # PostgreSQL has no journal of ours
class Left(Base):
    """What a gateway that does not run has beside its database."""

    def renewed(self):
        done = subprocess.run([os.environ["SIMAUTH_GATEWAYCTL"], "--config", self.operator.config, "seal", "renew"],
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_journal_of_a_gateway_that_ended(self):
        self.operator.start()
        self.serves()
        new = os.path.join(self.operator.folder, "new.key")
        self.operator.ctl("seal", "new", new)
        self.seal_with(new, self.key)
        self.assertEqual(self.renewed(), "")  # the gateway that runs does that
        self.operator.stop()
        self.assertIn("start the gateway once with both keys, or wait 7 minutes", self.renewed())
        folder = self.operator.database + "-calls"
        for name in os.listdir(folder):
            os.utime(os.path.join(folder, name), (1, time.time() - 430))
        self.assertEqual(self.renewed(), "")


class Token(Base):
    PIN = "13577531"

    def setUp(self):
        super().setUp()
        folder = os.path.join(self.operator.folder, "hsm")
        os.mkdir(folder)
        with open(folder + "/conf", "w") as f:
            f.write(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.environment(SOFTHSM2_CONF=folder + "/conf")
        subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", "simauth", "--so-pin", "77777777",
                        "--pin", self.PIN], check=True, capture_output=True, timeout=20)
        self.pin = folder + "/pin"
        with open(self.pin, "w") as f:
            f.write(self.PIN + "\n")
        os.chmod(self.pin, 0o600)

    def uri(self, name="seal", pin=None, more=""):
        return f"pkcs11:token=simauth;object={name}?module-path={SOFTHSM}&pin-source={pin or self.pin}{more}"

    def test_key_of_a_token(self):
        self.seal_with(self.uri("fresh"))
        self.refused("has no such key")
        self.operator.ctl("seal", "new", self.uri("fresh"))
        self.assertIn("already", self.operator.ctl("seal", "new", self.uri("fresh"), fails=True))
        # what stands in the database was sealed by the file's key
        self.assertIn("with neither", self.operator_says_neither())
        self.seal_with(self.uri("fresh"), self.key)
        self.operator.ctl("seal", "renew")
        self.seal_with(self.uri("fresh"))
        os.unlink(self.key)
        self.operator.start()
        self.serves()
        self.operator.stop()
        # the key itself is in no file, and leaves the token by no function
        listed = subprocess.run(["pkcs11-tool", "--module", SOFTHSM, "--login", "--pin", self.PIN, "--list-objects"],
                                capture_output=True, text=True, timeout=20).stdout if shutil.which("pkcs11-tool") else ""
        if listed:
            self.assertIn("sensitive", listed)
            self.assertNotIn(" extractable", listed.replace("never extractable", ""))

    def operator_says_neither(self):
        done = subprocess.run([os.environ["SIMAUTH_GATEWAYCTL"], "--config", self.operator.config, "seal", "status"],
                              capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        return done.stdout

    def test_refused(self):
        self.operator.ctl("seal", "new", self.uri("one"))
        self.operator.ctl("seal", "new", self.uri("two"))
        for uri, word in ((self.uri("one", more="&pin-value=1"), "does not belong into the configuration"),
                          (self.uri("none"), "has no such key"),
                          (self.uri("one").replace("token=simauth", "token=other"), "no token is there"),
                          (self.uri("one").replace(";object=one", ""), "more than one key"),
                          (self.uri("one", pin="/nonexistent/pin"), "/nonexistent/pin"),
                          (self.uri("one").replace(SOFTHSM, "/nonexistent.so"), "module-path"),
                          ("pkcs11:;;;", "no PKCS#11 URI")):
            self.seal_with(uri)
            self.refused(word)
        with open(self.pin, "w") as f:
            f.write("00000000")
        self.seal_with(self.uri("one"))
        self.refused("refuses the PIN")
        os.chmod(self.pin, 0o644)
        self.refused("chmod 600")

    def test_pin_never_in_a_log(self):
        self.operator.ctl("seal", "new", self.uri())
        self.seal_with(self.uri(), self.key)
        watched(self.operator).start()
        hang_up(self.operator)
        self.serves()
        self.operator.stop()
        self.assertNotIn(self.PIN, self.operator.log_text())


class Rotation(Base):
    """From one key to the next while phones call, on every node; then the old one is gone."""

    def nodes(self):
        nodes = [watched(self.operator)]
        if SHARED_DATABASE:
            nodes.append(self.operator.sibling(1))
            watched(nodes[1])
        for node in nodes:
            node.start()
            self.addCleanup(node.stop)
        return nodes

    def test_under_load(self):
        nodes = self.nodes()
        self.pair.b.start()
        for number in range(60):
            self.operator.subscriber(f"0010199000{number:05d}", f"more{number}", f"sip:more{number}@operator-a.test")
        phones = [Phone(self.pair.sim_a, node) for node in nodes]
        phones[0].bootstrap()
        for phone in phones[1:]:
            phone.btid, phone.ks_naf = phones[0].btid, phones[0].ks_naf
        failures, answered, stop = [], [0], threading.Event()

        def load(phone):
            while not stop.is_set():
                answer = phone.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
                answered[0] += 1
                if answer.status != 200:
                    failures.append(answer.raw)
        threads = [threading.Thread(target=load, args=(phone,)) for phone in phones]
        for thread in threads:
            thread.start()
        new = os.path.join(self.operator.folder, "seal-new.key")
        self.operator.ctl("seal", "new", new)

        def all_reload(key, old):
            for node in nodes:
                node.settings = {**node.settings, "store.seal_key": key}
                node.settings.pop("store.seal_key_old", None)
                if old:
                    node.settings["store.seal_key_old"] = old
                node.configure()
                hang_up(node)
                before = answered[0]
                wait_for(lambda: answered[0] > before + 5)
        try:
            if SHARED_DATABASE:
                all_reload(self.key, new)  # every node can open what the first one will seal
            all_reload(new, self.key)
            for node in nodes:
                wait_for(lambda node=node: metrics(node).get("simauth_seal_old_needed") == 0, 60)
            wait_for(lambda: self.status()["old"] == 0 or hang_up(nodes[0]) and False, 30)
            found = self.status()
            self.assertEqual(found["unknown"], 0)
            self.assertGreaterEqual(found["present"], 61)
            all_reload(new, None)
        finally:
            stop.set()
            for thread in threads:
                thread.join(20)
        self.assertEqual(failures, [])
        os.unlink(self.key)
        for node in nodes:
            node.stop()
            node.start()
        self.serves()
        self.assertGreater(metrics(nodes[0])["simauth_ready"], 0)


if __name__ == "__main__":
    unittest.main()
