# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugin on the session bus: what a window sees of phones, SIMs and calls, and what nobody sees there."""

import contextlib
import os
import re
import xml.etree.ElementTree as ET

from cases import case
from cases.call import prepare
from world import flow
from world.card_reader import card_of, reader_on
from world.session_bus import ACCOUNT, CALL, PHONE, ROOT, SIM, Client, Refused, SessionBus

XML = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../plugin/bus/org.simauth.Phone1.xml")


def clients(world, phones=None):
    """A client that has found its phone on the bus of each."""
    return [Client(phone.node).find() for phone in phones or (world.alice, world.bob)]


def with_buses(world):
    for phone in (world.alice, world.bob):
        phone.bus = SessionBus(phone.node).start()


# -- the interface is what the XML says ------------------------------------------------------------

def shape(interface):
    """Members of an interface with everything that travels, in one form for both."""
    members = set()
    for member in interface:
        if member.tag == "property":
            notes = {a.get("name"): a.get("value") for a in member.findall("annotation")}
            members.add(("property", member.get("name"), member.get("type"), member.get("access"),
                         notes.get("org.freedesktop.DBus.Property.EmitsChangedSignal", "true")))
        elif member.tag in ("method", "signal"):
            args = tuple((a.get("name"), a.get("type"), a.get("direction", "out")) for a in member.findall("arg"))
            members.add((member.tag, member.get("name"), args))
    return members


def interfaces(text):
    return {i.get("name"): shape(i) for i in ET.fromstring(text).iter("interface")
            if i.get("name").startswith("org.simauth.")}


def check_introspection(client):
    with open(XML, encoding="utf-8") as file:
        written = interfaces(file.read())
    paths = [ROOT] + [next(iter(client.objects(kind))) for kind in (ACCOUNT, SIM, CALL)]
    said = {}
    for path in paths:
        said.update(interfaces(client.call("Introspect", interface="org.freedesktop.DBus.Introspectable", path=path)))
    assert set(said) == set(written), (set(said), set(written))
    for name, members in written.items():
        assert said[name] == members, (name, said[name] ^ members)
    for path, name in zip(paths, (PHONE, ACCOUNT, SIM, CALL)):
        properties = {m[1] for m in written[name] if m[0] == "property"}
        assert set(client.all(name, path)) == properties, (name, set(client.all(name, path)) ^ properties)


# -- a call ----------------------------------------------------------------------------------------

def check_ready(client, user, operator):
    client.wait_state("ready")
    phone, account, sim = client.all(PHONE), client.one(ACCOUNT), client.one(SIM)
    assert phone["Nai"] == account["Nai"] == f"{user}@operator-{operator}.example", (phone, account)
    assert account["Aor"] == f"sip:{user}@operator-{operator}.example" and account["Vouched"], account
    assert (account["GatewayState"], account["GatewayText"]) == ("ready", ""), account
    assert (sim["State"], sim["Kind"], sim["Name"], sim["Generation"]) == ("ready", "soft", "sim.json", "usim"), sim


def check_told(client, name, order, always):
    """Values in their order; of two in one turn of the loop only the later is told, and never one that was not."""
    told = client.told(name)
    rest = iter(order)
    assert all(value in rest for value in told) and set(always) <= set(told), (client.node.name, name, told)


def check_history(client, direction, peer):
    total, records = client.call("History", "(uu)", 0, 10)
    assert total == 1, records
    record = records[0]
    assert (record["Advice"], record["AdviceText"]) == ("none", ""), record
    assert (record["Direction"], record["Peer"], record["Verdict"], record["Answered"], record["Media"],
            record["Listen"]) == (direction, peer, "authenticated", True, "zrtp", "two-operators"), record
    assert record["Ended"] >= record["Began"] > 0, record


ASK_AGAIN = {"PeersChanged", "KeysChanged", "HistoryChanged", "SettingsChanged"}


