# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's linphone-desktop as a phone of the world, on a display that nobody looks at."""

import os
import re

from .phone import Event, Phone
from .process import wait_for

DISPLAY = ":1"  # each node has a /tmp of its own, and a network
STATE = re.compile(r"CallSession \[\w+\] moving from state \w+ to (LinphoneCall\w+)")
AUTO_ANSWER = "\n[ui]\nauto_answer=1\nauto_answer_delay=0\n"


class Desktop(Phone):
    """The window client: driven by its own command line, seen in its log. It answers by itself.

    One call at a time: its events have no call's number but 1.
    """

    def configure(self, *args, **options):
        super().configure(*args, **options)
        with open(self.node.path(".config/linphone/linphonerc"), "a", encoding="utf-8") as file:
            file.write(AUTO_ANSWER)

    def start(self, wait_registered=True, limit=40):
        self.start_screen()
        self.start_linphone()
        if wait_registered:
            self.wait_registered(limit)

    def start_screen(self):
        self.node.env.update({"DISPLAY": DISPLAY, "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb",
                              "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.node.path('bus')}"})
        # Qt Quick draws with OpenGL: without GLX there is no window.
        screen = self.node.start("display", ["Xvfb", DISPLAY, "-screen", "0", "1280x900x24", "+extension", "GLX",
                                             "-nolisten", "tcp"])
        bus = self.node.start("bus", ["dbus-daemon", "--session", "--nofork", "--nopidfile",
                                      f"--address={self.node.env['DBUS_SESSION_BUS_ADDRESS']}"])
        for process, path in ((screen, self.node.path("tmp/.X11-unix/X1")), (bus, self.node.path("bus"))):
            wait_for(lambda process=process, path=path: process.check() and os.path.exists(path), 10, path)

    def start_linphone(self):
        self.process = self.node.start("desktop", ["linphone", "--verbose", "--config",
                                                   self.node.path(".config/linphone/linphonerc")])
        self.log = self.process.log

    def wait_registered(self, limit=40):
        self.wait_log(r"to \[LinphoneRegistrationOk\]", limit)

    def poll(self):
        self.process.check()
        for state in STATE.findall(self.said())[len(self._events):]:
            self._events.append(Event(f"Event-type: call-state-changed\nEvent: {state}\nId: 1\n"))

    def _say(self, words):
        """Another linphone hands `words` to the one that runs, and ends."""
        self.node.run(["linphone", words])

    def call(self, uri):
        self._say(f"call sip-address={uri}")
        return 1

    def terminate(self, call=None):
        self._say("bye")

    def answer(self, call=None):
        pass

    def state(self, call=None):
        events = self.events()
        return events[-1].state if events else ""

    def picture(self, path):
        """What is on the display; the number of its colours."""
        self.node.run(["import", "-window", "root", path])
        return int(self.node.run(["identify", "-format", "%k", path]).stdout)
