# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two nodes of a world with a reader each: both on the same ports, neither sees the other's card."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from world import net, sandbox  # noqa: E402
from world.card_reader import card_of, reader_on  # noqa: E402
from world.sim import Sim  # noqa: E402

NODES = (("alice", 31, "001010000000001"), ("bob", 32, "001020000000002"))
ASK = ["opensc-tool", "--reader", "0", "--card-driver", "default", "--send-apdu", "00A4080C047F206F07",
       "--send-apdu", "00B0000009"]


def furnished(name, host, imsi):
    """A node of an ordinary user and its reader."""
    node = net.Node(name, host, sandbox.ROOM, user=20000 + host)
    reader = reader_on(node, [card_of(node, Sim(imsi, "a@a.example", "sip:a@a.example", "gateway.a.example"))])
    return node, reader


def main():
    net.make_switch()
    pairs = [furnished(*row) for row in NODES]
    for _, reader in pairs:
        reader.__enter__()
    try:
        for (node, reader), (_, _, imsi) in zip(pairs, NODES):
            said = node.run(ASK).stdout
            digits = "9" + imsi
            want = " ".join(digits[i + 1] + digits[i] for i in range(0, len(digits), 2))
            assert want in said, f"{node.name} reads:\n{said}"
            assert len(reader.commands("read_binary")) == 1
            assert reader.commands("authenticate", "run_gsm_algorithm") == []
    finally:
        for _, reader in pairs:
            reader.__exit__()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root: a world has namespaces of its own")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        sys.exit(sandbox.run(folder, main))
