# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader's side of a card: vpcd's protocol, the plan's deeds, a control socket."""

import json
import os
import selectors
import socket
import time

from .apdu import Apdu
from .plan import Plan, spoiled
from .profile import State, load_profile
from .session import PROACTIVE, Card

POWER_OFF, POWER_ON, RESET, GET_ATR = 0, 1, 2, 4
RETRY = 0.02  # seconds between two tries to reach a vpcd that is not there yet
# pcscd looks every 0.4 s whether there is a card; a card that is back sooner was never gone for it,
# but vpcd fails each command. So nobody's hand is faster than this.
HAND = 1.0


class Slot:
    """A card in (or out of) a vpcd reader.  `run()` until told to quit."""

    def __init__(self, address, log, control=None, hand=HAND):
        self._address, self._log, self._hand = address, log, hand
        self._free_at = 0  # when the card may be back at the earliest
        self._selector = selectors.DefaultSelector()
        self._link, self._input = None, b""
        self._want, self._quit = False, False
        self._powered = False  # pcscd has seen this card since it was put in
        self._timers = []  # (when, what to do)
        self._plan = Plan()
        self.card, self.profile_path = None, None
        self._control = self._listen(control) if control else None

    def _listen(self, path):
        fresh = path + ".new"
        if os.path.exists(fresh):
            os.unlink(fresh)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(fresh)
        os.chmod(fresh, 0o600)
        listener.listen()
        os.rename(fresh, path)  # who sees it can connect
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        return listener

    def use(self, profile_path, state_path=None):
        """Make this the card that is inserted next."""
        self.profile_path = profile_path
        self.card = Card(load_profile(profile_path), State(state_path or profile_path + ".state"))

    def plan(self, rows):
        self._plan = Plan(rows)

    # --- in and out ------------------------------------------------------------------------------

    def insert(self):
        self._want = True
        self._later(max(0, self._free_at - time.monotonic()), self._connect)

    def _connect(self):
        if not self._want or self._link or time.monotonic() < self._free_at:
            return
        try:
            self._link = socket.create_connection(self._address, 2)
        except OSError:
            self._later(RETRY, self._connect)
            return
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = b""
        self._selector.register(self._link, selectors.EVENT_READ, self._readable)
        self._log.event("inserted", imsi=self.card.profile.imsi)

    def pull(self):
        if self._link:
            self._free_at = time.monotonic() + self._hand
        self._want = False
        self._hang_up("pulled")

    def _hang_up(self, event):
        if self._link:
            self._selector.unregister(self._link)
            self._link.close()
            self._link = None
            self._powered = False
            self.card.power()
            self._log.event(event)

    # --- vpcd ------------------------------------------------------------------------------------

    def _readable(self):
        if not self._link:  # an order that came in the same round pulled it
            return
        try:
            data = self._link.recv(65536)
            # vpcd writes length and command apart: without it each costs a delayed ACK.
            self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except OSError:
            data = b""
        if not data:
            self._hang_up("reader_gone")
            self._later(RETRY, self._connect)
            return
        self._input += data
        while self._link and len(self._input) >= 2:
            end = 2 + int.from_bytes(self._input[:2], "big")
            if len(self._input) < end:
                return
            message, self._input = self._input[2:end], self._input[end:]
            self._message(message)

    def _message(self, message):
        if len(message) != 1:
            self._command(message)
        elif message[0] == GET_ATR:
            self._send(self.card.profile.atr)
        elif message[0] in (POWER_OFF, POWER_ON, RESET):
            self.card.power()
            self._powered = self._powered or message[0] != POWER_OFF
            self._log.event({0: "power_off", 1: "power_on", 2: "reset"}[message[0]])

    def _send(self, data):
        if self._link:
            try:
                self._link.sendall(len(data).to_bytes(2, "big") + data)
            except OSError:
                self._hang_up("reader_gone")
                self._later(RETRY, self._connect)

    def _command(self, raw):
        name = _name(raw)
        row = self._plan.next(name)
        if row is None:
            answer = self.card.run(raw)
            self._log.command(raw, name, answer)
            self._send(answer)
        else:
            getattr(self, "_do_" + row.do, self._do_spoil)(raw, name, row)

    def _answer(self, raw, name, row):
        answer = self.card.run(raw)
        self._log.command(raw, name, answer, row.do)
        self._send(answer)

    # --- deeds -----------------------------------------------------------------------------------

    def _do_spoil(self, raw, name, row):
        """Answers that differ from the right one.  `sw` alone leaves the command undone."""
        right = b"" if row.do == "sw" else self.card.run(raw)
        answer = spoiled(right, row)
        if row.do in ("sw", "lose"):
            self.card.waiting = b""
        self._log.command(raw, name, answer, row.do)
        self._send(answer)

    def _do_mute(self, raw, name, row):
        self._log.command(raw, name, None, "mute")
        if "ms" in row.more:
            link = self._link
            self._later(row.more["ms"] / 1000, lambda: self._link is link and self.pull())

    def _do_slow(self, raw, name, row):
        answer, link = self.card.run(raw), self._link
        self._log.command(raw, name, answer, "slow")
        self._later(row.more["ms"] / 1000, lambda: self._link is link and self._send(answer))

    def _do_split(self, raw, name, row):
        """Less than asked for, and 61xx for what is left."""
        answer = self.card.run(raw)
        piece, body = row.more["piece"], answer[:-2]
        if len(body) > piece:
            self.card.waiting = body[piece:]
            answer = body[:piece] + bytes([0x61, len(body) - piece])
        self._log.command(raw, name, answer, "split")
        self._send(answer)

    def _do_proactive(self, raw, name, row):
        self.card.proactive = PROACTIVE[row.more.get("command", "display_text")]
        self._answer(raw, name, row)

    def _do_reset(self, raw, name, row):
        """As after another program's reset: nothing selected, no PIN verified."""
        self.card.power()
        self._answer(raw, name, row)

    def _do_spend_pin(self, raw, name, row):
        self.card.pin.spend(row.more.get("count", 1))
        self._answer(raw, name, row)

    def _do_pull(self, raw, name, row):
        if row.more.get("answer_first"):
            self._answer(raw, name, row)
        else:
            self._log.command(raw, name, None, row.do)
        self.pull()
        if "insert_after_ms" in row.more:
            self._later(row.more["insert_after_ms"] / 1000, self.insert)

    def _do_swap(self, raw, name, row):
        self._do_pull(raw, name, row)
        self.use(row.more["profile"])

    # --- control ---------------------------------------------------------------------------------

    def _accept(self):
        peer, _ = self._control.accept()
        with peer:
            peer.settimeout(2)
            try:
                reply = self._obey(json.loads(peer.makefile().readline()))
            except (ValueError, KeyError, OSError) as error:
                reply = {"ok": False, "error": f"{type(error).__name__}: {error}"}
            try:
                peer.sendall(json.dumps(reply).encode() + b"\n")
            except OSError:
                pass

    def _obey(self, order):
        deed = order["do"]
        if deed == "insert":
            self.insert()
        elif deed == "pull":
            self.pull()
        elif deed == "swap":
            load_profile(order["profile"])  # a bad one leaves this card where it is
            self.pull()
            self.use(order["profile"], order.get("state"))
            self.insert()
        elif deed == "plan":
            self.plan(order["rules"])
        elif deed == "spend_pin":
            self.card.pin.spend(order.get("count", 1))
            self.card.state.store()
        elif deed == "quit":
            self._quit = True
        elif deed != "status":
            raise ValueError("do: insert, pull, swap, plan, spend_pin, status or quit")
        return {"ok": True, "inserted": self._link is not None, "powered": self._powered,
                "imsi": self.card.profile.imsi, "counts": self._log.counts,
                "pin_tries": self.card.pin.tries, "puk_tries": self.card.pin.puk_tries}

    # --- the loop --------------------------------------------------------------------------------

    def _later(self, seconds, what):
        self._timers.append((time.monotonic() + seconds, what))

    def _run_timers(self):
        now = time.monotonic()
        due = [t for t in self._timers if t[0] <= now]
        self._timers = [t for t in self._timers if t[0] > now]
        for _, what in due:
            what()

    def run(self):
        while not self._quit:
            wait = None
            if self._timers:
                wait = max(0, min(t[0] for t in self._timers) - time.monotonic())
            if self._selector.get_map():
                for key, _ in self._selector.select(wait):
                    key.data()
            elif wait is None:
                return
            else:
                time.sleep(wait)
            self._run_timers()
        self._hang_up("pulled")


def _name(raw):
    """The command's name, also of one whose lengths are wrong."""
    return Apdu(raw[0], raw[1], 0, 0, b"", None).name if len(raw) > 1 else "unknown"
