# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls to sips: through two domains' servers, with packaging/kamailio's own configuration."""

import os
import re
import socket
import ssl
import threading
import time

from cases import Skip, case, stp
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from world import flow
from world.attacker import Attacker
from world.badday import calls
from world.desktop import Desktop
from world.flexisip import FlexisipSips
from world.pki import Authority
from world.process import Failed, Timeout
from world.sips import Sips
from world.sips_user import Connection, why

A, B = "operator-a.example", "operator-b.example"
SETTINGS = "[phone]\npolicy=off\nsips={}\n"


def trusted(phone, side, count=1):
    named = f"{phone.domain}, {B if phone.domain == A else A}"
    return phone.wait_note(rf"call \S+ {side}: sips: word=trusted servers={named} text=every hop was TLS", count=count)


def servers_proven(world):
    for operator in world.operators.values():
        operator.proxy.wait_partner()


def equip(phone, policy):
    """No SIM: this person asks for nothing but `policy` of servers."""
    phone.node.write(".config/simauth/simauth.conf", SETTINGS.format(policy), 0o600)
    for folder in (".config", ".config/simauth", ".local", ".local/share", ".local/state"):
        phone.node.make_folder(*folder.split("/"), mode=0o700)


def start(world, alice="require", bob="require", options=None):
    """Two phones without SIM authentication whose persons ask for servers that prove themselves."""
    world.start_network()
    world.add_phones(**(options or {}))
    for phone, policy in ((world.alice, alice), (world.bob, bob)):
        equip(phone, policy)
        phone.start(wait_registered=False)
    for phone in (world.alice, world.bob):
        phone.wait_registered()
    servers_proven(world)


def refused(phone, uri, said):
    """`phone` calls and is refused, for a reason that it was told."""
    before = phone.mark()
    count = len(phone.notes(said))
    phone.call(uri)
    phone.wait_note(said, count=count + 1)
    phone.wait_state("Released", after=before)


@case("sips.call", transport="tls", proxy=Sips)
def call(world):
    """Dialled as sips: or asked for in the settings, both ways, beside SIM authentication: both verdicts, each as what it is."""
    prepare(world, bob_has_plugin=True, sips="prefer")
    servers_proven(world)
    number = world.alice.call("sips:bob@" + B)
    rings = world.bob.wait_state("IncomingReceived")
    world.bob.answer(rings.call)
    for phone, side in ((world.alice, "caller"), (world.bob, "callee")):
        trusted(phone, side)
        phone.wait_note(AUTHENTICATED)
    assert "sips: word=asked policy=require" in world.alice.notes(r"simauth: .*word=asked.*")[0].group(0)
    flow.hang_up(world, number)
    world.alice, world.bob = world.bob, world.alice
    number = flow.connect(world)
    trusted(world.alice, "caller")
    trusted(world.bob, "callee")
    for phone in (world.alice, world.bob):
        phone.wait_note(AUTHENTICATED, count=2)
    flow.hang_up(world, number)
    said = world.bob.ctl("calls").stdout
    assert f"trust in the servers named ({A}, {B}): every hop was TLS" in said, said
    assert "no operator's word about a SIM" in said and "authenticated (bob@" in said, said


def at(world, letter, **more):
    """A connection of somebody's own to a domain's server."""
    if "stranger" not in world.nodes:
        world.node("stranger", 66)
    return Connection(world.nodes["stranger"], world.operators[letter].proxy.node.address, **more)


def straight_to_the_phone(world):
    """INVITEs at the phone's own ports: UDP and TCP, made up as if a server had passed them on."""
    attacker = Attacker(world, 67)
    more = f"P-Asserted-Identity: <sips:alice@{A}>\r\nRecord-Route: <sips:{world.operators['b'].proxy.node.address};lr>\r\n"
    text = attacker.invite(world.bob, f"sips:alice@{A}", callee=f"sips:bob@{B}", more=more)
    text = text.replace("INVITE sip:", "INVITE sips:").replace("<sip:attacker", "<sips:attacker")
    answer = attacker.wait_answer(attacker.send(text, world.bob))
    assert answer.status == 403 and "opened to register" in answer.text, answer.text
    plain = attacker.wait_answer(attacker.send(attacker.invite(world.bob, f"sip:alice@{A}"), world.bob))
    assert plain.status == 480 and "SIPS Required" in plain.text, plain.text


