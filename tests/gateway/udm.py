# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The UDM of udm_peer.py as a process: started, stopped and misbehaving."""
import json
import os
import secrets
import subprocess
import sys
import threading

from operators import Ca, free_port, write_private

PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "udm_peer.py")
STEP = 1 << 21  # of SQN, at each start: the peer keeps nothing


class Udm:
    """With TLS, certificates on both sides, a token and a prefix; or in plain HTTP/2 with none of them."""

    def __init__(self, folder, tls=True):
        self.folder = os.path.join(folder, "udm")
        os.mkdir(self.folder)
        self.tls, self.port, self.starts, self.process = tls, free_port(), 0, None
        self.subscribers, self.lines, self.flags = {}, [], ()
        self.log = os.path.join(self.folder, "udm.log")
        self.token_file, self.token = os.path.join(self.folder, "token"), "t." + secrets.token_urlsafe(64)
        self.write_token(self.token)
        if tls:
            self.ca = Ca(self.folder, "ca-udm")
            self.clients = self.ca.path
            self.certificate, self.key = self.ca.issue(self.folder, "udm", ["localhost"])
            self.client = self.ca.issue(self.folder, "client", ["ag.operator.test"])

    def write_token(self, token):
        write_private(self.token_file, (token + "\n").encode())

    def url(self, port):
        return f"https://localhost:{port}/core" if self.tls else f"http://127.0.0.1:{port}"

    def settings(self):
        if not self.tls:
            return {"auc.type": "udm", "auc.udm_url": self.url(self.port)}
        return {"auc.type": "udm", "auc.udm_url": self.url(self.port), "auc.udm_ca": self.ca.path,
                "auc.udm_certificate": self.client[0], "auc.udm_key": self.client[1], "auc.udm_token": self.token_file}

    def add(self, imsi, k, opc, **members):
        self.subscribers[imsi] = {"supi": "imsi-" + imsi, "k": k.hex(), "opc": opc.hex(), "amf": "0000", **members}
        if self.process:  # it reads its file once
            self.start(*self.flags)
            self.settled()

    def settled(self):
        """Called when it was started again with one subscriber more."""

    def start(self, *flags):
        self.stop()
        self.starts, self.flags = self.starts + 1, flags
        path = os.path.join(self.folder, "subscribers.json")
        with open(path, "w", encoding="ascii") as f:
            json.dump([{"sqn": f"{self.starts * STEP:012x}", **s} for s in self.subscribers.values()], f)
        words = ["--subscribers", path, "--port", str(self.port), *flags]
        if self.tls:
            words += ["--prefix", "/core", "--token", self.token, "--cert", self.certificate, "--key", self.key,
                      "--client-ca", self.clients]
        self.output = open(self.log, "ab")
        self.process = subprocess.Popen([sys.executable, "-B", PEER, *words], stdout=subprocess.PIPE,
                                        stderr=self.output, text=True)
        first = self.process.stdout.readline()
        with open(self.log, encoding="utf-8", errors="replace") as f:
            assert first == f"ready {self.port}\n", (first, f.read())
        self.reader = threading.Thread(target=self.read, args=(self.process.stdout,), daemon=True)
        self.reader.start()
        return self

    def read(self, stream):
        for line in stream:
            self.lines.append(json.loads(line))

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait(10)
            self.reader.join(10)
            self.process.stdout.close()
            self.process = None
            self.output.close()

    @property
    def address(self):
        return "127.0.0.1"
