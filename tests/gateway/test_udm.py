# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Vectors from a UDM (TS 29.503), which somebody else wrote: calls, AUTS, subscribers it refuses, and its bad days."""
import functools
import os
import secrets
import signal
import subprocess
import threading
import time
import unittest

import test_call
import test_password
from hlr import Proxy, known_here_alone
from milenage import Usim
from operators import DAEMON, Ca, Pair
from ops import hang_up, slowness, wait_for
from phone import Phone, unb64u
from udm import Udm


def link(operator):
    """"up", "down" or "", as the log has it last."""
    lines = [line for line in operator.log_text().splitlines() if "op=udm state=" in line]
    return lines[-1].split("state=")[1].split()[0] if lines else ""


def make_pair(tls=True, start=True):
    """Patient, so that a busy machine is no UDM that is slow; tests of that set a limit of their own."""
    patient = {"limits.federation_timeout_ms": 5000, "auc.udm_timeout_ms": 5000}
    pair = Pair(dict(patient), dict(patient), hlr=functools.partial(Udm, tls=tls), start=False)
    try:
        if start:
            pair.hlr.start()
            for operator in (pair.a, pair.b):
                operator.start()
                wait_for(lambda: link(operator) == "up")
            # A gateway that asked meanwhile says "down" for a second.
            pair.hlr.settled = lambda: wait_for(lambda: link(pair.a) == link(pair.b) == "up")
    except BaseException:
        pair.close()
        raise
    return pair


class CallWithUdm(test_call.Call):
    """All that is tested with the embedded AuC, with a UDM at both ends: TLS on both sides, token, prefix."""
    make_pair = staticmethod(make_pair)
    test_op_and_constants = None  # the UDM's own affair


class PasswordWithUdm(test_password.Password):
    """Subscribers without a SIM beside those of the UDM, which is not asked for them."""
    make_pair = staticmethod(make_pair)
    test_what_is_of_sims = None


