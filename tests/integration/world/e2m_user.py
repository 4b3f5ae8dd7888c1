# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone made by hand that envelopes its session descriptions: SIP over UDP, bodies by the program e2m_body, media from a
network of its own. What it says is said octet for octet by the test."""

import secrets
import socket
import subprocess
import time

from .process import Failed, Timeout
from .sip import Message

SDP = ("v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n{more}")


class User:
    def __init__(self, world, node, aor, program, people, media):
        self.world, self.node, self.aor, self.program = world, node, aor, program
        self.people = people  # folder of STEM.pem and STEM.key
        self.name = aor[4:].split("@")[0]
        self.media = media  # (address, port)
        self.socket = node.socket(port=5060)
        self.socket.settimeout(0.2)
        self.heard = []
        self.calls = 0

    # -- bodies ------------------------------------------------------------------------------------------
    def sdp(self, kbit=0, more="", port=None, address=None):
        """Its description; a=rtcp-mux unless `more` says otherwise."""
        lines = (f"b=AS:{kbit}\r\n" if kbit else "") + (more or "a=rtcp-mux\r\n")
        address = address or self.media[0]
        return SDP.format(family="IP6" if ":" in address else "IP4", address=address, port=port or self.media[1], more=lines)

    def clear(self, sdp):
        return b"Content-Type: application/sdp\r\n\r\n" + sdp.encode()

    def envelope(self, sdp, peer, *words):
        """The header lines and the body of a description that is enveloped as `words` say (e2m_body.c)."""
        given, out = self.node.write("given.sdp", sdp), self.node.path("body")
        done = subprocess.run([self.program, "make", self.aor, peer, given, out, *words], capture_output=True, text=True,
                              cwd=self.people, timeout=20, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr)
        with open(out, "rb") as text:
            return text.read()

    def read(self, message, *words):
        """The description in a message that came, with keys as `words` say; and what e2m_body says of it."""
        body, out = self.node.path("came"), self.node.path("came.sdp")
        with open(body, "wb") as file:
            file.write(message.body.encode("latin-1"))
        ends = ("To", "From") if message.is_response else ("From", "To")
        aors = [message.header(name).split("<")[1].split(">")[0] for name in ends]
        done = subprocess.run([self.program, "read", *aors, message.header("Content-Type"),
                               message.header("Content-Transfer-Encoding") or "-", body, out, *words],
                              capture_output=True, text=True, cwd=self.people, timeout=20, check=False)
        if done.returncode != 0:
            raise Failed(done.stderr)
        with open(out, encoding="ascii", newline="") as text:
            return text.read(), done.stdout

    # -- SIP ---------------------------------------------------------------------------------------------
    def send(self, to, first, headers, content=b"\r\n"):
        lines = [first, *headers]
        head, _, body = content.partition(b"\r\n\r\n") if content != b"\r\n" else (b"", b"", b"")
        text = "\r\n".join(lines).encode() + b"\r\n" + (head + b"\r\n" if head else b"")
        self.socket.sendto(text + b"Content-Length: %d\r\n\r\n" % len(body) + body, to)

    def wait(self, what, limit=10, quiet=False):
        """The first message that `what` takes, also one that came before and nobody took."""
        deadline = time.monotonic() + limit
        while True:
            for message in self.heard:
                if what(message):
                    self.heard.remove(message)
                    return message
            if time.monotonic() > deadline:
                if quiet:
                    return None
                raise Timeout(f"{self.aor}: not in {limit} s; heard {[m.first_line for m in self.heard]}")
            try:
                data, source = self.socket.recvfrom(65536)
            except socket.timeout:
                continue
            self.heard.append(Message(time.time(), source, None, data.decode("latin-1")))

    def invite(self, proxy, peer, content, more=(), dialog=None):
        """A new call, or a new offer in a dialog; the dialog as a dictionary."""
        self.calls += 1
        d = dialog or {"id": f"{self.name}-{self.calls}-{secrets.token_hex(4)}", "tag": secrets.token_hex(4), "cseq": 0, "peer": peer,
                       "proxy": proxy, "to": f"<{peer}>", "route": [], "target": peer}
        d["cseq"] += 1
        d["branch"] = "z9hG4bK" + secrets.token_hex(8)
        self.send(proxy, f"INVITE {d['target']} SIP/2.0", [*self._own(d, "INVITE"), f"Contact: <sip:{self.name}@{self.node.address}>",
                                                           *more], content)
        return d

    def _own(self, d, method, branch=None):
        return [f"Via: SIP/2.0/UDP {self.node.address};branch={branch or d['branch']}", "Max-Forwards: 70", *[f"Route: {r}" for r in d["route"]],
                f"From: <{self.aor}>;tag={d['tag']}", f"To: {d['to']}", f"Call-ID: {d['id']}", f"CSeq: {d['cseq']} {method}"]

    def response(self, d, least=200, limit=10, quiet=False):
        """The next response of at least this status to the dialog's INVITE; a final one is acknowledged."""
        r = self.wait(lambda m: m.is_response and m.call_id == d["id"] and m.method == "INVITE" and m.status >= least and
                      m.header("CSeq").split()[0] == str(d["cseq"]), limit, quiet)
        if r is None:
            return None
        if 200 <= r.status < 300:
            d["to"] = r.header("To")
            if not dialog_is_there(d):
                d["route"] = list(reversed([v for line in r.values("Record-Route") for v in line.split(", ")]))
            d["target"] = r.header("Contact").split("<")[1].split(">")[0]
            self.send(d["proxy"], f"ACK {d['target']} SIP/2.0", self._own(d, "ACK", "z9hG4bK" + secrets.token_hex(8)))
        elif r.status >= 300:
            to, d["to"] = d["to"], r.header("To")
            self.send(d["proxy"], f"ACK {d['target']} SIP/2.0", self._own(d, "ACK"))
            d["to"] = to
        return r

    def cancel(self, d):
        self.send(d["proxy"], f"CANCEL {d['target']} SIP/2.0", self._own(d, "CANCEL"))

    def bye(self, d):
        d["cseq"] += 1
        self.send(d["proxy"], f"BYE {d['target']} SIP/2.0", self._own(d, "BYE", "z9hG4bK" + secrets.token_hex(8)))
        return self.wait(lambda m: m.is_response and m.call_id == d["id"] and m.method == "BYE")

    def called(self, call_id=None, limit=10):
        return self.wait(lambda m: not m.is_response and m.method == "INVITE" and call_id in (None, m.call_id), limit)

    def answer(self, invite, status, content=b"\r\n", tag=None):
        """`status` is "200 OK" or the like. The To tag is one for each INVITE."""
        tag = tag or "b" + invite.call_id[-6:]
        to = invite.header("To") if "tag=" in invite.header("To") else f"{invite.header('To')};tag={tag}"
        keep = [f"{name}: {value}" for name in ("Via", "Record-Route") for value in invite.values(name)]
        self.send(invite.source, f"SIP/2.0 {status}", [*keep, f"From: {invite.header('From')}", f"To: {to}",
                                                       f"Call-ID: {invite.call_id}", f"CSeq: {invite.header('CSeq')}",
                                                       f"Contact: <sip:{self.name}@{self.node.address}>"], content)

    def answer_any(self, method):
        """Takes a request of this kind with 200."""
        self.answer(self.wait(lambda m: not m.is_response and m.method == method), "200 OK")


def dialog_is_there(d):
    return bool(d["route"])


def packet_passes(sender, receiver, text):
    """Whether a datagram from one bound socket gets to another; both are (socket, address)."""
    receiver[0].settimeout(0.4)
    sender[0].sendto(text, receiver[1])
    try:
        while True:
            if receiver[0].recv(2048) == text:
                return True
    except socket.timeout:
        return False


def media_socket(node, address, port):
    return node.socket(port=port, address=address), (address, port)


