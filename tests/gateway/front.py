# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server in front of Operator B's real gateway, by both operators' certificates: passes on, holds, loses, refuses."""
import contextlib
import http.server
import json
import os
import ssl
import threading

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from operators import Pair
from phone import Answer, Connection, Phone

OLDER = b'{"type":"urn:simauth:bad-request","title":"Bad request","status":400,"detail":"batch: no such member"}'
DOWN = b'{"type":"urn:simauth:operator-down","title":"Not now","status":503}'


class Front:
    """`asked`: for each request the number of its questions, 0 for one alone. go: cleared, requests wait here. lose_after: so many
    answers are passed on, the others are lost. refuse: the numbers, from 1, of those that are told "not now". batches: False for a gateway that knows none; "nonsense" for one that errs, "long" for
    one with many certificates. redirect: a Location for every answer. garble: no answer makes sense."""

    def __init__(self, pair):
        self.pair, self.go, self.lock = pair, threading.Event(), threading.Lock()
        self.reset()
        front = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self):
                front.serve(self, self.rfile.read(int(self.headers["Content-Length"])))

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=pair.a.ca.path)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(pair.b.certificate, pair.b.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()
        pair.a.ctl("partner", "set", pair.b.title, "--connect-to", f"127.0.0.1:{self.port}")

    def reset(self):
        self.asked, self.paths = [], []
        self.lose_after, self.batches, self.redirect, self.garble, self.refuse = None, True, None, False, ()
        self.go.set()

    def close(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)

    def pass_on(self, handler, body):
        context = ssl.create_default_context(cafile=self.pair.b.ca.path)
        context.load_cert_chain(self.pair.a.certificate, self.pair.a.key)
        connection = Connection(self.pair.b.fqdn, self.pair.b.port, context)
        headers = {name: handler.headers[name] for name in ("Idempotency-Key", "Content-Type") if handler.headers[name]}
        try:
            connection.request("POST", handler.path, body, headers)
            answer = Answer(connection.getresponse())
            return answer.status, answer.headers["Content-Type"], answer.raw
        finally:
            connection.close()

    def serve(self, handler, body):
        batch = json.loads(body).get("batch")
        with self.lock:
            self.asked.append(len(batch) if batch else 0)
            self.paths.append(handler.path)
            refused = len(self.asked) in self.refuse
        self.go.wait(30)
        if refused:
            self.answer(handler, 503, "application/problem+json", DOWN)
            return
        if batch and not self.batches:
            status, kind, text = 400, "application/problem+json", OLDER
        elif batch and self.batches == "nonsense":
            status, kind, text = 200, "application/json", b'{"batch":[{}]}'
        else:
            status, kind, text = self.pass_on(handler, body)
            text += b" " * (600000 if batch and self.batches == "long" else 0)  # as with 64 times a chain of four
            text = b"{}" if self.garble else text
        with self.lock:
            lost = self.lose_after == 0
            self.lose_after = self.lose_after - 1 if self.lose_after else self.lose_after
        if lost:
            handler.close_connection = True
            return
        with contextlib.suppress(OSError):  # whoever asked may have given up
            self.answer(handler, status, kind, text)

    def answer(self, handler, status, kind, text):
        handler.send_response(307 if self.redirect else status)
        if self.redirect:
            handler.send_header("Location", self.redirect)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)


def pair_behind_front(settings_a, cleanup):
    """Two operators who have not started, and who stands before the second; `cleanup`: what ends them."""
    pair = Pair(settings_a, start=False)
    cleanup(pair.close)
    front = Front(pair)
    cleanup(front.close)
    pair.b.ctl("partner", "set", pair.a.title, "--per-minute", "100000")
    return pair, front


class Caller(threading.Thread):
    """One question on a connection of its own, with Alice's session; `more` of its members."""

    def __init__(self, alice, pair, callee=None, again=None, **more):
        super().__init__(daemon=True)
        self.phone = Phone(alice.usim, pair.a)
        self.phone.btid, self.phone.ks_naf = alice.btid, alice.ks_naf
        self.phone.ask("GET", "/v1/self")
        self.pair, self.callee, self.more = pair, callee or pair.aor_b, more
        self.key, self.seal, self.answer = os.urandom(16), X25519PrivateKey.generate(), None
        if again:
            self.key, self.seal, self.callee, self.more = again.key, again.seal, again.callee, again.more
        self.start()

    def run(self):
        self.answer = self.phone.ask_callee(self.pair.aor_a, self.callee, key=self.key, seal=self.seal, **self.more)[1]
        self.phone.connection.close()

    def end(self):
        self.join(20)
        assert self.answer is not None, "no answer"
        return self.answer

    @property
    def word(self):
        answer = self.end()
        return "good" if answer.status == 200 else answer.problem
