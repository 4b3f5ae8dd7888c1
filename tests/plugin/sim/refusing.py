# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What polkit's refusals look like to a client of pcscd. Debian 12's pcscd asks no polkit, so this stands before it.

service: no access_pcsc, so pcscd closes the connection unheard (winscard_svc.c, ContextThread). card: no access_card,
so SCardConnect alone has SCARD_W_SECURITY_VIOLATION as its result.
"""

import socket
import struct
import threading

CONNECT = 0x04  # enum pcsc_msg_commands
VIOLATION = 0x8010006A


def take(peer, length):
    octets = b""
    while len(octets) < length:
        more = peer.recv(length - len(octets))
        if not more:
            raise EOFError
        octets += more
    return octets


class Refusing:
    def __init__(self, path, behind, what):
        self._behind, self._what = behind, what
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        try:
            while True:
                peer, _ = self._listener.accept()
                if self._what == "service":
                    peer.close()
                else:
                    threading.Thread(target=self._serve, args=(peer,), daemon=True).start()
        except OSError:
            pass

    @staticmethod
    def _back(peer, service):
        try:
            while octets := service.recv(65536):
                peer.sendall(octets)
        except OSError:
            pass

    def _serve(self, peer):
        with peer, socket.socket(socket.AF_UNIX) as service:
            service.connect(self._behind)
            threading.Thread(target=self._back, args=(peer, service), daemon=True).start()
            try:
                while True:
                    head = take(peer, 8)
                    length, command = struct.unpack("=II", head)
                    body = take(peer, length)
                    if command == CONNECT:  # the same structure comes back; its last member is the result
                        peer.sendall(body[:-4] + struct.pack("=I", VIOLATION))
                    else:
                        service.sendall(head + body)
            except (EOFError, OSError):
                service.shutdown(socket.SHUT_RDWR)
