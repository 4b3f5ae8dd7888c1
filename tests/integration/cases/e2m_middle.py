# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A middle that does something: simauth-middle beside a stock Kamailio, with a real set of pinholes between two networks."""

import base64
import importlib.machinery
import importlib.util
import os
import re
import signal

from cases import case
from cases.call import AUTHENTICATED, prepare
from cases.e2m import ENVELOPED, People
from world import flow
from world.e2m_user import User, media_socket, packet_passes
from world.middle import DOMAIN, USER, Middle
from world.process import Failed, Timeout, wait_for

ALICE, BOB = f"sip:alice@{DOMAIN}", "sip:bob@operator-b.example"
PORT = 7078


class Scene:
    """Alice inside, Bob outside, the middle between; a packet of Bob's passes only through a pinhole."""

    def __init__(self, world, accounts=(), start=True, **settings):
        program = os.path.join(world.product, "..", "..", "tests", "integration", "programs", "e2m_body")
        a, b = world.node("a-phone", 71), world.node("b-phone", 72)
        self.middle = Middle(world, {"bob": b, "alice": a}, accounts, settings)
        inside = self.middle.plug_inside(a, 2)
        a.run(["ip", "route", "replace", b.address, "via", "10.84.0.1"])
        b.run(["ip", "route", "replace", "10.84.0.0/24", "via", self.middle.node.address])
        people = self.middle.people
        for stem, aor in (("alice", ALICE), ("bob", BOB), ("mallory", f"sip:mallory@{DOMAIN}")):
            people.issue_for(stem, f"URI:{aor}")
        self.alice = User(world, a, ALICE, os.path.abspath(program), people.folder, (inside, PORT))
        self.bob = User(world, b, BOB, os.path.abspath(program), people.folder, (b.address, PORT))
        self.inside = media_socket(a, inside, PORT)
        self.outside = media_socket(b, b.address, PORT)
        self.count = 0
        if start:
            self.middle.start()

    def passes(self, outside=None, inside=None):
        """Whether a datagram from outside comes in."""
        self.count += 1
        return packet_passes(outside or self.outside, inside or self.inside, b"media %d" % self.count)

    def offer(self, *words, sdp=None, **options):
        """Alice's INVITE, enveloped for Bob and for the middle and signed unless `words` say otherwise."""
        words = words or ("signer=alice", "to=bob", "to=middle", f"label={DOMAIN}")
        cek = self.alice.node.path("cek")
        return self.alice.invite(self.middle.sip, BOB, self.alice.envelope(sdp or self.alice.sdp(), BOB, *words, f"cek={cek}"), **options)

    def reused(self, invite, sdp=None):
        """Bob's answer under the key of Alice's envelope, as the paper's figure 4 has it."""
        cek = self.bob.node.path("cek")
        self.bob.read(invite, "me=bob", f"keep={cek}", f"trust={self.middle.people.certificate}")
        return self.bob.envelope(sdp or self.bob.sdp(), ALICE, f"answer={cek}", f"label={DOMAIN}")

    def connect(self, *words, **options):
        """A call that both describe in envelopes; (Alice's dialog, Bob's INVITE)."""
        dialog = self.offer(*words, **options)
        invite = self.bob.called(dialog["id"])
        self.bob.answer(invite, "180 Ringing")
        self.bob.answer(invite, "200 OK", self.reused(invite))
        answer = self.alice.response(dialog)
        assert answer.status == 200, answer.first_line
        return dialog, invite, answer

    def opened(self, count):
        try:
            wait_for(lambda: len(self.middle.holes()) == count, 10, f"{count} elements in the set")
        except Timeout as error:  # what there is now, and not before
            raise Failed(f"no {count} elements in the set; there are {self.middle.holes()}") from error

    def hang_up(self, dialog):
        # the other side answers while Kamailio waits for nobody
        dialog["cseq"] += 1
        self.alice.send(dialog["proxy"], f"BYE {dialog['target']} SIP/2.0", self.alice._own(dialog, "BYE", f"z9hG4bK{dialog['cseq']}x{dialog['tag']}"))
        self.bob.answer_any("BYE")
        self.alice.wait(lambda m: m.is_response and m.method == "BYE")

    def clean_log(self):
        """Nothing of a description, and no key, stands in the log."""
        text = self.middle.log()
        for word in ("m=audio", "c=IN", "10.84.0.2", str(PORT), "BEGIN", "v=0"):
            assert word not in text, (word, text)


