# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another hand's phone with S/MIME alone (openssl cms), certificates that somebody shows, and some that were taken back."""

import base64
import hashlib
import http.server
import os
import re
import ssl
import threading

from cases import case
from cases.call import prepare, refuse
from cases.e2m import ENVELOPED, People, openssl
from world import flow
from world.accounts import PASSWORD_PREFIX
from world.attacker import Attacker
from world.e2m_user import User
from world.pki import Authority

CBC = "application/pkcs7-mime;smime-type=enveloped-data"


def md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


def register(user, proxy):
    """With the password that its proxy asks for."""
    domain, more = user.aor.partition("@")[2], []
    for count in (1, 2):
        user.send((proxy, 5060), f"REGISTER sip:{domain} SIP/2.0", [
            f"Via: SIP/2.0/UDP {user.node.address};branch=z9hG4bKregister{count}", "Max-Forwards: 70", f"From: <{user.aor}>;tag=r",
            f"To: <{user.aor}>", "Call-ID: register", f"CSeq: {count} REGISTER", f"Contact: <sip:{user.name}@{user.node.address}>",
            "Expires: 600", *more])
        answered = user.wait(lambda m, count=count: m.is_response and m.header("CSeq") == f"{count} REGISTER")
        if count == 1:
            nonce = re.search(r'nonce="([^"]+)"', answered.header("WWW-Authenticate"))[1]
            proof = md5(md5(user.name, domain, PASSWORD_PREFIX + user.name), nonce, md5("REGISTER", f"sip:{domain}"))
            more = [f'Authorization: Digest username="{user.name}", realm="{domain}", nonce="{nonce}", uri="sip:{domain}", response="{proof}"']
    assert answered.status == 200, answered.first_line


def without_bob(world, more=""):
    """Alice's phone, and a node that is registered as Bob; (People, Bob)."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    world.alice.use_sim(world.issue_sims()["alice"], world.root, policy="off")
    people = People(world)
    people.equip(world.alice, "alice", world.bob, servers=False, more=more)
    bob = User(world, world.node("bob-by-hand", 72), world.bob.aor, "/nonexistent", people, ("", 9000))
    bob.media = (bob.node.address, 9000)
    register(bob, world.operators["b"].proxy.node.address)
    world.alice.start()
    world.alice.wait_note(r"simauth: ready: ")
    return people, bob


def parts(message):
    """(the signed entity, DER of the envelope in it, DER of the signature)."""
    boundary = re.search(r"boundary=(\S+)", message.header("Content-Type"))[1]
    inside = message.body.split(f"--{boundary}")
    entity, signature = (inside[i].removeprefix("\r\n").removesuffix("\r\n") for i in (1, 2))
    return entity.encode("latin-1"), *(base64.b64decode(e.partition("\r\n\r\n")[2]) for e in (entity, signature))


def opened(world, people, message):
    """What openssl reads with Bob's key alone, once it has checked Alice's signature."""
    entity, envelope, signature = parts(message)
    assert "smime-type=enveloped-data" in entity.decode("latin-1"), entity[:400]
    at = world.alice.node.write("signature.der", "")
    with open(at, "wb") as out:
        out.write(signature)
    detached = world.alice.node.path("entity")
    with open(detached, "wb") as out:
        out.write(entity)
    openssl("-verify", "-binary", "-inform", "DER", "-in", at, "-content", detached, "-CAfile", world.root.certificate, "-purpose", "any", data=b"")
    shown = openssl("-cmsout", "-print", "-inform", "DER", data=envelope).decode()
    assert "aes-256-cbc" in shown and "authEnvelopedData" not in shown, shown[:600]
    certificate, key = people.of["bob"]
    return openssl("-decrypt", "-inform", "DER", "-binary", "-recip", certificate, "-inkey", key, data=envelope)


def answer(world, people, bob, sdp):
    """The lines and the body of a description in openssl's envelope with AES-CBC for Alice, signed by Bob."""
    certificate, key = people.of["bob"]
    session = f'Content-Session: call; from="{bob.aor}"; to="{world.alice.aor}"\r\n'
    envelope = openssl("-encrypt", "-binary", "-aes-256-cbc", "-outform", "DER", "-recip", people.of["alice"][0], "-keyopt",
                       "ecdh_kdf_md:sha256", data=f"Content-Type: application/sdp\r\n{session}\r\n{sdp}".encode())
    text = base64.encodebytes(envelope).decode().replace("\n", "\r\n")
    entity = f"Content-Type: {CBC}\r\nContent-Transfer-Encoding: base64\r\n{session}\r\n{text}".encode()
    signature = openssl("-sign", "-binary", "-outform", "DER", "-md", "sha256", "-signer", certificate, "-inkey", key, data=entity)
    second = base64.encodebytes(signature).decode().replace("\n", "\r\n").encode()
    return (b'Content-Type: multipart/signed;protocol="application/pkcs7-signature";micalg=sha-256;boundary=b1\r\n\r\n--b1\r\n' + entity +
            b"\r\n--b1\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n" + second + b"\r\n--b1--\r\n")