class Subscribers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pair = make_pair(tls=False)
        cls.addClassCleanup(cls.pair.close)
        cls.a = Phone(cls.pair.sim_a, cls.pair.a).bootstrap()

    def setUp(self):
        wait_for(lambda: link(self.pair.a) == link(self.pair.b) == "up")

    def added(self, imsi, user, served=True, **members):
        """A subscriber of operator A, while the UDM runs."""
        k, opc = secrets.token_bytes(16), secrets.token_bytes(16)
        known_here_alone(self.pair.a, imsi, user)
        self.pair.hlr.add(imsi, k, opc, **members)
        sim = Usim(imsi, k, opc)
        wait_for(lambda: not served or Phone(sim, self.pair.a).ub_first().status != 503)
        return sim

    def test_many_vectors_of_one_sim(self):
        sim, before = self.pair.sim_a, len(self.pair.sim_a.seen)
        for _ in range(16):
            answer = self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
            self.assertEqual(answer.status, 200, answer.raw)
            own = answer.json["own"]
            self.assertEqual(sim.run(unb64u(own["rand"]), unb64u(own["autn"]))[0], "good")
        self.assertEqual(len(set(sim.seen[before:])), 16)
        self.assertEqual(sim.amf[0] & 0x80, 0)

    def test_sim_ahead_of_udm(self):
        sim = self.added("001010000000007", "ahead")
        sim.seq = [1 << 24] * 32
        before = sum(line.get("resync", False) for line in self.pair.hlr.lines)
        phone = Phone(sim, self.pair.a).bootstrap()
        self.assertEqual(phone.resyncs, 1)
        self.assertEqual(Phone(sim, self.pair.a).bootstrap().resyncs, 0)
        wait_for(lambda: sum(line.get("resync", False) for line in self.pair.hlr.lines) == before + 1)

    def test_forged_auts_moves_nothing(self):
        sim = self.added("001010000000008", "forger")
        phone = Phone(sim, self.pair.a)
        nonce, rand, _ = phone.ub_challenge(phone.ub_first())
        wrong = bytearray(sim.auts(rand, 1 << 40))
        wrong[-1] ^= 1
        self.assertNotEqual(phone.ub_answer(nonce, b"", bytes(wrong)).status, 200)
        phone.bootstrap()
        self.assertLess(max(sim.seen), 1 << 39)

    def test_unknown_to_udm(self):
        known_here_alone(self.pair.a, "001010000000009", "stranger")
        stranger = Usim("001010000000009", secrets.token_bytes(16), secrets.token_bytes(16))
        self.assertEqual(Phone(stranger, self.pair.a).ub_first().problem, "not-yours")
        known_here_alone(self.pair.b, "001020000000009", "stranger")
        answer = self.a.ask_callee(self.pair.aor_a, "sip:stranger@operator-b.test")[1]
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"))  # which no phone remembers
        self.assertIn("UDM does not know this IMSI", self.pair.b.log_text())
        self.assertEqual(link(self.pair.b), "up")

    def test_the_callers_udm_fails_after_the_partner_gave(self):
        """What the partner counted has a record here too."""
        imsi = "001010000000016"
        sim = self.added(imsi, "late")
        phone = Phone(sim, self.pair.a).bootstrap()
        del self.pair.hlr.subscribers[imsi]
        self.pair.hlr.start()
        wait_for(lambda: Phone(sim, self.pair.a).ub_first().problem == "not-yours")
        before = [len(x.records()) for x in (self.pair.a, self.pair.b)]
        wait_for(lambda: phone.ask_callee("sip:late@operator-a.test", self.pair.aor_b)[1].problem == "not-yours")
        asked, given = [x.records()[n:] for x, n in zip((self.pair.a, self.pair.b), before)]
        self.assertEqual([r["method"] for r in asked], ["unknown"])
        self.assertEqual([r["method"] for r in given], ["aka"])

    def test_no_usim(self):
        sim = self.added("001010000000010", "old", rejected=True)
        self.assertEqual(Phone(sim, self.pair.a).ub_first().status, 403)
        self.assertIn("no USIM's keys", self.pair.a.log_text())

    def test_vector_for_5g(self):
        sim = self.added("001010000000011", "modern", served=False, amf="8000")
        wait_for(lambda: Phone(sim, self.pair.a).ub_first().status == 503
                 and "separation bit" in self.pair.a.log_text())
        self.assertEqual(link(self.pair.a), "up")

    def test_keys_belong_to_the_udm(self):
        words = self.pair.a.ctl("subscriber", "add", "001010000000012", "--keys", "-", stdin="", fails=True)
        self.assertIn("HLR", words)
        path = self.pair.a.folder + "/sim.json"
        self.assertIn("HLR", self.pair.a.ctl("sim", "issue", self.pair.sim_a.imsi, path, fails=True))
        self.assertFalse(os.path.exists(path))


class BadDays(unittest.TestCase):
    tls = False

    @classmethod
    def setUpClass(cls):
        cls.pair = make_pair(tls=cls.tls, start=False)
        cls.addClassCleanup(cls.pair.close)
        cls.operator, cls.udm = cls.pair.a, cls.pair.hlr
        cls.settings = dict(cls.operator.settings)

    def setUp(self):
        """Nothing runs, nothing was logged, all is set as it should be."""
        self.slowness = slowness()
        self.limit = 0.5 * self.slowness
        self.operator.settings = {**self.settings, "auc.udm_timeout_ms": int(self.limit * 1000)}
        self.operator.configure()
        if os.path.exists(self.operator.log):
            os.unlink(self.operator.log)
        self.udm.write_token(self.udm.token)

    def tearDown(self):
        self.udm.stop()
        self.assertIn(self.operator.stop(), (None, 0))

    def start(self, *flags):
        self.udm.start(*flags)
        self.operator.start()
        wait_for(lambda: link(self.operator) == "up")

    def bootstrap(self):
        return Phone(self.pair.sim_a, self.operator).bootstrap()

    def back(self):
        """The UDM as it should be: within two seconds the next phone is served."""
        self.udm.start()
        wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status == 401, 5 * self.slowness)
        self.bootstrap()

    def down(self, reason, late=False, most=1.2):
        """In `most` seconds of a quiet machine; `late`: not before the limit of a question to the UDM."""
        start = time.monotonic()
        answer = Phone(self.pair.sim_a, self.operator).ub_first()
        took = time.monotonic() - start
        self.assertEqual((answer.status, answer.problem), (503, "operator-down"))
        self.assertTrue(0.8 * self.limit * late <= took < most * self.slowness, took)
        self.assertIn(reason, self.operator.log_text())

    def proxied(self):
        """A proxy before the UDM, from now on."""
        proxy = Proxy(self.udm, self.udm.port)
        self.addCleanup(proxy.close)
        self.operator.settings["auc.udm_url"] = self.udm.url(proxy.port)
        self.operator.configure()
        return proxy


