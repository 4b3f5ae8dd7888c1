# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents: two operators' gateways stand in the place of the SIMs of a weak terminal (docs/protocol.md, section 8)."""

import glob
import json
import os
import re
import secrets
import time

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from cases.fault_phone import FAKETIME
from world import badday, flow
from world.attacker import Attacker, b64u
from world.scene import cause
from world.sim import Password

VOUCHED = r"call \S+ \w+: known: text=vouched for by the operators, no SIM in the call"


def sets(world, alice=None, bob=None):
    """Other settings of one phone's, before it starts."""
    for phone, settings in ((world.alice, alice), (world.bob, bob)):
        path = phone.node.path(".config/simauth/simauth.conf")
        with open(path, "a", encoding="utf-8") as conf:
            conf.write("".join(f"{key}={value}\n" if key else f"{value}\n" for key, value in (settings or {}).items()))


def sim_runs(phone):
    """How often the SIM of this phone was asked in calls, by the product's own log."""
    return [float(m.group(1)) for m in phone.notes(r"asked: gateway_ms=\S+ card_ms=(\S+)")]


def speak_once(world, number):
    """The number-th call of these two is authenticated, ends, and leaves keys at both ends."""
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED, count=number)
    flow.hang_up(world, talk)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"setup-key: made=2", count=number)


def vouched_call(world, number):
    """The number-th call of these two, by a ticket at both ends, with the media bound to it."""
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED, count=number)
        phone.wait_note(VOUCHED, count=number)
        assert len(phone.notes(r"media: sink=zrtp verdict=match")) == number, phone.node.name
        assert re.search(r"method=agt ", phone.notes(r"authenticated: .*")[-1].group(0))
    flow.hang_up(world, talk)


@case("agt.call")
def call(world):
    """A weak terminal calls: a ticket of two operators, no SIM runs, both are told so; and the other way round."""
    prepare(world, before=lambda w: sets(w, alice={"agent": "only"}, bob={"agent": "only"}))
    for number in (1, 2):
        vouched_call(world, number)
        world.alice, world.bob = world.bob, world.alice
    for phone in (world.alice, world.bob):
        refuse(phone, NOT_AUTHENTICATED)
        assert set(sim_runs(phone)) == {0.0}, sim_runs(phone)
        assert "vouched for by the operators, no SIM in the call" in phone.ctl("calls").stdout
    messages = world.messages()
    tags = [messages.first("INVITE", call_id=c).tag("From") for c in messages.calls()]
    assert [t.split(".")[1] for t in tags] == ["agt", "agt"] and tags[0] != tags[1], tags
    for operator in world.operators.values():
        records = operator.gateway.records()
        assert [(r["method"], r["outcome"]) for r in records] == [("agt", "completed")] * 2, records


@case("call.debian13.agt", label="long", limit=90, group="call.debian13")
def debian13(world):
    """Between Linphone 5.1 and 5.3: tickets both ways, and the SIM itself where the callee wants it: one ring."""
    prepare(world, phones={"alice": {"linphone": "5.3"}}, before=lambda w: sets(w, alice={"agent": "only"}, bob={"agent": "only"}))
    for number in (1, 2):
        talk = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED, count=number)
            phone.wait_note(VOUCHED, count=number)
        flow.hang_up(world, talk)
        world.alice, world.bob = world.bob, world.alice
    world.alice.ctl("settings", "set", "agent", "prefer")
    world.bob.ctl("settings", "set", "tickets", "refuse")
    rang = world.bob.mark()
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"authenticated: .*method=aka")
    flow.hang_up(world, talk)
    assert [e.state for e in world.bob.events()[rang:]].count("IncomingReceived") == 1


@case("agt.sim_wanted")
def sim_wanted(world):
    """The callee wants the SIM itself: the caller that has one places the same call in full; one ring, one entry."""
    prepare(world, before=lambda w: sets(w, alice={"agent": "prefer"}, bob={"tickets": "refuse"}))
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        assert "method=aka" in phone.notes(r"authenticated: .*")[-1].group(0)
        refuse(phone, VOUCHED)
    flow.hang_up(world, talk)
    states = [e.state for e in world.bob.events()]
    assert states.count("IncomingReceived") == 1, states
    refused = world.messages().first("INVITE", status=480)
    assert cause(refused) == 6 and "SIM wanted" in refused.header("Reason"), refused.text


