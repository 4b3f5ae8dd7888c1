# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to the phone itself around a call: registered anew, on another network, suspended and woken."""

import time

from cases import case
from world import badday, flow, net, talk
from world.badday import Stopped
from world.talk import AUTHENTICATED_IN, AUTHENTICATED_OUT, Talk, connected, finish

ASLEEP = 1.5  # seconds: several repetitions of SIP and of ZRTP, and more than a gateway may take
MOVED = 91  # the phone's new address


def move(phone):
    """The phone's machine gets another address, as on another Wi-Fi."""
    name, device = phone.node.name, ("dev", "eth0")
    net.ip("-n", name, "addr", "del", f"{phone.node.address}/24", *device)
    net.ip("-n", name, "addr", "add", f"{net.PREFIX}{MOVED}/24", *device)
    net.ip("-n", name, "route", "replace", "default", "via", net.PREFIX + "1")
    phone.node.address = f"{net.PREFIX}{MOVED}"


def asleep(phone):
    """With this, the phone's machine sleeps, for that long at least (the time is what is tested)."""
    woken = time.monotonic() + ASLEEP

    class Sleep(Stopped):
        def __exit__(self, *exception):
            flow.pause_until(woken)
            super().__exit__(*exception)
    return Sleep(phone.process)


@case("call.network.registered_anew")
def registered_anew(world):
    """Both phones' registrations end and begin anew in the call: requests of the dialog still find their way."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    for phone in world.phones:
        phone.command("unregister 1")
        phone.command(f"register sip:{phone.user}@{phone.domain} sip:{phone.domain} sip-{phone.user}")
        phone.wait_registered()
    call.pause(world.bob).resume(world.bob).hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))


@case("call.network.moved_in_call")
def moved_in_call(world):
    """Alice's phone comes to another network in the call: re-INVITE with new addresses, the same keys, the same word."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    move(world.alice)
    call.wait(world.bob, "UpdatedByRemote", limit=20)
    call.wait(world.bob, "StreamsRunning")
    call.wait(world.alice, "StreamsRunning", limit=20)
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
    offer = world.messages().all("INVITE", target=world.bob)[-1].body
    assert f"{net.PREFIX}{MOVED}" in offer, offer


@case("call.network.moved_ringing")
def moved_ringing(world):
    """The same while Bob's phone rings: Linphone places the call once more in the place of the first, and it rings once.

    Linphone 5.1 offers the media at the old address in that INVITE, so no ZRTP comes to pass and nobody is told
    "authenticated"; each call of ours finds its media all the same.
    """
    talk.prepare(world)
    call = Talk(world.alice, world.bob).ring()
    move(world.alice)
    world.bob.wait_note(r"callee: announced: ", count=2, limit=20)
    world.alice.wait_note(r"caller: answered: ", count=2)
    assert sum(e.state == "IncomingReceived" for e in world.bob.events()) == 1, "it rang twice"
    call.answer()
    for phone in (world.alice, world.bob):
        phone.wait_note(r": keyed: media=zrtp done=yes")
    call.hang_up()
    finish((world.alice, ("caller", "answered", ""), ("caller", "answered", "")),
           (world.bob, ("callee", "announced", ""), ("callee", "announced", "")))
    messages = world.messages()
    first, second = (messages.first("INVITE", call_id=c) for c in messages.calls())
    assert first.call_id in second.header("Replaces") and first.tag("From") != second.tag("From")
    assert messages.all("INVITE", target=world.bob)[-1].body.count("10.83.0.31"), "Linphone has learned it: say so in docs"


@case("call.suspend.asking")
def asking(world):
    """Alice's machine sleeps while her gateway is asked, longer than that may take: told so, and the next call is whole."""
    badday.prepare(world, doors=True)
    world.doors["a"].delay = 0.3
    call = Talk(world.alice, world.bob)
    with asleep(world.alice):
        pass
    world.doors["a"].delay = 0
    call.ring().answer()
    talk.wait_word(world.alice, call, "not-authenticated", "(GATEWAY_DOWN|HOLD_EXPIRED)")
    call.hang_up()
    reason = talk.last_words(world.alice)[0][2]
    connected(world.alice, world.bob).hang_up()
    finish((world.alice, AUTHENTICATED_OUT, ("caller", "not-authenticated", reason)),
           (world.bob, AUTHENTICATED_IN, ("callee", "not-authenticated", "INVITE_BARE")))


@case("call.suspend.called")
def called(world):
    """Bob's machine sleeps when the INVITE comes, which is repeated meanwhile: it rings once, and is authenticated."""
    talk.prepare(world)
    call = Talk.follows(world.alice, world.bob)
    with asleep(world.bob):
        call.numbers[world.alice] = world.alice.call(world.bob.aor)
    call.ring().answer().authenticated().hang_up()
    assert sum(e.state == "IncomingReceived" for e in world.bob.events()) == 1, "it rang twice"
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))


@case("call.suspend.ringing")
def ringing(world):
    """Alice's machine sleeps while Bob's phone rings, and he answers meanwhile."""
    talk.prepare(world)
    call = Talk(world.alice, world.bob).ring()
    with asleep(world.alice):
        world.bob.answer(call.numbers[world.bob])
    call.run().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))


@case("call.suspend.answering")
def answering(world):
    """Bob's machine sleeps between his 200 and the ACK, in the middle of ZRTP."""
    talk.prepare(world)
    call = Talk(world.alice, world.bob).ring()
    world.bob.answer(call.numbers[world.bob])
    with asleep(world.bob):
        pass
    call.run().authenticated().hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))


@case("call.suspend.talking")
def talking(world):
    """Each side's machine sleeps for a while in the call, and one of them while it is on hold: the word stays."""
    talk.prepare(world)
    call = connected(world.alice, world.bob)
    for phone in (world.alice, world.bob):
        with asleep(phone):
            pass
        assert phone.state(call.numbers[phone]) == "StreamsRunning"
    call.pause(world.bob)
    with asleep(world.alice):
        world.bob.command(f"call-resume {call.numbers[world.bob]}")
    call.wait(world.bob, "StreamsRunning")
    call.wait(world.alice, "StreamsRunning")
    call.hang_up()
    finish((world.alice, AUTHENTICATED_OUT), (world.bob, AUTHENTICATED_IN))