def callers(world):
    """Who is no authenticated user, or did not come over TLS, gets to nobody."""
    bob = f"sips:bob@{B}"
    user = at(world, "a")
    assert user.invite(bob, f"sips:alice@{A}").status == 407
    assert user.invite(bob, f"sips:alice@{A}", user="alice", password="wrong").status == 407
    answer = user.invite(bob, f"sips:alice@{A}", user="mallory")
    assert answer.status == 403 and why(answer) == "this password is another user's", answer.text
    answer = user.invite(bob, f"sips:alice@{A}", via="SIP/2.0/TCP 192.0.2.7;branch=z9hG4bKold")
    assert answer.status == 403 and "a hop before this one was without TLS" in why(answer), answer.text
    answer = user.invite(bob, f"sips:alice@{A}", via="SIP/2.0/TLS 192.0.2.8;branch=z9hG4bKone, SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKold")
    assert answer.status == 403 and "a hop before this one was without TLS" in why(answer), answer.text
    answer = user.invite(bob, f"sips:alice@{A}", more="Record-Route: <sips:192.0.2.8;lr>, <sip:192.0.2.7;lr>\r\n")
    assert answer.status == 403 and "downgraded the route" in why(answer), answer.text
    # what was heard of an answer in the clear is of no use for a sips call
    answer = user.invite(bob, f"sips:alice@{A}", user="alice", uri=f"sip:bob@{B}")
    assert answer.status == 403 and "made for another request" in why(answer), answer.text
    answer = user.invite(f"sip:bob@{B}", f"sip:alice@{A}", user="mallory")
    assert answer.status == 403 and why(answer) == "this password is another user's", answer.text
    answer = user.invite(f"sip:bob@{B}", f"sips:alice@{A}", callee=bob)
    assert answer.status == 403 and "made a sip call of it" in why(answer), answer.text
    answer = user.invite(bob, f"sip:alice@{A}")
    assert answer.status == 400 and "sips URIs too" in why(answer), answer.text
    plain = at(world, "a", port=5060, tls=False)
    answer = plain.register("carol", A)
    assert answer.status == 403 and why(answer) == "a sips: contact is registered over TLS only", answer.text
    answer = user.with_password("REGISTER", "sip:" + A, f"sip:alice@{A}", f"sip:alice@{A}", "mallory")
    assert answer.status == 403 and why(answer) == "this password is another user's", answer.text
    answer = at(world, "b", port=5060, tls=False).invite(f"sip:bob@{B}", "sip:x@third.example")
    assert answer.status == 480 and answer.header("Warning").startswith("381 ") and why(answer) == "SIPS Required", answer.text
    answer = plain.invite(bob, f"sips:alice@{A}")
    assert answer.status == 403 and why(answer) == "sips: this request came over tcp, not over TLS", answer.text
    assert user.invite("sips:x@elsewhere.example", f"sips:mallory@{A}", user="mallory").status == 403