@case("e2m.middle.figure_4", limit=60)
def figure_4(world):
    """INVITE and 200 with label and reused key; the middle reads its part, and a packet passes only while the call is there."""
    scene = Scene(world)
    assert not scene.passes(), "a packet passed before there was a call"
    dialog, invite, answer = scene.connect()
    assert invite.header("Content-Target") == DOMAIN and "multipart/signed" in invite.header("Content-Type"), invite.headers
    assert "v=0" not in invite.body and "v=0" not in answer.body, "a description in clear"
    text, said = scene.alice.read(answer, f"cek={scene.alice.node.path('cek')}")
    assert text == scene.bob.sdp() and "enveloped=1" in said, (text, said)
    scene.opened(2)
    assert scene.middle.holes() == sorted([f"10.84.0.2 . {PORT} . {scene.bob.node.address} . {PORT}",
                                           f"{scene.bob.node.address} . {PORT} . 10.84.0.2 . {PORT}"]), scene.middle.holes()
    assert scene.passes(), "no packet passed with a pinhole"
    stranger = media_socket(scene.bob.node, scene.bob.node.address, PORT + 2)
    assert not scene.passes(outside=stranger), "another port passed too"
    sip = media_socket(scene.bob.node, scene.bob.node.address, 5061)
    assert not scene.passes(outside=sip), "a packet that nobody asked for passed, because it came from SIP's port"
    scene.hang_up(dialog)
    scene.opened(0)
    assert not scene.passes(), "a packet passed after the BYE"
    scene.clean_log()
    assert shown(scene) == 0, "tests/integration/figure_4 does not see all of that"


def shown(scene):
    """What the program that shows it says of one more call."""
    path = os.path.join(os.path.dirname(__file__), "..", "figure_4")
    loader = importlib.machinery.SourceFileLoader("figure_4_program", path)
    program = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(program)
    return program.show(scene)


@case("e2m.middle.must_read", limit=60)
def must_read(world):
    """An envelope for others alone: 493 with the middle's certificate, which makes the next try one that it reads."""
    scene = Scene(world)
    dialog = scene.offer("signer=alice", "to=bob")
    refused = scene.alice.response(dialog)
    assert refused.status == 493, refused.first_line
    assert refused.header("Content-Type") == "application/pkix-cert", refused.headers
    der = base64.b64decode(refused.body)
    with open(os.path.join(scene.middle.people.folder, "found.pem"), "wb") as pem:
        pem.write(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n")
    assert not scene.bob.wait(lambda m: m.method == "INVITE", 0.5, quiet=True), "the unread INVITE went on"
    scene.connect("signer=alice", "to=bob", "to=found", f"label={DOMAIN}")
    scene.opened(2)
    assert scene.passes()
    # labelled for us, readable by others alone
    refused = scene.alice.response(scene.offer("signer=alice", "to=bob", f"label={DOMAIN}"))
    assert refused.status == 493, refused.first_line


@case("e2m.middle.unread", limit=60)
def unread(world):
    """What is not for it stays unread, though its key would open it; it passes where policy lets it, without a pinhole."""
    scene = Scene(world, **{"policy.must_read": "false"})
    dialog = scene.offer("signer=alice", "to=bob", "to=middle", "label=" + DOMAIN.replace(".", "-"))
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "200 OK", scene.reused(invite))
    assert scene.alice.response(dialog).status == 200
    scene.middle.wait_log("result=not-asked")
    assert "streams=" not in scene.middle.log() and scene.middle.holes() == [], scene.middle.log()
    assert not scene.passes()
    # fed past the proxy's own look at the label: it is asked, and reads nothing
    dialog = scene.offer("signer=alice", "to=bob", "to=middle")
    invite = scene.bob.called(dialog["id"])
    scene.middle.wait_log("result=unread")
    assert "streams=" not in scene.middle.log(), scene.middle.log()
    scene.bob.answer(invite, "486 Busy Here")
    assert scene.alice.response(dialog).status == 486


