# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start one program inside a node of a world: network, product, user; then exec.

Run as a program (`python3 enter.py --net NAME ... -- PROGRAM ARGS`), so that whatever it changes
ends with the program that it becomes.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from world import debian13, sandbox  # noqa: E402


def _arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", required=True, help="network namespace under /run/netns")
    parser.add_argument("--product", help="folder laid over /usr: the installed product")
    parser.add_argument("--root", help="another Debian to be in (debian13.py); /etc is then this world's")
    parser.add_argument("--tmp", help="folder to be this program's /tmp")
    parser.add_argument("--bind", action="append", default=[], metavar="FROM:TO")
    parser.add_argument("--user", type=int)
    parser.add_argument("--cwd", default="/")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def _mounts(want):
    sandbox.unshare(sandbox.CLONE_NEWNS)
    sandbox.mount("none", "/", None, sandbox.MS_REC | sandbox.MS_PRIVATE)
    if want.root:
        debian13.enter(want.root, binds=[("/run", "/run")],
                       overlays=[(f"{sandbox.ROOM}/etc", "/etc")] + ([(want.product, "/usr")] if want.product else []))
    elif want.product:
        sandbox.overlay(want.product, "/usr")
    for pair in want.bind:
        source, target = pair.split(":", 1)
        sandbox.mount(source, target, None, sandbox.MS_BIND)
    if want.tmp:
        sandbox.mount(want.tmp, "/tmp", None, sandbox.MS_BIND)


def main():
    want = _arguments()
    command = want.command[1:] if want.command[:1] == ["--"] else want.command
    with open(f"/run/netns/{want.net}", "rb") as name:
        sandbox.setns(name.fileno(), sandbox.CLONE_NEWNET)
    _mounts(want)
    os.chdir(want.cwd)
    if want.user is not None:
        os.setgroups([])
        os.setresgid(want.user, want.user, want.user)
        os.setresuid(want.user, want.user, want.user)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
