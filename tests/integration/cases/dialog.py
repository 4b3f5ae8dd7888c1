# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens inside a call that is authenticated: hold, refresh, other media, other addresses."""

from cases import case
from world import flow, talk, tamper
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, Talk, connected, finish


@case("call.dialog.hold")
def hold(world):
    """Each side holds the call and takes it up again: the same call, authenticated from beginning to end."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    for phone in (world.alice, world.bob):
        call.pause(phone).resume(phone)
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))


@case("call.dialog.refresh")
def refresh(world):
    """Session timers (RFC 4028): a refresh (UPDATE without SDP) changes nothing."""
    timers = "session_expires_enabled=1\nsession_expires_value=4\nsession_expires_min_value=2"
    talk.prepare(world, phones={"alice": {"sip": timers}, "bob": {"sip": timers}})
    call = connected(world.alice, world.bob)
    refreshes = "Session Timers, uac UPDATE refresh"
    flow.wait_any(lambda: world.bob.said().count(refreshes) >= 2, 8, "refresh and its answer")
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    world.messages().first("UPDATE", status=200)


@case("call.dialog.update")
def update(world):
    """UPDATE with SDP (RFC 3311) from either side: the same keys are offered, so the word stays; with another key it goes."""
    hook = tamper.Tamper()
    talk.prepare(world, hook=hook, phones={"alice": {"program": talk.HOST}, "bob": {"program": talk.HOST}})
    call = connected(world.alice, world.bob)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.command(f"update {call.numbers[phone]}")
        call.wait(phone, "Updating")
        call.wait(other, "UpdatedByRemote")
        call.wait(phone, "StreamsRunning")
        call.wait(other, "StreamsRunning")
    hook.rule = lambda message, towards_bob: tamper.other_hash(message.text) if towards_bob and message.method == "UPDATE" else None
    world.alice.command(f"update {call.numbers[world.alice]}")
    talk.wait_word(world.bob, call, "not-authenticated", "SDP_DIFFERENT")
    call.wait(world.alice, "Updating")
    call.wait(world.alice, "StreamsRunning")
    hook.rule = None
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, ("callee", "not-authenticated", "SDP_DIFFERENT")))
    messages = world.messages()
    for source, target in ((world.alice, world.bob), (world.bob, world.alice)):
        assert "a=zrtp-hash" in messages.first("UPDATE", source=source).body
        assert "a=zrtp-hash" in messages.first("UPDATE", status=200, source=target).body


def shows_video(world):
    """Phones that take pictures, of a camera that is none, and accept others'."""
    for phone in (world.alice, world.bob):
        talk.takes_pictures(phone, initiate=False)


def set_video(phone, lines):
    path = phone.node.path(".config/linphone/linphonerc")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("[video]\n", f"[video]\n{lines}\n"))


@case("call.dialog.video")
def video(world):
    """Video is added: no Linphone tells how its stream was keyed, so the word goes at once; the call goes on."""
    talk.prepare(world, before=shows_video)
    call = connected(world.alice, world.bob)
    world.alice.command(f"video {call.numbers[world.alice]}")
    call.wait(world.alice, "Updating")
    call.wait(world.alice, "StreamsRunning")
    for phone in (world.alice, world.bob):
        talk.wait_word(phone, call, "not-authenticated", "SDP_DIFFERENT")
    call.hang_up()
    finish((world.alice, ("caller", "not-authenticated", "SDP_DIFFERENT")),
           (world.bob, ("callee", "not-authenticated", "SDP_DIFFERENT")))
    messages = world.messages()
    offer = messages.all("INVITE", target=world.bob)[-1].body
    assert offer.count("a=zrtp-hash") == 2, offer
    assert "\nm=video 0 " not in messages.all("INVITE", status=200, target=world.alice)[-1].body


@case("call.dialog.video_refused")
def video_refused(world):
    """Alice, under `require`, offers video to a phone that shows none: what it refused was never there, and they go on talking."""
    talk.prepare(world, settings={"alice": {"policy": "require"}},
                 before=lambda w: set_video(w.bob, "automatically_initiate=0\nautomatically_accept=0"))
    call = connected(world.alice, world.bob)
    world.alice.command(f"video {call.numbers[world.alice]}")
    call.wait(world.alice, "Updating")
    call.wait(world.alice, "StreamsRunning")
    assert not world.alice.notes(r"call \S+ caller: not-authenticated"), "the word went"
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, ("callee", "not-authenticated", "SDP_DIFFERENT")))
    messages = world.messages()
    assert messages.all("INVITE", target=world.bob)[-1].body.count("a=zrtp-hash") == 2
    assert "\nm=video 0 " in messages.all("INVITE", status=200, target=world.alice)[-1].body


@case("call.dialog.dtmf")
def dtmf(world):
    """Tones by INFO in the call, both ways: they arrive, and the word stays."""
    talk.prepare(world, phones={"alice": {"sip": "use_info=1\nuse_rfc2833=0"}, "bob": {"sip": "use_info=1\nuse_rfc2833=0"}})
    call = connected(world.alice, world.bob)
    for phone, other in ((world.alice, world.bob), (world.bob, world.alice)):
        phone.command("dtmf 7")
        other.wait_event(lambda e: e.kind == "receiving-tone" and e.fields["Tone"] == "7", what="tone")
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    assert world.messages().first("INFO", status=200)


@case("call.dialog.message")
def message(world):
    """A MESSAGE to the same person during the call goes its own way: no element, no question to a gateway."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    world.alice.command(f"message {world.bob.aor} good morning")
    got = world.bob.wait_event(lambda e: e.kind == "message-received", what="message")
    assert "good morning" in got.fields["Content"], got
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    sent = world.messages().first("MESSAGE", target=world.bob)
    assert not sent.elements() and not sent.tag("To"), sent.text
    for operator in world.operators.values():
        assert len(operator.gateway.records()) == 1, "MESSAGE was asked about"


@case("call.dialog.gruu")
def gruu(world):
    """Phones with +sip.instance and GRUU (RFC 5627), which only the registrar resolves: ACK and BYE arrive."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    call.hang_up(by=world.bob)
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    messages = world.messages()
    ack, bye = messages.first("ACK", source=world.alice), messages.first("BYE", source=world.bob)
    for request in (ack, bye):
        assert ";gr=urn:uuid:" in request.first_line, request.first_line
    assert "+sip.instance" in messages.first("REGISTER", source=world.alice).text
