# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program on the session bus: orders on standard input, answers on standard output, one JSON object a line.

{"do": "call", "to", "path", "interface", "method", "types": "(s)", "args": [..], "secret": TEXT, "sealed": bool}
(a secret becomes a memfd; its place among the arguments is null), {"do": "signals"}: all that came so far.
Runs inside the node, as its user (session_bus.py).
"""

import fcntl
import json
import os
import sys

import gi

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402  pylint: disable=wrong-import-position

F_ADD_SEALS = 1033
SEALS = 0x1 | 0x2 | 0x4 | 0x8


def memfd(text, sealed):
    handle = os.memfd_create("secret", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    os.write(handle, text.encode())
    if sealed:
        fcntl.fcntl(handle, F_ADD_SEALS, SEALS)
    return handle


class Client:
    def __init__(self):
        flags = Gio.DBusConnectionFlags
        self.bus = Gio.DBusConnection.new_for_address_sync(
            os.environ["DBUS_SESSION_BUS_ADDRESS"],
            flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        self.seen = []
        self.bus.signal_subscribe(None, None, None, None, None, Gio.DBusSignalFlags.NONE, self.on_signal)

    def on_signal(self, _bus, sender, path, interface, member, args):
        if not sender.startswith("org.freedesktop"):
            self.seen.append({"path": path, "interface": interface, "member": member, "args": args.unpack()})

    def call(self, order):
        fds = Gio.UnixFDList.new()
        args = list(order.get("args", []))
        if "secret" in order:
            handle = memfd(order["secret"], order.get("sealed", True))
            args = [fds.append(handle) if a is None else a for a in args]
            os.close(handle)
        value = GLib.Variant(order.get("types", "()"), tuple(args))
        try:
            result, _ = self.bus.call_with_unix_fd_list_sync(
                order["to"], order["path"], order["interface"], order["method"], value, None,
                Gio.DBusCallFlags.NO_AUTO_START, 35000, fds, None)
            return {"result": result.unpack()}
        except GLib.Error as error:
            return {"error": Gio.DBusError.get_remote_error(error) or "none", "text": error.message}

    def answer(self, line):
        order = json.loads(line)
        try:
            return self.call(order) if order["do"] == "call" else {"result": self.seen}
        except (TypeError, ValueError, OSError) as error:
            return {"error": "client", "text": str(error)}


def main():
    client = Client()

    def on_line(channel, _condition):
        line = channel.readline()
        if not line:
            sys.exit(0)
        while GLib.MainContext.default().iteration(False):
            pass
        print(json.dumps(client.answer(line)), flush=True)
        return True
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_LOW, GLib.IO_IN | GLib.IO_HUP, on_line)
    print(json.dumps({"result": client.bus.get_unique_name()}), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
