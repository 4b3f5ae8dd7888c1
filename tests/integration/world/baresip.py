# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's baresip: another maker's phone, driven through its ctrl_tcp module."""

import json
import os
import socket
import threading

from .accounts import PASSWORD_PREFIX
from .process import Failed, wait_for

CONTROL = 4444

CONFIG = """\
poll_method epoll
sip_listen {address}:5060
audio_player aubridge,loop
audio_source aubridge,loop
audio_alert aubridge,alert
module_path {modules}
module g711.so
module aubridge.so
module account.so
module menu.so
module ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


def _modules():
    for folder in ("/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"):
        if os.path.isdir(folder):
            return folder
    raise Failed("no baresip modules: is the package baresip-core installed?")


class Baresip:
    """A baresip of one subscriber on one node."""

    def __init__(self, node, user, domain):
        self.node = node
        self.aor = f"sip:{user}@{domain}"
        self.process = None
        self.events = []
        self._control = None
        node.write("baresip/config", CONFIG.format(address=node.address, modules=_modules(), control=CONTROL))
        node.write("baresip/accounts", f"<{self.aor}>;auth_pass={PASSWORD_PREFIX}{user};regint=600\n", 0o600)
        node.write("baresip/contacts", "")

    def start(self):
        """Start it; returns when it is registered."""
        self.process = self.node.start("baresip", ["baresip", "-f", self.node.path("baresip")])
        self._control = wait_for(self._connect, 10, f"control port of {self.node.name}")
        threading.Thread(target=self._listen, daemon=True).start()
        self.process.wait_log(r"200 OK .* binding", limit=20)

    def _connect(self):
        self.process.check()
        try:
            return self.node.inside(lambda: socket.create_connection(("127.0.0.1", CONTROL), 1))
        except OSError:
            return None

    def _listen(self):
        """Netstrings of JSON: events, and answers to what was said."""
        waiting = b""
        self._control.settimeout(None)
        while True:
            try:
                more = self._control.recv(65536)
            except OSError:
                return
            if not more:
                return
            waiting += more
            while b":" in waiting:
                length, rest = waiting.split(b":", 1)
                if len(rest) <= int(length):
                    break
                message, waiting = rest[:int(length)], rest[int(length) + 1:]
                self.events.append(json.loads(message))

    def command(self, word, parameter=""):
        self.process.check()
        text = json.dumps({"command": word, "params": parameter, "token": "w"}).encode()
        self._control.sendall(b"%d:%s," % (len(text), text))

    def wait(self, kind, limit=10, after=0):
        """Wait for its event of that type (CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED); the event."""
        return wait_for(lambda: next((e for e in self.events[after:] if e.get("type") == kind), None), limit,
                        f"{kind} at {self.node.name}; it had {[e.get('type') for e in self.events]}")
