# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Table 1 of Jiang's paper with real phones: m originators call n destinations each, twice, in three models."""

import os
import re
import statistics

from cases import case, figure
from cases.bench_dial import percentile
from cases.bench_stp import MADE

GROUPS = ((2, 8), (1, 29))  # originators and destinations: 30 phones are the largest group
MODELS = {"end-to-end": {"keys": "off"}, "hybrid": {"keys": "memory"}, "agents": {"keys": "off", "agent": "only"}}
ASKED = re.compile(r" request=\S+ op=(?:vectors|challenges|auts|tickets|claim)\b")
BETWEEN = re.compile(r" request=\S+ op=federation\b")


def cpu_ms(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """What the group has done so far; the difference of two is what a round cost."""

    def __init__(self, world, phones):
        gateways = [operator.gateway for operator in world.operators.values()]
        self.sums = {
            "SIM operations": sum(float(m.group(1)) > 0 for p in phones for m in p.notes(r"asked: gateway_ms=\S+ card_ms=(\S+)")),
            "gateway requests": sum(len(ASKED.findall(g.log())) for g in gateways),
            "requests between gateways": sum(len(BETWEEN.findall(g.log())) for g in gateways),
            "CPU of gateways": sum(cpu_ms(g.process) for g in gateways),
            "CPU of phones": sum(cpu_ms(p.process) for p in phones),
        }

    def __sub__(self, other):
        return {name: value - other.sums[name] for name, value in self.sums.items()}


def one_call(caller, callee, keys):
    """From dialling until both have hung up; the seconds until it rang back."""
    before = [(p.mark(), len(p.notes(": authenticated: ")), len(p.notes(MADE))) for p in (caller, callee)]
    number = caller.call(callee.aor)
    callee.answer(callee.wait_state("IncomingReceived", after=before[1][0]).call)
    for phone, (_, words, _) in zip((caller, callee), before):
        phone.wait_note(": authenticated: ", count=words + 1)
    caller.terminate(number)
    for phone, (mark, _, made) in zip((caller, callee), before):
        phone.wait_state("Released", after=mark)
        if keys:
            phone.wait_note(MADE, count=made + 1)


def dial_all(world, model, callers, callees):
    phones = callers + callees
    for phone in phones:
        # pins of its own for each model: who is known by a SIM is not called with less
        phone.use_sim(world.sims[phone.user], world.root, data=phone.node.path(f".local/share/{model}"), **MODELS[model])
        phone.forget()
    seen = {phone: len(phone.notes("simauth: ready: ")) for phone in phones}
    for phone in phones:
        phone.start(wait_registered=False)
    for phone in phones:
        phone.wait_registered(60)
        phone.wait_note("simauth: ready: ", limit=60, count=seen[phone] + 1)
    rounds = []
    for _ in range(2):
        before = Load(world, phones)
        for callee in callees:  # each phone looks at twenty calls of a caller in a minute
            for caller in callers:
                one_call(caller, callee, model == "hybrid")
        rounds.append(Load(world, phones) - before)
    for phone in phones:
        phone.ask_to_stop()
    for phone in phones:
        phone.stop()
    return rounds


def report(messages, placed, model, callers, callees, rounds):
    """`placed`: how many calls of the capture were before these."""
    pairs = len(callers) * len(callees)
    ours = messages.calls()[placed:placed + len(rounds) * pairs]
    for number, load in enumerate(rounds, 1):
        calls = ours[(number - 1) * pairs:number * pairs]
        assert len(calls) == pairs, len(calls)
        about = {"model": model, "m": len(callers), "n": len(callees), "call": number}
        name = f"table 1, phones, {model}, {len(callers)} to {len(callees)}, call {number}"
        for what, value in load.items():
            figure(f"{name}, {what}", value, "ms" if what.startswith("CPU") else "", what=what, **about)
        figure(f"{name}, SIP messages", sum(m.call_id in calls for m in messages), "", what="SIP messages",
               **about)
        sent = {m.call_id: m.time for m in reversed(messages.all("INVITE")) if m.source in {c.node.address for c in callers}}
        rang = {m.call_id: m.time for m in reversed(messages.all("INVITE", status=180)) if m.call_id in sent}
        delays = [rang[c] - sent[c] for c in calls if c in rang and c in sent]
        figure(f"{name}, INVITE to 180, median", 1000 * statistics.median(delays), "ms", what="delay", samples=len(delays), **about)
        figure(f"{name}, INVITE to 180, 95%", 1000 * percentile(delays, 0.95), "ms", what="delay 95%", **about)


@case("bench.agt.table1", label="bench", limit=600, processors=2)
def table1(world):
    """SIM operations, gateway requests, messages, CPU and delay of two calls each, for each model and group."""
    world.start_capture()
    world.start_network()
    world.start_gateways(subscriber_per_minute=10000, subscriber_burst=1000, ub_per_minute=600, ub_burst=100)
    callers = [world.add_phone(f"a{number}", "a", 50 + number) for number in range(max(m for m, _ in GROUPS))]
    callees = [world.add_phone(f"b{number}", "b", 100 + number) for number in range(max(n for _, n in GROUPS))]
    for letter, phones in (("a", callers), ("b", callees)):
        for phone in phones:
            world.issue_sim(phone.user, letter)
    done = []
    for m, n in GROUPS:
        for model in MODELS:
            rounds = dial_all(world, model, callers[:m], callees[:n])
            done.append((model, callers[:m], callees[:n], rounds))
            full = 2 * m * n if model != "agents" else 0
            assert rounds[0]["SIM operations"] == full, rounds[0]
            assert rounds[1]["SIM operations"] == (full if model == "end-to-end" else 0), rounds[1]
            assert (rounds[1]["gateway requests"] == 0) == (model == "hybrid"), rounds[1]
    messages, placed = world.messages(), 0
    for model, of_a, of_b, rounds in done:
        report(messages, placed, model, of_a, of_b, rounds)
        placed += len(rounds) * len(of_a) * len(of_b)
