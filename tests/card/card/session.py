# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One card session: the selected files, what is left to fetch, and how T=0 carries an answer."""

from . import gsm, usim
from .apdu import Refused, parse
from .authenticate import Authenticator
from .files import Ef, tree
from .pin import Pin

OK = 0x9000
PROACTIVE = {
    # TS 102 223: command details, device identities (UICC to display / terminal), text string.
    "display_text": bytes.fromhex("d0128103012100820281028d0704") + b"SIMAUTH"[:6],
    "more_time": bytes.fromhex("d009810301020082028182"),
}


class Card:
    """A card with one profile.  `power()` starts a session, `run()` answers one command."""

    def __init__(self, profile, state):
        self.profile = profile
        self.state = state
        kept = state.part(profile.imsi)
        self.mf = tree(profile)
        self.pins = {
            1: Pin(profile.pin, profile.puk, profile.pin_enabled, kept.setdefault("pin1", {})),
            2: Pin(profile.pin2, profile.puk2, True, kept.setdefault("pin2", {}))}
        self.authenticator = Authenticator(profile, kept)
        self.proactive = None
        self.power()

    def power(self):
        """A reset: everything that a session holds is gone."""
        self.folder, self.file, self.record = self.mf, None, 0
        self.found = None  # the application that SELECT by AID found last
        self.waiting = b""
        for pin in self.pins.values():
            pin.reset()

    @property
    def pin(self):
        return self.pins[1]

    def applications(self):
        return [c for c in self.mf.children if getattr(c, "aid", None) is not None]

    def enter(self, node):
        """Make `node` the current file."""
        self.record = 0
        if isinstance(node, Ef):
            self.folder, self.file = node.parent, node
        else:
            self.folder, self.file = node, None

    def run(self, raw):
        """The answer, data and status word, to one command."""
        try:
            apdu = parse(raw)
            waiting, self.waiting = self.waiting, b""
            if apdu.ins == 0xc0:
                return self._get_response(apdu, waiting)
            body = self._dispatch(apdu)
            answer = self._carry(apdu, body)
        except Refused as refused:
            answer = refused.sw.to_bytes(2, "big")
        self.state.store()
        return answer

    def _dispatch(self, apdu):
        personality = self._personality(apdu)
        handler = personality.HANDLERS.get(apdu.ins)
        if handler is None:
            raise Refused(0x6d00)
        return handler(self, apdu)

    def _personality(self, apdu):
        if apdu.gsm and self.profile.kind != "usim":
            return gsm
        if apdu.cla in (0x00, 0x80) and self.profile.kind != "sim":
            return usim
        if apdu.cla in (1, 2, 3, 0x81, 0x82, 0x83) and self.profile.kind != "sim":
            raise Refused(0x6881)
        raise Refused(0x6e00)

    def _carry(self, apdu, body):
        if not body:
            return self._good()
        if apdu.le is not None and apdu.data == b"" and not self.profile.hold_reads:
            return self._outgoing(apdu, body)
        if self.profile.apdu_level and apdu.le is not None:
            return body[:apdu.le] + self._good()
        self.waiting = body
        return bytes([self._more(apdu), len(body) & 0xff])

    def _more(self, apdu):
        return self.profile.more_word or (0x9f if apdu.gsm else 0x61)

    def _outgoing(self, apdu, body):
        """Data for an instruction whose P3 is Le."""
        if apdu.le > len(body):
            raise Refused((0x6700 if apdu.gsm else 0x6c00) | len(body) & 0xff)
        if self.profile.exact_le and apdu.le != len(body):
            raise Refused((0x6700 if apdu.gsm else 0x6c00) | len(body) & 0xff)
        if apdu.ins == 0xf2 and apdu.le < len(body) and not apdu.gsm:
            raise Refused(0x6c00 | len(body))
        return body[:apdu.le] + self._good()

    def _get_response(self, apdu, waiting):
        """Hand out what is left; what was not asked for stays for the next one."""
        if not waiting:
            return b"\x6f\x00"
        if apdu.le > len(waiting):
            self.waiting = waiting
            return bytes([0x67 if apdu.gsm else 0x6c, len(waiting) & 0xff])
        self.waiting = waiting[apdu.le:]
        if self.waiting:
            left = bytes([self._more(apdu), len(self.waiting) & 0xff])
            return waiting[:apdu.le] + left
        return waiting[:apdu.le] + self._good()

    def _good(self):
        """9000, or 91xx while a proactive command waits to be fetched."""
        if self.proactive is not None:
            return bytes([0x91, len(self.proactive)])
        return OK.to_bytes(2, "big")

    def fetch(self):
        """The proactive command; it stays until its TERMINAL RESPONSE."""
        if self.proactive is None:
            raise Refused(0x6f00)
        return self.proactive
