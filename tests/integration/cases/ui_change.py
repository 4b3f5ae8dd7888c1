# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has changed about a person since the last call, as the bus shows it before anybody is heard."""

import json
import time

from cases import case
from cases.call import prepare
from cases.ui_bus import clients, refused, with_buses
from world import flow
from world.session_bus import CALL

DAYS = 86400
TELLS = ("Phase", "Verdict", "Reason", "Change")


class Phones:
    """Both phones and the client on each bus; they can be started again with another past."""

    def __init__(self, world):
        prepare(world, before=with_buses)
        self.world = world
        self.alice, self.bob = clients(world)
        for client in (self.alice, self.bob):
            client.wait_state("ready")
        flow.hang_up(world, self.talk())

    def past(self, client, phone, peer, **otherwise):
        """What `phone` learned of `peer` in the first call was learned otherwise, as in an earlier one."""
        phone.stop()
        path = phone.node.path(".local/share/simauth/pins.json")
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        (pin,) = [pin for pin in kept["pins"] if pin["aor"] == peer.aor]
        pin.update(otherwise)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(kept, file)
        phone.start()
        client.find().wait_state("ready")

    def talk(self):
        """A call that both see authenticated, and both streams run."""
        marks = [(client, set(client.objects(CALL))) for client in (self.alice, self.bob)]
        number = flow.connect(self.world)
        for client, known in marks:
            seen(client, known, {"Verdict": "authenticated", "Phase": "talking"})
        return number


def seen(client, known, match):
    """The properties of a call that is not in `known`, once they are these."""
    def look():
        for path, shown in client.objects(CALL).items():
            if path not in known and all(shown[name] == value for name, value in match.items()):
                return shown
        return None
    try:
        return flow.wait_any(look, 15, f"call with {match} at {client.node.name}")
    except Exception as error:
        told = {path: {name: shown[name] for name in TELLS} for path, shown in client.objects(CALL).items()}
        raise AssertionError(f"{error}; there is {told}") from None


def peer_of(client, phone):
    return {peer["Aor"]: peer for peer in client.call("ListPeers")}.get(phone.aor)


def trust(client, phone, change, nai):
    """The person sees what has changed, agrees to exactly that, and then that one is known, and nobody else is taken
    for the peer."""
    peer = peer_of(client, phone)
    assert (peer["Change"], peer["SeenNai"], bool(peer["ChangeText"])) == (change, nai, True), peer
    refused(client, "Changed", "look again", "TrustChange", "(ss)", phone.aor, "somebody@else.example")
    client.call("TrustChange", "(ss)", phone.aor, nai)
    pinned(client, phone, nai)
    assert client.call("ListKeys") == [], "keys of the one before"


def pinned(client, phone, nai):
    peer = peer_of(client, phone)
    assert (peer["Pinned"], peer["Nai"], peer["Change"]) == (True, nai, "none"), peer


@case("ui.bus.change.new_sim", limit=90)
def new_sim(world):
    """Each knows the other from ten days ago, and both SIMs are of today: both read so before anybody answers."""
    phones = Phones(world)
    long_ago = int(time.time()) - 10 * DAYS
    phones.past(phones.alice, world.alice, world.bob, last=long_ago, since=long_ago)
    phones.past(phones.bob, world.bob, world.alice, last=long_ago, since=long_ago)
    marks = [set(client.objects(CALL)) for client in (phones.alice, phones.bob)]
    before = world.bob.mark()
    number = world.alice.call(world.bob.aor)
    rings = world.bob.wait_state("IncomingReceived", after=before)
    shown = seen(phones.bob, marks[1], {"Verdict": "announced", "Phase": "ringing", "Change": "new-sim"})
    assert (shown["SimAge"], shown["PinnedNai"]) == (0, world.sims["alice"].nai) and shown["ChangeText"], shown
    shown = seen(phones.alice, marks[0], {"Verdict": "answered", "Phase": "ringing", "Change": "new-sim"})
    assert (shown["SimAge"], shown["PinnedNai"]) == (0, world.sims["bob"].nai), shown
    world.bob.answer(rings.call)
    for client, known in zip((phones.alice, phones.bob), marks):
        seen(client, known, {"Verdict": "authenticated", "Change": "new-sim", "Phase": "talking"})
    flow.hang_up(world, number)
    trust(phones.alice, world.bob, "new-sim", world.sims["bob"].nai)
    trust(phones.bob, world.alice, "new-sim", world.sims["alice"].nai)
    flow.hang_up(world, phones.talk())
    pinned(phones.alice, world.bob, world.sims["bob"].nai)
    pinned(phones.bob, world.alice, world.sims["alice"].nai)


def other_caller(phones, known_nai, change):
    """Bob knows Alice by another name: her call is refused before it rings, and he reads who would have called."""
    world = phones.world
    nai = world.sims["alice"].nai
    phones.past(phones.bob, world.bob, world.alice, nai=known_nai, operator="Another")
    known, before = set(phones.bob.objects(CALL)), (world.alice.mark(), world.bob.mark())
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=before[0])
    shown = seen(phones.bob, known, {"Phase": "ended"})
    assert (shown["Change"], shown["Reason"], shown["Advice"], shown["PinnedNai"]) == \
        (change, "challenge-bad", "forget", known_nai), shown
    assert shown["Verdict"] == "not-authenticated" and shown["ChangeText"] and not shown["Answered"], shown
    assert not [e for e in world.bob.events()[before[1]:] if e.kind == "call-state-changed"], "it rang"
    total, records = phones.bob.call("History", "(uu)", 0, 1)
    assert total and records[0]["Change"] == change, records
    trust(phones.bob, world.alice, change, nai)
    flow.hang_up(world, phones.talk())
    pinned(phones.bob, world.alice, nai)


@case("ui.bus.change.other_caller", limit=120)
def other_at_callee(world):
    """The address of a caller is another subscriber's, then another operator's, than in the last call."""
    phones = Phones(world)
    other_caller(phones, "alicia@operator-a.example", "other-name")
    other_caller(phones, "alice@operator-c.example", "other-operator")


@case("ui.bus.change.other_callee", limit=120)
def other_at_caller(world):
    """A caller asks only for the one it knows: nobody vouches for that one any more, no call leaves, and it reads what to do."""
    phones = Phones(world)
    for known_nai in ("robert@operator-b.example", "bob@operator-c.example"):
        phones.past(phones.alice, world.alice, world.bob, nai=known_nai)
        known, before = set(phones.alice.objects(CALL)), (world.alice.mark(), world.bob.mark())
        world.alice.call(world.bob.aor)
        world.alice.wait_state("Released", after=before[0])
        shown = seen(phones.alice, known, {"Verdict": "not-authenticated", "Reason": "gateway-nobody"})
        assert (shown["PinnedNai"], shown["Nai"], shown["Change"]) == (known_nai, "", "none"), shown
        assert shown["Advice"] == "forget" and "forget" in shown["AdviceText"], shown
        _, (record,) = phones.alice.call("History", "(uu)", 0, 1)
        told = ("Reason", "Advice", "AdviceText", "PinnedNai")
        assert [record[name] for name in told] == [shown[name] for name in told], record
        assert not [e for e in world.bob.events()[before[1]:] if e.kind == "call-state-changed"], "it left"
        refused(phones.alice, "NotFound", "nothing", "TrustChange", "(ss)", world.bob.aor, world.sims["bob"].nai)
        assert phones.alice.call("Forget", "(s)", world.bob.aor) is True
        flow.hang_up(world, phones.talk())
        pinned(phones.alice, world.bob, world.sims["bob"].nai)
