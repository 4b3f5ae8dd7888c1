# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What servers on the way, and other people in a conference, are to a call: as the bus shows it."""

import re

from cases import case
from cases.call import prepare
from cases.conference import join
from cases.e2m import SERVER, equip_both
from cases.sips import A, B, equip, servers_proven, trusted
from cases.ui_bus import clients, with_buses
from world import flow, talk
from world.attacker import Attacker
from world.session_bus import CALL, Client, SessionBus
from world.sips import Sips


def settings(client, group):
    return {row[0]: row[1] for row in client.call("GetSettings", "(s)", group)}


@case("ui.bus.sips", transport="tls", proxy=Sips, limit=90)
def sips(world):
    """Without a SIM: trust in the servers named, while no operator says anything; and the same in the history."""
    world.start_network()
    world.add_phones()
    with_buses(world)
    for phone in (world.alice, world.bob):
        equip(phone, "require")
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
    servers_proven(world)
    both = clients(world)
    number = flow.connect(world)
    for phone, side in ((world.alice, "caller"), (world.bob, "callee")):
        trusted(phone, side)
    for client, servers in zip(both, (f"{A}, {B}", f"{B}, {A}")):
        shown = client.wait_one(CALL, {"Sips": "trusted", "Phase": "talking"})
        assert (shown["SipsServers"], shown["SipsRefusal"], shown["EndToMiddle"]) == (servers, "", ""), shown
        assert "no operator's word about a SIM" in shown["SipsText"], shown
        assert (shown["Verdict"], shown["Nai"], shown["Operator"]) == ("none", "", ""), shown
    flow.hang_up(world, number)
    for client in both:
        client.wait_one(CALL, {"Sips": "trusted", "Phase": "ended"})
        flow.wait_any(lambda: client.call("History", "(uu)", 0, 1)[0] == 1, 5, "the record")  # pylint: disable=W0640
        record = client.call("History", "(uu)", 0, 1)[1][0]
        assert (record["Sips"], record["Verdict"], record["EndToMiddle"]) == ("trusted", "none", ""), record
    client.call("SetSetting", "(sss)", f"peer {world.alice.aor}", "sips", "off")
    assert settings(client, "phone")["sips"] == "require" and settings(client, f"peer {world.alice.aor}")["sips"] == "off"
    same_name(world, client)


def same_name(world, bob):
    """A stranger's call with the Call-ID of another takes nothing of what is shown of that one: it does not ring."""
    bob.call("SetSetting", "(sss)", "phone", "sips", "off")
    number = flow.connect(world)
    call_id = re.search(r"call (\S+)", trusted(world.bob, "callee", 2).group(0))[1]
    stranger = Attacker(world, 67)
    text = re.sub(r"(?m)^Call-ID: .*?\r$", f"Call-ID: {call_id}\r", stranger.invite(world.bob, f"sip:boss@{A}"))
    answer = stranger.wait_answer(stranger.send(text, world.bob))
    assert answer.status == 482, answer.text
    assert bob.wait_one(CALL, {"Phase": "talking"})["Peer"] == world.alice.aor
    flow.hang_up(world, number)


@case("ui.bus.set_up", limit=90)
def set_up(world):
    """A call's set-up is enveloped for the other side and one server: both read which server could read it."""
    prepare(world, before=with_buses)
    equip_both(world)
    alice, bob = clients(world)
    number = flow.connect(world)
    for client in (alice, bob):
        shown = client.wait_one(CALL, {"Verdict": "authenticated", "EndToMiddle": "enveloped"})
        assert shown["EndToMiddleServers"].split()[0] == SERVER and shown["Sips"] == "", shown
    flow.hang_up(world, number)
    for client in (alice, bob):
        client.wait_one(CALL, {"Phase": "ended", "EndToMiddle": "enveloped"})
        record = client.call("History", "(uu)", 0, 1)[1][0]
        assert (record["EndToMiddle"], record["EndToMiddleServers"].split()[0]) == ("enveloped", SERVER), record
    alice.call("SetSetting", "(sss)", f"peer {world.bob.aor}", "policy", "off")
    assert bob.call("Forget", "(s)", world.alice.aor) is True  # whom he would not take without her SIM
    number = flow.connect(world)  # and without anybody asked about a SIM
    shown = alice.wait_one(CALL, {"Reason": "untouched", "EndToMiddle": "enveloped"})
    assert (shown["Verdict"], shown["EndToMiddleServers"].split()[0]) == ("none", SERVER), shown
    flow.hang_up(world, number)
    rows = settings(alice, f"peer {world.bob.aor}")
    assert rows["e2m"] == "require" and rows["certificate"].endswith("peer.pem"), rows
    assert "certificate" not in settings(alice, f"account {world.alice.aor}")


def bob_has_a_bus(world):
    world.bob.bus = SessionBus(world.bob.node).start()


@case("ui.bus.conference", limit=120)
def conference(world):
    """Bob joins a call that was authenticated with one that nobody is asked about: the bus and simauthctl weigh it alike."""
    talk.prepare(world, third="b", phones={"bob": {"program": talk.HOST}}, before=bob_has_a_bus)
    bob = Client(world.bob.node).find()
    bob.call("SetSetting", "(sss)", f"peer {world.carol.aor}", "policy", "off")
    first = talk.connected(world.alice, world.bob)
    second = talk.Talk(world.bob, world.carol).ring().answer()
    world.bob.wait_state("Paused", call=first.numbers[world.bob])
    alone = weights(bob)
    assert alone == {world.alice.aor: (False, "authenticated", "authenticated"), world.carol.aor: (False, "none", "none")}, alone
    join(world, first)
    world.bob.command(f"conference {second.numbers[world.bob]}")
    whole = {world.alice.aor: (True, "not-authenticated", "not-authenticated"),
             world.carol.aor: (True, "none", "not-authenticated")}
    flow.wait_any(lambda: weights(bob) == whole, 15, f"{whole}, for {weights(bob)}")
    (record,) = [r for r in talk.live(world.bob) if r["peer"] == world.alice.aor]
    assert (record["conference"], record["weakest"]) == (True, "not-authenticated"), record
    second.hang_up()
    first.hang_up()
    flow.wait_any(lambda: not any(joined for joined, _, _ in weights(bob).values()), 10, "the conference's end")


def weights(client):
    """{peer: (in the conference, its own verdict, the weakest)} of the calls that go on, or did."""
    return {shown["Peer"]: (shown["Conference"], shown["Verdict"], shown["Weakest"])
            for shown in client.objects(CALL).values()}
