# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paper's own exchange through two ordinary proxies; and what a stranger does to it that he cannot do to aka and gsm."""

import contextlib
import re
import secrets

from cases import case
from cases.card import phones_with_cards
from world import flow
from world.attacker import Attacker, b64u
from world.paper import PaperPhone, triplet
from world.scene import not_announced, proof, sim_state
from world.tamper import Tamper
from world.wire import Wire


def xor_sim(number):
    return {"imsi": f"00101000000009{number}", "k": secrets.token_hex(16), "algorithm": "xor", "2g": True}


@contextlib.contextmanager
def paper_phones(world):
    """anna of operator A and bert of operator B, each with one triplet of the other's SIM."""
    sims = xor_sim(1), xor_sim(2)
    anna = PaperPhone(world, "anna", "a", 71, sims[0], sims[1])
    bert = PaperPhone(world, "bert", "b", 72, sims[1], sims[0])
    try:
        yield anna, bert
    finally:
        anna.stop()
        bert.stop()


@case("call.paper")
def paper(world):
    """Right elements lead to a session at both; a wrong SRES of either side closes it, with a BYE to the other."""
    world.start_capture()
    world.start_network()

    def other(element):
        return re.sub(r"(sim0[23])(.)", lambda m: m[1] + ("0" if m[2] != "0" else "1"), element)
    with paper_phones(world) as (anna, bert):
        anna.call(bert)
        bert.wait_outcome("done", 2)
        assert anna.outcome() == "done", anna.said
        call = anna.call(bert, change=other)
        assert anna.said[-1][1] == "closed wrong", anna.said
        bert.got_bye(call)
        call = anna.call(bert, change_branch=other)
        bert.wait_outcome("closed", 6)
        assert bert.said[-1][1] == "closed wrong", bert.said
        anna.got_bye(call)
    messages = world.messages()
    invite = messages.first("INVITE", source=anna.node)
    assert invite.tag("From") == "sim01" + anna.of_peer[0].hex()
    sres_b = triplet(bert.sim, anna.of_peer[0])[1]
    answer = messages.first("INVITE", status=200, target=anna.node)
    assert answer.tag("To") == f"sim02{sres_b.hex()}_{bert.of_peer[0].hex()}", answer.tag("To")
    ack = messages.first("ACK", target=bert.node)
    assert ack.branches()[-1] == "z9hG4bKsim03" + triplet(anna.sim, bert.of_peer[0])[1].hex(), ack.branches()


@contextlib.contextmanager
def everybody(world):
    """The paper's phones, Alice with a USIM (aka), Bob with a 2G SIM in a reader (gsm), a stranger; and Bob's cable."""
    with phones_with_cards(world, "bob", kinds={"bob": {"two_g": True}}, card={"kind": "sim"}) as readers:
        world.wire = Wire(world.bob.node)
        tamper = world.wire.hook = Tamper()
        with paper_phones(world) as (anna, bert):
            yield anna, bert, Attacker(world), tamper, readers["bob"]
        world.wire.check()


def runs(world, reader):
    """What the SIMs of Alice and Bob have answered so far."""
    return sim_state(world.alice), len(reader.commands("run_gsm_algorithm"))


def refused(world, attacker, phone, element, call=None):
    """The phone, called with this element, proves nothing and announces nobody. The answer."""
    call = call or attacker.send(attacker.invite(phone, world.alice.aor if phone is world.bob else world.bob.aor, element,
                                                 element), phone)
    answer = attacker.wait_answer(call)
    assert not proof(answer), answer.text
    not_announced(phone, call)
    if answer.status < 200:
        attacker.cancel(call)
    phone.wait_note(rf"call {call} callee: over: word=not-authenticated")
    return answer


def real_call(world, tamper):
    """An honest call from Alice to Bob: the INVITE and the 200 as Bob's cable had them, and element 3's branch."""
    number = flow.connect(world)
    flow.hang_up(world, number)
    return tamper.last("INVITE", towards_node=True), tamper.last("INVITE", 200), tamper.last("ACK", towards_node=True)


