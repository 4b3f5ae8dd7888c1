# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pooler before a PostgreSQL, as PgBouncer in transaction mode is: each transaction of a client gets a connection of
the server for itself, and gives it back."""
import os
import shutil
import socket
import struct
import tempfile
import threading


def message(connection, typed=True):
    """One whole message; b"": the other side has gone."""
    head = b""
    while len(head) < (5 if typed else 4):
        if not (more := connection.recv((5 if typed else 4) - len(head))):
            return b""
        head += more
    left = struct.unpack("!I", head[-4:])[0] - 4
    while left > 0:
        if not (more := connection.recv(left)):
            return b""
        head, left = head + more, left - len(more)
    return head


class Pooler:
    """On a Unix socket; one connection of the server is enough to be seen."""

    def __init__(self, server):
        self.door = os.path.join(server.folder, ".s.PGSQL.5432")
        self.folder = tempfile.mkdtemp(prefix="simauth-pooler-")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, ".s.PGSQL.5432"))
        self.listener.listen()
        self.turn, self.behind, self.welcome = threading.Lock(), None, b""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def greet(self, client):
        hello = message(client, typed=False)
        with self.turn:
            if not self.behind:
                self.behind = socket.socket(socket.AF_UNIX)
                self.behind.connect(self.door)
                self.behind.sendall(hello)
                while not (said := message(self.behind)).startswith(b"Z"):
                    self.welcome += said
                self.welcome += said
        client.sendall(self.welcome)

    def serve(self, client):
        with client:
            self.greet(client)
            while (asked := message(client)) and not asked.startswith(b"X"):
                with self.turn:
                    while not self.passed(client, asked):
                        asked = message(client)

    def passed(self, client, asked):
        """Whether the transaction is over."""
        self.behind.sendall(asked)
        if not asked or asked[:1] not in b"QS":
            return not asked
        while True:
            said = message(self.behind)
            client.sendall(said)
            if said.startswith(b"Z"):
                return said.endswith(b"I")

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder)
