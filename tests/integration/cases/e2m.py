# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Session descriptions that only the callee and a chosen server can read."""

import base64
import os
import subprocess
import sys
import zlib

from cases import case
from cases.call import AUTHENTICATED, authenticated_call, prepare, refuse
from world import flow, tamper
from world.attacker import Attacker
from world.badday import calls as calls_of
from world.kamailio import Kamailio
from world.middle import REPOSITORY
from world.pki import Authority

sys.path.insert(0, os.path.join(REPOSITORY, "tests", "checker"))
from unprotected import for_openssl  # noqa: E402

SERVER = "operator-b.example"
ENVELOPED = r"call \S+ \w+: e2m: word=enveloped servers={servers} signer={signer} text="
PEERS = "\n\n[peer {aor}]\ne2m={policy}\ncertificate={certificate}\n"


class People:
    """Certificates of the two subscribers and of a server, and who has what."""

    def __init__(self, world):
        issue = world.root.issue_for
        self.of = {"alice": issue("person-alice", f"URI:{world.alice.aor}"), "bob": issue("person-bob", f"URI:{world.bob.aor}")}
        self.server = issue("middle", f"URI:sip:{SERVER},DNS:{SERVER}")
        self.before = {}  # phone -> its settings without ours

    def give(self, phone, name, path):
        """A copy that the phone's user can read."""
        with open(path, encoding="ascii") as text:
            return phone.node.write(f".config/simauth/{name}", text.read(), 0o600)

    def equip(self, phone, name, other, policy="require", signs=True, servers=True, accept=(), more=""):
        """Settings of [phone] and the peer: behind what is there already."""
        certificate, key = (self.give(phone, f"own.{end}", path) for end, path in zip(("pem", "key"), self.of[name]))
        peer = self.give(phone, "peer.pem", self.of["bob" if name == "alice" else "alice"][0])
        middle = self.give(phone, "middle.pem", self.server[0])
        lines = f"e2m={policy}\n"
        if signs:
            lines += f"e2m_certificate={certificate}\ne2m_key={key}\n"
        if servers:
            lines += f"e2m_servers={SERVER}={middle}\n"
        if accept:
            lines += f"e2m_accept={';'.join(accept)}\n"
        lines += more
        if phone not in self.before:
            with open(phone.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as old:
                self.before[phone] = old.read()
        text = self.before[phone] + lines + PEERS.format(aor=other.aor, policy=policy, certificate=peer)
        phone.node.write(".config/simauth/simauth.conf", text, 0o600)


def equip_both(world, **alice):
    people = People(world)
    people.equip(world.alice, "alice", world.bob, **alice)
    people.equip(world.bob, "bob", world.alice)
    return people


def openssl(*words, data):
    if "-decrypt" in words or "-cmsout" in words:
        data = for_openssl(data)
    done = subprocess.run(["openssl", "cms", *words], input=data, capture_output=True, check=False)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def envelope_of(message):
    """The only envelope in a message's body, DER."""
    _, _, rest = message.body.partition("smime-type=authEnveloped-data")
    assert rest, message.body[:500]
    text = rest.partition("\r\n\r\n")[2].partition("\r\n--")[0]
    return base64.b64decode(text)


@case("e2m.call")
def call(world):
    """Figure 4 of the paper: INVITE for callee and server with the label, 200 under the key that it brought; and SIM authentication over both."""
    kept = {}
    prepare(world, before=lambda w: kept.update(people=equip_both(w)))
    authenticated_call(world)
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor))
    world.bob.wait_note(ENVELOPED.format(servers=SERVER, signer=world.alice.aor))
    messages = world.messages()
    invite = messages.first("INVITE", target=world.bob)
    answer = messages.first("INVITE", status=200, target=world.alice)
    for message in (invite, answer):
        assert "m=audio" not in message.text and "zrtp-hash" not in message.text, message.text
        assert message.header("Content-Target") == SERVER
        assert f"\r\nContent-Target: {SERVER}\r\n" in message.body, "the label is inside what is signed"
        assert message.header("Content-Type").startswith("multipart/signed;"), message.header("Content-Type")
    for who in ("bob", "server"):
        certificate, key = kept["people"].of["bob"] if who == "bob" else kept["people"].server
        plain = openssl("-decrypt", "-inform", "DER", "-binary", "-recip", certificate, "-inkey", key, data=envelope_of(invite))
        assert b"\r\nm=audio" in plain and b"a=zrtp-hash" in plain, plain
    shown = openssl("-cmsout", "-print", "-inform", "DER", data=envelope_of(answer)).decode()
    assert "d.kekri" in shown and "d.kari" not in shown and "d.ktri" not in shown, shown


