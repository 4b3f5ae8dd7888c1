# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 3G personality: class 00 and 80 (TS 102 221, TS 31.102)."""

from .apdu import Refused
from .files import ADF_NOW, MF, Ef

KEYS = {0x01: 1, 0x81: 2}  # PIN references


def _tlv(tag, value):
    return bytes([tag, len(value)]) + value


# --- files ---------------------------------------------------------------------------------------

def _fcp_folder(card, node):
    parts = _tlv(0x82, b"\x78\x21") + _tlv(0x83, node.fid.to_bytes(2, "big"))
    if node.aid is not None:
        parts += _tlv(0x84, node.aid)
    parts += _tlv(0xa5, _tlv(0x80, b"\x71") + _tlv(0x83, b"\0\1\0\0"))
    parts += _tlv(0x8a, b"\5") + _tlv(0x8b, b"\x2f\6\1")
    return _tlv(0x62, parts + _tlv(0xc6, _pin_status(card)))


def _pin_status(card):
    """Which PINs there are, and are enabled (TS 102 221, 9.5.2). The universal one stands for the application's own."""
    enabled = [card.pins[1].enabled, card.pins[2].enabled]
    references = _tlv(0x83, b"\1") + _tlv(0x83, b"\x81")
    if card.profile.universal_pin:
        enabled = [False, *enabled]
        references = _tlv(0x83, b"\1") + _tlv(0x95, b"\x08") + _tlv(0x83, b"\x11") + _tlv(0x83, b"\x81")
    return _tlv(0x90, bytes([sum(0x80 >> n for n, on in enumerate(enabled) if on)])) + references


def _fcp_file(node):
    if node.records is None:
        descriptor = b"\x41\x21"
    else:
        descriptor = (b"\x42\x21" + node.record_length.to_bytes(2, "big")
                      + bytes([len(node.records)]))
    parts = _tlv(0x82, descriptor) + _tlv(0x83, node.fid.to_bytes(2, "big"))
    parts += _tlv(0x8a, b"\5") + _tlv(0x8b, b"\x2f\6\1")
    parts += _tlv(0x80, node.size.to_bytes(2, "big"))
    return _tlv(0x62, parts + _tlv(0x88, bytes([node.sfi << 3]) if node.sfi else b""))


def _other_fcp(usual):
    """The same as another card says it: from behind, proprietary objects first, the length in two octets."""
    parts, at, body = [], 0, usual[2:]
    while at < len(body):
        parts.append(body[at:at + 2 + body[at + 1]])
        at += len(parts[-1])
    body = bytes.fromhex("a5098001718302012e8701 01c00140 850102".replace(" ", "")) + b"".join(reversed(parts))
    return bytes([0x62, 0x81, len(body)]) + body


def fcp(card, node):
    usual = _fcp_file(node) if isinstance(node, Ef) else _fcp_folder(card, node)
    if card.profile.fcp == "none":
        return b""
    if card.profile.fcp == "bare":  # neither size nor PIN status
        return _tlv(0x62, _tlv(0x83, node.fid.to_bytes(2, "big")))
    return _other_fcp(usual) if card.profile.fcp == "other" else usual


def find(card, fid, application):
    """What SELECT by FID sees from where the card stands (TS 102 221, 8.4.1); None when nothing."""
    here = card.folder
    if fid == MF:
        return card.mf
    if fid == ADF_NOW:
        return application
    child = here.child(fid)
    if child is not None or here.parent is None:
        return child
    if here.fid == fid:
        return here
    if here.parent.fid == fid:
        return here.parent
    near = here.parent.child(fid)
    return None if isinstance(near, Ef) else near


def walk(card, start, path):
    node = start
    for i in range(0, len(path), 2):
        fid = int.from_bytes(path[i:i + 2], "big")
        if i == 0 and fid == ADF_NOW:
            node = _current_application(card)
        elif isinstance(node, Ef):
            return None
        else:
            node = node.child(fid)
        if node is None:
            return None
    return node


def _current_application(card):
    return card.folder.application() or card.found


def _by_aid(card, apdu):
    known = [a for a in card.applications() if a.aid.startswith(apdu.data)]
    if not known:
        return None
    occurrence = apdu.p2 & 3
    if occurrence < 2:
        return known[0 if occurrence == 0 else -1]
    if card.found not in known:
        return known[0 if occurrence == 2 else -1]
    place = known.index(card.found) + (1 if occurrence == 2 else -1)
    return known[place] if 0 <= place < len(known) else None


def _selected(card, apdu):
    if apdu.p1 == 0x04:
        if not 5 <= len(apdu.data) <= 16:
            raise Refused(0x6700)
        return _by_aid(card, apdu)
    if apdu.p1 == 0x00:
        if len(apdu.data) not in (0, 2):
            raise Refused(0x6700)
        fid = int.from_bytes(apdu.data, "big") if apdu.data else MF
        return find(card, fid, _current_application(card))
    if apdu.p1 == 0x03:
        return card.folder.parent
    if apdu.p1 in (0x08, 0x09):
        if not apdu.data or len(apdu.data) % 2:
            raise Refused(0x6700)
        return walk(card, card.mf if apdu.p1 == 0x08 else card.folder, apdu.data)
    raise Refused(0x6a86)


def select(card, apdu):
    if apdu.p2 & 0x9c not in (0x04, 0x0c):
        raise Refused(0x6a86)
    node = _selected(card, apdu)
    if node is None:
        raise Refused(0x6a82)
    if apdu.p1 == 0x04:
        if apdu.p2 & 0x60 == 0x40:  # the application is to end
            card.enter(card.mf)
            return b""
        card.found = node
    card.enter(node)
    return fcp(card, node) if apdu.p2 & 0x0c == 0x04 else b""


