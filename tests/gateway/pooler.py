# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands before a PostgreSQL: a pooler, as PgBouncer in transaction mode is (each transaction of a client gets a
connection of the server for itself, and gives it back), and a way that breaks at the worst moment."""
import contextlib
import os
import shutil
import socket
import struct
import tempfile
import threading

COMMIT = b"Q\0\0\0\x0bCOMMIT\0"


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


class Door:
    """On a Unix socket."""

    def __init__(self, server):
        self.door = os.path.join(server.folder, ".s.PGSQL.5432")
        self.folder = tempfile.mkdtemp(prefix="simauth-pooler-")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(os.path.join(self.folder, ".s.PGSQL.5432"))
        self.listener.listen()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def behind_it(self):
        behind = socket.socket(socket.AF_UNIX)
        behind.connect(self.door)
        return behind

    def close(self):
        self.listener.close()
        shutil.rmtree(self.folder)


class Gap(Door):
    """A connection of the server for each client. lose: set, the server hears the next COMMIT after a record was written,
    and nobody its answer."""

    def __init__(self, server):
        self.lose = threading.Event()
        super().__init__(server)

    def serve(self, client):
        with client, self.behind_it() as behind:
            over = threading.Event()
            threading.Thread(target=self.back, args=(behind, client, over), daemon=True).start()
            asked, statement, wrote = message(client, typed=False), b"", False
            while asked:
                if asked[:1] == b"P" and b"INSERT INTO record" in asked:
                    statement = asked[5:].split(b"\0")[0]
                wrote = wrote or asked[:1] == b"B" and asked[5:].split(b"\0")[1] == statement
                if asked == COMMIT:
                    if wrote and self.lose.is_set():
                        self.lose.clear()
                        over.set()
                    wrote = False
                behind.sendall(asked)
                asked = message(client)

    @staticmethod
    def back(behind, client, over):
        with contextlib.suppress(OSError):
            while said := behind.recv(65536):
                if over.is_set():
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(said)


class Pooler(Door):
    """One connection of the server is enough to be seen."""

    def __init__(self, server):
        self.turn, self.behind, self.welcome = threading.Lock(), None, b""
        super().__init__(server)

    def greet(self, client):
        hello = message(client, typed=False)
        with self.turn:
            if not self.behind:
                self.behind = self.behind_it()
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
