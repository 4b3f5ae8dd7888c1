# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody with a socket and no SIM: SIP messages made by hand, sent straight to a phone."""

import base64
import itertools
import re
import secrets
import threading
import time

from . import sip
from .process import wait_for
from .tamper import without_header

SDP = ("v=0\r\no=- 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
       "m=audio 9000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=zrtp-hash:1.10 {digest}\r\n")

INVITE = ("INVITE {target} SIP/2.0\r\nVia: SIP/2.0/UDP {address}:5060;branch=z9hG4bK{branch};rport\r\n"
          "From: <{caller}>{from_tag}\r\nTo: <{callee}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
          "Contact: <sip:attacker@{address}>\r\n{more}Content-Type: application/sdp\r\n"
          "Content-Length: {length}\r\n\r\n{body}")


def b64u(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def made_up_element():
    """A well-formed element 1 with a RAND and a MAC that nobody ever gave out."""
    return f"sim01.aka.{b64u(secrets.token_bytes(16))}.{b64u(secrets.token_bytes(16))}"


class Attacker:
    """A node of its own with a SIP port; answers of others are in `heard`."""

    def __init__(self, world, host=66):
        self.node = world.node("attacker", host)
        self.socket = self.node.socket(port=sip.PORT)
        self.heard = []
        self.branch = None  # of the ACKs to 2xx, instead of an ordinary one
        self.acknowledges = True
        self.sent = {}  # Call-ID -> (text, where to, when)
        self._numbers = itertools.count(1)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for message, _ in sip.received(self.socket, self.node.address):
            self.heard.append(message)
            if self.acknowledges and message.is_response and message.method == "INVITE" and message.status >= 200:
                self._acknowledge(message)

    def _acknowledge(self, response):
        text, where, _ = self.sent[response.call_id]
        target = text.split(" ")[1]
        via = next(line for line in text.split("\r\n") if line.startswith("Via:"))
        if response.status < 300:
            via = f"Via: SIP/2.0/UDP {self.node.address}:5060;branch={self.branch or 'z9hG4bKack' + response.call_id[:8]};rport"
        head = re.search(r"(?m)^CSeq: (\d+)", text)
        self.socket.sendto((f"ACK {target} SIP/2.0\r\n{via}\r\nFrom: {response.header('From')}\r\n"
                            f"To: {response.header('To')}\r\nCall-ID: {response.call_id}\r\n"
                            f"CSeq: {head[1]} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(), where)

    def send(self, text, phone):
        """One request (text or octets) to the phone's SIP port; its Call-ID."""
        where = (phone.node.address, sip.PORT)
        octets = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        words = octets.decode("utf-8", "replace")
        found = re.search(r"(?mi)^Call-ID:\s*(\S+)", words)
        if found:
            self.sent[found[1]] = (words, where, time.time())
        self.socket.sendto(octets, where)
        return found[1] if found else None

    def invite(self, phone, caller, element="", header=None, callee=None, body=None, more=""):
        """The text of an INVITE for this phone; `element`: its From tag, `header`: its SIM-Auth."""
        number = next(self._numbers)
        body = body if body is not None else self.sdp()
        more += "".join(f"SIM-Auth: {value}\r\n" for value in ([header] if isinstance(header, str) else header or []))
        return INVITE.format(
            target=f"sip:{phone.user}@{phone.node.address}", address=self.node.address, branch=f"a{number}x",
            caller=caller, callee=callee or phone.aor, from_tag=f";tag={element}" if element else f";tag=t{number}",
            call_id=f"attack-{number}-{secrets.token_hex(4)}", more=more, length=len(body.encode()), body=body)

    def sdp(self, digest=None):
        return SDP.format(address=self.node.address, digest=digest or secrets.token_hex(32))

    def again(self, message, call_id=None, change=None):
        """A captured INVITE as we send it once more: our Via alone, so that the answers come to us."""
        text = message.text
        for name in ("Via", "Record-Route", "Route"):
            text = without_header(text, name)
        first, rest = text.split("\r\n", 1)
        via = f"Via: SIP/2.0/UDP {self.node.address}:5060;branch=z9hG4bKr{next(self._numbers)}{secrets.token_hex(4)};rport"
        text = f"{first}\r\n{via}\r\n{rest}"
        if call_id:
            text = re.sub(r"(?mi)^Call-ID:.*?\r$", f"Call-ID: {call_id}\r", text)
        return change(text) if change else text

    def settle(self, phone):
        """Return when the phone has taken everything that was sent to it before."""
        text = self.invite(phone, "sip:a@a.example").split("Content-Type")[0].replace("INVITE", "OPTIONS")
        self.wait_answer(self.send(text + "Content-Length: 0\r\n\r\n", phone))

    def answers(self, call_id, above=100):
        return [m for m in self.heard if m.is_response and m.call_id == call_id and m.status > above]

    def wait_answer(self, call_id, above=100, limit=5):
        """The first answer above 100 (or another bound) to what was sent with that Call-ID."""
        return wait_for(lambda: next(iter(self.answers(call_id, above)), None), limit,
                        f"answer above {above} to {call_id}")

    def delay(self, message):
        """Seconds from the INVITE to this answer of it."""
        return message.time - self.sent[message.call_id][2]

    def cancel(self, call_id):
        text, where, _ = self.sent[call_id]
        head = text.split("\r\n\r\n")[0].split("\r\n")
        keep = [line for line in head[1:] if re.match(r"(?i)(via|from|to|call-id|max-forwards):", line)]
        number = re.search(r"(?mi)^CSeq:\s*(\d+)", text)[1]
        self.socket.sendto("\r\n".join([f"CANCEL {head[0].split(' ')[1]} SIP/2.0", *keep, f"CSeq: {number} CANCEL",
                                        "Content-Length: 0", "", ""]).encode(), where)
