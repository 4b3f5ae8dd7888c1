# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The window as a person meets it: linphone-desktop and simauth-ui side by side, real operators behind them.

The words are read and the buttons pressed through AT-SPI, as a screen reader does; Linphone, which offers no such
tree, is driven by its command line and by clicks. Pictures of what was seen lie in the node's folder.
"""

import contextlib
import re
import shutil
import time

from cases import case
from world import flow
from world.card_reader import card_of, reader_on
from world.screen import Seat

PIN, WRONG_PIN = "73519284", "40417263"
BOAST = "Operator C, verified"  # what a caller calls herself


class Watched:
    """All that crosses Bob's session bus, octet for octet."""

    def __init__(self, node):
        self.path = node.path("bus.pcap")
        self._process = node.start("bus-monitor", ["sh", "-c", f"exec dbus-monitor --session --pcap > {self.path}"])
        flow.wait_any(lambda: self.octets(), 10, "the monitor on the bus")

    def octets(self):
        try:
            with open(self.path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return b""

    def end(self):
        self._process.stop()
        return self.octets()


def operators(world, **phones):
    world.start_capture()
    world.start_network()
    world.start_gateways()
    world.add_phones(**phones)
    return world.issue_sims()


def trust_system(world, phone):
    """The world's root among those that this computer trusts: a person sets no certificates."""
    phone.node.env["SSL_CERT_FILE"] = world.root.certificate
    phone.node.binds.append((world.root.certificate, "/etc/ssl/certs/ca-certificates.crt"))


@contextlib.contextmanager
def seat_with_card(world, **card):
    """Bob at his desk with a card in the reader and nothing set up; Alice's phone is ready. Yields the reader."""
    sims = operators(world, bob={"kind": Seat})
    bob, alice = world.bob, world.alice
    alice.use_sim(sims["alice"], world.root)
    alice.start(wait_registered=False)
    trust_system(world, bob)
    with reader_on(bob.node, [card_of(bob.node, sims["bob"], **card)]) as reader:
        bob.start_screen()
        alice.wait_registered()
        alice.wait_note(r"simauth: ready: ")
        try:
            yield reader
        finally:
            bob.screen.close_hands()
            bob.stop()


# -- the assistant --------------------------------------------------------------------------------


def open_assistant(window):
    window.press("Main Menu")
    window.press("Set Up…")


def from_empty_to_ready(world, window):
    """What a person does who never read a manual; the seconds that it took."""
    bob = world.bob
    window.wait_text("Know Who Is Speaking", limit=60)
    begin = time.monotonic()
    window.wait_text("bob@operator-b.example")
    window.press("Continue")
    window.wait_text("A card is in it")
    window.press("Continue")
    window.wait_text("3 tries are left")
    window.type("PIN", WRONG_PIN)
    window.press("Unlock")
    window.wait_text("That PIN was wrong.")
    window.wait_text("2 tries are left")
    bob.screen.picture(bob.node.path("wrong-pin.png"))
    window.type("PIN", PIN)
    window.press("Unlock")
    window.wait_text("Your Operator")
    window.wait_text("bsf.mnc001.mcc001.pub.3gppnetwork.org")  # made from his SIM's network; there is none here
    window.wait_text("Made from your SIM’s network: it may not exist yet")
    window.type("Another name", world.operators["b"].gateway_name)
    window.press("Continue")
    window.wait_text("You are bob@operator-b.example, and Operator B vouches for you.", limit=30)
    return time.monotonic() - begin


# -- calls ----------------------------------------------------------------------------------------


def notified(bob, text, after):
    return bob.screen.wait_notification(text, after=after)


def incoming(world, window, picture):
    """Alice calls Bob, who answers in Linphone's own window: the words before and after."""
    bob = world.bob
    shown, before, rung = len(bob.screen.notifications()), world.alice.mark(), bob.mark()
    call = world.alice.call(bob.aor)
    bob.wait_state("IncomingReceived", after=rung)
    window.wait_text("Announced by Operator A")
    assert not window.says("Authenticated"), window.words()
    rings = notified(bob, "Announced by Operator A", shown)
    assert "uthenticated" not in f"{rings['summary']} {rings['body']}", rings
    bob.answer()
    world.alice.wait_state("StreamsRunning", after=before)
    window.wait_text("Authenticated")
    window.wait_text("alice@operator-a.example, vouched for by Operator A")
    notified(bob, "Authenticated", shown + 1)
    bob.screen.side_by_side()
    bob.screen.picture(bob.node.path(picture))
    return call


def outgoing(world, window, *words, limit=20):
    """Bob calls Alice from Linphone's window and she answers; until one of the words is in ours."""
    before = world.alice.mark()
    world.bob.call(world.alice.aor)
    world.alice.wait_state("IncomingReceived", after=before)
    world.alice.answer()
    window.wait_text(*words, limit=limit)
    return before


def hang_up(world, began=None):
    """Bob ends the call; one that began at that mark may have ended by itself, where a proof was wrong or missing."""
    before = world.alice.mark() if began is None else began
    if not any(e.state == "Released" for e in world.alice.events()[before:]):
        world.bob.terminate()
        world.alice.wait_state("Released", after=before)


def outgoing_without_sim(world, window, picture):
    """Bob calls Alice, whom he knows, and has no SIM to show: she may ring for a moment, and nobody talks."""
    began = world.alice.mark()
    world.bob.call(world.alice.aor)
    window.wait_text("Your SIM could not answer")
    world.bob.screen.picture(world.bob.node.path(picture))
    world.bob.terminate()

    def quiet():
        states = [e.state for e in world.alice.events()[began:]]
        return not states or "Released" in states
    flow.wait_any(quiet, 15, "end of the call at Alice's")


# -- the report -----------------------------------------------------------------------------------


def report_of(window):
    """What the button copies, as it stands on the page."""
    window.press("Diagnosis")
    window.press("Copy Report")
    return next(word for word in window.words() if word.startswith("SIM Call Security 0"))


def check_report(world, window):
    report = report_of(window)
    secrets = {PIN, WRONG_PIN, world.alice.aor, world.alice.aor.split(":")[1]}
    for sim in world.sims.values():
        secrets |= {sim.imsi, sim.k, sim.opc, sim.nai}
    found = [secret for secret in secrets if secret.lower() in report.lower()]
    assert not found, f"{found} in the report:\n{report}"
    assert "[good]" in report and "Authenticated" in report, report


@case("ui.live.card", limit=300)
def card(world):
    """From an empty computer to a verified call with a card and its PIN, then the card is pulled in the call, and
    comes back: what the window and the notifications say, and what the bus and the report never have."""
    with seat_with_card(world, pin=PIN, pin_enabled=True) as reader:
        bob = world.bob
        watched = Watched(bob.node)
        window = bob.screen.open("simauth-ui")
        window.wait_text("No Linphone Is Running")
        open_assistant(window)
        window.wait_text("Verified calls are made with Linphone")
        bob.start_linphone()
        took = from_empty_to_ready(world, window)
        bob.screen.side_by_side(other=None)
        bob.screen.picture(bob.node.path("ready.png"))
        print(f"from the assistant's first page to ready: {took:.1f} s", flush=True)
        assert took < 60, took
        window.press("Done")
        incoming(world, window, "authenticated.png")
        reader.order({"do": "pull"})
        window.press("Readers and SIMs")
        window.wait_text("Put the SIM card into the reader")
        bob.screen.picture(bob.node.path("pulled.png"))
        hang_up(world)
        window.press("Now")
        outgoing_without_sim(world, window, "no-sim.png")
        reader.order({"do": "insert"})
        window.wait_text("tries are left")
        window.type("PIN", PIN)
        window.press("Unlock")
        window.wait_gone("tries are left")
        outgoing(world, window, "Authenticated")
        hang_up(world)
        check_report(world, window)
        assert not window.complaints(), window.complaints()
        seen = watched.end()
        assert b"EnterPin" in seen
        for pin in (PIN, WRONG_PIN):
            assert pin.encode() not in seen and pin.encode("utf-16-le") not in seen, "a PIN was on the bus"


# -- the assistant's last page --------------------------------------------------------------------

HINT = "somebody you know who has this too"


@case("ui.live.first", label="long", limit=240)
def first(world):
    """The first call, on the assistant's last page, with somebody who is really there: as the page says it, the other
    one calls; it goes on and ends where the person looks, and then nobody has to be told how to call back."""
    with seat_with_card(world):
        bob = world.bob
        window = bob.screen.open("simauth-ui")
        open_assistant(window)
        bob.start_linphone()
        window.wait_text("Know Who Is Speaking", limit=60)
        window.press("Continue")
        window.wait_text("A card is in it")
        window.press("Continue")
        window.wait_text("Your Operator")
        window.type("Another name", world.operators["b"].gateway_name)
        window.press("Continue")
        window.wait_text(HINT, limit=40)
        incoming(world, window, "first.png")
        assert not window.says(HINT), window.words()
        hang_up(world)
        window.wait_text("Incoming call, ended")
        window.press("Done")
        window.wait_gone("No letters to read aloud")
        outgoing(world, window, "Authenticated")
        hang_up(world)
        assert not window.complaints(), window.complaints()


# -- what others than the window do ----------------------------------------------------------------


def contacts_follow(world, window):
    """The list of contacts follows the settings, which the person changes in a terminal."""
    bob, policy = world.bob, ["settings", "set", "--peer", "sip:dan@operator-a.example", "policy"]
    window.press("Contacts")
    window.wait_text("Vouched for by Operator A")
    bob.ctl(*policy, "require")
    window.wait_text("dan@operator-a.example")
    window.wait_text("No authenticated call yet")
    bob.ctl("settings", "set", "--peer", world.alice.aor, "policy", "off")
    window.wait_text("Vouched for by Operator A. Proof of a SIM: Off")


def linphone_ends(world, window):
    """One that tells nothing by the bus is seen to run, and to end, where the person looks."""
    window.press("Diagnosis")
    window.wait_text("Run Self-Test")
    world.alice.stop()
    other = shutil.copy("/usr/bin/sleep", world.bob.node.path("linphone"))
    other = world.bob.node.start("other", [other, "1000"])
    world.bob.stop()
    window.wait_text("Linphone runs, but the plugin is not in it.")
    other.stop()
    window.wait_text("Start Linphone.")
    window.wait_gone("the plugin is not in it")
    window.press("Now")
    window.wait_text("No Linphone Is Running")


# -- a software SIM, and others that are wrong -----------------------------------------------------


def offer_code(world, sim):
    """The operator's activation code for that subscriber, as a person gets it."""
    said = world.operators["b"].gateway.ctl("sim", "offer", sim.imsi, "--days", "1")
    return re.search(r"\S+/[0-9A-Z-]{26,}", said).group(0)


def alice_again(world, sim, **settings):
    """Alice's phone once more, with that SIM."""
    world.alice.stop()
    world.alice.forget()
    world.alice.use_sim(sim, world.root, **settings)
    world.alice.start()


def no_letters(bob, window):
    """The person does not want to read letters aloud after a proof: it is a setting from then on."""
    window.wait_text(HINT)
    window.press("No letters to read aloud")

    def kept():
        with open(bob.node.path(".config/simauth/simauth.conf"), encoding="utf-8") as text:
            return re.search(r"^mark_verified *= *true$", text.read(), re.M)
    flow.wait_any(kept, 10, "mark_verified in the settings")


@case("ui.live.software", limit=300)
def software(world):
    """Linphone was there first, and the SIM comes out of the operator's code: ready; then Alice has a wrong SIM, no
    plugin at work, and her right one; then no Linphone is left. What she calls herself is said nowhere."""
    sims = operators(world, bob={"kind": Seat}, alice={"display_name": BOAST})
    bob = world.bob
    trust_system(world, bob)
    world.alice.use_sim(sims["alice"].other(), world.root)
    world.alice.start(wait_registered=False)
    bob.start()
    world.alice.wait_registered()
    code = offer_code(world, sims["bob"])
    watched = Watched(bob.node)
    window = bob.screen.open("simauth-ui")
    window.wait_text("Know Who Is Speaking")  # nothing is set up: it comes by itself
    window.press("Continue")
    window.press("Enter a code from my operator")
    window.type("Code", code[:-1] + ("0" if code[-1] != "0" else "1"))
    window.press("Activate")
    window.wait_text("letter", "does not take this code")
    window.type("Code", code)
    window.press("Activate")
    window.wait_text("You are bob@operator-b.example, and Operator B vouches for you.", limit=40)
    no_letters(bob, window)
    window.press("Done")

    bob.ctl("settings", "set", "ask", "everybody")  # else nobody is asked about people who were never met
    began = outgoing(world, window, "The call was answered without proof of a SIM.", "another SIM answered")
    assert not window.says("Authenticated"), window.words()
    bob.screen.side_by_side(other=None)
    bob.screen.picture(bob.node.path("wrong-sim.png"))
    hang_up(world, began)

    alice_again(world, sims["alice"], enabled="false")
    shown, rung, before = len(bob.screen.notifications()), bob.mark(), world.alice.mark()
    world.alice.call(bob.aor)
    bob.wait_state("IncomingReceived", after=rung)
    window.wait_text("The call carries no proof of a SIM.")
    notified(bob, "Not authenticated", shown)
    assert not window.says(BOAST), window.words()
    bob.decline()
    world.alice.wait_state("Released", after=before)

    alice_again(world, sims["alice"])
    world.alice.wait_note(r"simauth: ready: ")
    incoming(world, window, "software.png")
    assert not window.says(BOAST), window.words()
    hang_up(world)
    assert BOAST not in report_of(window)
    contacts_follow(world, window)
    linphone_ends(world, window)
    assert not window.complaints(), window.complaints()
    assert not any(BOAST in f"{n['summary']} {n['body']}" for n in bob.screen.notifications())
    seen = watched.end()
    assert code.encode() not in seen, "the code was on the bus"
    assert BOAST.encode() not in seen, "a display name was on the bus"
    invites = world.messages().all("INVITE", target=bob)
    assert len(invites) == 2 and all(BOAST in m.header("From") for m in invites), invites
    bob.screen.close_hands()


# -- how it looks ---------------------------------------------------------------------------------


def look(world, name, page, words, width=600, **env):
    """The window once more, as that person has it; a picture when the words are there."""
    window = world.bob.screen.open("simauth-ui", env=env, log=f"look-{name}")
    window.press(page)
    window.wait_text(words)
    world.bob.screen.side_by_side(window=None, other=None, width=width)
    world.bob.screen.picture(world.bob.node.path(f"{name}.png"))
    assert not window.complaints(), window.complaints()
    window.stop()


@case("ui.live.looks", label="long", limit=400)
def looks(world):
    """Dark, French, narrow: the same window with a real Linphone behind it."""
    sims = operators(world, bob={"kind": Seat})
    world.bob.use_sim(sims["bob"], world.root)
    world.bob.start()
    world.bob.wait_note(r"simauth: ready: ")
    look(world, "dark", "Readers and SIMs", "Software SIM", ADW_DEBUG_COLOR_SCHEME="prefer-dark")
    look(world, "french", "Diagnostic", "Linphone", LANGUAGE="fr")
    look(world, "narrow", "Diagnosis", "Linphone runs", width=380)
    look(world, "diagnosis", "Diagnosis", "Linphone runs", width=880)
    world.bob.screen.close_hands()
