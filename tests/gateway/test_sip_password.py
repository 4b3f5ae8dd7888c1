# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Address checks by a proxy that asks for a password: Debian's real Kamailio, which passes on what it was answered."""
import os
import queue
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from operators import Operator, free_port
from ops import wait_for
from phone import Phone
from sip_proxy import Proxy

PASSWORD = "pass, word"

CONFIG = """#!KAMAILIO
debug=0
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
disable_tls=yes
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "auth.so"
modparam("auth", "algorithm", "{algorithm}")
request_route {{
    if (!is_method("MESSAGE")) {{ sl_send_reply("405", "No"); exit; }}
    if (!pv_{way}_authenticate("{realm}", "{password}", "0")) {{
        {way}_challenge("{realm}", "{qop}");
        exit;
    }}
    consume_credentials();
    remove_hf("Route");
    $du = "sip:127.0.0.1:{phone}";
    t_relay();
}}
"""


class Kamailio:
    """Asks every MESSAGE for the password, as `way` says (www: 401, proxy: 407), and sends it on to `phone`."""

    def __init__(self, folder, phone, way, algorithm, qop, realm="operator-a.test", password=PASSWORD):
        self.port = free_port()
        config = os.path.join(folder, "kamailio.cfg")
        with open(config, "w", encoding="ascii") as f:
            f.write(CONFIG.format(port=self.port, phone=phone.port, way=way, algorithm=algorithm, qop=qop, realm=realm,
                                  password=password))
        self.log = os.path.join(folder, "kamailio.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["kamailio", "-DD", "-E", "-m", "16", "-M", "4", "-w", folder, "-Y", folder,
                                             "-f", config], stdout=log, stderr=log, start_new_session=True)
        wait_for(self.listens)

    def listens(self):
        assert self.process.poll() is None, self.text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: nobody else's
            self.process.wait(10)


class Passwords(unittest.TestCase):
    aor = "sip:alice@third.test"

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="simauth-gateway-test-")
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.operator = Operator(cls.temporary.name, "a")
        cls.sim = cls.operator.subscriber("001010000000001", "alice")
        cls.addClassCleanup(cls.operator.stop)
        cls.password = os.path.join(cls.temporary.name, "password")

    def write_password(self, text=PASSWORD + "\n", mode=0o600):
        with open(self.password, "w", encoding="ascii") as f:
            f.write(text)
        os.chmod(self.password, mode)

    def world(self, way, algorithm, qop, transport="udp", account=True, **proxy):
        phone = Proxy()
        self.addCleanup(phone.close)
        folder = tempfile.mkdtemp(dir=self.temporary.name)
        kamailio = Kamailio(folder, phone, way, algorithm, qop, **proxy)
        self.addCleanup(kamailio.stop)
        settings = {"sip.proxy": "127.0.0.1", "sip.port": kamailio.port, "sip.transport": transport}
        self.write_password()
        if account:
            settings.update({"sip.user": "check", "sip.password_file": self.password})
        self.operator.configure(**settings)
        with open(self.operator.log, "w", encoding="ascii"):
            pass
        self.operator.start()
        self.addCleanup(self.operator.stop)
        self.operator.sql("DELETE FROM proof")
        user = Phone(self.sim, self.operator).bootstrap()
        self.addCleanup(user.connection.close)
        return phone, user

    def ask(self, user):
        answer = user.ask("POST", "/v1/bindings", {"aor": self.aor})
        self.assertEqual(answer.status, 200, answer.raw)

    def proved(self, *words, **more):
        phone, user = self.world(*words, **more)
        self.ask(user)
        text = phone.seen.get(timeout=15)
        self.assertNotIn("Digest", text)  # the proxy's, which passes it on to nobody
        nonce = re.search(r"SIMAUTH address check ([\w-]{22})\r\n", text)[1]
        self.assertEqual(user.ask("POST", "/v1/bindings/proof", {"aor": self.aor, "nonce": nonce}).status, 200)
        self.assertNotIn(PASSWORD, self.operator.log_text())
        return phone, user

    def refused(self, why, *words, **more):
        phone, user = self.world(*words, **more)
        self.ask(user)
        wait_for(lambda: "op=message" in self.operator.log_text())
        self.assertIn(why, self.operator.log_text())
        self.assertTrue(phone.seen.empty())
        return user, phone

    def test_407_md5_without_qop(self):
        self.proved("proxy", "MD5", 0)

    def test_401_md5_over_tcp(self):
        self.proved("www", "MD5", 1, "tcp")

    def test_407_sha256(self):
        self.proved("proxy", "SHA-256", 1)

    def test_no_account(self):
        self.refused('status=407 reason="it asks for a password: set user and password_file', "proxy", "MD5", 1, account=False)

    def test_another_realm(self):
        """A service further on that asks learns nothing of this password."""
        self.refused("the password of another realm", "www", "MD5", 1, realm="third.test")

    def test_wrong_password_then_right(self):
        """The file is read each time: no restart."""
        user, phone = self.refused("did not take user and password", "proxy", "MD5", 1, password="another")
        with self.assertRaises(queue.Empty):
            phone.seen.get(timeout=0)
        self.write_password("another\n")
        self.operator.sql("DELETE FROM proof")
        self.ask(user)
        self.assertIn("SIMAUTH address check", phone.seen.get(timeout=15))

    def test_configuration(self):
        def check(mode=0o600, text=PASSWORD, **settings):
            self.write_password(text, mode)
            self.operator.configure(**{"sip.proxy": "127.0.0.1", **settings})
            done = subprocess.run([os.environ["SIMAUTH_GATEWAY"], "--config", self.operator.config, "--check"],
                                  capture_output=True, text=True, timeout=20, check=False)
            return done.returncode, done.stderr
        both = {"sip.user": "check", "sip.password_file": self.password}
        self.assertEqual(check(**both)[0], 0)
        for wrong, said in (({"sip.user": "check"}, "belong together"),
                            ({"sip.password_file": self.password}, "belong together"),
                            ({**both, "mode": 0o644}, "can be read by others"),
                            ({**both, "text": "\n"}, "is empty"),
                            ({**both, "sip.user": 'a"b'}, "cannot be a user"),
                            ({**both, "sip.password_file": "/nowhere/at/all"}, "cannot be opened")):
            status, text = check(**wrong)
            self.assertEqual(status, 1, wrong)
            self.assertIn(said, text)
            self.assertRegex(text, r"gateway\.conf:\d+: \[sip\]")
        self.write_password()


if __name__ == "__main__":
    unittest.main()
