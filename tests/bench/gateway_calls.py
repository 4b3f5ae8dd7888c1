# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a call waits for its two gateways: each request of calls made one after the other, from its
last octet written to its answer's last octet read, on connections that stay open. "busy": one call
after the other; "idle": a fifth of a second apart, so that caches and processors have gone cold."""
import json
import os
import statistics
import sys
import time

from operators import Pair
from phone import Answer, Phone

CALLS = int(os.environ.get("SIMAUTH_BENCH_CALLS", "300"))
WARM = 20


class Timed(Phone):
    """Times the exchange alone, not how this program makes and reads it."""
    took = 0.0

    def raw(self, method, path, body=b"", headers=None):
        connection = self.connection
        if connection.sock is None:
            connection.connect()
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.operator.fqdn}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        message = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
        begun = time.perf_counter()
        connection.sock.sendall(message)
        octets = b""
        while True:
            octets += connection.sock.recv(65536)
            head, end, rest = octets.partition(b"\r\n\r\n")
            if end and len(rest) >= int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0]):
                break
        self.took = time.perf_counter() - begun
        return Parsed(head, rest)


class Parsed(Answer):
    def __init__(self, head, body):  # pylint: disable=super-init-not-called
        import email.parser
        status, _, headers = head.partition(b"\r\n")
        self.status, self.raw = int(status.split()[1]), body
        self.headers = email.parser.Parser().parsestr(headers.decode())


def call(pair, alice, bob, pause):
    time.sleep(pause)
    _, given = alice.ask_callee(pair.aor_a, pair.aor_b)
    assert given.status == 200, given.raw
    times = [alice.took]
    rand = given.json["vector"]["rand"]
    confirmed = bob.ask_challenge(rand)
    assert confirmed.status == 200, confirmed.raw
    times.append(bob.took)
    _, reserved = bob.ask_caller(pair.aor_a, pair.aor_b, rand)
    assert reserved.status == 200, reserved.raw
    return times + [bob.took]


def main():
    pair = Pair()
    try:
        alice = Timed(pair.sim_a, pair.a).bootstrap()
        bob = Timed(pair.sim_b, pair.b).bootstrap()
        for name, pause, calls in (("busy", 0, CALLS), ("idle", 0.2, CALLS // 4)):
            show(name, [call(pair, alice, bob, pause) for _ in range(calls + WARM)][WARM:])
    finally:
        pair.close()
    return 0


def show(state, taken):
    rows = dict(zip(("vectors_callee", "challenges", "vectors_caller"), zip(*taken)))
    rows["callee_side"] = [b + c for _, b, c in taken]
    for name, times in rows.items():
        for what, value in (("median", statistics.median(times)), ("p95", statistics.quantiles(times, n=20)[18])):
            print(json.dumps({"name": f"bench.gateway.{state}.{name}.{what}", "value": round(value * 1e3, 3), "unit": "ms",
                              "samples": len(times)}))


if __name__ == "__main__":
    sys.exit(main())
