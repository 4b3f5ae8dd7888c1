# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The subscriber's own part: an address proved by SIP from a real Linphone, a software SIM from a code."""

import json
import os
import re
import socket
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

from cases import case
from cases.call import authenticated_call, prepare
from cases.fault_hold import start_again as start_phone
from world import kernel


def start_again(world, phone):
    phone.stop()
    phone.forget()
    start_phone(world, phone)


def gateway_with_proxy(world, service=None):
    """Alice's gateway sends its address checks by Alice's SIP service from now on."""
    operator = world.operators["a"]
    operator.gateway.stop()
    with open(operator.gateway.config, "a", encoding="ascii") as config:
        config.write(f"\n[sip]\nproxy={service or operator.proxy.node.address}\n")
    operator.gateway.start()
    return operator.gateway


@case("call.binding.proved")
def proved(world):
    """The operator vouches for Alice's address because her Linphone returned what came to it by SIP."""
    prepare(world)
    aor = world.sims["alice"].aor
    gateway = gateway_with_proxy(world)
    gateway.ctl("binding", "remove", aor)
    done = world.alice.ctl("binding", "prove", "sip:nobody@elsewhere.example", check=False)
    assert done.returncode == 1 and "no account" in done.stderr, done
    said = world.alice.ctl("binding", "prove", aor).stdout
    assert "is yours" in said, said
    bound = [json.loads(line) for line in gateway.ctl("binding", "list", "--json").splitlines()]
    assert [(b["aor"], b["by"], b["state"]) for b in bound] == [(aor, "sip", "holds")], bound
    assert aor in world.alice.ctl("binding", "list").stdout
    assert world.alice.notes("address check .*: bound")
    authenticated_call(world)
    assert world.messages().all("MESSAGE", target=world.alice), "no MESSAGE on the wire"


@case("call.binding.renewed")
def renewed(world):
    """A proof that ends soon is made again by the phone itself; one that has ended is nobody's until then."""
    prepare(world)
    aor, gateway = world.sims["alice"].aor, gateway_with_proxy(world)
    with sqlite3.connect(gateway.node.path("gateway.db"), timeout=10) as database:
        database.execute("UPDATE binding SET by_whom = 'sip', until = ?", (int(time.time()) + 86400,))
    start_again(world, world.alice)
    world.alice.wait_note(f"address check {aor}: bound")
    bound = json.loads(gateway.ctl("binding", "list", "--aor", aor, "--json"))
    assert bound["until"] >= time.strftime("%Y-%m-%d", time.gmtime(time.time() + 29 * 86400)), bound
    assert [json.loads(e)["what"] for e in gateway.ctl("binding", "history", "--json").splitlines()][-1] == "proved again"
    authenticated_call(world)


