# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that crosses the switch, in one file."""

import os
import signal
import socket

from . import net
from .process import Process, wait_for


class Capture:
    """dumpcap on the switch (each packet once for each cable-to-cable hop) or on one node's cable."""

    def __init__(self, path, log, interface=net.SWITCH):
        self.path = path
        self._process = Process("capture", ["dumpcap", "-q", "-P", "-i", interface, "-w", path], log)
        self._process.wait_log(r"File: ")

    def _wait_until_here(self):
        """Wait until all that was on the switch before now is in the file.

        The kernel hands packets over in blocks, and dumpcap drops what is left when it is told to
        end. So a packet of ours is sent, and waited for.
        """
        mark = b"end of capture " + os.urandom(8)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as discard:
            discard.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            discard.sendto(mark, (net.PREFIX_4 + "255", 9))

        def seen():
            self._process.check()
            with open(self.path, "rb") as file:
                file.seek(max(0, os.path.getsize(self.path) - 65536))
                return mark in file.read()
        wait_for(seen, 10, "end of the capture", every=0.02)

    def stop(self):
        """End the capture; the file is complete afterwards."""
        if self._process.running():
            self._wait_until_here()
            self._process.stop(how=signal.SIGINT)
            os.chmod(self.path, 0o644)
        return self.path
