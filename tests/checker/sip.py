# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of SIP (RFC 3261) as a reader of captures needs."""

import re

COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "c": "content-type", "l": "content-length"}
START = re.compile(rb"(?:SIP/2\.0 [1-6][0-9][0-9] |[A-Z]+ \S+ SIP/2\.0\r?\n)")


class Message:
    """One message: start line, headers by lower-case name, body."""

    def __init__(self, octets):
        end = re.search(rb"\r?\n\r?\n", octets)
        head, self.body = (octets[:end.start()], octets[end.end():]) if end else (octets, b"")
        text = re.sub(r"\r?\n[ \t]+", " ", head.decode("utf-8", "surrogateescape"))
        self.start, *lines = re.split(r"\r?\n", text)
        self.headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            self.headers.setdefault(COMPACT.get(name, name), []).append(value.strip())
        length = self.header("content-length")
        if length.isdigit():
            self.body = self.body[:int(length)]

    def header(self, name):
        return self.headers.get(name, [""])[0]

    @property
    def status(self):
        """0 for a request."""
        return int(self.start.split(" ")[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self):
        return self.header("cseq").split()[-1] if self.header("cseq") else ""

    @property
    def call_id(self):
        return self.header("call-id")

    def tag(self, name):
        match = re.search(r";\s*tag\s*=\s*([^;,\s>]+)", re.sub(r"^.*>", "", self.header(name)), re.IGNORECASE)
        return match[1] if match else None

    def uri(self, name):
        value = self.header(name)
        match = re.search(r"<([^>]*)>", value)
        return match[1] if match else value.partition(";")[0].strip()

    def bottom_branch(self):
        vias = [via.strip() for value in self.headers.get("via", []) for via in value.split(",")]
        match = re.search(r";\s*branch\s*=\s*([^;,\s]+)", vias[-1], re.IGNORECASE) if vias else None
        return match[1] if match else None

    def sdp(self):
        """The application/sdp part; b"" when there is none."""
        kind = self.header("content-type").lower()
        if kind.startswith("application/sdp"):
            return self.body
        boundary = re.search(r'boundary="?([^";]+)"?', self.header("content-type"))
        if not kind.startswith("multipart/") or boundary is None:
            return b""
        for part in self.body.split(b"--" + boundary[1].encode()):
            head, _, body = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
            if re.search(rb"^content-type:\s*application/sdp", head, re.IGNORECASE | re.MULTILINE):
                return body.removesuffix(b"\r\n")
        return b""


def parse(octets):
    """None when it is no SIP message."""
    return Message(octets) if START.match(octets) else None