def annotated(method):
    """The signals that the XML promises of it, and the window's demo sends."""
    with open(XML, encoding="utf-8") as file:
        (found,) = [m for m in ET.fromstring(file.read()).iter("method") if m.get("name") == method]
    return {name for note in found.findall("annotation") if note.get("name") == "org.simauth.Tells"
            for name in note.get("value").split()}


def telling(client, signals, method, types="()", *args):
    """The method's answer; of what is asked for with another method it tells of these alone."""
    before = len(client.signals())
    answer = client.call(method, types, *args)
    told = {s["member"] for s in client.signals()[before:]} & ASK_AGAIN
    assert told == set(signals) and told <= annotated(method), (method, args, told, annotated(method))
    return answer


def check_peers(client, peer, nai):
    (pinned,) = client.call("ListPeers")
    assert (pinned["Aor"], pinned["Nai"], pinned["Pinned"], pinned["Change"]) == (peer, nai, True, "none"), pinned
    settings = ("SettingsChanged", "PeersChanged")
    telling(client, settings, "SetSetting", "(sss)", f"peer {peer};transport=tcp", "policy", "prefer")
    assert client.call("ListPeers")[0]["Policy"] == "prefer"
    assert telling(client, ("PeersChanged", "KeysChanged"), "Forget", "(s)", peer) is True
    (left,) = client.call("ListPeers")
    assert not left["Pinned"] and left["Policy"] == "prefer", left
    assert telling(client, (), "Forget", "(s)", peer) is False
    telling(client, settings, "SetSetting", "(sss)", f"peer {peer}", "policy", "")
    assert client.call("ListPeers") == []


def check_keys(client):
    """One key for each direction; the one that is erased goes alone, and its number names nothing any more."""
    flow.wait_any(lambda: len(client.call("ListKeys")) == 2, 10, "two setup keys")
    ours, theirs = sorted(client.call("ListKeys"), key=lambda key: not key["Outgoing"])
    assert ours["Outgoing"] and not theirs["Outgoing"] and ours["Id"] != theirs["Id"], (ours, theirs)
    assert telling(client, ["KeysChanged"], "ForgetKey", "(x)", theirs["Id"]) is True
    assert [key["Id"] for key in client.call("ListKeys")] == [ours["Id"]]
    for number in (theirs["Id"], 0, -1, ours["Id"] + (1 << 32)):
        assert client.call("ForgetKey", "(x)", number) is False, number
    return ours


def check_settings(client):
    path = client.node.path(".config/simauth/simauth.conf")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:  # as a person's editor may leave it
        file.write(re.sub(r"(?m)^ask *= *everybody$", "ask = everybody \t", text))
    rows = {row[0]: row for row in client.call("GetSettings", "(s)", "phone")}
    assert rows["ask"][1] == "everybody" and rows["policy"][1] == "" and rows["policy"][2] == "prefer", rows
    client.call("SetSetting", "(sss)", "phone", "policy", "require")
    flow.wait_any(lambda: client.all(PHONE)["Policy"] == "require", 5, "the new policy")
    assert "SettingsChanged" in [s["member"] for s in client.signals()]
    refused(client, "BadValue", "must be one of", "SetSetting", "(sss)", "phone", "policy", "strictly")
    refused(client, "BadValue", "no key", "SetSetting", "(sss)", "phone", "polices", "off")
    refused(client, "BadValue", "one line", "SetSetting", "(sss)", "phone", "gateway", "a\nsim=soft:/x")
    refused(client, "BadValue", "no SIP address", "GetSettings", "(s)", "peer bob")
    refused(client, "BadValue", "pcsc", "SetSim", "(s)", "floppy:A")
    refused(client, "BadValue", "NAME:PORT", "SetGateway", "(s)", "ag example")
    client.call("SetSetting", "(sss)", "phone", "policy", "")


def refused(client, word, sentence, method, types, *args, **more):
    """The call is answered by this error, with a sentence for a person."""
    try:
        answer = client.call(method, types, *args, **more)
    except Refused as error:
        name = word if "." in word else f"org.simauth.Error.{word}"
        assert error.name == name and sentence in error.text, error
        return
    raise AssertionError(f"{method}{args} was done: {answer}")


