# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setup keys: the second call of two people rests on what the first one left behind (docs/protocol.md, section 8)."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import threading
import time

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from cases.card import phones_with_cards
from cases.fault_phone import wrong_clock
from cases.fork import prepare_two_sims
from world import flow
from world.attacker import Attacker
from world.badday import calls
from world.scene import Scene, cause, honest_call, not_announced, ring
from world.tamper import without_header
from world.wire import Wire

HELD = r"call \S+ \w+: known: text=known since \d{4}-\d\d-\d\d \d\d:\d\d, no SIM in this call"
WORST = "a SIM that was revoked since may go unnoticed for 15 minutes, and without the operators until the key ends"
MADE = r"call \S+ \w+: setup-key: made=2 lifetime=(\d+)"
USED = r"call \S+ caller: setup-key: used="
UNKNOWN = r"call \S+ caller: setup-key: unknown="
LOADED = r"simauth: setup keys: home=(\w+) count=(\d+)(?: problem=(.*))?"


def gateway_requests(world):
    """How often each gateway was asked, as its own log has it.

    After a phone has begun anew, without what every phone asks at its start, which may come a little later than "ready".
    """
    ops = r"(?!ub |self |bindings |changes |tickets |federation )" if getattr(world, "began_anew", False) else ""
    return [len(re.findall(rf" request=\S+ op={ops}", operator.gateway.log())) for operator in world.operators.values()]


def both(world):
    return world.alice, world.bob


def swap(world):
    world.alice, world.bob = world.bob, world.alice


def call(world, keys=True):
    """One call that both phones show as authenticated, hung up; returns when both made keys for the next ones."""
    heard = [(len(p.notes(AUTHENTICATED)), len(p.notes(MADE))) for p in both(world)]
    number = flow.connect(world)
    for phone, (words, _) in zip(both(world), heard):
        phone.wait_note(AUTHENTICATED, count=words + 1)
    flow.hang_up(world, number)
    for phone, (_, made) in zip(both(world), heard):
        if keys:
            phone.wait_note(MADE, count=made + 1)


@contextlib.contextmanager
def nobody_asked(world):
    """No gateway and no SIM is asked for anything meanwhile, and both phones say since when they know each other."""
    asked = gateway_requests(world)
    used = [len(p.notes(r"asked: ")) for p in both(world)]
    known = [len(p.notes(HELD)) for p in both(world)]
    yield
    for phone, before, words in zip(both(world), used, known):
        assert len(phone.notes(r"asked: ")) == before, f"{phone.node.name} asked somebody"
        assert len(phone.notes(HELD)) > words, f"{phone.node.name} does not tell since when"
    assert gateway_requests(world) == asked, "a gateway was asked"


def held_call(world):
    with nobody_asked(world):
        call(world)


def history(phone):
    """How many calls Linphone's own list has: of 5.1, or of 5.3."""
    place, table = ("linphone.db", "conference_call") if phone.node.root else ("call-history.db", "call_history")
    with contextlib.closing(sqlite3.connect(f"file:{phone.node.path('.local/share/linphone', place)}?mode=ro", uri=True)) as database:
        return database.execute(f"select count(*) from {table}").fetchone()[0]


def full_after_all(world, tried=True):
    """A call that Alice begins with a key that Bob does not take: one ring, one entry everywhere, authenticated by both SIMs."""
    before = [(phone.mark(), len(calls(phone)), history(phone)) for phone in both(world)]
    marks = len(world.alice.notes(USED)), len(world.alice.notes(UNKNOWN)), [len(p.notes(HELD)) for p in both(world)]
    call(world)
    for phone, (mark, records, entries) in zip(both(world), before):
        states = [e.state for e in phone.events()[mark:]]
        assert states.count("Released") == 1 and states.count("IncomingReceived") <= 1, states
        assert "Error" not in states, states
        assert len(calls(phone)) == records + 1, calls(phone)[:3]
        assert calls(phone)[0]["known_since"] == 0, calls(phone)[0]
        flow.wait_any(lambda p=phone, n=entries: history(p) == n + 1, 3, f"one entry in {phone.node.name}'s own list")
    assert len(world.alice.notes(USED)) == marks[0] + tried, "the key was not tried"
    assert len(world.alice.notes(UNKNOWN)) == marks[1] + tried
    assert calls(world.alice)[0]["known_since"] == 0


