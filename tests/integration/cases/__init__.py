# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases to run in a world. A module's functions become tests by @case; CTest finds them by itself."""

from dataclasses import dataclass, field

registered = {}
before_group = {}  # group -> function(build): what its cases need is made, once for all of them


class Skip(Exception):
    """This case cannot run here; the reason is its text (and tests/skips must list the test)."""


figures = []  # of the benchmark that runs


def figure(name, value, unit, **more):
    """One result of a benchmark (peer, ratio, samples and others as they apply)."""
    figures.append({"name": name, "value": value, "unit": unit, **more})
    print(f"{name}: {value:.4g} {unit} {more}", flush=True)


@dataclass
class Case:
    name: str
    function: object
    product: bool = True
    label: str = ""
    limit: int = 60
    processors: int = 1
    group: str = ""
    world: dict = field(default_factory=dict)


def case(name, product=True, label="", limit=60, processors=1, group="", **world):
    """Register a case under its CTest name (as 'call.stock.plain').

    product: lay the staged installation over /usr of phones and gateways. label: 'bench' or 'long' takes
    it out of the ordinary run. limit: seconds. group: all cases of this name are one test of CTest, after
    each other, so that what they need is made on one machine (call.debian13: the chroot). Other arguments
    go to World.
    """
    def register(function):
        assert name not in registered, f"two cases are called {name}"
        registered[name] = Case(name, function, product, label, limit, processors, group, world)
        return function
    return register
