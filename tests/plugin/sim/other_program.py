# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another program on the desktop: connects to the card, says so, and on a line lets it go; "reset" resets it first, and "use" only
sends it a command, in a transaction.

A process of its own, since libpcsclite remembers the first socket that a process used.
"""

import ctypes
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "card"))

from card import client  # noqa: E402


class Other(client.Client):
    def use(self):
        word = ctypes.c_ulong
        self._lib.SCardBeginTransaction.restype = self._lib.SCardEndTransaction.restype = ctypes.c_long
        self._call("BeginTransaction", self._card)
        assert self.send(bytes.fromhex("00a4000c023f00"))[-2:-1] in (b"\x90", b"\x61")
        self._call("EndTransaction", self._card, word(client.LEAVE))

    def reset(self):
        word, used = ctypes.c_ulong, ctypes.c_ulong()
        self._call("Reconnect", self._card, word(client.SHARED), word(client.T0), word(1), ctypes.byref(used))


def main():
    other = Other({})
    print("connected", flush=True)
    while (line := sys.stdin.readline()) == "use\n":
        other.use()
        print("used", flush=True)
    if line == "reset\n":
        other.reset()
    other.close()


main()
