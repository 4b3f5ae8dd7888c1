# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subscriber's SIM as an operator issues it: fresh keys for each world, in files of their owner alone."""

import copy
import json
import secrets


class Password:
    """A subscriber without a SIM: a password, which the phone keeps in a file (GBA_Digest)."""
    kind = "digest"

    def __init__(self, name, operator):
        self.name, self.gateway = name, operator.gateway_name
        self.nai, self.aor = f"{name}@{operator.realm}", f"sip:{name}@{operator.realm}"
        self.password = secrets.token_urlsafe(12)
        self.issued = json.dumps({"impi": f"{name}@{operator.realm}", "password": self.password, "gateway": self.gateway})
        operator.gateway.ctl("subscriber", "add", name, "--no-sim", "--keys", "-", "--nai", self.nai,
                             stdin=f"password={self.password}\n")
        operator.gateway.ctl("binding", "add", self.aor, name)

    def other(self):
        """The same name with another password."""
        other = copy.copy(self)
        other.issued = json.dumps({**json.loads(self.issued), "password": secrets.token_urlsafe(12)})
        return other


class Sim:
    """The data of one SIM; `k` and `opc` are random unless given."""
    kind = "soft"

    def __init__(self, imsi, nai, aor, gateway, k=None, opc=None, algorithm=None, two_g=False, lines=""):
        self.imsi = imsi
        self.nai = nai
        self.aor = aor
        self.gateway = gateway
        self.k = k or secrets.token_hex(16)
        self.opc = opc or secrets.token_hex(16)
        self.algorithm = algorithm  # None: Milenage
        self.two_g = two_g
        self.lines = lines  # further lines of the keys that the operator enters
        self.issued = None  # the operator's file, once it has issued it

    def words(self):
        """How an operator enters it, beside its keys."""
        return [*(["--algorithm", self.algorithm] if self.algorithm else []), *(["--2g"] if self.two_g else [])]

    def key_lines(self):
        bare = self.algorithm not in (None, "milenage")
        return f"k={self.k}\n" + ("" if bare else f"opc={self.opc}\n") + self.lines

    def other(self):
        """A SIM of the same name with other keys: what a thief of the name would have."""
        other = Sim(self.imsi, self.nai, self.aor, self.gateway)
        other.issued = json.dumps({**json.loads(self.issued), "k": other.k, "opc": other.opc})
        return other
