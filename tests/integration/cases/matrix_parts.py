# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part behind the loader is another Linphone's, damaged or lacks something: said in one line, and the phone works."""

import glob
import os
import re
import shutil

from cases import case
from world import debian13, flow

IMPORT, NOWHERE = b"\0linphone_core_add_callbacks\0", b"\0linphone_core_bdd_callbacks\0"


def inner(usr):
    """The inner part of an installation, and where it stands below /usr."""
    found = glob.glob(f"{usr}/lib/**/simauth/simauth-linphone-*.so", recursive=True)
    assert len(found) == 1, found
    return found[0]


def altered(world, name, usr, change):
    """A copy of the installation `usr` whose inner part change(path) has had in its hands."""
    copy = os.path.join(world.folder, f"altered-{name}", "usr")
    shutil.copytree(usr, copy, symlinks=True)
    change(inner(copy))
    return copy


def without_symbol(path):
    """It asks for a function that no Linphone has."""
    with open(path, "rb") as file:
        content = file.read()
    assert IMPORT in content
    with open(path, "wb") as file:
        file.write(content.replace(IMPORT, NOWHERE))


def empty(path):
    """As a power cut may leave a file."""
    os.truncate(path, 0)


def prepare(world, alice, bob):
    """Two phones, registered; alice, bob: options of Phone, product among them."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(alice=alice, bob=bob)
    for user, sim in world.issue_sims().items():
        phone = getattr(world, user)
        phone.use_sim(sim, world.root)
        phone.start()


def inactive(phone, reason):
    """This phone said once, at its terminal and in Linphone's log, that the plugin needs what `reason` matches."""
    with open(phone.process.log, encoding="utf-8") as log:
        said = [line for line in log.read().splitlines() if line.startswith("simauth: ")]
    assert len(said) == 1 and re.fullmatch(f"simauth: inactive: needs {reason}", said[0]), said
    assert said[0] in phone.said(), "not in Linphone's log"
    assert not phone.notes("."), phone.notes(".+")


def stock_calls(world):
    """Calls both ways, with nothing of ours in them."""
    flow.hang_up(world, flow.connect(world))
    world.alice, world.bob = world.bob, world.alice
    flow.hang_up(world, flow.connect(world))
    for phone in (world.alice, world.bob):
        phone.process.check()
        assert phone.stop() == 0, phone.node.name
    assert not [m for m in world.messages() if m.elements()]


@case("call.part.unusable")
def unusable(world):
    """Alice's part needs a function that her Linphone lacks, Bob's file is empty."""
    prepare(world, {"product": altered(world, "symbol", world.product, without_symbol)},
            {"product": altered(world, "empty", world.product, empty)})
    name = re.escape(os.path.basename(inner(world.product)))
    inactive(world.alice, rf"{name}: .*: undefined symbol: linphone_core_bdd_callbacks; install the plugin .*")
    inactive(world.bob, rf"{name}: .*; install the plugin that is built for liblinphone .*")
    stock_calls(world)


@case("call.debian13.wrong_part", label="long", limit=60, group="call.debian13")
def wrong_part(world):
    """The part for 5.1 under the name of that for 5.3, and the other way round."""
    twelve, thirteen = world.product, debian13.product(world.product)
    prepare(world, {"product": altered(world, "12", twelve, lambda path: shutil.copy(inner(thirteen), path))},
            {"product": altered(world, "13", thirteen, lambda path: shutil.copy(inner(twelve), path)), "linphone": "5.3"})
    inactive(world.alice, r"simauth-linphone-5\.1\.so: .*cannot open shared object file.*liblinphone 5\.1")
    inactive(world.bob, r"simauth-linphone-5\.3\.so: .*cannot open shared object file.*liblinphone 5\.3")
    stock_calls(world)


@case("call.debian13.upgraded", label="long", limit=60, group="call.debian13")
def upgraded(world):
    """Linphone went from 5.1 to 5.3 under a plugin that is still that for 5.1; Bob has none."""
    prepare(world, {"product": altered(world, "12", world.product, lambda path: None), "linphone": "5.3"},
            {"product": None, "linphone": "5.3"})
    inactive(world.alice, r"simauth-linphone-5\.3\.so: neither beside .* liblinphone 5\.3")
    stock_calls(world)