class Down(BadDays):
    tls = True

    def test_comes_later_dies_and_comes_again(self):
        self.operator.start()
        wait_for(lambda: link(self.operator) == "down")
        self.down("no connection with the UDM", most=0.4)
        for _ in range(2):
            self.udm.start()
            wait_for(lambda: link(self.operator) == "up", 2.5 * self.slowness)  # looked for once a second
            self.bootstrap()
            self.udm.stop()
            wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status == 503)
            wait_for(lambda: link(self.operator) == "down")

    def test_notices_without_being_asked(self):
        self.start()
        self.udm.stop()
        wait_for(lambda: link(self.operator) == "down", 12)

    def test_restart_between_two_questions(self):
        self.operator.settings["auc.udm_timeout_ms"] = 5000  # a new connection, on a busy machine
        self.operator.configure()
        self.start()
        self.bootstrap()
        self.udm.start()
        self.bootstrap()  # on a new connection, without a word to the phone

    def test_stop_while_a_phone_waits(self):
        self.operator.settings["auc.udm_timeout_ms"] = 5000
        proxy = self.proxied()
        self.start()
        proxy.let("mute")
        answers = []
        thread = threading.Thread(
            target=lambda: answers.append(Phone(self.pair.sim_a, self.operator).ub_first().status))
        thread.start()
        wait_for(lambda: any(len(data) > 200 for data in proxy.kept.values()))  # a vector
        self.assertEqual(self.operator.stop(signal.SIGTERM), 0)
        thread.join(10)
        self.assertEqual(answers, [503])


class DownWithoutTls(Down):
    tls = False
    test_notices_without_being_asked = None  # the same code, six seconds


class Slow(BadDays):
    tls = True

    def test_late_holds_up_nobody_else(self):
        self.start()
        phone = self.bootstrap()
        phone.ask("GET", "/v1/self")
        self.udm.start("--delay", "3")
        waiting = [threading.Thread(target=self.down, args=("UDM did not answer in time", True, 5.0)) for _ in range(8)]
        for thread in waiting:
            thread.start()
        begin, answers = time.monotonic(), 0
        while any(thread.is_alive() for thread in waiting):
            self.assertEqual(phone.ask("GET", "/v1/self").status, 200)
            answers += 1
        self.assertLess((time.monotonic() - begin) / answers, 0.1 * self.slowness)
        for thread in waiting:
            thread.join()
        self.back()

    def test_streams_do_not_wait_for_one_another(self):
        self.operator.settings["auc.udm_timeout_ms"] = 5000
        self.operator.configure()
        delay = 0.5 * self.slowness
        self.start("--delay", str(delay))
        begin, statuses = time.monotonic(), []
        waiting = [threading.Thread(target=lambda: statuses.append(
            Phone(self.pair.sim_a, self.operator).ub_first().status)) for _ in range(8)]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        self.assertEqual(statuses, [401] * 8)
        self.assertLess(time.monotonic() - begin, 5 * delay)  # in turn: eight

    def test_connection_that_died_without_a_word(self):
        proxy = self.proxied()
        self.start()
        self.bootstrap()
        proxy.freeze()
        self.down("UDM did not answer in time", late=True)
        wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status == 401, 5)  # on a new one

    def test_connection_that_ends_with_a_question_on_it(self):
        proxy = self.proxied()
        self.start()
        self.bootstrap()
        proxy.let("cut")
        self.bootstrap()  # asked once more, and the phone hears nothing of it
        self.assertEqual(proxy.mode, "pass")

    def test_half_an_answer(self):
        self.start("--half")
        self.down("UDM did not answer in time", late=True)
        wait_for(lambda: "part=source state=slow" in self.operator.log_text())
        self.back()
        wait_for(lambda: "part=source state=good was=slow" in self.operator.log_text())

    def test_half_a_frame(self):
        proxy = self.proxied()
        self.start()
        self.bootstrap()
        proxy.let("half")
        self.down("UDM did not answer in time", late=True)
        proxy.let("pass")
        self.bootstrap()