def status(card, apdu):
    if apdu.p1 > 2 or apdu.p2 not in (0x00, 0x01, 0x0c):
        raise Refused(0x6a86)
    if apdu.p2 == 0x0c:
        return b""
    if apdu.p2 == 0x01:
        application = card.folder.application()
        return _tlv(0x84, application.aid) if application else fcp(card, card.folder)
    return fcp(card, card.folder)


def allowed(card, condition):
    """Whether an access condition is met."""
    return condition == "alw" or (condition == "pin" and card.pin.satisfied)


def _file(card, sfi, records):
    """The EF that a command means: by short identifier or the current one."""
    if sfi:
        hits = [c for c in card.folder.children if isinstance(c, Ef) and c.sfi == sfi]
        if not hits:
            raise Refused(0x6a82)
        card.enter(hits[0])
    if card.file is None:
        raise Refused(0x6986)
    if (card.file.records is not None) != records:
        raise Refused(0x6981)
    return card.file


def _transparent(card, apdu):
    by_sfi = apdu.p1 & 0x80
    if by_sfi and apdu.p1 & 0x60:
        raise Refused(0x6a86)
    file = _file(card, apdu.p1 & 0x1f if by_sfi else 0, False)
    return file, apdu.p2 if by_sfi else apdu.p1 << 8 | apdu.p2


def read_binary(card, apdu):
    file, offset = _transparent(card, apdu)
    if not allowed(card, file.read):
        raise Refused(0x6982)
    if offset >= file.size:
        raise Refused(0x6b00)
    return bytes(file.data[offset:offset + 256])


def update_binary(card, apdu):
    file, offset = _transparent(card, apdu)
    if not allowed(card, file.update):
        raise Refused(0x6982)
    if not apdu.data:
        raise Refused(0x6700)
    if offset + len(apdu.data) > file.size:
        raise Refused(0x6b00)
    file.data[offset:offset + len(apdu.data)] = apdu.data
    return b""


def record_number(card, file, apdu):
    """The record meant by P1 and the mode in P2; None when there is none such."""
    mode = apdu.p2 & 7
    if mode == 4:
        number = apdu.p1 or card.record
    elif mode == 2:
        number = card.record + 1
    elif mode == 3:
        number = (card.record or len(file.records) + 1) - 1
    else:
        raise Refused(0x6a86)
    return number if 1 <= number <= len(file.records) else None


def _record(card, apdu):
    file = _file(card, apdu.p2 >> 3, True)
    number = record_number(card, file, apdu)
    if number is None:
        raise Refused(0x6a83)
    return file, number


def read_record(card, apdu):
    file, number = _record(card, apdu)
    if not allowed(card, file.read):
        raise Refused(0x6982)
    if apdu.p2 & 7 != 4:
        card.record = number
    if apdu.le != file.record_length:
        raise Refused(0x6c00 | file.record_length)
    return bytes(file.records[number - 1])


def update_record(card, apdu):
    file, number = _record(card, apdu)
    if not allowed(card, file.update):
        raise Refused(0x6982)
    if len(apdu.data) != file.record_length:
        raise Refused(0x6700)
    file.records[number - 1][:] = apdu.data
    return b""


# --- PIN -----------------------------------------------------------------------------------------

def _pin(card, apdu, length):
    """The PIN that P2 names; Refused with its tries when the command brings no data."""
    if apdu.p1 != 0:
        raise Refused(0x6a86)
    keys = {0x11: 1, 0x81: 2} if card.profile.universal_pin else KEYS
    if apdu.p2 not in keys:
        raise Refused(0x6984 if apdu.p2 == 0x01 else 0x6a88)
    pin = card.pins[keys[apdu.p2]]
    if not apdu.data and apdu.ins in (0x20, 0x2c):
        tries = pin.puk_tries if apdu.ins == 0x2c else pin.tries
        raise Refused(0x63c0 | tries if tries else 0x6983)
    if len(apdu.data) != length:
        raise Refused(0x6700)
    return pin


def verify(card, apdu):
    _pin(card, apdu, 8).verify(apdu.data)
    return b""


def change_pin(card, apdu):
    _pin(card, apdu, 16).change(apdu.data[:8], apdu.data[8:])
    return b""


def disable_pin(card, apdu):
    _pin(card, apdu, 8).enable(apdu.data, False)
    return b""


def enable_pin(card, apdu):
    _pin(card, apdu, 8).enable(apdu.data, True)
    return b""


def unblock(card, apdu):
    _pin(card, apdu, 16).unblock(apdu.data[:8], apdu.data[8:])
    return b""


# --- authentication and toolkit ------------------------------------------------------------------

def authenticate(card, apdu):
    application = card.folder.application()
    if application is None or application.aid != card.profile.aid:
        raise Refused(0x6985)
    if apdu.p1 != 0 or apdu.p2 not in (0x80, 0x81):
        raise Refused(0x6a86)
    if not card.pin.satisfied:
        raise Refused(0x6982)
    if apdu.p2 == 0x81:
        return card.authenticator.umts(apdu.data)
    if not card.profile.gsm_context:
        raise Refused(0x9864)
    return card.authenticator.gsm(apdu.data)


def fetch(card, _apdu):
    return card.fetch()


def terminal_response(card, _apdu):
    card.proactive = None
    return b""


def nothing(_card, _apdu):
    return b""


HANDLERS = {
    0xa4: select, 0xf2: status, 0xb0: read_binary, 0xb2: read_record, 0xd6: update_binary,
    0xdc: update_record, 0x20: verify, 0x24: change_pin, 0x26: disable_pin, 0x28: enable_pin,
    0x2c: unblock, 0x88: authenticate, 0x10: nothing, 0x12: fetch, 0x14: terminal_response,
    0xc2: nothing,
}
