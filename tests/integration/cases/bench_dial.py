# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-dial delay: from dialling to the 180, with the plugin and without it, interleaved in one run.

Each phone limits how many calls with elements it looks at in a minute (docs/protocol.md, section 6), so several pairs
take turns. The peer is the same Linphone without plugin, in the same world at the same time.
"""

import contextlib
import random
import statistics
import time

from cases import case, figure
from world import flow
from world.card_reader import card_of, reader_on
from world.door import Door

PAIRS = 3
CALLS = 210  # with the plugin, and as many without
STAGES = ("dialling to INVITE on the wire", "INVITE through both proxies", "callee's phone until its 180",
          "180 through both proxies")
CARD_CALLS = 200
FAR = 0.05  # seconds to a gateway and back
APART = 3.1  # seconds between two calls of one pair with the plugin: under 20 a minute


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def interval(with_it, without, statistic, rounds=2000):
    """95% interval of the difference of a statistic, by resampling."""
    chance = random.Random(1)
    found = sorted(statistic(chance.choices(with_it, k=len(with_it))) -
                   statistic(chance.choices(without, k=len(without))) for _ in range(rounds))
    return found[int(0.025 * rounds)], found[int(0.975 * rounds)]


def one_call(caller, callee):
    """Dial, wait until it rings at both, hang up; seconds since 1970 of the dialling and the Call-ID's finder."""
    before = caller.mark(), callee.mark()
    dialled = time.time()
    number = caller.call(callee.aor)
    callee.wait_state("IncomingReceived", after=before[1])
    caller.wait_state("OutgoingRinging", after=before[0])
    caller.terminate(number)
    caller.wait_state("Released", after=before[0])
    callee.wait_state("Released", after=before[1])
    return dialled


def make_pairs(world, product, first_host, **settings):
    pairs = []
    for number in range(PAIRS):
        kind = "sim" if product else settings.get("media_encryption", "stock")
        pair = [world.add_phone(f"{side}-{kind}{number}", side, first_host + 2 * number + (side == "b"),
                                product=product, **({} if product else settings)) for side in "ab"]
        if product:
            for phone, letter in zip(pair, "ab"):
                phone.use_sim(world.issue_sim(phone.user, letter), world.root, **settings)
        pairs.append(pair)
    return pairs


def delays(world, calls):
    """Seconds from each dialling to the next 180 that reaches that caller's cable."""
    ringing = {}
    for message in world.messages().all("INVITE", status=180):
        ringing.setdefault(message.target, []).append(message.time)
    return [next(t for t in ringing[caller.node.address] if t > dialled) - dialled
            for caller, dialled in calls]


@case("bench.dial", label="bench", limit=1500, processors=2, from_tag=False)
def dial(world):
    """Added post-dial delay with software SIMs on loopback."""
    world.start_capture()
    world.start_network()
    world.start_gateways(subscriber_per_minute=1000, subscriber_burst=1000)
    secured, stock = make_pairs(world, world.product, 100), make_pairs(world, None, 120)
    for pair in secured + stock:
        for phone in pair:
            phone.start()
    for pair in secured:
        for phone in pair:
            phone.wait_note(r"simauth: ready: ")
    calls = {"secured": [], "stock": []}
    next_time = [0.0] * PAIRS
    for number in range(CALLS):
        turn = number % PAIRS
        flow.pause_until(next_time[turn])
        next_time[turn] = time.monotonic() + APART
        order = [("secured", secured[turn]), ("stock", stock[turn])]
        for kind, (caller, callee) in order if number % 2 else reversed(order):
            calls[kind].append((caller, one_call(caller, callee)))
    check_elements(world, secured)
    for kind in calls:
        report_stages(world, kind, calls[kind])
    report_waits(secured)
    report(delays(world, calls["secured"]), delays(world, calls["stock"]))


def stages(world, calls):
    """Where the time goes: medians in ms of what is between the points of a call that the wire shows."""
    found = {}
    by_call = {}
    for message in world.messages():
        by_call.setdefault(message.call_id, []).append(message)
    for messages in by_call.values():
        invites = [m for m in messages if m.method == "INVITE" and not m.is_response]
        ringing = [m for m in messages if m.method == "INVITE" and m.status == 180]
        dialled = invites and [d for caller, d in calls if caller.node.address == invites[0].source and
                               d < invites[0].time]
        if not ringing or not dialled:
            continue
        points = (dialled[-1], invites[0].time, invites[-1].time, ringing[0].time, ringing[-1].time)
        for name, begin, end in zip(STAGES, points, points[1:]):
            found.setdefault(name, []).append(end - begin)
    return {name: 1000 * statistics.median(values) for name, values in found.items()}