class Nonsense(BadDays):
    tls = True

    def test_every_garbage(self):
        self.start()
        for kind, reason in (("body", "no JSON object"), ("fields", "missing or malformed")):
            self.udm.start("--garbage", kind)
            self.down(reason)
        self.udm.start("--garbage", "empty")
        wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status != 503, 5)
        self.assertIn("UDM gave no 3G vector", self.operator.log_text())
        self.back()

    def test_no_http2(self):
        self.udm.start("--garbage", "frames")
        self.operator.start()
        wait_for(lambda: link(self.operator) == "down")
        self.down("no connection with the UDM")
        self.back()

    def test_every_status(self):
        self.start()
        for status, reason in ((500, "UDM failed"), (503, "overloaded"), (504, "behind it"), (429, "overloaded"),
                               (501, "no vectors for GBA"), (307, "sent us to another"), (401, "access token"), (400, "did not understand")):
            self.udm.start("--status", str(status))
            self.down(reason)
        self.udm.start("--status", "403")
        self.assertEqual(Phone(self.pair.sim_a, self.operator).ub_first().problem, "not-yours")
        self.assertIn("UDM bars this subscriber", self.operator.log_text())
        self.back()

    def test_goaway(self):
        self.start("--goaway-after", "1")
        for _ in range(4):
            self.bootstrap()

    def test_goaway_at_once(self):
        self.udm.start("--goaway-after", "0")
        self.operator.start()
        wait_for(lambda: Phone(self.pair.sim_a, self.operator).ub_first().status == 503)
        self.back()


