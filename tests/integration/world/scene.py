# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the attack cases share: two phones with somebody on Bob's cable, and what must never happen."""

import re

from . import flow
from .tamper import Tamper
from .wire import Wire


class Scene:
    """Two operators, two phones that are ready, and our hand on Bob's cable.

    extra: more subscribers of operator B; extra_stock: stock phones that answer by themselves. life: keys of the gateways' [life]. alice_as: whose SIM is in
    Alice's phone. linphonerc: more of it, at both phones. settings: of all phones.
    """

    def __init__(self, world, extra=(), extra_stock=(), life=None, alice_as=None, linphonerc="", **settings):
        self.world = world
        self.tamper = Tamper()
        self.swaps = {}  # what the node must see -> what everybody else sees
        world.start_capture()
        world.start_network()
        self._start_gateways(life or {})
        world.add_phones()
        issued = world.issue_sims()
        if alice_as:
            issued["alice"] = world.issue_sim(alice_as, "a")
        for number, name in enumerate(extra):
            setattr(world, name, world.add_phone(name, "b", 40 + number))
            issued[name] = world.issue_sim(name, "b")
        equipped = list(world.phones)
        for number, name in enumerate(extra_stock):
            setattr(world, name, world.add_phone(name, "b", 50 + number, product=None, media_encryption="zrtp",
                                                 auto_answer=True))
        for phone in equipped:
            phone.use_sim(issued[phone.user], world.root, **settings)
            with open(phone.node.path(".config/linphone/linphonerc"), "a", encoding="utf-8") as file:
                file.write(linphonerc)
        world.wire = Wire(world.bob.node)
        world.wire.hook = self.tamper
        world.capture_cable(world.bob.node)
        for phone in world.phones:
            phone.start(wait_registered=False)
        for phone in world.phones:
            phone.wait_registered()
        for phone in equipped:
            phone.wait_note(r"simauth: (ready|not ready): ")

    def _start_gateways(self, life):
        world = self.world
        world.add_gateways()
        for operator, other in zip("ab", "ba"):
            gateway = world.operators[operator].gateway
            gateway.add_partner(world.operators[other])
            if life:
                with open(gateway.config, "a", encoding="utf-8") as config:
                    config.write("\n[life]\n" + "".join(f"{key}={value}\n" for key, value in life.items()))
            gateway.start()

    def off(self):
        """Everything passes from now on."""
        self.tamper.rule = None
        self.world.wire.check()

    def on(self, method, change, status=None, inwards=None):
        """change(message) instead of each such message (`inwards`: only those towards Bob, or only the others)."""
        def rule(message, towards_bob):
            if message.method == method and message.status == status and inwards in (None, towards_bob):
                return change(message)
            return None
        self.tamper.rule = rule

    def swap(self, text, real, forged):
        """`forged` instead of `real`, here and (see on_all) in everything of this call from now on."""
        self.swaps[forged] = real
        return text.replace(real, forged)

    def on_all(self, change, method, status=None, inwards=True):
        """As on(); what swap() changed is changed back on the way out, so that the dialog stays whole."""
        def rule(message, towards_bob):
            if message.method == method and message.status == status and towards_bob == inwards:
                return change(message)
            text = message.text
            for forged, real in self.swaps.items():
                text = text.replace(*((real, forged) if towards_bob == inwards else (forged, real)))
            return text
        self.tamper.rule = rule


def sim_state(phone):
    """The sequence numbers that this phone's SIM has taken: they change whenever it answers a challenge."""
    try:
        with open(phone.node.path(".local/share/simauth/sim.json.sqn"), encoding="utf-8") as text:
            return text.read()
    except FileNotFoundError:
        return ""


def proof(response):
    """What of the callee's stands in this response: element 2, wherever it is."""
    found = response.elements()
    found.pop("From tag", None)
    return found


def cause(message):
    """The cause of its Reason of protocol SIM; None: it has none."""
    found = re.search(r"SIM\s*;\s*cause=(\d+)", message.header("Reason") or "")
    return int(found[1]) if found else None


def calls_heard(phone):
    """How often this phone rang."""
    return sum(event.state == "IncomingReceived" for event in phone.events())


def not_announced(phone, call_id):
    found = phone.notes(rf"call {call_id} callee: (announced|authenticated): .*")
    assert not found, found[0].group(0)


def ring(scene):
    """Alice calls, Bob's phone rings; Alice's call and the INVITE as Bob's cable had it."""
    world = scene.world
    before = world.alice.mark(), world.bob.mark()
    number = world.alice.call(world.bob.aor)
    world.bob.wait_state("IncomingReceived", after=before[1])
    world.alice.wait_state("OutgoingRinging", after=before[0])
    return number, scene.tamper.last("INVITE", towards_node=True)


def rejected(scene, caller, limit=10):
    """`caller` calls Bob and is refused; Bob's final response."""
    world = scene.world
    before = caller.mark(), len(scene.tamper.passed)
    caller.call(world.bob.aor)
    caller.wait_state("Released", limit=limit, after=before[0])
    world.wire.check()
    return next(m for towards, m in scene.tamper.passed[before[1]:]
                if not towards and m.method == "INVITE" and m.is_response and m.status >= 200)


def honest_call(world):
    """After everything that was tried, both phones are alive and the next call is authenticated."""
    counts = [len(phone.notes(r"call \S+ \w+: authenticated: ")) for phone in (world.alice, world.bob)]
    call = flow.connect(world)
    for phone, count in zip((world.alice, world.bob), counts):
        phone.wait_note(r"call \S+ \w+: authenticated: ", count=count + 1)
    flow.hang_up(world, call)
    for phone in world.phones:
        phone.process.check()