def restart(world, phone, kill=False):
    """The phone's program ends (by itself, or not) and begins again; returns what it says of its keys."""
    before = len(phone.notes(LOADED)), len(phone.notes("simauth: ready: "))
    world.began_anew = True
    if kill:
        phone.process.send(9)
        phone.process.wait()
    phone.stop()
    phone.forget()
    phone.start()
    phone.wait_note("simauth: ready: ", count=before[1] + 1)
    return phone.wait_note(LOADED, count=before[0] + 1).groups()


def keys_of(phone):
    """What simauthctl lists."""
    answers = json.loads(phone.ctl("keys", "list", "--json").stdout)
    return [key for answer in answers for key in answer["keys"]]


# -- the second call

@case("stp.second")
def second(world):
    """The second call: no gateway, no SIM; the third too, and the other way; each with elements and a key of its own."""
    prepare(world, keys="file")
    call(world)
    assert min(gateway_requests(world)) > 0
    held_call(world)
    held_call(world)
    swap(world)
    held_call(world)
    swap(world)
    for phone in both(world):
        refuse(phone, NOT_AUTHENTICATED)
    shown = world.alice.ctl("calls").stdout
    assert len(re.findall(r"known since \d{4}-\d\d-\d\d \d\d:\d\d, no SIM in this call", shown)) == 3, shown
    assert shown.count(WORST) == 3, shown
    assert all(phone.notes(HELD + "; " + WORST) for phone in both(world))
    assert world.alice.ctl("keys", "list").stdout.count(WORST) == 1
    messages = world.messages()
    tags = [messages.first("INVITE", call_id=c).tag("From") for c in messages.calls()]
    assert [t.split(".")[1] for t in tags] == ["aka", "stp", "stp", "stp"], tags
    assert len({part for t in tags[1:] for part in t.split(".")[2:]}) == 9, tags  # KEYID, NONCE_A, MAC_0: none twice
    ringing = messages.first("INVITE", status=180, call_id=messages.calls()[1], target=world.alice)
    assert re.fullmatch(r"sim02\.[\w-]{22}\.stp\.[\w-]{22}", ringing.tag("To")), ringing.tag("To")
    for bye in messages.all("BYE") + messages.all("BYE", status=200):
        assert re.fullmatch(r"sim05\.86400\.[\w-]{22}", bye.header("SIM-Auth")), bye.text


@case("call.debian13.stp", label="long", limit=60, group="call.debian13")
def debian13(world):
    """Between Linphone 5.1 and 5.3: keys both ways, and one that Bob does not have any more."""
    prepare(world, phones={"alice": {"linphone": "5.3"}}, keys="file")
    call(world)
    held_call(world)
    swap(world)
    held_call(world)
    world.bob.ctl("keys", "forget", "--all")
    rang, listed = world.bob.mark(), {phone: history(phone) for phone in both(world)}
    call(world)  # from 5.1 to 5.3, or the other way: one ring, one entry
    assert world.alice.notes(UNKNOWN)
    assert [e.state for e in world.bob.events()[rang:]].count("IncomingReceived") == 1
    for phone, before in listed.items():
        flow.wait_any(lambda: history(phone) == before + 1, 3, f"one entry in {phone.node.name}'s list")
    swap(world)


@case("stp.cards")
def cards(world):
    """With a card on each side: in the second call neither is given one command."""
    with phones_with_cards(world, "alice", "bob", keys="file") as readers:
        call(world)
        before = {user: len(reader.commands()) for user, reader in readers.items()}
        assert all(before.values()), before
        held_call(world)
        swap(world)
        held_call(world)
        swap(world)
        assert before == {user: len(reader.commands()) for user, reader in readers.items()}, "a card was asked"


@case("stp.lifetime")
def lifetime(world):
    """The shorter wish counts; where none comes each counts with its own, and a key that is over leads to the full exchange."""
    prepare(world, keys="file", key_lifetime="2h")
    set_in(world.bob, key_lifetime="1s")
    call(world)
    for phone in both(world):
        assert phone.notes(MADE)[-1].group(1) == "1", phone.notes(MADE)[-1].group(0)
    for phone in both(world):
        set_in(phone, carriage="tag")
    call(world)  # over, or used: either way this one leaves no wish on the wire
    assert [phone.notes(MADE)[-1].group(1) for phone in both(world)] == ["7200", "1"]
    end = max(key["expires"] for key in keys_of(world.bob))
    flow.wait_any(lambda: time.time() > end, 3, "end of Bob's key")
    full_after_all(world)


