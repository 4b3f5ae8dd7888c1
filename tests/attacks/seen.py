# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For each patch, what its attack was last seen to succeed against: a hash of the patch and of the functions that it changes.

That a patch applies does not say that it still counts: the check that it takes out may stand in another place too by now, or
the attack may come another way. Whoever changes such a function sees the attack once more (prove --again).
"""
import hashlib
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIST = os.path.join(HERE, "seen")
HEAD = """# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Each patch and the code against which its attack was last seen to succeed; tests/attacks/prove --again writes it.
"""


def hunks(diff):
    """(file, the number of its first line as the patch has it, lines before, numbers in them of those that it changes)."""
    path = None
    for part in re.split(r"^(?=--- |@@ )", diff, flags=re.M):
        if part.startswith("--- "):
            path = part.split("\n", 1)[0][4:].split("/", 1)[1].split("\t")[0]
        elif part.startswith("@@ "):
            first, *lines = part.rstrip("\n").split("\n")
            before, changed = [], []
            for line in lines:
                if line[:1] in "+-":
                    changed.append(max(len(before) - (line[0] == "+"), 0))
                if line[:1] != "+":
                    before.append(line[1:])
            yield path, int(re.match(r"@@ -(\d+)", first)[1]) - 1, before, changed


def found(lines, before, near):
    """Where these lines stand, as close to `near` as can be."""
    places = [i for i in range(len(lines) - len(before) + 1) if lines[i:i + len(before)] == before]
    if not places:
        raise LookupError("does not apply")
    return min(places, key=lambda place: abs(place - near))


def block(lines, at):
    """The function that holds this line; of what is in no function what stands between two empty lines."""
    begin = next((i for i in range(at, -1, -1) if lines[i] == "{"), None)
    end = None if begin is None else next((i for i in range(begin, len(lines)) if lines[i].startswith("}")), None)
    if end is None or end < at:
        begin = end = at
        while end + 1 < len(lines) and lines[end + 1].strip():
            end += 1
    while begin > 0 and lines[begin - 1].strip():
        begin -= 1
    return "\n".join(lines[begin:end + 1])


def code(text):
    """Without comments, and whatever the lines' breaks: they decide nothing."""
    return " ".join(re.sub(r"/\*.*?\*/", " ", text, flags=re.S).split())


def fingerprint(patch, root=ROOT):
    with open(os.path.join(root, os.path.relpath(patch, ROOT)), encoding="utf-8") as file:
        head, diff = file.read().split("\n--- ", 1)
    blocks = []
    for path, near, before, changed in hunks("--- " + diff):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            lines = file.read().split("\n")
        start = found(lines, before, near)
        blocks += [code(block(lines, start + i)) for i in changed]
    tests = re.findall(r"^(?:Test|Succeeds): .*$", head, re.M)
    changes = re.findall(r"^[-+](?![-+]{2} ).*$", diff, re.M)
    return hashlib.sha256("\n".join([*tests, *changes, *dict.fromkeys(blocks)]).encode()).hexdigest()[:16]


def read():
    if not os.path.exists(LIST):
        return {}
    with open(LIST, encoding="ascii") as file:
        return dict(line.split() for line in file if line.strip() and not line.startswith("#"))


def write(seen):
    with open(LIST, "w", encoding="ascii") as file:
        file.write(HEAD + "".join(f"{name} {seen[name]}\n" for name in sorted(seen)))
