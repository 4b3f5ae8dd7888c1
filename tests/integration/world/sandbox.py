# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A room of our own: private mount, network, process and IPC namespaces.

Everything a world starts lives inside.  When the room's first process ends, however it ends, the
kernel stops every other process in it and takes down its interfaces and mounts, so nothing is ever
left on the machine and several worlds can stand side by side with the same addresses.
"""

import os
import shutil
import signal
import sys
import traceback

from .kernel import (CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUTS, MS_BIND, MS_NODEV, MS_NOSUID,
                     MS_PRIVATE, MS_REC, libc, mount, unshare)

PR_SET_PDEATHSIG = 1

ROOM = "/run/world"  # where the run's folder is seen inside the room, readable by every user

room_pid = None  # the number that the room's first process has outside


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Stopped(SystemExit):
    """The run was asked to stop by a signal."""


def _stop(number, _frame):
    raise Stopped(128 + number)


def _furnish(folder):
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV)
    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    os.makedirs(ROOM)
    os.makedirs("/run/netns")
    os.makedirs("/run/user", exist_ok=True)
    mount(folder, ROOM, None, MS_BIND | MS_REC)


def _inside(folder, main):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    global room_pid
    room_pid = int(os.readlink("/proc/self"))  # still the /proc of outside
    os.umask(0o022)
    unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
    _furnish(folder)
    return main()


def _leave(status):
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _guarded(function):
    """Run `function` and end this process with its status: exceptions never climb into the caller."""
    try:
        status = function()
    except SystemExit as stop:
        status = stop.code if isinstance(stop.code, int) else 1
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
        status = 1
    _leave(0 if status is None else int(status))


def _wait(pid):
    """Wait for `pid`, handing on the signals that ask us to stop; its exit status."""
    def forward(number, _frame):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
    before = {n: signal.signal(n, forward) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        while True:
            try:
                _, status = os.waitpid(pid, 0)
                break
            except InterruptedError:
                continue
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return os.waitstatus_to_exitcode(status)


def _keeper(folder, main):
    """Between the caller and the room, since only children enter a new process namespace."""
    die_with_parent()
    unshare(CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        die_with_parent()
        _guarded(lambda: _inside(folder, main))
    status = _wait(pid)
    return status if status >= 0 else 128 - status


def claim(folder):
    """Make `folder` an empty one for a new run; refuse to empty what was never a run's."""
    marker = os.path.join(folder, ".simauth-run")
    if os.path.isdir(folder) and os.listdir(folder):
        if not os.path.exists(marker):
            raise FileExistsError(f"{folder} is not empty and not the folder of an earlier run")
        shutil.rmtree(folder)
    os.makedirs(folder, exist_ok=True)
    with open(marker, "w", encoding="ascii"):
        pass


def run(folder, main):
    """Run main() as the first process of a new room; `folder` is seen inside as ROOM.

    Returns main's exit status (what it returned, or 1 after an exception).  Needs root.
    """
    if os.geteuid() != 0:
        raise PermissionError("a world needs root: network namespaces are made for it")
    os.makedirs(folder, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        _guarded(lambda: _keeper(os.path.abspath(folder), main))
    return _wait(pid)
