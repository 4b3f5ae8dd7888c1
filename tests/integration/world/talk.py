# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls between phones with the plugin, and what each person has been told of them in the end."""

import json
import os

from . import flow
from .process import Failed, Timeout
from .wire import Wire

HOST = "phone_host"


def prepare(world, hook=None, third=None, phones=None, linphonerc=None, settings=None, before=None, **both):
    """Registered phones that have spoken with their gateways.

    hook: on Bob's cable. third: world.carol, a subscriber of that operator ('a' or 'b'). phones: {name: options
    as Phone's}; linphonerc: {name: more of it}; settings: {name: keys of [phone]}, `both`: of everybody.
    before(world): what is done before the phones start.
    """
    options = phones or {}
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(alice=with_host(world, options.get("alice")), bob=with_host(world, options.get("bob")))
    world.issue_sims()
    if third:
        world.carol = world.add_phone("carol", third, 33, **with_host(world, options.get("carol")))
        world.issue_sim("carol", third)
    for phone in world.phones:
        phone.use_sim(world.sims[phone.user], world.root, **{**both, **(settings or {}).get(phone.user, {})})
        with open(phone.node.path(".config/linphone/linphonerc"), "a", encoding="utf-8") as file:
            file.write((linphonerc or {}).get(phone.user, ""))
    if hook:
        world.wire = Wire(world.bob.node)
        world.wire.hook = hook
    if before:
        before(world)
    for phone in world.phones:
        phone.start(wait_registered=False)
    for phone in world.phones:
        phone.wait_registered()
    for phone in world.phones:
        phone.wait_note(r"simauth: ready: ")


def with_host(world, options):
    """`program` phone_host is the one that was built with the product."""
    options = dict(options or {})
    if options.get("program") == HOST:
        options["program"] = os.path.join(os.path.dirname(os.path.dirname(world.product)),
                                          "tests", "integration", "host", HOST)
    return options


def takes_pictures(phone, initiate):
    """Before it starts: the phone has a camera that is none, accepts others' pictures, and offers its own where it is to `initiate`."""
    phone.options = ["-C", "-D"]
    path = phone.node.path(".config/linphone/linphonerc")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[video]\n", f"[video]\nautomatically_initiate={int(initiate)}\nautomatically_accept=1\n"
                                "device=StaticImage: Static picture\n"))


class Talk:
    """One call from `caller` to `callee`: its number at each, its Call-ID, whatever becomes of it."""

    def __init__(self, caller, callee, to=None):
        self._begin(caller, callee)
        self.numbers[caller] = caller.call(to or callee.aor)

    def _begin(self, caller, callee):
        self.caller, self.callee = caller, callee
        self.before = {phone: phone.mark() for phone in (caller, callee)}
        self.numbers = {}
        self._seen = {phone: len(phone.notes(r"call \S+ \w+: (policy|untouched): ")) for phone in (caller, callee)}

    @classmethod
    def follows(cls, caller, callee, number=None):
        """The call that the caller's phone is about to place by itself (number: within that call of its)."""
        call = cls.__new__(cls)
        call._begin(caller, callee)
        if number:
            call.numbers[caller] = number
        return call

    def ring(self, state="IncomingReceived"):
        self.numbers[self.callee] = self.callee.wait_state(state, after=self.before[self.callee]).call
        if self.caller not in self.numbers:
            self.numbers[self.caller] = self.caller.wait_state("OutgoingInit", after=self.before[self.caller]).call
        return self

    def answer(self):
        """The callee answers; both streams run."""
        self.callee.answer(self.numbers[self.callee])
        return self.run()

    def run(self):
        for phone in (self.caller, self.callee):
            self.wait(phone, "StreamsRunning")
        return self

    def wait(self, phone, *states, limit=10):
        """Wait for a state of this call that comes after those that were waited for; its event."""
        try:
            event = phone.wait_state(*states, call=self.numbers[phone], after=self.before[phone], limit=limit)
        except Timeout as error:
            raise Timeout(f"{error} ({self.numbers})") from None
        self.before[phone] = phone.events().index(event) + 1
        return event

    def id_at(self, phone):
        """Its Call-ID there, from the product's own log."""
        found = phone.notes(r"call (\S+) \w+: (policy|untouched): ")[self._seen[phone]:]
        if not found:
            raise Failed(f"{phone.node.name} has not seen this call")
        return found[0].group(1)

    def authenticated(self):
        """Both people read so, and both media streams are keyed by both SIMs."""
        for phone in (self.caller, self.callee):
            call = self.id_at(phone)
            phone.wait_note(rf"call {call} \w+: authenticated: ")
            keyed(phone, call)
        return self

    def pause(self, by):
        by.command(f"call-pause {self.numbers[by]}")
        self.wait(by, "Paused")
        self.wait(self._other(by), "PausedByRemote")
        return self

    def resume(self, by):
        by.command(f"call-resume {self.numbers[by]}")
        for phone in (by, self._other(by)):
            self.wait(phone, "StreamsRunning")
        return self

    def _other(self, phone):
        return self.callee if phone is self.caller else self.caller

    def hang_up(self, by=None):
        (by or self.caller).terminate(self.numbers[by or self.caller])
        return self.over()

    def over(self, limit=10):
        """It has ended at both phones."""
        for phone in (self.caller, self.callee):
            phone.wait_state("Released", call=self.numbers[phone], after=self.before[phone], limit=limit)
        return self


def keyed(phone, call):
    """ZRTP is secure with both SIMs' key, at this phone."""
    assert phone.notes(rf"call {call} \w+: media: sink=zrtp verdict=match"), (phone.node.name, call)


def connected(caller, callee):
    """A call that both have answered, authenticated at both ends."""
    return Talk(caller, callee).ring().answer().authenticated()


def wait_word(phone, call, word, reason=""):
    """This phone says so of that call (a Talk or a Call-ID)."""
    call_id = call.id_at(phone) if isinstance(call, Talk) else call
    phone.wait_note(rf"call {call_id} \w+: {word}: " + (f"reason={reason} " if reason else ""))


def live(phone):
    """What simauthctl shows of calls that go on."""
    return [record for record in records(phone) if record["live"]]


def records(phone):
    return json.loads(phone.ctl("calls", "--json").stdout)


def last_words(phone):
    """The words about all calls of this phone that ended, newest first: (side, word, reason)."""
    return [(r["side"], r["word"], r["reason"]) for r in records(phone) if not r["live"]]


AUTHENTICATED_OUT = ("caller", "authenticated", "")
AUTHENTICATED_IN = ("callee", "authenticated", "")


def finish(*expected):
    """At the end of a case: (phone, word, word, ...), the words about this phone's calls, newest first.

    Everything else must be gone: no call at Linphone, nothing that simauthctl calls live (held or not).
    """
    for phone, *words in expected:
        phone.process.check()
        last = {}
        for event in phone.events():
            if event.kind == "call-state-changed":
                last[event.call] = event.state
        assert set(last.values()) <= {"Released"}, (phone.node.name, last)
        flow.wait_any(lambda: not live(phone), 5, f"end of all calls at {phone.node.name}")  # pylint: disable=W0640
        assert last_words(phone) == words, (phone.node.name, last_words(phone))
        for record in records(phone):
            if record["word"] == "authenticated":
                keyed(phone, record["call_id"])
