# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection to a SIP server made by hand: a user's, another server's, or somebody's who is neither.

    user = Connection(world, "sip.operator-b.example's address", certificate=..., tls=True)
    user.register("carol", "operator-b.example")
    response = user.invite("sips:bob@operator-b.example", "sips:carol@operator-b.example")
"""

import hashlib
import itertools
import re
import secrets
import socket
import ssl
import time

from . import sip
from .accounts import PASSWORD_PREFIX
from .process import Timeout

SDP = "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 9000 RTP/AVP 0\r\n"
numbers = itertools.count(1)


class Connection:
    """One TCP or TLS connection from a node to a SIP server; what comes over it is in `heard`."""

    def __init__(self, node, address, port=5061, tls=True, certificate=None, root=None):
        self.node = node
        self.tls = tls
        self.heard = []
        self.said = ""
        self._rest = b""
        self._cseq = itertools.count(1)
        raw = node.inside(lambda: socket.create_connection((address, port), 5))
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_REQUIRED if root else ssl.CERT_NONE
            if root:
                context.load_verify_locations(root)
            if certificate:
                context.load_cert_chain(*certificate)
            raw = context.wrap_socket(raw)
        self.socket = raw
        self.address, self.port = raw.getsockname()[:2]

    @property
    def at(self):
        return f"{self.address}:{self.port}"

    def close(self):
        self.socket.close()

    def send(self, text):
        self.said = text
        self.socket.sendall(text.encode())

    def _next(self, deadline):
        """The next whole message, None when none came in time."""
        while True:
            head, gap, rest = self._rest.partition(b"\r\n\r\n")
            length = re.search(rb"(?mi)^(?:Content-Length|l)\s*:\s*(\d+)", head)
            if gap and len(rest) >= int(length[1] if length else 0):
                size = int(length[1] if length else 0)
                self._rest = rest[size:]
                return sip.Message(time.time(), "", "", (head + gap + rest[:size]).decode())
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                more = self.socket.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                return None
            if not more:
                return None
            self._rest += more

    def wait(self, match, limit=20, what="message"):
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            message = self._next(deadline)
            if message is not None:
                self.heard.append(message)
                if match(message):
                    return message
        raise Timeout(f"no {what} at {self.at} within {limit} s; heard {self.heard}")

    def request(self, method, target, caller, callee, more="", body="", call_id=None, via=None, credentials="", tag="x1", to_tag=""):
        """Send one request; its Call-ID."""
        call_id = call_id or f"hand-{next(numbers)}-{secrets.token_hex(4)}"
        transport = "TLS" if self.tls else "TCP"
        vias = [f"SIP/2.0/{transport} {self.at};branch=z9hG4bK{secrets.token_hex(6)}"] + ([via] if via else [])
        self.send(f"{method} {target} SIP/2.0\r\n" + "".join(f"Via: {one}\r\n" for one in vias) +
                  f"From: <{caller}>;tag={tag}\r\nTo: <{callee}>{to_tag}\r\nCall-ID: {call_id}\r\n"
                  f"CSeq: {next(self._cseq)} {method}\r\nMax-Forwards: 70\r\n{credentials}{more}"
                  f"Content-Length: {len(body)}\r\n\r\n{body}")
        return call_id

    def _final(self, call_id):
        return self.wait(lambda m: m.is_response and m.call_id == call_id and m.status >= 200, what="final response")

    def with_password(self, method, target, caller, callee, user, password=None, uri=None, **more):
        """The request, and once more with the password when it is asked for; the final response. `uri`: what the answer is made for."""
        call_id = self.request(method, target, caller, callee, **more)
        answer = self._final(call_id)
        if answer.status not in (401, 407):
            return answer
        header = answer.header("WWW-Authenticate", "Proxy-Authenticate")
        realm, nonce = (re.search(rf'{name}="([^"]*)"', header)[1] for name in ("realm", "nonce"))
        first = hashlib.md5(f"{user}:{realm}:{password or PASSWORD_PREFIX + user}".encode()).hexdigest()
        uri = uri or target
        second = hashlib.md5(f"{method}:{uri}".encode()).hexdigest()
        response = hashlib.md5(f"{first}:{nonce}:{second}".encode()).hexdigest()
        name = "Authorization" if answer.status == 401 else "Proxy-Authorization"
        self.request(method, target, caller, callee, call_id=call_id, credentials=(
            f'{name}: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}"\r\n'), **more)
        return self._final(call_id)

    def register(self, user, domain, seconds=600, scheme="sips", password=None):
        contact = f"{scheme}:{user}@{self.at}"
        aor = f"sip:{user}@{domain}"
        return self.with_password("REGISTER", f"sip:{domain}", aor, aor, user, password,
                                  more=f"Contact: <{contact}>;expires={seconds}\r\n")

    def invite(self, target, caller, user=None, password=None, more="", **other):
        """INVITE with a session description; the final response. user: with whose password; None: with none."""
        more += f"Contact: <{caller.split(':')[0]}:hand@{self.at}>\r\nContent-Type: application/sdp\r\n"
        other.setdefault("callee", target)
        other["body"] = SDP.format(self.address)
        if user is None:
            return self._final(self.request("INVITE", target, caller, more=more, **other))
        return self.with_password("INVITE", target, caller, user=user, password=password, more=more, **other)

    def decline(self, limit=20):
        """Wait for an INVITE and answer it 486; the INVITE."""
        invite = self.wait(lambda m: m.method == "INVITE" and not m.is_response, limit, "INVITE")
        lines = ["SIP/2.0 486 Busy Here", *[f"Via: {via}" for via in invite.values("Via")], f"From: {invite.header('From')}",
                 f"To: {invite.header('To')};tag=busy", f"Call-ID: {invite.call_id}", f"CSeq: {invite.header('CSeq')}",
                 "Content-Length: 0", "", ""]
        self.send("\r\n".join(lines))
        return invite


def why(response):
    """The sentence of a refusal."""
    found = re.search(r'"(.*)"', response.header("Warning") or "")
    return found[1] if found else ""