@case("agt.refused")
def refused(world):
    """A weak terminal, and a callee that wants the SIM: nobody rings, and the caller reads those words."""
    prepare(world, before=lambda w: sets(w, alice={"agent": "only"}, bob={"tickets": "refuse"}))
    flow.connect_until_end(world)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)
    assert "IncomingReceived" not in [e.state for e in world.bob.events()]
    world.alice.wait_note(r'ticket: refused=the other phone wants your SIM itself \("SIM wanted"\)')
    assert "SIM wanted" in world.alice.ctl("calls").stdout


@case("agt.pinned")
def pinned(world):
    """Who is known by a SIM is not let in, nor called, with less; once, when the person agrees."""
    prepare(world)
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, talk)
    sets(world, alice={"agent": "only"})
    flow.connect_until_end(world)
    world.alice.wait_note(r"problem=this person is known by a SIM")
    assert len(world.alice.notes(AUTHENTICATED)) == 1
    world.alice.ctl("continue-once", world.bob.aor)
    flow.connect_until_end(world)  # Bob's own pin: his phone wants the SIM
    world.bob.wait_note(r"ticket: refused=the SIM itself is wanted")
    assert len(world.bob.notes(AUTHENTICATED)) == 1
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.ctl("continue-once", other.aor)
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(VOUCHED)
        phone.wait_note(AUTHENTICATED, count=2)
    flow.hang_up(world, talk)


@case("agt.made_up")
def made_up(world):
    """A ticket that nobody gave, in the name of somebody who is known by a SIM and of somebody who is not: the same refusal."""
    prepare(world, before=lambda w: sets(w, bob={"policy": "require"}))
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, talk)
    attacker = Attacker(world)
    heard = []
    for name in (world.alice.aor, "sip:eve@evil.example"):
        ticket = ".".join(["sim01", "agt", *(b64u(secrets.token_bytes(n)) for n in (16, 16, 16))])
        answer = attacker.wait_answer(attacker.send(attacker.invite(world.bob, name, ticket), world.bob))
        heard.append((answer.status, answer.header("Reason"), answer.header("Warning")))
    assert heard[0] == heard[1] and heard[0][0] == 403, heard


@case("agt.no_sim")
def no_sim(world):
    """A terminal without any SIM (GBA_Digest) and one with: both ways, told as what it is, and never a vector."""
    prepare(world, phones={"alice": {"account": "carol"}}, before=without_sim)
    for number in (1, 2):
        vouched_call(world, number)
        world.alice, world.bob = world.bob, world.alice  # and Bob, who has a SIM, calls her
    for phone in (world.alice, world.bob):
        refuse(phone, NOT_AUTHENTICATED)
        assert "vouched for by the operators, no SIM in the call" in phone.ctl("calls").stdout
    for operator in world.operators.values():
        assert {r["method"] for r in operator.gateway.records() if r["outcome"] == "completed"} == {"agt"}
    status = world.alice.ctl("status").stdout
    assert "digest:" in status and world.sims["alice"].password not in status
    tested = world.alice.ctl("self-test")
    assert tested.returncode == 0, tested.stdout
    wrong = world.alice.ctl("settings", "set", "agent", "off", check=False)
    assert wrong.returncode and "must be only" in wrong.stderr, wrong


def without_sim(world):
    """Alice's phone is Carol's, who has a password."""
    world.sims["alice"] = Password("carol", world.operators["a"])
    world.alice.use_sim(world.sims["alice"], world.root)


@case("agt.no_sim.wrong")
def no_sim_wrong(world):
    """A wrong password, or a file that others may read: no session, no call told as authenticated, and words that help."""
    def wrong(w):
        without_sim(w)
        w.alice.use_sim(w.sims["alice"].other(), w.root)
    prepare(world, phones={"alice": {"account": "carol"}}, before=wrong, ready=False)
    tested = world.alice.ctl("self-test", check=False)
    assert tested.returncode and "does not take this password" in tested.stdout, tested.stdout
    talk = flow.connect(world)
    world.alice.wait_note(NOT_AUTHENTICATED)
    flow.hang_up(world, talk)
    for phone in (world.alice, world.bob):
        refuse(phone, AUTHENTICATED)
    os.chmod(world.alice.node.path(".local/share/simauth/sim.json"), 0o644)
    tested = world.alice.ctl("self-test", check=False)
    assert tested.returncode and "chmod 600" in tested.stdout, tested.stdout


def flow_call(world):
    """A call that both phones show as authenticated, with the keys that it leaves."""
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, talk)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"setup-key: made=2")


def gateway_of(world, phone):
    """The gateway of this phone's operator."""
    return next(o.gateway for o in world.operators.values() if o.realm == phone.domain)


def listed(phone):
    return [key for answer in json.loads(phone.ctl("keys", "list", "--json").stdout) for key in answer["keys"]]


