# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A SIM that keeps the phone's worker waiting: the calls meanwhile."""

import os
import sys
import time

from cases import case
from cases.call import AUTHENTICATED
from cases.card import LOCKED, phones_with_cards
from world import flow
from world.badday import told

AWAY = 3.7  # seconds: longer than any SIM or gateway may take

# The person who does not answer: a real pinentry has no display here. It waits for the file `pin`.
PINENTRY = """#!{python} -S
import os, sys, time
folder = {folder!r}
print("OK Pleased to meet you", flush=True)
for line in sys.stdin:
    if line.startswith("GETPIN"):
        open(folder + "/asked", "w").close()
        while not os.path.exists(folder + "/pin"):
            time.sleep(0.05)
        print("D " + open(folder + "/pin").read(), flush=True)
    print("OK", flush=True)
"""


def pinentry_of(phone):
    folder = phone.node.make_folder("person", mode=0o700)
    phone.node.write("person/pinentry", PINENTRY.format(python=sys.executable, folder=folder), 0o700)
    phone.node.env["PATH"] = f"{folder}:{phone.node.env['PATH']}"
    return folder


@case("call.card.pin_dialogue")
def pin_dialogue(world):
    """Nobody enters Alice's PIN: calls from her and to her are decided at once, and with the PIN the next is authenticated."""
    with phones_with_cards(world, "alice", ready=False, card=LOCKED, pin="ask"):
        world.alice.ask_to_stop()
        world.alice.stop()
        world.alice.forget()
        folder = pinentry_of(world.alice)
        world.alice.start()
        flow.wait_any(lambda: os.path.exists(f"{folder}/asked"), 10, "question for the PIN")
        flow.pause_until(time.monotonic() + AWAY)
        for caller, callee in ((world.alice, world.bob), (world.bob, world.alice)):
            before, start = (caller.mark(), callee.mark()), time.monotonic()
            call = caller.call(callee.aor)
            callee.wait_state("IncomingReceived", after=before[1])
            took = time.monotonic() - start
            assert took < 1, f"rang after {took:.2f} s"
            caller.terminate(call)
            for phone, mark in zip((caller, callee), before):
                phone.wait_state("Released", after=mark)
            told(world.alice, "not-authenticated", "CARD_FAILED", "busy with another call, or waits for its PIN")
        world.alice.node.write("person/pin", "1234", 0o600)
        world.alice.wait_note("simauth: ready: ")
        call = flow.connect(world)
        for phone in (world.alice, world.bob):
            phone.wait_note(AUTHENTICATED)
        flow.hang_up(world, call)
