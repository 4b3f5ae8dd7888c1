# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gateways of two versions on one PostgreSQL, the released one and this: each request of a call goes to another of them."""
import os
import subprocess
import unittest

import older
import test_nodes
from operators import DAEMON, new_schema
from test_tickets import ask, claim, key_of

OLD_GATEWAY, OLD_CTL = older.programs()


UNKNOWN = {"limits.ub_address_per_minute": None}  # settings that it does not know


def say(program, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


class Mixed(test_nodes.Nodes):
    """All that three of one version do, with one of the older among them: the second, beside which each race is run, in one
    half, the one that is killed in the other."""
    old = 1
    test_what_is_taken_away_is_taken_once = None  # mended since

    def prepare(self):
        node = self.nodes[self.old]
        node.program, node.settings = OLD_GATEWAY, {**node.settings, **UNKNOWN}
        node.configure()
        self.assertIn(older.RELEASE, say(OLD_GATEWAY, "--version"))


class MixedKilled(Mixed):
    old = 2
    test_one_call_on_three_nodes = test_replayed_after_a_restart = test_two_nodes_confirm_at_once = None
    test_one_nc_at_two_nodes_at_once = test_replayed_at_another_node = None
    test_replayed_at_another_node_while_the_partner_draws = None


class OneByOne(test_nodes.Nodes):
    """The database was the older one's; its gateways are replaced one after the other, and one goes back."""

    def prepare(self):
        self.operator.database = new_schema()
        for node in self.nodes:
            node.database, node.program, node.settings = self.operator.database, OLD_GATEWAY, {**node.settings, **UNKNOWN}
            node.configure()
        config = ("--config", self.operator.config)
        seal = os.path.join(self.operator.folder, "seal.key")
        os.unlink(seal)
        say(OLD_CTL, *config, "init")
        keys = os.path.join(self.operator.folder, "keys")
        sim = self.pair.sim_b
        with open(keys, "w", encoding="ascii") as f:
            f.write(f"k={sim.m.k.hex()}\nopc={sim.m.opc.hex()}\n")
        say(OLD_CTL, *config, "subscriber", "add", sim.imsi, "--keys", keys, "--nai", "bob@operator-b.test")
        say(OLD_CTL, *config, "binding", "add", self.pair.aor_b, sim.imsi)

    def call(self, alice):
        """Alice calls Bob; every request goes to the next node."""
        _, answer = alice.ask_callee(self.aor(0), self.pair.aor_b)
        self.assertEqual(answer.status, 200, answer.raw)
        self.run_sim(alice, answer.json["own"])
        rand = answer.json["vector"]["rand"]
        names = self.bob.ask_challenge(rand)
        self.assertEqual(names.status, 200, names.raw)
        self.run_sim(self.bob, names.json["own"])
        self.assertEqual(self.bob.ask_caller(self.aor(0), self.pair.aor_b, rand)[1].status, 200)
        ticket = ask(alice, self.aor(0), self.pair.aor_b)
        self.assertEqual(ticket.status, 200, ticket.raw)
        claimed = claim(self.bob, ticket.json["ticket"])
        self.assertEqual(key_of(alice, ticket.json), key_of(self.bob, claimed.json))

    def test_replaced_one_after_the_other(self):
        alice = self.phone(0)
        for node, program in ((0, DAEMON), (1, DAEMON), (2, DAEMON), (0, OLD_GATEWAY)):
            for _ in range(3):
                self.call(alice)
            self.nodes[node].stop()
            self.nodes[node].program = program
            self.nodes[node].start()
            self.call(alice)
        self.bob.bootstrap()
        alice.bootstrap()
        self.call(alice)
        for phone in (alice, self.bob):
            self.assertEqual(len(set(phone.usim.seen)), len(phone.usim.seen))
        self.assertEqual({r["outcome"] for r in self.operator.records()}, {"completed"})
        self.assertIn("caller0@operator-b.test", say(OLD_CTL, "--config", self.operator.config, "subscriber", "list"))


for name in [n for n in dir(test_nodes.Nodes) if n.startswith("test_")]:
    setattr(OneByOne, name, None)


if __name__ == "__main__":
    unittest.main()
