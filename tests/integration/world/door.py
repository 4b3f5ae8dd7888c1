# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second door of a gateway's node, in which somebody can stand: passes on, delays, or answers itself.

    door = Door(gateway)             # port Door.PORT of the gateway's node; passes everything on
    door.delay = 0.4                 # from now on, connections that stand included
    door.stand(tls(certificate, http(b"garbage")))   # all connections are closed, and the next ones find this
    door.stand(pass_on)

A behaviour is function(connection, door): it has a thread of its own, and its connection is closed when it returns.
"""

import contextlib
import os
import re
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "net"))

from delay import pump  # noqa: E402

from .gateway import PORT  # noqa: E402


class Door:
    PORT = 8443

    def __init__(self, gateway):
        self.address = gateway.node.address
        self.name = f"{gateway.operator.gateway_name}:{self.PORT}"
        self.delay = 0  # seconds in each direction, where it passes on
        self._behaviour = pass_on
        self._open = []
        self._lock = threading.Lock()
        self._listener = gateway.node.socket(socket.SOCK_STREAM, self.PORT)
        self._listener.listen(64)
        threading.Thread(target=self._run, daemon=True).start()

    def stand(self, behaviour):
        """From now on this; connections of before end."""
        with self._lock:
            self._behaviour = behaviour
            before, self._open = self._open, []
        for connection in before:
            shut(connection)

    def hold(self, connection):
        """Close this one too when somebody else stands here."""
        with self._lock:
            self._open.append(connection)

    def _run(self):
        while True:
            connection, _ = self._listener.accept()
            self.hold(connection)
            threading.Thread(target=self._serve, args=(connection, self._behaviour), daemon=True).start()

    def _serve(self, connection, behaviour):
        with contextlib.suppress(OSError, ssl.SSLError):
            behaviour(connection, self)
        shut(connection)


def shut(connection):
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        connection.close()


def pass_on(connection, door):
    """The gateway itself, door.delay seconds away in each direction."""
    inner = socket.create_connection((door.address, PORT), 5)
    inner.settimeout(None)
    door.hold(inner)
    for end in (connection, inner):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=pump, args=(inner, connection, lambda: door.delay), daemon=True)
    back.start()
    pump(connection, inner, lambda: door.delay)
    back.join()


def raw(octets):
    """No TLS: reads, says `octets`, closes (says nothing and closes when they are empty)."""
    def behaviour(connection, _door):
        connection.recv(4096)
        connection.sendall(octets)
    return behaviour


def mute(connection, _door):
    """Takes the connection and never says a word."""
    while connection.recv(4096):
        pass


def tls(pair, act):
    """A server with this certificate (paths of certificate and key), whose requests act(connection) answers."""
    def behaviour(connection, door):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        with context.wrap_socket(connection, server_side=True) as secure:
            door.hold(secure)
            act(secure)
    return behaviour


def http(octets):
    """Act of tls(): each request is answered with these octets."""
    def act(secure):
        while secure.recv(16384):
            secure.sendall(octets)
    return act


def closes(secure):
    """Act of tls(): reads a request and is gone."""
    secure.recv(16384)


def page(body, status="200 OK", kind="application/json"):
    """An HTTP answer."""
    return (f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def whole_answer(inner):
    """One whole HTTP answer with a Content-Length."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += inner.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"\r\nContent-Length: *(\d+)", head, re.I).group(1))
    while len(body) < length:
        body += inner.recv(65536)
    return head + b"\r\n\r\n" + body


def broken_at(pair, what):
    """The gateway itself behind a certificate of its own, except that requests beginning with `what` get no answer."""
    def behaviour(connection, door):
        def act(secure):
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            with context.wrap_socket(socket.create_connection((door.address, PORT), 5)) as inner:
                request = secure.recv(65536)
                while request and not request.startswith(what):
                    inner.sendall(request)
                    secure.sendall(whole_answer(inner))
                    request = secure.recv(65536)
        tls(pair, act)(connection, door)
    return behaviour


def _whole(secure):
    """One whole HTTP request with its body; nothing when the peer is gone."""
    request = b""
    while b"\r\n\r\n" not in request:
        part = secure.recv(65536)
        if not part:
            return b""
        request += part
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"\r\nContent-Length: *(\d+)", head, re.I)
    while length and len(body) < int(length.group(1)):
        body += secure.recv(65536)
    return head + b"\r\n\r\n" + body


def requests(secure):
    """Each whole request until the peer is gone."""
    while request := _whole(secure):
        yield request


class Held:
    """A behaviour: the gateway itself, as in broken_at(), but the first request that match() likes waits for release().

    It has come when `caught` is set; the gateway has not seen it before it is released.
    """

    def __init__(self, pair, match):
        self._pair, self._match = pair, match
        self.caught = threading.Event()
        self._released = threading.Event()

    def release(self):
        self._released.set()

    def __call__(self, connection, door):
        tls(self._pair, lambda secure: self._act(secure, door))(connection, door)

    def _act(self, secure, door):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection((door.address, PORT), 5)) as inner:
            for request in requests(secure):
                if not self.caught.is_set() and self._match(request):
                    self.caught.set()
                    self._released.wait()
                inner.sendall(request)
                secure.sendall(whole_answer(inner))
