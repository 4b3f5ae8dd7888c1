# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripted misbehaviour: rules that say when a card does something else than it should."""

import random
from dataclasses import dataclass, field

from .apdu import NAMES, RUN_GSM

# What each deed may bring along, and what it must.
DEEDS = {
    "mute": ({"ms"}, set()),
    "slow": ({"ms"}, {"ms"}),
    "sw": ({"sw"}, {"sw"}),
    "lose": ({"sw"}, {"sw"}),
    "truncate": ({"keep"}, {"keep"}),
    "short": (set(), set()),
    "garbage": ({"length", "seed"}, set()),
    "replace": ({"hex"}, {"hex"}),
    "split": ({"piece"}, {"piece"}),
    "proactive": ({"command"}, set()),
    "reset": (set(), set()),
    "pull": ({"answer_first", "insert_after_ms"}, set()),
    "swap": ({"profile", "answer_first", "insert_after_ms"}, {"profile"}),
    "spend_pin": ({"count"}, set()),
}
COMMON = {"on", "skip", "times", "do"}
EVENTS = set(NAMES.values()) | {RUN_GSM, "any", "unknown"}


@dataclass
class Rule:
    """Skip `skip` commands named `on`, then do it `times` times (0: for good)."""
    on: str
    do: str
    skip: int = 0
    times: int = 1
    more: dict = field(default_factory=dict)

    def hit(self, name):
        if self.on not in ("any", name) or self.times < 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times > 0:
            self.times -= 1
            if self.times == 0:
                self.times = -1
        return True


def rule(data):
    """A rule from its JSON object; ValueError says what is wrong with it."""
    deed, on = data.get("do"), data.get("on", "any")
    if deed not in DEEDS:
        raise ValueError(f"do: one of {', '.join(sorted(DEEDS))}")
    if on not in EVENTS:
        raise ValueError(f"on: one of {', '.join(sorted(EVENTS))}")
    may, must = DEEDS[deed]
    more = {name: value for name, value in data.items() if name not in COMMON}
    if set(more) - may or must - set(more):
        raise ValueError(f"{deed} takes {sorted(may)} and needs {sorted(must)}")
    return Rule(on, deed, data.get("skip", 0), data.get("times", 1), more)


class Plan:
    """Rules in order; every one counts each command, the first that hits decides."""

    def __init__(self, rows=()):
        self._rules = [rule(row) for row in rows]

    def next(self, name):
        hits = [r for r in self._rules if r.hit(name)]
        return hits[0] if hits else None


def _garbage(answer, more):
    noise = random.Random(more.get("seed", 1))
    return noise.randbytes(more.get("length", max(len(answer), 2)))


def spoiled(answer, row):
    """The answer that the deed makes of the right one."""
    body, word = answer[:-2], answer[-2:]
    if row.do == "truncate":
        return body[:row.more["keep"]] + word
    if row.do == "short":
        return answer[:1]
    if row.do == "garbage":
        return _garbage(answer, row.more)
    if row.do == "replace":
        return bytes.fromhex(row.more["hex"])
    if row.do in ("sw", "lose"):
        return bytes.fromhex(row.more["sw"])
    return answer