def set_in(phone, **settings):
    """simauthctl settings set, for the next call."""
    for key, value in settings.items():
        phone.ctl("settings", "set", key, value)


@case("stp.off")
def off(world):
    """`keys = off` at Bob: nothing is kept on either side, also not on his disk, and every call is by both SIMs."""
    prepare(world, keys="file")
    call(world)
    kept = world.bob.node.path(".local/share/simauth/setup-keys")
    flow.wait_any(lambda: os.path.exists(kept), 5, "Bob's file of keys")
    assert os.stat(kept).st_mode & 0o777 == 0o600
    set_in(world.bob, keys="off")
    made = len(world.bob.notes(MADE))
    call(world, keys=False)
    assert world.alice.notes(UNKNOWN), "Alice's key was taken"
    assert len(world.bob.notes(MADE)) == made and not keys_of(world.bob) and not os.path.exists(kept)
    byes = [m.header("SIM-Auth") for m in world.messages().all("BYE", status=200)]
    assert byes[-1].startswith("sim05.0."), byes


# -- a key that is not there

@case("stp.unknown")
def unknown(world):
    """Bob revokes Alice's keys: her next call is one by both SIMs, in the same attempt; also where a SIM is required."""
    prepare(world, keys="file", policy="require")
    call(world)
    shown = world.bob.ctl("keys", "list").stdout
    assert re.search(r"sip:alice@operator-a.example\n  is alice@operator-a.example, .*known since .* 1 calls to them, 1 from them",
                     shown, re.S), shown
    assert world.bob.ctl("keys", "forget", "sip:carol@operator-a.example", check=False).returncode == 1
    assert "\n  keys      file\n" in world.bob.ctl("status").stdout
    world.bob.ctl("keys", "forget", "alice@operator-a.example")
    assert not keys_of(world.bob)
    full_after_all(world)
    held_call(world)
    world.bob.ctl("keys", "forget", "--all")
    full_after_all(world)
    refused = [m for m in world.messages().all("INVITE", status=480) if m.source == world.bob.node.address]
    assert len({m.call_id for m in refused}) == 2 and {cause(m) for m in refused} == {3}, refused


@case("stp.used")
def used(world):
    """Alice's disk is set back to before a call (a backup, a thief's copy): the used key is worth nothing."""
    prepare(world, keys="file")
    call(world)
    kept = world.alice.node.path(".local/share/simauth/setup-keys")
    copy = kept + ".copy"
    assert restart(world, world.alice) == ("file", "2", None)
    shutil.copy2(kept, copy)
    os.chown(copy, world.alice.node.user, world.alice.node.user)
    held_call(world)
    world.alice.stop()
    os.replace(copy, kept)
    assert restart(world, world.alice) == ("file", "2", None)
    full_after_all(world)
    held_call(world)


@case("stp.revoked")
def revoked(world):
    """Somebody has Alice's whole folder on her machine, and another SIM: after Bob's `keys forget` it opens nothing."""
    prepare(world, keys="file")
    call(world)
    world.bob.ctl("keys", "forget", world.alice.aor)
    world.alice.node.write(".local/share/simauth/sim.json", world.sims["alice"].other().issued, 0o600)
    before = len(world.bob.notes(AUTHENTICATED)), world.bob.mark()
    world.alice.stop()
    world.alice.forget()
    world.alice.start()
    world.alice.wait_note(LOADED, count=2)
    mark = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=mark, limit=15)
    assert world.alice.notes(UNKNOWN)
    assert len(world.bob.notes(AUTHENTICATED)) == before[0], "a revoked key proved somebody"
    assert "IncomingReceived" not in [e.state for e in world.bob.events()[before[1]:]]


@case("stp.machine")
def machine(world):
    """The folder is copied to another machine: not one key can be read there, and calls go the long way."""
    prepare(world, keys="file")
    call(world)
    assert restart(world, world.alice)[:2] == ("file", "2"), "on its own machine it opens"
    other = world.alice.node.write("machine-id", "0123456789abcdef0123456789abcdef\n")
    world.alice.node.binds.append((other, "/etc/machine-id"))
    home, count, problem = restart(world, world.alice)
    assert (home, count) == ("file", "0") and "another machine" in problem, (home, count, problem)
    full_after_all(world, tried=False)


