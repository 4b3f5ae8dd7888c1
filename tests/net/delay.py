# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One direction of a long line between two sockets."""
import contextlib
import queue
import socket
import threading
import time


def pump(source, target, delay):
    """Octets from source to target, each part delay() seconds late, and then the end of them. Returns when that has been read; what
    is on its way then still comes."""
    parts = queue.SimpleQueue()

    def send():
        with contextlib.suppress(OSError):
            while True:
                due, data = parts.get()
                time.sleep(max(0, due - time.monotonic()))
                if not data:
                    target.shutdown(socket.SHUT_WR)
                    return
                target.sendall(data)
    threading.Thread(target=send, daemon=True).start()
    data = b"."
    while data:
        try:
            data = source.recv(65536)
        except OSError:
            data = b""
        parts.put((time.monotonic() + delay(), data))
