# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What attack.secrets.run has not: a card's PIN, a password, private keys of TLS and of certificates, and all that a middle holds."""

import os
import re
import subprocess

from cases import case
from cases.agt import VOUCHED
from cases.attack_secrets import CORES, check_closed, check_memory, check_rooms, files, strangers, take_cores, with_keylogs
from cases.call import AUTHENTICATED, prepare
from cases.e2m import ENVELOPED, People
from cases.e2m_middle import ALICE, DOMAIN, Scene, pid_of
from world import flow, sandbox
from world.card_reader import card_of, reader_on
from world.process import Failed, wait_for
from world.searched import Programs, Search, core, key_forms, status
from world.sim import Password

PIN = "73519284"


def searcher(world):
    return Search(os.path.join(world.product, "..", "..", "tests", "integration", "programs", "search_secrets"), sandbox.ROOM)


def add_key(search, name, pem):
    for form, octets in key_forms(pem).items():
        search.add(name + form, octets)


def judge(world, search, homes, copies, known):
    """Nothing stands anywhere but at home, or as a copy that is known; `known` are found, so that the search would find more."""
    found = search.look([*files(world.folder), *files(CORES)])
    found = [one for one in found if not re.search(r"/[ab]-phone/", one[0])]  # phones that the test plays
    lines = strangers(world, found, homes, copies)
    if lines:
        raise Failed("secrets where they do not belong:\n" + "\n".join(lines))
    names = {(os.path.basename(path), name) for path, name, _ in found}
    assert known <= names, f"not even where they are known to be: {known - names}"


# -- people and gateways ---------------------------------------------------------------------------

PERSONS_HOMES = (
    (r"bob/card\.json", r"PIN|K|OPc"),
    (r"bob/pin", r"PIN"),
    (r"bob/reader/.*", r"PIN"),  # the card
    (r"alice/\.local/share/simauth/sim\.json", r"password"),
    (r"(alice|bob)/\.config/simauth/own\.key", r"person-\1.*"),
    (r"gateway-([ab])/server\.key", r"tls-\1.*"),
    (r"gateway-([ab])/operator\.key", r"operator-\1.*"),
    (r"pki/.*\.key", r"(tls|operator|person)-.*"),  # where this world made them
    (r"bob/card\.json\.state", r"PIN"),  # the card's too
)
PERSONS_COPIES = (
    # GnuTLS has the listener's key on its heap, in DER and as numbers: see docs/security.md.
    (r"gateway-([ab])\..*", r"tls-.*"),
    # What libcrypto 3.0 read a file's key from it gives back as it is. In programs of ours that is wiped; in Linphone libcrypto is not
    # ours. Keys of certificates that gateways issue are made in memory, and read from nothing.
    (r"(alice|bob)\..*", r"person-\w+"),
)


def a_card_and_a_password(kept):
    """Before they start: Alice's phone is Carol's, who has a password; Bob's card wants a PIN, which is at descriptor 9."""
    def before(world):
        world.sims["alice"] = Password("carol", world.operators["a"])
        world.alice.use_sim(world.sims["alice"], world.root)
        bob = world.bob
        profile = card_of(bob.node, world.sims["bob"], pin=PIN, pin_enabled=True)
        kept["reader"] = reader_on(bob.node, [profile])
        kept["reader"].__enter__()
        bob.use_sim(world.sims["bob"], world.root, place="pcsc", pin="fd:9")
        bob.before = ["sh", "-c", f'exec 9<{bob.node.write("pin", PIN, 0o600)}; exec "$@"', "sh"]
        kept["people"] = people = People(world)
        people.equip(world.alice, "alice", bob, servers=False)
        people.equip(bob, "bob", world.alice, servers=False)
    return before


def add_persons(world, search, people):
    search.add("PIN", PIN.encode())
    search.add("password", world.sims["alice"].password.encode())
    for name in ("alice", "bob"):
        add_key(search, f"person-{name}", people.of[name][1])
    for letter, operator in world.operators.items():
        for stem in ("server", "operator"):
            name = "tls" if stem == "server" else stem
            add_key(search, f"{name}-{letter}", operator.gateway.node.path(f"{stem}.key"))


def add_cek(world, search, people):
    """The key of the envelope in Alice's INVITE, under which the call's answers are: both phones have it until the call ends."""
    certificate, kept = people.of["bob"][0], os.path.join(world.folder, "kept.cek")
    invite = next(m for m in world.messages() if m.method == "INVITE" and not m.is_response and "pkcs7" in m.text)
    program = os.path.abspath(os.path.join(world.product, "..", "..", "tests", "integration", "programs", "e2m_body"))
    body = os.path.join(world.folder, "came")
    with open(body, "wb") as file:
        file.write(invite.body.encode("latin-1"))
    subprocess.run([program, "read", world.alice.aor, world.bob.aor, invite.header("Content-Type"), invite.header("Content-Transfer-Encoding") or "-",
                    body, "/dev/null", "me=" + certificate.removesuffix(".pem"), f"keep={kept}", f"trust={world.root.certificate}"], check=True, timeout=20)
    with open(kept, "rb") as cek:
        search.add("CEK", cek.read()[16:48])
    os.unlink(kept)


