# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A back-to-back user agent on the way: two dialogs instead of one, each with a Call-ID, tags, branches and Contact of its own.

Debian 12 has none that lets media and unknown headers pass (baresip's ends the media, sipp's scenarios know neither a
second To tag nor a repeated message), so this is as much of one as calls through it need: what comes in one dialog is
said in the other, repetitions included.
"""

import itertools
import re
import threading
import time

from . import packet, sip

# Of the hop or of the dialog: each side has its own.
OWN = ("via", "from", "to", "call-id", "contact", "record-route", "route", "max-forwards", "content-length")


class Side:
    """One dialog: who the other end is, and what was said to it."""

    def __init__(self, call_id, where):
        self.call_id = call_id
        self.where = where  # (address, port) of its next hop
        self.ours = ""  # our From or To header of this dialog, with its tag
        self.theirs = ""
        self.target = None  # their Contact
        self.routes = []
        self.heard = {}  # (method, CSeq number): the request that came from there


class B2bua:
    """`keep`: names of headers that it knows and says on, besides those that every call needs; None: all of them."""

    def __init__(self, node, next_hop, keep=None):
        self.node = node
        known = {"cseq", "content-type", "supported", "allow", "user-agent", "expires", "reason"}
        self.keep = None if keep is None else {*keep, *known}
        self.socket = node.socket(port=sip.PORT)
        self.error = None
        self._next_hop = (next_hop, sip.PORT)
        self._sides = {}  # Call-ID -> (side that it came from, the other)
        self._numbers = itertools.count(1)
        threading.Thread(target=self._run, daemon=True).start()

    def check(self):
        if self.error is not None:
            raise self.error

    def _run(self):
        while True:
            payload, where = self.socket.recvfrom(65536)
            datagram = packet.Datagram(b"", where[0], self.node.address, packet.UDP, b"")
            datagram.payload, datagram.source_port, datagram.target_port = payload, where[1], sip.PORT
            message = sip.parse(time.time(), datagram)
            try:
                if message is not None:
                    self._take(message, where)
            except Exception as error:  # pylint: disable=broad-except
                self.error = error  # the test's check() says so

    def _take(self, message, where):
        if message.method == "INVITE" and not message.is_response and message.call_id not in self._sides:
            self._new_call(message, where)
        if message.call_id not in self._sides:
            return
        here, there = self._sides[message.call_id]
        if message.is_response:
            self._response(message, here, there)
        else:
            self._request(message, here, there)

    def _new_call(self, invite, where):
        number = next(self._numbers)
        a, b = Side(invite.call_id, where), Side(f"b2bua-{number}-{invite.call_id}"[:60], self._next_hop)
        a.theirs, a.ours = invite.header("From"), f"{invite.header('To')};tag=b2bua-a{number}"
        b.ours = re.sub(r";\s*tag=[^;]*", "", invite.header("From")) + f";tag=b2bua-b{number}"
        b.theirs = invite.header("To")
        b.target = invite.first_line.split(" ")[1]
        self._sides[a.call_id], self._sides[b.call_id] = (a, b), (b, a)

    def _request(self, request, here, there):
        number = request.header("CSeq").split()[0]
        here.heard[request.method, number] = request
        if request.header("Contact"):
            here.target, here.routes = address_of(request.header("Contact")), request.values("Record-Route")
        if request.method == "INVITE":
            self._say(here.where, self._head("SIP/2.0 100 Trying", request, here, False) + ["Content-Length: 0", "", ""])
        branch = f"z9hG4bKb2bua{request.method if request.method == 'ACK' else ''}{number}{there.call_id[-8:]}"
        lines = [f"{request.method} {there.target} SIP/2.0",
                 f"Via: SIP/2.0/UDP {self.node.address};branch={branch}", f"From: {there.ours}", f"To: {there.theirs}",
                 f"Call-ID: {there.call_id}", f"Contact: <sip:b2bua@{self.node.address}>", "Max-Forwards: 60",
                 *(f"Route: {route}" for route in there.routes)]
        self._say(self._hop(there), lines + self._rest(request))

    def _response(self, response, here, there):
        number, method = response.header("CSeq").split()
        request = there.heard.get((method, number))
        if request is None or response.status == 100:
            return
        if method == "INVITE" and response.status < 300 and response.tag("To"):
            here.theirs = response.header("To")
            here.target = address_of(response.header("Contact") or f"<{here.target}>")
            here.routes = list(reversed(response.values("Record-Route")))
        lines = self._head(response.first_line, request, there, True)
        if method == "INVITE":
            lines.append(f"Contact: <sip:b2bua@{self.node.address}>")
        self._say(there.where, lines + self._rest(response))

    @staticmethod
    def _head(first_line, request, side, tagged):
        """What a response has of its request."""
        to = request.header("To")
        if tagged and not re.search(r";\s*tag=", to):
            to = side.ours
        return [first_line, *(f"Via: {via}" for via in request.values("Via")),
                *(f"Record-Route: {route}" for route in request.values("Record-Route")), f"From: {request.header('From')}",
                f"To: {to}", f"Call-ID: {request.call_id}"] + ([] if tagged else [f"CSeq: {request.header('CSeq')}"])

    def _rest(self, message):
        """The headers that are nobody's own, and the body."""
        passed = [f"{name}: {value}" for name, value in message.headers if name.lower() not in OWN and
                  (self.keep is None or name.lower() in self.keep)]
        return [*passed, f"Content-Length: {len(message.body.encode())}", "", message.body]

    @staticmethod
    def _hop(side):
        """Its first route's address, or where it came from."""
        found = re.search(r"sip:(?:[^@>;]*@)?([\d.]+)", side.routes[0]) if side.routes else None
        return (found.group(1), sip.PORT) if found else side.where

    def _say(self, where, lines):
        self.socket.sendto("\r\n".join(lines).encode("utf-8", "surrogateescape"), where)


def address_of(contact):
    """The URI in a Contact."""
    found = re.search(r"<([^>]*)>", contact)
    return found.group(1) if found else contact