def send_check(world, aor, nonce, number):
    """What anybody can send to Alice by her SIP service."""
    proxy = world.operators["a"].proxy.node.address
    body = f"SIMAUTH address check {nonce}\r\nOperator A asks."
    text = (f"MESSAGE {aor} SIP/2.0\r\nVia: SIP/2.0/UDP 10.83.0.1:5099;rport;branch=z9hG4bKcheck{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:x@operator-a.example>;tag=1\r\nTo: <{aor}>\r\nCall-ID: check{number}\r\nCSeq: 1 MESSAGE\r\n"
            f"Content-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind(("10.83.0.1", 5099))
        sender.settimeout(10)
        sender.sendto(text.encode(), (proxy, 5060))
        assert b"SIP/2.0 200" in sender.recv(4096)


def take_check(service):
    """The gateway's MESSAGE at a SIP service that keeps it for now: its nonce."""
    text, peer = service.recvfrom(65535)
    headers = dict(re.findall(r"^([\w-]+): (.*?)\r$", text.decode(), re.M))
    copied = "".join(f"{n}: {headers[n]}\r\n" for n in ("Via", "From", "To", "Call-ID", "CSeq"))
    service.sendto(f"SIP/2.0 200 OK\r\n{copied}Content-Length: 0\r\n\r\n".encode(), peer)
    return re.search(r"SIMAUTH address check ([\w-]{22})", text.decode())[1]


@case("call.binding.forged")
def forged(world):
    """Two forged nonces come before the right one: they are refused, and the right one is still returned."""
    prepare(world)
    aor, service = world.sims["alice"].aor, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with service:
        service.bind(("10.83.0.1", 5098))
        service.settimeout(20)
        gateway = gateway_with_proxy(world, "10.83.0.1\nport=5098")
        gateway.ctl("binding", "remove", aor)
        with ThreadPoolExecutor(1) as pool:
            proving = pool.submit(world.alice.ctl, "binding", "prove", aor, check=False)
            nonce = take_check(service)
            for number in (1, 2):
                send_check(world, aor, "A" * 21 + "AQ"[number - 1], number)
                world.alice.wait_note("a nonce was not taken", count=number)
            send_check(world, aor, nonce, 3)
            said = proving.result(60)
    assert said.returncode == 0 and "is yours" in said.stdout, said
    bound = json.loads(gateway.ctl("binding", "list", "--json"))
    assert (bound["aor"], bound["by"]) == (aor, "sip"), bound


@case("call.binding.unasked")
def unasked(world):
    """Somebody else asks for Alice's address: her Linphone returns nothing, and nobody gets it."""
    prepare(world)
    aor, gateway = world.sims["alice"].aor, gateway_with_proxy(world)
    gateway.ctl("binding", "remove", aor)
    send_check(world, aor, "A" * 22, 1)
    world.alice.wait_note("did not ask for")
    assert gateway.ctl("binding", "list", "--json") == ""


def settings_nobody_writes(phone):
    """A copy of the phone's settings without a SIM, in a folder that is read only."""
    with open(phone.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as settings:
        lines = [line for line in settings if not line.startswith("sim=")]
    phone.node.write("fixed/simauth.conf", "".join(lines))
    os.chmod(phone.node.path("fixed"), 0o555)
    return phone.node.path("fixed/simauth.conf")


def full_disk(phone):
    folder, user = phone.node.make_folder("full", mode=0o700), phone.node.user
    kernel.mount("none", folder, "tmpfs", 0, f"size=4k,mode=700,uid={user},gid={user}")
    phone.node.write("full/ballast", bytes(4096).decode())
    return folder


@case("call.sim_by_code")
def sim_by_code(world):
    """An operator without cards: Alice types a code, has a SIM, and calls; the code is used up."""

    def activate(world):
        gateway = world.operators["a"].gateway
        aor = world.sims["alice"].aor
        gateway.ctl("subscriber", "remove", world.sims["alice"].imsi)
        code = json.loads(gateway.ctl("sim", "new", "--aor", aor, "--nai", "new@operator-a.example", "--json"))["code"]
        spare = json.loads(gateway.ctl("sim", "new", "--aor", "sip:spare@operator-a.example", "--nai", "spare@operator-a.example",
                                       "--json"))["code"]
        path = world.alice.node.path("new-sim.json")
        kept = world.alice.ctl("--config", settings_nobody_writes(world.alice), "sim", "activate", spare, "--file", path + "3",
                               check=False)
        assert kept.returncode != 0 and f"sim=soft:{path}3" in kept.stderr and json.load(open(path + "3")), kept
        no_room = world.alice.ctl("sim", "activate", code, "--file", full_disk(world.alice) + "/sim.json", check=False)
        assert no_room.returncode != 0 and "No space left" in no_room.stderr, no_room  # and the code is good still
        said = world.alice.ctl("sim", "activate", code, "--file", path).stdout
        assert f"settings set sim soft:{path}" in said, said
        world.alice.ctl("settings", "set", "sim", f"soft:{path}")
        again = world.alice.ctl("sim", "activate", code, "--file", path + "2", check=False)
        assert again.returncode == 1 and "used before" in again.stderr, again
        bad = world.alice.ctl("sim", "activate", code[:-3], check=False)
        assert bad.returncode == 2 and "no code" in bad.stderr, bad

    prepare(world, before=activate)
    authenticated_call(world)
    assert world.alice.notes("ready: nai=new@operator-a.example")