def check_self_test(client):
    good, links = client.call("SelfTest")
    assert good and {link[1] for link in links} == {"good"}, links
    assert [link[0] for link in links] == ["settings", "sim", "gateway-named", "gateway-reached", "bootstrapped",
                                           "record", "clock", "account", "media"], links
    told = [tuple(s["args"]) for s in client.signals() if s["member"] == "SelfTestLink"]
    assert told == [tuple(link) for link in links], told
    refused(client, "TooOften", "try again in", "SelfTest", "()")


def with_prices(world):
    """Operator A says what a call costs, in its currency; Operator B says nothing."""
    with_buses(world)
    for when, amount in (("first", "0.02"), ("again", "0.005")):
        world.operators["a"].gateway.ctl("price", "set", "aka", when, amount)


def check_prices(world, alice, bob):
    """What each operator says, for its own phone; asked for between calls, and nowhere on the disk."""
    account = alice.wait_one(ACCOUNT, {"PriceFirst": "0.02", "PriceAgain": "0.005"})
    assert account["Price"] == "0.02 for the first call with somebody, 0.005 for each one after that", account
    assert "price     0.02 for the first call" in world.alice.ctl("status").stdout
    account = bob.one(ACCOUNT)
    assert (account["Price"], account["PriceFirst"], account["PriceCurrency"]) == ("", "", ""), account
    assert "price" not in world.bob.ctl("status").stdout


def check_untouched(world, client):
    """A call about which the settings say that nobody is asked has its object too, and promises nothing."""
    client.call("SetSetting", "(sss)", f"peer {world.bob.aor}", "policy", "off")
    number = flow.connect(world)
    shown = client.wait_one(CALL, {"Reason": "untouched", "Phase": "talking"})
    assert (shown["Verdict"], shown["Nai"], shown["Operator"], shown["Peer"]) == ("none", "", "", world.bob.aor), shown
    shown = client.wait_one(CALL, {"Reason": "untouched", "Media": "clear"})
    assert shown["Listen"] == "anybody" and shown["Weakest"] == "none", shown
    flow.hang_up(world, number)
    client.wait_one(CALL, {"Reason": "untouched", "Phase": "ended"})


WRONG_TYPES = ["()", "(u)", "(s)", "(b)", "(as)", "(ssss)", "(v)", "(x)", "((ss))", "(a{sv})"]
VALUES = {"()": [], "(u)": [7], "(s)": ["x"], "(b)": [True], "(as)": [["x"]], "(ssss)": list("abcd"), "(x)": [-1],
          "((ss))": [("a", "b")], "(a{sv})": [{}], "(v)": None}


def check_malformed(client):
    """Every method with every wrong shape: an error of D-Bus with a sentence, and the phone goes on."""
    with open(XML, encoding="utf-8") as file:
        phone = next(i for i in ET.fromstring(file.read()).iter("interface") if i.get("name") == PHONE)
    for method in phone.findall("method"):
        right = "(" + "".join(a.get("type") for a in method.findall("arg") if a.get("direction") == "in") + ")"
        for types in WRONG_TYPES:
            if types != right and VALUES[types] is not None:
                refused(client, "org.freedesktop.DBus.Error.InvalidArgs", "nvalid arguments", method.get("name"), types,
                        *VALUES[types])
    refused(client, "org.freedesktop.DBus.Error.UnknownMethod", "Authenticate", "Authenticate", "(s)", "00")
    refused(client, "BadValue", "SIP address", "TrustChange", "(ss)", "\u202e", "x" * 300)
    refused(client, "NotFound", "nothing", "TrustChange", "(ss)", "sip:x@y.example", "x@y.example")
    refused(client, "BadValue", "500", "History", "(uu)", 0, 501)
    refused(client, "BadValue", "longer", "SetGateway", "(s)", "x" * 5000)
    assert client.all(PHONE)["State"] == "ready"