def servers(world):
    """Who says to be another domain's server shows its certificate, that domain's and no other."""
    bob, alice = f"sips:bob@{B}", f"sips:alice@{A}"
    word = f"P-Asserted-Identity: <{alice}>\r\n"
    answer = at(world, "b").invite(bob, alice, more=word)
    assert answer.status == 403 and "needs the certificate of its server" in why(answer), answer.text
    other = world.root.issue("other", "ag." + A)
    answer = at(world, "b", certificate=other).invite(bob, alice, more=word)
    assert answer.status == 403 and "needs the certificate of its server" in why(answer), answer.text
    own = world.operators["a"].proxy.certificate
    answer = at(world, "b", certificate=own).invite(bob, alice)
    assert answer.status == 403 and "does not say who its caller is" in why(answer), answer.text
    answer = at(world, "b", certificate=own).invite(bob, "sips:x@third.example", more=word)
    assert answer.status == 403 and "speaks for its own users only" in why(answer), answer.text
    strange = Authority(os.path.join(world.folder, "strange"), "Strange Root").issue("strange", A)
    try:
        answer = at(world, "b", certificate=strange).invite(bob, alice, more=word)
    except (ssl.SSLError, ConnectionError, Timeout):
        return
    raise Failed(f"a certificate of a strange authority was taken: {answer.text}")


def account_without_tls(world):
    """A phone whose account is not on TLS: what its person asked for does not leave it."""
    dave = world.add_phone("dave", "a", 33, transport="tcp")
    equip(dave, "off")
    dave.start()
    refused(dave, f"sips:bob@{B}", r"caller: sips: word=broken .*text=this account does not speak TLS")
    assert dave.notes(r"caller: sips-aborted: ") and "INVITE sip" not in dave.said()


@case("sips.refused", transport="tls", proxy=Sips)
def strangers(world):
    """Each rule of the servers and of the phone for itself, with its own sentence; an honest call before and after."""
    start(world)
    flow.hang_up(world, flow.connect(world))
    callers(world)
    servers(world)
    straight_to_the_phone(world)
    account_without_tls(world)
    assert sum(event.state == "IncomingReceived" for event in world.bob.events()) == 1
    flow.hang_up(world, flow.connect(world))
    trusted(world.alice, "caller", 2)
    trusted(world.bob, "callee", 2)


def nobody_connects(node, port):
    """A listener in the place of a phone that is gone; its accept() must find nobody."""
    def make():
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((node.address, port))
        listener.listen()
        listener.setblocking(False)
        return listener
    return node.inside(make)


def cut(world):
    """Bob's connection ends: nobody reaches him, no server connects to his phone, until he registers again."""
    proxy = world.operators["b"].proxy
    port = int(proxy.said(rf"registered aor=bob@{B} at={re.escape(world.bob.node.address)}:(\d+)")[-1][1])
    world.bob.process.send(9)
    proxy.wait_said(rf"sips: over aor=bob@{B} at=\S+:{port} why=connection ")
    listener = nobody_connects(world.bob.node, port)
    refused(world.alice, f"sips:bob@{B}", r"sips-refused: code=480 .*(not registered|is gone)")
    try:
        listener.accept()
        raise Failed("a server opened a connection to the phone")
    except BlockingIOError:
        listener.close()
    world.bob.forget()
    world.bob.process = None
    world.bob.start()
    flow.hang_up(world, flow.connect(world))


def another_user(world):
    """Carol's connection becomes Dave's: a call to Carol does not go over it any more; one to Dave does."""
    user = at(world, "b")
    caller = at(world, "a")
    assert user.register("carol", B).status == 200
    ask = {"caller": f"sips:alice@{A}", "user": "alice"}
    heard = []
    carol = threading.Thread(target=lambda: heard.append(user.decline()))
    carol.start()
    assert caller.invite(f"sips:carol@{B}", **ask).status == 486
    carol.join()
    assert heard[0].values("P-Asserted-Identity") == [f"<sips:alice@{A}>"], heard[0].text
    assert user.register("dave", B).status == 200
    answer = caller.invite(f"sips:carol@{B}", **ask)
    assert answer.status == 480 and "another user's now" in why(answer), answer.text
    assert world.operators["b"].proxy.said(rf"over aor=carol@{B} at={re.escape(user.at)} why=another user registered")


def replayed(world):
    """Somebody heard how Dave registers in the clear, and says the same over TLS."""
    dave, listener = at(world, "b", port=5060, tls=False), at(world, "b")
    assert dave.register("dave", B, scheme="sip").status == 200
    listener.send(dave.said)
    answer = listener.wait(lambda m: m.is_response, what="answer to a repeated REGISTER")
    assert answer.status == 401, answer.text