def media(bob):
    return bob.sdp(more="a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n")


def initial(bob, seen):
    """The next INVITE of a call that was not there yet."""
    invite = bob.wait(lambda m: not m.is_response and m.method == "INVITE" and m.call_id not in seen and not m.tag("To"))
    seen.add(invite.call_id)
    return invite


@case("e2m.smime", limit=90)
def smime(world):
    """A peer that reads only EnvelopedData with AES-CBC says so (415, Accept): one more try by itself, signed, which openssl reads; its answer and what follows are so too."""
    people, bob = without_bob(world)
    seen = set()
    number = world.alice.call(bob.aor)
    first = initial(bob, seen)
    assert "authEnveloped-data" in first.body, first.body[:400]
    bob.answer(first, f"415 Unsupported Media Type\r\nAccept: {CBC}, multipart/signed, application/sdp")
    second = initial(bob, seen)
    world.alice.wait_note(r"caller: e2m-cbc: accept=application/pkcs7-mime;smime-type=enveloped-data")
    plain = opened(world, people, second)
    assert b"\r\nm=audio" in plain and b'Content-Session: call; from="sip:alice@operator-a.example"' in plain, plain
    bob.answer(second, "200 OK", answer(world, people, bob, media(bob)))
    bob.wait(lambda m: not m.is_response and m.method == "ACK")
    world.alice.wait_state("StreamsRunning")
    world.alice.wait_note(ENVELOPED.format(servers="none", signer=bob.aor) + "enveloped and signed")
    # it knows no key reuse: a new offer is for its certificate again
    mark = world.alice.mark()
    world.alice.command(f"call-pause {number}")
    hold = bob.wait(lambda m: not m.is_response and m.method == "INVITE" and m.tag("To"))
    assert b"a=sendonly" in opened(world, people, hold) or b"a=inactive" in opened(world, people, hold)
    bob.answer(hold, "200 OK", answer(world, people, bob, media(bob).replace("a=sendrecv", "a=recvonly")))
    world.alice.wait_state("Paused", after=mark)
    world.alice.terminate(number)
    bob.answer_any("BYE")
    # without a certificate of her own nothing can be signed: no call, and why
    people.equip(world.alice, "alice", world.bob, servers=False, signs=False)
    mark = world.alice.mark()
    world.alice.call(bob.aor)
    bob.answer(initial(bob, seen), f"415 Unsupported Media Type\r\nAccept: {CBC}, application/sdp")
    world.alice.wait_note(r"word=refused servers=none signer=none text=the other side reads only envelopes that must be signed, and this phone has no certificate")
    world.alice.wait_state("Released", after=mark)
    # the same from its certificate, before anything leaves (SMIMECapabilities: aes-256-cbc alone)
    people.of["bob"] = world.root.issue_for("person-bob-cbc", f"URI:{bob.aor}", more=["1.2.840.113549.1.9.15=DER:300d300b060960864801650304012a"])
    people.equip(world.alice, "alice", world.bob, servers=False)
    mark = world.alice.mark()
    world.alice.call(bob.aor)
    only = initial(bob, seen)
    assert b"\r\nm=audio" in opened(world, people, only)
    bob.answer(only, "486 Busy Here")
    world.alice.wait_state("Released", after=mark)
    for message in world.messages():
        assert "m=audio" not in message.text, message.text