def report_stages(world, kind, calls):
    for name, value in stages(world, calls).items():
        figure(f"post-dial delay, {kind}: {name}, median", value, "ms", samples=len(calls))


def report_waits(secured):
    for side, place in (("caller", 0), ("callee", 1)):
        for what in ("gateway_ms", "card_ms"):
            values = [float(m.group(1)) for pair in secured for m in pair[place].notes(rf"asked: .*?{what}=([\d.]+)")]
            figure(f"post-dial delay, secured: {side}'s {what}, median", statistics.median(values), "ms",
                   samples=len(values))


def check_elements(world, secured):
    """Every call that is counted as one with the plugin did carry both elements."""
    callers = {pair[0].node.address for pair in secured}
    bare = [m for m in world.messages().all("INVITE", status=180)
            if m.target in callers and not m.tag("To").startswith("sim02.")]
    assert not bare, f"{len(bare)} calls rang without element, first: {bare[0].text}"


def report(secured, stock):
    added = statistics.median(secured) - statistics.median(stock)
    low, high = interval(secured, stock, statistics.median)
    late = percentile(secured, 0.95) - percentile(stock, 0.95)
    more = {"peer": "stock Linphone", "samples": len(secured)}
    figure("post-dial delay, stock, median", 1000 * statistics.median(stock), "ms", samples=len(stock))
    figure("post-dial delay, authenticated, median", 1000 * statistics.median(secured), "ms",
           ratio=statistics.median(secured) / statistics.median(stock), **more)
    figure("post-dial delay added, median", 1000 * added, "ms", interval=[1000 * low, 1000 * high], **more)
    figure("post-dial delay added, 95% of calls", 1000 * late, "ms", **more)
    assert added < 0.025, f"median added {1000 * added:.1f} ms"
    assert late < 0.045, f"95% added {1000 * late:.1f} ms"


@case("bench.dial.card", label="bench", limit=1500, processors=2, from_tag=False)
def with_cards(world):
    """The same with a card in a reader behind each phone, and each gateway 50 ms away (there and back)."""
    world.start_capture()
    world.start_network()
    world.start_gateways(subscriber_per_minute=1000, subscriber_burst=1000)
    stock = make_pairs(world, None, 120)[:1]
    phones = [world.add_phone(f"{side}-card", side, 100 + number, product=world.product)
              for number, side in enumerate("ab")]
    with contextlib.ExitStack() as readers:
        for phone, letter in zip(phones, "ab"):
            sim = world.issue_sim(phone.user, letter)
            door = Door(world.operators[letter].gateway)
            door.delay = FAR / 2
            sim.gateway = door.name
            phone.use_sim(sim, world.root, place="pcsc")
            readers.enter_context(reader_on(phone.node, [card_of(phone.node, sim)]))
        for phone in phones + stock[0]:
            phone.start()
        for phone in phones:
            phone.wait_note(r"simauth: ready: ")
        calls = {"secured": [], "stock": []}
        for number in range(CARD_CALLS):
            until = time.monotonic() + APART
            order = [("secured", phones), ("stock", stock[0])]
            for kind, (caller, callee) in order if number % 2 else reversed(order):
                calls[kind].append((caller, one_call(caller, callee)))
            flow.pause_until(until)
        check_elements(world, [phones])
        secured, plain = delays(world, calls["secured"]), delays(world, calls["stock"])
        for phone in phones:
            phone.stop()  # before its reader goes
    added = statistics.median(secured) - statistics.median(plain)
    low, high = interval(secured, plain, statistics.median)
    late = percentile(secured, 0.95) - percentile(plain, 0.95)
    more = {"peer": "stock Linphone", "samples": len(secured)}
    figure("post-dial delay added with cards and gateways 50 ms away, median", 1000 * added, "ms",
           interval=[1000 * low, 1000 * high], **more)
    figure("post-dial delay added with cards and gateways 50 ms away, 95% of calls", 1000 * late, "ms", **more)
    assert added < 0.3, f"median added {1000 * added:.1f} ms"