# -- bad days

@case("stp.restart")
def restarts(world):
    """Both phones end and begin again, one of them by kill -9: their keys are kept, and used once."""
    prepare(world, keys="file")
    call(world)
    kept = [phone.node.path(".local/share/simauth/setup-keys") for phone in both(world)]
    for path in kept:
        flow.wait_any(lambda p=path: os.path.exists(p), 5, "the file of keys")
        with open(path, "rb") as file:
            text = file.read()
        assert b"operator" not in text and b"alice" not in text, "names in the clear"
    assert restart(world, world.alice) == ("file", "2", None)
    assert restart(world, world.bob, kill=True) == ("file", "2", None)
    held_call(world)


@case("stp.not_written")
def not_written(world):
    """Bob's folder takes no file any more when he revokes a key: it is said, tried again at the end, and no key comes back."""
    prepare(world, keys="file")
    call(world)
    folder = world.bob.node.path(".local/share/simauth")
    flow.wait_any(lambda: os.path.exists(f"{folder}/setup-keys"), 5, "Bob's file of keys")
    owner = os.stat(folder)
    os.chown(folder, 0, 0)
    os.chmod(folder, 0o755)
    world.bob.ctl("keys", "forget", "--all")
    world.bob.wait_note(r"setup keys: .*Permission denied.*is still there")
    assert "is still there" in world.bob.ctl("keys", "list").stdout
    os.chown(folder, owner.st_uid, owner.st_gid)
    os.chmod(folder, owner.st_mode & 0o777)
    assert restart(world, world.bob) == ("file", "0", None)
    full_after_all(world)


@case("stp.crash")
def crash(world):
    """Bob's phone is killed in the call, so that Alice alone makes keys: the next call is by both SIMs, and then they hold again."""
    prepare(world, keys="file")
    number = flow.connect(world)
    for phone in both(world):
        phone.wait_note(AUTHENTICATED)
    world.bob.process.send(9)
    world.bob.process.wait()
    mark = world.alice.mark()
    world.alice.terminate(number)
    world.bob.stop()
    world.bob.forget()
    world.began_anew = True
    world.bob.start()  # its answer to the BYE that Alice repeats is 481
    world.alice.wait_state("Released", after=mark)
    world.alice.wait_note(MADE, limit=15)
    refuse(world.bob, MADE)
    full_after_all(world)
    held_call(world)


@case("stp.clocks")
def clocks(world):
    """The phones' clocks are a day apart: each key's time is its own phone's, so the second call holds."""
    prepare(world, keys="file", before=lambda w: wrong_clock(w.alice, "+1d"))
    call(world)
    held_call(world)
    swap(world)
    held_call(world)
    swap(world)
    record = calls(world.alice)[0]
    assert abs(record["known_since"] - time.time() - 86400) < 600, record


@case("stp.pinned")
def pinned(world):
    """Bob is pinned with a stronger method than the key's: the key is not used, and the weaker exchange is refused."""
    prepare(world, keys="file")
    call(world)
    world.alice.stop()
    path = world.alice.node.path(".local/share/simauth/pins.json")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert '"aka"' in text, text
    world.alice.node.write(".local/share/simauth/pins.json", text.replace('"aka"', '"akap"'), 0o600)
    assert restart(world, world.alice)[:2] == ("file", "2")
    mark = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=mark)
    refuse(world.alice, USED)
    assert calls(world.alice)[0]["word"] == "not-authenticated"


# -- several calls

@case("stp.declined")
def declined(world):
    """Bob is busy with something else, or declines: the key is not spent, and the next call has it."""
    prepare(world, keys="file")
    call(world)
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(world.bob.aor)
    ringing = world.bob.wait_state("IncomingReceived", after=before[1])
    world.bob.terminate(ringing.call)
    for phone, mark in zip(both(world), before):
        phone.wait_state("Released", after=mark)
    assert len(world.alice.notes(USED)) == 1 and len(keys_of(world.alice)) == 2
    held_call(world)
    assert len(world.alice.notes(USED)) == 2


