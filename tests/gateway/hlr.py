# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's osmo-hlr as an ordinary process, and a TCP proxy that makes it slow, silent or half an HLR."""
import os
import random
import select
import shutil
import socket
import sqlite3
import subprocess
import threading
import time

PROGRAM = shutil.which("osmo-hlr")
TOOL = shutil.which("osmo-hlr-db-tool")
PORT = 4222  # osmo-hlr has no setting for it, so each has an address of its own
MILENAGE = 5  # enum osmo_auth_algo
COMP128V1 = 1

CONFIG = """log stderr
 logging filter all 1
 logging color 0
 logging level main notice
line vty
 bind {address}
ctrl
 bind {address}
hlr
 gsup
  bind ip {address}
"""


def known_here_alone(operator, imsi, user):
    """A subscriber of the gateway's whom no HLR or UDM knows."""
    operator.ctl("subscriber", "add", imsi, "--nai", f"{user}@{operator.realm}")
    operator.ctl("binding", "add", f"sip:{user}@{operator.realm}", imsi)


class Hlr:
    def __init__(self, folder):
        self.folder = os.path.join(folder, "hlr")
        os.mkdir(self.folder)
        self.address = "127.%d.%d.%d" % tuple(random.randrange(1, 255) for _ in range(3))
        self.database = os.path.join(self.folder, "hlr.db")
        self.log = os.path.join(self.folder, "hlr.log")
        self.config = os.path.join(self.folder, "hlr.cfg")
        with open(self.config, "w") as f:
            f.write(CONFIG.format(address=self.address))
        subprocess.run([TOOL, "-l", self.database, "create"], check=True, capture_output=True)
        self.process = None

    def settings(self):
        """What a gateway needs to ask this one."""
        return {"auc.type": "gsup", "auc.module": os.environ["SIMAUTH_GATEWAY_GSUP"], "auc.hlr_address": self.address}

    def execute(self, statement, values=()):
        db = sqlite3.connect(self.database, timeout=5)
        with db:
            cursor = db.execute(statement, values)
            rows = cursor.fetchall()
        row_id = cursor.lastrowid
        db.close()
        return rows or row_id

    def add(self, imsi, k, opc):
        number = self.execute("INSERT INTO subscriber (imsi) VALUES (?)", (imsi,))
        self.execute("INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) VALUES (?, ?, ?, ?)",
                     (number, MILENAGE, k.hex(), opc.hex()))

    def add_2g(self, imsi, ki):
        number = self.execute("INSERT INTO subscriber (imsi) VALUES (?)", (imsi,))
        self.execute("INSERT INTO auc_2g (subscriber_id, algo_id_2g, ki) VALUES (?, ?, ?)",
                     (number, COMP128V1, ki.hex()))

    def start(self):
        self.output = open(self.log, "ab")
        self.process = subprocess.Popen([PROGRAM, "-c", self.config, "-l", self.database], stdout=self.output,
                                        stderr=self.output, cwd=self.folder)
        limit = time.monotonic() + 10
        while True:
            assert self.process.poll() is None, open(self.log).read()
            try:
                socket.create_connection((self.address, PORT), 1).close()
                return self
            except OSError:
                assert time.monotonic() < limit, "HLR does not listen"
                time.sleep(0.02)

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.process = None
            self.output.close()


class Proxy:
    """Between gateway and HLR. mode: "pass"; "mute" keeps back what the HLR says; "half" lets the next answer end in its
    middle, then keeps back; "lose" loses the next vector, then passes; "cut" ends the next connection that asks something, then passes. freeze() keeps back for ever
    what comes on the connections of now."""

    def __init__(self, hlr, port=PORT):
        self.hlr, self.hlr_port, self.mode = hlr, port, "pass"
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs, self.kept, self.frozen, self.closed = {}, {}, set(), False
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def accept(self):
        near, _ = self.listener.accept()
        try:
            far = socket.create_connection((self.hlr.address, self.hlr_port), 1)
        except OSError:
            near.close()
            return
        self.pairs[near], self.pairs[far] = (far, False), (near, True)

    def drop(self, end):
        other, _ = self.pairs.pop(end)
        self.pairs.pop(other, None)
        end.close()
        other.close()

    def move(self, end):
        other, from_hlr = self.pairs[end]
        try:
            data = end.recv(65536)
            if not data:
                return self.drop(end)
            if end in self.frozen:
                return None
            if self.mode == "cut" and not from_hlr:
                self.mode = "pass"
                return self.drop(end)
            if from_hlr and self.mode == "lose" and len(data) > 40:
                self.mode = "pass"
                return None
            if from_hlr and self.mode in ("mute", "half"):
                self.kept.setdefault(other, b"")
                if self.mode == "half" and len(data) > 40:
                    other.sendall(data[:len(data) // 2])
                    data = data[len(data) // 2:]
                    self.mode = "mute"
                self.kept[other] += data
            else:
                other.sendall(data)
        except OSError:
            self.drop(end)

    def run(self):
        while not self.closed:
            ready = select.select([self.listener, *self.pairs], [], [], 0.02)[0]
            with self.lock:
                for end in ready:
                    if end is self.listener:
                        self.accept()
                    elif end in self.pairs:
                        self.move(end)

    def let(self, mode):
        """Also sends what was kept back, when it is "pass" again."""
        with self.lock:
            self.mode = mode
            if mode == "pass":
                for end, data in self.kept.items():
                    if end in self.pairs:
                        end.sendall(data)
                self.kept = {}

    def part(self):
        """The gateway's ends are closed; the HLR knows nothing of that, as where the gateway's machine lost its power. Returns
        the ends that the HLR still has."""
        with self.lock:
            ends = [far for far, (_, from_hlr) in self.pairs.items() if from_hlr]
            for far in ends:
                self.pairs.pop(far)[0].close()
            self.pairs = {near: pair for near, pair in self.pairs.items() if pair[0] not in ends}
        return ends

    def freeze(self):
        with self.lock:
            self.frozen |= set(self.pairs)

    def close(self):
        self.closed = True
        self.thread.join(5)
        for end in list(self.pairs):
            end.close()
        self.listener.close()
