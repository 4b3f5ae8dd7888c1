# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The n-th allocation, file or socket operation of a program fails (libnth.so; nth.h has the struct).

    nth = Nth(folder)                          # environment for the program: nth.environment
    nth.arm("files", 7, errno.ENOSPC)          # the eighth from now on, below `folder`
    ...
    nth.disarm()                               # whether it came to that
"""

import mmap
import os
import struct

FORM = struct.Struct("=qqii240s")
KINDS = {"memory": 1, "files": 2, "sockets": 3}


class Nth:
    def __init__(self, folder, library=None):
        self.folder = folder
        self.path = os.path.join(folder, "nth")
        with open(self.path, "wb") as file:
            file.write(bytes(FORM.size))
        with open(self.path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), FORM.size)
        self.disarm()
        self.environment = {"LD_PRELOAD": library or os.environ["SIMAUTH_TEST_NTH"], "SIMAUTH_NTH": self.path}

    def arm(self, kind, left, error):
        self._map[8:FORM.size] = FORM.pack(0, 0, KINDS[kind], error, self.folder.encode())[8:]
        self._map[:8] = struct.pack("=q", left)

    def hits(self):
        return struct.unpack("=q", self._map[8:16])[0]

    def disarm(self):
        """Whether one has failed."""
        self._map[:8] = struct.pack("=q", -1)
        hits = self.hits()
        self._map[8:FORM.size] = bytes(FORM.size - 8)
        return hits > 0