@case("e2m.set_by_file", limit=90)
def set_by_file(world):
    """A certificate that the person set by file: a 493 with another replaces it only where its authority is the same, or was set for that domain; else it is refused by name."""
    people, bob = without_bob(world)
    other = Authority(world.folder + "/pki-other", "Another")
    seen = set()
    shown = other.issue_for("person-bob", f"URI:{bob.aor}")
    both = world.root.text() + other.text()

    def call(more):
        people.equip(world.alice, "alice", world.bob, servers=False, more=more)
        mark = world.alice.mark()
        world.alice.call(bob.aor)
        with open(shown[0], encoding="ascii") as pem:
            line = "".join(pem.read().split("-----")[2].split())
        bob.answer(initial(bob, seen), "493 Undecipherable", f"Content-Type: application/pkix-cert\r\nContent-Transfer-Encoding: base64\r\n\r\n{line}\r\n".encode())
        return mark
    # this phone believes the other authority, about everybody
    path = world.alice.node.write(".config/simauth/both.pem", both, 0o600)
    mark = call(f"e2m_ca_file={path}\n")
    world.alice.wait_note(r"word=refused servers=none signer=none text=the other phone shows a certificate that does not count: another authority's than the one that was set")
    world.alice.wait_note(r"e2m-stranger: certificate=[0-9a-f]{64}")
    world.alice.wait_state("Released", after=mark)
    refuse(world.alice, "e2m-renewed")
    # the person set it for Bob's domain
    path = world.alice.node.write(".config/simauth/other.pem", other.text(), 0o600)
    root = people.give(world.alice, "root-again.pem", world.root.certificate)
    mark = call(f"e2m_authorities=operator-b.example={path};operator-b.example={root}\n")
    again = initial(bob, seen)
    world.alice.wait_note(r"e2m-renewed: certificate=[0-9a-f]{64}")
    _, envelope, _ = parts(again)
    plain = openssl("-decrypt", "-inform", "DER", "-binary", "-recip", shown[0], "-inkey", shown[1], data=envelope)
    assert b"\r\nm=audio" in plain, plain
    bob.answer(again, "486 Busy Here")
    world.alice.wait_state("Released", after=mark)


