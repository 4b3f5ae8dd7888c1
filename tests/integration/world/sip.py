# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIP messages as tests and the quick start read them: octet for octet, with no library of the product."""

import re
import time

from . import packet

PORT = 5060

# An element wherever it stands: a tag, or a Via branch behind the magic cookie.
ELEMENT = re.compile(r"(?:z9hG4bK\.)?sim0[1-4]\.[A-Za-z0-9_.-]+")


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
        return re.findall(r"branch=([^;,\s]+)", ",".join(self.values("Via", "v")))

    def elements(self):
        """{place: element} of what stands in From tag, To tag, bottom branch and SIM-Auth."""
        places = {"From tag": self.tag("From"), "To tag": self.tag("To"),
                  "SIM-Auth": self.header("SIM-Auth") or ""}
        branch = (self.branches() or [""])[-1]
        if branch.startswith("z9hG4bK.sim0"):
            places["Via branch"] = branch
        return {place: text for place, text in places.items()
                if text.startswith(("sim0", "z9hG4bK.sim0"))}

    def __repr__(self):
        return f"{self.time:.6f} {self.source} > {self.target} {self.first_line}"


def parse(seconds, datagram):
    """The Message in a packet.Datagram, or None."""
    if PORT not in (datagram.source_port, datagram.target_port):
        return None
    text = datagram.payload.decode("utf-8", "replace")
    if "SIP/2.0" not in text.split("\r\n", 1)[0]:
        return None
    return Message(seconds, datagram.source, datagram.target, text)


def received(socket, own):
    """(Message, address it came from), as they come to this UDP socket of the address `own`; for a thread of its own."""
    while True:
        payload, (address, port) = socket.recvfrom(65536)
        datagram = packet.Datagram(b"", address, own, 0, payload)
        datagram.source_port, datagram.target_port = port, PORT
        message = parse(time.time(), datagram)
        if message is not None:
            yield message, address