SEVERAL = {"sip": "reject_duplicated_calls=0"}  # else Linphone answers 486 where it is in a call with that person


def both_dial(world):
    """Each calls the other: no INVITE passes Bob's cable before both have left their phone."""
    dialled = threading.Event()

    def hook(datagram, _towards_bob):
        if datagram.payload.startswith(b"INVITE"):
            dialled.wait(10)
        yield 0, datagram
    world.wire = Wire(world.bob.node)
    world.wire.hook = hook
    numbers = [phone.call(other.aor) for phone, other in zip(both(world), reversed(both(world)))]
    for phone in both(world):
        phone.wait_note(USED)
    dialled.set()
    return numbers


@case("stp.crossing.ringing")
def crossing_ringing(world):
    """The same where Linphone lets several calls of one person in: both ring, and neither end of a key is confused."""
    prepare(world, phones=SEVERAL, keys="file")
    call(world)
    marks = [phone.mark() for phone in both(world)]
    asked = gateway_requests(world)
    numbers = both_dial(world)
    for phone, mark in zip(both(world), marks):
        phone.wait_state("IncomingReceived", after=mark)
        phone.wait_state("OutgoingRinging", after=mark)
        assert phone.notes(USED) and phone.notes(r"callee: setup-key: found=yes")
    assert gateway_requests(world) == asked
    for phone, number in zip(both(world), numbers):
        phone.terminate(number)
    for phone, number, mark in zip(both(world), numbers, marks):
        phone.wait_state("Released", call=number, after=mark)
    for phone, mark in zip(both(world), marks):
        flow.wait_any(lambda p=phone, m=mark: [e.state for e in p.events()[m:]].count("Released") == 2, 5, "end of both calls")
    held_call(world)


@case("stp.crossing")
def crossing(world):
    """Both call each other at once, each with the key of its own direction. Linphone answers such calls 486: neither is spent."""
    prepare(world, keys="file")
    call(world)
    marks = [phone.mark() for phone in both(world)]
    asked = gateway_requests(world)
    both_dial(world)
    for phone, mark in zip(both(world), marks):
        phone.wait_state("Released", after=mark)
        assert phone.notes(USED) and phone.notes(r"callee: setup-key: found=yes")
        assert len(keys_of(phone)) == 2, keys_of(phone)
    assert gateway_requests(world) == asked
    held_call(world)
    swap(world)
    held_call(world)
    swap(world)


def pause(world, number):
    before = [phone.mark() for phone in both(world)]
    world.alice.command(f"call-pause {number}")
    world.alice.wait_state("Paused", call=number, after=before[0])
    world.bob.wait_state("PausedByRemote", after=before[1])


@case("stp.three")
def three(world):
    """Bob calls Alice three times at once: three keys; a fourth call finds none left and is by both SIMs. At most four stay."""
    prepare(world, phones=SEVERAL, keys="file")
    for _ in range(3):
        call(world)
    assert sum(key["outgoing"] for key in keys_of(world.bob)) == 3
    swap(world)
    numbers = []
    for number in range(4):
        if numbers:
            pause(world, numbers[-1])
        heard = [len(phone.notes(AUTHENTICATED)) for phone in both(world)]
        numbers.append(flow.connect(world))
        for phone, words in zip(both(world), heard):
            phone.wait_note(AUTHENTICATED, count=words + 1)
        assert len(world.alice.notes(USED)) == min(number + 1, 3)
    for number in numbers[1:] + numbers[:1]:
        flow.hang_up(world, number)
    for phone in both(world):
        phone.wait_note(MADE, count=7)
        assert sorted(key["outgoing"] for key in keys_of(phone)) == [False] * 4 + [True] * 4, keys_of(phone)
    refuse(world.alice, UNKNOWN)
    held_call(world)
    swap(world)
    held_call(world)
    swap(world)
    messages = world.messages()
    tags = [messages.first("INVITE", call_id=c).tag("From").split(".")[1] for c in messages.calls()]
    assert tags == ["aka", "stp", "stp", "stp", "stp", "stp", "aka", "stp", "stp"], tags


