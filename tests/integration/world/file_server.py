# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of an RCS file transfer server (GSMA RCC.07, 3.2.5) as Linphone needs to send a file and to fetch it."""

import http.server
import threading

from . import net

PORT = 8084
RC = f"\n[misc]\nfile_transfer_server_url=http://{net.PREFIX_4}1:{PORT}/\n"  # for linphonerc

FILE = """\
<?xml version="1.0" encoding="UTF-8"?>
<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp">
<file-info type="file"><file-size>{size}</file-size><file-name>file</file-name>
<content-type>application/octet-stream</content-type>
<data url="http://{address}:{port}/{number}" until="2036-01-01T00:00:00Z"/></file-info>
</file>
"""


def part(body, name):
    """The part of that name in a multipart/form-data body."""
    boundary = body.split(b"\r\n", 1)[0]
    for one in body.split(boundary):
        head, _, rest = one.partition(b"\r\n\r\n")
        if b'name="' + name + b'"' in head:
            return rest[:-2]
    raise ValueError(f"no part {name}")


class Server:
    def __init__(self):
        files = self.files = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, kind, body):
                self.send_response(status)
                if body:
                    self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not body:  # "may I?"
                    self.send_response(204)
                    self.end_headers()
                    return
                files.append(part(body, b"File"))
                self.answer(200, "application/vnd.gsma.rcs-ft-http+xml", FILE.format(
                    size=len(files[-1]), address=net.PREFIX_4 + "1", port=PORT, number=len(files)).encode())

            def do_GET(self):  # pylint: disable=invalid-name
                self.answer(200, "application/octet-stream", files[int(self.path[1:]) - 1])

            def log_message(self, *_words):
                pass

        server = http.server.ThreadingHTTPServer((net.PREFIX_4 + "1", PORT), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
