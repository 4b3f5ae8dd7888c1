# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone killed (kill -9) in each state of a call (lib/include/simauth/session_table.def) and of its bootstrapping.

Each state is reached and kept by somebody outside: a hand on the phone's cable, one at its gateway's door, another program
that has the SIM. After it the phone is started again and registers, the other person has a word and no call that hangs, the
next call is authenticated, and nothing that the phone keeps is damaged.
"""

import contextlib
import fcntl
import re
import threading
import time

from cases import case, figures
from cases.attack_names import forget_calls
from cases.fault_sim import SIM
from cases.stp import keys_of
from world import badday, flow, sip
from world.badday import gateway
from world.door import Held, pass_on, raw
from world.process import Failed
from world.wire import Wire

FINAL = ("authenticated", "not-authenticated", "announced", "answered", "unknown")
GROUP = "fault.killed.states"
STATES = {}  # name of the state -> (who is killed, how it is reached, does a SIM resynchronise)


def state(name, who, resync=False):
    """who: 'alice' or 'bob' as they are when the function is called."""
    def register(function):
        STATES[name] = (who, function, resync)
        return function
    return register


# -- hands

class Gate:
    """A hook: what rule(message, towards_node) is true for is swallowed, and `caught` set. message: None when it is not SIP."""

    def __init__(self):
        self.rule = None
        self.caught = threading.Event()

    def shut(self, rule):
        self.caught.clear()
        self.rule = rule

    def __call__(self, datagram, towards_node):
        message = sip.parse(time.time(), datagram)
        if self.rule and self.rule(message, towards_node):
            self.caught.set()
            return
        yield 0, datagram


class Bench:
    """Two phones, a hand on each one's cable and at each gateway's door, and what holds them now."""

    def __init__(self, world, **settings):
        self.world = world
        badday.make(world, doors=True, phones={"bob": {"sip": "incoming_calls_early_media=1"}}, **settings)
        self.gates = {}
        for phone in (world.alice, world.bob):
            wire = Wire(phone.node)
            self.gates[phone] = wire.hook = Gate()
        badday.begin(world)
        self._letters = {world.alice: "a", world.bob: "b"}
        self._held = []
        self._busy = contextlib.ExitStack()

    def gate(self, phone, rule):
        self.gates[phone].shut(rule)
        return self.gates[phone].caught

    def at_request(self, phone, start, also=b""):
        """The phone's next request that begins so waits at the door."""
        letter = self._letters[phone]
        pair = self.world.operators[letter].server_certificate
        held = Held(pair, lambda request: request.startswith(start) and also in request)
        self._held.append(held)
        self.world.doors[letter].stand(held)
        return held

    def no_gateway(self, phone):
        self.world.doors[self._letters[phone]].stand(raw(b""))

    def log_count(self, phone, pattern):
        return len(re.findall(pattern, gateway(self.world, self._letters[phone]).log()))

    def wait_log(self, phone, pattern, count):
        flow.wait_any(lambda: self.log_count(phone, pattern) >= count, 10, f"'{pattern}' in the log of its gateway")

    def sim_busy(self, phone):
        """Another program has this phone's SIM, and keeps it until free()."""
        lock = self._busy.enter_context(open(phone.node.path(SIM), "rb"))
        fcntl.flock(lock, fcntl.LOCK_EX)

    def swap(self):
        self.world.alice, self.world.bob = self.world.bob, self.world.alice

    def free(self):
        """Nobody holds anything any more."""
        for gate in self.gates.values():
            gate.rule = None
        for door in self.world.doors.values():
            door.stand(pass_on)
        for held in self._held:
            held.release()
        self._held.clear()
        self._busy.close()

    def dial(self):
        return self.world.alice.call(self.world.bob.aor)

    def ring(self):
        before = self.world.bob.mark()
        self.dial()
        return self.world.bob.wait_state("IncomingReceived", "IncomingEarlyMedia", after=before)

    def forget_each_other(self):
        """So that a call without proof goes on, as between people who never spoke."""
        for phone, other in ((self.world.alice, self.world.bob), (self.world.bob, self.world.alice)):
            phone.ctl("pins", "forget", other.aor, check=False)


