# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days between two operators: no agreement, one that is suspended, a partner that is down or mute."""

from cases.fault import fault
from world import badday
from world.badday import Stopped, authenticated, gateway, refused, self_test_good, told, unverified

OTHERS = "other person's operator"


@fault("partner.none")
def no_agreement(world):
    """Operator A has no agreement with B: nobody vouches for Bob, that is remembered, and can be forgotten."""
    badday.prepare(world)
    gateway(world, "a").ctl("partner", "remove", "Operator B")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_NOBODY", "nobody", "pins ask-again")
    self_test_good(world.alice)
    gateway(world, "a").add_partner(world.operators["b"])
    world.alice.ctl("pins", "forget", world.bob.aor)
    authenticated(world)


@fault("partner.none.require")
def no_agreement_require(world):
    """The same under `require`: refused before anything leaves."""
    badday.prepare(world, policy="require")
    gateway(world, "a").ctl("partner", "remove", "Operator B")
    refused(world)
    told(world.alice, "not-authenticated", "GATEWAY_NOBODY", "nobody", "pins ask-again")
    gateway(world, "a").add_partner(world.operators["b"])
    authenticated(world)
    assert len(world.messages().calls()) == 1


@fault("partner.none_at_callee")
def no_agreement_at_callee(world):
    """Operator B does not know A: the call goes on, and the sentence is about the operators, not about Alice's SIM."""
    badday.prepare(world)
    gateway(world, "b").ctl("partner", "remove", "Operator A")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", OTHERS)
    self_test_good(world.alice)
    gateway(world, "b").add_partner(world.operators["a"])
    authenticated(world)


@fault("partner.suspended")
def suspended(world):
    """An agreement suspended at either operator stops calls at once, and resumed it carries them at once.

    After the first authenticated call the phones know each other: then a call without proof is refused.
    """
    badday.prepare(world)
    gateway(world, "a").ctl("partner", "suspend", "Operator B")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", OTHERS)
    gateway(world, "a").ctl("partner", "resume", "Operator B")
    authenticated(world)
    gateway(world, "b").ctl("partner", "suspend", "Operator A")
    refused(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", OTHERS)
    gateway(world, "b").ctl("partner", "resume", "Operator A")
    authenticated(world)
    for letter in "ab":
        assert [r["outcome"] for r in gateway(world, letter).records()] == ["completed"] * 2


@fault("partner.down")
def partner_down(world):
    """Operator B's gateway is gone: Alice's phone tells that it is the other operator's, and is well itself."""
    badday.prepare(world)
    gateway(world, "b").stop()
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_DOWN", OTHERS)
    self_test_good(world.alice)
    gateway(world, "b").start()
    authenticated(world)


@fault("partner.mute")
def partner_mute(world):
    """Operator B's gateway takes connections and says nothing: the same, within the hold."""
    badday.prepare(world)
    with Stopped(gateway(world, "b").process):
        unverified(world)
        told(world.alice, "not-authenticated", "GATEWAY_DOWN", OTHERS)
        self_test_good(world.alice)
    authenticated(world)
