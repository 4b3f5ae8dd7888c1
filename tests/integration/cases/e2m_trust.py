# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose word counts at a middle, until when; and what its administrator can change while it serves."""

import os
import re
import signal

from cases import case
from cases.e2m_middle import ALICE, Scene, pid_of
from world.middle import DOMAIN
from world.pki import Authority
from world.process import wait_for


def reload_now(scene):
    os.kill(pid_of(scene), signal.SIGHUP)


def refusal(scene, *words):
    """The Warning of the 403 to an INVITE that is enveloped so."""
    answer = scene.alice.response(scene.offer(*words))
    assert answer.status == 403, (words, answer.first_line, scene.middle.log())
    return answer.header("Warning")


def by(signer):
    return f"signer={signer}", "to=bob", "to=middle", f"label={DOMAIN}"


@case("e2m.middle.revoked", limit=90)
def revoked(world):
    """A certificate that its authority took back vouches for nobody: the list is read when its file changes; an old one still names whom it names."""
    scene = Scene(world, **{"trust.revoked": " ".join(["/nowhere/list.pem", *(os.path.join(world.folder, n) for n in ("list.pem", "strange.pem"))])})
    people, log = scene.middle.people, scene.middle.wait_log
    path = os.path.join(world.folder, "list.pem")
    log("file=/nowhere/list.pem result=not-read")
    dialog, _, _ = scene.connect()
    people.revoke(path, os.path.join(people.folder, "mallory.pem"), since=-9, hours=20)
    log("result=read")
    scene.hang_up(dialog)
    dialog, _, _ = scene.connect()  # it was somebody else's
    scene.hang_up(dialog)
    people.revoke(path, os.path.join(people.folder, "alice.pem"), since=-8)
    log("result=old: whom it names stays refused")
    assert "certificate revoked" in refusal(scene, *by("alice"))
    log('result=refused why="certificate revoked" signer=' + ALICE)
    with open(path, "w", encoding="ascii") as text:
        text.write("nonsense")
    log("result=not-read", count=2)
    people.revoke(path, since=-9)  # without her, but older than what was read
    log('result=not-taken why="older than before"')
    assert "certificate revoked" in refusal(scene, *by("alice"))
    Authority(world.folder + "/forged", "Subscribers").revoke(path)  # newer, by the same name and another key
    log('result=not-taken why="not signed by its authority"')
    assert "certificate revoked" in refusal(scene, *by("alice"))
    # without a fresh list nobody counts, where the administrator wants that
    scene.middle.configure(**{"trust.revoked_missing": "refuse"})
    reload_now(scene)
    log("op=reload result=good")
    people.revoke(path, since=-7)
    log("result=read", count=3)
    assert "no fresh list" in refusal(scene, *by("alice"))
    people.revoke(path)
    log("result=read", count=4)
    Authority(world.folder + "/strange", "Strangers").revoke(os.path.join(world.folder, "strange.pem"))
    log('result=read why="its authority is not among')
    dialog = scene.offer(*by("alice"))
    scene.bob.answer(scene.bob.called(dialog["id"]), "486 Busy Here")
    assert scene.alice.response(dialog).status == 486


