#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tests/alone: what is killed, its starter too, leaves no process and no mount. Skipped (77) without root."""
import os
import signal
import subprocess
import sys
import time
import unittest

ALONE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "alone")
# Says where it mounts and who it is for the kernel outside, and stays with a child of its own.
INSIDE = r"""
mkdir "$TMPDIR/there"
mount -t tmpfs planted "$TMPDIR/there"
sleep 100 &
echo "mounted $(grep -c planted /proc/self/mountinfo)"
wait
"""


def mounts():
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [line for line in file if "planted" in line]


def namespaces():
    """The mount namespaces that processes are in."""
    seen = set()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            seen.add(os.readlink(f"/proc/{pid}/ns/mnt"))
        except OSError:
            pass
    return seen


class Alone(unittest.TestCase):
    def begin(self):
        """(the starter, the namespace of what it started)"""
        before = namespaces()
        starter = subprocess.Popen(["/bin/sh", "-c", '"$0" bash -c "$1"; exit 3', ALONE, INSIDE], stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(starter.wait)
        self.addCleanup(starter.stdout.close)
        self.addCleanup(starter.kill)
        self.assertEqual(starter.stdout.readline(), "mounted 1\n")
        with open(f"/proc/{starter.pid}/task/{starter.pid}/children", encoding="ascii") as file:
            room = self.inner(file.read().split()[0])
        self.assertNotIn(room, before)
        return starter, room

    @staticmethod
    def inner(unshare):
        with open(f"/proc/{unshare}/task/{unshare}/children", encoding="ascii") as file:
            return os.readlink(f"/proc/{file.read().split()[0]}/ns/mnt")

    def test_the_starter_is_killed(self):
        starter, room = self.begin()
        self.assertEqual(mounts(), [])
        starter.send_signal(signal.SIGKILL)
        end = time.monotonic() + 30
        while room in namespaces():
            self.assertLess(time.monotonic(), end, "what it started is still there")
            time.sleep(0.02)

    def test_what_it_returns(self):
        done = subprocess.run([ALONE, "sh", "-c", "echo hello; exit 7"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (7, "hello\n"))


if __name__ == "__main__":
    if os.getuid() != 0:
        print("skipped: namespaces need root")
        sys.exit(77)
    unittest.main()
