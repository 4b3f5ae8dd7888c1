# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast a gateway gives vectors, beside Debian's osmo-hlr: databases in memory and on the disk as it is, and with
4 ms added to each fsync of both, one question a request and in batches; how it grows with connections, gateways on one PostgreSQL, and 1 000 000 subscribers.

usage: gateway_speed memory|batch|disk|slow|connections|nodes|million...
Needs SIMAUTH_BENCH_HTTPS, SIMAUTH_BENCH_GSUP (the load), SIMAUTH_BENCH_UNSEALED (a gateway), SIMAUTH_TEST_DISK (disk.c); SIMAUTH_BENCH_FOLDER is on the disk."""
import contextlib
import json
import os
import secrets
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HTTPS, GSUP = os.environ["SIMAUTH_BENCH_HTTPS"], os.environ["SIMAUTH_BENCH_GSUP"]
FOLDER = os.environ.get("SIMAUTH_BENCH_FOLDER", os.getcwd())
SECONDS = float(os.environ.get("SIMAUTH_BENCH_SECONDS", "3"))
ROUNDS = 3
SUBSCRIBERS = 20000
BATCH_CONNECTIONS, BATCHES = 4, (16, 64)
SLOW = {"LD_PRELOAD": os.environ["SIMAUTH_TEST_DISK"], "SIMAUTH_DISK_DELAY_US": "4000"}
LIMITS = {"limits.subscriber_per_minute": 1000000, "limits.subscriber_burst": 1000000}

if "nodes" in sys.argv:
    from with_postgresql import Server
    tempfile.tempdir = FOLDER
    server = Server()
    os.environ["SIMAUTH_TEST_DATABASE"] = server.conninfo

from hlr import MILENAGE, Hlr  # noqa: E402
from operators import SHARED_DATABASE, Pair  # noqa: E402


def show(name, value, unit, **more):
    print(json.dumps({"name": "bench.gateway." + name, "value": round(value, 4), "unit": unit, **more}), flush=True)


@contextlib.contextmanager
def environment(more):
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)


def cpu(*processes):
    """Seconds of processor that they have used."""
    used = 0
    for process in processes:
        with open(f"/proc/{process.pid}/stat") as text:
            used += sum(int(n) for n in text.read().rsplit(")", 1)[1].split()[11:13])
    return used / os.sysconf("SC_CLK_TCK")


def load(processes, *command, most_refused=0):
    """{"rate", "per_core", "median", "p99", "refused"} of a run of `command`; what was refused (a share) does not count."""
    before = cpu(*processes)
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True)
    count, refused, seconds, median, p99 = (float(word) for word in done.stdout.split())
    assert refused <= most_refused * count, done.stdout
    share = refused / max(count, 1)
    count -= refused
    return {"refused": share, "count": count, "rate": count / seconds, "per_core": count / (cpu(*processes) - before), "median": median,
            "p99": p99}


class Gateway:
    """Operator B's, asked over federation with operator A's certificate."""

    def __init__(self, subscribers=SUBSCRIBERS):
        self.pair = Pair(settings_b=LIMITS, start=False)
        self.operator = self.pair.b
        self.operator.ctl("partner", "set", self.pair.a.title, "--per-minute", "100000000")
        self.subscribers = subscribers
        self.fill()

    def fill(self):
        path = os.path.join(self.operator.folder, "subscribers.csv")
        random = secrets.token_hex(32 * self.subscribers)
        with open(path, "w") as out:
            os.chmod(path, 0o600)
            for i in range(self.subscribers):
                k = random[64 * i:64 * i + 64]
                out.write(f"00103{i:010d},{k[:32]},opc,{k[32:]},,u{i:07d}@operator-b.test\n")
        begun = time.perf_counter()
        done = subprocess.run([os.environ["SIMAUTH_GATEWAYCTL"], "--config", self.operator.config, "subscriber", "import",
                               path], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.import_seconds = time.perf_counter() - begun
        os.unlink(path)
        statement = ("INSERT INTO binding (aor, subscriber, by_whom, since, until) SELECT 'sip:' || nai, id, 'operator', 0, "
                     "9223372036854775807 FROM subscriber WHERE imsi LIKE '00103%'")
        if SHARED_DATABASE:
            subprocess.run(["psql", "-q", "-d", self.operator.database, "-c", statement], check=True)
        else:
            with contextlib.closing(sqlite3.connect(self.operator.database)) as db, db:
                db.execute(statement)

    def load(self, connections, operator=None, seconds=SECONDS, batch=(), most_refused=0):
        operator = operator or self.operator
        return load([operator.process], HTTPS, operator.port, operator.fqdn, operator.ca.path, self.pair.a.certificate,
                    self.pair.a.key, connections, seconds, self.subscribers, *batch, most_refused=most_refused)

    def close(self):
        self.pair.close()


class Peer:
    """osmo-hlr as its packagers ship it."""

    def __init__(self, folder):
        self.hlr = Hlr(folder)
        with contextlib.closing(sqlite3.connect(self.hlr.database)) as db, db:
            for i in range(SUBSCRIBERS):
                number = db.execute("INSERT INTO subscriber (imsi) VALUES (?)", (f"00102{i:010d}",)).lastrowid
                db.execute("INSERT INTO auc_3g (subscriber_id, algo_id_3g, k, opc) VALUES (?, ?, ?, ?)",
                           (number, MILENAGE, secrets.token_hex(16), secrets.token_hex(16)))

    def load(self, flight):
        return load([self.hlr.process], GSUP, self.hlr.address, flight, SECONDS, SUBSCRIBERS)


def medians(runs):
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def in_turns(ours, theirs):
    """Medians of both, in alternating order."""
    runs = ([], [])
    for turn in range(ROUNDS):
        for side in ((0, 1) if turn % 2 else (1, 0)):
            runs[side].append((ours, theirs)[side]())
    return tuple(medians(side) for side in runs)


def compare(where, env, flights, batches=()):
    """Both, warm, the databases below one folder: {flight: (ours, theirs)}; and {batch: (ours, theirs)} with as many
    questions in each request of BATCH_CONNECTIONS, as gateways ask each other, beside the flight that suits osmo-hlr best."""
    with tempfile.TemporaryDirectory(dir=where) as folder:
        tempfile.tempdir = folder
        gateway, peer = Gateway(), Peer(folder)
        try:
            with environment(env):
                gateway.operator.start()
                peer.hlr.start()
            gateway.load(4, seconds=1)
            singles = {flight: in_turns(lambda f=flight: gateway.load(f), lambda f=flight: peer.load(f)) for flight in flights}
            best = max(flights, key=lambda flight: singles[flight][1]["rate"])
            return singles, {size: in_turns(lambda n=size: gateway.load(BATCH_CONNECTIONS, batch=(n,)), lambda: peer.load(best))
                             for size in batches}
        finally:
            peer.hlr.stop()
            gateway.close()
            tempfile.tempdir = None


def fsync_cost(folder):
    """Milliseconds of one fdatasync behind 8 KiB."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(300):
            os.write(file.fileno(), bytes(8192))
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - begun) * 1e3)
    return statistics.median(taken)


