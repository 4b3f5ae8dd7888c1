# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a second through an ordinary Kamailio: with elements of full length in every place, and plain ones, in turn."""

from cases import case, figure
from world.sipp import Sipp

RATE = 1000  # calls a second
SECONDS = 10
TURNS = 3


def stations(world, name, host, elements):
    """A caller and a registered callee of operator A."""
    proxy = world.operators["a"].proxy.node
    domain = world.operators["a"].realm
    caller, callee = (Sipp(world.node(f"{name}-{side}", at, world.user(f"{name}-{side}")), proxy, name, domain, elements)
                      for side, at in (("caller", host), ("callee", host + 1)))
    callee.register()
    callee.answer()
    return caller


def placed(world, rate, seconds, turns):
    """{kind: (successful, failed, seconds, retransmissions)} of `turns` turns of each kind."""
    world.start_network()
    callers = {"plain": stations(world, "dave", 40, False), "elements": stations(world, "carol", 50, True)}
    sums = {kind: [0, 0, 0, 0] for kind in callers}
    for turn in range(turns):
        for kind in list(callers)[::1 if turn % 2 else -1]:
            good, bad, repeated, took = callers[kind].call(rate, rate * seconds)
            for place, value in enumerate((good, bad, took, repeated)):
                sums[kind][place] += value
    return sums


@case("bench.proxy", product=False, label="bench", limit=900, processors=2, memory=512)
def proxy(world):
    """1 000 calls a second for 10 s, three times each kind in turn: none fails, and as many a second as plain ones."""
    sums = placed(world, RATE, SECONDS, TURNS)
    rates = {kind: good / took for kind, (good, _, took, _) in sums.items()}
    for kind, (good, bad, _, repeated) in sums.items():
        print(f"{kind}: {good} calls, {bad} failed, {repeated} messages repeated, {rates[kind]:.1f}/s")
    figure("proxy.calls_with_elements", rates["elements"], "calls/s", ratio=rates["elements"] / rates["plain"],
           peer="plain calls", samples=sums["elements"][0])
    figure("proxy.failed", sums["elements"][1], "calls", samples=RATE * SECONDS * TURNS)
    assert not sums["elements"][1], "calls with elements failed"


@case("call.proxy.many", product=False, limit=90)
def many(world):
    """A short one for every run: 500 calls of each kind at 100 a second, none fails, no element comes changed."""
    sums = placed(world, 100, 5, 1)
    for kind, (good, bad, _, _) in sums.items():
        assert (good, bad) == (500, 0), (kind, sums)
