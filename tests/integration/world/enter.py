# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start one program inside a node of a world: network, product, user; then exec.

Run as a program (`python3 enter.py --net NAME ... -- PROGRAM ARGS`), so that whatever it changes
ends with the program that it becomes.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from world import kernel  # noqa: E402

# One value each. --net: network namespace under /run/netns; --product: folder laid over /usr, the installed product; --root: another
# Debian to be in (debian13.py), /etc is then this world's; --tmp: folder to be this program's /tmp; --user: number; --bind: FROM:TO, again and again.
OPTIONS = ("--net", "--product", "--root", "--tmp", "--user", "--cwd", "--bind")


def _arguments(words):
    """{option: its values}, and the command; argparse takes as long as all the rest of this program."""
    given = {option: [] for option in OPTIONS}
    while words and words[0] in given:
        given[words[0]].append(words[1])
        words = words[2:]
    if words[:1] != ["--"] or not words[1:] or not given["--net"]:
        sys.exit(f"enter.py: --net NAME [OPTION VALUE]... -- PROGRAM ARGS: not {sys.argv[1:]}")
    return given, words[1:]


def _mounts(product, root, tmp, binds):
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    if root:
        from world import debian13, sandbox  # pylint: disable=import-outside-toplevel  # seldom, and they have much with them
        debian13.enter(root, binds=[("/run", "/run")],
                       overlays=[(f"{sandbox.ROOM}/etc", "/etc")] + ([(product, "/usr")] if product else []))
    elif product:
        kernel.overlay(product, "/usr")
    for pair in binds:
        source, target = pair.split(":", 1)
        kernel.mount(source, target, None, kernel.MS_BIND)
    if tmp:
        kernel.mount(tmp, "/tmp", None, kernel.MS_BIND)


def main():
    given, command = _arguments(sys.argv[1:])
    last = {option: values[-1] if values else None for option, values in given.items()}
    with open(f"/run/netns/{last['--net']}", "rb") as name:
        kernel.setns(name.fileno(), kernel.CLONE_NEWNET)
    _mounts(last["--product"], last["--root"], last["--tmp"], given["--bind"])
    os.chdir(last["--cwd"] or "/")
    if last["--user"] is not None:
        user = int(last["--user"])
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
