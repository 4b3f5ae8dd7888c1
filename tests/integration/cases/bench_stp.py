# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Post-dial delay of calls with a setup key beside stock Linphone's, interleaved in one run as bench.dial has it.

No call of it is answered but the first of each pair: a key that rang is not spent, and each names itself anew. A key
bears eight calls, so every pair makes new ones after seven.
"""

import statistics

from cases import case, figure
from cases.bench_dial import PAIRS, delays, interval, make_pairs, one_call, percentile, report_stages

CALLS = 300  # with a setup key, and as many without
PER_KEY = 7
MADE = r"setup-key: made=2"


def answered(pair):
    """One call that leaves new keys."""
    caller, callee = pair
    before = [(phone.mark(), len(phone.notes(r": authenticated: ")), len(phone.notes(MADE))) for phone in pair]
    number = caller.call(callee.aor)
    callee.answer(callee.wait_state("IncomingReceived", after=before[1][0]).call)
    for phone, (_, verdicts, _) in zip(pair, before):
        phone.wait_note(r": authenticated: ", count=verdicts + 1)
    caller.terminate(number)
    for phone, (mark, _, made) in zip(pair, before):
        phone.wait_state("Released", after=mark)
        phone.wait_note(MADE, count=made + 1)


@case("bench.stp.dial", label="bench", limit=900, processors=2, from_tag=False)
def dial(world):
    """Post-dial delay of calls that rest on a setup key, and of stock Linphone's."""
    world.start_capture()
    world.start_network()
    world.start_gateways(subscriber_per_minute=1000, subscriber_burst=1000)
    held, stock = make_pairs(world, world.product, 100, keys="file"), make_pairs(world, None, 120)
    zrtp = make_pairs(world, None, 140, media_encryption="zrtp")
    for phone in [phone for pair in held + stock + zrtp for phone in pair]:
        phone.start()
    for phone in [phone for pair in held for phone in pair]:
        phone.wait_note(r"simauth: ready: ")
    calls = {"held": [], "stock": [], "zrtp": []}
    for number in range(CALLS):
        turn = number % PAIRS
        if number // PAIRS % PER_KEY == 0:
            answered(held[turn])
        order = [("held", held[turn]), ("stock", stock[turn]), ("zrtp", zrtp[turn])]
        for kind, (caller, callee) in order if number % 2 else reversed(order):
            calls[kind].append((caller, one_call(caller, callee)))
    check_keys(world, held, calls["held"])
    for kind, name in (("held", "with a setup key"), ("stock", "stock beside setup keys"), ("zrtp", "stock with ZRTP")):
        report_stages(world, name, calls[kind])
    report(delays(world, calls["held"]), delays(world, calls["stock"]), delays(world, calls["zrtp"]))


def check_keys(world, held, calls):
    """Every call that is counted did rest on a setup key, at both ends."""
    ringing = {pair[0].node.address: [] for pair in held}
    for message in world.messages().all("INVITE", status=180):
        if message.target in ringing:
            ringing[message.target].append(message)
    for caller, dialled in calls:
        first = next(m for m in ringing[caller.node.address] if m.time > dialled)
        assert first.tag("From").startswith("sim01.stp.") and ".stp." in first.tag("To"), first.text


def report(held, stock, zrtp):
    """Beside stock Linphone, and beside a stock Linphone that offers ZRTP as the held calls do."""
    added = statistics.median(held) - statistics.median(stock)
    low, high = interval(held, stock, statistics.median)
    more = {"peer": "stock Linphone", "samples": len(held)}
    figure("post-dial delay beside setup keys, stock, median", 1000 * statistics.median(stock), "ms", samples=len(stock))
    figure("post-dial delay with a setup key, median", 1000 * statistics.median(held), "ms",
           ratio=statistics.median(held) / statistics.median(stock), **more)
    figure("post-dial delay added with a setup key, median", 1000 * added, "ms", interval=[1000 * low, 1000 * high], **more)
    figure("post-dial delay added with a setup key, 95% of calls",
           1000 * (percentile(held, 0.95) - percentile(stock, 0.95)), "ms", **more)
    with_zrtp = statistics.median(held) - statistics.median(zrtp)
    figure("post-dial delay beside setup keys, stock with ZRTP, median", 1000 * statistics.median(zrtp), "ms", samples=len(zrtp))
    figure("post-dial delay added with a setup key to stock with ZRTP, median", 1000 * with_zrtp, "ms",
           interval=[1000 * end for end in interval(held, zrtp, statistics.median)],
           peer="stock Linphone with media_encryption=zrtp", samples=len(held))
    assert added <= 0.002, f"median added {1000 * added:.1f} ms (95% interval {1000 * low:.1f} to {1000 * high:.1f})"