def expired(world):
    """A registration that is over: its connection, still open, is no way to the user any more."""
    user = at(world, "b")
    caller = at(world, "a")
    assert user.register("eve", B, seconds=2).status == 200
    begin = time.monotonic()
    flow.pause_until(begin + 3.1)
    answer = caller.invite(f"sips:eve@{B}", f"sips:alice@{A}", user="alice")
    assert answer.status == 480 and ("is gone" in why(answer) or "not registered" in why(answer)), answer.text
    assert user.register("mallory", B, scheme="sip").status == 200
    answer = caller.invite(f"sips:mallory@{B}", f"sips:alice@{A}", user="alice")
    assert answer.status == 480 and why(answer) == "SIPS Not Allowed", answer.text


def forged_dialog(world):
    """A registered user makes up a dialog to another's phone: the server's word about a caller does not come with it."""
    carol, mallory = at(world, "b"), at(world, "b")
    assert carol.register("carol", B).status == 200 and mallory.register("mallory", B).status == 200
    server = world.operators["b"].proxy.node.address
    call_id = mallory.request("INVITE", f"sips:carol@{carol.at};alias={carol.address}~{carol.port}~3", f"sips:dave@{B}", f"sips:carol@{B}",
                              more=f"Route: <sips:{server}:5061;lr>\r\nP-Asserted-Identity: <sips:dave@{B}>\r\nContact: <sips:m@{mallory.at}>\r\n",
                              to_tag=";tag=madeup")
    invite = carol.wait(lambda m: not m.is_response and m.call_id == call_id, what="forged INVITE")
    assert invite.values("P-Asserted-Identity") == [], invite.text


@case("sips.connection", transport="tls", proxy=Sips)
def connection(world):
    """The state is the connection's: it ends with it, with the registration, with another user's registration over it."""
    start(world)
    cut(world)
    another_user(world)
    expired(world)
    forged_dialog(world)
    replayed(world)


# -- servers that do not do as they should ------------------------------------------------------------------------------

# What a hostile server does, when `mode` stands in its table `con`.
ON_ANSWER = """\
onreply_route[ANSWERED] {
    if (status =~ "^(18|2)") {
        if ($sht(con=>mode) == "routes-stripped") remove_hf("Record-Route");
        if ($sht(con=>mode) == "routes-sip") subst_hf("Record-Route", "/<sips:/<sip:/", "f");
        if ($sht(con=>mode) == "routes-tcp") subst_hf("Record-Route", "/transport=tls/transport=tcp/", "f");
        if ($sht(con=>mode) == "contact-sip") subst_hf("Contact", "/sips:/sip:/", "f");
        if ($sht(con=>mode) == "no-word") { remove_hf("P-Asserted-Identity"); return; }
    }
"""
TO_PHONE = """\
branch_route[TO_PHONE] {
    if ($sht(con=>mode) == "no-caller") remove_hf("P-Asserted-Identity");
    if ($sht(con=>mode) == "other-caller") subst_hf("P-Asserted-Identity", "/alice/carol/", "f");
    if ($sht(con=>mode) == "sip-target") { $ru = $(ru{s.replace,sips:,sip:}); return; }
    if ($sht(con=>mode) == "way-back-sip") { subst_hf("Record-Route", "/<sips:/<sip:/", "f"); }
    if ($sht(con=>mode) == "contact-tcp") subst_hf("Contact", "/<sips:([^>;]*)/<sips:\\\\1;transport=tcp/", "f");
"""
TO_SERVER = """\
    if ($rU == "moved") {
        append_to_reply("Contact: <sip:bob@operator-b.example>\\r\\n");
        send_reply("302", "Moved Temporarily");
        exit;
    }
    if ($sht(con=>mode) == "downgrade") {
        $ru = $(ru{s.replace,sips:,sip:});
    }
    route(SEND);
}

route[TO_PHONE] {"""
# Nobody acknowledges what the phone answers: its transaction lasts.
STATELESS = """\
    set_forward_no_connect();
    if ($sht(con=>mode) == "stateless") { forward(); exit; }
    t_on_branch("TO_PHONE");
"""
BY_ALICE = {  # mode of B's server -> what Alice is told
    "routes-stripped": "the way back does not lead through the servers over TLS alone",
    "routes-sip": "the way back does not lead through the servers over TLS alone",
    "routes-tcp": "the way back does not lead through the servers over TLS alone",
    "contact-sip": "the other side's contact is no sips address",
    "no-word": "our server does not say that the other side was authenticated",
}
BY_BOB = {
    "no-caller": "our server does not say that the other side was authenticated",
    "other-caller": "our server does not say that the other side was authenticated",
    "sip-target": "a server on the way made a sip call of it",
    "contact-tcp": "the other side's contact is no sips address",
}


