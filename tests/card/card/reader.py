# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: a reader of our own with cards in it (../reader), started, watched and stopped."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time

from .log import commands

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "reader")

_LIBC, _PR_SET_PDEATHSIG = ctypes.CDLL(None), 1  # a test that dies takes its reader along


def order(path, what):
    """Send one order to a card's control socket; its reply."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(path)
        peer.sendall(json.dumps(what).encode() + b"\n")
        reply = json.loads(peer.makefile().readline())
    if not reply["ok"]:
        raise ValueError(reply["error"])
    return reply


class Reader:
    """`profiles` are paths.  `env` is what a client needs.  A context manager."""

    def __init__(self, folder, profiles, plans=(), out=False, start=None):
        self.folder, self._out, self._count = os.path.abspath(folder), out, len(profiles)
        argv = [PROGRAM, "--folder", self.folder]
        for profile in profiles:
            argv += ["--card", profile]
        for plan in plans:
            argv += ["--plan", plan]
        self._argv = argv + (["--out"] if out else [])
        self._start = start or self._popen
        self._process = None

    def _popen(self, argv):
        return subprocess.Popen([sys.executable, "-B", *argv], stdout=subprocess.DEVNULL,
                                preexec_fn=lambda: _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM))

    @property
    def env(self):
        return {"PCSCLITE_CSOCK_NAME": self.path("run", "pcscd", "pcscd.comm")}

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def _sockets(self):
        return [self.env["PCSCLITE_CSOCK_NAME"]] + [self.path(f"card{n}.sock") for n in (0, 1)]

    def __enter__(self):
        for path in filter(os.path.exists, self._sockets()):
            os.unlink(path)  # of an earlier run in this folder
        self._process = self._start(self._argv)
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_ready(self):
        self.wait(lambda: os.path.exists(self.env["PCSCLITE_CSOCK_NAME"]), "pcscd's socket")
        for slot in range(self._count):
            self.wait(lambda slot=slot: os.path.exists(self.path(f"card{slot}.sock")), "the card")
            if not self._out:
                self.wait_powered(slot)

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(15)

    def wait(self, check, what, limit=10):
        end = time.monotonic() + limit
        while not check():
            if time.monotonic() > end:
                raise TimeoutError(f"no {what} within {limit} s")
            time.sleep(0.01)

    def wait_powered(self, slot=0):
        """Until pcscd has seen the card and powered it."""
        self.wait(lambda: self.order({"do": "status"}, slot)["powered"], "power on the card")

    def order(self, what, slot=0):
        return order(self.path(f"card{slot}.sock"), what)

    def commands(self, *names, slot=0):
        """What the card was told, from its log."""
        return commands(self.path(f"card{slot}.log"), *names)