@case("e2m.middle.refused", limit=60)
def refused(world):
    """Each with the rule that failed: a broken signature, another's, none and nobody who vouches; then nothing is open."""
    scene = Scene(world)
    for words, status, rule in (((("signer=alice", "to=bob", "to=middle", f"label={DOMAIN}", "broken")), 403, "signature"),
                                ((("signer=mallory", "to=bob", "to=middle", f"label={DOMAIN}")), 403, "another"),
                                ((("to=bob", "to=middle", f"label={DOMAIN}")), 403, "")):
        answer = scene.alice.response(scene.offer(*words))
        assert answer.status == status, (words, answer.first_line, scene.middle.log())
        assert rule in answer.header("Warning"), (rule, answer.header("Warning"))
    answer = scene.alice.response(scene.alice.invite(scene.middle.sip, BOB, scene.alice.clear(scene.alice.sdp())))
    assert answer.status == 403 and "vouches" in answer.header("Warning"), answer.headers
    answer = scene.alice.response(scene.alice.invite(scene.middle.sip, BOB, b"Content-Type: multipart/signed; boundary=x\r\n\r\nnonsense"))
    assert answer.status == 400, answer.first_line
    assert not scene.bob.wait(lambda m: m.method == "INVITE", 0.3, quiet=True)
    # an emergency call is asked about, and goes on whatever the answer is
    dialog = scene.alice.invite(scene.middle.sip, "urn:service:sos.police", scene.alice.clear(scene.alice.sdp()))
    scene.bob.answer(scene.bob.called(dialog["id"]), "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    assert scene.middle.holes() == []
    # what Alice signed for one call, by somebody who got it, in another
    content = scene.alice.envelope(scene.alice.sdp(), BOB, "signer=alice", "to=bob", "to=middle", f"label={DOMAIN}")
    dialog = scene.alice.invite(scene.middle.sip, BOB, content)
    scene.bob.answer(scene.bob.called(dialog["id"]), "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    answer = scene.alice.response(scene.alice.invite(scene.middle.sip, BOB, content + b"an epilogue, which no signature covers\r\n"))
    assert answer.status == 403 and "another call" in answer.header("Warning"), answer.headers


@case("e2m.middle.admission", limit=60)
def admission(world):
    """Bandwidth of an account: the call past the limit gets 488 and Warning 370; one that ended, was refused or was cancelled counts no more."""
    scene = Scene(world, accounts=(ALICE,), **{"admission.account_kbit": "200"})
    first, _, _ = scene.connect("signer=alice", "to=bob", "to=middle", f"label={DOMAIN}", sdp=scene.alice.sdp(120))
    over = scene.alice.response(scene.offer(sdp=scene.alice.sdp(90)))
    assert over.status == 488 and over.header("Warning").startswith("370 "), over.headers
    # in clear, from somebody whose password the proxy checked: it counts too, and fits
    dialog = scene.alice.invite(scene.middle.sip, BOB, scene.alice.clear(scene.alice.sdp(80, port=PORT + 10)))
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    scene.middle.wait_log("why=failed")
    dialog = scene.offer(sdp=scene.alice.sdp(80))
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "180 Ringing")
    scene.alice.response(dialog, 180)
    scene.alice.cancel(dialog)
    scene.bob.answer_any("CANCEL")
    scene.bob.answer(invite, "487 Request Terminated")
    scene.alice.response(dialog)
    scene.middle.wait_log("op=end", count=3)  # the proxy tells of CANCEL and of the failure, behind the call and in any order
    scene.hang_up(first)
    scene.opened(0)
    scene.connect("signer=alice", "to=bob", "to=middle", f"label={DOMAIN}", sdp=scene.alice.sdp(200))
    scene.opened(2)


@case("e2m.middle.restart", limit=60)
def restart(world):
    """Killed and started anew it knows its calls, closes what ended meanwhile by its time, and opens nothing for a broken line."""
    scene = Scene(world, **{"pinholes.call_seconds": "3600"})
    dialog, _, _ = scene.connect()
    scene.opened(2)
    os.kill(pid_of(scene), signal.SIGKILL)
    wait_for(lambda: scene.middle.process.status is not None, 5, "end of the middle")
    assert scene.passes(), "the kernel forgot the pinhole with its maker"
    answer = scene.alice.response(scene.offer())
    assert answer.status == 503, answer.first_line
    scene.middle.load_firewall()  # as a reload of the machine's rules: all are closed
    assert not scene.passes()
    with open(scene.middle.node.path("own", "calls"), "a", encoding="ascii") as journal:
        journal.write('{"key": "torn')
    scene.middle.start_middle()
    assert "calls=1" in scene.middle.log() and "lines=1" in scene.middle.log(), scene.middle.log()
    scene.opened(2)
    assert scene.passes()
    scene.hang_up(dialog)
    scene.opened(0)
    assert not scene.passes()


def pid_of(scene):
    """The middle's own process: setpriv and what stands before it are execs of one another."""
    for number in os.listdir("/proc"):
        if number.isdigit():
            try:
                with open(f"/proc/{number}/comm", encoding="ascii") as name, open(f"/proc/{number}/status", encoding="ascii") as status:
                    if name.read().strip() == "simauth-middle" and re.search(rf"^Uid:\s+{USER}\s", status.read(), re.M):
                        return int(number)
            except OSError:
                continue
    raise Failed("no simauth-middle runs")


@case("e2m.middle.moved", limit=60)
def moved(world):
    """RTCP of its own has a pinhole of its own; a new offer moves them; addresses that are nobody's open nothing."""
    scene = Scene(world)
    dialog, _, _ = scene.connect(sdp=scene.alice.sdp(more="a=sendrecv\r\n"))
    scene.opened(4)
    rtcp = [media_socket(user.node, user.media[0], PORT + 1) for user in (scene.bob, scene.alice)]
    assert scene.passes() and scene.passes(*rtcp)
    scene.offer(sdp=scene.alice.sdp(port=PORT + 20), dialog=dialog)
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "200 OK", scene.reused(invite))
    assert scene.alice.response(dialog).status == 200
    scene.opened(2)
    there = media_socket(scene.alice.node, scene.alice.media[0], PORT + 20)
    assert scene.passes(inside=there) and not scene.passes(), scene.middle.holes()
    scene.offer(sdp=scene.alice.sdp(address="127.0.0.1"), dialog=dialog)
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "200 OK", scene.reused(invite))
    assert scene.alice.response(dialog).status == 200
    scene.opened(0)
    assert "result=not-allowed" in scene.middle.log()
    scene.offer(dialog=dialog)
    scene.bob.answer(scene.bob.called(dialog["id"]), "488 Not Acceptable Here")
    assert scene.alice.response(dialog).status == 488
    scene.middle.wait_log("result=withdrawn")
    # the callee's own network is none that this server guards
    scene.hang_up(dialog)
    scene.connect(sdp=scene.alice.sdp(address="10.83.0.99"))
    scene.middle.wait_log("result=not-allowed", count=2)
    assert scene.middle.holes() == []


