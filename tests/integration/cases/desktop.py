# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window client, linphone-desktop, makes and takes an authenticated call."""

from cases import case
from cases.matrix import authenticated_call
from world import flow
from world.desktop import Desktop


def prepare(world):
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(alice={"kind": Desktop})
    for user, sim in world.issue_sims().items():
        phone = getattr(world, user)
        phone.use_sim(sim, world.root)
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
        phone.wait_note(r"simauth: ready: ")


def drawn(window, picture):
    """The call's window is there: more colours than a display has that nobody draws on."""
    flow.wait_any(lambda: window.picture(picture) > 100, 20, "window with the call")


@case("call.desktop", limit=120)
def desktop(world):
    """Alice's window calls Bob's phone, then Bob calls her; pictures of both calls are in her node's folder."""
    prepare(world)
    window = world.alice
    for name in ("makes", "takes"):
        picture = window.node.path(f"{name}.png")
        authenticated_call(world, during=lambda picture=picture: drawn(window, picture))
        world.alice, world.bob = world.bob, world.alice
