# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A million subscribers from CSV: in what time, with what memory, and nothing of it when the last line is bad."""
import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time

from operators import CTL, Operator

COUNT = int(os.environ.get("SIMAUTH_TEST_SUBSCRIBERS", "1000000"))
CPU_SECONDS, MEMORY_MIB = 120, 100  # of the machine's own time: others may run on it


def run(operator, path):
    began = time.monotonic()
    done = subprocess.run([CTL, "--config", operator.config, "subscriber", "import", path, "--progress"], capture_output=True,
                          text=True, check=False, timeout=900)
    return done, time.monotonic() - began


def count(operator):
    listed = subprocess.Popen([CTL, "--config", operator.config, "subscriber", "list", "--json"], stdout=subprocess.PIPE)
    lines = sum(1 for _ in listed.stdout)
    assert listed.wait() == 0
    return lines


def main():
    with tempfile.TemporaryDirectory(prefix="simauth-gateway-test-") as folder:
        operator, path = Operator(folder, "a"), os.path.join(folder, "many.csv")
        with open(path, "w", encoding="ascii") as f:
            for i in range(COUNT):
                f.write(f"00101{i:010d},{secrets.token_hex(16)},opc,{secrets.token_hex(16)}\n")
            f.write("00101,bad\n")
        done, _ = run(operator, path)
        assert done.returncode == 1 and f"line {COUNT + 1}: " in done.stderr and "nothing was imported" in done.stderr, done
        assert count(operator) == 0, "half-imported"
        with open(path, "r+b") as f:
            f.truncate(os.path.getsize(path) - len("00101,bad\n"))
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done, seconds = run(operator, path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert (done.returncode, done.stdout) == (0, f"{COUNT} subscribers\n"), done
        assert "100 %" in done.stderr, done.stderr[-200:]
        began = time.monotonic()
        assert count(operator) == COUNT
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(json.dumps({"subscribers": COUNT, "import_s": round(seconds, 1), "import_cpu_s": round(cpu, 1), "list_s": round(time.monotonic() - began, 1),
                          "memory_mib": round(memory, 1)}))
        assert cpu < CPU_SECONDS and memory < MEMORY_MIB, (cpu, memory)


if __name__ == "__main__":
    sys.exit(main())
