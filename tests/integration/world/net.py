# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a world: one switch in the room, one namespace and one address for each node."""

import array
import errno
import fcntl
import os
import socket
import struct
import subprocess
import threading

from . import entrance, kernel, onlooker, process, sandbox
from .process import Failed, Process, tail, wait_for

SWITCH = "sw0"
PREFIX_4 = "10.83.0."
PREFIX = PREFIX_4  # of this world's nodes; their numbers are written the same way in both families
LENGTH = 24
FAMILY = socket.AF_INET
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def ip(*words):
    result = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"ip {' '.join(words)}: {result.stderr.strip()}")
    return result.stdout


def ip_lines(lines, node=None):
    """Several commands of ip at once, in the node's network where one is named."""
    result = subprocess.run(["ip", *(["-n", node] if node else []), "-batch", "-"], input="\n".join(lines), capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        raise Failed(f"ip {lines}: {result.stderr.strip()}")


def use_family(family):
    """4, or 6: every node then has an IPv6 address and no other. Before make_switch()."""
    global PREFIX, LENGTH, FAMILY
    PREFIX, LENGTH, FAMILY = {4: (PREFIX_4, 24, socket.AF_INET), 6: ("fd83::", 64, socket.AF_INET6)}[family]


def in_uri(address):
    """An address as it stands in a URI or before a port."""
    return f"[{address}]" if ":" in address else address


def _address(address, length, interface):
    """The command for an address that counts at once (IPv6 would first ask whether somebody else has it)."""
    return f"addr add {address}/{length} dev {interface}{' nodad' if ':' in address else ''}"


def make_switch():
    addresses = [(PREFIX_4 + "1", 24)]  # also in a world of IPv6: the capture's own mark needs it
    if PREFIX != PREFIX_4:
        addresses.append((PREFIX + "1", LENGTH))
    ip_lines(["link set lo up", f"link add {SWITCH} type bridge mcast_snooping 0",
              *(_address(address, length, SWITCH) for address, length in addresses), f"link set {SWITCH} up"])


SIOCETHTOOL = 0x8946
ETHTOOL_OFF = (0x17, 0x1f, 0x24, 0x2c)  # STXCSUM, STSO, SGSO, SGRO (linux/ethtool.h)


def whole_frames(interface):
    """Make the kernel send real frames on `interface`: checksums filled in, none longer than the MTU.

    Between two ends of a veth it would leave both to a network card that never comes.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        for command in ETHTOOL_OFF:
            value = array.array("I", [command, 0])
            request = struct.pack("16sP", interface.encode(), value.buffer_info()[0])
            try:
                fcntl.ioctl(any_socket, SIOCETHTOOL, request)
            except OSError as error:
                if error.errno != errno.EOPNOTSUPP:
                    raise


class Node:
    """A machine in the world: a network namespace with its own address and a folder."""

    def __init__(self, name, host, folder, user=None, product=None):
        self.name = name
        self.address = PREFIX + str(host)
        self.folder = os.path.join(folder, name)
        self.user = user
        self.product = product
        self.root = None  # the folder of another Debian that this node's programs see
        self.binds = []  # (file, over which of this node's programs' files it lies)
        self.env = {"PATH": PATH, "LANG": "C.UTF-8", "HOME": self.folder}
        self.env.update(onlooker.current.env if onlooker.current else {})
        self.processes = []
        for part in ("", "tmp"):
            self.make_folder(part)
        os.chmod(os.path.join(self.folder, "tmp"), 0o1777)
        self._plug_in(host)

    def _plug_in(self, host):
        self.cable = f"v{host}"
        ip_lines([f"netns add {self.name}", f"link add {self.cable} type veth peer name eth0 netns {self.name}",
                  f"link set {self.cable} master {SWITCH} up"])
        ip_lines(["link set lo up", _address(self.address, LENGTH, "eth0"), "link set eth0 up",
                  f"route add default via {PREFIX}1"], self.name)

    def unplug(self, down=True):
        """Take the cable out (or put it back)."""
        ip("-n", self.name, "link", "set", "eth0", "down" if down else "up")
        if not down:
            ip("-n", self.name, "route", "replace", "default", "via", PREFIX + "1")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def make_folder(self, *parts, mode=0o755):
        path = self.path(*parts)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path

    def write(self, name, text, mode=0o644):
        """A file of this node's user, `mode` from its first octet on."""
        path = self.path(name)
        if os.path.dirname(name):
            self.make_folder(os.path.dirname(name))
        if os.path.exists(path):
            os.unlink(path)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(path, mode)
        if self.user is not None:
            os.chown(path, self.user, self.user)
        return path

    def command(self, argv, user="own"):
        """argv that runs `argv` inside this node."""
        overlays = [(f"{sandbox.ROOM}/etc", "/etc")] if self.root else []
        if self.product:
            overlays.append((self.product, "/usr"))
        return [*entrance.words(self.name, self.root, overlays, [*self.binds, (self.path("tmp"), "/tmp")],
                                cwd="/tmp" if self.root else "/", user=self.user if user == "own" else user), *argv]

    def start(self, name, argv, user="own"):
        """Start a program that runs on; its output goes to NAME.log in the node's folder."""
        process = Process(f"{self.name}/{name}", self.command(argv, user),
                          self.path(f"{name}.log"), self.env)
        self.processes.append(process)
        return process

    def run(self, argv, user="own", limit=30, stdin="", check=True):
        """Run a program to its end; the CompletedProcess with its text."""
        result = subprocess.run(self.command(argv, user), input=stdin, capture_output=True,
                                text=True, env=self.env, timeout=limit * process.patience, check=False)
        if check and result.returncode != 0:
            raise Failed(f"{self.name}: {' '.join(argv)} ended with {result.returncode}: "
                         f"{(result.stderr or result.stdout).strip()}")
        return result

    def inside(self, function):
        """Call function() in a thread that stands in this node's network: its sockets stay here."""
        box = {}

        def body():
            try:
                with open(f"/run/netns/{self.name}", "rb") as name:
                    kernel.setns(name.fileno(), kernel.CLONE_NEWNET)
                box["result"] = function()
            except BaseException as error:  # pylint: disable=broad-except
                box["error"] = error
        thread = threading.Thread(target=body)
        thread.start()
        thread.join()
        if "error" in box:
            raise box["error"]
        return box.get("result")

    def socket(self, kind=socket.SOCK_DGRAM, port=0, address=None):
        """A socket bound in this node."""
        def make():
            new = socket.socket(FAMILY, kind)
            new.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            new.bind((self.address if address is None else address, port))
            return new
        return self.inside(make)

    def wait_port(self, port, process, limit=10):
        """Wait until something on this node takes TCP connections at `port`."""
        def attempt():
            process.check()
            try:
                self.inside(lambda: socket.create_connection((self.address, port), 1).close())
                return True
            except OSError:
                return False
        try:
            wait_for(attempt, limit, f"answer on TCP {in_uri(self.address)}:{port}", every=0.02)
        except Failed as error:
            raise Failed(f"{error}; {process.name} said last:\n{tail(process.log)}") from None

    def stop(self):
        for process in reversed(self.processes):
            process.stop()