class Lists:
    """An https server with one list of revoked certificates."""

    PORT = 8086

    def __init__(self, world):
        self.url = f"https://10.83.0.1:{self.PORT}/list.crl"
        self.path = path = os.path.join(world.folder, "list.crl")
        self.asked = 0
        lists = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):  # pylint: disable=invalid-name
                try:
                    with open(path, "rb") as octets:
                        body = octets.read()
                except FileNotFoundError:
                    self.send_error(404)
                    return
                lists.asked += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/pkix-crl")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*world.root.issue_for("lists", "IP:10.83.0.1"))
        self.server = http.server.ThreadingHTTPServer(("10.83.0.1", self.PORT), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@case("e2m.revoked", limit=90)
def revoked(world):
    """A certificate that was taken back: who signs with it is refused by that name before it rings, and nothing is enveloped for it; the list is fetched behind the calls."""
    kept = {}

    def before(inner):
        people, lists = People(inner), Lists(inner)
        kept.update(people=people, lists=lists)
        more = [f"crlDistributionPoints=URI:{lists.url}"]
        for name, phone in (("alice", inner.alice), ("bob", inner.bob)):
            people.of[name] = inner.root.issue_for(f"listed-{name}", f"URI:{phone.aor}", more=more)
        inner.root.revoke(lists.path, people.server[0])
        people.equip(inner.alice, "alice", inner.bob, servers=False)
        people.equip(inner.bob, "bob", inner.alice, servers=False)
    prepare(world, before=before, policy="off")
    people, lists = kept["people"], kept["lists"]
    for phone in (world.alice, world.bob):
        phone.wait_note(re.escape(f"revoked: list={lists.url} names=1"))
    flow.hang_up(world, flow.connect(world))
    world.bob.wait_note(ENVELOPED.format(servers="none", signer=world.alice.aor) + "enveloped and signed")
    assert lists.asked == 2, "once a phone"
    world.root.revoke(lists.path, *(people.of[name][0] for name in ("alice", "bob")))
    world.bob.stop()
    world.bob.start()
    world.bob.wait_note(re.escape(f"revoked: list={lists.url} names=2"))
    before_call = world.bob.mark()
    flow.connect_until_end(world)
    world.bob.wait_note(rf"callee: e2m: word=refused servers=none signer={world.alice.aor} text=certificate revoked")
    world.alice.wait_note(r"caller: e2m: word=refused servers=none signer=none text=the other side refused the envelope: 403 .*certificate revoked")
    assert not [e for e in world.bob.events()[before_call:] if e.state == "IncomingReceived"], "it rang"
    sent = len(world.messages().all("INVITE", source=world.bob))
    mark = world.bob.mark()
    world.bob.call(world.alice.aor)
    world.bob.wait_note(r"caller: e2m: word=refused servers=none signer=none text=\S+peer\.pem: certificate revoked")
    world.bob.wait_state("Released", "Error", after=mark)
    assert len(world.messages().all("INVITE", source=world.bob)) == sent, "it left"
    missing(world, people, lists)


def missing(world, people, lists):
    """Where Bob wants that, nobody counts whom no list speaks of: he reads why, and so does Alice; with a list the next call is as ever."""
    os.unlink(lists.path)
    assert "must be one of accept, refuse" in world.bob.ctl("settings", "set", "e2m_revoked_missing", "perhaps", check=False).stderr
    restart(world.bob)
    flow.hang_up(world, flow.connect(world))  # as it is by itself
    world.bob.ctl("settings", "set", "e2m_revoked_missing", "refuse")
    flow.connect_until_end(world)
    world.bob.wait_note(r"callee: e2m: word=refused servers=none .* text=no fresh list of revoked certificates could be had yet: try again in a minute")
    world.alice.wait_note(r"caller: e2m: word=refused .* 403 .*no fresh list of revoked certificates")
    world.bob.call(world.alice.aor)
    world.bob.wait_note(r"caller: e2m: word=refused servers=none signer=none text=\S+peer\.pem: no fresh list of revoked certificates could be had yet")
    flow.wait_any(lambda: "no fresh list of revoked certificates" in world.bob.ctl("calls", "--json").stdout, 10, "the words in Bob's list of calls")
    world.root.revoke(lists.path, people.server[0])
    restart(world.bob)
    world.bob.wait_note(re.escape(f"revoked: list={lists.url} names=1"), count=2)
    flow.hang_up(world, flow.connect(world))


def restart(phone):
    phone.stop()
    phone.start()


def envelope(*words, sdp="v=0\r\n"):
    return openssl("-encrypt", "-binary", "-outform", "DER", *words, data=b"Content-Type: application/sdp\r\n\r\n" + sdp.encode())


def nested(levels):
    """Multiparts within one another, well made."""
    body = "Content-Type: text/plain\r\n\r\nx"
    for level in range(levels, 1, -1):
        body = f"Content-Type: multipart/mixed;boundary=b{level}\r\n\r\n--b{level}\r\n{body}\r\n--b{level}--\r\n"
    return f"--b1\r\n{PART}\r\n--b1\r\n{body}\r\n--b1--\r\n"


PART = f"Content-Type: {CBC}\r\n\r\nx"


@case("e2m.bad_input", limit=90)
def bad_input(world):
    """Broken DER, other recipients and algorithms, nobody's signature below AES-CBC, a key that was never agreed, too many parts, too deep: each refused by its rule, and the phone goes on."""
    kept = {}

    def before(inner):
        kept.update(people=People(inner))
        kept["people"].equip(inner.bob, "bob", inner.alice, servers=False, policy="prefer")
    prepare(world, before=before, policy="off")
    own, other = kept["people"].of["bob"][0], kept["people"].of["alice"][0]
    gcm, kdf = ("-aes-256-gcm",), ("-keyopt", "ecdh_kdf_md:sha256")
    key = ("-secretkey", "00" * 32, "-secretkeyid", "0a" * 16)
    attacker = Attacker(world)
    for code, rule, content in ((493, "broken CMS structure or certificate", b"\x30\x82\xff\xff" + b"A" * 200),
                                (493, "not enveloped for us", envelope(*gcm, "-recip", other, *kdf)),
                                (493, "algorithm not allowed", envelope("-des3", "-recip", own, *kdf)),
                                (493, "algorithm not allowed", envelope(*gcm, "-recip", own, "-keyopt", "ecdh_kdf_md:sha1")),
                                (403, "not signed", envelope("-aes-256-cbc", "-recip", own, *kdf)),
                                (493, "answer under a key that is not held", envelope("-aes-256-gcm", *key)),
                                (493, "too large", "--b1\r\n" + f"{PART}\r\n--b1\r\n" * 17 + f"{PART}\r\n--b1--\r\n"),
                                (493, "multiparts nested too deep", nested(6))):
        if isinstance(content, bytes):
            kind, body = "application/pkcs7-mime;smime-type=authEnveloped-data\r\nContent-Transfer-Encoding: base64", base64.encodebytes(content).decode().replace("\n", "\r\n")
        else:
            kind, body = "multipart/mixed;boundary=b1", content
        text = attacker.invite(world.bob, world.alice.aor, body=body).replace("application/sdp\r\nContent-Length", f"{kind}\r\nContent-Length")
        answered = attacker.wait_answer(attacker.send(text, world.bob))
        assert answered.status == code and rule in (answered.header("Warning") or ""), (rule, answered.text)
    assert not [e for e in world.bob.events() if e.state == "IncomingReceived"], "it rang"
    world.bob.process.check()


@case("e2m.fork.server", label="long", limit=240)
def one_branch(world):
    """A server on one branch of a fork asks to read: while another branch rings it is not heard; where its branch is the only one the call is placed once more for it too."""
    people, bob = without_bob(world)
    server = world.root.issue_for("asks", "URI:sip:operator-b.example")
    with open(server[0], encoding="ascii") as pem:
        line = "".join(pem.read().split("-----")[2].split())
    asks = f"Content-Type: application/pkix-cert\r\nContent-Transfer-Encoding: base64\r\n\r\n{line}\r\n".encode()
    people.equip(world.alice, "alice", world.bob, servers=False, accept=["operator-b.example"])
    world.bob.use_sim(world.sims["bob"], world.root, policy="off")
    people.equip(world.bob, "bob", world.alice, servers=False)
    world.bob.start()
    seen = set()
    number = world.alice.call(bob.aor)
    bob.answer(initial(bob, seen), "493 Undecipherable", asks)
    rings = world.bob.wait_state("IncomingReceived")
    world.bob.answer(rings.call)
    world.alice.wait_state("StreamsRunning")
    world.alice.wait_note(ENVELOPED.format(servers="none", signer=bob.aor))
    refuse(world.alice, "e2m-asked")
    flow.hang_up(world, number)
    world.bob.stop()
    mark = world.alice.mark()
    world.alice.call(bob.aor)
    bob.answer(initial(bob, seen), "493 Undecipherable", asks)
    again = initial(bob, seen)
    world.alice.wait_note(r"e2m-asked: server=operator-b.example certificate=[0-9a-f]{64}")
    assert again.header("Content-Target") == "operator-b.example", again.headers
    _, envelope_, _ = parts(again)
    plain = openssl("-decrypt", "-inform", "DER", "-binary", "-recip", server[0], "-inkey", server[1], data=envelope_)
    assert b"\r\nm=audio" in plain, plain
    bob.answer(again, "486 Busy Here")
    world.alice.wait_state("Released", after=mark)