def until(event, what):
    if not event.wait(15):
        raise Failed(f"{what} did not come")


def media(message, _towards):
    """RTP, RTCP and ZRTP: all UDP here that is not SIP."""
    return message is None


def answers_to(method):
    """Responses above 100 to these requests, on their way to the node."""
    return lambda m, towards: m is not None and towards and m.is_response and m.status > 100 and m.method == method


def requests(method, towards_node):
    return lambda m, towards: m is not None and towards == towards_node and not m.is_response and m.method == method


def at_the_sim(bench, phone, asked, begin):
    """The phone's gateway has answered what is asked for (a pattern of its log); the SIM does not."""
    before = bench.log_count(phone, asked)
    bench.sim_busy(phone)
    begin()
    bench.wait_log(phone, asked, before + 1)


# -- the caller

@state("CALLER_ASKING", "alice")
def caller_asking(bench):
    held = bench.at_request(bench.world.alice, b"POST /v1/vectors")
    bench.dial()
    until(held.caught, "the question for the callee's vector")


@state("CALLER_CALLING", "alice")
def caller_calling(bench):
    at_the_sim(bench, bench.world.alice, r"op=vectors .*status=200", bench.dial)


@state("CALLER_RESYNCING", "alice", resync=True)
def caller_resyncing(bench):
    forget_calls(bench.world, bench._letters[bench.world.alice])
    held = bench.at_request(bench.world.alice, b"POST /v1/auts")
    bench.dial()
    until(held.caught, "AUTS")


@state("CALLER_READY", "alice")
def caller_ready(bench):
    caught = bench.gate(bench.world.alice, answers_to("INVITE"))
    bench.dial()
    until(caught, "an answer to the INVITE")


@state("CALLER_REPLACING", "alice", resync=True)
def caller_replacing(bench):
    forget_calls(bench.world, bench._letters[bench.world.bob])
    held = bench.at_request(bench.world.alice, b"POST /v1/vectors", b'"replaced"')
    bench.dial()
    until(held.caught, "the question for the vector that replaced the callee's")


@state("CALLER_ANSWERED", "alice")
def caller_answered(bench):
    bench.swap()  # the other one rings without early media
    before = bench.world.alice.mark()
    bench.ring()
    bench.world.alice.wait_state("OutgoingRinging", after=before)
    wait_word(bench.world.alice, "answered")


@state("CALLER_KEYED", "alice")
def caller_keyed(bench):
    caught = bench.gate(bench.world.alice, media)
    before = bench.world.alice.mark()
    bench.ring()
    bench.world.alice.wait_state("OutgoingEarlyMedia", after=before)
    until(caught, "media")


@state("CALLER_SECURED", "alice")
def caller_secured(bench):
    seen = len(bench.world.alice.notes("media: sink=zrtp verdict=match"))
    bench.ring()
    bench.world.alice.wait_note("media: sink=zrtp verdict=match", count=seen + 1)


def connect(bench):
    ringing = bench.ring()
    before = [(phone, phone.mark()) for phone in (bench.world.alice, bench.world.bob)]
    bench.world.bob.answer(ringing.call)
    return before


@state("CALLER_PROVED", "alice")
def caller_proved(bench):
    bench.swap()  # without early media: SDP comes with the 200
    caught = bench.gate(bench.world.alice, media)
    for phone, mark in connect(bench):
        phone.wait_state("StreamsRunning", after=mark)
    until(caught, "media")


# -- the callee

@state("CALLEE_CONFIRMING", "bob")
def callee_confirming(bench):
    held = bench.at_request(bench.world.bob, b"POST /v1/challenges")
    bench.dial()
    until(held.caught, "the question whose challenge that is")


