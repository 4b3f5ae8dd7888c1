# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PINs and their PUKs: what spends a try, what blocks, what unblocks (TS 102 221, 9.5)."""

from .apdu import Refused

PIN_TRIES, PUK_TRIES = 3, 10


def padded(digits):
    """Digits as they travel: eight octets, filled with FF."""
    return digits.encode("ascii").ljust(8, b"\xff")


class Pin:
    """One PIN.  `kept` is the part of the card's state that outlives a restart."""

    def __init__(self, pin, puk, enabled, kept):
        self.puk = padded(puk)
        kept.setdefault("pin", pin)
        kept.setdefault("enabled", enabled)
        kept.setdefault("tries", PIN_TRIES)
        kept.setdefault("puk_tries", PUK_TRIES)
        self.kept = kept
        self.verified = False

    @property
    def tries(self):
        return self.kept["tries"]

    @property
    def puk_tries(self):
        return self.kept["puk_tries"]

    @property
    def enabled(self):
        return self.kept["enabled"]

    @property
    def blocked(self):
        return self.tries == 0

    @property
    def satisfied(self):
        """Whether what this PIN guards may be done."""
        return not self.blocked and (self.verified or not self.enabled)

    def reset(self):
        self.verified = False

    def _wrong(self):
        self.kept["tries"] -= 1
        self.verified = False
        raise Refused(0x63c0 | self.tries)

    def _check(self, given):
        if self.blocked:
            raise Refused(0x6983)
        if given != padded(self.kept["pin"]):
            self._wrong()
        self.kept["tries"] = PIN_TRIES

    def spend(self, count):
        """What another program does that knows no better."""
        self.kept["tries"] = max(0, self.tries - count)
        self.verified = False

    def verify(self, given):
        if not self.enabled and not self.blocked:
            raise Refused(0x6984)
        self._check(given)
        self.verified = True

    def change(self, old, new):
        if not self.enabled and not self.blocked:
            raise Refused(0x6984)
        digits = self._digits(new)
        self._check(old)
        self.kept["pin"] = digits
        self.verified = True

    def enable(self, given, on):
        if self.enabled == on and not self.blocked:
            raise Refused(0x6985)
        self._check(given)
        self.kept["enabled"] = on
        self.verified = on

    def unblock(self, puk, new):
        if self.puk_tries == 0:
            raise Refused(0x6983)
        digits = self._digits(new)
        if puk != self.puk:
            self.kept["puk_tries"] -= 1
            raise Refused(0x63c0 | self.puk_tries)
        self.kept.update(pin=digits, tries=PIN_TRIES, puk_tries=PUK_TRIES, enabled=True)
        self.verified = True

    @staticmethod
    def _digits(octets):
        digits = octets.rstrip(b"\xff")
        if not 4 <= len(digits) <= 8 or not digits.isdigit():
            raise Refused(0x6a80)
        return digits.decode("ascii")
