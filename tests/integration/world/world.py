# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two operators, two subscribers, an ordinary SIP network between them.

    from world import World, sandbox

    def main():
        with World() as world:
            world.start()
            call = world.alice.call("sip:bob@operator-b.example")
            world.bob.wait_state("IncomingReceived")

    sandbox.run(folder, main)
"""

import os

from . import debian13, kernel, net, sandbox
from .capture import Capture
from .dns import Resolver, resolv_conf
from .gateway import Gateway
from .messages import Messages
from .phone import Phone
from .pki import Authority
from .proxy import PROXIES
from .sim import Sim

USERS = 40
FIRST_USER = 61140  # numeric ids of the world's users, above Debian's ranges for people


class Operator:
    """An operator: a realm, a SIP service, certificates, a gateway."""

    def __init__(self, letter, host):
        self.letter = letter
        self.realm = f"operator-{letter}.example"
        self.sip_name = f"sip.{self.realm}"
        self.gateway_name = f"ag.{self.realm}"
        self.host = host
        self.proxy = None
        self.gateway = None
        self.server_certificate = None
        self.operator_certificate = None


class World:
    """Everything of one run; start() brings up the plain SIP network, the rest is added by choice.

    product: folder laid over /usr for phones and gateways (an installation made with DESTDIR), or
    None for stock phones. transport: of the phones (udp, tcp, tls). family: 4, or 6 for a world of
    IPv6 alone. proxy: the SIP services' row in proxy.PROXIES; children and further options: theirs; for_a and
    for_b: more of them, of one operator.
    """

    def __init__(self, product=None, challenge_invites=False, children=2, transport="udp", family=4,
                 proxy="kamailio", for_a=None, for_b=None, **proxy_options):
        self.folder = sandbox.ROOM
        self.product = product
        self.debian = None  # the folder of another Debian that phones and gateways run in (packages.py)
        self.nodes = {}
        self.capture = None
        self._captures = []
        self.operators = {"a": Operator("a", 1), "b": Operator("b", 2)}
        self._users = {}
        if challenge_invites:
            proxy_options["challenge"] = 407
        self._proxy = PROXIES[proxy] if isinstance(proxy, str) else proxy
        self._proxy_options = {letter: {"children": children, **proxy_options, **(own or {})}
                               for letter, own in (("a", for_a), ("b", for_b))}
        self.transport = transport
        net.use_family(family)
        net.make_switch()
        self.resolver = Resolver(self.node("dns", 53))
        self.root = None
        self.sims = {}
        self.phones = []
        self.alice = None
        self.bob = None

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        self.stop()

    def node(self, name, host, user=None, product=None):
        """Plug a new node into the switch."""
        self.nodes[name] = net.Node(name, host, self.folder, user, product)
        if user is not None:
            self.nodes[name].root = self.debian
        return self.nodes[name]

    def user(self, name):
        """The numeric id of the world's user `name`."""
        assert len(self._users) < USERS
        return self._users.setdefault(name, FIRST_USER + len(self._users))

    def start_capture(self, name="capture"):
        """What crosses the switch from now on, in NAME.pcap."""
        self.capture = Capture(os.path.join(self.folder, f"{name}.pcap"),
                               os.path.join(self.folder, f"dumpcap-{name}.log"))
        self._captures.append(self.capture)

    def capture_cable(self, node):
        """One more capture, of what is on this node's own cable: where a Wire changes it."""
        stem = os.path.join(self.folder, f"capture-{node.name}")
        self._captures.append(Capture(f"{stem}.pcap", f"{stem}.log", node.cable))
        return self._captures[-1]

    def stop_captures(self):
        for capture in self._captures:
            capture.stop()

    def start_network(self):
        """Names and SIP proxies of both operators."""
        for operator in self.operators.values():
            node = self.node(f"proxy-{operator.letter}", 10 + operator.host)
            self.resolver.host(operator.sip_name, node.address)
            self.resolver.host(operator.realm, node.address)
            self.resolver.sip(operator.realm, operator.sip_name, tls_port=5061 if self.transport == "tls" else None)
            self.resolver.host(operator.gateway_name, net.PREFIX + str(20 + operator.host))
            operator.proxy = self._proxy(node, operator.realm, certificate=self._sip_certificate(operator),
                                         **self._proxy_options[operator.letter])
        self._write_etc()
        self.resolver.start()
        for operator in self.operators.values():
            operator.proxy.start()

    def _sip_certificate(self, operator):
        """The proxy's certificate, for the domain and its host name (RFC 5922); only phones on TLS need one."""
        if self.transport != "tls":
            return None
        root = self.root or self.make_certificates()
        return root.issue(f"sip-{operator.letter}", operator.realm, operator.sip_name)

    def _write_etc(self):
        etc = os.path.join(self.folder, "etc")
        os.makedirs(etc, exist_ok=True)
        with open("/etc/passwd", encoding="utf-8") as system:
            passwd = system.read()
        for number in range(FIRST_USER, FIRST_USER + USERS):
            passwd += f"simauth-{number}:x:{number}:{number}::/nonexistent:/bin/sh\n"
        texts = {"passwd": passwd, "hosts": "127.0.0.1 localhost\n",
                 "resolv.conf": resolv_conf(self.resolver.node.address),
                 "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n"}
        for name, text in texts.items():
            with open(os.path.join(etc, name), "w", encoding="utf-8") as out:
                out.write(text)
        kernel.overlay(etc, "/etc")

    def make_certificates(self):
        """The demo root (world.root) and both operators' certificates, in pki/."""
        root = self.root = Authority(os.path.join(self.folder, "pki"))
        for operator in self.operators.values():
            operator.server_certificate = root.issue(f"server-{operator.letter}",
                                                     operator.gateway_name)
            operator.operator_certificate = root.issue(f"operator-{operator.letter}",
                                                       operator.realm)
        return root

    def add_gateways(self, **limits):
        """Both operators' gateways with certificates, set up but not started; limits: keys of [limits]."""
        root = self.root or self.make_certificates()
        for letter, operator in self.operators.items():
            node = self.node(f"gateway-{letter}", 20 + operator.host, self.user(f"ag-{letter}"),
                             self.product)
            operator.gateway = Gateway(node, operator, root, limits)

    def start_gateways(self, **limits):
        """Both gateways, each with an agreement with the other, running."""
        self.add_gateways(**limits)
        a, b = self.operators["a"], self.operators["b"]
        a.gateway.add_partner(b)
        b.gateway.add_partner(a)
        for operator in (a, b):
            operator.gateway.start()

    def issue_sim(self, user, letter, **kind):
        """A SIM of operator `letter` for `user`, known to its gateway; `kind`: Sim's algorithm, two_g, lines."""
        operator = self.operators[letter]
        sim = Sim(f"00101{len(self.sims) + 1:010d}", f"{user}@{operator.realm}",
                  f"sip:{user}@{operator.realm}", operator.gateway_name, **kind)
        operator.gateway.add_subscriber(sim)
        sim.issued = operator.gateway.issue_sim(sim)
        self.sims[user] = sim
        return sim

    def issue_sims(self, alice=None, bob=None):
        """Alice's and Bob's SIM: {user: Sim}; `alice`, `bob`: what kind, as issue_sim's."""
        return {"alice": self.issue_sim("alice", "a", **(alice or {})), "bob": self.issue_sim("bob", "b", **(bob or {}))}

    def add_phone(self, name, operator, host, account=None, **options):
        """A phone of the operator's subscriber `name` (options as Phone's), not yet started.

        account: whose it is, where one subscriber has several.
        linphone: 5.1 is this Debian's, 5.3 that of Debian 13 (debian13.py). kind: another class than Phone.
        """
        product = options.pop("product", self.product)
        linphone = options.pop("linphone", "5.1")
        if linphone == "5.3" and product and product == self.product:
            product = debian13.product(product)
        node = self.node(name, host, self.user(name), product)
        if linphone == "5.3":
            node.root = debian13.folder()
        options.setdefault("transport", self.transport)
        if self.root and options["transport"] == "tls":
            options.setdefault("root_ca", self.root.certificate)
        self.phones.append(options.pop("kind", Phone)(node, account or name, self.operators[operator].realm, **options))
        return self.phones[-1]

    def add_phones(self, alice=None, bob=None, **options):
        """world.alice and world.bob; `alice` and `bob`: options (as Phone's) of one of them."""
        self.alice = self.add_phone("alice", "a", 31, **{**options, **(alice or {})})
        self.bob = self.add_phone("bob", "b", 32, **{**options, **(bob or {})})

    def start(self, **phone_options):
        """Capture, network, and both phones registered."""
        self.start_capture()
        self.start_network()
        self.add_phones(**phone_options)
        for phone in (self.alice, self.bob):
            phone.start(wait_registered=False)
        for phone in (self.alice, self.bob):
            phone.wait_registered()

    def messages(self):
        """End the capture; the SIP messages that it has."""
        return Messages(self.capture.stop())

    def stop(self):
        """Stop everything, phones first; the capture is complete afterwards."""
        for phone in self.phones:
            phone.ask_to_stop()
        for phone in self.phones:
            phone.stop()
        for node in reversed(list(self.nodes.values())):
            node.stop()
        self.stop_captures()
