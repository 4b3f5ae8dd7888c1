# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The call that is sent elsewhere by a redirect server (3xx): whom it reaches then is who is authenticated."""

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, prepare, refuse
from cases.ui_bus import clients, with_buses
from world import badday, flow
from world.session_bus import CALL, Client, SessionBus

B = "operator-b.example"


def dial_moved(world, dialled, reached, clean=True):
    """Alice dials somebody, `reached` rings and answers, both are told "authenticated", and nothing else if `clean`; her call."""
    before = world.alice.mark(), reached.mark()
    call = world.alice.call(f"sip:{dialled}@{B}")
    reached.wait_state("IncomingReceived", after=before[1])
    reached.answer()
    for phone, mark in zip((world.alice, reached), before):
        phone.wait_state("StreamsRunning", after=mark)
        phone.wait_note(AUTHENTICATED)
    if clean:
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


def listed(world, client, name, before, talk, **record):
    """The call is one entry that runs, in both lists, and after it has ended one record with these fields."""
    client.wait_one(CALL, {"Phase": "talking"})
    assert len([object for object in client.objects(CALL).values() if object["Phase"] != "ended"]) == 1, client.objects(CALL)
    for live in ([True], []):
        calls = badday.calls(world.alice)
        assert [call["live"] for call in calls] == live + [False] * (len(calls) - len(live)), calls
        assert len(calls) == before + 1 and calls[0]["peer"] == f"sip:{name}@{B}", calls
        if live:
            flow.hang_up(world, talk)
    _, rows = client.call("History", "(uu)", 0, 10)
    assert {key: rows[0][key] for key in record} == record, rows[0]


def forgotten(world):
    """Alice's phone forgets the INVITE that was redirected, as it does after half a minute: with its connection."""
    proxy = world.operators["a"].proxy
    proxy.stop()
    world.alice.wait_log(r"Client INVITE transaction \S+ terminated")
    proxy.start()


def dial_stranger(world):
    """Alice dials Robert, and Bob answers, about whom nobody was asked; her call."""
    before = world.alice.mark(), world.bob.mark()
    talk = world.alice.call(f"sip:robert@{B}")
    world.bob.answer(world.bob.wait_state("IncomingReceived", after=before[1]).call)
    world.alice.wait_state("StreamsRunning", after=before[0])
    return talk


@case("call.redirect.unasked", transport="tcp", for_b={"redirects": {"robert": (302, f"sip:bob@{B}")}})
def unasked(world):
    """302 from a stranger to another: one entry while it runs, one record, answered; so from somebody with a rule; to somebody with one: the same, and authenticated."""
    prepare(world, ask="known", before=with_buses, phones={"alice": {"media_encryption": "zrtp"}})  # to strangers too
    (client,) = clients(world, [world.alice])
    talk = dial_stranger(world)
    forgotten(world)
    listed(world, client, "bob", 0, talk, Verdict="none", Reason="untouched", Answered=True)
    world.alice.ctl("settings", "set", "--peer", f"sip:robert@{B}", "ask", "yes")
    talk = dial_stranger(world)
    listed(world, client, "bob", 1, talk, Verdict="none", Reason="untouched", Answered=True)
    world.alice.ctl("settings", "set", "--peer", world.bob.aor, "ask", "yes")
    talk = dial_moved(world, "robert", world.bob, clean=False)
    listed(world, client, "bob", 2, talk, Verdict="authenticated", Answered=True)
