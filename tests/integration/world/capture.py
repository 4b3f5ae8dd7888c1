# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that crosses the switch, in one file."""

import os
import signal

from . import net
from .process import Process


class Capture:
    """dumpcap on the switch: each packet once for each cable-to-cable hop."""

    def __init__(self, path, log):
        self.path = path
        # pcap format and a 5 s limit on nothing: dumpcap writes as packets come.
        self._process = Process("capture", ["dumpcap", "-q", "-P", "-i", net.SWITCH, "-w", path],
                                log)
        self._process.wait_log(r"File: ")

    def stop(self):
        """End the capture; the file is complete afterwards."""
        if self._process.running():
            self._process.stop(how=signal.SIGINT)
        os.chmod(self.path, 0o644)
        return self.path
