# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world's resolver: dnsmasq with the world's names and no way out."""

from . import net


class Resolver:
    def __init__(self, node):
        self.node = node
        self._names = []

    def host(self, name, address):
        self._names.append(f"host-record={name},{address}")

    def sip(self, domain, target, port=5060, tls_port=None):
        for service, at in (("_sip._udp", port), ("_sip._tcp", port), ("_sips._tcp", tls_port)):
            if at:
                self._names.append(f"srv-host={service}.{domain},{target},{at},0,10")

    def start(self):
        lines = ["no-resolv", "no-hosts", "no-daemon", "bind-interfaces",
                 f"listen-address={self.node.address}", "local=/example/", "log-facility=-",
                 "pid-file", "user=root", "cache-size=0", *self._names]
        config = self.node.write("dnsmasq.conf", "\n".join(lines) + "\n")
        process = self.node.start("dnsmasq", ["dnsmasq", "--keep-in-foreground", f"--conf-file={config}"])
        self.node.wait_port(53, process)
        return process


def resolv_conf(address):
    """What /etc/resolv.conf says inside the room."""
    assert address.startswith(net.PREFIX)
    return f"nameserver {address}\noptions timeout:1 attempts:1\n"
