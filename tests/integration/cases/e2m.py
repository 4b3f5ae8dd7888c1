# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Session descriptions that only the callee and a chosen server can read."""

import base64
import subprocess

from cases import case
from cases.call import authenticated_call, prepare

SERVER = "operator-b.example"
ENVELOPED = r"call \S+ \w+: e2m: word=enveloped servers={servers} signer={signer} text="
PEERS = "\n\n[peer {aor}]\ne2m={policy}\ncertificate={certificate}\n"


class People:
    """Certificates of the two subscribers and of a server, and who has what."""

    def __init__(self, world):
        issue = world.root.issue_for
        self.of = {"alice": issue("person-alice", f"URI:{world.alice.aor}"), "bob": issue("person-bob", f"URI:{world.bob.aor}")}
        self.server = issue("middle", f"URI:sip:{SERVER},DNS:{SERVER}")
        self.root = world.root

    def give(self, phone, name, path):
        """A copy that the phone's user can read."""
        with open(path, encoding="ascii") as text:
            return phone.node.write(f".config/simauth/{name}", text.read(), 0o600)

    def equip(self, phone, name, other, policy="require", signs=True, servers=True):
        """Settings of [phone] and the peer: behind what is there already."""
        certificate, key = (self.give(phone, f"own.{end}", path) for end, path in zip(("pem", "key"), self.of[name]))
        peer = self.give(phone, "peer.pem", self.of["bob" if name == "alice" else "alice"][0])
        middle = self.give(phone, "middle.pem", self.server[0])
        lines = f"e2m={policy}\n"
        if signs:
            lines += f"e2m_certificate={certificate}\ne2m_key={key}\n"
        if servers:
            lines += f"e2m_servers={SERVER}={middle}\n"
        path = phone.node.path(".config/simauth/simauth.conf")
        with open(path, encoding="utf-8") as old:
            text = old.read() + lines + PEERS.format(aor=other.aor, policy=policy, certificate=peer)
        phone.node.write(".config/simauth/simauth.conf", text, 0o600)


def equip_both(world, **alice):
    people = People(world)
    people.equip(world.alice, "alice", world.bob, **alice)
    people.equip(world.bob, "bob", world.alice)
    return people


def openssl(*words, data):
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
    shown = subprocess.run(["openssl", "cms", "-cmsout", "-print", "-inform", "DER"], input=envelope_of(answer),
                           capture_output=True, check=True).stdout.decode()
    assert "d.kekri" in shown and "d.kari" not in shown and "d.ktri" not in shown, shown
