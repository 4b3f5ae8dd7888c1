# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages on a Debian that has nothing else of ours: installed by apt, a call authenticated, gone without a trace."""

import os
import re
import subprocess

from cases import before_group, case
from cases.call import AUTHENTICATED, authenticated_call, prepare
from cases.matrix import is_linphone
from world import flow
from world.packages import OLD, Cloned, Machine, Upgraded

SUITES = {"debian12": ("bookworm", "5.1"), "debian13": ("trixie", "5.3")}
made = {}  # group -> the machine that its cases look at
# What Debian's own tools leave when any package was there and went.
TRACES = ("/etc/passwd-", "/etc/group-", "/etc/shadow-", "/etc/gshadow-", "/etc/ld.so.cache", "/etc/resolv.conf", "/etc/.pwd.lock")


def make(group):
    suite, _linphone = SUITES[group.split(".")[1]]

    def before(build):
        made[group] = Machine(suite, build)
        made[group].make()
    return before


def stock_call(world, root):
    """Two Linphones of that machine, as they come, without us."""
    world.debian = root
    world.start()
    call = flow.connect(world)
    flow.hang_up(world, call)
    invite = world.messages().first("INVITE", source=world.alice)
    assert not invite.tag("From").startswith("sim0"), invite.tag("From")
    for phone in (world.alice, world.bob):
        assert "simauth" not in phone.said(), f"{phone.node.name} knows us"


def files(root):
    """Everything below /usr and /etc but what any installation leaves."""
    found = set()
    for top in ("usr", "etc"):
        for folder, folders, names in os.walk(os.path.join(root, top)):
            found.update(os.path.join(folder, name).removeprefix(root) for name in (*folders, *names))
    return {path for path in found if path not in TRACES and "/__pycache__" not in path}


def dpkg(root, *words):
    return subprocess.run(["chroot", root, *words], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}).stdout


def before(world, group):
    """Before: Debian's Linphone alone."""
    stock_call(world, made[group].see("stock"))


def installed(world, group):
    """What apt installed authenticates a call: phones, gateways and the command lines are the packages'."""
    machine, (_suite, linphone) = made[group], SUITES[group.split(".")[1]]
    world.debian = root = machine.see("installed")
    prepare(world)
    for phone in (world.alice, world.bob):
        is_linphone(phone, linphone)
    authenticated_call(world)
    status = world.alice.ctl("status", "--json").stdout
    assert '"active"' in status or "active" in status, status
    for operator in world.operators.values():
        records = operator.gateway.records()
        assert [r["outcome"] for r in records] == ["completed"], records
    for page in ("man1/simauthctl.1", "man5/simauth.conf.5", "man8/simauth-gateway.8", "man1/simauth-gatewayctl.1"):
        assert os.path.exists(f"{root}/usr/share/man/{page}.gz"), page
    assert "simauth" in dpkg(root, "getent", "passwd", "simauth"), "the gateway's user is missing"


def purged(world, group):
    """After: purged and their dependencies gone, every file is as before; Linphone works as it did."""
    machine = made[group]
    stock, root = machine.see("stock"), machine.see("purged")
    differ = files(root) ^ files(stock)
    assert not differ, f"{len(differ)} files came or went: {sorted(differ)[:20]}"
    left = [name for name in machine.names() if "installed" in dpkg(root, "dpkg-query", "-W", "-f", "${Status}", name)]
    assert not left, left
    assert dpkg(root, "dpkg", "--verify") == dpkg(stock, "dpkg", "--verify")
    stock_call(world, root)


def version(world, number):
    for phone in (world.alice, world.bob):
        phone.wait_note(rf"version {re.escape(number)} is in this Linphone")


def version_in(root):
    return re.match(r"simauthctl (\S+)", dpkg(root, "simauthctl", "--version"))[1]


def next_call(world):
    """One more authenticated call; the phones' logs go on over a restart."""
    had = {phone: len(phone.notes(AUTHENTICATED)) for phone in (world.alice, world.bob)}
    call = flow.connect(world)
    for phone, count in had.items():
        phone.wait_note(AUTHENTICATED, count=count + 1)
    flow.hang_up(world, call)


def restart(world):
    ready = {phone: len(phone.notes("simauth: ready: ")) for phone in (world.alice, world.bob)}
    for phone, count in ready.items():
        phone.process.check()
        phone.stop()
        phone.forget()
        phone.start()
        phone.wait_note("simauth: ready: ", count=count + 1)


def during(world, group):
    """Upgraded while two people speak: their call goes on, the next is authenticated, and so is one after all were restarted."""
    machine = made[group]
    world.debian = root = machine.writable("old")
    prepare(world)
    version(world, OLD)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    print(machine.upgrade(root)[-800:])
    number = version_in(root)
    assert number != OLD
    flow.hang_up(world, call)
    next_call(world)  # phones and gateways that still are the old ones
    for operator in world.operators.values():
        operator.gateway.stop()
        operator.gateway.start()
    next_call(world)  # new gateways with the old ones' data, old phones
    restart(world)
    version(world, number)
    next_call(world)


def upgraded(world, group):
    """New phones and gateways on a machine that had the old ones."""
    world.debian = root = made[group].see("upgraded")
    prepare(world)
    version(world, version_in(root))
    authenticated_call(world)


def make_upgrade(build):
    made["package.upgrade"] = Upgraded("bookworm", build)
    made["package.upgrade"].make()


before_group["package.upgrade"] = make_upgrade
for function in (during, upgraded, purged):
    case(f"package.upgrade.{function.__name__}", product=False, label="long", limit=600, group="package.upgrade")(
        lambda world, function=function: function(world, "package.upgrade"))

for key in SUITES:
    name = f"package.{key}"
    before_group[name] = make(name)
    for function in (before, installed, purged):
        case(f"{name}.{function.__name__}", product=False, label="long", limit=600, group=name)(
            lambda world, function=function, name=name: function(world, name))


def make_clone(build):
    made["package.clone"] = Cloned("bookworm", build)
    made["package.clone"].make()


before_group["package.clone"] = make_clone


@case("package.clone.quickstart", product=False, label="long", limit=2400, group="package.clone")
def quickstart(_world):
    """The first command of README.md in a clone, on a machine that has nothing else, twice: both times both phones say so."""
    first, second = made["package.clone"].runs
    assert "installing " in first and "configuring" in first, first[:1000]
    assert "configuring" not in second, second[:1000]
    for said in (first, second):
        assert all(f"{name}'s phone: authenticated" in said for name in ("alice", "bob")), said[-2000:]
        assert said.rstrip().endswith("All programs are stopped."), said[-2000:]
