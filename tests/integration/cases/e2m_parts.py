# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only necessary information to selected servers: each reads its part of a description, and no more."""

import base64
import os
import re
import subprocess

from cases import case
from cases.call import AUTHENTICATED, authenticated_call, prepare
from cases.e2m import ENVELOPED, PEERS, for_openssl
from world import flow

ADDRESSES, BANDWIDTH = "operator-a.example", "operator-b.example"
READERS = re.escape(f"{ADDRESSES} (addresses), {BANDWIDTH} (bandwidth)")
NAMES = ("alice", "bob", "pinholes", "admission", "third")


class Readers:
    """Two servers that read a part each, a third that reads none, and the two subscribers."""

    def __init__(self, world):
        self.world = world
        self.folder = os.path.join(world.folder, "readers")
        self.program = os.path.abspath(os.path.join(world.product, "..", "..", "tests", "integration", "programs", "e2m_body"))
        os.makedirs(self.folder)
        names = {"alice": f"URI:{world.alice.aor}", "bob": f"URI:{world.bob.aor}", "pinholes": f"URI:sip:{ADDRESSES}",
                 "admission": f"URI:sip:{BANDWIDTH}", "third": "URI:sip:third.example"}
        for name, alternative in names.items():
            for end, path in zip(("pem", "key"), world.root.issue_for(name, alternative)):
                with open(path, "rb") as issued, open(self.path(f"{name}.{end}"), "wb") as copy:
                    copy.write(issued.read())
        self.before = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def give(self, phone, name):
        with open(self.path(name), encoding="ascii") as text:
            return phone.node.write(f".config/simauth/{name}", text.read(), 0o600)

    def equip(self, phone, signs=True):
        name, other = ("alice", "bob") if phone is self.world.alice else ("bob", "alice")
        lines = "e2m=require\n"
        if signs:
            lines += f"e2m_certificate={self.give(phone, name + '.pem')}\ne2m_key={self.give(phone, name + '.key')}\n"
        lines += f"e2m_servers={ADDRESSES}={self.give(phone, 'pinholes.pem')};{BANDWIDTH}={self.give(phone, 'admission.pem')}\n"
        lines += f"e2m_parts={ADDRESSES}=addresses;{BANDWIDTH}=bandwidth\n"
        if phone not in self.before:
            with open(phone.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as old:
                self.before[phone] = old.read()
        peer = PEERS.format(aor=getattr(self.world, other).aor, policy="require", certificate=self.give(phone, other + ".pem"))
        phone.node.write(".config/simauth/simauth.conf", self.before[phone] + lines + peer, 0o600)

    def decrypt(self, name, der):
        """What openssl's own command makes of an envelope with somebody's key; None: nothing."""
        done = subprocess.run(["openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-recip", self.path(name + ".pem"), "-inkey",
                               self.path(name + ".key")], input=for_openssl(der), capture_output=True, check=False)
        return done.stdout.decode().partition("\r\n\r\n")[2] if done.returncode == 0 else None

    def read(self, message, *words):
        """A body by way of the library, with keys as `words` say; None: it holds nothing for these."""
        ends = ("To", "From") if message.is_response else ("From", "To")
        aors = [re.search(r"sips?:[^;>]+", message.header(name))[0] for name in ends]
        body, out = self.path("body"), self.path("sdp")
        with open(body, "wb") as file:
            file.write(message.body.encode("latin-1"))
        done = subprocess.run([self.program, "read", *aors, message.header("Content-Type"), message.header("Content-Transfer-Encoding") or "-", body,
                               out, f"trust={self.world.root.certificate}", *words], capture_output=True, text=True, cwd=self.folder, check=False)
        if done.returncode != 0:
            return None
        with open(out, encoding="ascii", newline="") as text:
            return text.read()


def envelopes(message):
    found = re.findall(r"smime-type=authEnveloped-data.*?\r\n\r\n(.*?)\r\n--", message.body, re.S)
    return [base64.b64decode(text) for text in found]


def lines(sdp, start):
    return [line for line in sdp.split("\r\n") if line.startswith(start)]


def check_parts(whole, addresses, bandwidth):
    """Each has what its server needs of the whole, and nothing else of it."""
    (media,), (address,) = lines(whole, "m=audio"), lines(whole, "c=")[:1]
    assert "a=zrtp-hash" in whole and "a=e2m-part" not in whole, whole
    assert lines(addresses, "m=") == [" ".join(media.split()[:3]) + " 0"] and address in addresses, addresses
    assert lines(bandwidth, "m=") == ["m=audio 9 " + media.split()[2] + " 0"], bandwidth
    assert lines(bandwidth, "b=") == lines(whole, "b=") and not lines(addresses, "b="), (whole, bandwidth)
    assert address.split()[-1] not in bandwidth and media.split()[1] not in bandwidth, bandwidth
    for part in (addresses, bandwidth):
        assert not lines(part, "a=rtpmap") and not lines(part, "a=zrtp") and not lines(part, "a=crypto"), part


@case("e2m.parts", limit=90)
def parts(world):
    """The pinhole server reads addresses, admission bandwidth, a third nothing, both ways; without a signature too."""
    kept = {}

    def before(inner):
        readers = kept.setdefault("readers", Readers(inner))
        readers.equip(inner.alice)
        readers.equip(inner.bob)
    prepare(world, before=before)
    readers = kept["readers"]
    call = flow.connect(world)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.wait_note(AUTHENTICATED)
        phone.wait_note(ENVELOPED.format(servers=READERS, signer=other.aor) + "enveloped and signed")
    at = world.alice.mark()
    world.alice.command(f"call-pause {call}")  # a later offer goes to the same readers
    world.alice.wait_state("Paused", after=at)
    flow.hang_up(world, call)
    readers.equip(world.alice, signs=False)  # then a multipart/mixed is the whole body
    authenticated_call(world)
    world.bob.wait_note(ENVELOPED.format(servers=READERS, signer="none") + "enveloped, not signed")
    messages = world.messages()
    invite = messages.first("INVITE", target=world.bob)
    answer = messages.first("INVITE", status=200, target=world.alice)
    opened = {name: [readers.decrypt(name, der) for der in envelopes(invite)] for name in NAMES}
    assert [bool(sdp) for sdp in opened["bob"]] == [True, True, True], opened
    assert [bool(sdp) for sdp in opened["pinholes"]] == [False, True, False], opened
    assert [bool(sdp) for sdp in opened["admission"]] == [False, False, True], opened
    assert not any(opened["third"]) and not any(opened["alice"]), opened
    check_parts(*opened["bob"])
    assert opened["pinholes"][1] == opened["bob"][1] and opened["admission"][2] == opened["bob"][2]
    # the answer's parts are under the keys of the request's
    theirs = [readers.read(invite, f"me={name}", f"server={host}", f"keep={name}.cek") and readers.read(answer, f"cek={name}.cek")
              for name, host in (("pinholes", ADDRESSES), ("admission", BANDWIDTH))]
    readers.read(invite, "me=bob", "keep=bob.cek")
    assert all(theirs), theirs
    check_parts(readers.read(answer, "cek=bob.cek"), *theirs)
    later = [m for m in messages.all("INVITE", source=world.alice) if m.tag("To") and m.body]
    for message in later:
        assert len(envelopes(message)) == 3 and readers.read(message, "cek=pinholes.cek", f"server={ADDRESSES}"), message.text
    assert later, "there was no later offer"
    mixed = [m for m in messages.all("INVITE", target=world.bob) if (m.header("Content-Type") or "").startswith("multipart/mixed")]
    assert mixed and len(envelopes(mixed[0])) == 3, [m.text for m in mixed]
    for message in messages:
        assert "m=audio" not in message.text and "\r\nc=IN" not in message.text, message.text