def check_no_secret(recording, sims):
    """Nothing that a SIM or an operator keeps, in any of the forms in which it might travel."""
    assert len(recording) > 10000, "nothing was recorded"
    for sim in sims:
        for secret in (sim.imsi, sim.imsi[5:], sim.k, sim.opc):
            assert secret.encode() not in recording and secret.upper().encode() not in recording, "a secret of the SIM"
        for secret in (sim.k, sim.opc):
            assert bytes.fromhex(secret) not in recording, "octets of a key"
    long_hex = {m.group(0) for m in re.finditer(rb"(?<![0-9A-Za-z])[0-9a-fA-F]{32,}(?![0-9A-Za-z])", recording)}
    assert len(long_hex) <= 2, long_hex  # the bus's own GUID and this machine's id
    assert not re.search(rb"(?<![\w.@/-])[\w-]{43}=?(?![\w.@/-])", recording), "32 octets in base64"


BOAST = "Operator C, verified"


def check_no_boast_kept(bob):
    """While both calls are in the history."""
    said = [bob.ctl("calls").stdout, bob.ctl("calls", "--json").stdout, bob.ctl("status").stdout]
    assert "authenticated" in said[0], said
    for folder in (".local/state/simauth", ".local/share/simauth"):
        said += [bob.node.run(["grep", "-ra", BOAST, bob.node.path(folder)], check=False).stdout]
    assert not any(BOAST in text for text in said), said


def check_no_boast_told(world, recordings):
    """What the caller calls herself came with both INVITEs, and never went over the bus."""
    assert not any(BOAST.encode() in recording for recording in recordings), "a display name is on the bus"
    invites = world.messages().all("INVITE", target=world.bob)
    assert len(invites) == 2 and all(f'"{BOAST}" <{world.alice.aor}>' in m.header("From") for m in invites), invites


@case("ui.bus.call", limit=120)
def call(world):
    """A call on both buses: every word as it is reached, then history, peers, settings, self-test; nothing secret.
    Alice calls herself something, in the call that is proved and in the one that is not: it is said nowhere."""
    prepare(world, before=with_prices, keys="memory", phones={"alice": {"display_name": BOAST}})
    ends = [phone.bus.record() for phone in (world.alice, world.bob)]
    alice, bob = clients(world)
    check_ready(alice, "alice", "a")
    check_ready(bob, "bob", "b")
    check_prices(world, alice, bob)
    number = flow.connect(world)
    for client in (alice, bob):
        client.wait_told("Verdict", "authenticated")
        shown = client.wait_one(CALL, {"Verdict": "authenticated", "Media": "zrtp"})
        assert (shown["Listen"], shown["Phase"], shown["Reason"], shown["Method"]) == \
            ("two-operators", "talking", "", "aka"), shown
    shown = bob.one(CALL)
    assert shown["VerdictText"] == "authenticated: alice@operator-a.example, vouched for by Operator A", shown
    check_introspection(bob)
    flow.hang_up(world, number)
    check_malformed(alice)
    for client in (alice, bob):
        client.wait_told("Phase", "ended")
    check_told(alice, "Verdict", ["none", "answered", "authenticated"], ["authenticated"])
    check_told(bob, "Verdict", ["none", "announced", "authenticated"], ["announced", "authenticated"])
    for client in (alice, bob):
        check_told(client, "Phase", ["before", "ringing", "talking", "ended"], ["talking", "ended"])
    check_history(bob, "incoming", "sip:alice@operator-a.example")
    check_history(alice, "outgoing", "sip:bob@operator-b.example")
    left = check_keys(alice)
    check_peers(bob, "sip:alice@operator-a.example", "alice@operator-a.example")
    assert bob.call("ListKeys") == [], "keys of a peer that was forgotten"
    check_settings(bob)
    check_self_test(alice)
    check_untouched(world, alice)
    assert [key["Made"] for key in alice.call("ListKeys")] == [left["Made"]]
    refused(alice, "Failed", "SIP address", "ForgetKeys", "(s)", "bob")
    assert telling(alice, ["KeysChanged"], "ForgetKeys", "(s)", "") == 1 and alice.call("ListKeys") == [], "not all keys were revoked"
    check_no_boast_kept(world.bob)
    world.bob.stop()
    world.bob.start()
    total, records = bob.find().call("History", "(uu)", 1, 10)
    assert total == 2 and records[0]["Verdict"] == "authenticated", records
    telling(bob, ["HistoryChanged"], "ClearHistory")
    assert bob.call("History", "(uu)", 0, 10) == (0, [])
    recordings = [end() for end in ends]
    for recording in recordings:
        check_no_secret(recording, world.sims.values())
    check_no_boast_told(world, recordings)


