# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of operation share: the monitor's pages, waiting for an event, certificates of any age."""
import contextlib
import ctypes
import datetime
import http.client
import json
import os
import re
import secrets
import signal
import ssl
import socket
import subprocess
import time
import unittest

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from operators import SLOWER, Pair, free_port, name, pem_key
from phone import Phone


def slowness(most=4.0):
    """How many times longer what waits for a processor takes now than on a machine that does nothing else: a limit that
    says "soon enough" is for a quiet machine."""
    return min(most, max(1.0, SLOWER / 2, os.getloadavg()[0] / os.cpu_count()))


def wait_for(what, limit=20):
    """What `what` returns, once that is true."""
    end = time.monotonic() + limit
    while not (found := what()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return found


def watched(operator):
    """The operator's settings with a monitor; before it starts."""
    operator.monitor = free_port()
    operator.settings = {**operator.settings, "metrics.port": operator.monitor}
    operator.configure()
    return operator


def page(operator, path):
    connection = http.client.HTTPConnection("127.0.0.1", operator.monitor, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def metrics(operator):
    """{'name{labels}': value}"""
    status, text = page(operator, "/metrics")
    assert status == 200, text
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}


def states(operator):
    return json.loads(page(operator, "/ready")[1])["states"]


def ready(operator):
    return page(operator, "/ready")[0] == 200


def hang_up(operator, good=True):
    """SIGHUP, until its log line is there; returns that line."""
    count = operator.log_text().count("op=reload")
    operator.process.send_signal(signal.SIGHUP)
    wait_for(lambda: operator.log_text().count("op=reload") > count)
    line = [x for x in operator.log_text().splitlines() if "op=reload" in x][count]
    assert ("result=good" in line) == good, line
    return line


def issue_dated(ca, paths, names, begin_days, end_days, purposes=None):
    """Overwrites certificate and key at `paths`."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.utcnow()
    builder = (x509.CertificateBuilder().subject_name(name(names[0])).issuer_name(ca.certificate.subject)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(now + datetime.timedelta(days=begin_days))
               .not_valid_after(now + datetime.timedelta(days=end_days))
               .add_extension(x509.BasicConstraints(False, None), True)
               .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False))
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    certificate = builder.sign(ca.key, hashes.SHA256())
    for path, data in zip(paths, (certificate.public_bytes(serialization.Encoding.PEM), pem_key(key))):
        with open(path, "wb") as f:
            f.write(data)
    return certificate.serial_number


def serial_seen(operator, trust=True):
    """The serial number of the certificate that a new connection sees."""
    context = ssl.create_default_context(cafile=operator.ca.path)
    if not trust:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", operator.port), 5) as plain, \
            context.wrap_socket(plain, server_hostname=operator.fqdn) as s:
        return x509.load_der_x509_certificate(s.getpeercert(True)).serial_number


@contextlib.contextmanager
def own_network(*routes):
    """A network namespace for this thread and what it starts; whole networks (IPv6) are addresses of this machine there."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net", "rb") as before:
        assert libc.unshare(0x40000000) == 0, os.strerror(ctypes.get_errno())  # CLONE_NEWNET
        try:
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            for route in routes:
                subprocess.run(["ip", "-6", "route", "add", "local", route, "dev", "lo"], check=True)
            yield
        finally:
            libc.setns(before.fileno(), 0)


def with_silent_resolver(test, operator):
    """The gateway's machine asks a name server that answers nothing, until the test is over."""
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    test.addCleanup(silent.close)
    silent.bind(("127.%d.%d.%d" % tuple(secrets.randbelow(253) + 1 for _ in range(3)), 53))
    steps = []
    for name, text in (("resolv.conf", f"nameserver {silent.getsockname()[0]}\n"), ("nsswitch.conf", "hosts: files dns\n")):
        with open(os.path.join(operator.folder, name), "w") as f:
            f.write(text)
        steps.append(f"mount --bind {f.name} /etc/{name} &&")
    program = os.path.join(operator.folder, "program")
    with open(program, "w") as f:
        f.write(f"#!/bin/sh\nexec unshare -m sh -c '{' '.join(steps)} exec {operator.program} \"$@\"' gateway \"$@\"\n")
    os.chmod(program, 0o700)
    operator.program = program


def memory(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) * 1024


def file_of(*words):
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), *words)


class Watched(unittest.TestCase):
    """Two operators with monitors and the first one's subscriber, who asks for the other's."""
    settings = {}

    def setUp(self):
        self.pair = Pair(dict(self.settings), dict(self.settings), start=False)
        self.addCleanup(self.pair.close)

    def start(self):
        for operator in (self.pair.a, self.pair.b):
            watched(operator).start()
        self.a = Phone(self.pair.sim_a, self.pair.a).bootstrap()

    def ask(self):
        return self.a.ask_callee(self.pair.aor_a, self.pair.aor_b)[1]