@case("e2m.407", challenge_invites=True)
def with_password(world):
    """A proxy that asks for the password: the same call, and no word of its description in clear."""
    prepare(world, before=equip_both)
    authenticated_call(world)
    for message in world.messages():
        assert "m=audio" not in message.text, message.text


@case("e2m.tls", transport="tls")
def over_tls(world):
    """Over streams, where bodies come in pieces."""
    prepare(world, before=equip_both)
    authenticated_call(world)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.wait_note(ENVELOPED.format(servers=SERVER, signer=other.aor) + "enveloped and signed")


@case("e2m.sdes")
def sdes(world):
    """SRTP keys in the description (RFC 4568), for who has no ZRTP: only in envelopes."""
    kept = {}
    prepare(world, phones={"alice": {"media_encryption": "srtp"}}, before=lambda w: kept.update(people=equip_both(w)), policy="off")
    call = flow.connect(world)
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor))
    flow.hang_up(world, call)
    certificate, key = kept["people"].of["bob"]
    invite = world.messages().first("INVITE", target=world.bob)
    plain = openssl("-decrypt", "-inform", "DER", "-binary", "-recip", certificate, "-inkey", key, data=envelope_of(invite))
    assert b"\r\na=crypto:1 " in plain and b" inline:" in plain, plain
    for message in world.messages():
        assert "inline:" not in message.text and "m=audio" not in message.text, message.text


@case("e2m.boundary")
def boundary(world):
    """Multiparts that belle-sip's own parser would end the program for: refused or not, the phone is there afterwards."""
    prepare(world)
    attacker = Attacker(world)
    part = "--x\r\n\r\ny\r\n--x--\r\n"
    for kind, body in (('multipart/mixed; boundary="x"', part), ("multipart/signed; protocol=a; boundary=x", part), ("multipart/mixed", part),
                       ("multipart/mixed;boundary=x", "words before it\r\n" + part), ("multipart/mixed;boundary=x", "--x"),
                       ("multipart/mixed;boundary=x", "--x--\r\n"), ("multipart/mixed;boundary=x", "--x\r\n--x\r\n--x--\r\n"),
                       ("multipart/mixed;boundary=x", part[:-6]), ("multipart/mixed;boundary=x", part), ("Multipart/Mixed", part),
                       ("multipart/mixed\r\nContent-Encoding: deflate", part)):
        octets = zlib.compress(body.encode()) if "deflate" in kind else body.encode()
        text = attacker.invite(world.bob, "sip:eve@e.example", body="?" * len(octets)).replace("application/sdp", kind).encode()
        sent = attacker.send(text[:-len(octets)] + octets, world.bob)
        flow.wait_any(lambda sent=sent: world.bob.process.check() and attacker.answers(sent, 179), 5, f"answer to {kind}")
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    flow.hang_up(world, call)


@case("e2m.hold")
def hold(world):
    """Pause and resume: later offers and answers go under the same key, and nothing is ever clear."""
    prepare(world, before=equip_both)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED)
    for command, state in (("pause", "Paused"), ("resume", "StreamsRunning")):
        before = world.alice.mark()
        world.alice.command(f"call-{command} {call}")
        world.alice.wait_state(state, after=before)
    flow.hang_up(world, call)
    invites = [m for m in world.messages().all("INVITE", source=world.alice) if m.tag("To")]
    assert len(invites) >= 2, invites
    for message in world.messages():
        assert "m=audio" not in message.text, message.text