@state("CALLEE_FINDING", "bob")
def callee_finding(bench):
    """A ticket's key is asked for at the gateway; a setup key is found without leaving the main loop."""
    bench.forget_each_other()
    bench.world.alice.ctl("settings", "set", "agent", "only")
    held = bench.at_request(bench.world.bob, b"POST /v1/tickets/claim")
    bench.dial()
    until(held.caught, "the question for a ticket's key")
    bench.world.alice.ctl("settings", "set", "agent", "off")


@state("CALLEE_CARDING", "bob")
def callee_carding(bench):
    at_the_sim(bench, bench.world.bob, r"op=challenges .*status=200", bench.dial)


@state("CALLEE_RESYNCING", "bob", resync=True)
def callee_resyncing(bench):
    forget_calls(bench.world, bench._letters[bench.world.bob])
    held = bench.at_request(bench.world.bob, b"POST /v1/auts")
    bench.dial()
    until(held.caught, "AUTS")


@state("CALLEE_RECARDING", "bob", resync=True)
def callee_recarding(bench):
    callee_resyncing(bench)
    at_the_sim(bench, bench.world.bob, r"op=auts .*result=good", bench._held[-1].release)


@state("CALLEE_ASKING", "bob")
def callee_asking(bench):
    held = bench.at_request(bench.world.bob, b"POST /v1/vectors")
    bench.dial()
    until(held.caught, "the question for the caller's vector")


@state("CALLEE_ANNOUNCED", "bob")
def callee_announced(bench):
    bench.swap()  # without early media
    bench.ring()


@state("CALLEE_KEYED", "bob")
def callee_keyed(bench):
    caught = bench.gate(bench.world.bob, media)
    bench.ring()
    until(caught, "media")


@state("CALLEE_PROVED", "bob")
def callee_proved(bench):
    bob = bench.world.bob
    proofs = len(bob.notes(r"callee: received: element=3"))
    bench.gate(bob, media)
    connect(bench)
    bob.wait_note(r"callee: received: element=3", count=proofs + 1)


@state("CALLEE_SECURED", "bob")
def callee_secured(bench):
    bob = bench.world.bob
    seen = len(bob.notes("media: sink=zrtp verdict=match"))
    caught = bench.gate(bob, requests("ACK", True))
    connect(bench)
    until(caught, "the ACK")
    bob.wait_note("media: sink=zrtp verdict=match", count=seen + 1)


# -- both

def wait_word(phone, word, limit=10):
    flow.wait_any(lambda: any(r["word"] == word for r in badday.calls(phone)[:1]), limit, f"'{word}' at {phone.node.name}")


def authenticated(bench):
    counts = [(phone, badday.count(phone)) for phone in (bench.world.alice, bench.world.bob)]
    connect(bench)
    for phone, count in counts:
        phone.wait_note(r"call \S+ \w+: authenticated: ", count=count + 1)


def unproven(bench, phone):
    bench.forget_each_other()
    bench.no_gateway(phone)
    for one, mark in connect(bench):
        one.wait_state("StreamsRunning", "End", after=mark)


def refused(bench):
    """Bob's phone answers without proof, so Alice's ends the call; her BYE is lost for as long as she lives."""
    bench.world.bob.ctl("pins", "forget", bench.world.alice.aor)  # else it would refuse the call
    bench.no_gateway(bench.world.bob)
    caught = bench.gate(bench.world.alice, requests("BYE", False))
    connect(bench)
    until(caught, "the BYE")


def refused_callee(bench):
    bench.world.bob.ctl("settings", "set", "policy", "require")
    bench.no_gateway(bench.world.bob)
    caught = bench.gate(bench.world.bob, requests("ACK", True))
    bench.dial()
    until(caught, "the ACK to the 403")
    bench.world.bob.ctl("settings", "set", "policy", "prefer")


