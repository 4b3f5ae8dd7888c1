# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that two operators vouch for, with Debian's osmo-hlr behind operator A and the embedded AuC at B."""

import json
import shutil
import sqlite3

from cases import Skip, call, case
from world.process import wait_for
from world.sim import Sim

GSUP_PORT = 4222
MILENAGE = 5  # enum osmo_auth_algo

HLR = """\
log stderr
 logging filter all 1
 logging color 0
line vty
 bind 127.0.0.1
ctrl
 bind 127.0.0.1
hlr
 gsup
  bind ip {address}
"""

AUC = """
[auc]
type=gsup
hlr_address={address}
"""


def start_hlr(gateway, node=None):
    """osmo-hlr on the machine of this gateway (or on `node`), which asks it from now on."""
    node = node or gateway.node
    config, database = node.write("hlr.cfg", HLR.format(address=node.address)), node.path("hlr.db")
    node.run(["osmo-hlr-db-tool", "-l", database, "create"])
    hlr = node.start("osmo-hlr", ["osmo-hlr", "-c", config, "-l", database])
    node.wait_port(GSUP_PORT, hlr)
    with open(gateway.config, encoding="utf-8") as text:
        known = text.read()
    gateway.node.write("simauth-gateway.conf", known + AUC.format(address=node.address), 0o600)
    return database


def add_subscriber(gateway, database, sim):
    """Keys to the HLR, names to the gateway."""
    gateway.ctl("subscriber", "add", sim.imsi, "--nai", sim.nai)
    gateway.ctl("binding", "add", sim.aor, sim.imsi)
    with sqlite3.connect(database) as hlr:
        row = hlr.execute("INSERT INTO subscriber (imsi) VALUES (?)", (sim.imsi,)).lastrowid
        hlr.execute("INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) VALUES (?, ?, ?, ?)",
                    (row, MILENAGE, sim.k, sim.opc))


def alice_of_hlr(world, add, pattern):
    """Alice's SIM, as one who writes SIMs for an HLR would write it; `add` enters it."""
    operator = world.operators["a"]
    sim = Sim("001010000000077", f"alice@{operator.realm}", f"sip:alice@{operator.realm}",
              operator.gateway_name)
    add(sim)
    names = {"imsi": sim.imsi, "nai": sim.nai, "aor": sim.aor, "gateway": operator.gateway_name,
             "impi": f"{sim.imsi}@ims.mnc001.mcc001.3gppnetwork.org", "k": sim.k, "opc": sim.opc}
    sim.issued = json.dumps({**json.loads(pattern), **names})
    return sim


def prove_both_ways(world, alice, bob, made):
    """Both sides authenticated with these SIMs, in both directions; made() grows by what Alice's SIM is asked in the second."""
    for phone, sim in ((world.alice, alice), (world.bob, bob)):
        phone.use_sim(sim, world.root)
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
        phone.wait_note(r"simauth: ready: ")
    call.authenticated_call(world)
    before = made()
    world.alice, world.bob = world.bob, world.alice  # the other way: Alice's SIM is the callee's
    call.authenticated_call(world)
    assert made() > before > 0, (before, made())
    for operator in world.operators.values():
        records = operator.gateway.records()
        assert [r["outcome"] for r in records] == ["completed"] * 2, records


@case("call.gsup")
def gsup(world):
    """Both sides authenticated, in both directions, and the HLR made every vector of Alice's SIM."""
    if not shutil.which("osmo-hlr"):
        raise Skip("osmo-hlr is not installed")
    world.start_capture()
    world.start_network()
    world.add_gateways()
    a, b = (world.operators[letter].gateway for letter in "ab")
    database = start_hlr(a)
    a.add_partner(world.operators["b"])
    b.add_partner(world.operators["a"])
    a.start()
    b.start()
    wait_for(lambda: a.log().count("op=hlr") == a.log().count("state=up") == 8, 10, "links to the HLR")
    world.add_phones()
    bob = world.issue_sim("bob", "b")
    alice = alice_of_hlr(world, lambda sim: add_subscriber(a, database, sim), bob.issued)

    def sequence_number():
        with sqlite3.connect(database) as hlr:
            return hlr.execute("SELECT sqn FROM auc_3g").fetchone()[0]

    prove_both_ways(world, alice, bob, sequence_number)
