# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a whole run of the quick start's calls, searched for wherever somebody might come across them.

What is searched: the memory that a core dump of phones and gateways would have, at three moments; arguments and environment
of every process; every file of the run (logs, key stores, databases, journals, the recordings of both session buses);
what crossed the network, as it was and with TLS taken off. What is searched for: K, OPc, all that each SIM made of every
challenge (CK, IK, RES), Ks and Ks_NAF, both halves of each call's key and the key, what was derived from it, setup keys,
sealing keys; raw, in hexadecimal, in base64 and base64url. The values are made from docs/protocol.md by the checker,
which shares no code with the product.
"""

import base64
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys

from cases import case
from cases.call import AUTHENTICATED, prepare
from world import flow, sandbox
from world.process import Failed
from world.searched import Programs, Search, core, rooms, status
from world.session_bus import SessionBus

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKER = os.path.join(HERE, "..", "..", "checker")
IMPI = "{}@ims.mnc001.mcc001.3gppnetwork.org"
CORES = os.environ.get("SIMAUTH_KEEP_CORES", "/run/cores")  # memory, and the room's own; /run/world/cores stays
FIELDS = ("ip.dst", "http.request.line", "http.response.line", "http.request.uri", "http.file_data")

# Where a secret has its home: file, of whom, and which.
HOMES = (
    (r"(alice|bob)/\.local/share/simauth/sim\.json", r"(K|OPc|IMSI)-\1"),
    (r"gateway-[ab]/sim-\d+\.json", r"(K|OPc|IMSI)-.*"),
    (r"gateway-([ab])/seal\.key", r"sealing-key-\1"),
)


def checker():
    """tests/checker's own modules."""
    sys.path.insert(0, CHECKER)
    loader = importlib.machinery.SourceFileLoader("check_capture", os.path.join(CHECKER, "check-capture"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_capture", loader))
    loader.exec_module(module)
    return module


# -- what is searched for --------------------------------------------------------------------------

def of_challenge(search, ref, world, rand):
    """What each SIM makes of a challenge."""
    for user, sim in world.sims.items():
        made = ref.milenage(bytes.fromhex(sim.k), bytes.fromhex(sim.opc), rand)
        ks = made["ck"] + made["ik"]
        for name in ("ck", "ik", "res"):
            search.add(f"{name.upper()}-{user}-{rand.hex()[:6]}", made[name])
        search.add(f"Ks_NAF-{user}-{rand.hex()[:6]}", ref.ks_naf(ks, rand, IMPI.format(sim.imsi), sim.gateway))


def of_call(search, check, world, calls):
    """Halves and whole of each call's key, and what was made of it."""
    ref = check.ref
    table = {sim.nai: {"k": sim.k, "opc": sim.opc} for sim in world.sims.values()}
    names = {"aor_a": world.alice.aor, "aor_b": world.bob.aor, "nai_a": world.sims["alice"].nai, "nai_b": world.sims["bob"].nai}
    for call in calls:
        report = check.Report()
        for dialog in check.check_call(call, report, check.Sims(table, None), [names]):
            for name, key in dialog.keys.items():
                search.add(name, key)
            for label in ("zrtp aux", "setup same", "setup back", "setup wish", "callee confirm", "caller confirm"):
                search.add(label.replace(" ", "-"), ref.label_key(dialog.keys["SSK"], label))
        assert report.right and not report.wrong, "the checker does not agree with the run"


def of_run(world, search, decrypted):
    check = checker()
    calls, _ = check.read_messages(world.capture.path)
    ours = [call for call in calls if call.invites and check.with_elements(call)]
    aka = [call for call in ours if call.invites[0].tag("from").startswith("sim01.aka.")]
    assert (len(aka), len(ours)) == (1, 2), "one call by SIMs, one by a setup key"
    of_call(search, check, world, aka)
    rands = {check.ref.parse_element_1(call.invites[0].tag("from"))["rand"] for call in aka}
    rands |= {check.ref.parse_element_2(tag)["rand"] for call in aka for tag in call.responses if tag.startswith("sim02.")}
    nonces = [base64.b64decode(text) for text in re.findall(r'Digest realm="[^"]*",\s*nonce="([A-Za-z0-9+/=]{44})"', decrypted)]
    assert len(nonces) >= 2, "no challenge of Ub in the decrypted capture"
    for rand in rands | {nonce[:16] for nonce in nonces}:
        of_challenge(search, check.ref, world, rand)
    for user, sim in world.sims.items():
        for name, octets in (("K", bytes.fromhex(sim.k)), ("OPc", bytes.fromhex(sim.opc))):
            search.add(f"{name}-{user}", octets)
    for letter, operator in world.operators.items():
        with open(operator.gateway.node.path("seal.key"), "rb") as key:
            search.add(f"sealing-key-{letter}", key.read())


# Copies that a foreign library makes: core, and which.
FOREIGN = (
    # bzrtp's auxiliary secret, while a call stands; what s0 was hashed from, which has it too, bzrtp 5.1 gives back to the
    # heap as it is, where it stands until something else does.
    (r"(alice|bob)\.(first-call|between|second-call)", r"zrtp-aux"),
)


# -- where -----------------------------------------------------------------------------------------

def programs(world):
    found = {phone.node.name: phone.process for phone in (world.alice, world.bob)}
    return {**found, **{op.gateway.node.name: op.gateway.process for op in world.operators.values()}}


def take_cores(world, moment):
    os.makedirs(CORES, mode=0o700, exist_ok=True)
    for name, process in programs(world).items():
        core(process.pid, os.path.join(CORES, f"{name}.{moment}"))


def without_tls(world):
    """What went through TLS, by the keys that every program's library wrote down; IMSIs stand nowhere but on Ub."""
    keys = os.path.join(world.folder, "tls-keys")
    with open(keys, "w", encoding="ascii") as out:
        for node in world.nodes.values():
            if os.path.exists(node.path("tmp", "tls-keys")):
                with open(node.path("tmp", "tls-keys"), encoding="ascii") as own:
                    out.write(own.read())
    argv = ["tshark", "-r", world.capture.path, "-o", f"tls.keylog_file:{keys}", "-Y", "http", "-T", "fields"]
    done = subprocess.run(argv + [word for name in FIELDS for word in ("-e", name)], capture_output=True, text=True, check=False)
    rows = done.stdout.splitlines()
    path = os.path.join(world.folder, "without-tls")
    with open(path, "w", encoding="utf-8") as out:
        out.write(done.stdout)
    on_ub = [row for row in rows if 'uri="/",' in row and 'username="' in row]
    federation = [row for row in rows if "/v1/federation/" in row]
    assert on_ub and federation and any("/v1/vectors" in row for row in rows), f"not decrypted: {done.stderr}{rows[:3]}"
    for user, sim in world.sims.items():
        assert any(sim.imsi in row for row in on_ub), f"{user} was not seen on Ub: the search would find nothing"
        others = [row for row in rows if sim.imsi in row and row not in on_ub]
        assert not others, f"IMSI of {user} outside Ub: {others[0]}"
    os.unlink(keys)
    return done.stdout


def files(folder):
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def foreign(path, name, copies=FOREIGN):
    return any(re.fullmatch(core_file, os.path.basename(path)) and re.fullmatch(which, name) for core_file, which in copies)


def at_home(path, name, folder, homes=HOMES):
    return any((found := re.fullmatch(where, os.path.relpath(path, folder))) and re.fullmatch(found.expand(which), name)
               for where, which in homes)


def all_alone(path):
    return os.stat(path).st_mode & 0o077 == 0


def strangers(world, found, homes=HOMES, copies=FOREIGN):
    """What stands where it has no home; who is at home must be alone there."""
    lines = []
    for path, name, form in found:
        if path.startswith(CORES) and foreign(path, name, copies):
            continue
        if not at_home(path, name, world.folder, homes):
            lines.append(f"{os.path.relpath(path, world.folder)}: {name} ({form})")
        elif not all_alone(path):
            lines.append(f"{path}: {name}, and others may read it")
    return lines


# -- the run ---------------------------------------------------------------------------------------

def one_call(world, moment):
    heard = [len(phone.notes(AUTHENTICATED)) for phone in (world.alice, world.bob)]
    number = flow.connect(world)
    for phone, before in zip((world.alice, world.bob), heard):
        phone.wait_note(AUTHENTICATED, count=before + 1)
    take_cores(world, moment)
    flow.hang_up(world, number)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"setup-key: made=2", count=1)


def before(world):
    """A bus with somebody who records it, and libraries that write their TLS keys down."""
    world.recorders = []
    for phone in (world.alice, world.bob):
        world.recorders.append(SessionBus(phone.node).start().record())


def with_keylogs(world):
    """From now on each node that is made has SSLKEYLOGFILE."""
    make = world.node

    def node(name, *args, **more):
        made = make(name, *args, **more)
        made.env["SSLKEYLOGFILE"] = made.path("tmp", "tls-keys")
        return made
    world.node = node


def check_memory(world):
    """Keys are locked everywhere; programs of ours are nobody's to look into and leave no core, Linphone is as its owner has it."""
    for name, process in programs(world).items():
        assert int(status(process.pid, "VmLck").split()[0]) > 0, f"{name} has locked nothing"
        check_rooms(name, process.pid)
        if name.startswith("gateway"):
            check_closed(name, process.pid)
        else:
            owner = os.stat(f"/proc/{process.pid}/environ").st_uid
            assert owner == world.nodes[name].user, f"{name}: the plugin made Linphone undumpable"


def check_rooms(name, pid):
    """All that is kept out of dumps is kept out of swap too."""
    found = rooms(pid)
    assert found, f"{name} has no memory that is out of dumps"
    for flags in found:
        assert "lo" in flags, f"{name}: out of dumps, and not locked: {found}"


def check_closed(name, pid):
    """The kernel gives nobody of the program's own user its memory, and would write no core."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as limits:
        core_size = re.search(r"^Max core file size +(\S+)", limits.read(), re.M)[1]
    owner, user = os.stat(f"/proc/{pid}/environ").st_uid, int(status(pid, "Uid").split()[0])
    assert user != 0, f"{name} runs as root: this says nothing"
    assert (owner, core_size) == (0, "0"), f"{name}: whoever runs as its user can read it ({owner}, {core_size})"


def the_run(world):
    with_keylogs(world)
    watched = Programs(os.path.join(sandbox.ROOM, "programs"))
    try:
        prepare(world, keys="file", before=before)
        check_memory(world)
        one_call(world, "first-call")
        take_cores(world, "between")
        one_call(world, "second-call")
    finally:
        watched.end()
    for end in world.recorders:
        end()


def plant(world, search):
    """One secret in each kind of place: who searches and finds nothing must find these."""
    name, octets = next((n, o) for n, o in search.secrets.items() if n.startswith("CK-alice"))
    code = "import sys; key = bytes.fromhex(sys.argv[1]); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, octets.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={"PLANTED": base64.b64encode(b"x" + octets).decode()}) as child:
        child.stdout.readline()
        watched = Programs(os.path.join(CORES, "planted-programs"))
        watched.end()
        watched.look()
        core(child.pid, os.path.join(CORES, "planted-core"))
        child.stdin.close()
    with open(os.path.join(CORES, "planted-log"), "wb") as log:
        log.write(b"op=x key=" + base64.urlsafe_b64encode(b"xy" + octets) + b" " + octets.hex().upper().encode())
    found = search.look([os.path.join(CORES, f"planted-{kind}") for kind in ("programs", "core", "log")])
    seen = {(os.path.basename(path), form) for path, what, form in found if what == name}
    wanted = {("planted-programs", "hex"), ("planted-programs", "base64+1"), ("planted-core", "raw"), ("planted-log", "HEX"),
              ("planted-log", "base64url+2")}
    assert wanted <= seen, f"planted and not found: {wanted - seen}"
    for kind in ("programs", "core", "log"):
        os.unlink(os.path.join(CORES, f"planted-{kind}"))


@case("attack.secrets.run", limit=120)
def run(world):
    """No secret of two calls stands anywhere but in its home; planted ones are found."""
    the_run(world)
    world.stop_captures()
    search = Search(os.path.join(world.product, "..", "..", "tests", "integration", "programs", "search_secrets"), sandbox.ROOM)
    of_run(world, search, without_tls(world))
    plant(world, search)
    found = search.look([*files(world.folder), *files(CORES)])
    homes = {name for path, name, _ in found if at_home(path, name, world.folder)}
    assert {"K-alice", "OPc-bob", "sealing-key-a"} <= homes, f"not even at home: {homes}"
    lines = strangers(world, found)
    if lines:
        raise Failed("secrets where they do not belong:\n" + "\n".join(lines))
