# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""sim=modemmanager: our card behind ModemManager's D-Bus interface on a bus of our own.

ModemManager itself takes no modem without udev and a dozen of AT commands of a make it knows, so a peer with its
names stands for it; what Debian's answers to Command without --debug is its error Core.Unauthorized.
"""

import os
import re
import subprocess
import threading
import unittest

from gi.repository import Gio, GLib

from cards import CARD, Case, Operator

from card.profile import Profile, State
from card.session import Card

SERVICE, ROOT = "org.freedesktop.ModemManager1", "/org/freedesktop/ModemManager1"
XML = f"""<node>
<interface name="org.freedesktop.DBus.ObjectManager"><method name="GetManagedObjects">
<arg type="a{{oa{{sa{{sv}}}}}}" direction="out"/></method></interface>
<interface name="{SERVICE}.Modem"><method name="Command"><arg type="s" direction="in"/><arg type="u" direction="in"/>
<arg type="s" direction="out"/></method></interface></node>"""
BUS = """<busconfig><listen>unix:path={path}</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy></busconfig>"""


class Manager:
    """ModemManager with modems; `cards`: number -> profile. fails: an error of every command."""

    def __init__(self, address, cards):
        self.cards = {n: Card(Profile(profile), State()) for n, profile in cards.items()}
        self.commands, self.fails, self.silent = [], None, False
        self._loop = GLib.MainLoop.new(GLib.MainContext(), False)
        ready = threading.Event()
        threading.Thread(target=self._run, args=(address, ready), daemon=True).start()
        assert ready.wait(10), "the peer did not come up"

    def stop(self):
        self._loop.get_context().invoke_full(GLib.PRIORITY_HIGH, self._loop.quit)

    def _run(self, address, ready):
        self._loop.get_context().push_thread_default()
        flags = Gio.DBusConnectionFlags
        self._bus = Gio.DBusConnection.new_for_address_sync(
            address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)
        manager, modem = Gio.DBusNodeInfo.new_for_xml(XML).interfaces
        self._bus.register_object(ROOT, manager, self._objects, None, None)
        for number in self.cards:
            self._bus.register_object(f"{ROOT}/Modem/{number}", modem, self._command, None, None)
        self._bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                            GLib.Variant("(su)", (SERVICE, 0)), None, 0, -1, None)
        ready.set()
        self._loop.run()
        self._bus.close_sync(None)

    def _objects(self, _bus, _sender, _path, _interface, _method, _parameters, call):
        objects = {f"{ROOT}/SIM/0": {}, **{f"{ROOT}/Modem/{n}": {f"{SERVICE}.Modem": {}} for n in self.cards}}
        call.return_value(GLib.Variant("(a{oa{sa{sv}}})", (objects,)))

    def _command(self, _bus, _sender, path, _interface, _method, parameters, call):
        text, _ = parameters.unpack()
        self.commands.append(text)
        match = re.fullmatch(r'\+CSIM=(\d+),"([0-9A-F]*)"', text)
        if self.fails:
            name = self.fails if self.fails.startswith("org.") else f"{SERVICE}.Error.{self.fails}"
            call.return_dbus_error(name, "operation only allowed in debug mode")
        elif match and not self.silent:
            assert int(match[1]) == len(match[2])
            answer = self.cards[int(path.rsplit("/", 1)[1])].run(bytes.fromhex(match[2])).hex().upper()
            call.return_value(GLib.Variant("(s)", (f'+CSIM: {len(answer)},"{answer}"',)))
        elif not match:
            call.return_value(GLib.Variant("(s)", ("",)))


class ModemManager(Case):
    def setUp(self):
        super().setUp()
        path = os.path.join(self.folder, "bus")
        config = os.path.join(self.folder, "bus.conf")
        with open(config, "w", encoding="utf-8") as out:
            out.write(BUS.format(path=path))
        daemon = subprocess.Popen(["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(daemon.wait)
        self.addCleanup(daemon.terminate)
        self.address = daemon.stdout.readline().strip()
        self.addCleanup(daemon.stdout.close)
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def manager(self, cards=None):
        manager = Manager(self.address, cards or {0: CARD})
        self.addCleanup(manager.stop)
        return manager

    def test_usim(self):
        self.manager()
        operator, tool = Operator(CARD), self.tool(self.env)
        self.assertEqual(tool.say("open", "modemmanager"), "good")
        self.assertTrue(tool.say("identity").startswith("001010000000001 2 "))
        self.runs(tool, operator)
        rand, autn, _ = operator.quintet(sqn=32)
        self.assertRegex(tool.say("run", "aka", rand, autn), "^resync res= k= auts=[0-9a-f]{28}$")
        rand, right = operator.triplets()
        self.assertEqual(tool.say("run", "gsm", rand), right)

    def test_which(self):
        other = {**CARD, "imsi": "001010000000009"}
        self.manager({0: CARD, 3: other})
        for setting, imsi in (("modemmanager:3", other["imsi"]), (f"modemmanager:{ROOT}/Modem/0", CARD["imsi"])):
            tool = self.tool(self.env)
            self.assertEqual(tool.say("open", setting), "good")
            self.assertTrue(tool.say("identity").startswith(imsi + " "))
        self.assertRegex(self.tool(self.env).say("open", "modemmanager:7"), "^absent ModemManager knows no modem 7")

    def test_no_pin_goes_this_way(self):
        """ModemManager passes commands with --debug alone, and writes each into its log then."""
        manager = self.manager({0: {**CARD, "pin": "1234", "pin_enabled": True}})
        ours, theirs = os.pipe()
        os.write(theirs, b"1234\n")
        os.close(theirs)
        self.addCleanup(os.close, ours)
        tool = self.tool(self.env, pass_fds=(ours,))
        self.assertRegex(tool.say("open", "modemmanager", f"fd:{ours}"),
                         "^locked .*modem 0 wants its PIN, which ModemManager would write into its log: .*mmcli --pin")
        self.assertEqual([text for text in manager.commands if "31323334" in text], [])

    def test_refusals(self):
        manager = self.manager()
        for fails, words in (("Core.Unauthorized", "passes no commands .* sim=modem:PORT"),
                             ("MobileEquipment.Unknown", "does not answer ModemManager")):
            manager.fails = fails
            self.assertRegex(self.tool(self.env).say("open", "modemmanager"), f"^absent .*{words}")

    def test_unknown(self):
        """The modem's "unknown error" (TS 27.007: 100) is no SIM that was taken out; that the modem is unknown is."""
        manager, operator, tool = self.manager(), Operator(CARD), self.tool(self.env)
        self.assertEqual(tool.say("open", "modemmanager"), "good")
        for fails, said in ((f"{SERVICE}.Error.MobileEquipment.Unknown", "^failed .*failed"),
                            ("org.freedesktop.DBus.Error.UnknownMethod", "^absent "),
                            ("org.freedesktop.DBus.Error.UnknownObject", "^absent ")):
            manager.fails = fails
            rand, autn, _ = operator.quintet()
            self.assertRegex(tool.say("run", "aka", rand, autn), said, fails)
            manager.fails = None
            self.runs(tool, operator)

    def test_gone_and_mute(self):
        manager, operator, tool = self.manager(), Operator(CARD), self.tool(self.env)
        self.assertEqual(tool.say("open", "modemmanager"), "good")
        manager.fails = "MobileEquipment.SimNotInserted"
        rand, autn, _ = operator.quintet()
        self.assertRegex(tool.say("run", "aka", rand, autn), "^absent ")
        manager.fails = None
        self.runs(tool, operator)
        manager.silent = True
        self.assertRegex(tool.say("run", "aka", rand, autn), "^failed .*does not answer")
        self.assertLess(tool.ms, 4500)

    def test_nobody(self):
        self.assertRegex(self.tool(self.env).say("open", "modemmanager"), "^absent ModemManager is not running")
        self.assertRegex(self.tool({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"}).say("open", "modemmanager"),
                         "^absent There is no D-Bus")


if __name__ == "__main__":
    unittest.main()
