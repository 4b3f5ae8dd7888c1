# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Envelopes for openssl's command: before 3.0.22, and in 3.5 of Debian 13, it expects unprotected attributes of an
AuthEnvelopedData (RFC 5083) under another tag than [2], and refuses the whole envelope."""

import subprocess

UNAUTH_ATTRS = 0xA2


def element(der, at=0):
    """Tag, where the value begins, and where it ends (DER, tags below 31)."""
    size, begin = der[at + 1], at + 2
    if size & 0x80:
        begin += size & 0x7F
        size = int.from_bytes(der[at + 2:begin], "big")
    assert begin + size <= len(der), "more is said than there is"
    return der[at], begin, begin + size


def wrapped(tag, value):
    size = len(value)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([size]) if size < 0x80 else bytes([0x80 | len(octets)]) + octets) + value


def without(der):
    """The envelope without its unprotected attributes; they are its last element."""
    _, info, _ = element(der)
    _, _, kind_end = element(der, info)
    _, inner, _ = element(der, kind_end)
    _, at, end = element(der, inner)
    kept = b""
    while at < end:
        tag, _, after = element(der, at)
        kept += der[at:after] if tag != UNAUTH_ATTRS else b""
        at = after
    return wrapped(0x30, der[info:kind_end] + wrapped(0xA0, wrapped(0x30, kept)))


def for_openssl(der):
    """As it is, where the installed command can read it."""
    words = ["openssl", "cms", "-cmsout", "-noout", "-inform", "DER"]
    done = subprocess.run(words, input=der, capture_output=True, check=False)
    return without(der) if b"Field=unauthAttrs, Type=CMS_AuthEnvelopedData" in done.stderr else der