def waiting_for_input(node, argv):
    """A program of the node's user that reads from its standard input, which does not end."""
    process = subprocess.Popen(node.command(argv), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=node.env)

    def reads():
        with open(f"/proc/{process.pid}/syscall", encoding="ascii") as call:
            return call.read().startswith("0 0x0 ") and status(process.pid, "Name") == os.path.basename(argv[0])[:15]
    wait_for(reads, 10, f"{argv[0]} reading")
    return process


def check_commands(world):
    """What a person types goes into a program that nobody else of that user can look into."""
    gateway = world.operators["a"].gateway
    for name, node, argv in (
            ("simauth-gatewayctl", gateway.node, ["simauth-gatewayctl", "--config", gateway.config, "subscriber", "add", "dave", "--no-sim",
                                                  "--keys", "-", "--nai", "dave@operator-a.example"]),
            ("simauthctl", world.alice.node, ["simauthctl", "sim", "activate"])):
        process = waiting_for_input(node, argv)
        try:
            check_closed(name, process.pid)
        finally:
            process.stdin.close()
            process.wait(10)


@case("attack.secrets.persons", limit=120)
def persons(world):
    """A card's PIN, a password, private keys of gateways and people, the key of an envelope: none in a log, an argument, an environment or a dump, but for what GnuTLS holds."""
    kept = {}
    with_keylogs(world)
    watched = Programs(os.path.join(sandbox.ROOM, "programs"))
    try:
        prepare(world, phones={"alice": {"account": "carol"}}, before=a_card_and_a_password(kept))
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED)
            phone.wait_note(VOUCHED)
        world.bob.wait_note(ENVELOPED.format(servers="none", signer=world.alice.aor) + "enveloped and signed")
        assert [c for c in kept["reader"].commands("verify") if c["length"] > 5], "nobody gave the card its PIN"
        take_cores(world, "call")
        check_memory(world)
        check_commands(world)
        flow.hang_up(world, call)
        take_cores(world, "after")
    finally:
        watched.end()
        if "reader" in kept:
            kept["reader"].__exit__(None, None, None)
    world.stop_captures()
    search = searcher(world)
    add_persons(world, search, kept["people"])
    add_cek(world, search, kept["people"])
    judge(world, search, PERSONS_HOMES, PERSONS_COPIES, {("sim.json", "password"), ("card.json", "PIN"), ("gateway-a.call", "tls-a-limbs")})


# -- a middle --------------------------------------------------------------------------------------

MIDDLE_HOMES = (
    (r"middle/own/middle\.key", r"identity.*"),
    (r"middle/own/token", r"token"),
    (r"middle/middle-token\.cfg", r"token"),  # the proxy's
    (r"people/.*\.key", r"identity.*"),
)
# The proxy's request, with the token in its header, is in libmicrohttpd's memory of that connection while it is there.
MIDDLE_COPIES = ((r"middle\..*", r"token"),)


@case("attack.secrets.middle", limit=60)
def middle(world):
    """What a middle holds of calls (the keys of their envelopes, secrets of pinholes), its own private key and the proxy's token: in no dump, swap, log or journal."""
    watched = Programs(os.path.join(sandbox.ROOM, "programs"))
    secret = "YGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn8"
    try:
        scene = Scene(world, **{"pinholes.tokens": "required"})
        dialog, _, _ = scene.connect(sdp=scene.alice.sdp(more=f"a=rtcp-mux\r\na=simauth-pinhole:{secret}\r\n"))
        scene.middle.wait_log("waits-for-token")
        pid = pid_of(scene)
        os.makedirs(CORES, mode=0o700, exist_ok=True)
        with open(core(pid, os.path.join(CORES, "middle.call")), "rb") as dump:
            assert ALICE.encode() in dump.read(), "a dump without the call proves nothing"
        check_closed("middle", pid)
        check_rooms("middle", pid)
        assert int(status(pid, "VmLck").split()[0]) > 0
        scene.hang_up(dialog)
        core(pid, os.path.join(CORES, "middle.after"))
    finally:
        watched.end()
    search = searcher(world)
    with open(scene.alice.node.path("cek"), "rb") as cek:
        search.add("CEK", cek.read()[16:48])
    search.add("pinhole", bytes(range(0x60, 0x80)))
    search.add("token", scene.middle.token.encode())
    add_key(search, "identity", scene.middle.own[1])
    judge(world, search, MIDDLE_HOMES, MIDDLE_COPIES, {("token", "token"), ("middle.key", "identity-pem")})
    assert DOMAIN in scene.middle.log()
