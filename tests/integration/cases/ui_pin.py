# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's PIN in the window: remembered, wrong, the last try, blocked; with a card in a reader and a real keyring."""

from cases import case
from cases.ui_live import Watched, trust_system
from world import flow
from world.card_reader import card_of, reader_on
from world.screen import Seat

PIN, NEW_PIN, OTHER_PIN, WRONG_PIN = "73519284", "60418826", "5150937", "40417263"
ASKED = "PIN of Your SIM"


def spent(reader):
    """PINs that were given to a card: a VERIFY with data."""
    return len([c for c in reader.commands("verify") if c["length"] > 5])


def waits(reader, count):
    flow.wait_any(lambda: spent(reader) >= count, 20, f"PIN number {count} at the card")
    assert spent(reader) == count, reader.commands("verify")


def dialog_gone(world):
    """By the X server: GTK 4.8 ends when a window is read while it leaves."""
    flow.wait_any(lambda: not world.bob.screen.windows(f"^{ASKED}$"), 20, f"end of {ASKED!r}")


def put_in(reader, profile):
    reader.order({"do": "swap", "profile": profile})


def remember(world, window, reader):
    """The person types the PIN and has it remembered."""
    window.wait_text("3 tries are left", limit=40)
    window.press("Remember on this computer")
    window.type("PIN", PIN)
    window.press("Unlock")
    dialog_gone(world)
    waits(reader, 1)


def pulled_and_back(window, reader):
    """Nobody types anything."""
    reader.order({"do": "pull"})
    window.wait_text("Put the SIM card into the reader")
    reader.order({"do": "insert"})
    waits(reader, 2)
    window.wait_text("Ready")
    assert not window.says(ASKED), window.words()


def another_card(world, window, reader, profile):
    """It is asked for, and nothing was tried on it."""
    put_in(reader, profile)
    window.wait_text("Another SIM than before")
    window.press("Diagnosis")
    window.press("Run Self-Test")
    window.wait_text(ASKED)
    window.wait_text("3 tries are left")
    assert spent(reader) == 2, reader.commands("verify")
    reader.order({"do": "pull"})
    dialog_gone(world)


def changed_pin(world, window, reader, profile):
    """The right card, whose PIN was changed in a mobile phone: one try, then the person, and it is forgotten."""
    window.press("Preferences")
    window.wait_text("Remembered since")
    put_in(reader, profile)
    window.wait_text("2 tries are left", limit=30)
    waits(reader, 3)
    world.bob.screen.picture(world.bob.node.path("asked-again.png"))
    window.press("Remember on this computer")
    window.type("PIN", NEW_PIN)
    window.press("Unlock")
    dialog_gone(world)
    waits(reader, 4)
    window.press("Now")
    window.press("Preferences")
    window.wait_text("Remembered since")
    world.bob.screen.picture(world.bob.node.path("remembered.png"))


def last_try_and_puk(world, window, reader):
    """Two tries were spent elsewhere: the remembered one is not given, and a person's last one only with their word."""
    reader.order({"do": "spend_pin", "count": 2})
    reader.order({"do": "pull"})
    window.press("Readers and SIMs")
    window.wait_text("Put the SIM card into the reader")
    reader.order({"do": "insert"})
    window.wait_text("Only one try is left.")
    assert spent(reader) == 4, "the last try was spent by itself"
    window.type("PIN", WRONG_PIN)
    pressed = world.bob.screen.try_ask(app=window.name, do="press", name="Unlock")
    assert "error" in pressed, "the last try without the person's word"
    world.bob.screen.picture(world.bob.node.path("last-try.png"))
    window.press("Use the last try")
    window.press("Unlock")
    window.wait_text("This SIM is blocked after too many wrong PINs.")
    waits(reader, 5)
    world.bob.screen.picture(world.bob.node.path("blocked.png"))


def forget(window):
    window.press("Preferences")
    window.press("Forget")
    window.wait_text("When you enter a PIN you can have it remembered")


@case("ui.live.pin", limit=240)
def pin(world):
    """Bob's PIN is remembered: his card comes back and is ready unasked; another card is asked for; a PIN that is wrong
    by now costs one try and is forgotten; the last try is a person's; a blocked card is told to want its PUK."""
    world.start_network()
    world.start_gateways()
    world.add_phones(bob={"kind": Seat})
    sims, bob = world.issue_sims(), world.bob
    trust_system(world, bob)
    cards = [card_of(bob.node, sims["bob"], pin=PIN, pin_enabled=True),
             card_of(bob.node, sims["alice"], name="other", pin=OTHER_PIN, pin_enabled=True),
             card_of(bob.node, sims["bob"], name="changed", pin=NEW_PIN, pin_enabled=True)]
    with reader_on(bob.node, cards[:1]) as reader:
        bob.use_sim(sims["bob"], world.root, place="pcsc")
        bob.start_screen()
        watched = Watched(bob.node)
        window = bob.screen.open("simauth-ui")
        window.wait_text("No Linphone Is Running")
        window.press("Readers and SIMs")
        bob.start_linphone()
        remember(world, window, reader)
        window.wait_text("Ready")
        pulled_and_back(window, reader)
        another_card(world, window, reader, cards[1])
        changed_pin(world, window, reader, cards[2])
        last_try_and_puk(world, window, reader)
        forget(window)
        seen = watched.end()
        bob.screen.close_hands()
        bob.stop()
    assert not window.complaints(), window.complaints()
    for digits in (PIN, NEW_PIN, OTHER_PIN, WRONG_PIN):
        assert digits.encode() not in seen and digits.encode("utf-16-le") not in seen, "a PIN was on the bus"
