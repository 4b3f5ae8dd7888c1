# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the 200 at the caller to ZRTP's last message (Conf2ACK, at the caller or from it), as the wire shows both: calls with
the plugin beside those of stock Linphones that have ZRTP, interleaved in one run."""

import bisect
import statistics
import time

from cases import case, figure
from cases.bench_dial import APART, PAIRS, interval, make_pairs, percentile
from world import flow, packet, zrtp

CALLS = 201  # with the plugin, and as many of stock Linphones
SECURED_S = 20


def answered(caller, callee, notes):
    """A call that is answered at once and hung up when its ZRTP is through; `notes`: what the phones say then."""
    before = [(phone.mark(), len(phone.notes(notes)) if notes else 0) for phone in (caller, callee)]
    said = len(caller.said())
    dialled = time.time()
    number = caller.call(callee.aor)
    callee.answer(callee.wait_state("IncomingReceived", after=before[1][0]).call)
    for phone, (mark, count) in zip((caller, callee), before):
        phone.wait_state("StreamsRunning", after=mark)
        if notes:
            phone.wait_note(notes, count=count + 1)
    if not notes:
        caller.wait_log(r"ZRTP secrets on", limit=SECURED_S, start=said)
    caller.terminate(number)
    for phone, (mark, _) in zip((caller, callee), before):
        phone.wait_state("Released", after=mark)
    return dialled


def secured_at(path):
    """{address of a phone: the times of Conf2ACK that it sent or got}."""
    times = {}
    parts = packet.Reassembler()
    with open(path, "rb") as file:
        for seconds, frame in packet.read_capture(file):
            datagram = parts.add(frame)
            if datagram and datagram.protocol == packet.UDP and zrtp.message_type(datagram.payload) == "Conf2ACK":
                for address in (datagram.source, datagram.target):
                    times.setdefault(address, []).append(seconds)
    return times


def waits(world, messages, secured, calls):
    """Seconds from each call's 200, as it reached the caller, to its media's last message of ZRTP."""
    found = []
    for caller, dialled in calls:
        up = next(m.time for m in messages.all("INVITE", status=200, target=caller) if m.time > dialled)
        times = secured[caller.node.address]
        place = bisect.bisect(times, dialled)
        assert place < len(times), f"a call of {caller.node.name} was never secured"
        found.append(times[place] - up)
    return found


@case("bench.media", label="bench", limit=1500, processors=2)
def media(world):
    """Time to secured media, with the plugin and beside it a stock Linphone's with ZRTP."""
    world.start_capture()
    world.start_network()
    world.start_gateways(subscriber_per_minute=1000, subscriber_burst=1000)
    product, stock = make_pairs(world, world.product, 100), make_pairs(world, None, 120, media_encryption="zrtp")
    for phone in [phone for pair in product + stock for phone in pair]:
        phone.start()
    for phone in [phone for pair in product for phone in pair]:
        phone.wait_note(r"simauth: ready: ")
    calls = {"product": [], "stock": []}
    next_time = [0.0] * PAIRS
    for number in range(CALLS):
        turn = number % PAIRS
        flow.pause_until(next_time[turn])
        next_time[turn] = time.monotonic() + APART
        order = [("product", product[turn], r": authenticated: "), ("stock", stock[turn], None)]
        for kind, (caller, callee), notes in order if number % 2 else reversed(order):
            calls[kind].append((caller, answered(caller, callee, notes)))
    messages = world.messages()
    secured = secured_at(messages.path)
    report(*(waits(world, messages, secured, calls[kind]) for kind in ("product", "stock")))


def report(product, stock):
    low, high = interval(product, stock, statistics.median)
    more = {"peer": "stock Linphone with ZRTP", "samples": len(product)}
    figure("time to secured media, stock with ZRTP, median", 1000 * statistics.median(stock), "ms", samples=len(stock))
    figure("time to secured media, authenticated, median", 1000 * statistics.median(product), "ms",
           ratio=statistics.median(product) / statistics.median(stock), **more)
    figure("time to secured media, more than stock, median", 1000 * (statistics.median(product) - statistics.median(stock)),
           "ms", interval=[1000 * low, 1000 * high], **more)
    figure("time to secured media, more than stock, 95% of calls",
           1000 * (percentile(product, 0.95) - percentile(stock, 0.95)), "ms", **more)
