# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer to reset (ISO 7816-3, 8.2; TS 102 221, 6.3)."""

HISTORICAL = bytes.fromhex("8031a073be2100")  # a UICC's: SELECT by AID, FID and path; no extended length


def atr(historical=HISTORICAL):
    """T=0 alone, at a usual speed: TS, T0, TA1, TD1, TD2 (T=15), TA3 (classes A to C),
    history, TCK."""
    if len(historical) > 15:
        raise ValueError("more than 15 historical octets")
    body = bytes([0x90 | len(historical), 0x96, 0x80, 0x1f, 0xc7]) + historical
    return with_check(b"\x3b" + body)


def with_check(octets):
    """Append TCK, which makes the XOR from T0 on zero (needed as soon as T is not 0 alone)."""
    check = 0
    for octet in octets[1:]:
        check ^= octet
    return octets + bytes([check])
