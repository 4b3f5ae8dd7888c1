# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A subscriber's SIM as an operator issues it: fresh keys for each world, in files of their owner alone."""

import json
import secrets


class Sim:
    """The data of one SIM; `k` and `opc` are random unless given."""

    def __init__(self, imsi, nai, aor, gateway, k=None, opc=None):
        self.imsi = imsi
        self.nai = nai
        self.aor = aor
        self.gateway = gateway
        self.k = k or secrets.token_hex(16)
        self.opc = opc or secrets.token_hex(16)
        self.issued = None  # the operator's file, once it has issued it

    def other(self):
        """A SIM of the same name with other keys: what a thief of the name would have."""
        other = Sim(self.imsi, self.nai, self.aor, self.gateway)
        other.issued = json.dumps({**json.loads(self.issued), "k": other.k, "opc": other.opc})
        return other
