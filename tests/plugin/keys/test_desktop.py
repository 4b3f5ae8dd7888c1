#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sealing key in a real Secret Service (gnome-keyring) on a session bus of its own.

usage: test_desktop.py SEAL_KEY_TOOL
"""
import os
import shlex
import subprocess
import sys
import tempfile
import time
import unittest

TOOL = sys.argv.pop(1)


# What a sanitizer is told.
OPTIONS = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}


def on_a_bus(home, *steps):
    """The output of the steps, run in a shell of a new session bus in which nothing else is."""
    environment = {**OPTIONS, "HOME": home, "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": os.path.join(home, "run"),
                   "XDG_DATA_HOME": os.path.join(home, "data")}
    os.makedirs(environment["XDG_RUNTIME_DIR"], mode=0o700, exist_ok=True)
    done = subprocess.run(["dbus-run-session", "--", "sh", "-ec", "\n".join(steps)], env=environment, check=False,
                          capture_output=True, text=True, timeout=50)
    return [line for line in done.stdout.splitlines() if not line.startswith("GNOME_KEYRING")], done.stderr


# The process behind the name, whoever started it.
PID = ("$(dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / "
       "org.freedesktop.DBus.GetConnectionUnixProcessID string:org.freedesktop.secrets | tr -dc '0-9 ' | "
       "awk '{print $NF}')")


# Until nobody has the name: the next keyring would leave at once.
GONE = ("for i in $(seq 200); do dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / "
        "org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q false && break; sleep 0.05; done")


class Desktop(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.home = self.folder.name
        self.tool = shlex.quote(TOOL)
        self.keyring = ("printf secret | gnome-keyring-daemon --unlock --components=secrets "
                        f"--control-directory={self.home}/run/keyring >/dev/null")

    def tearDown(self):
        self.folder.cleanup()

    def test_made_once_and_found_again(self):
        out, errors = on_a_bus(self.home, self.keyring, f"{self.tool} 20", f"{self.tool} 20")
        self.assertEqual(len(out), 2, errors)
        self.assertTrue(out[0].startswith("good "), out)
        self.assertEqual(out[0], out[1])
        again, errors = on_a_bus(self.home, self.keyring, f"{self.tool} 20")
        self.assertEqual(again, out[:1], errors)

    def test_two_people_have_two_keys(self):
        first, _ = on_a_bus(self.home, self.keyring, f"{self.tool} 20")
        with tempfile.TemporaryDirectory() as other:
            keyring = self.keyring.replace(self.home, other)
            second, _ = on_a_bus(other, keyring, f"{self.tool} 20")
        self.assertTrue(first[0].startswith("good ") and second[0].startswith("good "), (first, second))
        self.assertNotEqual(first, second)

    def test_something_else_is_there(self):
        out, errors = on_a_bus(self.home, self.keyring,
                               "printf nonsense | secret-tool store --label=x xdg:schema org.simauth.SetupKeys kind seal",
                               f"{self.tool} 20")
        self.assertTrue(out and out[0].startswith("failed the Secret Service holds something else"), (out, errors))

    def test_locked_and_nobody_is_asked(self):
        """A keyring that is locked fails at once; the same keyring gives its key when it was unlocked (by another daemon,
        for the password of the first is nothing that a program can give it without a prompt)."""
        began = time.monotonic()
        lock = ("dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets "
                "org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null")
        out, errors = on_a_bus(self.home, self.keyring, f"{self.tool} 20", lock, f"{self.tool} 20 now",
                               f"kill {PID}", GONE, self.keyring, f"{self.tool} 20 now")
        self.assertEqual(len(out), 3, errors)
        self.assertTrue(out[0].startswith("good ") and out[1].startswith("failed Secret Service: it is still locked"), out)
        self.assertEqual(out[2], out[0])
        self.assertLess(time.monotonic() - began, 20)

    def test_no_desktop(self):
        done = subprocess.run([TOOL, "5"], env={**OPTIONS, "PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=20,
                              check=False)
        self.assertEqual(done.stdout.strip(), "none")

    def test_a_bus_without_a_secret_service(self):
        """Not there is something else than not giving: the key of the machine is used then."""
        for address in ("unix:path=/nonexistent/bus", None):
            words = [TOOL, "5"]
            environment = {**OPTIONS, "PATH": os.environ["PATH"], "XDG_DATA_DIRS": "/nonexistent", "HOME": self.home}
            if address:
                environment["DBUS_SESSION_BUS_ADDRESS"] = address
            else:
                config = os.path.join(self.home, "bus.conf")
                with open(config, "w", encoding="ascii") as file:
                    file.write("<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
                               "<policy context='default'><allow send_destination='*' eavesdrop='true'/>"
                               "<allow receive_sender='*' eavesdrop='true'/><allow own='*'/></policy></busconfig>")
                words = ["dbus-run-session", "--config-file", config, "--", *words]
            done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.stdout.strip(), "none", done.stderr)

    def test_a_service_that_never_answers(self):
        """A stopped keyring: the wait ends by itself."""
        began = time.monotonic()
        out, errors = on_a_bus(self.home, self.keyring, "secret-tool lookup a b || true",
                               f"pid={PID}", "kill -STOP $pid", f"{self.tool} 1 || true", "kill -CONT $pid")
        self.assertTrue(out and out[0].startswith("failed "), (out, errors))
        self.assertLess(time.monotonic() - began, 30)


if __name__ == "__main__":
    unittest.main(verbosity=2)