# -- what goes wrong -------------------------------------------------------------------------------

@case("ui.bus.wrong_sim")
def wrong_sim(world):
    """Bob's SIM has other keys: his bus says so before the call, Alice's says why and what to do; then he has none."""
    prepare(world, before=with_buses, bob_has_other_sim=True)
    alice, bob = clients(world)
    check_ready(alice, "alice", "a")
    bob.wait_state("not-ready")
    account = bob.one(ACCOUNT)
    assert account["GatewayState"] in ("no-sim", "refused") and account["GatewayText"], account
    flow.connect_until_end(world)
    alice.wait_told("Verdict", "not-authenticated")
    ended = alice.wait_one(CALL, {"Phase": "ended"})
    assert ended["Reason"] == "confirm-missing" and ended["Advice"] == "continue-once" and ended["AdviceText"], ended
    assert "authenticated" not in alice.told("Verdict") and ended["Ended"], alice.told("Verdict")
    record = alice.call("History", "(uu)", 0, 1)[1][0]
    assert {(told["Nai"], told["Operator"]) for told in (ended, record)} == {("", "")}, "somebody vouched for nobody"
    said = world.alice.ctl("calls").stdout
    assert "not-authenticated (asked about " in said and "vouched for" not in said, said
    alice.call("ContinueOnce", "(s)", world.bob.aor)
    refused(alice, "Failed", "SIP address", "ContinueOnce", "(s)", "bob")
    os.unlink(world.bob.node.path(".local/share/simauth/sim.json"))
    bob.call("SetSim", "(s)", "modemmanager")  # a kind that needs no place
    bob.wait_one(SIM, {"Setting": "modemmanager", "Kind": "modem"})
    bob.call("SetSim", "(s)", "soft:/nowhere/sim.json")
    sim = bob.wait_one(SIM, {"State": "absent", "Setting": "soft:/nowhere/sim.json"})
    assert sim["Text"] and sim["Kind"] == "soft", sim
    good, links = bob.call("SelfTest")
    assert not good and [link[1] for link in links[:3]] == ["good", "failed", "not-tried"], links
    bob.call("SetSim", "(s)", "")
    bob.wait_state("unset")


PIN, WRONG, OTHER_PIN = "73619402", "1111", "5150937"
ICCID = "8988307461925830746"


@contextlib.contextmanager
def card_at_bob(world):
    """Bob's SIM is a card with a PIN; Alice has no part."""
    world.start_network()
    world.start_gateways()
    world.add_phones()
    world.issue_sims()
    bob, sim = world.bob, world.sims["bob"]
    cards = [card_of(bob.node, sim, pin=PIN, pin_enabled=True, iccid=ICCID),
             card_of(bob.node, world.sims["alice"], name="other", pin=OTHER_PIN, pin_enabled=True)]
    with reader_on(bob.node, cards[:1]) as reader:
        reader.others = cards
        bob.bus = SessionBus(bob.node).start()
        bob.use_sim(sim, world.root, place="pcsc", pin="none")
        bob.start(wait_registered=False)
        yield reader


def enter(client, pin, spend_last=False, sealed=True, tag=""):
    return client.call("EnterPin", "(hbs)", None, spend_last, tag, secret=pin, sealed=sealed)


@case("ui.bus.pin", limit=90)
def pin(world):
    """Bob's card wants its PIN: given through a sealed memfd, and no digit of it crosses the bus; then it is pulled."""
    with card_at_bob(world) as reader:
        enter_pins(world, reader)
        world.bob.stop()  # before its reader goes