def memory():
    for flight, (ours, theirs) in compare("/dev/shm", {}, (1, 16))[0].items():
        show(f"memory.{flight}.per_core", ours["per_core"], "1/s", peer="osmo-hlr", ratio=ours["per_core"] / theirs["per_core"])
        show(f"memory.{flight}.rate", ours["rate"], "1/s", peer="osmo-hlr", ratio=ours["rate"] / theirs["rate"])


def batch():
    """Vectors a second of processor: alone, in batches, and in batches of a gateway that does not seal."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        tempfile.tempdir = folder
        sealed, peer = Gateway(), Peer(folder)
        unsealed = Gateway()
        # Where SQLite takes records more slowly than they come, whole batches are refused (STORE_BEHIND).
        sides = {"single": (sealed, {}), "batch": (sealed, {"batch": (64,)}), "unsealed.single": (unsealed, {}),
                 "unsealed.batch": (unsealed, {"batch": (64,), "most_refused": 0.5})}
        try:
            peer.hlr.start()
            sealed.operator.start()
            unsealed.operator.program = os.environ["SIMAUTH_BENCH_UNSEALED"]
            unsealed.operator.start()
            turns = {name: [] for name in ("osmo-hlr", *sides)}
            for gateway, words in sides.values():
                gateway.load(2, seconds=1, **words)
            for turn in range(ROUNDS):
                for name in list(turns)[::1 if turn % 2 else -1]:
                    if name in sides:
                        gateway, words = sides[name]
                        turns[name].append(gateway.load(2, **words))
                    else:
                        turns[name].append(peer.load(16))
            theirs = medians(turns.pop("osmo-hlr"))["per_core"]
            show("batch.osmo-hlr.per_core", theirs, "1/s")
            for name, runs in turns.items():
                ours = medians(runs)["per_core"]
                print(f"batch.{name}: refused", *(f"{run['refused']:.1%}" for run in runs), flush=True)
                show(f"batch.{name}.per_core", ours, "1/s", peer="osmo-hlr", ratio=ours / theirs)
        finally:
            peer.hlr.stop()
            sealed.close()
            unsealed.close()
            tempfile.tempdir = None


def durable(name, env, flights):
    show(f"{name}.fsync", fsync_cost(FOLDER) + (4 if env else 0), "ms")
    singles, batches = compare(FOLDER, env, flights, BATCHES)
    for which, rows in (("", singles), ("batch.", batches)):
        for number, (ours, theirs) in rows.items():
            show(f"{name}.{which}{number}.rate", ours["rate"], "1/s", peer="osmo-hlr", ratio=ours["rate"] / theirs["rate"])
            show(f"{name}.{which}{number}.p99", ours["p99"], "ms", peer="osmo-hlr", ratio=ours["p99"] / theirs["p99"])


def disk():
    durable("disk", {}, (1, 16, 64))


def slow():
    durable("slow", SLOW, (1, 16, 64))


def connections():
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        tempfile.tempdir = folder
        gateway = Gateway()
        try:
            gateway.operator.start()
            first = None
            for count in (1, 2, 4, 8, 16, 32, 64, 128):
                run = gateway.load(count)
                first = first or run["rate"]
                show(f"connections.{count}", run["rate"], "1/s", peer="one connection", ratio=run["rate"] / first)
        finally:
            gateway.close()
            tempfile.tempdir = None


def together(gateway, operators, connections_):
    """Vectors a second of all, each with its own connections."""
    begun = time.perf_counter()
    running = [subprocess.Popen([str(word) for word in (
        HTTPS, o.port, o.fqdn, o.ca.path, gateway.pair.a.certificate, gateway.pair.a.key, connections_, SECONDS,
        gateway.subscribers)], stdout=subprocess.PIPE, text=True) for o in operators]
    counts = [float(process.communicate()[0].split()[0]) for process in running]
    return sum(counts) / (time.perf_counter() - begun)


def nodes():
    try:
        gateway = Gateway(2000)
        operators = [gateway.operator] + [gateway.operator.sibling(number) for number in (2, 3)]
        first = None
        for operator in operators:
            operator.start()
        for count in (1, 2, 3):
            rate = together(gateway, operators[:count], 16)
            first = first or rate
            show(f"nodes.{count}", rate, "1/s", peer="one gateway", ratio=rate / first)
        for operator in operators[1:]:
            operator.stop()
        gateway.close()
    finally:
        server.close()


def million():
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        tempfile.tempdir = folder
        gateway = Gateway(1000000)
        try:
            show("million.import", gateway.import_seconds, "s")
            begun = time.perf_counter()
            gateway.operator.start()
            show("million.start", time.perf_counter() - begun, "s")
            run = gateway.load(16, seconds=10)
            show("million.rate", run["rate"], "1/s", samples=int(run["count"]))
            with open(f"/proc/{gateway.operator.process.pid}/status") as text:
                rss = [int(line.split()[1]) for line in text if line.startswith("VmRSS")][0]
            show("million.resident", rss / 1024, "MiB")
        finally:
            gateway.close()
            tempfile.tempdir = None


if __name__ == "__main__":
    for word in sys.argv[1:]:
        {"memory": memory, "batch": batch, "disk": disk, "slow": slow, "connections": connections, "nodes": nodes, "million": million}[word]()
