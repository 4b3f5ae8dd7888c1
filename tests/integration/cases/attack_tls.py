# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers' scanners at every listener that speaks TLS: the gateway's (Ub, Ua and partners share it) and Kamailio's for sips."""

import os
import re

from cases import case
from world.process import Failed
from world.sips import Sips
from world.tls_scan import renegotiates, sslscan, sslscan_findings, testssl_findings

WEAK_SERVER = ["openssl", "s_server", "-port", "4433", "-cipher", "ALL:@SECLEVEL=0", "-min_protocol", "TLSv1.1",
               "-client_renegotiation", "-www"]


def listeners(world):
    """(what, node, port) of operator A; B's differ in nothing."""
    operator = world.operators["a"]
    return (("gateway", operator.gateway.node, 443), ("Kamailio", operator.proxy.node, 5061))


def start(world):
    world.start_network()
    world.start_gateways()


def weak_listener(world):
    """A server that has what no listener of ours may have: the scanner's reader is seen to find it."""
    node = world.node("weak", 70)
    certificate, key = world.operators["a"].server_certificate
    process = node.start("weak", [*WEAK_SERVER, "-cert", certificate, "-key", key])
    node.wait_port(4433, process)
    return node


@case("attack.tls.scan", transport="tls", proxy=Sips, limit=90)
def scan(world):
    """sslscan finds no weak protocol, suite, group, renegotiation or compression; of a weak server it does."""
    start(world)
    node = weak_listener(world)
    weak = sslscan_findings(sslscan(node, node.address, 4433))
    assert any("tls1.1 is offered" in said for said in weak) and any("is weak" in said for said in weak), weak
    assert renegotiates(node, node.address, 4433), "a listener that renegotiates is not seen to"
    wrong = [f"{what}: {said}" for what, node, port in listeners(world)
             for said in sslscan_findings(sslscan(node, node.address, port))]
    wrong += [f"{what}: takes a second handshake" for what, node, port in listeners(world)
              if renegotiates(node, node.address, port)]
    if wrong:
        raise Failed("\n".join(wrong))


@case("attack.tls.testssl", transport="tls", proxy=Sips, label="long", limit=900)
def testssl(world):
    """The same with testssl.sh, which also tries the known attacks on TLS."""
    start(world)
    wrong = []
    for what, node, port in listeners(world):
        path = os.path.join(node.folder, "testssl.csv")
        done = node.run(["testssl", "-p", "-s", "-f", "-P", "-U", "--quiet", "--color", "0", "--nodns", "none", "--warnings", "off", "--csvfile", path,
                         "--ip", node.address, f"{node.address}:{port}"], user=None, limit=420, check=False)
        if not os.path.exists(path):
            raise Failed(f"testssl.sh: {re.sub(r'[^ -~]+', ' ', done.stdout)[-600:]} {done.stderr[-600:]}")
        wrong += [f"{what}: {said}" for said in testssl_findings(path)]
    if wrong:
        raise Failed("\n".join(wrong))
