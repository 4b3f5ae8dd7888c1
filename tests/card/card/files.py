# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file tree of a card: MF, ADF USIM, DF GSM and what stands in them (TS 31.102, TS 51.011)."""

MF, ADF_NOW = 0x3f00, 0x7fff


class Df:
    """A folder; with an AID it is an application's."""

    def __init__(self, fid, aid=None):
        self.fid, self.aid = fid, aid
        self.parent = None
        self.children = []

    def add(self, child):
        child.parent = self
        self.children.append(child)
        return child

    def child(self, fid):
        """The child of that name; an application is never found by a FID."""
        for child in self.children:
            if child.fid == fid and getattr(child, "aid", None) is None:
                return child
        return None

    def inside(self, folder):
        """Whether this folder is `folder` or stands in it."""
        here = self
        while here is not None and here is not folder:
            here = here.parent
        return here is folder

    def application(self):
        """The application that this folder belongs to, None outside all."""
        here = self
        while here is not None and here.aid is None:
            here = here.parent
        return here


class Ef:
    """A file of octets, or of records of one length; `read` and `update` are alw, pin, adm or nev."""

    def __init__(self, fid, content, read="pin", update="adm", sfi=None):
        self.fid, self.read, self.update, self.sfi = fid, read, update, sfi
        self.parent = None
        self.records = [bytearray(r) for r in content] if isinstance(content, list) else None
        self.data = None if self.records is not None else bytearray(content)

    @property
    def record_length(self):
        return len(self.records[0]) if self.records is not None else 0

    @property
    def size(self):
        return len(self.data) if self.records is None else self.record_length * len(self.records)


def swapped(digits):
    """Digits two an octet, the first in the low half, filled with F."""
    digits += "f" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def imsi_octets(imsi):
    """EF_IMSI's nine octets (TS 31.102, 4.2.2)."""
    body = swapped(("9" if len(imsi) % 2 else "1") + imsi)
    return (bytes([len(body)]) + body).ljust(9, b"\xff")


def ad_octets(mnc_len):
    """EF_AD; without a length it ends where old cards end it."""
    return b"\0\0\0" if mnc_len is None else bytes([0, 0, 0, mnc_len])


def plmn_octets(imsi, mnc_len):
    mcc, mnc = imsi[:3], imsi[3:3 + (mnc_len or 2)].ljust(3, "f")
    return bytes(int(pair, 16) for pair in (mcc[1] + mcc[0], mnc[2] + mcc[2], mnc[1] + mnc[0]))


def acc_octets(imsi):
    """EF_ACC: the access class that the IMSI's last digit gives."""
    return (1 << int(imsi[-1])).to_bytes(2, "big")


def service_table(services):
    """EF_UST: bit n-1 for each service n, up to 104."""
    table = bytearray(13)
    for number in services:
        table[(number - 1) // 8] |= 1 << (number - 1) % 8
    return bytes(table)


def dir_record(aid, label, length, style="usual"):
    """A record of EF_DIR (TS 102 221, 13.1); `aid` None: an empty one. style "other": filled with zeros, the label first,
    a proprietary object between, lengths in two octets."""
    if aid is None:
        return (b"\0" if style == "other" else b"\xff") * length
    name = label.encode()
    if style == "other":
        body = bytes([0x50, len(name)]) + name + b"\x53\2\xca\xfe" + bytes([0x4f, len(aid)]) + aid
        return (bytes([0x61, 0x81, len(body)]) + body).ljust(length, b"\0")
    body = bytes([0x4f, len(aid)]) + aid + (bytes([0x50, len(name)]) + name if name else b"")
    return (bytes([0x61, len(body)]) + body).ljust(length, b"\xff")


def _common(profile):
    """What ADF USIM and DF GSM both have, under the same names."""
    imsi, mnc_len = profile.imsi, profile.mnc_len
    name = profile.operator.encode("ascii", "replace")[:16]
    return [
        Ef(0x6f07, imsi_octets(imsi), sfi=7),
        Ef(0x6fad, ad_octets(mnc_len), read="alw", sfi=3),
        Ef(0x6f78, acc_octets(imsi), sfi=6),
        Ef(0x6f46, b"\1" + name.ljust(16, b"\xff"), read="alw"),
        Ef(0x6f7b, b"\xff" * 12, update="pin", sfi=13),
        Ef(0x6f7e, b"\xff" * 4 + plmn_octets(imsi, mnc_len) + b"\0\0\xff\1", update="pin", sfi=11),
        Ef(0x6f31, b"\5", sfi=18),
    ]


def _usim(profile):
    adf = Df(ADF_NOW, profile.aid)
    services = [4, 12, 19, 20] + ([27] if profile.gsm_context else [])
    for ef in _common(profile) + [
            Ef(0x6f05, b"en", read="alw", update="pin", sfi=2),
            Ef(0x6f38, service_table(services), sfi=4),
            Ef(0x6f56, b"\0", sfi=5),
            Ef(0x6f08, b"\7" + b"\xff" * 32, update="pin", sfi=8),
            Ef(0x6fb7, [b"\x11\xf2\xff\0"], read="alw", sfi=1),
            Ef(0x6f73, b"\xff" * 7 + plmn_octets(profile.imsi, profile.mnc_len) + b"\0\0\xff\1",
               update="pin", sfi=12),
            Ef(0x6f40, [b"\xff" * 28], update="pin")]:
        adf.add(ef)
    return adf


def _gsm(profile):
    df = Df(0x7f20)
    for ef in _common(profile) + [
            Ef(0x6f05, b"\1", read="alw"),
            Ef(0x6f38, b"\xff\x33\xff\xff\0\0"),
            Ef(0x6f20, b"\xff" * 8 + b"\7", update="pin"),
            Ef(0x6fae, b"\3", read="alw")]:
        df.add(ef)
    return df


def _directory(profile):
    """EF_DIR's entries and the applications behind them."""
    entries = [*profile.dir_before, (profile.aid, profile.label), *profile.dir_after]
    length = profile.dir_record_length
    return Ef(0x2f00, [dir_record(aid, label, length, profile.dir_style) for aid, label in entries], read="alw", sfi=30)


def tree(profile):
    """The MF of a card with this profile."""
    mf = Df(MF)
    mf.add(Ef(0x2fe2, swapped(profile.iccid).ljust(10, b"\xff"), read="alw", sfi=2))
    mf.add(Ef(0x2f05, b"en\xff\xff", read="alw", update="pin", sfi=5))
    telecom = mf.add(Df(0x7f10))
    telecom.add(Ef(0x6f40, [b"\xff" * 28], update="pin"))
    if profile.kind != "usim":
        mf.add(_gsm(profile))
    if profile.kind != "sim":
        mf.add(_directory(profile))
        for aid, _ in [*profile.dir_before, *profile.dir_after]:
            if aid is not None:
                mf.add(Df(ADF_NOW, aid))
        mf.add(_usim(profile))
    return mf
