# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""simauthctl self-test: each link broken in turn gives a line that names it and the remedy, those behind "not-tried".

The links "settings", "SIM", "gateway reached over TLS", "bootstrapping with the SIM" and "clock" have their cases where
calls are tried with the same faults (fault.settings.*, fault.sim.*, fault.gateway.*, fault.phone.clock.*).
"""

import json

from cases.fault import fault
from cases.fault_hold import start_again
from world import badday
from world.badday import authenticated, gateway, heard, refused, self_test, self_test_good, told, unverified
from world.door import broken_at, pass_on

EXIT_NOT_RUNNING, EXIT_SETTINGS = 3, 4


@fault("self_test.good")
def good(world):
    """Nothing is broken: each link is good, in the order in which a call needs them; in JSON too."""
    badday.prepare(world)
    for phone in (world.alice, world.bob):
        self_test_good(phone)
        heard(phone, "self-test", "each link is good")
    answer = json.loads(world.alice.ctl("self-test", "--json").stdout)
    assert [link["link"] for link in answer[0]["links"]] == [
        "settings", "SIM", "gateway named", "gateway reached over TLS", "bootstrapping with the SIM",
        "operator's record of us", "clock", "account", "encryption (ZRTP)"], answer
    authenticated(world)  # it took nothing away from the next call


@fault("self_test.not_running")
def not_running(world):
    """No Linphone: it says that one is needed; with a broken settings file, which line."""
    badday.prepare(world)
    world.alice.stop()
    done = world.alice.ctl("self-test", check=False)
    assert done.returncode == EXIT_NOT_RUNNING and "Linphone" in done.stderr, done
    heard(world.alice, "self-test", done.stderr)
    name = ".config/simauth/simauth.conf"
    with open(world.alice.node.path(name), encoding="utf-8") as text:
        before = text.read()
    world.alice.node.write(name, before + "polcy=require\n", 0o600)
    done = world.alice.ctl("self-test", check=False)
    assert done.returncode == EXIT_SETTINGS and "polcy: there is no such key" in done.stderr, done
    heard(world.alice, "self-test", done.stderr)
    world.alice.node.write(name, before, 0o600)
    world.alice.forget()
    start_again(world, world.alice)
    self_test_good(world.alice)


@fault("self_test.no_sim")
def no_sim(world):
    """No SIM in the settings, then one of a kind that there is not."""
    badday.prepare(world)
    settings = world.alice.ctl("settings", "get", "sim").stdout.strip()
    world.alice.ctl("settings", "unset", "sim")
    self_test(world.alice, "SIM", "no SIM is set: `simauthctl settings set sim")
    world.alice.ctl("settings", "set", "sim", "stone:/x")
    self_test(world.alice, "SIM", "stone:/x: no such kind of SIM")
    world.alice.ctl("settings", "set", "sim", settings)
    self_test_good(world.alice)
    authenticated(world)


@fault("self_test.gateway_named")
def gateway_named(world):
    """Neither the SIM nor the settings name a gateway; then a name that is none."""
    badday.make(world)
    phone = world.alice
    sim = world.sims["alice"]
    issued = json.loads(sim.issued)
    sim.issued = json.dumps({key: value for key, value in issued.items() if key != "gateway"})
    phone.use_sim(sim, world.root)
    phone.ctl("settings", "unset", "gateway")
    badday.begin(world, ready=False)
    world.bob.wait_note("simauth: ready: ")
    self_test(phone, "gateway named", "no gateway is set: `simauthctl settings set gateway NAME`")
    unverified(world)
    told(phone, "not-authenticated", "GATEWAY_DOWN", "no gateway is set", "simauthctl self-test")
    phone.ctl("settings", "set", "gateway", "no host name")
    self_test(phone, "gateway named", "not a host name")
    phone.ctl("settings", "set", "gateway", sim.gateway)
    self_test_good(phone)
    authenticated(world)


@fault("self_test.certificates")
def certificates(world):
    """ca_file names a file that is not there."""
    badday.prepare(world)
    world.alice.ctl("settings", "set", "ca_file", "/nowhere/root.pem")
    self_test(world.alice, "gateway named", "file of trusted certificates cannot be read")
    world.alice.ctl("settings", "set", "ca_file", world.root.certificate)
    self_test_good(world.alice)
    authenticated(world)


@fault("self_test.record")
def record(world):
    """Bootstrapping goes well, and then somebody between breaks the answer to "who am I"."""
    badday.prepare(world, doors=True)
    world.doors["a"].stand(broken_at(world.operators["a"].server_certificate, b"GET /v1/self"))
    self_test(world.alice, "operator's record of us", "closed before the answer")
    world.doors["a"].stand(pass_on)
    self_test_good(world.alice)


@fault("self_test.account")
def account(world):
    """The operator vouches for none of Linphone's addresses any more: named, and calls say the same."""
    badday.prepare(world)
    gateway(world, "a").ctl("binding", "remove", world.alice.aor)
    self_test(world.alice, "account", "ask it to bind your address to your SIM")
    unverified(world)
    told(world.alice, "not-authenticated", "GATEWAY_REFUSED", "not-yours")
    world.alice.ctl("settings", "set", "policy", "require")
    refused(world)
    gateway(world, "a").ctl("binding", "add", world.alice.aor, world.sims["alice"].imsi)
    self_test_good(world.alice)
    authenticated(world)


@fault("self_test.too_often")
def too_often(world):
    """More bootstraps than the operator allows in a minute: told as that, and not for ever."""
    badday.prepare(world)
    for _ in range(8):
        done = world.alice.ctl("self-test", check=False)
        if done.returncode != 0:
            break
    assert "429 too-many" in done.stdout, done.stdout
    assert "Too many requests" in done.stdout, done.stdout
    heard(world.alice, "self-test", next(line for line in done.stdout.splitlines() if "429 too-many" in line))
