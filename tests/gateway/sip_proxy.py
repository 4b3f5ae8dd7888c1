# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIP proxy as far as a MESSAGE needs one: takes it over UDP, TCP or TLS and answers as it is told."""
import queue
import re
import select
import socket
import ssl
import threading


class Proxy:
    def __init__(self, transport="udp", status="200 OK", lose=0, tls=None):
        self.transport, self.status, self.lose = transport, status, lose
        self.seen, self.arrivals = queue.Queue(), 0
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.context = None
        if tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*tls)
        self.ending, self.end = socket.socketpair()
        if transport != "udp":
            self.socket.listen()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def close(self):
        self.end.send(b"x")
        self.thread.join(5)
        for s in (self.socket, self.ending, self.end):
            s.close()

    def answer(self, text):
        """What goes back to a request, or None."""
        self.arrivals += 1
        if self.arrivals <= self.lose:
            return None
        self.seen.put(text)
        copied = "".join(f"{line}\r\n" for line in text.split("\r\n\r\n")[0].split("\r\n")
                         if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq"))
        return f"SIP/2.0 {self.status}\r\n{copied}Content-Length: 0\r\n\r\n"

    def run(self):
        while True:
            ready, _, _ = select.select([self.socket, self.ending], [], [], 30)
            if self.socket not in ready:
                return
            if self.transport == "udp":
                data, peer = self.socket.recvfrom(65535)
                back = self.answer(data.decode())
                if back:
                    self.socket.sendto(back.encode(), peer)
                continue
            self.serve_stream(self.socket.accept()[0])

    def serve_stream(self, peer):
        peer.settimeout(5)
        try:
            if self.context:
                peer = self.context.wrap_socket(peer, server_side=True)
            text = ""
            while "\r\n\r\n" not in text or len(text.split("\r\n\r\n", 1)[1]) < int(
                    re.search(r"Content-Length: (\d+)", text)[1]):
                part = peer.recv(65535)
                if not part:
                    return
                text += part.decode()
            peer.sendall((self.answer(text) or "").encode())
        except OSError:
            pass
        finally:
            peer.close()

    def nonce(self, aor):
        """Of the next MESSAGE, after what stands around it was found right."""
        text = self.seen.get(timeout=15)
        head, body = text.split("\r\n\r\n", 1)
        assert head.startswith(f"MESSAGE {aor} SIP/2.0\r\n"), head
        assert f"\r\nTo: <{aor}>\r\n" in head and "\r\nMax-Forwards: 70\r\n" in head, head
        assert re.search(r"\r\nVia: SIP/2.0/%s [\d.]+:\d+;rport;branch=z9hG4bK\w{32}\r\n" % self.transport.upper(), head)
        assert int(re.search(r"Content-Length: (\d+)", head)[1]) == len(body.encode()), text
        return re.match(r"SIMAUTH address check ([\w-]{22})\r\n", body)[1]