def hostile(text):
    """sips.cfg of a server that can be told to misbehave."""
    for old, new in (("onreply_route[ANSWERED] {\n", ON_ANSWER), ("branch_route[TO_PHONE] {\n", TO_PHONE),
                     ("    route(SEND);\n}\n\nroute[TO_PHONE] {", TO_SERVER),
                     ('    set_forward_no_connect();\n    t_on_branch("TO_PHONE");\n', STATELESS)):
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def misbehave(world, letter, mode):
    node = world.operators[letter].proxy.node
    node.run(["kamcmd", "-s", f"unix:{node.path('kamailio', 'kamailio_ctl')}", "htable.sets", "con", "mode", mode])


@case("sips.hostile", transport="tls", proxy=Sips, change=hostile)
def downgraded(world):
    """A server on the way makes less of it, in each way that there is: refused by the phone that sees it, and shown."""
    start(world)
    for mode, said in BY_ALICE.items():
        misbehave(world, "b", mode)
        before, there = world.alice.mark(), world.bob.mark()
        count = len(world.alice.notes(r"caller: sips: word=broken"))
        world.alice.call(world.bob.aor)
        rings = world.bob.wait_state("IncomingReceived", after=there)
        world.bob.answer(rings.call)
        found = world.alice.wait_note(r"caller: sips: word=broken .*text=(.*)", count=count + 1)
        assert found[1] == said, (mode, found[1])
        world.alice.wait_state("Released", after=before)
        if mode == "routes-stripped":  # nor can Alice's BYE find its way
            world.bob.terminate(rings.call)
        world.bob.wait_state("Released", after=there)
    rung = sum(event.state == "IncomingReceived" for event in world.bob.events())
    for mode, said in BY_BOB.items():
        misbehave(world, "b", mode)
        refused(world.alice, world.bob.aor, r"sips-refused: code=403 warning=.*" + re.escape(said))
        assert world.bob.notes(rf"callee: sips: word=broken .*text={said}"), mode
    misbehave(world, "b", "none")
    misbehave(world, "a", "downgrade")
    refused(world.alice, world.bob.aor, r"sips-refused: code=403 warning=.*made a sip call of it")
    misbehave(world, "a", "none")
    assert sum(event.state == "IncomingReceived" for event in world.bob.events()) == rung
    said = world.alice.ctl("calls").stdout
    assert "no trust in servers: the other side's contact is no sips address" in said, said
    flow.hang_up(world, flow.connect(world))
    trusted(world.alice, "caller")