@case("agt.changes")
def changes(world):
    """A SIM is revoked while the other phone is off: at its start the gateways say so, and its setup keys are gone."""
    prepare(world, keys="file")
    flow_call(world)
    assert len(listed(world.alice)) == 2
    world.alice.stop()
    world.alice.forget()
    world.alice.start()
    world.alice.wait_note(r"simauth: setup keys: home=\w+ count=2")
    flow.wait_any(lambda: "op=changes" in gateway_of(world, world.alice).log(), 10, "the gateway is asked")
    assert len(listed(world.alice)) == 2, "nothing had changed"
    world.alice.stop()
    gateway_of(world, world.bob).ctl("sim", "revoke", world.sims["bob"].imsi)
    world.alice.forget()
    world.alice.start()
    world.alice.wait_note(r"changes: nai=bob@\S+ text=the SIM was changed or revoked")
    flow.wait_any(lambda: listed(world.alice) == [], 5, "the keys are gone")


@case("agt.changes.renewed", limit=90)
def changes_renewed(world):
    """A SIM is changed, and calls without a SIM renew every key since: who starts then hears of it all the same."""
    prepare(world, keys="file")
    flow_call(world)
    gateway_of(world, world.bob).ctl("subscriber", "remove", world.sims["bob"].imsi)
    world.issue_sim("bob", "b")  # and his phone keeps the old one
    changed = int(time.time())
    flow.wait_any(lambda: time.time() >= changed + 1, 3, "another second: a key of the same one could be of before")
    for number in range(2, 7):
        speak_once(world, number)
    assert all(key["made"] > changed for key in listed(world.alice)), "a key of before was left: nothing is shown"
    world.alice.stop()
    world.alice.forget()
    world.alice.start()
    world.alice.wait_note(r"changes: nai=bob@\S+ text=the SIM was changed or revoked")
    flow.wait_any(lambda: listed(world.alice) == [], 5, "the keys are gone")


@case("agt.changes.during", limit=60)
def changes_during(world):
    """A SIM is changed while its call lasts: the keys that the call leaves are of before, and who starts then hears of it."""
    prepare(world, keys="file")
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    begun = int(time.time())
    flow.wait_any(lambda: time.time() >= begun + 1, 3, "another second")
    gateway_of(world, world.bob).ctl("subscriber", "remove", world.sims["bob"].imsi)
    world.issue_sim("bob", "b")
    changed = int(time.time())
    flow.wait_any(lambda: time.time() >= changed + 2, 4, "the second after the SIM was given out")
    flow.hang_up(world, talk)
    world.alice.wait_note(r"setup-key: made=2")
    world.alice.stop()
    world.alice.forget()
    world.alice.start()
    world.alice.wait_note(r"changes: nai=bob@\S+ text=the SIM was changed or revoked")
    flow.wait_any(lambda: listed(world.alice) == [], 5, "the keys are gone")


@case("agt.changes.later")
def changes_later(world):
    """A SIM is revoked while the other phone is on: it hears so in a quarter of an hour, and when it registers anew; no call asks."""
    jump = clock_of(world)
    prepare(world, keys="file", before=lambda w: setattr(w.alice, "before", jump.words))
    for number, (moment, seconds) in enumerate((("quarter of an hour", 16 * 60), ("registration", 120)), 1):
        speak_once(world, number)
        asked = changes_asked(world)
        gateway_of(world, world.bob).ctl("sim", "revoke", world.sims["bob"].imsi)
        assert listed(world.alice) and changes_asked(world) == asked, "asked before its time"
        jump.ahead(seconds)
        if moment == "registration":
            world.alice.command("unregister ALL")
            world.alice.command(f"register {world.alice.aor} sip:{world.alice.domain} sip-alice")
        world.alice.wait_note(r"changes: nai=bob@\S+ text=the SIM was changed or revoked", count=number, limit=30)
        flow.wait_any(lambda: listed(world.alice) == [], 5, "the keys are gone")
        gateway_of(world, world.bob).ctl("sim", "restore", world.sims["bob"].imsi)


@case("agt.changes.switched_off")
def changes_switched_off(world):
    """The plugin is switched off while its gateway is asked; switched on it asks again."""
    badday.prepare(world, doors=True, keys="file")
    flow_call(world)
    ready, asked = len(world.alice.notes("simauth: ready: ")), changes_asked(world)
    world.doors["a"].delay = 0.3
    world.alice.ctl("settings", "set", "ask", "known")
    world.alice.ctl("status")  # and the phone reads them
    flow.wait_any(lambda: changes_asked(world) > asked, 20, "the gateway is asked")
    world.alice.ctl("switch", "off")
    world.alice.ctl("status")
    world.alice.wait_note("inactive: switched off")
    flow.pause_until(time.monotonic() + 1)  # the answer comes meanwhile
    world.doors["a"].delay = 0
    world.alice.ctl("switch", "on")
    world.alice.ctl("status")
    world.alice.wait_note("simauth: ready: ", count=ready + 2)
    flow.wait_any(lambda: changes_asked(world) > asked + 1, 10, "the gateway is asked once more")


