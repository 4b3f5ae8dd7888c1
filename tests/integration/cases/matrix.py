# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Linphones of two Debian releases call each other: over each transport, from each kind of SIM."""

import contextlib
import os
import re
import time

from cases import before_group, case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from world import Failed, debian13, flow
from world.card_reader import card_of, reader_on

MATCH = r"media: sink=zrtp verdict=match"
TRANSPORTS = ("udp", "tcp", "tls")
SIMS = {"software": None, "card": "pcsc"}  # and where use_sim() puts it
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
LIBRARIES = {"5.1": "liblinphone.so.10", "5.3": "liblinphone.so.12"}


def authenticated_call(world, during=lambda: None):
    """One more call, authenticated at both phones, its media keyed by both SIMs; its Call-ID. during(): before it ends."""
    phones = (world.alice, world.bob)
    before = [(len(phone.notes(AUTHENTICATED)), len(phone.notes(MATCH))) for phone in phones]
    call = flow.connect(world)
    for phone, (said, matched) in zip(phones, before):
        phone.wait_note(AUTHENTICATED, count=said + 1)
        assert len(phone.notes(MATCH)) == matched + 1, phone.node.name
    during()
    flow.hang_up(world, call)
    for phone in phones:
        refuse(phone, NOT_AUTHENTICATED)
    return world.alice.notes(r"call (\S+) caller: authenticated: ")[-1].group(1)


def is_linphone(phone, version):
    """This phone really is that liblinphone, and has the part that was built for it."""
    with open(f"/proc/{phone.process.pid}/maps", encoding="utf-8") as maps:
        libraries = maps.read()
    assert LIBRARIES[version] in libraries, f"{phone.node.name} has no {LIBRARIES[version]}"
    assert f"simauth-linphone-{version}.so" in libraries, f"{phone.node.name} has not loaded us"


class Matrix:
    """For each version a subscriber of each operator; all of them are restarted for each row of cells."""

    def __init__(self, world, versions):
        self.world = world
        self.callers = {version: f"alice-{version[-1]}" for version in versions}
        self.callees = {version: f"bob-{version[-1]}" for version in versions}
        self.cells = {}  # (transport, sim, caller, callee) -> (seconds, Call-ID), or what went wrong
        world.start_capture()
        world.start_network()
        world.start_gateways(ub_per_minute=60, ub_burst=60)
        self.phones = {}
        for letter, names, host in (("a", self.callers, 31), ("b", self.callees, 41)):
            for number, (version, name) in enumerate(names.items()):
                self.phones[name] = world.add_phone(name, letter, host + number, linphone=version)
                world.issue_sim(name, letter)

    def run(self):
        for sim in SIMS:
            for transport in TRANSPORTS:
                self._row(transport, sim)
        self._check_transports()

    @contextlib.contextmanager
    def _row_of_phones(self, transport, sim):
        """All phones registered over this transport, with this kind of SIM."""
        with contextlib.ExitStack() as stack:
            for phone in self.phones.values():
                if SIMS[sim]:
                    profile = card_of(phone.node, self.world.sims[phone.user])
                    stack.enter_context(reader_on(phone.node, [profile]))
                phone.configure(transport=transport)
                phone.use_sim(self.world.sims[phone.user], self.world.root, place=SIMS[sim])
            try:
                self._start()
                yield
            finally:
                for phone in self.phones.values():
                    phone.ask_to_stop()
                for phone in self.phones.values():
                    phone.stop()
                    phone.forget()

    def _start(self):
        before = {name: len(phone.notes(r"simauth: ready: ")) for name, phone in self.phones.items()}
        for phone in self.phones.values():
            phone.start(wait_registered=False)
        for name, phone in self.phones.items():
            phone.wait_registered()
            phone.wait_note(r"simauth: ready: ", count=before[name] + 1)

    def _row(self, transport, sim):
        pairs = [(a, b) for a in self.callers for b in self.callees]
        try:
            with self._row_of_phones(transport, sim):
                for caller, callee in pairs:
                    self.cells[transport, sim, caller, callee] = self._cell(caller, callee)
        except (Failed, OSError) as error:  # of all phones: no cell of this row
            for pair in pairs:
                self.cells.setdefault((transport, sim, *pair), f"no phones: {error}")

    def _cell(self, caller, callee):
        self.world.alice = self.phones[self.callers[caller]]
        self.world.bob = self.phones[self.callees[callee]]
        try:
            is_linphone(self.world.alice, caller)
            is_linphone(self.world.bob, callee)
            start = time.monotonic()
            call_id = authenticated_call(self.world)
            return time.monotonic() - start, call_id
        except (Failed, AssertionError) as error:
            return str(error)

    def _check_transports(self):
        """Each side really spoke this transport: its proxy says in its Record-Routes where it had another than UDP."""
        messages = self.world.messages()
        a, b = (operator.proxy for operator in self.world.operators.values())
        for cell, result in self.cells.items():
            if isinstance(result, str):
                continue
            answer = messages.first("INVITE", status=200, source=b, target=a, call_id=result[1])
            for proxy in (a, b):
                routes = [r for r in answer.values("Record-Route") if proxy.node.address in r]
                seen = {found.group(1) for r in routes if (found := re.search(r";transport=(\w+)", r))} or {"udp"}
                if seen != {cell[0]}:
                    self.cells[cell] = f"{proxy.domain} had {seen} to its phone: {routes}"

    def show(self):
        """The table; then what is not green in it."""
        columns = [(transport, sim) for sim in SIMS for transport in TRANSPORTS]
        print(f"\n{'caller':8}{'callee':8}" + "".join(f"{t.upper() + ', ' + s:16}" for t, s in columns))
        for caller in self.callers:
            for callee in self.callees:
                words = [self.cells[column + (caller, callee)] for column in columns]
                print(f"{caller:8}{callee:8}" + "".join(f"{'FAILED' if isinstance(w, str) else 'authenticated':16}"
                                                        for w in words))
        failed = {cell: result for cell, result in self.cells.items() if isinstance(result, str)}
        for cell, result in failed.items():
            print(f"{' '.join(cell)}: {result}")
        print(f"{len(self.cells) - len(failed)} of {len(self.cells)} calls authenticated, ZRTP MATCH at both ends",
              flush=True)
        assert not failed, f"{len(failed)} cells"


def matrix(world, *versions):
    table = Matrix(world, versions)
    table.run()
    table.show()


@case("call.matrix", transport="tls", limit=180)
def debian_12(world):
    """5.1 and 5.1."""
    matrix(world, "5.1")


before_group["call.debian13"] = lambda build: debian13.stage(SOURCE, build)


@case("call.debian13.matrix", label="long", limit=1200, group="call.debian13", transport="tls")
def debian_13(world):
    """5.1 and 5.3, each with each."""
    matrix(world, "5.1", "5.3")