def moved(world):
    """A server sends a sips call elsewhere and names it by sip: the call stays what its person dialled, and is ended as such."""
    world.alice.call(f"sips:moved@{B}")
    rings = world.bob.wait_state("IncomingReceived")
    world.bob.answer(rings.call)
    trusted(world.alice, "caller")
    trusted(world.bob, "callee")
    assert f"sip:bob@{B}" in world.alice.ctl("calls").stdout
    before = world.alice.mark(), world.bob.mark()
    world.alice.terminate()
    for phone, mark in zip((world.alice, world.bob), before):
        phone.wait_state("Released", after=mark)
    misbehave(world, "b", "contact-sip")
    before = world.alice.mark(), world.bob.mark()
    world.alice.call(f"sips:moved@{B}")
    rings = world.bob.wait_state("IncomingReceived", after=before[1])
    world.bob.answer(rings.call)
    world.alice.wait_note(r"caller: sips: word=broken .*text=the other side's contact is no sips address")
    for phone, mark in zip((world.alice, world.bob), before):
        phone.wait_state("Released", after=mark)
    misbehave(world, "b", "none")


def asked_again(world):
    """An honest way for the first INVITE, which Linphone answers 422, is no word about the one that comes instead (RFC 4028)."""
    rung = sum(event.state == "IncomingReceived" for event in world.bob.events())
    misbehave(world, "b", "stateless")
    answer = at(world, "a").invite(f"sips:bob@{B}", f"sips:mallory@{A}", user="mallory", more="Supported: timer\r\nMin-SE: -1\r\n")
    assert answer.status == 422, answer.text
    attacker = Attacker(world, 67)
    more = f"P-Asserted-Identity: <sips:alice@{A}>\r\nRecord-Route: <sips:{world.operators['b'].proxy.node.address};lr>\r\n"
    text = attacker.invite(world.bob, f"sips:alice@{A}", "x1", callee=f"sips:bob@{B}", more=more)
    text = text.replace("INVITE sip:", "INVITE sips:").replace("CSeq: 1 ", "CSeq: 99 ")
    text = re.sub(r"(?m)^Call-ID: .*?\r$", f"Call-ID: {answer.call_id}\r", text)
    refusal = attacker.wait_answer(attacker.send(text, world.bob))
    assert refusal.status == 403 and "opened to register" in refusal.text, refusal.text
    assert sum(event.state == "IncomingReceived" for event in world.bob.events()) == rung
    misbehave(world, "b", "none")


@case("sips.again", transport="tls", proxy=Sips, change=hostile)
def again(world):
    """What is sent elsewhere, and what comes once more, is looked at like any other call."""
    start(world, alice="off")
    moved(world)
    asked_again(world)


@case("sips.partner", transport="tls", proxy=Sips)
def partner(world):
    """A partner's server that shows another name's certificate, then none: no call, and the sentence says why. `prefer` goes on without."""
    start(world, alice="prefer")
    user, bob, proxy = at(world, "a"), f"sips:bob@{B}", world.operators["b"].proxy
    carol = at(world, "a")
    assert carol.register("carol", A, scheme="sip").status == 200
    heard = []
    rings = threading.Thread(target=lambda: heard.append(carol.decline()))
    rings.start()
    refused(world.alice, f"sip:carol@{A}", r"caller: sips: word=broken .*placed once more without")
    rings.join()
    assert heard[0].first_line.startswith("INVITE sip:carol@") and "sips:" not in heard[0].text.split("\r\n\r\n")[0], heard[0].text
    proxy.stop()
    proxy.own = world.root.issue("wrong", "other.example")
    proxy.start()
    world.operators["a"].proxy.wait_said(rf"sips: partner {B} shows the certificate of other.example")
    answer = user.invite(bob, f"sips:alice@{A}", user="alice")
    assert answer.status == 480 and why(answer) == f"sips: the server of {B} shows the certificate of other.example", answer.text
    proxy.stop()
    proxy.own, proxy.no_certificate = None, True
    proxy.start()
    proxy.wait_said(rf"sips: partner {A} does not take our certificate: it says 403")
    answer = at(world, "b").invite(f"sips:alice@{A}", f"sips:eve@{B}", user="eve")
    assert answer.status == 480 and "does not take our certificate" in why(answer), answer.text


