# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells a call while it happens: the readers' events in the order of their time."""

import threading

HOLD = 1.0  # seconds that an event waits for older ones from slower readers
POLL = 0.05


class Story:
    """Print what the readers give, from `start` (seconds since 1970) on; keep it in `events`."""

    def __init__(self, readers, clock, out=print):
        self._readers = readers
        self._clock = clock
        self._out = out
        self._waiting = []
        self.events = []
        self.start = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.error = None

    def begin(self):
        """From here on everything is told; what came before is read and passed over."""
        for reader in self._readers:
            for _ in reader.poll():
                pass
        self.start = self._clock()
        self._thread.start()

    def _run(self):
        try:
            while not self._stop.wait(POLL):
                self._gather()
                self._tell(self._clock() - HOLD)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def _gather(self):
        for reader in self._readers:
            self._waiting += reader.poll()

    def _tell(self, until):
        ready = sorted((e for e in self._waiting if e.time <= until), key=lambda e: e.time)
        self._waiting = [e for e in self._waiting if e.time > until]
        for event in ready:
            if event.time < self.start:
                continue
            self.events.append(event)
            self._show(event)

    def _show(self, event):
        first, *more = event.text.split("\n")
        self._out(f"{event.time - self.start:8.3f} s  {event.who:<14} {first}   [{event.source}]")
        for line in more:
            self._out(f"{'':26}{line}")

    def finish(self):
        """Tell the rest; no event comes after this."""
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error
        self._gather()
        for reader in self._readers:
            if hasattr(reader, "rest"):
                self._waiting += reader.rest()
        self._tell(float("inf"))

    def find(self, kind, **fields):
        """The events of this kind whose fields (or who) match."""
        return [e for e in self.events if e.kind == kind and
                all(getattr(e, name, None) == value if name == "who" else e.fields.get(name) == value
                    for name, value in fields.items())]

    def first(self, kind, **fields):
        found = self.find(kind, **fields)
        return found[0] if found else None
