# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""simauthctl on files, with no Linphone running.

    cases.py CASE PROGRAM
"""

import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

GOOD, NOT, USAGE, NOT_RUNNING, SETTINGS = range(5)


class Person:
    """Somebody with a home of their own."""

    def __init__(self, program, home):
        self.program = program
        self.home = home
        self.conf = os.path.join(home, ".config/simauth/simauth.conf")
        self.env = {"HOME": home, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8",
                    "XDG_RUNTIME_DIR": os.path.join(home, "run")}

    def says(self, *words):
        """Runs it: exit status, stdout, stderr."""
        done = subprocess.run([self.program, *words], env=self.env, capture_output=True, text=True,
                              timeout=30, check=False)
        return done.returncode, done.stdout, done.stderr

    def good(self, *words):
        status, out, err = self.says(*words)
        assert status == GOOD, (words, status, out, err)
        return out

    def bad(self, expected, part, *words):
        status, out, err = self.says(*words)
        assert status == expected, (words, status, out, err)
        assert part in err, (words, err)

    def text(self):
        with open(self.conf, encoding="utf-8") as file:
            return file.read()


def settings(person):
    person.good("settings", "set", "sim", "soft:/home/me/sim.json")
    assert os.stat(person.conf).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(person.conf)).st_mode & 0o777 == 0o700
    with open(person.conf, "a", encoding="utf-8") as file:
        file.write("# bob has a new phone\n[peer sip:bob@b.example]\npolicy=require\n")
    person.good("settings", "set", "--peer", "sip:bob@B.example:5060", "nai", "bob@b.example")
    person.good("settings", "set", "--account", "sip:me@a.example", "policy", "off")
    assert "# bob has a new phone" in person.text()
    assert person.text().count("[peer ") == 1
    assert person.good("settings", "get", "--peer", "sip:bob@b.example", "nai") == "bob@b.example\n"
    assert person.good("settings", "get", "policy") == "prefer\n"
    assert "policy=off" in person.good("settings", "list")
    before = person.text()
    person.bad(SETTINGS, "must be one of", "settings", "set", "policy", "sometimes")
    person.bad(SETTINGS, "no such key", "settings", "set", "colour", "red")
    person.bad(USAGE, "is no SIP address", "settings", "set", "--peer", "bob", "policy", "off")
    person.bad(USAGE, "usage", "settings", "set", "policy")
    assert person.text() == before
    person.good("switch", "off")
    assert "enabled=false" in person.text()
    person.good("switch", "on")
    assert "enabled=true" in person.text()
    person.good("settings", "unset", "enabled")
    assert "enabled" not in person.text()
    person.bad(NOT, "is not set", "settings", "unset", "enabled")
    assert "carriage" in person.good("settings", "keys")


def pins(person):
    person.bad(SETTINGS, "simauth.conf", "pins", "list")
    person.good("settings", "set", "sim", "soft:/home/me/sim.json")
    assert person.good("pins", "list") == ""
    folder = os.path.join(person.home, ".local/share/simauth")
    os.makedirs(folder)
    pin = {"aor": "sip:bob@b.example", "nai": "bob@op-b.example", "operator": "Operator B",
           "method": "aka", "since": 1700000000, "last": 1700000001}
    with open(os.path.join(folder, "pins.json"), "w", encoding="utf-8") as file:
        json.dump({"pins": [pin], "nobody": {pin["aor"]: 1700000002}}, file)
    assert "bob@op-b.example, vouched for by Operator B" in person.good("pins", "list")
    assert json.loads(person.good("pins", "list", "--json")) == [pin]
    person.good("pins", "ask-again", "sip:bob@B.EXAMPLE")
    person.bad(NOT, "nothing keeps the next call from asking", "pins", "ask-again", "sip:bob@b.example")
    assert json.loads(person.good("pins", "list", "--json")) == [pin]
    person.good("pins", "forget", "sip:bob@B.EXAMPLE")
    assert json.loads(person.good("pins", "list", "--json")) == []
    person.bad(NOT, "nothing is known", "pins", "forget", "sip:bob@b.example")
    with open(os.path.join(folder, "pins.json"), "w", encoding="utf-8") as file:
        file.write("{")
    person.bad(SETTINGS, "pins.json", "pins", "list")


def alone(person):
    commands = ("status", "settings", "switch", "pins", "calls", "continue-once", "self-test")
    out = person.good("--help")
    for command in commands:
        assert command in out, command
        assert "usage: simauthctl " + command in person.good(command, "--help")
    assert person.good("--version").startswith("simauthctl ")
    person.bad(USAGE, "a command is missing")
    person.bad(USAGE, "no command dance", "dance")
    person.bad(USAGE, "no such option", "--dance")
    person.bad(NOT_RUNNING, "no Linphone", "status")
    person.bad(NOT_RUNNING, "no Linphone", "continue-once", "sip:bob@b.example")
    person.bad(SETTINGS, "settings set", "self-test")
    person.good("settings", "set", "sim", "soft:/home/me/sim.json")
    person.bad(NOT_RUNNING, "no Linphone", "self-test")
    assert "settings" in person.says("self-test")[1]
    assert json.loads(person.says("self-test", "--json")[1]) == []
    folder = os.path.join(person.home, ".local/share/simauth")
    os.makedirs(folder)
    call = {"began": 1700000000, "side": "caller", "peer": "sip:bob@b.example",
            "word": "authenticated", "nai": "bob@op-b.example", "operator": "Operator B"}
    with open(os.path.join(folder, "calls.jsonl"), "w", encoding="utf-8") as file:
        file.write(json.dumps(call) + "\nnot json\n")
    assert "to sip:bob@b.example: authenticated (bob@op-b.example" in person.good("calls")
    assert json.loads(person.good("calls", "--json"))[0]["word"] == "authenticated"
    with open(os.path.join(folder, "calls.jsonl"), "w", encoding="utf-8") as file:
        file.write(json.dumps({**call, "word": "not-authenticated"}) + "\n")
    out = person.good("calls")
    assert "not-authenticated (asked about bob@op-b.example)" in out and "vouched" not in out, out
    turned_over(person, folder, call)
    stale = os.path.join(person.home, "run/simauth")
    os.makedirs(stale)
    with open(os.path.join(stale, "4194304.sock"), "w", encoding="utf-8"):
        pass
    person.bad(NOT_RUNNING, "no Linphone", "status")


def turned_over(person, folder, call):
    """What was kept before the file was turned over counts, and what stands behind the NUL octets of a power cut."""
    lines = [json.dumps({**call, "began": 1700000000 + number}).encode() + b"\n" for number in range(4)]
    for name, kept in (("calls.jsonl.1", lines[0] + lines[1]), ("calls.jsonl", lines[2] + bytes(300) + lines[3])):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(kept)
    began = [kept["began"] - 1700000000 for kept in json.loads(person.good("calls", "--json"))]
    assert began == [3, 2, 1, 0], began


class Linphone:
    """Somebody behind a control socket who answers everything by the same."""

    def __init__(self, person, answer, pid=None):
        folder = os.path.join(person.home, "run/simauth")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.path = os.path.join(folder, f"{pid or os.getpid()}.sock")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        threading.Thread(target=self.serve, args=(json.dumps(answer) + "\n",), daemon=True).start()

    def serve(self, line):
        while True:
            client = self.socket.accept()[0]
            client.recv(65536)
            client.sendall(line.encode())
            client.close()


def hostile(person):
    """What others chose does nothing to a terminal, and what is no file holds nobody up."""
    names = "\x1b]0;title\x07\x1b[2J\rBob\u202egpj\u2066\u009b31m\n\u2028forged: authenticated"
    call = {"began": 1700000000, "side": "callee", "peer": "sip:bob@b.example" + names, "word": "not-authenticated",
            "nai": "bob@b.example", "operator": names, "text": names, "problem": names, "sips": "off", "sips_text": names,
            "sips_refusal": names, "advice": names}
    Linphone(person, {"ok": True, "live": [call], "last": [call]})
    out = person.good("calls")
    odd = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]"
    assert "Bob" in out and not re.search(odd, out), repr(out)
    assert not re.search("(?m)^forged", out), repr(out)
    os.makedirs(os.path.dirname(person.conf), exist_ok=True)
    for what, part in ((os.mkfifo, "no ordinary file"), (lambda path: os.symlink("/dev/zero", path), "no ordinary file"),
                       (os.mkdir, "no ordinary file"), (lambda path: subprocess.run(["truncate", "-s", "5G", path], check=True), "longer")):
        what(person.conf)
        person.bad(SETTINGS, part, "settings", "list")
        person.bad(SETTINGS, part, "settings", "set", "policy", "off")
        os.rmdir(person.conf) if os.path.isdir(person.conf) else os.unlink(person.conf)
    kept = os.path.join(person.home, "dotfiles.conf")
    with open(kept, "w", encoding="utf-8") as file:
        file.write("[phone]\nsim=soft:/home/me/sim.json\n")
    os.symlink(kept, person.conf)
    person.good("settings", "set", "policy", "off")
    assert os.path.islink(person.conf) and "policy=off" in person.text(), "a link became a file"
    pins_file = os.path.join(person.home, ".local/share/simauth/pins.json")
    os.makedirs(os.path.dirname(pins_file), exist_ok=True)
    with open(pins_file, "w", encoding="utf-8") as file:
        json.dump({"pins": [{"aor": "sip:bob@b.example", "nai": "bob@b.example", "operator": "B\u202etx\u2066",
                             "method": "aka", "since": 1, "last": 2}], "nobody": {}}, file)
    for more in ([], ["--json"]):
        out = person.good("pins", "list", *more)
        assert "tx" in out and not re.search(odd, out), repr(out)
    os.unlink(pins_file)
    os.mkfifo(pins_file)
    assert person.says("pins", "list")[0] != GOOD


def two(person):
    """Two Linphones run, and one of them has the account: what it says counts."""
    aor = "sip:bob@b.example"
    other = {"ok": False, "error": "this Linphone has no account with that address"}
    Linphone(person, other, os.getppid())
    person.bad(NOT, "no account", "binding", "prove", aor)
    Linphone(person, {"ok": True, "asked": [{"aor": aor, "state": "bound"}]})
    status, out, err = person.says("binding", "prove", aor)
    assert (status, err) == (GOOD, "") and f"{aor} is yours" in out, (status, out, err)


def prompt(person):
    """A code is not shown as it is typed; whatever ends the question, the terminal shows again what is typed."""
    for key, status in ((b"\x03", -signal.SIGINT), (b"\x1c", -signal.SIGQUIT), (b"wrong\n", USAGE)):
        ours, theirs = pty.openpty()  # theirs stays open: it is as it was left
        child = subprocess.Popen([person.program, "sim", "activate"], env=person.env, stdin=theirs, stdout=theirs, stderr=theirs,
                                 start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

        def echoes():
            return bool(termios.tcgetattr(theirs)[3] & termios.ECHO)
        until = time.monotonic() + 10
        while echoes() and time.monotonic() < until:
            time.sleep(0.01)
        assert not echoes(), "what is typed is shown"
        os.write(ours, key)
        assert child.wait(10) == status, (key, child.returncode)
        assert echoes(), f"{key} leaves a terminal that shows nothing"
        os.close(ours)
        os.close(theirs)


def main():
    case, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        {"settings": settings, "pins": pins, "alone": alone, "hostile": hostile, "two": two, "prompt": prompt}[case](Person(program, home))


main()