@case("e2m.middle.ipv6", limit=60)
def ipv6(world):
    """Media over IPv6 have a set of their own; an offer of one family and an answer of the other open nothing."""
    scene = Scene(world, **{"pinholes.networks": "10.84.0.0/24 fd84::/64"})
    sdp = scene.alice.sdp(address="fd84::2")
    dialog = scene.offer(sdp=sdp)
    invite = scene.bob.called(dialog["id"])
    scene.bob.answer(invite, "200 OK", scene.reused(invite, sdp=scene.bob.sdp(address="fd83::72")))
    assert scene.alice.response(dialog).status == 200
    wait_for(lambda: scene.middle.holes("holes6") == [f"fd83::72 . {PORT} . fd84::2 . {PORT}", f"fd84::2 . {PORT} . fd83::72 . {PORT}"], 10,
             "both elements in holes6")
    scene.hang_up(dialog)
    wait_for(lambda: scene.middle.holes("holes6") == [], 10, "an empty set")
    scene.connect(sdp=sdp)
    scene.middle.wait_log("result=not-allowed")
    assert scene.middle.holes() == [] and scene.middle.holes("holes6") == []


@case("e2m.middle.timeout", limit=60)
def timeout(world):
    """A call that nobody ends closes by itself; the kernel's own time is the same, should the middle be dead."""
    scene = Scene(world, **{"pinholes.call_seconds": "10"})
    scene.connect()
    scene.opened(2)
    text = scene.middle.node.run(["nft", "list", "set", "inet", "simauth_middle", "holes4"]).stdout
    seconds = [int(n) for n in re.findall(r"timeout (\d+)s", text)]
    assert seconds and all(n <= 10 for n in seconds), text
    assert scene.passes()
    scene.middle.wait_log("why=timeout", limit=20)
    scene.opened(0)
    assert not scene.passes()