def own_envelope(people, sdp):
    """What anybody can make who has Bob's certificate."""
    entity = b"Content-Type: application/sdp\r\n\r\n" + sdp.encode()
    der = openssl("-encrypt", "-binary", "-aes-256-gcm", "-outform", "DER", "-recip", people.of["bob"][0],
                  "-keyopt", "ecdh_kdf_md:sha256", data=entity)
    return base64.encodebytes(der).decode().replace("\n", "\r\n")


@case("e2m.swapped")
def swapped(world):
    """A man in the middle puts an envelope of his own in the place of Alice's: Bob's phone can read it, and SIM authentication refuses what is in it."""
    kept, cable = {}, tamper.Tamper()
    prepare(world, hook=cable, before=lambda w: kept.update(people=equip_both(w)), policy="require")
    authenticated_call(world)
    first = world.messages().first("INVITE", target=world.bob)
    certificate, key = kept["people"].of["bob"]
    sdp = openssl("-decrypt", "-inform", "DER", "-binary", "-recip", certificate, "-inkey", key, data=envelope_of(first))
    other = tamper.other_hash(sdp.decode().partition("\r\n\r\n")[2])

    def rule(message, towards_bob):
        if message.method != "INVITE" or message.is_response or not towards_bob:
            return None
        text = message.text
        for name in ("Content-Type", "Content-Target", "Content-Transfer-Encoding"):
            text = tamper.without_header(text, name)
        text = tamper.with_header(text, "Content-Type", "application/pkcs7-mime;smime-type=authEnveloped-data")
        return tamper.with_body(tamper.with_header(text, "Content-Transfer-Encoding", "base64"),
                                own_envelope(kept["people"], other))
    cable.rule = rule
    before = world.bob.mark()
    flow.connect_until_end(world)
    world.wire.check()
    assert cable.changed, "nothing was swapped"
    world.bob.wait_note(r"call \S+ callee: e2m: word=enveloped servers=none signer=none text=enveloped, not signed")
    world.bob.wait_note(r"call \S+ callee: refused: code=403")
    assert not [e for e in world.bob.events()[before:] if e.state == "IncomingReceived"], "it rang"
    assert len(world.bob.notes(AUTHENTICATED)) == 1


@case("e2m.refused")
def refused(world):
    """Signatures that do not count: refused before it rings, and both persons are told which rule failed."""
    kept, cable = {}, tamper.Tamper()
    prepare(world, hook=cable, before=lambda w: kept.update(people=equip_both(w)))
    people, uri = kept["people"], f"URI:{world.alice.aor}"
    good = people.of["alice"]
    stranger = Authority(world.root.folder + "-stranger", "Stranger")

    def call(why, own=good, rule=None):
        people.of["alice"] = own
        people.equip(world.alice, "alice", world.bob)
        people.of["alice"] = good
        cable.rule = rule
        before = world.bob.mark()
        flow.connect_until_end(world)
        world.bob.wait_note(rf"call \S+ callee: e2m: word=refused servers=\S+ signer=\S+ text={why}")
        assert not [e for e in world.bob.events()[before:] if e.state == "IncomingReceived"], f"{why}: it rang"

    def other_label(message, towards_bob):
        mine = message.method == "INVITE" and not message.is_response and towards_bob
        return message.text.replace("Content-Disposition: attachment; filename=smime.p7m", "Content-Disposition: attachment; filename=smime.p7x") if mine else None
    call("wrong signature", rule=other_label)
    call("signed by another than the sender", world.root.issue_for("eve", "URI:sip:eve@operator-a.example"))
    call("certificate or signature outside its time", world.root.issue_for("old", uri, since=-9, days=-1))
    call("certificate of nobody trusted", stranger.issue_for("self", uri))
    # an authority that speaks for another operator's domain, though this phone knows it
    own, foreign = (people.give(world.bob, name, path) for name, path in (("a.pem", world.root.certificate), ("c.pem", stranger.certificate)))
    people.equip(world.bob, "bob", world.alice, more=f"e2m_authorities=operator-a.example={own};operator-c.example={foreign}\n")
    call("its authority may not vouch for that domain", stranger.issue_for("vouches", uri))
    people.equip(world.bob, "bob", world.alice)
    world.alice.wait_note(r"caller: e2m: word=refused servers=\S+ signer=none text=the other side refused the envelope: 403", count=5)
    refuse(world.bob, AUTHENTICATED)
    people.equip(world.alice, "alice", world.bob)
    cable.rule = None
    authenticated_call(world)


