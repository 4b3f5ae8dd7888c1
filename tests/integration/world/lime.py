# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""As much of a LIME key server as makes Linphone put its identity key (a=Ik, a=lime-Ik) into the SDP."""

import http.server
import threading

from . import net

PORT = 8083
REGISTER, GET_SELF_OPKS, SELF_OPKS = (1, 9), 7, 8
RC = f"\n[lime]\nlime_server_url=http://{net.PREFIX}1:{PORT}/\n"  # for linphonerc


class Server:
    """Takes every key and gives none out."""

    def __init__(self):
        registered = self.registered = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                answer = body[:3]  # version, type, curve
                if body[1] in REGISTER:
                    registered.append(self.client_address[0])
                elif body[1] == GET_SELF_OPKS:
                    answer = bytes([body[0], SELF_OPKS, body[2], 0, 0])
                self.send_response(200)
                self.send_header("Content-Type", "x3dh/octet-stream")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_words):
                pass

        server = http.server.ThreadingHTTPServer((net.PREFIX + "1", PORT), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