@case("call.gateway_later")
def gateway_later(world):
    """Alice's gateway is away when her phone begins: a quarter of an hour later it says who she is, with all her addresses, though it does not register anew and a call was there before."""
    def begins_alone(w):
        w.alice.before = jump.words
        w.operators["a"].gateway.stop()
        rc = ".config/linphone/linphonerc"
        with open(w.alice.node.path(rc), encoding="utf-8") as text:
            w.alice.node.write(rc, text.read().replace("reg_expires=600", "reg_expires=36000"), 0o600)
    jump = clock_of(world)
    prepare(world, before=begins_alone, ready=False)
    world.alice.wait_note("simauth: not ready: ")
    world.operators["a"].gateway.start()
    talk = flow.connect(world)
    world.alice.wait_note(AUTHENTICATED)
    flow.hang_up(world, talk)
    refuse(world.alice, "simauth: ready: ")
    registered = len(re.findall("^REGISTER ", world.alice.said(), re.M))
    jump.ahead(16 * 60)
    world.alice.wait_note("simauth: ready: ", limit=30)
    assert len(re.findall("^REGISTER ", world.alice.said(), re.M)) == registered, "it registered anew"


def changes_asked(world):
    return gateway_of(world, world.alice).log().count("op=changes")


class clock_of:
    """All clocks of Alice's phone, which can be set ahead while it runs (libfaketime reads the file each time)."""

    def __init__(self, world):
        self.path = os.path.join(world.folder, "clock")
        self.offset = 0
        self.ahead(0)
        self.words = ["env", f"LD_PRELOAD={glob.glob(FAKETIME)[0]}", f"FAKETIME_TIMESTAMP_FILE={self.path}", "FAKETIME_NO_CACHE=1"]

    def ahead(self, seconds):
        self.offset += seconds
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(f"+{self.offset}s\n")
        os.chmod(self.path + ".new", 0o644)
        os.replace(self.path + ".new", self.path)


@case("agt.first_key.over")
def first_key_over(world):
    """Keys whose time is over are erased without any call, and a first key comes in their place where the person chose so."""
    prepare(world, keys="file", key_lifetime="1s")
    speak_once(world, 1)
    end = max(key["expires"] for phone in (world.alice, world.bob) for key in listed(phone))
    flow.wait_any(lambda: time.time() > end, 5, "the end of all keys")
    for phone, other in ((world.bob, world.alice), (world.alice, world.bob)):
        phone.ctl("settings", "set", "--peer", other.aor, "first_key", "true")
        phone.ctl("status")
        phone.wait_note(r"simauth: ready: ", count=2)
    flow.wait_any(lambda: any(key["outgoing"] for key in listed(world.alice)) and
                  all(key["expires"] > end for key in listed(world.alice)), 10, "a first key, and nothing that is over")


@case("agt.first_key")
def first_key(world):
    """Two who never spoke: their gateways make a setup key while both are there, and the first call rests on it."""
    def chosen(w):
        for phone, other in ((w.alice, w.bob), (w.bob, w.alice)):
            phone.ctl("settings", "set", "--peer", other.aor, "first_key", "true")
    prepare(world, keys="file", before=chosen)
    for phone in (world.alice, world.bob):  # once more, now that both have a channel
        phone.stop()
        phone.forget()
        phone.start()
        phone.wait_note(r"simauth: ready: ", count=2)
    flow.wait_any(lambda: any(k["outgoing"] for k in listed(world.alice)) and
                  any(not k["outgoing"] for k in listed(world.bob)), 10, "a first key at both")
    asked = [len(re.findall(r" op=(vectors|challenges)", o.gateway.log())) for o in world.operators.values()]
    assert asked == [0, 0], asked
    talk = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
        phone.wait_note(VOUCHED)
    flow.hang_up(world, talk)
    messages = world.messages()
    assert len(messages.calls()) == 1
    assert messages.first("INVITE", call_id=messages.calls()[0]).tag("From").startswith("sim01.stp.")
    asked = [len(re.findall(r" op=(vectors|challenges)", o.gateway.log())) for o in world.operators.values()]
    assert asked == [0, 0], asked
