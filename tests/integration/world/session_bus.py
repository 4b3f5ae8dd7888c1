# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's session bus on a node, somebody who asks on it, and somebody who records all of it."""

import json
import os
import shutil
import subprocess

from .process import Failed, Timeout, wait_for

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "bus_client.py")
ROOT = "/org/simauth/Phone1"
PHONE, ACCOUNT, SIM, CALL = (f"org.simauth.{kind}1" for kind in ("Phone", "Account", "Sim", "Call"))
PROPERTIES = "org.freedesktop.DBus.Properties"
OPEN_TO_ALL = """<busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


class Refused(Failed):
    """An error of D-Bus: `name` and its sentence."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


class SessionBus:
    """dbus-daemon for the programs of one node that are started after it."""

    def __init__(self, node):
        self.node = node
        self.address = f"unix:path={node.path('bus')}"
        node.env["DBUS_SESSION_BUS_ADDRESS"] = self.address
        self._process = None

    def start(self, open_to_all=False):
        """open_to_all: other users may come in too, which no desktop's bus allows."""
        argv = ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={self.address}"]
        if open_to_all:
            path = self.node.write("bus.conf", OPEN_TO_ALL.format(address=self.address))
            argv = ["dbus-daemon", f"--config-file={path}", "--nofork", "--nopidfile"]
        if os.path.lexists(self.node.path("bus")):
            os.unlink(self.node.path("bus"))
        self._process = self.node.start("bus", argv)
        wait_for(lambda: self._process.check() and os.path.exists(self.node.path("bus")), 10, "a session bus")
        if open_to_all:
            os.chmod(self.node.path("bus"), 0o666)
        return self

    def stop(self):
        self._process.stop()

    def record(self):
        """Everything that crosses the bus from now on, octet by octet, until end(): the file's content."""
        path = self.node.path("bus.recording")
        argv = ["sh", "-c", f"exec dbus-monitor --session --binary > {path}"]
        process = self.node.start("monitor", argv)
        wait_for(lambda: process.check() and os.path.exists(path) and os.path.getsize(path) > 0, 10,
                 "somebody who records", every=0.02)

        def end():
            process.stop()
            with open(path, "rb") as file:
                return file.read()
        return end


class Client:
    """One program on the bus, as the node's user or another one."""

    def __init__(self, node, user="own"):
        program = "/tmp/bus_client.py"
        shutil.copyfile(PROGRAM, node.path("tmp", "bus_client.py"))
        os.chmod(node.path("tmp", "bus_client.py"), 0o644)
        with open(node.path("client.log"), "ab") as log:
            self._program = subprocess.Popen(  # pylint: disable=consider-using-with
                node.command(["/usr/bin/python3", "-B", program], user), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log, env=node.env, text=True)
        self.node = node
        self.phone = None  # its name on the bus
        self._read()

    def _read(self):
        line = self._program.stdout.readline()
        if not line:
            raise Failed(f"{self.node.name}: the program on the bus ended; see client.log")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"], answer["text"])
        return answer["result"]

    def _ask(self, **order):
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        return self._read()

    def close(self):
        self._program.stdin.close()
        self._program.wait(10)

    def names(self):
        (names,) = self._ask(do="call", to="org.freedesktop.DBus", path="/org/freedesktop/DBus",
                             interface="org.freedesktop.DBus", method="ListNames")
        return [name for name in names if name.startswith("org.simauth.Phone1.instance")]

    def find(self, limit=15):
        """Wait until the phone is on the bus."""
        wait_for(self.names, limit, f"phone on the bus of {self.node.name}", every=0.05)
        self.phone = self.names()[0]
        return self

    def call(self, method, types="()", *args, interface=PHONE, path=ROOT, **more):
        result = self._ask(do="call", to=self.phone, path=path, interface=interface, method=method, types=types,
                           args=args, **more)
        return result[0] if len(result) == 1 else tuple(result)

    def all(self, interface, path=ROOT):
        return self.call("GetAll", "(s)", interface, interface=PROPERTIES, path=path)

    def objects(self, interface):
        """{path: properties} of all objects of one kind."""
        found = self.call("GetManagedObjects", interface="org.freedesktop.DBus.ObjectManager")
        return {path: kinds[interface] for path, kinds in found.items() if interface in kinds}

    def one(self, interface):
        (properties,) = self.objects(interface).values()
        return properties

    def wait_one(self, interface, match, limit=15):
        """Wait until one object of this kind has these values; its properties."""
        def look():
            for properties in self.objects(interface).values():
                if all(properties[key] == value for key, value in match.items()):
                    return properties
            return None
        try:
            return wait_for(look, limit, f"{interface} with {match} at {self.node.name}", every=0.05)
        except Timeout as error:
            raise Timeout(f"{error}; there is {self.objects(interface)}") from None

    def wait_state(self, state, limit=20):
        wait_for(lambda: self.all(PHONE)["State"] == state, limit, f"state {state} of {self.node.name}'s phone", every=0.05)

    def signals(self):
        return self._ask(do="signals")

    def told(self, name):
        """The values of one property of calls, in the order in which signals told them."""
        values = []
        for signal in self.signals():
            if signal["member"] == "InterfacesAdded" and CALL in signal["args"][1]:
                values.append(signal["args"][1][CALL][name])
            elif signal["member"] == "PropertiesChanged" and signal["args"][0] == CALL and name in signal["args"][1]:
                values.append(signal["args"][1][name])
        return [value for i, value in enumerate(values) if i == 0 or values[i - 1] != value]

    def wait_told(self, name, value, limit=15):
        wait_for(lambda: value in self.told(name), limit,
                 f"{name}={value} told at {self.node.name}", every=0.05)