@case("e2m.middle.authorities", limit=90)
def authorities(world):
    """An operator's authority that signs another operator's subscriber is refused by that name; without "DOMAIN=" it speaks for everybody."""
    foreign = Authority(world.folder + "/foreign", "Operator C")
    own = world.folder + "/foreign.pem"
    with open(own, "w", encoding="ascii") as text:
        text.write(foreign.text())
    os.chmod(own, 0o644)
    scene = Scene(world, start=False)
    at = scene.middle.node.path("own", "authority.pem")
    scene.middle.settings["trust.authorities"] = f"{DOMAIN}={at} operator-b.example={at} operator-c.example={own}"
    scene.middle.configure()
    scene.middle.start()
    folder = scene.middle.people.folder
    for stem, aor in (("c-alice", ALICE), ("carol", "sip:carol@operator-c.example")):
        for path in foreign.issue_for(stem, f"URI:{aor}"):
            os.link(path, os.path.join(folder, os.path.basename(path)))
    assert "may not vouch for that domain" in refusal(scene, *by("c-alice"))
    scene.middle.wait_log('why="its authority may not vouch for that domain" signer=' + ALICE)
    scene.connect()
    scene.opened(2)
    # the same certificate, where no authority is for one domain alone
    scene.middle.settings["trust.authorities"] = f"{at} {own}"
    scene.middle.configure()
    reload_now(scene)
    scene.middle.wait_log("op=reload result=good")
    dialog = scene.offer(*by("c-alice"))
    scene.bob.answer(scene.bob.called(dialog["id"]), "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    done = scene.middle.node.run(["simauth-middle", "--config", bad(scene, f"not/a/domain={own}"), "--check"], check=False)
    assert done.returncode != 0 and "[trust] authorities" in done.stderr, done.stderr


def bad(scene, authorities_):
    scene.middle.configure(**{"trust.authorities": authorities_})
    return scene.middle.config


@case("e2m.middle.reload", limit=90)
def reload(world):
    """SIGHUP: another certificate, policy and limit while a call goes on; a mistake in it changes nothing, and what needs a restart is named."""
    scene = Scene(world, accounts=(ALICE,))
    assert "label not signed" in refusal(scene, "to=bob", "to=middle", f"label={DOMAIN}")
    dialog, _, _ = scene.connect()
    scene.opened(2)
    new = scene.middle.people.issue_for("middle-2", f"URI:sip:{DOMAIN}")
    scene.middle.configure(**{"admission.account_kbit": "perhaps"})
    reload_now(scene)
    scene.middle.wait_log("op=reload result=refused")
    assert "[admission] account_kbit" in scene.middle.log()
    scene.middle.own = new
    scene.middle.configure(**{"admission.account_kbit": "150", "policy.unsigned_labels": "accept", "middle.port": "8494"})
    reload_now(scene)
    scene.middle.wait_log("op=reload result=good domain=operator-a.example restart-for=[middle] port")
    assert scene.passes() and len(scene.middle.holes()) == 2, "the call lost its pinholes"
    scene.middle.load_firewall()  # the machine's rules are loaded anew, which closes all
    assert scene.middle.holes() == []
    reload_now(scene)  # as systemd does behind them
    scene.opened(2)
    assert scene.passes()
    refused = scene.alice.response(scene.offer())  # for the certificate that was there before
    assert refused.status == 493, refused.first_line
    over = scene.alice.response(scene.offer("signer=alice", "to=bob", "to=middle-2", f"label={DOMAIN}", sdp=scene.alice.sdp(90)))
    assert over.status == 488, over.first_line
    scene.hang_up(dialog)
    scene.opened(0)
    # by her password, and a label that nobody signed, which the administrator now lets count
    dialog, _, _ = scene.connect("to=bob", "to=middle-2", f"label={DOMAIN}")
    scene.opened(2)
    scene.hang_up(dialog)
    scene.opened(0)


NFT = """#!/bin/sh
while [ -e {folder}/stuck ]; do sleep 0.05; done
if [ -e {folder}/broken ]; then echo "Error: broken"; exit 1; fi
exec nft "$@"
"""


def metric(scene, name):
    text = scene.middle.node.run(["curl", "-s", "http://127.0.0.1:8493/metrics"]).stdout
    return int(re.search(rf"^simauth_middle_{name} (\d+)$", text, re.M)[1])


@case("e2m.middle.slow_disk", limit=90)
def slow_disk(world):
    """The journal's disk hangs: calls come, have media and go, and a metric and the log say it; when it is back, a restart knows what goes on."""
    folder = world.node("own-disk", 62).folder
    os.chmod(folder, 0o755)
    stuck = os.path.join(folder, "stuck")
    scene = Scene(world, start=False)
    program = os.path.abspath(os.path.join(world.product, "..", "..", "tests", "integration", "programs", "libstuck_disk.so"))
    scene.middle.node.env.update(LD_PRELOAD=program, SIMAUTH_STUCK_FILE=scene.middle.node.path("own", "calls"), SIMAUTH_STUCK_WHILE=stuck)
    scene.middle.start()
    open(stuck, "w", encoding="ascii").close()
    first, _, _ = scene.connect()
    scene.opened(2)
    assert scene.passes()
    second, _, _ = scene.connect(sdp=scene.alice.sdp(port=7090))
    scene.opened(4)
    scene.hang_up(first)
    scene.opened(2)
    scene.middle.wait_log("op=journal result=waits")
    assert metric(scene, "journal_busy_seconds") >= 2 and metric(scene, "journal_pending") >= 1
    os.unlink(stuck)
    scene.middle.wait_log("op=journal result=good")
    wait_for(lambda: metric(scene, "journal_pending") == 0, 10, "a written journal")
    os.kill(pid_of(scene), signal.SIGKILL)
    wait_for(lambda: scene.middle.process.status is not None, 5, "end of the middle")
    scene.middle.start_middle()
    assert "calls=1" in scene.middle.log(), scene.middle.log()
    scene.hang_up(second)
    scene.opened(0)


@case("e2m.middle.slow_firewall", limit=90)
def slow_firewall(world):
    """While nft is stuck calls come and go: nobody waits for it. What it refuses is said, counted, and asked for again by itself."""
    folder = world.node("own-nft", 62).folder
    program = os.path.join(folder, "nft-slow")
    with open(program, "w", encoding="ascii") as text:
        text.write(NFT.format(folder=folder))
    os.chmod(program, 0o755)
    scene = Scene(world, **{"pinholes.nft": program, "pinholes.nft_seconds": "90"})
    stuck, broken = (os.path.join(folder, name) for name in ("stuck", "broken"))
    open(stuck, "w", encoding="ascii").close()
    first, _, _ = scene.connect()
    scene.middle.wait_log("op=open")
    second, _, _ = scene.connect(sdp=scene.alice.sdp(port=7090))
    scene.middle.wait_log("op=open", count=2)
    assert scene.middle.holes() == [] and os.path.exists(stuck)
    os.unlink(stuck)
    scene.opened(4)
    open(broken, "w", encoding="ascii").close()
    scene.offer(sdp=scene.alice.sdp(port=7092), dialog=second)
    invite = scene.bob.called(second["id"])
    scene.bob.answer(invite, "200 OK", scene.reused(invite))
    assert scene.alice.response(second).status == 200
    scene.middle.wait_log("result=failed: it has no pinholes until nft takes them")
    assert metric(scene, "calls_refused_by_nft") == 1 and metric(scene, "nft_refusals_total") >= 1
    os.unlink(broken)
    scene.middle.wait_log("result=good: nft takes its pinholes again")  # without a word of the phones
    assert metric(scene, "calls_refused_by_nft") == 0
    wait_for(lambda: any(". 7092" in hole for hole in scene.middle.holes()), 10, "the pinhole that was refused")
    scene.hang_up(second)
    scene.hang_up(first)
    scene.opened(0)
