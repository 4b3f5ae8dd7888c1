# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gateway that is asked for the vectors of one call, both phones its own, so that nobody waits for another; it may be as
slow as it likes (tests/bench/instructions runs it under callgrind)."""
import sys
import tempfile

from operators import Operator
from phone import Phone

SECONDS = 120


class Slow(Phone):
    def new_connection(self):
        connection = super().new_connection()
        connection.timeout = SECONDS
        return connection


def call(operator, alice, bob):
    _, given = alice.ask_callee(*operator.aors)
    assert given.status == 200, given.raw
    rand = given.json["vector"]["rand"]
    confirmed = bob.ask_challenge(rand)
    assert confirmed.status == 200, confirmed.raw
    _, reserved = bob.ask_caller(*operator.aors, rand)
    assert reserved.status == 200, reserved.raw


def main():
    with tempfile.TemporaryDirectory(prefix="simauth-instructions-") as folder:
        operator = Operator(folder, "a")
        operator.patience = SECONDS
        operator.aors = [f"sip:{user}@{operator.realm}" for user in ("alice", "bob")]
        sims = [operator.subscriber(f"00101000000000{n}", user, operator.aors[n])
                for n, user in enumerate(("alice", "bob"))]
        operator.start()
        try:
            alice, bob = (Slow(sim, operator).bootstrap() for sim in sims)
            call(operator, alice, bob)
        finally:
            status = operator.stop()
        assert status == 0, operator.log_text()
    return 0


if __name__ == "__main__":
    sys.exit(main())
