# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The capture reader: SIP messages as they crossed the switch, with their time.

SIP over UDP, octet for octet, since elements must be seen exactly as sent. (Over TCP and TLS: use tshark on the
same file.)
"""

from . import packet, sip
from .process import Failed


def _address(party):
    """The address of a node, a phone, a proxy, or the text itself."""
    node = getattr(party, "node", party)
    return getattr(node, "address", node)


class Messages:
    """All SIP messages of a capture, in time's order."""

    def __init__(self, path):
        self.path = path
        self._all = list(self._read(path))

    @staticmethod
    def _read(path):
        parts = packet.Reassembler()
        with open(path, "rb") as file:
            for seconds, frame in packet.read_capture(file):
                datagram = parts.add(frame)
                message = datagram and datagram.protocol == packet.UDP and sip.parse(seconds, datagram)
                if message:
                    yield message

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
