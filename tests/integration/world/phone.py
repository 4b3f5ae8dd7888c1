# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone: Debian's own linphone-daemon, run by an ordinary user, driven through its pipe."""

import os
import re
import signal
import socket
import time

from . import onlooker, process
from .process import Failed, Timeout, wait_for
from .proxy import PASSWORD_PREFIX

RC = """\
[sip]
default_proxy=0
{sip}

[sound]
# No sound card here: what Linphone plays instead, at the path where Debian has it.
hold_music=/usr/share/sounds/linphone/toy-mono.wav

[video]
capture=0
display=0

[proxy_0]
reg_proxy=<sip:{domain};transport={transport}>
reg_route=<sip:{domain};transport={transport}>
reg_identity={identity}
reg_expires=600
reg_sendregister=1

[auth_info_0]
username={user}
realm={domain}
domain={domain}
passwd={password}
"""

PIPE = "linphone"

SETTINGS = """\
[phone]
sim={sim}
gateway={gateway}
ca_file={ca}
{more}
"""


class Event:
    """One event of the daemon: `kind` and its fields."""

    def __init__(self, text):
        self.fields = dict(re.findall(r"^([\w-]+): (.*)$", text, re.M))
        self.kind = self.fields.get("Event-type", "")
        self.time = time.monotonic()

    @property
    def state(self):
        return self.fields.get("Event", "").removeprefix("LinphoneCall")

    @property
    def call(self):
        return int(self.fields.get("Id", "0"))

    def __repr__(self):
        return f"{self.kind}({self.fields})"


def _preloaded_once(*words):
    """Of two LD_PRELOADs the later would be alone: it names what both do, and its own first, as ASan's runtime wants it."""
    named = [word for word in words if word.startswith("LD_PRELOAD=")]
    if len(named) < 2:
        return words
    both = f"{named[-1]} {' '.join(word.removeprefix('LD_PRELOAD=') for word in named[:-1])}"
    return [both if word == named[-1] else word for word in words if word not in named[:-1]]