@case("e2m.no_plugin")
def no_plugin(world):
    """Bob's Linphone is a stock one: under `prefer` the call in clear, shown as such; under `require` none."""
    kept = {}

    def before(inner):
        people = kept.setdefault("people", People(inner))
        people.equip(inner.alice, "alice", inner.bob, policy="prefer")
    prepare(world, bob_has_plugin=False, before=before, policy="off")
    start = world.alice.mark()
    call = world.alice.call(world.bob.aor)
    world.alice.wait_note(r"caller: e2m: word=clear servers=\S+ signer=none text=the other side cannot read envelopes")
    rings = []  # the first one is taken back, before anybody could answer it

    def second():
        rings[:] = [e for e in world.bob.events() if e.state == "IncomingReceived"]
        return len(rings) >= 2
    flow.wait_any(second, 10, "the call in clear at Bob's phone")
    world.bob.answer(rings[-1].call)
    world.alice.wait_state("StreamsRunning", after=start)
    flow.hang_up(world, call)
    kept["people"].equip(world.alice, "alice", world.bob, policy="require")
    flow.connect_until_end(world)
    world.alice.wait_note(r"caller: e2m: word=refused servers=\S+ signer=none text=the other side answered in clear")
    sent = [m for m in world.messages().all("INVITE", source=world.alice) if not m.tag("To")]
    assert ["m=audio" in m.body for m in sent] == [False, True, False], sent


@case("e2m.downgrade", limit=90)
def downgrade(world):
    """Somebody on the cable takes `SIM-Envelope` away: who does not know the other side calls again in clear, who has seen it read envelopes never does."""
    cable = tamper.Tamper()

    def before(inner):
        people = People(inner)
        people.equip(inner.alice, "alice", inner.bob, policy="prefer")
        people.equip(inner.bob, "bob", inner.alice, policy="prefer")
    prepare(world, hook=cable, before=before, policy="off")

    def strip(message, towards_bob):
        return None if towards_bob or not message.is_response else tamper.without_header(message.text, "SIM-Envelope")

    def call(word):
        at = world.alice.mark(), world.bob.mark()
        number = world.alice.call(world.bob.aor)
        world.alice.wait_note(word, limit=15)
        rings = world.bob.wait_state("IncomingReceived", after=at[1])
        if "clear" in word:  # the first one is taken back
            world.bob.wait_state("Released", after=at[1])
            rings = [world.bob.wait_state("IncomingReceived", after=world.bob.events().index(rings) + 1)][0]
        world.bob.answer(rings.call)
        world.alice.wait_state("StreamsRunning", after=at[0])
        flow.hang_up(world, number)
        return len([e for e in world.bob.events()[at[1]:] if e.state == "IncomingReceived"])
    cable.rule = strip
    assert call(r"caller: e2m: word=clear servers=\S+ signer=none text=the other side cannot read envelopes") == 2
    cable.rule = None
    assert call(r"caller: e2m-sent: ") == 1
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor))
    cable.rule = strip
    assert call(r"caller: e2m-sent: ") == 1
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor), count=2)
    assert len(world.alice.notes(r"caller: e2m: word=clear ")) == 1
    # the person sees each of them, though nobody asked for a SIM; and may begin anew
    said = [(r["e2m"], r["word"]) for r in calls_of(world.alice)]
    assert said[:3] == [("enveloped", "unknown"), ("enveloped", "unknown"), ("clear", "unknown")], said
    clear = [m for m in world.messages() if "m=audio" in m.text and m.method == "INVITE" and not m.is_response]
    assert len({m.call_id for m in clear}) == 1, "one call in clear"


