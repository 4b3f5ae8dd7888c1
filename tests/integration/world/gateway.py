# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's gateway: simauth-gateway on its node, set up through simauth-gatewayctl as an engineer would."""

import json

from . import onlooker
from .process import Failed, tail

PORT = 443

CONFIG = """\
[operator]
name=Operator {letter}
fqdn={fqdn}
realms={realm}

[listen]
address={address}
port={port}
threads=2

[tls]
certificate={folder}/server.pem
key={folder}/server.key
statement_certificate={folder}/operator.pem
statement_key={folder}/operator.key

[store]
type=sqlite
database={folder}/gateway.db
seal_key={folder}/seal.key

[limits]
{limits}
"""


class Gateway:
    def __init__(self, node, operator, root, limits=None):
        self.node = node
        self.operator = operator
        self.root = root
        self.process = None
        self.before = []  # words before the program, as a phone's
        self._take_certificates()
        self.config = node.write("simauth-gateway.conf", CONFIG.format(
            letter=operator.letter.upper(), fqdn=operator.gateway_name, realm=operator.realm,
            address=node.address, port=PORT, folder=node.folder,
            limits="\n".join(f"{key}={value}" for key, value in {**onlooker.limits(), **(limits or {})}.items())), 0o600)
        node.inside(self._allow_low_ports)
        self.ctl("init")

    @staticmethod
    def _allow_low_ports():
        """Port 443 for a user who is not root, as systemd's socket or capability would give it."""
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", "w", encoding="ascii") as low:
            low.write("0")

    def _take_certificates(self):
        pairs = {"server": self.operator.server_certificate,
                 "operator": self.operator.operator_certificate}
        for stem, (certificate, key) in pairs.items():
            for source, name, mode in ((certificate, f"{stem}.pem", 0o644),
                                       (key, f"{stem}.key", 0o600)):
                with open(source, encoding="ascii") as text:
                    self.node.write(name, text.read(), mode)

    def ctl(self, *words, stdin="", check=True):
        """simauth-gatewayctl; its standard output."""
        return self.node.run(["simauth-gatewayctl", "--config", self.config, *words],
                             stdin=stdin, check=check).stdout

    def add_subscriber(self, sim):
        """A subscriber with this SIM and the address that belongs to it; keys go through standard input."""
        self.ctl("subscriber", "add", sim.imsi, "--keys", "-", "--nai", sim.nai, *sim.words(),
                 stdin=sim.key_lines())
        self.ctl("binding", "add", sim.aor, sim.imsi)

    def issue_sim(self, sim):
        """The software SIM's file as the operator writes it for this subscriber: its text."""
        path = self.node.path(f"sim-{sim.imsi}.json")
        self.ctl("sim", "issue", sim.imsi, path)
        with open(path, encoding="utf-8") as text:
            return text.read()

    def add_partner(self, other, name=None):
        """An agreement with another operator, known by its certificate of the gateway's name; `name`: where it is asked instead."""
        authority = self.node.write("partners.pem", self.root.text())
        self.ctl("partner", "add", f"Operator {other.letter.upper()}",
                 "--url", f"https://{name or other.gateway_name}", "--realms", other.realm,
                 "--ca", authority)

    def records_text(self):
        """The charging records as the operator sees them."""
        return self.ctl("record", "list")

    def records(self):
        """The charging records, oldest first."""
        return [json.loads(line) for line in self.ctl("record", "list", "--json").splitlines()]

    def start(self):
        self.process = self.node.start("simauth-gateway",
                                       [*self.before, "simauth-gateway", "--config", self.config])
        self.node.wait_port(PORT, self.process)

    def stop(self):
        status = self.process.stop()
        if status != 0:
            raise Failed(f"{self.node.name} ended with status {status}:\n{tail(self.process.log)}")

    def log(self):
        with open(self.process.log, encoding="utf-8", errors="replace") as text:
            return text.read()