def over(bench, phone, rule):
    authenticated(bench)
    caught = bench.gate(phone, rule)
    bench.world.alice.terminate()
    until(caught, "the BYE, or its answer")


STATES["AUTHENTICATED"] = ("alice", authenticated, False)
STATES["AUTHENTICATED.callee"] = ("bob", authenticated, False)
STATES["UNPROVEN"] = ("alice", lambda bench: unproven(bench, bench.world.alice), False)
STATES["UNPROVEN.callee"] = ("bob", lambda bench: unproven(bench, bench.world.alice), False)
STATES["REFUSED"] = ("alice", refused, False)
STATES["REFUSED.callee"] = ("bob", refused_callee, False)
STATES["OVER"] = ("alice", lambda bench: over(bench, bench.world.alice, requests("BYE", False)), False)
STATES["OVER.callee"] = ("bob", lambda bench: over(
    bench, bench.world.bob, lambda m, towards: m is not None and not towards and m.is_response and m.method == "BYE"), False)


# -- no call: registration, bootstrapping

def begins_again(bench):
    """Alice's phone ends, and its gateway forgets its session: the next start is one from nothing."""
    alice = bench.world.alice
    alice.stop()
    alice.forget()


@state("registering", "alice")
def registering(bench):
    begins_again(bench)
    caught = bench.gate(bench.world.alice, answers_to("REGISTER"))
    bench.world.alice.start(wait_registered=False)
    until(caught, "the answer to REGISTER")


def bootstrapping(name, start, also=b""):
    @state(name, "alice")
    def body(bench):
        begins_again(bench)
        held = bench.at_request(bench.world.alice, start, also)
        bench.world.alice.start(wait_registered=False)
        until(held.caught, name)


bootstrapping("bootstrapping", b"GET / ")
bootstrapping("bootstrapping.answer", b"GET / ", b'nonce="')
bootstrapping("bootstrapped", b"GET /v1/self")


# -- what must hold after each

def whole(phone):
    """What the phone keeps can be read, by the product itself, and nothing says that it was damaged."""
    for words in (("settings", "list"), ("pins", "list"), ("keys", "list", "--json"), ("calls", "--json")):
        done = phone.ctl(*words, check=False)
        assert done.returncode == 0, (words, done)
    said = phone.notes(r"simauth: .*(damaged|cannot be (used|written|read)|not saved).*")
    assert not said, said[0].group(0)


def resyncs(world):
    return sum(len(re.findall("op=auts", gateway(world, letter).log())) for letter in "ab")


def let_go(phone, mark):
    """The other person hangs up whatever there still is; nothing hangs.

    (The INVITE of a caller who gave up stays with belle-sip until a proxy says that nobody answers it: fault.hold.callee.killed.)
    """
    def left():
        events = [e for e in phone.events()[mark:] if e.kind == "call-state-changed"]
        return {e.call for e in events} - {e.call for e in events if e.state in ("End", "Error", "Released")}
    for call in left():
        with contextlib.suppress(Failed):  # it ended by itself meanwhile
            phone.terminate(call)
    flow.wait_any(lambda: not left(), 45, f"end of the call at {phone.node.name}")


def kill_in(bench, name):
    """Reach the state, kill, begin again. Prints what the other person was told."""
    who, reach, resync = STATES[name]
    world = bench.world
    pair = (world.alice, world.bob)
    marks = {phone: phone.mark() for phone in pair}
    known = {phone: {r["call_id"] for r in badday.calls(phone)} for phone in pair}
    numbers = resyncs(world)
    reach(bench)
    victim = world.alice if who == "alice" else world.bob
    other = world.bob if who == "alice" else world.alice
    badday.kill_phone(victim)
    bench.free()
    # The INVITE that it was killed in comes again: its SIM would resynchronise over that, which is not what is counted here.
    invites = {m.call_id for m in world.messages().all("INVITE")}
    bench.gate(victim, lambda m, towards: towards and m and not m.is_response and m.method == "INVITE" and m.call_id in invites)
    ready = len(victim.notes("simauth: ready: "))
    victim.start()
    victim.wait_note("simauth: ready: ", count=ready + 1)
    let_go(other, marks[other])
    words = [(r["word"], r["reason"]) for r in badday.calls(other) if r["call_id"] not in known[other]]
    assert all(word in FINAL for word, _ in words), words
    told = [" ".join(filter(None, word)) for word in words]
    print(f"{name}: {victim.node.name} killed, {other.node.name} was told {told}", flush=True)
    figures.append({"name": f"fault.killed.{name.lower()}", "value": len(told), "unit": "calls", "told": told})
    assert resync or resyncs(world) == numbers, "a SIM had to resynchronise"
    next_calls(bench, resync)
    for phone in pair:
        whole(phone)
    world.alice, world.bob = pair


