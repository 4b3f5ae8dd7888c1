# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server on the way sends a call elsewhere (3xx) that has to be authenticated, or enveloped: it is refused, and Linphone does not follow."""

import re

from cases import case
from cases.call import refuse
from cases.e2m_peer import initial, register, without_bob
from world.badday import told
from world.e2m_user import User

B = "operator-b.example"
EVIL = ("301 Moved Permanently\r\nContact: <sip:112@evil.example>", "302 Moved Temporarily\r\nContact: <sip:mallory@evil.example>",
        "302 Moved Temporarily", "300 Multiple Choices\r\nContact: <sip:mallory@evil.example>")


def dial(world, bob, seen, answers):
    """Alice calls Bob, who answers so; whether her call was over then, or there is another INVITE."""
    before = world.alice.mark()
    number = world.alice.call(bob.aor)
    invite = initial(bob, seen)
    for words in answers:
        bob.answer(invite, words)
    return before, number


def refused(world, bob, seen, words, note):
    """Nothing else leaves after that answer: the whole of what she says is about this INVITE."""
    before, number = dial(world, bob, seen, ("180 Ringing", words))
    world.alice.wait_state("Released", call=number, after=before)
    looked = world.alice.notes(r"call (\S+) caller: (policy|untouched): ")
    assert {found[1] for found in looked} == seen, looked
    world.alice.wait_note(note, count=len(seen))


@case("attack.redirected")
def redirected(world):
    """Under `require` to a stranger, to what looks like an emergency number, to the Contact of an earlier response: no second INVITE leaves. To the same address it does."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    world.alice.use_sim(world.issue_sims()["alice"], world.root, policy="require")
    bob = User(world, world.node("bob-by-hand", 72), world.bob.aor, None, None, ("", 9000))
    register(bob, world.operators["b"].proxy.node.address)
    world.alice.start()
    world.alice.wait_note(r"simauth: ready: ")
    seen = set()
    for words in EVIL:
        refused(world, bob, seen, words, r"caller: refused-elsewhere: code=30[012]")
        told(world.alice, "not-authenticated", "HANDED_OVER")
    refuse(world.alice, r"untouched: ")
    before, number = dial(world, bob, seen, (f"302 Moved Temporarily\r\nContact: <sip:bob@{B};moved=yes>",))
    again = initial(bob, seen)
    assert again.tag("From").startswith("sim01."), again.text
    bob.answer(again, "486 Busy Here")
    world.alice.wait_state("Released", call=number, after=before)


@case("e2m.redirected", limit=90)
def enveloped(world):
    """The same of a call that is enveloped or none; and one that a server asked to read, then answered in clear, ends on every Linphone."""
    people, bob = without_bob(world)
    server = world.root.issue_for("asks", f"URI:sip:{B}")
    with open(server[0], encoding="ascii") as pem:
        line = "".join(pem.read().split("-----")[2].split())
    asks = f"Content-Type: application/pkix-cert\r\nContent-Transfer-Encoding: base64\r\n\r\n{line}\r\n".encode()
    people.equip(world.alice, "alice", world.bob, servers=False, accept=[B])
    seen = set()
    for words in EVIL[:2]:
        refused(world, bob, seen, words, r"e2m: word=refused .* text=a server on the way sent the call to another address")
    before = world.alice.mark()
    number = world.alice.call(bob.aor)
    bob.answer(initial(bob, seen), "493 Undecipherable", asks)
    again = initial(bob, seen)
    bob.answer(again, "200 OK", bob.clear(bob.sdp()))
    bob.wait(lambda m: m.method == "ACK" and m.call_id == again.call_id)
    bye = bob.wait(lambda m: m.method == "BYE" and not m.is_response)
    assert re.search(r"cause=493", bye.header("Reason")), bye.text
    bob.answer(bye, "200 OK")
    world.alice.wait_note(r"e2m: word=refused servers=\S+ signer=none text=the other side answered in clear")
    world.alice.wait_state("Released", call=number, after=before)
