# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad wires between any two of those that a call needs (world/badwire.py): what is lost is time, and nothing else.

Each row of docs/faults.md is a case of the group fault.wire.matrix; `tests/net/table BUILD` runs them all and writes it.
"""

import glob
import json
import time

from cases import Skip, case, figures
from cases.fault_store import configure
from cases.gsup import alice_of_hlr, add_subscriber, start_hlr
from world import badday, flow
from world.badday import HOLD, SLACK, gateway
from world.badwire import BadWire, available, words_of
from world.process import wait_for

CALLS = 2  # through each bad wire
GIVES_UP = 45  # seconds after which SIP itself has given up everything (64 * T1 and a little)
GROUP = "fault.wire.matrix"

PLANS = {
    "loss5": ("loss of 5%", "loss=5"),
    "loss20": ("loss of 20%", "loss=20"),
    "delay": ("delay of 200 ms, 100 more or less", "delay=200 jitter=100"),
    "double": ("10% come twice", "double=10"),
    "reorder": ("25% are overtaken", "reorder=25:60"),
    "blackout": ("nothing for 3 s", "blackout=0-3000"),
    "all": ("all of these at once", "loss=5 delay=200 jitter=100 double=10 reorder=25:60 blackout=1000-4000"),
}


# -- what stands at the two ends

def two_phones(world):
    badday.make(world)
    return world.alice.node


def phone_proxy(world):
    return two_phones(world), world.nodes["proxy-a"]


def proxies(world):
    badday.make(world)
    return world.nodes["proxy-a"], world.nodes["proxy-b"]


def phone_gateway(world):
    return two_phones(world), world.nodes["gateway-a"]


def gateways(world):
    badday.make(world)
    return world.nodes["gateway-a"], world.nodes["gateway-b"]


def phones(world):
    badday.make(world)
    return world.alice.node, world.bob.node


def hlr(world):
    """Alice's SIM is one of an osmo-hlr on a machine of its own."""
    world.start_capture()
    world.start_network()
    world.add_gateways()
    a, b = gateway(world, "a"), gateway(world, "b")
    node = world.node("hlr", 71, world.user("hlr"))
    database = start_hlr(a, node)
    agree(world)
    wait_for(lambda: a.log().count("op=hlr") == a.log().count("state=up") == 8, 10, "links to the HLR")
    world.add_phones()
    bob = world.issue_sim("bob", "b")
    alice = alice_of_hlr(world, lambda sim: add_subscriber(a, database, sim), bob.issued)
    for phone, sim in ((world.alice, alice), (world.bob, bob)):
        phone.use_sim(sim, world.root)
    return a.node, node


def postgresql(world):
    """Operator A's store is a PostgreSQL on a machine of its own."""
    world.start_capture()
    world.start_network()
    node = world.node("database", 71, world.user("database"))
    world.add_gateways()
    there = gateway(world, "a")
    start_postgresql(node)
    configure(there, "type", "postgresql")
    configure(there, "database", f"host={node.address} user=simauth dbname=postgres")
    there.ctl("init")
    agree(world)
    world.add_phones()
    world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(world.sims[phone.user], world.root)
    return there.node, node


def agree(world):
    a, b = gateway(world, "a"), gateway(world, "b")
    a.add_partner(world.operators["b"])
    b.add_partner(world.operators["a"])
    a.start()
    b.start()