class Phone:
    """linphone-daemon of one subscriber on one node."""

    def __init__(self, node, user, domain, transport="udp", media_encryption=None, sip="",
                 auto_answer=False, root_ca=None, program="linphone-daemon", display_name=""):
        """root_ca: the certificate that SIP servers chain to, where it is not one of the system's.

        program: another one that has the daemon's pipe and words (host/phone_host.c). display_name: in From, as its
        person has set it.
        """
        self.node = node
        self.user = user
        self.domain = domain
        self.aor = f"sip:{user}@{domain}"
        self.auto_answer = auto_answer
        self.before = []  # words before linphone-daemon: a program that starts it
        self.options = []  # more words behind it
        self.slowest = (0, "")  # seconds of the daemon's latest answer to a command, and which
        self.log = node.path("linphone.log")
        self.process = None
        self._pipe = None
        self._events = []
        self._root_ca = root_ca
        self._display_name = display_name
        self._program = program
        self._folders()
        self.configure(transport, media_encryption, sip)

    def _folders(self):
        for part in (".config/linphone", ".local/share/linphone"):
            steps = part.split("/")
            for depth in range(len(steps)):
                self.node.make_folder(*steps[:depth + 1], mode=0o700)
        runtime = f"/run/user/{self.node.user}"
        os.makedirs(runtime, mode=0o700, exist_ok=True)
        os.chown(runtime, self.node.user, self.node.user)
        self.node.env.update({"XDG_RUNTIME_DIR": runtime, "USER": f"simauth-{self.node.user}",
                              "LOGNAME": f"simauth-{self.node.user}"})

    def configure(self, transport="udp", media_encryption=None, sip=""):
        """Write linphonerc: an account and nothing that a fresh Linphone does not have."""
        sip_lines = [sip] if sip else []
        if self._root_ca:
            sip_lines.append(f"root_ca={self._root_ca}")
        if media_encryption:
            sip_lines.append(f"media_encryption={media_encryption}")
        self.node.write(".config/linphone/linphonerc", RC.format(
            sip="\n".join(sip_lines), domain=self.domain, user=self.user,
            identity=f'"{self._display_name}" <{self.aor}>' if self._display_name else self.aor,
            transport=transport, password=PASSWORD_PREFIX + self.user), 0o600)

    def use_sim(self, sim, root, place=None, **settings):
        """Put the soft SIM into this phone and name its operator's gateway (simauth.conf).

        root: the certificate that gateways chain to. place: 'pcsc' for a card instead of the
        soft SIM. settings: further keys of [phone]. Setup keys are off unless a case is about
        them (keys="file"): every call of a case is then authenticated by both SIMs.
        """
        for part in (".config/simauth", ".local/share/simauth", ".local/state/simauth"):
            steps = part.split("/")
            for depth in range(len(steps)):
                self.node.make_folder(*steps[:depth + 1], mode=0o700)
        path = self.node.write(".local/share/simauth/sim.json", sim.issued, 0o600)
        settings.setdefault("ask", "everybody")
        settings.setdefault("keys", "off")
        self.node.write(".config/simauth/simauth.conf", SETTINGS.format(
            sim=place or f"{sim.kind}:{path}", gateway=sim.gateway, ca=root.certificate,
            more="\n".join(f"{key}={value}" for key, value in settings.items())), 0o600)

    def notes(self, pattern):
        """All matches in the product's own log of this phone."""
        try:
            with open(self.node.path(".local/state/simauth/log"), encoding="utf-8") as log:
                return list(re.finditer(pattern, log.read()))
        except FileNotFoundError:
            return []

    def wait_note(self, pattern, limit=10, count=1):
        """Wait until the product's own log has `count` matches; the last of these."""
        def look():
            self.process.check()
            found = self.notes(pattern)
            return found[count - 1] if len(found) >= count else None
        try:
            return wait_for(look, limit, f"'{pattern}' in the SIMAUTH log of {self.node.name}")
        except Timeout as error:
            said = [m.group(0) for m in self.notes(r"simauth: .*")][-10:]
            raise Timeout("\n    ".join([f"{error}; it said:", *(said or ["nothing"])])) from None

    def ctl(self, *words, check=True):
        """simauthctl, as the phone's user; the finished process."""
        return self.node.run(["simauthctl", *words], check=check)

    def start(self, wait_registered=True, limit=20):
        """Start the daemon; returns when its account is registered."""
        argv = [*self._begins(), "--config", self.node.path(".config/linphone/linphonerc"),
                "--pipe", PIPE, "--log", self.log, *self.options]
        if self.auto_answer:
            argv.append("--auto-answer")
        self.process = self.node.start("daemon", argv)
        self._connect(limit)
        if wait_registered:
            self.wait_registered(limit)

    def _begins(self):
        """The program, behind the words that start it."""
        looks = onlooker.current
        if not onlooker.looks_at(self.node.name) or self.node.root or not self.node.product:
            return [*self.before, self._program]
        program = self._program if self._program != "linphone-daemon" or not looks.program else looks.program
        return [*_preloaded_once(*self.before, *looks.before), program]

    def _connect(self, limit):
        path = self.node.path("tmp", PIPE)

        def attempt():
            self.process.check()
            pipe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                pipe.connect(path)
            except OSError:
                pipe.close()
                return None
            return pipe
        self._pipe = wait_for(attempt, limit, f"pipe of {self.node.name}")
        self._pipe.settimeout(10 * process.patience)

    def command(self, line):
        """Say one line to the daemon; its answer's fields, Failed when it says Error."""
        self.process.check()
        try:
            begin = time.monotonic(), self._not_run()
            self._pipe.sendall(line.encode() + b"\n")
            answer = self._pipe.recv(65536).decode(errors="replace")
            took = time.monotonic() - begin[0] - (self._not_run() - begin[1])
            self.slowest = max(self.slowest, (took, line))
        except OSError as error:
            self.process.check()
            raise Failed(f"{self.node.name}: '{line}': {error}") from error
        if not answer:
            time.sleep(0.05)
            self.process.check()
            raise Failed(f"{self.node.name}: the daemon closed its pipe at '{line}'")
        if not answer.startswith("Status: Ok"):
            raise Failed(f"{self.node.name}: '{line}': {answer.strip()}")
        return answer

    def _not_run(self):
        """Seconds that the daemon's main loop and we have waited for a processor: a busy machine, not a hang."""
        waits = 0
        for place in (f"/proc/{self.process.pid}/schedstat", "/proc/thread-self/schedstat"):
            with open(place, encoding="ascii") as stat:
                waits += int(stat.read().split()[1]) / 1e9
        return waits

    def _field(self, line, name):
        found = re.search(rf"^{name}: (.*)$", self.command(line), re.M)
        return found.group(1) if found else None

    def wait_registered(self, limit=20):
        wait_for(lambda: self._field("register-status ALL", "State") == "LinphoneRegistrationOk",
                 limit, f"registration of {self.aor}", every=0.02)

    def poll(self):
        """Fetch the daemon's waiting events."""
        while True:
            answer = self.command("pop-event")
            if "Event-type:" not in answer:
                return
            self._events.append(Event(answer))

    def events(self):
        """All events of this phone so far."""
        self.poll()
        return list(self._events)

    def wait_event(self, match, limit=10, what="event", after=0):
        """Wait for the first event from number `after` on for which match(event) is true."""
        def look():
            self.poll()
            return next((e for e in self._events[after:] if match(e)), None)
        try:
            return wait_for(look, limit, f"{what} at {self.node.name}")
        except Timeout as error:
            states = ", ".join(e.state or e.kind for e in self._events[after:])
            raise Timeout(f"{error}; seen: {states or 'nothing'}") from None

    def mark(self):
        """A place in the list of events, for wait_state(after=...)."""
        self.poll()
        return len(self._events)

    def wait_state(self, *states, limit=10, call=None, after=0):
        """Wait until a call reaches one of the states (names as liblinphone's, without prefix)."""
        return self.wait_event(lambda e: e.state in states and (call is None or e.call == call),
                               limit, " or ".join(states), after)

    def call(self, uri):
        """Dial; the call's number at this phone."""
        return int(self._field(f"call {uri}", "Id"))

    def answer(self, call=None):
        self.command("answer" if call is None else f"answer {call}")

    def terminate(self, call=None):
        self.command("terminate" if call is None else f"terminate {call}")

    def state(self, call=None):
        line = "call-status" if call is None else f"call-status {call}"
        return (self._field(line, "State") or "").removeprefix("LinphoneCall")

    def ask_to_stop(self):
        """Begin to end; stop() waits for it."""
        if self.process is not None:
            self.process.send(signal.SIGINT)

    def stop(self, limit=10):
        """End the daemon as a person's session does; its exit status."""
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if self.process is None:
            return None
        status = self.process.stop(limit, signal.SIGINT)
        if self.process.insisted and onlooker.looks_at(self.node.name):
            raise Failed(f"{self.node.name} did not end, so nobody has looked at what it left")
        return status

    def forget(self):
        """After a daemon that was killed: the next one counts its calls from 1, and its pipe is new."""
        self._events.clear()
        if os.path.lexists(self.node.path("tmp", PIPE)):
            os.unlink(self.node.path("tmp", PIPE))

    def calls(self):
        """The numbers of all calls that this phone has seen."""
        return sorted({e.call for e in self.events() if e.kind == "call-state-changed"})

    def said(self):
        """Linphone's log so far."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_log(self, pattern, limit=10, start=0):
        """Wait until Linphone's log has a match after character `start`; the match."""
        regex = re.compile(pattern)
        return wait_for(lambda: regex.search(self.said(), start), limit,
                        f"'{pattern}' in the log of {self.node.name}", every=0.02)