@case("e2m.middle.settings", limit=30)
def settings(world):
    """Each mistake of the administrator's is named with its key; somebody without the proxy's token is told nothing."""
    scene = Scene(world, start=False)

    def fails(word, **changes):
        scene.middle.configure(**changes)
        done = scene.middle.node.run(["simauth-middle", "--config", scene.middle.config, "--check"], check=False)
        assert done.returncode != 0 and word in done.stderr, (word, done.stderr)
    fails("[policy] must_read", **{"policy.must_read": "perhaps"})
    fails("[policy] must_red", **{"policy.must_red": "true"})
    fails("[pinholes] networks", **{"pinholes.networks": "inside"})
    fails("[middle] token", **{"middle.token": "/dev/null"})
    fails("[identity] certificate", **{"middle.domain": "another.example"})
    fails("[trust] authorities: /etc/hostname has no certificate", **{"trust.authorities": "/etc/hostname"})
    fails("/etc/nowhere cannot be read", **{"trust.authorities": "/etc/hosts /etc/nowhere"})
    fails("has a length", **{"pinholes.networks": "10.84.0.0/24x"})
    scene.middle.configure()
    scene.middle.node.run(["simauth-middle", "--config", scene.middle.config, "--check"])
    scene.middle.node.run(["nft", "delete", "table", "inet", "simauth_middle"])
    try:
        scene.middle.start_middle()
    except Failed as error:
        assert "[pinholes] table" in str(error) and "nft -f" in str(error), error
    else:
        raise Failed("it started without its sets")
    scene.middle.load_firewall()
    scene.middle.start()
    done = scene.middle.node.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "x", "-H", "X-Token: guess",
                                  "http://127.0.0.1:8493/v1/message"])
    assert done.stdout == "401", done.stdout
    huge = scene.middle.node.write("huge", "QUFB" * 60000)
    done = scene.middle.node.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", f"@{huge}", "-H", f"X-Token: {scene.middle.token}",
                                  "http://127.0.0.1:8493/v1/message"])
    assert done.stdout == "513", done.stdout


def with_phones(world):
    """Calls of Alice's operator to others go through the middle, whose certificate no phone has."""
    middle = Middle(world, {"bob": world.operators["b"].proxy.node}, root=world.root,
                    settings={"pinholes.networks": "10.83.0.0/24", "admission.total_kbit": "1"})
    middle.start()
    people = People(world)
    people.equip(world.alice, "alice", world.bob, servers=False, policy="prefer")
    people.equip(world.bob, "bob", world.alice, servers=False)
    return middle


@case("e2m.middle.phones", limit=90, for_a={"next_hop": "10.83.0.60"})
def phones(world):
    """Real Linphones: the middle's 493 makes Alice's place the call once more by itself, now with an envelope that it reads; pinholes for the call."""
    kept = {}
    prepare(world, before=lambda w: kept.update(middle=with_phones(w)))
    middle = kept["middle"]
    # no room for the call: in clear there would be none either
    flow.connect_until_end(world)
    world.alice.wait_note(r"caller: e2m: word=refused servers=\S+ signer=none text=a server on the way has no bandwidth left for this call: 488 370 ")
    assert len(world.messages().all("INVITE", source=world.alice)) == 2, "it was placed once more"
    del middle.settings["admission.total_kbit"]
    middle.configure()
    os.kill(pid_of(middle), signal.SIGHUP)
    middle.wait_log("op=reload result=good")
    number = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    world.alice.wait_note(ENVELOPED.format(servers=DOMAIN, signer=world.bob.aor))
    middle.wait_log("op=open")
    wait_for(lambda: len(middle.holes()) >= 2, 10, "pinholes")
    addresses = {word for hole in middle.holes() for word in (hole.split(" . ")[0], hole.split(" . ")[2])}
    assert addresses == {world.alice.node.address, world.bob.node.address}, middle.holes()
    refused = world.messages().first("INVITE", status=493, target=world.alice)
    assert refused.header("Content-Type") == "application/pkix-cert", refused.headers
    flow.hang_up(world, number)
    wait_for(lambda: middle.holes() == [], 10, "closed pinholes")
    for message in world.messages():
        assert "m=audio" not in message.text, message.text
