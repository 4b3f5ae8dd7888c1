# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that two operators vouch for, with a UDM (TS 29.503, tests/gateway/udm_peer.py) behind operator A and the embedded AuC at B."""

import json
import os

from cases import case
from cases.gsup import alice_of_hlr, prove_both_ways
from world.process import wait_for

PEER = os.path.join(os.path.dirname(__file__), "..", "..", "gateway", "udm_peer.py")
PORT = 7777

AUC = """
[auc]
type=udm
udm_url=https://localhost:{port}/core
udm_ca={folder}/udm-ca.pem
udm_token={folder}/udm-token
"""


class Udm:
    """On the machine of this gateway, which asks it from now on: TLS with certificates on both sides, and a token."""

    def __init__(self, gateway, root):
        self.gateway, self.node, self.root, self.process = gateway, gateway.node, root, None
        self.token = "a.b-c_d~e+f/g=="
        self.node.write("udm-ca.pem", root.text())
        self.node.write("udm-token", self.token + "\n", 0o600)
        with open(gateway.config, encoding="utf-8") as text:
            known = text.read()
        self.node.write("simauth-gateway.conf", known + AUC.format(port=PORT, folder=self.node.folder), 0o600)

    def add(self, sim):
        """Keys to the UDM, names to the gateway."""
        self.gateway.ctl("subscriber", "add", sim.imsi, "--nai", sim.nai)
        self.gateway.ctl("binding", "add", sim.aor, sim.imsi)
        subscribers = self.node.write("udm.json", json.dumps([
            {"supi": "imsi-" + sim.imsi, "k": sim.k, "opc": sim.opc, "amf": "0000", "sqn": "000000000000"}]), 0o600)
        certificate, key = [self.node.write(f"udm.{end}", open(path, encoding="ascii").read(), 0o600)
                            for end, path in zip(("pem", "key"), self.root.issue("udm-a", "localhost"))]
        self.process = self.node.start("udm", [
            "/usr/bin/python3", "-u", "-B", os.path.abspath(PEER), "--subscribers", subscribers, "--port", str(PORT),
            "--address", "127.0.0.1", "--prefix", "/core", "--token", self.token, "--cert", certificate, "--key", key,
            "--client-ca", self.node.path("udm-ca.pem")])
        self.process.wait_log(rf"ready {PORT}")

    def vectors(self):
        """How many it gave."""
        with open(self.process.log, encoding="utf-8") as text:
            return text.read().count('"status": 200')


@case("call.udm")
def udm(world):
    """Both sides authenticated, in both directions, and the UDM made every vector of Alice's SIM."""
    world.start_capture()
    world.start_network()
    world.add_gateways()
    a, b = (world.operators[letter].gateway for letter in "ab")
    source = Udm(a, world.root)
    a.add_partner(world.operators["b"])
    b.add_partner(world.operators["a"])
    world.add_phones()
    bob = world.issue_sim("bob", "b")
    alice = alice_of_hlr(world, source.add, bob.issued)
    a.start()
    b.start()
    wait_for(lambda: "op=udm state=up" in a.log(), 10, "the UDM")
    prove_both_ways(world, alice, bob, source.vectors)
    assert source.token not in a.log()
