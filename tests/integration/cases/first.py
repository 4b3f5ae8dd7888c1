# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first call of a Linphone that registers nowhere: nothing of it was seen before that INVITE."""

from cases import case
from cases.call import AUTHENTICATED, refuse
from world import flow
from world.badday import told

RC = ".config/linphone/linphonerc"


def prepare(world, media_encryption=None, **settings):
    """Alice's account registers nowhere, Bob's as ever."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(alice={"media_encryption": media_encryption})
    sims = world.issue_sims()
    for phone in (world.alice, world.bob):
        phone.use_sim(sims[phone.user], world.root, **settings)
    with open(world.alice.node.path(RC), encoding="utf-8") as text:
        changed = text.read().replace("reg_sendregister=1", "reg_sendregister=0")
    assert "reg_sendregister=0" in changed, changed
    world.alice.node.write(RC, changed, 0o600)
    world.alice.start(wait_registered=False)
    world.bob.start()
    world.bob.wait_note("simauth: ready: ")


@case("call.first.zrtp")
def zrtp(world):
    """ZRTP is Alice's own setting: her very first INVITE is held, and authenticated."""
    prepare(world, media_encryption="zrtp")
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, call)


@case("call.first.require")
def require(world):
    """It is not, and under `require`: the first call does not leave unprotected and says what to do, the next is whole."""
    prepare(world, policy="require")
    before = world.alice.mark()
    world.alice.call(world.bob.aor)
    world.alice.wait_state("Error", "End", after=before)
    world.alice.wait_state("Released", after=before)
    told(world.alice, "not-authenticated", "MEDIA_WEAK", "", "place the call once more")
    refuse(world.bob, "callee: policy: ")
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, call)
