# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run's secrets may stand: what a core dump would have, argv and environment, and files; and who finds them there."""

import base64
import os
import re
import subprocess
import threading

from .process import Failed

RANGE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ *(.*)$")
NEEDLE_MIN = 6


def forms(octets):
    """{what: text}: itself, in hexadecimal, and what base64 makes of it wherever it begins in something longer."""
    made = {"raw": octets, "hex": octets.hex().encode(), "HEX": octets.hex().upper().encode()}
    for before in range(3):
        plain = bytes(before) + octets
        whole = base64.b64encode(plain)[-(-before * 8 // 6):len(plain) * 8 // 6]
        made[f"base64+{before}"] = whole
        made[f"base64url+{before}"] = whole.translate(bytes.maketrans(b"+/", b"-_"))
    return {what: text for what, text in made.items() if len(text) >= NEEDLE_MIN}


def core(pid, path):
    """The memory of a process that a core dump would have: what can be written to, but for what it keeps out of dumps."""
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as smaps:
        lines = smaps.read().splitlines()
    found, place = [], None
    for line in lines:
        begins = RANGE.match(line)
        if begins:
            place = begins
        elif line.startswith("VmFlags:") and place[3].startswith("rw") and "dd" not in line.split():
            found.append((int(place[1], 16), int(place[2], 16)))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory, open(path, "wb") as out:
        for begin, end in found:
            try:
                memory.seek(begin)
                while begin < end:
                    part = memory.read(min(end - begin, 1 << 16))
                    if part.count(0) == len(part):
                        out.seek(len(part), os.SEEK_CUR)
                    else:
                        out.write(part)
                    begin += len(part) or end
            except OSError:  # given back meanwhile
                continue
    return path


def rooms(pid):
    """Of each mapping that can be written to and is kept out of dumps, its flags: lo is locked (proc(5), VmFlags)."""
    found, place = [], None
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as smaps:
        for line in smaps:
            begins = RANGE.match(line)
            place = begins or place
            flags = line.split()[1:] if line.startswith("VmFlags:") else ()
            if "dd" in flags and place[3].startswith("rw"):
                found.append(flags)
    return found


def key_forms(pem):
    """{form: octets} of a P-256 private key: as it is, as bignums have it in memory (least octet first), and the line of PEM."""
    # here, for nodes run this package with the machine's own modules alone
    from cryptography.hazmat.primitives import serialization

    with open(pem, "rb") as text:
        octets = text.read()
    number = serialization.load_pem_private_key(octets, None).private_numbers().private_value
    return {"": number.to_bytes(32, "big"), "-limbs": number.to_bytes(32, "little"), "-pem": octets.splitlines()[2]}


def status(pid, field):
    """A field of /proc/PID/status, as "VmLck"."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as text:
        found = re.search(rf"^{field}:\s*(.*)$", text.read(), re.M)
    return found[1] if found else ""


class Programs:
    """Arguments and environment of every process of the room, looked at again and again until end()."""

    def __init__(self, path):
        self.path, self._seen, self._over = path, set(), threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def look(self):
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as argv, open(f"/proc/{pid}/environ", "rb") as environ:
                    said = (argv.read(), environ.read())
            except OSError:  # it ended, or is the kernel's
                continue
            if said not in self._seen:
                self._seen.add(said)
                with open(self.path, "ab") as out:
                    out.write(b"\n".join(said) + b"\n")

    def _watch(self):
        while not self._over.wait(0.05):
            self.look()

    def end(self):
        self._over.set()
        self._thread.join()


class Search:
    """secrets: {name without blanks: octets}; program: search_secrets."""

    def __init__(self, program, folder):
        self.program, self.needles, self.secrets = program, os.path.join(folder, "needles"), {}

    def add(self, name, octets):
        self.secrets[name] = octets

    def look(self, paths):
        """[(path, name, form)], each once."""
        with open(self.needles, "w", encoding="ascii") as out:
            for name, octets in self.secrets.items():
                out.writelines(f"{name}|{what} {text.hex()}\n" for what, text in forms(octets).items())
        done = subprocess.run([self.program, self.needles, *paths], capture_output=True, text=True, check=False)
        os.unlink(self.needles)
        if done.returncode:
            raise Failed(done.stderr)
        rows = (line.rsplit(" ", 2) for line in done.stdout.splitlines())
        return sorted({(path, *needle.split("|")) for path, _, needle in rows})