@case("sips.fallback", transport="tls", proxy=Sips)
def fallback(world):
    """`prefer`, and Bob is reached by sip alone: the call is placed once more as sip with the elements that it had; also with a setup key, and one that Bob has not."""
    def bob_asks_for_nothing(world):
        world.bob.use_sim(world.sims["bob"], world.root, keys="file")
    prepare(world, keys="file", sips="prefer", before=bob_asks_for_nothing)
    servers_proven(world)
    went = r"caller: sips: word=broken .*placed once more without"
    stp.call(world)
    world.alice.wait_note(went)
    stp.held_call(world)
    world.alice.wait_note(went, count=2)
    world.bob.ctl("keys", "forget", "--all")
    stp.full_after_all(world)
    world.alice.wait_note(went, count=3)
    refuse(world.alice, NOT_AUTHENTICATED)
    assert [one["sips"] for one in calls(world.alice)] == ["broken"] * 3, calls(world.alice)


@case("sips.identity", transport="tls", proxy=Sips)
def identity(world):
    """An account whose own address is sips: `sips=off` of that account counts over the scheme that Linphone makes of what is dialled."""
    def with_sips_identity(phone):
        rc = ".config/linphone/linphonerc"
        with open(phone.node.path(rc), encoding="utf-8") as text:
            phone.node.write(rc, text.read().replace("reg_identity=sip:", "reg_identity=sips:"), 0o600)
    world.start_network()
    world.add_phones()
    with_sips_identity(world.alice)
    equip(world.alice, f"off\n[account sip:alice@{A}]\nsips=off")
    world.alice.start()
    before = world.alice.mark()
    world.alice.call("carol")
    world.alice.wait_state("Released", after=before)
    assert "INVITE sips:carol@" in world.alice.said(), "Linphone makes no sips of it any more"
    refuse(world.alice, r"sips: word=")


@case("sips.call_6", transport="tls", family=6, proxy=Sips, label="long", limit=240)
def call_6(world):
    """The same over IPv6."""
    start(world)
    flow.hang_up(world, flow.connect(world))
    trusted(world.alice, "caller")
    trusted(world.bob, "callee")


def both_ways(world):
    """A call each way between two persons who require servers that prove themselves."""
    for _ in range(2):
        number = flow.connect(world)
        trusted(world.alice, "caller")
        trusted(world.bob, "callee")
        flow.hang_up(world, number)
        world.alice, world.bob = world.bob, world.alice


@case("call.debian13.sips", label="long", limit=120, group="call.debian13", transport="tls", proxy=Sips)
def debian_13(world):
    """Linphone 5.3 and 5.1, each as caller and as callee."""
    start(world, options={"bob": {"linphone": "5.3"}})
    both_ways(world)


@case("sips.desktop", label="long", limit=300, transport="tls", proxy=Sips)
def desktop(world):
    """Alice's window, linphone-desktop, calls Bob's phone, then Bob calls her."""
    start(world, options={"alice": {"kind": Desktop}})
    both_ways(world)


@case("sips.flexisip", transport="tls", proxy=FlexisipSips)
def flexisip(world):
    """packaging/flexisip: a call over TLS alone, shown for what its servers do not say; a strange certificate is refused."""
    if not FlexisipSips.program():
        raise Skip("no Flexisip on this machine, and none in Debian; SIMAUTH_FLEXISIP names the program of one that is installed")
    world.start_network()
    world.add_phones()
    for phone in (world.alice, world.bob):
        equip(phone, "prefer")
        phone.start()
    flow.hang_up(world, flow.connect(world))
    world.alice.wait_note(r"caller: sips: word=broken .*text=our server does not say that the other side was authenticated")
    strange = Authority(os.path.join(world.folder, "strange"), "Strange Root").issue("strange", A)
    try:
        answer = at(world, "b", certificate=strange).invite(f"sips:bob@{B}", f"sips:alice@{A}")
    except (ssl.SSLError, ConnectionError, Timeout):
        return
    assert answer.status == 403, answer.text
