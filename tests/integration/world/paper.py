# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone of the paper's experiment: the exchange is the product's (tests/paper/paper_tool), the SIP around it ours."""

import hashlib
import json
import os
import re
import secrets
import subprocess
import threading

from . import sip
from .accounts import PASSWORD_PREFIX
from .attacker import SDP
from .process import wait_for


def triplet(sim, rand=None):
    """(RAND, SRES) of this SIM, which computes XOR (TS 51.010-1): what its operator would give away."""
    rand = rand or secrets.token_bytes(16)
    return rand, bytes(a ^ b for a, b in zip(bytes.fromhex(sim["k"])[:4], rand))


class PaperPhone:
    """One subscriber; `peer`: the other side's SIM, of which one triplet is configured, as the paper has it."""

    def __init__(self, world, user, letter, host, sim, peer):
        operator = world.operators[letter]
        self.user, self.domain, self.proxy = user, operator.realm, operator.proxy.node.address
        self.node = world.node(user, host)
        self.aor = f"sip:{user}@{self.domain}"
        self.sim, self.of_peer = sim, triplet(peer)
        self.socket = self.node.socket(port=sip.PORT)
        self.heard, self.said = [], []
        self.tool = self._start_tool(world)
        threading.Thread(target=self._listen, daemon=True).start()
        self._register()

    def _start_tool(self, world):
        path = os.path.join(world.folder, f"{self.user}.json")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            json.dump(self.sim, out)
        build = os.path.dirname(os.path.dirname(world.product))
        rand, sres = self.of_peer
        return subprocess.Popen([os.path.join(build, "tests", "paper", "paper_tool"), f"soft:{path}", rand.hex(), sres.hex()],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def stop(self):
        self.tool.stdin.close()
        assert self.tool.wait(10) == 0

    def step(self, *words):
        """One step of the exchange: 'element TEXT', 'done' or 'closed WHY'."""
        self.tool.stdin.write(" ".join(words) + "\n")
        self.tool.stdin.flush()
        said = self.tool.stdout.readline().strip()
        self.said.append((words[0], said))
        return said

    def outcome(self):
        """What the exchange has come to: 'done', 'closed', or '' while it is open."""
        last = self.said[-1] if self.said else ("", "")
        if last[1].startswith("closed"):
            return "closed"
        return "done" if last[1] == "done" or last[0] == "answered" else ""

    def wait_outcome(self, outcome, count):
        wait_for(lambda: len(self.said) >= count and self.outcome() == outcome, 10,
                 f"'{outcome}' at {self.user}, who said {self.said}")

    # -- SIP -----------------------------------------------------------------------------------
    def _send(self, text, where=None):
        self.socket.sendto(text.encode(), (where or self.proxy, sip.PORT))

    def _listen(self):
        for message, address in sip.received(self.socket, self.node.address):
            known = any(m.text == message.text for m in self.heard)
            self.heard.append(message)
            if not message.is_response and not known:
                self._request(message, address)

    def _request(self, m, address):
        if m.method == "INVITE":
            self._send(self._answer(m, 100, ""), address)
            said = self.step("called", m.tag("From"))
            good = said.startswith("element ")
            self._send(self._answer(m, 200 if good else 403, said.removeprefix("element ") if good else "refused"), address)
        elif m.method == "ACK":
            if self.step("confirmed", m.branches()[-1]).startswith("closed"):
                self._bye(m)
        elif m.method == "BYE":
            self._send(self._answer(m, 200, ""), address)

    def _answer(self, m, status, tag):
        keep = [f"{n}: {v}" for n, v in m.headers if n.lower() in ("via", "from", "call-id", "cseq", "record-route")]
        to = m.header("To") + (f";tag={tag}" if tag and not m.tag("To") else "")
        body = SDP.format(address=self.node.address, digest="0" * 64) if status == 200 and m.method == "INVITE" else ""
        more = f"Contact: <sip:{self.user}@{self.node.address}>\r\nContent-Type: application/sdp\r\n" if body else ""
        return (f"SIP/2.0 {status} -\r\n" + "\r\n".join(keep) + f"\r\nTo: {to}\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}")

    def _request_text(self, method, uri, branch, lines, body=""):
        return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.node.address}:5060;branch={branch}\r\n"
                + "".join(line + "\r\n" for line in lines)
                + f"Max-Forwards: 70\r\nContact: <sip:{self.user}@{self.node.address}>\r\n"
                + ("Content-Type: application/sdp\r\n" if body else "") + f"Content-Length: {len(body)}\r\n\r\n{body}")

    def _wait(self, check, what):
        return wait_for(lambda: next((m for m in list(self.heard) if check(m)), None), 10, what)

    def _register(self):
        call, authorization = secrets.token_hex(8), []
        for number in (1, 2):
            lines = [f"From: <{self.aor}>;tag=r", f"To: <{self.aor}>", f"Call-ID: {call}", f"CSeq: {number} REGISTER", *authorization]
            self._send(self._request_text("REGISTER", f"sip:{self.domain}", f"z9hG4bK{call}{number}", lines))
            found = self._wait(lambda m, n=number: m.call_id == call and m.header("CSeq").startswith(f"{n} "), "answer to REGISTER")
            if found.status == 200:
                return
            p = dict(re.findall(r'(\w+)="([^"]*)"', found.header("WWW-Authenticate")))

            def md5(*parts):
                return hashlib.md5(":".join(parts).encode()).hexdigest()
            a1, a2 = md5(self.user, p["realm"], PASSWORD_PREFIX + self.user), md5("REGISTER", f"sip:{self.domain}")
            response = md5(a1, p["nonce"], "00000001", "c", "auth", a2) if "qop" in p else md5(a1, p["nonce"], a2)
            qop = ", qop=auth, nc=00000001, cnonce=\"c\"" if "qop" in p else ""
            authorization = [f'Authorization: Digest username="{self.user}", realm="{p["realm"]}", nonce="{p["nonce"]}", '
                             f'uri="sip:{self.domain}", response="{response}"{qop}']
        raise AssertionError(f"{self.user} is not registered: {found.text}")

    def call(self, other, change=lambda tag: tag, change_branch=lambda branch: branch):
        """Places a call; returns its Call-ID once the ACK has left, or the call was closed. change: what somebody on the
        way makes of the answer's To tag; change_branch: of our branch."""
        call, tag = secrets.token_hex(8), self.step("call").split()[1]
        lines = [f"From: <{self.aor}>;tag={tag}", f"To: <{other.aor}>", f"Call-ID: {call}", "CSeq: 1 INVITE"]
        body = SDP.format(address=self.node.address, digest="0" * 64)
        self._send(self._request_text("INVITE", other.aor, f"z9hG4bK{call}", lines, body))
        answer = self._wait(lambda m: m.call_id == call and m.is_response and m.status >= 200, "answer to INVITE")
        assert answer.status == 200, answer.text
        said = self.step("answered", change(answer.tag("To")))
        branch = change_branch(said.split()[1]) if said.startswith("element") else "z9hG4bKnothing"
        self._send(self._in_dialog(answer, "ACK", 1, branch))
        if said.startswith("closed"):
            self._send(self._in_dialog(answer, "BYE", 2, f"z9hG4bKbye{call}"))
        return call

    def _in_dialog(self, answer, method, number, branch):
        route = [f"Route: {r.strip()}" for r in reversed(",".join(answer.values("Record-Route")).split(",")) if r.strip()]
        uri = re.search(r"<([^>]+)>", answer.header("Contact")).group(1)
        lines = [*route, f"From: {answer.header('From')}", f"To: {answer.header('To')}", f"Call-ID: {answer.call_id}",
                 f"CSeq: {number} {method}"]
        return self._request_text(method, uri, branch, lines)

    def _bye(self, ack):
        """The callee closes what a wrong element 3 came for."""
        invite = next(m for m in self.heard if m.method == "INVITE" and m.call_id == ack.call_id)
        route = [f"Route: {r.strip()}" for r in ",".join(invite.values("Record-Route")).split(",") if r.strip()]
        uri = re.search(r"<([^>]+)>", invite.header("Contact")).group(1)
        lines = [*route, f"From: {ack.header('To')}", f"To: {ack.header('From')}", f"Call-ID: {ack.call_id}", "CSeq: 1 BYE"]
        self._send(self._request_text("BYE", uri, f"z9hG4bKb{ack.call_id}", lines))

    def got_bye(self, call):
        return self._wait(lambda m: m.call_id == call and not m.is_response and m.method == "BYE", f"BYE at {self.user}")