def enter_pins(world, reader):
    end = world.bob.bus.record()
    (bob,) = clients(world, [world.bob])
    bob.call("AskForPin", "(b)", True)
    sim = bob.wait_one(SIM, {"State": "locked"})
    assert (sim["TriesLeft"], sim["Kind"]) == (3, "card") and bob.all(PHONE)["State"] == "not-ready", sim
    tag = sim["Tag"]
    assert re.fullmatch("[0-9a-f]{16}", tag) and tag not in ICCID, f"the mark tells the card: {sim}"
    refused(bob, "NotSealed", "sealed", "EnterPin", "(hbs)", None, False, "", secret=PIN, sealed=False)
    refused(bob, "BadValue", "4 to 8 digits", "EnterPin", "(hbs)", None, False, "", secret="12a4")
    refused(bob, "BadValue", "4 to 8 digits", "EnterPin", "(hbs)", None, False, "", secret="123456789")
    refused(bob, "BadValue", "Sim1.Tag", "EnterPin", "(hbs)", None, False, "ab", secret=PIN)
    assert enter(bob, WRONG, tag="0" * 16)[0] == "other-card"
    bob.wait_one(SIM, {"State": "locked", "TriesLeft": 3})
    assert enter(bob, WRONG, tag=tag)[:2] == ("wrong", 2)
    bob.wait_one(SIM, {"State": "locked", "TriesLeft": 2})
    assert enter(bob, WRONG)[:2] == ("wrong", 1)
    assert enter(bob, PIN)[:2] == ("last-try", 1), "the last try was spent without the person"
    assert enter(bob, PIN, spend_last=True)[0] == "accepted"
    bob.wait_state("ready")
    assert enter(bob, PIN)[0] == "not-needed"
    readers, text = bob.call("ListReaders")
    ((value, name),) = [row[:2] for row in readers if row[2]]
    assert value == f"pcsc:{name}" and not text, (readers, text)
    reader.order({"do": "pull"})
    bob.wait_one(SIM, {"State": "absent", "Tag": ""})
    reader.order({"do": "insert"})
    bob.wait_one(SIM, {"State": "locked", "Tag": tag})
    assert enter(bob, PIN)[0] == "accepted"
    bob.wait_state("ready")
    swapped_meanwhile(bob, reader, tag)
    recording = end()
    check_no_secret(recording, [world.sims["bob"]])
    for digits in (PIN, WRONG, PIN[:6], PIN[2:], ICCID[4:], ICCID[-8:]):
        assert digits.encode() not in recording, "digits of a PIN or of the ICCID"
    salt = os.stat(world.bob.node.path(".local/share/simauth/card-tags.salt"))
    assert (salt.st_mode & 0o777, salt.st_size, salt.st_uid) == (0o600, 32, world.bob.node.user), salt


def swapped_meanwhile(bob, reader, tag):
    """The person types the PIN of the card that was there, and another one is by then, of which the bus says nothing
    yet: it gets no digit, and the right one does when it is back."""
    spent = len(pins_given(reader))
    reader.order({"do": "swap", "profile": reader.others[1]})
    flow.wait_any(lambda: enter(bob, OTHER_PIN, tag=tag)[0] == "other-card", 20, "the other card to be seen")
    assert len(pins_given(reader)) == spent, reader.commands("verify")
    reader.order({"do": "swap", "profile": reader.others[0]})
    flow.wait_any(lambda: enter(bob, PIN, tag=tag)[0] in ("accepted", "not-needed"), 20, "the right card")


def pins_given(reader):
    """VERIFY with digits; without, it asks for the tries."""
    return [command for command in reader.commands("verify") if command["length"] > 5]


