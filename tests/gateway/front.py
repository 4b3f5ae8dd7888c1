# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An HTTP server in front of Operator B's real gateway, by both operators' certificates: passes on, holds, loses, refuses."""
import contextlib
import http.server
import json
import ssl
import threading

from phone import Answer, Connection

OLDER = b'{"type":"urn:simauth:bad-request","title":"Bad request","status":400,"detail":"batch: no such member"}'


class Front:
    """`asked`: for each request the number of its questions, 0 for one alone. go: cleared, requests wait here. lose_after: so many
    answers are passed on, the others are lost. batches: False for a gateway that knows none; "nonsense" for one that errs, "long" for
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
        self.lose_after, self.batches, self.redirect, self.garble = None, True, None, False
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
        self.go.wait(30)
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