ASK = """
    if (is_method("INVITE") && !has_totag() && !($hdr(Content-Target) =~ "{domain}")) {{
        append_to_reply("Content-Transfer-Encoding: base64\\r\\n");
        set_reply_body("{certificate}", "application/pkix-cert");
        sl_send_reply("493", "Undecipherable");
        exit;
    }}
"""


class Asking(Kamailio):
    """A proxy that passes on no INVITE whose body is not for it as well."""

    certificates = {}  # domain -> PEM, before the world starts

    def start(self):
        with open(self._config, encoding="utf-8") as config:
            text = config.read()
        with open(self.certificates[self.domain], encoding="ascii") as pem:
            line = "".join(pem.read().split("-----")[2].split())
        place = f'    if ($(rd{{s.tolower}}) == "{self.domain}") {{'
        assert place in text, text
        with open(self._config, "w", encoding="utf-8") as config:
            config.write(text.replace(place, ASK.format(domain=self.domain, certificate=line) + place))
        super().start()


def asking(world, authority=None, **alice):
    """Both proxies ask; Alice knows of neither before."""
    root = world.root or world.make_certificates()
    Asking.certificates = {o.realm: (authority or root).issue_for(f"asks-{o.letter}", f"URI:sip:{o.realm}")[0]
                           for o in world.operators.values()}

    def before(inner):
        people = People(inner)
        people.equip(inner.alice, "alice", inner.bob, servers=False, **alice)
        people.equip(inner.bob, "bob", inner.alice, servers=False)
    prepare(world, before=before)


@case("e2m.asked", proxy=Asking)
def asked(world):
    """493 with a certificate from the caller's side, then from the callee's: two more tries by itself, and both may read."""
    asking(world, accept=["operator-b.example"])
    authenticated_call(world)
    world.alice.wait_note(r"e2m-asked: server=operator-a.example certificate=[0-9a-f]{64}")
    world.alice.wait_note(r"e2m-asked: server=operator-b.example certificate=[0-9a-f]{64}")
    world.bob.wait_note(r"callee: e2m: word=enveloped servers=operator-a.example, operator-b.example signer=sip:alice@")
    assert len([e for e in world.bob.events() if e.state == "IncomingReceived"]) == 1
    for message in world.messages():
        assert "m=audio" not in message.text, message.text


@case("e2m.fork", limit=90)
def fork(world):
    """A second phone of Bob's that cannot read says 493 and its certificate: the first one rings all the same; where none can read, the call is made again for one that can."""
    kept = {}

    def before(inner):
        people = kept["people"] = People(inner)
        people.of["bob2"] = inner.root.issue_for("person-bob2", f"URI:{inner.bob.aor}")
        people.of["gone"] = inner.root.issue_for("person-gone", f"URI:{inner.bob.aor}")
        inner.other = inner.add_phone("bob-2", "b", 33, account="bob")
        inner.other.node.make_folder(".config", "simauth", mode=0o700)
        people.before[inner.other] = f"[phone]\npolicy=off\nca_file={people.give(inner.other, 'root.pem', inner.root.certificate)}\n"
        people.equip(inner.alice, "alice", inner.bob)
        people.equip(inner.bob, "bob", inner.alice)
        people.equip(inner.other, "bob2", inner.alice)
    prepare(world, before=before, policy="off")
    world.other.start()

    def call(phones):
        at = world.alice.mark(), [phone.mark() for phone in phones]
        number = world.alice.call(world.bob.aor)
        ringing = []

        def rung():
            ringing[:] = [(p, e) for p, mark in zip(phones, at[1]) for e in p.events()[mark:] if e.state == "IncomingReceived"]
            return bool(ringing)
        flow.wait_any(rung, 15, "ringing")
        phone, rings = ringing[0]
        phone.answer(rings.call)
        world.alice.wait_state("StreamsRunning", after=at[0])
        mark = world.alice.mark()
        world.alice.terminate(number)
        world.alice.wait_state("Released", after=mark)
    call([world.bob])
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor) + "enveloped and signed")
    world.other.wait_note(r"callee: e2m: word=refused servers=\S+ signer=\S+ text=not enveloped for us")
    refuse(world.alice, r"e2m-renewed")
    # Bob has new certificates in both phones, and Alice an old one
    people = kept["people"]
    people.of["bob"], kept["new"] = people.of["gone"], people.of["bob"]
    people.equip(world.alice, "alice", world.bob)
    call([world.bob, world.other])
    world.alice.wait_note(r"e2m-renewed: certificate=[0-9a-f]{64}")
    world.alice.wait_note(ENVELOPED.format(servers=SERVER, signer=world.bob.aor) + "enveloped and signed", count=2)
    messages = world.messages()
    answers = messages.all("INVITE", status=493)
    assert answers and all(m.header("Content-Type") == "application/pkix-cert" for m in answers), answers
    for message in messages:
        assert "m=audio" not in message.text, message.text


