# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 2G personality: class A0 (TS 51.011)."""

from . import usim
from .apdu import Refused
from .files import MF, Df, Ef

GSM_WORDS = {0x6982: 0x9804, 0x6983: 0x9840, 0x6984: 0x9808, 0x6985: 0x9808, 0x6986: 0x9400,
             0x6981: 0x9408, 0x6a82: 0x9404, 0x6a83: 0x9402, 0x6a86: 0x6b00, 0x6a80: 0x9804,
             0x6a88: 0x9802, 0x6b00: 0x9402}


def _spoken(word):
    """A 3G status word as a 2G SIM says it."""
    if word & 0xfff0 == 0x63c0:
        return 0x9804 if word & 15 else 0x9840
    return GSM_WORDS.get(word, word)


def _gsm(handler):
    """The handler of the 3G personality, with 2G status words."""
    def run(card, apdu):
        try:
            return handler(card, apdu)
        except Refused as refused:
            raise Refused(_spoken(refused.sw)) from None
    return run


def _chv(pin, unblock):
    return 0x80 | (pin.puk_tries if unblock else pin.tries)


def _folder_answer(card, node):
    """The 22 octets after SELECT of a folder (TS 51.011, 9.2.1)."""
    folders = sum(isinstance(c, Df) and c.aid is None for c in node.children)
    files = sum(isinstance(c, Ef) for c in node.children)
    head = b"\0\0\x40\0" + node.fid.to_bytes(2, "big") + bytes([1 if node.fid == MF else 2])
    kind = 0x13 | (0 if card.pins[1].enabled else 0x80)
    codes = bytes([_chv(card.pins[n], u) for n in (1, 2) for u in (False, True)])
    return head + bytes(5) + bytes([9, kind, folders, files, 4, 0]) + codes


def _file_answer(node):
    access = {"alw": 0, "pin": 1, "adm": 4, "nev": 15}
    bits = bytes([access[node.read] << 4 | access[node.update], 0x44, 0x44])
    structure = bytes([0, 0]) if node.records is None else bytes([1, node.record_length])
    head = b"\0\0" + node.size.to_bytes(2, "big") + node.fid.to_bytes(2, "big") + b"\4\0"
    return head + bits + b"\1\2" + structure


def answer(card, node):
    return _file_answer(node) if isinstance(node, Ef) else _folder_answer(card, node)


def select(card, apdu):
    if len(apdu.data) != 2:
        raise Refused(0x6702)
    if (apdu.p1, apdu.p2) != (0, 0):
        raise Refused(0x6b00)
    node = usim.find(card, int.from_bytes(apdu.data, "big"), None)
    if node is None:
        raise Refused(0x9404)
    card.enter(node)
    return answer(card, node)


def status(card, apdu):
    if (apdu.p1, apdu.p2) != (0, 0):
        raise Refused(0x6b00)
    return answer(card, card.folder)


def run_gsm(card, apdu):
    gsm = card.mf.child(0x7f20)
    if (apdu.p1, apdu.p2) != (0, 0):
        raise Refused(0x6b00)
    if not card.folder.inside(gsm):
        raise Refused(0x9408)
    if not card.pin.satisfied:
        raise Refused(0x9804)
    return card.authenticator.run_gsm(apdu.data)


def read_record(card, apdu):
    if card.file is not None and card.file.records is not None and apdu.le != card.file.record_length:
        raise Refused(0x6700 | card.file.record_length)
    return _gsm(usim.read_record)(card, apdu)


HANDLERS = {
    0xa4: select, 0xf2: status, 0xb2: read_record, 0x88: run_gsm,
    **{ins: _gsm(usim.HANDLERS[ins]) for ins in
       (0xb0, 0xd6, 0xdc, 0x20, 0x24, 0x26, 0x28, 0x2c, 0x10, 0x12, 0x14, 0xc2)},
}
