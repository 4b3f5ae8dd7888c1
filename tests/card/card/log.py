# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a card did, one JSON object a line, without secrets."""

import json
import time

RAND_AT = {"authenticate": 1, "run_gsm_algorithm": 0}


class Log:
    """Appends to a file, line by line; `path` None: nowhere.  Counts commands by name in any case."""

    def __init__(self, path=None):
        self._file = open(path, "a", encoding="utf-8", buffering=1) if path else None
        self.counts = {}

    def event(self, event, **members):
        if self._file:
            self._file.write(json.dumps({"t": round(time.time(), 6), "event": event, **members}) + "\n")

    def command(self, raw, name, answer, deed=None):
        """Instruction, parameters, lengths and status word; of the data RAND alone."""
        self.counts[name] = self.counts.get(name, 0) + 1
        row = {"name": name, "header": raw[:4].hex(), "length": len(raw)}
        start = RAND_AT.get(name)
        if start is not None and len(raw) >= 5 + start + 16:
            row["rand"] = raw[5 + start:21 + start].hex()
        if deed:
            row["deed"] = deed
        row["answer"] = None if answer is None else max(0, len(answer) - 2)
        row["sw"] = answer[-2:].hex() if answer and len(answer) >= 2 else None
        if deed in ("garbage", "replace", "short"):
            row["sw"] = None
        self.event("command", **row)


def commands(path, *names):
    """The logged commands of those names, all without a name; for tests."""
    with open(path, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [r for r in rows if r["event"] == "command" and (not names or r["name"] in names)]