def next_calls(bench, resync):
    """The next call is authenticated; where the kill came in the middle of a resynchronisation, it may end it, once."""
    world = bench.world
    numbers = resyncs(world)
    badday.authenticated(world)
    if resync:
        assert resyncs(world) - numbers <= 2, "resynchronised more than once"
        numbers = resyncs(world)
        badday.authenticated(world)
    assert resyncs(world) == numbers, "a SIM had to resynchronise"


def keys_used_once(world):
    """No two calls were authenticated by the same setup key; how many rested on one."""
    invites = {m.call_id: m.tag("From") for m in world.messages().all("INVITE") if m.tag("From").startswith("sim01.stp.")}
    good = {m.group(1) for phone in (world.alice, world.bob) for m in phone.notes(r"call (\S+) \w+: authenticated: ")}
    used = [tag.split(".")[2] for call, tag in invites.items() if call in good]
    assert len(set(used)) == len(used), used
    return len(used)


def ended_well(world):
    for phone in (world.alice, world.bob):
        took, line = phone.slowest
        assert took < badday.ANSWERS, (phone.node.name, took, line)
        phone.ask_to_stop()
    for phone in (world.alice, world.bob):
        assert phone.stop() == 0


def register(name):
    def body(world):
        bench = Bench(world)
        badday.authenticated(world)
        kill_in(bench, name)
        ended_well(world)
    body.__doc__ = f"Killed in {name}."
    case(f"fault.killed.{name.lower()}", label="long", limit=240, group=GROUP)(body)


for _name in STATES:
    register(_name)


@case("fault.killed.held_key", label="long", limit=180, group=GROUP)
def held_key(world):
    """The same with setup keys: an INVITE, a ring and a call that rest on one; none is used twice, and the file is whole."""
    given = int(time.time())
    bench = Bench(world, keys="file")
    flow.wait_any(lambda: int(time.time()) > given + 1, 4, "the second after the SIMs were given out")
    badday.authenticated(world)
    for name in ("CALLER_READY", "CALLEE_ANNOUNCED", "AUTHENTICATED", "AUTHENTICATED.callee"):
        for phone in (world.alice, world.bob):
            flow.wait_any(lambda p=phone: keys_of(p), 15, f"keys at {phone.node.name}")
        before = len(world.alice.notes(r"caller: setup-key: used=")) + len(world.bob.notes(r"caller: setup-key: used="))
        kill_in(bench, name)
        tried = len(world.alice.notes(r"caller: setup-key: used=")) + len(world.bob.notes(r"caller: setup-key: used="))
        assert tried > before, f"{name}: no key was tried"
    ended_well(world)
    figures[:] = [{"name": "fault.killed.held_key", "value": keys_used_once(world), "unit": "calls",
                   "told": sorted({word for f in figures for word in f["told"]})}]


@case("fault.killed", limit=240)
def some(world):
    """The states in which most is under way: the SIM asked, both keys known, the call up."""
    bench = Bench(world)
    for name in ("CALLER_CALLING", "CALLEE_ASKING", "CALLEE_KEYED"):
        kill_in(bench, name)
    ended_well(world)
