# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody on the SIP path does: read, change, drop, add. A hook for a Wire.

    tamper = Tamper()
    wire.hook = tamper
    tamper.rule = rule      # rule(message, towards_node) -> None: as it is; a text or a list of texts: these instead
    tamper.late = 2.5       # what the rule changed passes that many seconds later
"""

import copy
import re
import time

from . import sip


def with_header(text, name, value):
    """The message with one header of that name more, as its last one."""
    head, gap, body = text.partition("\r\n\r\n")
    return f"{head}\r\n{name}: {value}{gap}{body}"


def without_header(text, name):
    head, gap, body = text.partition("\r\n\r\n")
    lines = [line for line in head.split("\r\n") if not line.lower().startswith(name.lower() + ":")]
    return "\r\n".join(lines) + gap + body


def with_body(text, body):
    """The message with another body and its right Content-Length."""
    head = text.partition("\r\n\r\n")[0]
    head = re.sub(r"(?im)^(Content-Length|l)\s*:.*$", f"Content-Length: {len(body.encode())}\r", head)
    return f"{head.replace(chr(13) * 2, chr(13))}\r\n\r\n{body}"


def with_tag(text, name, tag):
    """The message with another tag in its From or To."""
    return re.sub(rf"(?im)^({name}|{name[0]})(\s*:.*;\s*tag=)[^;\s]+", rf"\g<1>\g<2>{tag}", text)


def other_octet(text, place=-3):
    """A token with one character changed into another one of the same alphabet, its length kept.

    Not the last one: in base64url that may hold spare bits, which would be malformed instead.
    """
    letter = "A" if text[place] != "A" else "B"
    return text[:place] + letter + text[place:][1:]


def other_hash(text):
    """The message with another zrtp-hash in its session description."""
    return re.sub(r"(a=zrtp-hash:1\.10 )([0-9a-f])", lambda m: m[1] + ("0" if m[2] != "0" else "1"), text)


class Tamper:
    def __init__(self):
        self.rule = None
        self.passed = []  # (towards node, sip.Message), as they came to the cable
        self.changed = 0
        self.late = 0

    def __call__(self, datagram, towards_node):
        message = sip.parse(time.time(), datagram)
        if message is None:
            yield 0, datagram
            return
        self.passed.append((towards_node, message))
        texts = self.rule(message, towards_node) if self.rule else None
        if texts is None:
            yield 0, datagram
            return
        self.changed += 1
        for text in [texts] if isinstance(texts, str) else texts:
            other = copy.copy(datagram)
            other.payload = text.encode("utf-8", "surrogateescape")
            yield self.late, other

    def last(self, method, status=None, towards_node=None):
        """The last such message; `status` None: a request."""
        return next((m for towards, m in reversed(self.passed) if m.method == method and m.status == status and
                     towards_node in (None, towards)), None)

    def count(self, method, status=None, text=""):
        return sum(m.method == method and m.status == status and text in m.text for _, m in list(self.passed))