@case("e2m.without", limit=90)
def without(world):
    """What has no description (its answer would stand in the ACK): none under `require`, in clear and shown so under `prefer`. A pipe where a certificate should be stops nobody."""
    kept = {}
    prepare(world, phones={"alice": {"sip": "sdp_200_ack=1"}}, before=lambda w: kept.update(people=equip_both(w)), policy="off")
    people, attacker = kept["people"], Attacker(world)
    flow.connect_until_end(world)
    world.alice.wait_note(r"caller: e2m: word=refused servers=none signer=none text=an INVITE without session description")
    bare = attacker.invite(world.bob, world.alice.aor, body="").replace("Content-Type: application/sdp\r\n", "")
    answer = attacker.wait_answer(attacker.send(bare, world.bob))
    assert answer.status == 488 and 'text="Envelope required"' in answer.header("Reason"), answer.text
    assert "an INVITE without session description" in answer.header("Warning"), answer.text
    assert not [e for e in world.bob.events() if e.state == "IncomingReceived"], "it rang"
    people.equip(world.alice, "alice", world.bob, policy="prefer")
    people.equip(world.bob, "bob", world.alice, policy="prefer")
    flow.hang_up(world, flow.connect(world))
    world.alice.wait_note(r"caller: e2m: word=clear servers=none signer=none text=an INVITE without session description")
    world.bob.wait_note(r"callee: e2m: word=clear servers=none signer=none text=the other side sent it in clear")
    pipe = world.bob.node.path(".config/simauth/own.pem")
    os.remove(pipe)
    os.mkfifo(pipe, 0o600)
    os.chown(pipe, world.bob.node.user, world.bob.node.user)
    text = attacker.invite(world.bob, "sip:eve@e.example", body="AAAA").replace("application/sdp", "application/pkcs7-mime;smime-type=authEnveloped-data")
    answer = attacker.wait_answer(attacker.send(text, world.bob))
    assert answer.status == 493, answer.text
    world.bob.wait_note(r"callee: e2m-keys: problem=\S+own\.pem: is no ordinary file")
    assert not [m for m in world.messages().all("INVITE", source=world.alice) if "m=audio" in m.body], "a description in the INVITE"


@case("e2m.stranger", proxy=Asking)
def stranger_asks(world):
    """A server of a domain that is not in the person's list: not let in, and shown."""
    asking(world)
    flow.connect_until_end(world)
    world.alice.wait_note(r"e2m-asked: server=operator-a.example ")
    world.alice.wait_note(r"e2m-stranger: certificate=[0-9a-f]{64}")
    world.alice.wait_note(r"e2m: word=refused .* text=a server asked to read and was not let in: certificate names another server")
    assert not [e for e in world.bob.events() if e.state == "IncomingReceived"], "it rang"


@case("e2m.lie", proxy=Asking)
def lying_server(world):
    """A certificate with the right name that nobody trusted has signed."""
    asking(world, authority=Authority(world.folder + "/pki-stranger", "Stranger"))
    flow.connect_until_end(world)
    world.alice.wait_note(r"e2m: word=refused .* text=a server asked to read and was not let in: certificate of nobody trusted")
    refuse(world.alice, r"e2m-asked")