def element_1(method, rands):
    return f"sim01.{method}.{b64u(rands)}.{b64u(secrets.token_bytes(16))}"


@case("attack.paper.chosen_rand", limit=90)
def chosen_rand(world):
    """A stranger's RAND: the paper's phone answers with SRES, so whoever calls reads a triplet; aka and gsm answer nothing."""
    with everybody(world) as (_, bert, attacker, _, reader):
        rand, sres = triplet(bert.sim)
        call = attacker.send(attacker.invite(bert, "sip:anna@operator-a.example", "sim01" + rand.hex()), bert)
        assert attacker.wait_answer(call).tag("To").startswith("sim02" + sres.hex()), "the paper is safe after all"
        before = runs(world, reader)
        refused(world, attacker, world.alice, element_1("aka", rand))
        refused(world, attacker, world.bob, element_1("gsm", rand + secrets.token_bytes(32)))
        assert runs(world, reader) == before, "a SIM took a RAND that somebody chose"


@case("attack.paper.relay", limit=90)
def relay(world):
    """The stranger calls Bert as Anna, lets Anna's SIM answer Bert's challenge by calling her with it, and is Anna. With aka and
    gsm the same brings nothing: no SIM answers a challenge that was issued for another side of another call."""
    with everybody(world) as (anna, bert, attacker, tamper, reader):
        call = attacker.send(attacker.invite(bert, anna.aor, "sim01" + secrets.token_hex(16)), bert)
        rand_a = attacker.wait_answer(call).tag("To").partition("_")[2]
        asked = attacker.send(attacker.invite(anna, bert.aor, "sim01" + rand_a), anna)
        sres_a = re.match("sim02(.{8})_", attacker.wait_answer(asked).tag("To"))[1]
        assert sres_a == triplet(anna.sim, bytes.fromhex(rand_a))[1].hex()
        # The first ACK was an ordinary one and closed the call: this is the call with the answer known.
        attacker.branch = "z9hG4bKsim03" + sres_a
        call = attacker.send(attacker.invite(bert, anna.aor, "sim01" + secrets.token_hex(16)), bert)
        bert.wait_outcome("done", 4)

        invite, answer, _ = real_call(world, tamper)
        before = runs(world, reader)
        for phone, words in ((world.alice, answer.tag("To").split(".")[2:4]), (world.bob, invite.tag("From").split(".")[1:3])):
            # A challenge for Alice's SIM as the callee's, and Bob's, once more, in calls that the stranger places.
            element = f"sim01.{words[0]}.{words[1]}.{b64u(secrets.token_bytes(16))}"
            refused(world, attacker, phone, element)
        assert runs(world, reader) == before, "a SIM answered a relayed challenge"


@case("attack.paper.replay", limit=90)
def replay(world):
    """A call that was heard, said again: Bert takes it for Anna. With aka and gsm nobody is announced, and no SIM runs."""
    with everybody(world) as (anna, bert, attacker, tamper, reader):
        anna.call(bert)
        bert.wait_outcome("done", 2)
        heard = next(m for m in bert.heard if m.method == "INVITE" and not m.is_response)
        attacker.branch = next(m for m in bert.heard if m.method == "ACK").branches()[-1]
        attacker.send(attacker.again(heard, "replayed"), bert)
        bert.wait_outcome("done", 4)

        world.alice, world.bob = world.bob, world.alice
        invites = []
        for _ in range(2):  # Bob calls Alice (aka), then Alice Bob (gsm)
            flow.hang_up(world, flow.connect(world))
            invites.append((world.bob, tamper.last("INVITE")))
            world.alice, world.bob = world.bob, world.alice
        world.alice, world.bob = world.bob, world.alice
        before = runs(world, reader)
        assert [invite.tag("From").split(".")[1] for _, invite in invites] == ["aka", "gsm"], invites
        for number, (phone, invite) in enumerate(invites):
            call = attacker.send(attacker.again(invite, f"replay-{number}"), phone)
            refused(world, attacker, phone, None, call)
        assert runs(world, reader) == before, "a SIM ran for an INVITE that came again"
