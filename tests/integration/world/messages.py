# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture reader: SIP messages as they crossed the switch, with their time.

Frames come from tshark (time, addresses, UDP payload); the SIP itself is read here, octet for octet, since
the elements must be seen exactly as sent.
"""

import re
import subprocess

from .process import Failed

SIP_PORT = 5060
FIELDS = ("frame.time_epoch", "ip.src", "ip.dst", "udp.payload", "tcp.payload")


def _address(party):
    """The address of a node, a phone, a proxy, or the text itself."""
    node = getattr(party, "node", party)
    return getattr(node, "address", node)


class Message:
    """One SIP message on one cable-to-cable hop."""

    def __init__(self, seconds, source, target, text):
        self.time = seconds
        self.source = source
        self.target = target
        self.text = text
        head, _, self.body = text.partition("\r\n\r\n")
        self.first_line, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
        self.headers = [(name.strip(), value.strip())
                        for name, _, value in (line.partition(":") for line in lines)]
        words = self.first_line.split(" ", 2)
        self.is_response = words[0] == "SIP/2.0"
        self.status = int(words[1]) if self.is_response else None
        cseq = (self.header("CSeq") or "0 ?").split()
        self.method = cseq[1] if self.is_response else words[0]
        self.call_id = self.header("Call-ID", "i")

    def values(self, *names):
        wanted = {name.lower() for name in names}
        return [value for name, value in self.headers if name.lower() in wanted]

    def header(self, *names):
        return next(iter(self.values(*names)), None)

    def tag(self, name):
        found = re.search(r";\s*tag=([^;\s]+)", self.header(name, name[0].lower()) or "")
        return found.group(1) if found else ""

    def branches(self):
        """Via branches from top to bottom."""
        vias = ",".join(self.values("Via", "v"))
        return re.findall(r"branch=([^;,\s]+)", vias)

    def __repr__(self):
        return f"{self.time:.6f} {self.source} > {self.target} {self.first_line}"


class Messages:
    """All SIP messages of a capture, in time's order."""

    def __init__(self, path):
        self.path = path
        self._all = list(self._read(path))

    @staticmethod
    def _read(path):
        words = ["tshark", "-n", "-r", path, "-Y", f"udp.port == {SIP_PORT} || tcp.port == {SIP_PORT}",
                 "-T", "fields", "-E", "separator=|", "-E", "occurrence=f"]
        for name in FIELDS:
            words += ["-e", name]
        result = subprocess.run(words, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise Failed(f"tshark -r {path}: {result.stderr.strip()}")
        for line in result.stdout.splitlines():
            seconds, source, target, udp, tcp = line.split("|")
            text = bytes.fromhex((udp or tcp).replace(":", "")).decode("utf-8", "replace")
            if "SIP/2.0" in text.split("\r\n", 1)[0]:
                yield Message(float(seconds), source, target, text)

    def __iter__(self):
        return iter(self._all)

    def all(self, method=None, status=None, source=None, target=None, call_id=None):
        """The messages that match everything that is given; `method` alone means requests."""
        found = []
        for message in self._all:
            if method is not None and (message.method != method or
                                       (message.is_response and status is None)):
                continue
            if status is not None and message.status != status:
                continue
            if source is not None and message.source != _address(source):
                continue
            if target is not None and message.target != _address(target):
                continue
            if call_id is not None and message.call_id != call_id:
                continue
            found.append(message)
        return found

    def first(self, method=None, **where):
        """The first such message; Failed when there is none."""
        found = self.all(method, **where)
        if not found:
            raise Failed(f"the capture has no {method or ''} {where}")
        return found[0]

    def calls(self):
        """Call-IDs of INVITEs in the order in which they were first seen."""
        return list(dict.fromkeys(m.call_id for m in self.all("INVITE")))

    def dial_delay(self, call_id=None):
        """Seconds from the caller's INVITE on its cable to the 180 that reaches it."""
        invite = self.first("INVITE", call_id=call_id)
        ringing = self.first("INVITE", status=180, target=invite.source, call_id=invite.call_id)
        return ringing.time - invite.time
