# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another SIM is set in a phone that runs."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from cases.stp import set_in
from cases.ui_bus import clients, with_buses
from world import flow

NOT_READY = r"simauth: not ready: "


def second_sim(world):
    """Alice has another SIM of her address beside her own; where it is."""
    gateway = world.operators["a"].gateway
    other = world.issue_sim("alice-2", "a")
    gateway.ctl("binding", "add", world.sims["alice"].aor, other.imsi, "--also")
    return world.alice.node.write(".local/share/simauth/other.json", other.issued, 0o600)


def set_while_away(world, sim, number):
    """Alice's person sets this SIM while her gateway cannot be asked; the gateway is there again."""
    gateway = world.operators["a"].gateway
    gateway.stop()
    set_in(world.alice, sim=sim)
    world.alice.ctl("status")
    world.alice.wait_note(NOT_READY, count=number)
    gateway.start()


@case("call.other_sim", limit=60)
def other_sim(world):
    """Another SIM is set while the gateway is away: later calls are that SIM's, and its name is known at the next registration."""
    sims = {}
    prepare(world, before=lambda w: sims.update(other=second_sim(w)))
    world.alice.wait_note(r"simauth: ready: nai=alice@")
    set_while_away(world, f"soft:{sims['other']}", 1)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        refuse(phone, NOT_AUTHENTICATED)
    world.bob.wait_note(r"callee: authenticated: nai=alice-2@")
    flow.hang_up(world, call)
    set_while_away(world, f"soft:{world.alice.node.path('.local/share/simauth/sim.json')}", 2)
    assert len(world.alice.notes(r"simauth: ready: ")) == 1
    world.alice.command("unregister ALL")
    world.alice.command(f"register {world.alice.aor} sip:{world.alice.domain} sip-alice")
    world.alice.wait_note(r"simauth: ready: nai=alice@", count=2)


def authenticated_as(world, name):
    """A call by Alice, and one to her: authenticated by both, Alice by that name."""
    phones = world.alice, world.bob
    marks = [len(phone.notes(AUTHENTICATED)) for phone in phones]
    for number in (1, 2):
        call = flow.connect(world)
        for phone, mark in zip(phones, marks):
            phone.wait_note(AUTHENTICATED, count=mark + number)
        flow.hang_up(world, call)
        world.alice, world.bob = world.bob, world.alice
    names = [match.group(1) for match in world.bob.notes(AUTHENTICATED + r"nai=(\S+?)@")[-2:]]
    assert names == [name, name], names
    world.bob.ctl("pins", "forget", world.alice.aor)


def away(world, put):
    """Alice's SIM is out while a self-test looks: an address of hers that is no account keeps the strictest account's policy."""
    alice, alias = world.alice, f"sip:office@{world.alice.domain}"
    world.operators["a"].gateway.ctl("binding", "add", alias, world.sims["alice"].imsi)
    alice.ctl("settings", "set", "--account", f"sip:work@{alice.domain}", "policy", "require")
    alice.ctl("self-test")
    put(None)
    assert alice.ctl("self-test", check=False).returncode != 0
    mark = world.bob.mark()
    world.bob.call(alias)
    alice.wait_note(rf"callee: policy: policy=require why=account own={alias} ")
    world.bob.wait_state("Released", after=mark)
    assert "IncomingReceived" not in [event.state for event in alice.events()]
    alice.ctl("settings", "unset", "--account", f"sip:work@{alice.domain}", "policy")


@case("call.other_sim.same_place", limit=90, aliases={"office": "alice"})
def same_place(world):
    """Another SIM is put where the settings say that one is: whatever lets the first go forgets its name with it."""
    given = {}

    def before(_):
        with_buses(world)
        given["alice-2"] = second_sim(world)
    prepare(world, before=before)
    alice, gateway = world.alice, world.operators["a"].gateway
    (bus,) = clients(world, [alice])
    texts = {}
    for name, path in (("alice", "sim.json"), ("alice-2", "other.json")):
        with open(alice.node.path(".local/share/simauth/" + path), encoding="utf-8") as file:
            texts[name] = file.read()

    def put(name):
        alice.node.write(".local/share/simauth/sim.json", texts[name] if name else "", 0o600)

    def settings_while_away(**settings):
        number = len(alice.notes(NOT_READY)) + 1
        gateway.stop()
        set_in(alice, **settings)
        alice.ctl("status")
        alice.wait_note(NOT_READY, count=number)
        gateway.start()
    alice.wait_note(r"simauth: ready: nai=alice@")
    away(world, put)
    put("alice-2")
    gateway.stop()
    assert alice.ctl("self-test", check=False).returncode != 0
    gateway.start()
    authenticated_as(world, "alice-2")
    put("alice")
    assert bus.call("Bootstrap")[0] is True
    authenticated_as(world, "alice")
    put("alice-2")
    set_in(alice, enabled="false")
    alice.ctl("status")
    settings_while_away(enabled="true")
    authenticated_as(world, "alice-2")
    put("alice")
    settings_while_away(pin="none")
    authenticated_as(world, "alice")