@case("ui.bus.restart", limit=90)
def restart(world):
    """A phone without a bus works; the bus comes, dies in a call, and comes back: the call goes on, its word stands."""
    def only_names(_world):
        for phone in (world.alice, world.bob):
            phone.bus = SessionBus(phone.node)
    prepare(world, before=only_names)
    world.bob.wait_note("bus: no session bus: the window cannot show this Linphone")
    world.bob.bus.start()
    (bob,) = clients(world, [world.bob])
    number = flow.connect(world)
    bob.wait_one(CALL, {"Verdict": "authenticated", "Phase": "talking"})
    world.bob.bus.stop()
    world.bob.wait_note("bus: the session bus is gone; calls go on without it")
    assert world.bob.state() == "StreamsRunning" and world.alice.state() == "StreamsRunning"
    world.bob.bus.start(open_to_all=True)
    (bob,) = clients(world, [world.bob])
    bob.wait_one(CALL, {"Verdict": "authenticated", "Phase": "talking"})
    check_stranger(world, bob)
    flow.hang_up(world, number)
    bob.wait_one(CALL, {"Phase": "ended", "Verdict": "authenticated"})
    slow = world.bob.slowest
    assert slow[0] < 0.5, f"the main loop was kept for {slow}"


def check_stranger(world, bob):
    """Another user on a bus that lets him in, root too: nothing is answered, nothing is done."""
    for user in (world.alice.node.user, 0):
        stranger = Client(world.bob.node, user)
        stranger.phone = bob.phone
        for method, types, args in (("GetAll", "(s)", [PHONE]), ("SelfTest", "()", []), ("Introspect", "()", [])):
            interface = {"GetAll": "org.freedesktop.DBus.Properties",
                         "Introspect": "org.freedesktop.DBus.Introspectable"}.get(method, PHONE)
            refused(stranger, "org.freedesktop.DBus.Error.AccessDenied", "Only the user", method, types, *args,
                    interface=interface)
        stranger.close()
    assert not [s for s in bob.signals() if s["member"] == "SelfTestLink"]


# -- several Linphones -----------------------------------------------------------------------------

def second_linphone(phone, name="second"):
    """One more Linphone of the same person, with the same account, at another port; its process."""
    with open(phone.node.path(".config/linphone/linphonerc"), encoding="utf-8") as file:
        text = file.read()
    rc = phone.node.write(f".config/linphone/{name}rc", text.replace("[sip]\n", "[sip]\nsip_port=5080\nsip_tcp_port=5080\n", 1), 0o600)
    return phone.node.start(name, ["linphone-daemon", "--config", rc, "--pipe", name, "--log", phone.node.path(f"{name}.log")])


@case("ui.bus.several", limit=90)
def several(world):
    """Two Linphones of Bob's on one bus, each with its own name, state and calls; a setting made at one is read by both;
    one ends, and the other has its call still."""
    prepare(world, before=with_buses)
    (first,) = clients(world, [world.bob])
    process = second_linphone(world.bob)
    flow.wait_any(lambda: len(first.names()) == 2, 20, "two Linphones on the bus")
    second = Client(world.bob.node)
    second.phone = next(name for name in second.names() if name != first.phone)
    for client in (first, second):
        client.wait_state("ready")
    assert first.all(PHONE)["ProcessId"] != second.all(PHONE)["ProcessId"]
    before = world.alice.mark()
    number = world.bob.call(world.alice.aor)
    world.alice.wait_state("IncomingReceived", after=before)
    world.alice.answer()
    shown = first.wait_one(CALL, {"Verdict": "authenticated", "Phase": "talking"})
    assert second.objects(CALL) == {}, "a call of the other one's"
    second.call("SetSetting", "(sss)", "phone", "policy", "require")
    flow.wait_any(lambda: first.all(PHONE)["Policy"] == second.all(PHONE)["Policy"] == "require", 10, "the setting at both")
    process.stop()
    flow.wait_any(lambda: first.names() == [first.phone], 10, "the end of the second")
    assert first.one(CALL)["Id"] == shown["Id"] and world.bob.state() == "StreamsRunning"
    world.bob.terminate(number)
    first.wait_one(CALL, {"Phase": "ended", "Verdict": "authenticated"})