@case("stp.two_phones")
def two_phones(world):
    """Bob has two phones with a SIM each: the one that holds the key rings alone; where none does, they ring by both SIMs."""
    prepare_two_sims(world, keys="file")
    mine, other = world.bob, world.other

    def dial(rings, still):
        before = {phone: (phone.mark(), len(phone.notes(AUTHENTICATED)), len(phone.notes(MADE)))
                  for phone in (world.alice, *rings, *still)}
        number = world.alice.call(mine.aor)
        for phone in rings:
            incoming = phone.wait_state("IncomingReceived", after=before[phone][0])
        rings[-1].answer(incoming.call)
        for phone in (world.alice, rings[-1]):
            phone.wait_note(AUTHENTICATED, count=before[phone][1] + 1)
        world.alice.terminate(number)
        for phone in (world.alice, rings[-1]):
            phone.wait_state("Released", after=before[phone][0])
            phone.wait_note(MADE, count=before[phone][2] + 1)
        for phone in still:
            assert "IncomingReceived" not in [e.state for e in phone.events()[before[phone][0]:]], phone.node.name
    dial([mine, other], [])
    assert not keys_of(mine) and len(keys_of(other)) == 2, "the phone that answered has the keys"
    asked = gateway_requests(world)
    dial([other], [mine])
    assert gateway_requests(world) == asked and world.alice.notes(HELD)
    other.ctl("keys", "forget", "--all")  # no phone has it: the same attempt goes the long way
    dial([other], [])
    assert world.alice.notes(UNKNOWN), "the key was not tried"


# -- somebody on the path

@case("stp.replayed")
def replayed(world):
    """An INVITE with a setup key rings once: not again during the call, after it, nor over a restart of Bob's phone."""
    scene = Scene(world, keys="file")
    attacker = Attacker(world)
    call(world)
    number, invite = ring(scene)
    assert invite.tag("From").startswith("sim01.stp."), invite.tag("From")
    rang = sum(e.state == "IncomingReceived" for e in world.bob.events())

    def again(name):
        copied = attacker.send(attacker.again(invite, name), world.bob)
        answer = attacker.wait_answer(copied)
        assert (answer.status, cause(answer)) == (480, 3), answer.text
        not_announced(world.bob, copied)
    again("replay-during")
    flow.hang_up(world, number)
    again("replay-after")
    assert sum(e.state == "IncomingReceived" for e in world.bob.events()) == rang, "it rang again"
    restart(world, world.bob)
    again("replay-restarted")
    assert not [e for e in world.bob.events() if e.state == "IncomingReceived"], "it rang after a restart"
    honest_call(world)


@case("stp.aimed")
def aimed(world):
    """Element 1 of a setup key under another offer, from another address, or with a made-up KEYID never rings."""
    scene = Scene(world, keys="file")
    attacker = Attacker(world)
    call(world)
    rang = sum(e.state == "IncomingReceived" for e in world.bob.events())
    scene.on("INVITE", lambda message: re.sub(r"(a=zrtp-hash:1\.10 )([0-9a-f])",
                                             lambda m: m[1] + ("0" if m[2] != "0" else "1"), message.text), inwards=True)
    mark = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Released", after=mark)
    scene.off()
    element = scene.tamper.last("INVITE", towards_node=True).tag("From")
    assert element.startswith("sim01.stp."), element
    other = element.split(".")
    other[2] = "A" * len(other[2])
    for caller, text, code in ((world.alice.aor, ".".join(other), 480), ("sip:carol@operator-a.example", element, 480)):
        copied = attacker.send(attacker.invite(world.bob, caller, text, text), world.bob)
        assert attacker.wait_answer(copied).status == code
    assert sum(e.state == "IncomingReceived" for e in world.bob.events()) == rang, "it rang"
    world.bob.wait_note(r"not-authenticated: reason=OPENING_WRONG")
    honest_call(world)


@case("stp.wishes_lost")
def wishes_lost(world):
    """What the BYE and its answer carry is lost, or forged: each counts with its own lifetime, and the next call holds."""
    scene = Scene(world, keys="file")
    scene.on("BYE", lambda message: without_header(message.text, "SIM-Auth"))
    call(world)
    scene.on("BYE", lambda message: message.text.replace("sim05.86400.", "sim05.1."))
    held_call(world)
    scene.off()
    assert scene.tamper.changed >= 2
    assert [n.group(1) for phone in both(world) for n in phone.notes(MADE)] == ["86400"] * 4
    assert world.bob.notes(r"malformed: element=5")
    held_call(world)
