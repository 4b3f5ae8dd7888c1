# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that is sent elsewhere by a redirect server (3xx): whom it reaches then is who is authenticated."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from world import badday, flow
from world.session_bus import CALL, Client, SessionBus

B = "operator-b.example"


def dial_moved(world, dialled, reached):
    """Alice dials somebody, `reached` rings and answers, both are told "authenticated"; her call."""
    before = world.alice.mark(), reached.mark()
    call = world.alice.call(f"sip:{dialled}@{B}")
    reached.wait_state("IncomingReceived", after=before[1])
    reached.answer()
    for phone, mark in zip((world.alice, reached), before):
        phone.wait_state("StreamsRunning", after=mark)
        phone.wait_note(AUTHENTICATED)
    refuse(reached, NOT_AUTHENTICATED)
    return call


def invites(world, code):
    """Alice's two INVITEs, after a redirection by `code`."""
    messages = world.messages()
    assert messages.all("INVITE", status=code, target=world.alice), "nobody redirected"
    first, second = [messages.first("INVITE", source=world.alice, call_id=c) for c in messages.calls()]
    return first, second


def told_of(world, user):
    """What Alice is told of the call in the end is about this one."""
    record = badday.told(world.alice, "authenticated")
    assert record["peer"] == f"sip:{user}@{B}" and record["nai"] == f"{user}@{B}", record


def from_nobody(world, code):
    prepare(world)
    call = dial_moved(world, "robert", world.bob)
    told_of(world, "bob")
    flow.hang_up(world, call)
    told_of(world, "bob")
    first, second = invites(world, code)
    assert not first.elements(), "an element for somebody whom no operator knows"
    assert second.elements(), second.text


@case("call.redirect.302", for_b={"redirects": {"robert": (302, f"sip:bob@{B}")}})
def temporarily(world):
    """302 from an address that nobody vouches for to one that somebody does: authenticated as the second."""
    from_nobody(world, 302)


@case("call.redirect.301", for_b={"redirects": {"robert": (301, f"sip:bob@{B}")}})
def permanently(world):
    """The same with 301."""
    from_nobody(world, 301)


@case("call.redirect.vouched", for_b={"redirects": {"bob": (302, f"sip:dave@{B}")}})
def from_somebody(world):
    """302 from Bob to Dave: a new exchange for Dave, nothing of Bob's element goes to him, Dave is who is shown."""
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones()
    dave = world.add_phone("dave", "b", 40)
    sims = {**world.issue_sims(), "dave": world.issue_sim("dave", "b")}
    world.alice.bus = SessionBus(world.alice.node).start()
    for phone in world.phones:
        phone.use_sim(sims[phone.user], world.root)
        phone.start(wait_registered=False)
    for phone in world.phones:
        phone.wait_registered()
        phone.wait_note(r"simauth: ready: ")
    dial_moved(world, "bob", dave)
    told_of(world, "dave")
    Client(world.alice.node).find().wait_one(CALL, {"Phase": "talking", "Verdict": "authenticated"})
    world.alice.terminate()
    for phone in (world.alice, dave):
        phone.wait_state("Released")
    first, second = invites(world, 302)
    assert first.elements() and second.elements() and first.tag("From") != second.tag("From"), second.text
    assert first.tag("From") not in second.text
