# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One hostile operator between its own subscriber and another operator's."""

from cases import case
from world import badday, flow
from world.relay import Relay, ref, unb64u
from world.scene import honest_call


def half_of(sim, vector):
    """The callee's half of the key, as this SIM makes it."""
    rand = unb64u(vector["rand"])
    made = ref.milenage(bytes.fromhex(sim.k), bytes.fromhex(sim.opc), rand)
    names = {"aor_a": vector["caller"], "aor_b": vector["callee"], "nai_a": vector["nai_a"], "nai_b": vector["nai_b"]}
    return ref.ssk_one_way("callee", names, vector["method"], rand, made["ck"] + made["ik"], made["res"])


@case("attack.operator.own_seal")
def own_seal(world):
    """Alice's operator asks Bob's for itself and opens Bob's half of the key: whatever it then gives to Alice, her phone takes no such vector."""
    world.start_capture()
    world.start_network()
    world.add_gateways()
    relay = Relay(world, "a", "b")
    a, b = (world.operators[letter] for letter in "ab")
    a.gateway.add_partner(b, relay.name)
    b.gateway.add_partner(a)
    for operator in (a, b):
        operator.gateway.start()
    world.add_phones()
    world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(world.sims[phone.user], world.root)
    badday.begin(world)
    ways = ((relay.as_it_is, ""), (relay.under_its_statement, ""),
            (relay.under_own_name, r"not signed by operator operator-b.example \(not the expected name\)"),
            (relay.under_its_name, r"not signed by operator operator-b.example \(certificate not trusted\)"))
    for number, (change, problem) in enumerate(ways, 1):
        relay.change, before = change, len(relay.opened)
        call, ringing, _ = badday.rings(world)
        world.bob.answer(ringing)
        word = world.alice.wait_note(r"call \S+ caller: (authenticated|not-authenticated): ", count=number).group(1)
        assert len(relay.opened) > before and relay.opened[-1][1] == half_of(world.sims["bob"], relay.opened[-1][0]), "the operator has not Bob's half"
        assert word == "not-authenticated", f"Alice is told {word} {change.__name__}, and her operator has both halves of the key"
        world.alice.wait_state("StreamsRunning")
        flow.hang_up(world, call)
        badday.told(world.alice, "not-authenticated", "VECTOR_BAD", problem)
        badday.told(world.bob, "not-authenticated", "INVITE_BARE")
    for phone in (world.alice, world.bob):
        badday.never(phone)
    relay.change = None
    honest_call(world)
