# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What looks on while the programs of a world run: the sanitizers that they were built with, or valgrind.

An untouched linphone-daemon has no sanitizer in it: AddressSanitizer's runtime is preloaded into it, so that the plugin, which
was built with it, finds it there. ThreadSanitizer cannot be preloaded into a program that begins threads before; its phones are
phone_host, built with it. Whatever is found stands in the /tmp of the node.
"""

import glob
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field

from . import process

MEMORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../memory")
ROOM = "/run/world"
FOUND = "/tmp/found"  # each node has a /tmp of its own
PLANTED = "tests/memory/planted/usr"  # below the build's folder: what is laid over /usr

current = None  # what looks on at this run; None is nothing
whose = ""  # phones that it looks at in this round


@dataclass
class Onlooker:
    before: list = field(default_factory=list)  # words before the phone's program
    program: str = ""  # below the build's folder, in the place of linphone-daemon
    env: dict = field(default_factory=dict)  # of every program
    bring: list = field(default_factory=list)  # files below the build's folder that phones need
    rounds: tuple = ("",)  # whose phone is looked at, in one run after the other; empty: everybody's
    slower: float = 1.0  # how many times as long anything may take
    planted: dict = field(default_factory=dict)  # mistake -> what is said of it


def _asan():
    words = ["gcc", "-print-file-name=libasan.so"]
    library = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    options = f"log_path={FOUND}:strict_string_checks=1"
    # Debian's libraries have no frame pointers: who allocated is found the slow way, in phones alone.
    slowly = "fast_unwind_on_malloc=0:malloc_context_size=25:detect_stack_use_after_return=1"
    return Onlooker(
        before=["env", f"LD_PRELOAD={library} {ROOM}/first.so", f"ASAN_OPTIONS={options}:{slowly}"], slower=3, bring=["tests/memory/first.so"],
        env={"ASAN_OPTIONS": options,
             "UBSAN_OPTIONS": f"log_path={FOUND}:print_stacktrace=1",
             "LSAN_OPTIONS": f"suppressions={ROOM}/foreign.lsan:print_suppressions=0"},
        planted={"overflow": r"heap-buffer-overflow[^$]*planted_overflow", "undefined": r"signed integer overflow[^$]*planted_undefined",
                 "leak": r"detected memory leaks[^$]*planted_leak"})


def _threads():
    return Onlooker(
        program="tests/integration/host/phone_host", slower=5,
        env={"TSAN_OPTIONS": f"log_path={FOUND}:ignore_noninstrumented_modules=1:second_deadlock_stack=1"},
        planted={"race": r"data race[^$]*planted_thread"})


def _valgrind():
    return Onlooker(
        before=["valgrind", "-q", f"--log-file={FOUND}.%p", f"--suppressions={ROOM}/foreign.valgrind", "--num-callers=40",
                "--fair-sched=yes", "--error-limit=no", "--leak-check=full", "--show-leak-kinds=definite",
                "--errors-for-leak-kinds=definite"], slower=20,
        rounds=("alice", "others"),  # who talks with a phone of its own speed is in time for the protocol's limits
        planted={"overflow": r"Invalid write[^$]*planted_overflow", "unset": r"uninitialised[^$]*planted_unset",
                 "leak": r"definitely lost[^$]*planted_leak"})


KINDS = {"asan": _asan, "threads": _threads, "valgrind": _valgrind}


def choose(kind, build, folder, round_of=""):
    """From now on `kind` looks on at what runs in `folder`'s world, of this build."""
    global current, whose
    current, whose = KINDS[kind](), round_of
    if current.program:
        current.program = os.path.join(build, current.program)
    process.patience = current.slower
    for name in glob.glob(os.path.join(MEMORY, "foreign.*")) + [os.path.join(build, name) for name in current.bring]:
        shutil.copy(name, folder)


def looks_at(name):
    """Whether the phone of this name is looked at in this round."""
    return current is not None and (not whose or (name == "alice") == (whose == "alice"))


def limits():
    """Of a gateway whose partner and whose phones are slower."""
    return {"federation_timeout_ms": 5000} if current else {}


def _read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip()


def _of_the_program(text):
    """Without what valgrind says of itself (--PID-- in the place of ==PID==): 3.19 has no mlock2(2), which libcrypto asks for first."""
    return re.sub(r"^--\d+-- .*$", "", text, flags=re.M).strip()


def found(folder):
    """What was found in the world of this folder: a text, empty when nothing was."""
    told = glob.glob(os.path.join(folder, "*", "tmp", os.path.basename(FOUND) + ".*"))
    texts = {path: _of_the_program(_read(path)) for path in sorted(told)}
    for path in sorted(glob.glob(os.path.join(folder, "*", "*.log"))):  # UBSan's runtime comes late, and tells it there
        begins = re.search(r"^.*: runtime error: ", _read(path), re.M) if os.path.basename(path) != "linphone.log" else None
        texts[path] = begins.string[begins.start():] if begins else ""
    return "\n".join(f"{path}:\n{text}" for path, text in texts.items() if text)


def seen(mistake, text):
    """Whether what was found is this planted mistake."""
    return re.search(current.planted[mistake], text) is not None
