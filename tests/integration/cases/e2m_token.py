# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens in RTCP: a pinhole opens and closes with them (the paper's outlook)."""

import copy
import glob
import os
import re
import socket
import struct
import sys

from cases import case
from cases.call import AUTHENTICATED, prepare
from cases.e2m import ENVELOPED, People
from cases.e2m_middle import ALICE, BOB, PORT, Scene
from world import flow, net, talk
from world.e2m_user import media_socket, packet_passes
from world.middle import DOMAIN, REPOSITORY, Middle
from world.process import wait_for
from world.wire import Wire

sys.path.insert(0, os.path.join(REPOSITORY, "tests", "checker"))
import reference as ref  # noqa: E402 (the checker's own: another hand than the product's)

REQUIRED = {"pinholes.tokens": "required", "pinholes.token_seconds": "6"}
TOKEN = "udp length 52 @th,64,32 0x80c90001 @th,192,32 0x53494d41"


def count(node, name):
    """Packets that a counter of the test's own table has seen."""
    text = node.run(["nft", "list", "counter", "inet", "watch", name]).stdout
    return int(re.search(r"packets (\d+)", text)[1])


class Sender:
    """Alice's phone, made by hand: her secret, and tokens from her media socket."""

    def __init__(self, scene, sdp):
        self.scene = scene
        self.secret = os.urandom(32)
        self.count = 0
        self.sdp = sdp + f"a=simauth-pinhole:{ref.b64u(self.secret)}\r\n"

    def packet(self, close=False, counter=None):
        self.count = counter or self.count + 1
        return ref.pinhole_token(self.secret, ALICE, BOB, close, 0x11223344, self.count)

    def send(self, octets, ends=None):
        ours, theirs = ends or (self.scene.inside, self.scene.outside)
        ours[0].sendto(octets, theirs[1])