class Identity(BadDays):
    tls = True

    def test_tokens(self):
        self.start()
        self.bootstrap()
        self.udm.write_token("another")
        self.down("access token: look at [auc] udm_token")
        self.udm.write_token("no token at all")
        self.down("access token cannot be read")
        self.udm.write_token(self.udm.token)  # read again by itself
        self.bootstrap()
        self.assertNotIn(self.udm.token, self.operator.log_text())

    def test_udm_of_another_authority(self):
        self.operator.settings["auc.udm_ca"] = Ca(self.udm.folder, "stranger").path
        self.operator.configure()
        self.udm.start()
        self.operator.start()
        wait_for(lambda: link(self.operator) == "down")
        self.assertIn("certificate", self.operator.log_text())
        self.down("no connection with the UDM")

    def test_key_that_is_another_later(self):
        """A new connection has the files that were good last, also where a reload was refused because of them: they are
        those of [tls] here."""
        for key in ("auc.udm_certificate", "auc.udm_key"):
            del self.operator.settings[key]
        self.operator.configure()
        self.udm.clients = self.operator.ca.path
        self.addCleanup(setattr, self.udm, "clients", self.udm.ca.path)
        with open(self.operator.key, "rb") as file:
            good = file.read()

        def write(text):
            with open(self.operator.key, "wb") as file:
                file.write(text)
        self.addCleanup(write, good)
        self.start()
        self.bootstrap()
        with open(self.udm.client[1], "rb") as file:
            write(file.read())
        self.assertIn("do not belong together", hang_up(self.operator, good=False))
        self.udm.stop()
        wait_for(lambda: link(self.operator) == "down")
        self.back()
        self.assertEqual(self.operator.log_text().count("op=udm identity=kept"), 1)

    def test_authority_between(self):
        """The UDM knows the root alone: what stands between is sent, out of udm_certificate or udm_ca."""
        between = Ca(self.udm.folder, "between", self.udm.ca)
        certificate, key = between.issue(self.udm.folder, "below", ["ag.operator.test"])

        def joined(stem, *paths):
            path = os.path.join(self.udm.folder, stem)
            with open(path, "wb") as file:
                for each in paths:
                    with open(each, "rb") as part:
                        file.write(part.read())
            return path
        self.udm.start()
        for ca, shown in ((joined("both", self.udm.ca.path, between.path), certificate),
                          (self.udm.ca.path, joined("chain", certificate, between.path))):
            with self.subTest(shown):
                self.operator.settings.update({"auc.udm_ca": ca, "auc.udm_certificate": shown, "auc.udm_key": key})
                self.operator.configure()
                self.operator.start()
                try:
                    wait_for(lambda: link(self.operator) == "up")
                    self.bootstrap()
                finally:
                    self.operator.stop()
                    os.unlink(self.operator.log)

    def test_certificate_that_the_udm_does_not_take(self):
        self.operator.settings.update({"auc.udm_certificate": self.operator.certificate,
                                       "auc.udm_key": self.operator.key})
        self.operator.configure()
        self.udm.start()
        self.operator.start()
        wait_for(lambda: link(self.operator) == "down")
        self.down("no connection with the UDM")


class Settings(BadDays):
    tls = True

    def fault(self, **changes):
        self.operator.configure(**{"auc." + key: value for key, value in changes.items()})
        done = subprocess.run([DAEMON, "--config", self.operator.config, "--check"], capture_output=True, text=True,
                              timeout=10, check=False)
        self.assertEqual(done.returncode, 0 if not changes else 1, done.stderr)
        return done.stderr

    def test_good(self):
        self.assertEqual(self.fault(), "")

    def test_urls(self):
        for url in ("udm", "ftp://udm.test", "https://me:word@udm.test", "https://udm.test/?a=1",
                    "https://udm.test/nudm-ueau/v1", "https:// udm.test"):
            with self.subTest(url):
                self.assertRegex(self.fault(udm_url=url), r"gateway\.conf:\d+: \[auc\] udm_url: ")

    def test_files(self):
        other = Ca(self.udm.folder, "other").issue(self.udm.folder, "other", ["other"])
        for key, value, word in (("udm_ca", "/nonexistent", "no certificate"),
                                 ("udm_certificate", self.operator.config, "no certificate"),
                                 ("udm_key", "/nonexistent", "no private key"), ("udm_key", other[1], "not the key"),
                                 ("udm_token", "/nonexistent", "bearer token"),
                                 ("udm_token", self.operator.key, "bearer token"), ("udm_token", self.operator.config, "chmod 600")):
            with self.subTest(key=key, value=value):
                text = self.fault(**{key: value})
                self.assertIn(f"[auc] {key}", text)
                self.assertIn(word, text)

    def test_numbers_and_names(self):
        self.assertIn("udm_timeout_ms: must be a number from 50 to 5000", self.fault(udm_timeout_ms=6000))
        self.assertIn("use embedded, gsup or udm", self.fault(type="hss"))
        self.assertIn("udm_port: no such key", self.fault(udm_port=1))

    def test_restart(self):
        self.start()
        self.operator.configure(**{"auc.udm_timeout_ms": 400})
        self.operator.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "[auc] udm_timeout_ms needs a restart" in self.operator.log_text())


if __name__ == "__main__":
    unittest.main()