def start_postgresql(node):
    programs = max(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    data, sockets = node.path("data"), node.make_folder("sockets", mode=0o700)
    node.run([f"{programs}/initdb", "-D", data, "-U", "simauth", "-A", "trust", "-N", "--locale=C.UTF-8"], limit=60)
    with open(f"{data}/pg_hba.conf", "a", encoding="ascii") as rights:
        rights.write("host all simauth samenet trust\n")
    server = node.start("postgresql", [f"{programs}/postgres", "-D", data, "-k", sockets, "-c",
                                       f"listen_addresses={node.address}", "-c", "client_min_messages=warning"])
    server.wait_log("ready to accept connections", 30)


LINKS = {
    "phone-proxy": ("phone and proxy", "SIP over UDP", phone_proxy),
    "proxy-proxy": ("proxy and proxy", "SIP over UDP", proxies),
    "phone-gateway": ("phone and gateway", "Ub and Ua over TLS", phone_gateway),
    "gateway-gateway": ("gateway and gateway", "federation over TLS", gateways),
    "gateway-hlr": ("gateway and osmo-hlr", "GSUP over TCP", hlr),
    "gateway-postgresql": ("gateway and PostgreSQL", "its protocol over TCP", postgresql),
    "phone-phone": ("phone and phone", "ZRTP and SRTP", phones),
}


# -- one call

class Told:
    """What both people were told of the calls since this was made: {Call-ID: (word, reason)} of each."""

    def __init__(self, world):
        self._phones = world.alice, world.bob
        self._before = [self._all(phone) for phone in self._phones]

    @staticmethod
    def _all(phone):
        return {record["call_id"]: (record["word"], record["reason"]) for record in badday.calls(phone)}

    def words(self):
        found = []
        for phone, before in zip(self._phones, self._before):
            found.append({name: word for name, word in self._all(phone).items() if name not in before})
        return found


def ended(phone, mark):
    return any(e.state in ("End", "Error", "Released") for e in phone.events()[mark:])


def running(phone, mark):
    return any(e.state == "StreamsRunning" for e in phone.events()[mark:])


def place_call(world):
    """Alice dials; Bob answers if it rings; both hear of the end. Seconds until Alice heard that it rings, or None."""
    before = world.alice.mark(), world.bob.mark()
    start = time.monotonic()
    world.alice.call(world.bob.aor)

    def rings():
        found = [e for e in world.bob.events()[before[1]:] if e.state == "IncomingReceived"]
        return found[-1] if found and not ended(world.bob, before[1]) else None
    flow.wait_any(lambda: rings() or ended(world.alice, before[0]), GIVES_UP, "ring at Bob or an end at Alice")
    if rings():
        world.bob.answer(rings().call)
    both = (world.alice, before[0]), (world.bob, before[1])
    flow.wait_any(lambda: all(running(*one) for one in both) or ended(world.alice, before[0]), GIVES_UP,
                  "streams that run, or an end")
    heard = next((e.time for e in world.alice.events()[before[0]:] if e.state in ("OutgoingRinging", "StreamsRunning")), None)
    if not ended(world.alice, before[0]):
        wait_words(world, both)
    if not ended(world.alice, before[0]):
        world.alice.terminate()
    for phone, mark in both:
        flow.wait_any(lambda p=phone, m=mark: over(p, m), GIVES_UP, f"end of every call at {phone.node.name}")
    return heard and heard - start


def over(phone, mark):
    """No call of since then hangs: as many let go as began."""
    events = [e for e in phone.events()[mark:] if e.kind == "call-state-changed"]
    return {e.call for e in events} == {e.call for e in events if e.state == "Released"}


def wait_words(world, both):
    """Both people have been told something final, or the call ended meanwhile."""
    def final():
        words = [r[0]["word"] if (r := badday.calls(phone)) else "" for phone in (world.alice, world.bob)]
        return all(word in ("authenticated", "not-authenticated") for word in words) or ended(*both[0])
    flow.wait_any(final, GIVES_UP, "a final word at both phones")


# -- one row

def check_words(words):
    """Nobody is left half-way: a word that is final, and "authenticated" at both or at none."""
    alice, bob = words
    for name, (word, _) in alice.items():
        assert word in ("authenticated", "not-authenticated"), words
        assert name not in bob or (word == "authenticated") == (bob[name][0] == "authenticated"), words
        assert name in bob or word != "authenticated", words
    for name, (word, _) in bob.items():
        assert name in alice or word != "authenticated", words


def check_records(world, authenticated, before):
    """Each vector that was given has its record, none has two, and what both used is complete."""
    for letter in "ab":
        records = gateway(world, letter).records()
        outcomes = [r["outcome"] for r in records][before[letter]:]
        assert len({r["id"] for r in records}) == len(records)
        assert outcomes.count("completed") >= authenticated, (letter, outcomes)
        print(f"gateway-{letter}: {outcomes}")


def row(world, link, plan, calls=CALLS, seed=1):
    """`calls` calls through the wire, one through the mended one; what was seen goes into figures."""
    if not available():
        raise Skip("no /dev/net/tun on this machine")
    left, right = LINKS[link][2](world)
    wire = BadWire(world, left, right, PLANS[plan][1], seed)
    badday.begin(world)
    told, before = Told(world), {letter: len(gateway(world, letter).records()) for letter in "ab"}
    wire.begin()
    delays = [place_call(world) for _ in range(calls)]
    again = wire.repetitions()
    wire.mend()
    words = told.words()
    check_words(words)
    healthy(world)
    counts, lost = words_of(wire.counts())
    good = [word for word in words[0].values() if word[0] == "authenticated"]
    check_records(world, len(good) + 1, before)
    assert counts["came"] > 10, counts
    others = sorted({" ".join(filter(None, word)) for word in [*words[0].values(), *words[1].values()] if word not in good})
    figures.append({"name": f"fault.wire.{link}.{plan}", "value": len(good), "unit": "calls", "calls": calls,
                    "other_words": others, "delays": [d and round(d, 2) for d in delays], "repetitions": again,
                    "packets": counts["came"], "packets_lost": lost})
    print(json.dumps(figures[-1]), flush=True)


def healthy(world):
    """The wire is good again: within a minute a call is as if nothing had been (links may have to come back first)."""
    end = time.monotonic() + 60
    while True:
        told = Told(world)
        place_call(world)
        words = [list(w.values()) for w in told.words()]
        if words == [[("authenticated", "")]] * 2:
            return
        assert time.monotonic() < end, words


def register(link, plan):
    ends, _, _ = LINKS[link]

    def body(world):
        row(world, link, plan)
        badday.settled(world)
    body.__doc__ = f"{PLANS[plan][0]} between {ends}."
    case(f"fault.wire.{link}.{plan}", label="long", limit=300, group=GROUP)(body)


for _link in LINKS:
    for _plan in PLANS:
        register(_link, _plan)


# -- in every run

@case("fault.wire.sip", limit=240)
def some_sip(world):
    """Everything at once between Alice's phone and her proxy: late, and authenticated."""
    row(world, "phone-proxy", "all", calls=1)
    badday.settled(world)


@case("fault.wire.federation", limit=240)
def some_federation(world):
    """Everything at once between the two operators: a word for everybody, and nothing lost or given twice."""
    row(world, "gateway-gateway", "all", calls=1)
    badday.settled(world)


@case("fault.wire.far", limit=240)
def far(world):
    """Operators on two continents, 300 ms there and back all the time: each call is authenticated, from the first on."""
    if not available():
        raise Skip("no /dev/net/tun on this machine")
    left, right = gateways(world)
    wire = BadWire(world, left, right, "delay=150")
    wire.begin()
    for letter in "ab":
        gateway(world, letter).stop()
        gateway(world, letter).start()
    for letter in "ab":  # a connection, with nobody who asks
        wait_for(lambda there=gateway(world, letter): there.log().rfind("result=up") > there.log().rfind("op=start"), 60,
                 f"connection of gateway-{letter} with its partner")
    badday.begin(world)
    told = Told(world)
    for _ in range(2):
        place_call(world)
    assert [set(words.values()) for words in told.words()] == [{("authenticated", "")}] * 2, told.words()
    badday.settled(world)


@case("fault.wire.database_gone", limit=240)
def database_gone(world):
    """The machine of the PostgreSQL is gone without a word: found out in seconds, not in TCP's quarter of an hour.

    Calls go on meanwhile, each within its hold, and are authenticated again as soon as the machine is back.
    """
    if not available():
        raise Skip("no /dev/net/tun on this machine")
    left, right = postgresql(world)
    wire = BadWire(world, left, right, "blackout=0-3600000")
    badday.begin(world)
    wire.begin()
    start = time.monotonic()
    badday.unverified(world, limit=HOLD + SLACK)
    badday.told(world.alice, "not-authenticated", "GATEWAY_DOWN")
    flow.wait_any(lambda: "op=store state=none" in gateway(world, "a").log(), 20, "a connection given up")
    print(f"given up after {time.monotonic() - start:.1f} s")
    wire.mend()
    healthy(world)
    wire.counts()
    badday.settled(world)