def flood(scene, count):
    """So many tokens by nobody, each from an address that nobody has, to Alice: more than the kernel has room for senders."""
    with open(os.path.join(REPOSITORY, "middle", "simauth-middle.nft"), encoding="utf-8") as text:
        small = scene.middle.node.write("small.nft", re.sub(r"\bsize \d+", f"size {count // 2}", text.read()))
    scene.middle.node.run(["nft", "-f", small])
    udp = struct.pack("!HHHH", PORT, PORT, 52, 0) + ref.pinhole_token(bytes(32), BOB, ALICE, False, 1, 1)
    for path in ("all", "eth0"):
        scene.middle.node.run(["sh", "-c", f"echo 0 > /proc/sys/net/ipv4/conf/{path}/rp_filter"])
    raw = scene.bob.node.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
    to = scene.inside[1][0]
    for i in range(count):
        head = struct.pack("!BBHHHBBHI4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0xC6120000 + i, socket.inet_aton(to))
        raw.sendto(head + udp, (to, 0))
    raw.close()


@case("e2m.token.gate", limit=60)
def gate(world):
    """A packet passes after the first right token and not before; not after the closing one, nor when none comes; wrong and old ones open nothing; made-up senders take no room from others."""
    scene = Scene(world, **REQUIRED)
    alice = Sender(scene, scene.alice.sdp())
    flood(scene, 500)
    scene.connect(sdp=alice.sdp)
    scene.middle.wait_log("result=waits-for-token")
    assert scene.middle.holes() == [] and not scene.passes(), "it was open before the token"
    wrong = bytearray(alice.packet(counter=1))
    wrong[-1] ^= 1
    alice.send(bytes(wrong))
    scene.middle.wait_log('result=refused why="wrong MAC"')
    stranger = media_socket(scene.alice.node, scene.inside[1][0], PORT + 2)
    alice.send(alice.packet(counter=2), (stranger, scene.outside))  # right, from another port than she said
    alice.send(bytes(wrong))
    assert not scene.passes() and scene.middle.holes() == [], scene.middle.log()
    first = alice.packet(counter=3)
    alice.send(first)
    scene.opened(2)
    assert scene.passes() and packet_passes(scene.inside, scene.outside, b"and out")
    alice.send(alice.packet(close=True))
    scene.opened(0)
    assert not scene.passes(), "a packet passed after the closing token"
    alice.send(first)  # a replay
    assert not scene.passes() and scene.middle.holes() == [], "a replay opened it"
    alice.send(alice.packet())
    scene.opened(2)
    assert scene.passes()
    scene.middle.wait_log('why="no token any more"', limit=20)
    scene.opened(0)
    assert not scene.passes(), "a packet passed without tokens"
    assert scene.middle.log().count("result=refused why=") == 1, "not once for the call"
    assert ref.b64u(alice.secret) not in scene.middle.log()
    scene.clean_log()


@case("e2m.token.rtcp", limit=60)
def rtcp(world):
    """Without rtcp-mux the token comes from the RTCP port and opens the stream's both pinholes; a call without a secret gets none, and the log says so."""
    scene = Scene(world, **REQUIRED)
    alice = Sender(scene, scene.alice.sdp(more="a=sendrecv\r\n"))
    dialog, _, _ = scene.connect(sdp=alice.sdp)
    scene.middle.wait_log("result=waits-for-token")
    ends = [media_socket(user.node, user.media[0], PORT + 1) for user in (scene.alice, scene.bob)]
    alice.send(alice.packet(), ends)
    scene.opened(4)
    assert scene.passes() and packet_passes(*reversed(ends), b"rtcp")
    scene.hang_up(dialog)
    scene.opened(0)
    scene.connect()
    scene.middle.wait_log("result=no-secret")
    assert not scene.passes() and scene.middle.holes() == []


def six(world):
    return ":" in world.alice.node.address


def take_no_redirects():
    """The router stands on the same network, and would say that the other phone does too."""
    for path in glob.glob("/proc/sys/net/ipv6/conf/*/accept_redirects"):
        with open(path, "w", encoding="ascii") as setting:
            setting.write("0")


def with_phones(world, mux):
    """Alice's and Bob's packets go to each other through the middle, which counts those that passed."""
    network = "fd83::/64" if six(world) else "10.83.0.0/24"
    middle = Middle(world, {"bob": world.operators["b"].proxy.node}, settings={"pinholes.networks": network, **REQUIRED}, root=world.root)
    people, phones = People(world), (world.alice, world.bob)
    for phone, other, name in zip(phones, reversed(phones), ("alice", "bob")):
        people.equip(phone, name, other, servers=False)
        net.ip("-n", phone.node.name, "route", "add", other.node.address + ("/128" if six(world) else "/32"), "via", middle.node.address)
        if six(world):
            phone.node.inside(take_no_redirects)
        with open(phone.node.path(".config/linphone/linphonerc"), "a", encoding="utf-8") as file:
            file.write(f"\n[rtp]\nrtcp_mux={int(mux)}\n")
    middle.node.run(["sh", "-c", "echo 0 | tee /proc/sys/net/ipv4/conf/*/send_redirects"])
    to = "ip6 daddr" if six(world) else "ip daddr"
    # behind the packaged chain (priority 0): what is counted has passed it
    middle.node.run(["nft", "-f", middle.node.write("watch.nft", (
        "table inet watch {\n counter to_bob { }\n counter to_alice { }\n counter tokens { }\n"
        " chain passed {\n  type filter hook forward priority 10; policy accept;\n"
        f"  {TOKEN} {to} {world.bob.node.address} counter name tokens\n"
        f"  udp dport 1024-65535 {to} {world.bob.node.address} counter name to_bob\n"
        f"  udp dport 1024-65535 {to} {world.alice.node.address} counter name to_alice\n }}\n}}\n"))])
    middle.start()
    return middle


def with_video(world):
    """Phones that take pictures, of a camera that is none, and accept others'."""
    for phone in (world.alice, world.bob):
        talk.takes_pictures(phone, initiate=False)


def connected(world, mux=False, options=None, more=lambda world: None):
    """A call of two real phones by way of tokens; (the middle, Alice's call)."""
    kept = {}
    prepare(world, before=lambda w: (more(w), kept.update(middle=with_phones(w, mux))), phones=options)
    call = flow.connect(world)
    for phone in (world.alice, world.bob):
        phone.wait_note(r"e2m-token: streams=1")
        phone.wait_note(AUTHENTICATED)  # by way of ZRTP, which has passed
    world.alice.wait_note(ENVELOPED.format(servers=DOMAIN, signer=world.bob.aor))
    return kept["middle"], call


def phones_by_tokens(world, mux, options=None):
    middle, call = connected(world, mux, options)
    log = middle.log()
    asked, opened = log.find("result=waits-for-token"), log.find("result=open")
    assert 0 <= asked < opened, log
    assert not re.search(r"op=open call=\S+ holes=[1-9]", log[:asked]), "it was open before the token"
    sets = "holes6" if six(world) else "holes4"
    holes = middle.holes(sets)
    assert len(holes) == (2 if mux else 4), holes
    # Bob's RTCP parser gets what is no SRTCP, and his media go on both ways
    wait_for(lambda: count(middle.node, "tokens") >= 3, 20, "tokens that passed to Bob's phone")
    before = [count(middle.node, name) for name in ("to_bob", "to_alice")]
    wait_for(lambda: all(count(middle.node, n) > b + 20 for n, b in zip(("to_bob", "to_alice"), before)), 15, "media both ways")
    # The BYE does not come through: what closes is the token alone.
    middle.node.run(["nft", "-f", middle.node.write("block.nft", (
        "table inet block {\n chain in {\n  type filter hook input priority 0;\n  udp dport 5060 drop\n }\n}\n"))])
    world.alice.terminate(call)
    middle.wait_log("from=caller result=closed")
    wait_for(lambda: middle.holes(sets) == [], 10, "closed pinholes")
    assert "op=end" not in middle.log()[opened:], middle.log()
    middle.node.run(["nft", "delete", "table", "inet", "block"])
    for message in world.messages():
        assert "simauth-pinhole" not in message.text, message.text
    return middle


@case("e2m.token.phones", limit=90, for_a={"next_hop": "10.83.0.60"})
def phones(world):
    """Real Linphones: media pass once Alice's phone has shown her token, from its own RTCP socket, and no more after its closing one."""
    phones_by_tokens(world, mux=False)


@case("e2m.token.mux", limit=90, for_a={"next_hop": "10.83.0.60"})
def mux(world):
    """The same with rtcp-mux: tokens come from the socket of RTP, and there is one pinhole each way."""
    phones_by_tokens(world, mux=True)


@case("e2m.token.ipv6", label="long", limit=240, family=6, for_a={"next_hop": "[fd83::60]"})
def ipv6(world):
    """The same over IPv6."""
    phones_by_tokens(world, mux=False)


@case("e2m.token.video", label="long", limit=240, for_a={"next_hop": "10.83.0.60"})
def video(world):
    """Video that is added to a call has a secret, tokens and pinholes of its own, and goes with it."""
    middle, call = connected(world, more=with_video)
    assert len(middle.holes()) == 4, middle.holes()
    mark = world.alice.mark()
    world.alice.command(f"video {call}")
    world.alice.wait_state("StreamsRunning", after=mark)
    middle.wait_log("stream=1 from=", limit=20)
    wait_for(lambda: len(middle.holes()) == 8, 20, "pinholes of both streams")
    assert re.search(r"op=token call=\S+ stream=1 from=caller result=open", middle.log()) or \
        re.search(r"op=token call=\S+ stream=1 from=callee result=open", middle.log()), middle.log()
    world.alice.terminate(call)
    wait_for(lambda: middle.holes() == [], 10, "closed pinholes")


@case("call.debian13.token", label="long", limit=120, group="call.debian13", for_a={"next_hop": "10.83.0.60"})
def debian_13(world):
    """Tokens from Linphone 5.3, and to it."""
    phones_by_tokens(world, mux=False, options={name: {"linphone": "5.3"} for name in ("alice", "bob")})


@case("e2m.token.stock", product=False, limit=90)
def stock(world):
    """Stock phones with media in clear, whose RTCP parser gets tokens at the ports of RTP and RTCP, open, closing and broken: the call goes on."""
    sent = {"rtp": 0, "rtcp": 0, "to": 0, "from": 0}
    secret = os.urandom(32)

    def beside(datagram, towards_bob):
        yield 0, datagram
        octets = datagram.payload
        if len(octets) < 12 or octets[0] >> 6 != 2 or datagram.target_port in (53, 5060):
            return
        sent["to" if towards_bob else "from"] += 1
        kind = "rtcp" if 200 <= octets[1] <= 204 else "rtp"
        if towards_bob and sent[kind] < 10:
            sent[kind] += 1
            token = copy.copy(datagram)
            token.payload = ref.pinhole_token(secret, ALICE, BOB, sent[kind] % 3 == 0, 7, sent[kind])
            if sent[kind] % 5 == 0:
                token.payload = token.payload[:30]
            yield 0, token
    world.start_capture()
    world.start_network()
    world.add_phones()
    wire = Wire(world.bob.node)
    wire.hook = beside
    for phone in (world.alice, world.bob):
        phone.start()
    call = flow.connect(world)
    wait_for(lambda: sent["rtp"] >= 10 and sent["rtcp"] >= 2, 30, f"tokens beside RTP and RTCP: {sent}")
    before = dict(sent)
    wait_for(lambda: all(sent[n] > before[n] + 50 for n in ("to", "from")), 15, f"media both ways behind them: {sent}")
    wire.check()
    flow.hang_up(world, call)
    assert [e.state for e in world.bob.events()].count("Released") == 1 and not any(e.state == "Error" for e in world.bob.events())
