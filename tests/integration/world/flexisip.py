# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ordinary Flexisip: registrar and proxy of one domain, one that is installed already (no Debian has it).

The environment's SIMAUTH_FLEXISIP names its program where PATH does not have it.
"""

import os
import re
import shutil

from . import net
from .accounts import PASSWORD_PREFIX

# Without what its defaults would do to a machine or to media: iptables, a STUN server, a media relay.
CONFIG = """\
[global]
aliases={domain} {address}
transports={transports}
{tls}log-directory={logs}
enable-snmp=false

[module::DoSProtection]
enabled=false

[stun-server]
enabled=false

[module::MediaRelay]
enabled=false

[module::Authentication]
enabled=true
filter=from.uri.domain == '{domain}'
auth-domains={domain}
db-implementation=file
file-path={accounts}

[module::Registrar]
enabled=true
reg-domains={domain}

[module::Router]
enabled=true

[module::Forward]
enabled=true
"""

TLS = "tls-certificates-file={}\ntls-certificates-private-key={}\n"

# As its own documentation has it: one account a line, the password in clear.
ACCOUNTS = "version:1\n\n{lines}"
ACCOUNT = "{user}@{domain} clrtxt:{password} ;\n"
SIPS = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "packaging", "flexisip", "flexisip-sips.conf")
USERS = ("alice", "bob", "carol", "dave", "eve", "mallory")


class Flexisip:
    """Flexisip on a node, for one domain; certificate: its paths (certificate, key), for TLS."""

    OPTIONS = ()

    def __init__(self, node, domain, children=2, certificate=None):
        del children  # it is one process
        self.node = node
        self.domain = domain
        self.process = None
        self.port = 5060
        address = net.in_uri(node.address)
        transports = [f"sip:{address}:5060"]
        if certificate:
            transports.append(f"sips:{address}:5061")
        accounts = ACCOUNTS.format(lines="".join(
            ACCOUNT.format(user=user, domain=domain, password=PASSWORD_PREFIX + user) for user in USERS))
        self._config = node.write("flexisip.conf", CONFIG.format(
            domain=domain, address=address, tls=TLS.format(*certificate) if certificate else "", transports=" ".join(transports), logs=node.make_folder("flexisip"),
            accounts=node.write("accounts", accounts, 0o600)), 0o600)

    @staticmethod
    def program():
        """Its path, or None."""
        named = os.environ.get("SIMAUTH_FLEXISIP")
        return shutil.which(named or "flexisip")

    def start(self):
        self.process = self.node.start("flexisip", [self.program(), "--server", "proxy", "--configfile", self._config])
        self.node.wait_port(self.port, self.process)

    def stop(self):
        self.process.stop()


class FlexisipSips(Flexisip):
    """Flexisip with packaging/flexisip's own configuration; only what belongs to a site is replaced."""

    def __init__(self, node, domain, children=2, certificate=None):
        super().__init__(node, domain, children, certificate)
        other = "operator-b.example" if "operator-a" in domain else "operator-a.example"
        with open(SIPS, encoding="utf-8") as shipped:
            text = shipped.read()
        root = os.path.join(os.path.dirname(certificate[0]), "root.pem")
        for old, new in (("example.org", domain), ("192.0.2.1", net.in_uri(node.address)), (r"example\.net", re.escape(other)),
                         ("/etc/flexisip/sips/domain.pem", certificate[0]), ("/etc/flexisip/sips/domain.key", certificate[1]),
                         ("/etc/flexisip/sips/partners-ca.pem", root), ("/etc/flexisip/sips/accounts", node.path("accounts"))):
            assert old in text, old
            text = text.replace(old, new)
        self._config = node.write("flexisip-sips.conf", text, 0o600)
        self.port = 5061
