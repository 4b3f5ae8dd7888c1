# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that a world runs: started in a node, watched, stopped by their own pid."""

import os
import re
import signal
import subprocess
import time


patience = 1  # how many times as long as usual anything may take (onlooker.py)


class Failed(Exception):
    """Something in the world did not do what it was asked to, with what it said last."""


class Timeout(Failed):
    """An event did not come within its limit."""


def wait_for(check, limit, what, every=0.005):
    """Call check() until it gives something true and return that; Timeout after `limit` seconds."""
    limit *= patience
    end = time.monotonic() + limit
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise Timeout(f"no {what} within {limit:g} s")
        time.sleep(every)


def tail(path, lines=15):
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])
    except OSError as error:
        return f"({error})\n"


class Process:
    """One running program and its log file."""

    def __init__(self, name, argv, log, env=None):
        self.name = name
        self.log = log
        self._expected = False
        self.insisted = False  # it did not end when it was asked to
        with open(log, "ab") as out:
            self._child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=subprocess.STDOUT, env=env,
                                           start_new_session=True)

    @property
    def pid(self):
        return self._child.pid

    @property
    def status(self):
        """None while it runs, then its exit status (negative: the signal)."""
        return self._child.poll()

    def running(self):
        return self.status is None

    def check(self):
        """Raise Failed when it ended by itself."""
        if not self.running() and not self._expected:
            raise Failed(f"{self.name} ended by itself with status {self.status}:\n"
                         f"{tail(self.log)}")
        return True

    def wait_log(self, pattern, limit=10):
        """Wait until a line of the log matches; the match."""
        regex = re.compile(pattern)

        def seen():
            self.check()
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return regex.search(log.read())
        try:
            return wait_for(seen, limit, f"'{pattern}' from {self.name}")
        except Timeout as error:
            raise Timeout(f"{error}; it said last:\n{tail(self.log)}") from None

    def send(self, number):
        self._expected = True
        if self.running():
            os.kill(self.pid, number)

    def wait(self, limit=10):
        self._expected = True
        return self._child.wait(limit * patience)

    def stop(self, limit=5, how=signal.SIGTERM):
        """Ask it to end, insist after `limit` seconds; its exit status."""
        self.send(how)
        try:
            return self._child.wait(limit * patience)
        except subprocess.TimeoutExpired:
            self.insisted = True
            os.kill(self.pid, signal.SIGKILL)
            return self._child.wait()
