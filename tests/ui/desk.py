# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop for the window alone: X server, session bus, accessibility bus, and who takes notifications.

begin() starts what is missing and runs the script once more inside; after that the names here read the
window as a screen reader does.
"""

import contextlib
import hashlib
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

LOOKS = """[Settings]
gtk-cursor-blink=0
gtk-enable-animations=0
"""
LIMIT_S = 40  # for one thing to be seen, on a machine that is busy
INSIDE = "SIMAUTH_UI_DESK"


def cookie(path):
    """Who may use the display: this test alone. Else a video window of somebody's phone, whose display has the same
    number, would come to stand here and take the keyboard."""
    name, secret = b"MIT-MAGIC-COOKIE-1", os.urandom(16)
    with open(path, "wb") as file:  # of any address and any display: that number is not known yet
        file.write(struct.pack(">HHH", 0xffff, 0, 0))
        for part in (name, secret):
            file.write(struct.pack(">H", len(part)) + part)
    return path


def begin():
    """Returns inside the desktop only."""
    if os.environ.get(INSIDE):
        return
    home = tempfile.mkdtemp(prefix="simauth-ui-")
    number, told = os.pipe()
    authority = cookie(f"{home}/Xauthority")
    server = subprocess.Popen(["Xvfb", "-displayfd", str(told), "-screen", "0", "1100x800x24", "-nolisten", "tcp", "-noreset",
                               "-auth", authority], pass_fds=[told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(told)
    try:
        with os.fdopen(number, encoding="ascii") as line:
            display = line.readline().strip()
        if not display:
            sys.exit("Xvfb did not start")
        environment = {
            "PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home, "DISPLAY": f":{display}",
            "XAUTHORITY": authority,
            "XDG_CONFIG_HOME": f"{home}/config", "XDG_DATA_HOME": f"{home}/data", "XDG_CACHE_HOME": f"{home}/cache",
            "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "LIBGL_ALWAYS_SOFTWARE": "1", "GTK_A11Y": "atspi",
            "LC_ALL": "C.UTF-8", "TZ": "UTC", "NO_AT_BRIDGE": "1", INSIDE: "1",
            "GSETTINGS_BACKEND": "memory", "G_DEBUG": "fatal-criticals",
            **{name: value for name, value in os.environ.items() if name in ("LANGUAGE", "SIMAUTH_UI_LOCALE")}}
        inner = subprocess.Popen(["dbus-run-session", "--", sys.executable, "-B", *sys.argv], env=environment)
        sys.exit(inner.wait())
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def manager():
    """A window manager, which gives each new window the keyboard; and nothing on the display moves by itself."""
    folder = os.path.join(os.environ["XDG_CONFIG_HOME"], "gtk-4.0")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "settings.ini"), "w", encoding="ascii") as settings:
        settings.write(LOOKS)
    with subprocess.Popen(["openbox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait("the window manager", lambda: "window id" in subprocess.run(
            ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"], capture_output=True, text=True, check=False).stdout)
        try:
            yield
        finally:
            process.terminate()


class Notifications:
    """org.freedesktop.Notifications: what was told, by id; a reply with replaces_id keeps its id."""

    XML = """<node><interface name='org.freedesktop.Notifications'>
      <method name='Notify'><arg type='s' direction='in'/><arg type='u' direction='in'/><arg type='s' direction='in'/>
        <arg type='s' direction='in'/><arg type='s' direction='in'/><arg type='as' direction='in'/>
        <arg type='a{sv}' direction='in'/><arg type='i' direction='in'/><arg type='u' direction='out'/></method>
      <method name='CloseNotification'><arg type='u' direction='in'/></method>
      <method name='GetCapabilities'><arg type='as' direction='out'/></method>
      <signal name='ActionInvoked'><arg type='u'/><arg type='s'/></signal></interface></node>"""

    def __init__(self):
        from gi.repository import Gio, GLib  # after the environment is right
        self.Gio, self.GLib = Gio, GLib
        self.shown, self.all, self.fresh, self.last = {}, [], set(), 0
        self.held = None  # answers to Notify() that wait
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        info = Gio.DBusNodeInfo.new_for_xml(self.XML).interfaces[0]
        self.bus.register_object("/org/freedesktop/Notifications", info, self.call, None, None)
        self.bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                           GLib.Variant("(su)", ("org.freedesktop.Notifications", 4)), None, 0, -1, None)

    def call(self, _bus, _sender, _path, _interface, method, parameters, invocation):
        values = parameters.unpack()
        answer = None
        if method == "Notify":
            _, replaces, _, summary, body, _, _, _ = values
            if not replaces:
                self.last += 1
            number = replaces or self.last
            self.shown[number] = (summary, body)
            self.all.append((number, summary, body))
            self.fresh.add(number)
            answer = self.GLib.Variant("(u)", (number,))
            if self.held is not None:
                self.held.append((invocation, answer))
                return
        elif method == "CloseNotification":
            self.shown.pop(values[0], None)
        elif method == "GetCapabilities":
            answer = self.GLib.Variant("(as)", (["body", "body-markup", "actions"],))
        invocation.return_value(answer)

    def hold(self):
        """Nobody hears the number of a notification before release()."""
        self.held = []

    def release(self):
        for invocation, answer in self.held:
            invocation.return_value(answer)
        self.held = None

    def choose(self, number):
        self.bus.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications",
                             "ActionInvoked", self.GLib.Variant("(us)", (number, "default")))


def settle():
    """Whatever waits on our own main loop."""
    from gi.repository import GLib
    context = GLib.MainContext.default()
    while context.iteration(False):
        pass


def wait(what, question):
    """The first true answer of `question`, within the limit; else the test ends and says `what`."""
    end = time.monotonic() + LIMIT_S
    while True:
        settle()
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {LIMIT_S} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def turn_to(window, page):
    """The page of that title, chosen in the list of pages."""
    node = wait(f"the page {page} in the list", lambda: window.named("list item", page))
    window.Atspi.Selection.select_child(node.get_parent().get_selection_iface(), node.get_index_in_parent())


def windows(name):
    """The X windows on the display with that title (a regular expression)."""
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", name], capture_output=True, text=True, check=False)
    return found.stdout.split()


def chosen_in(chooser, path):
    """Types the path into GTK's own file chooser, as its shortcut "/" has it, and agrees; again when a letter was lost
    because the chooser was slow. Nobody reads it while it leaves."""
    there = wait(f"the chooser {chooser}", lambda: windows(chooser))[-1]
    end = time.monotonic() + LIMIT_S
    while windows(chooser):
        assert time.monotonic() < end, "the chooser does not take the file"
        subprocess.run(["xdotool", "windowfocus", "--sync", there, "key", "ctrl+a", "type", "--delay", "30", path],
                       check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["xdotool", "key", "Return"], check=False)
        pause = time.monotonic() + 3
        while windows(chooser) and time.monotonic() < pause:
            settle()
            time.sleep(0.05)


def windows_now():
    """How many windows are on the display."""
    found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", "."], capture_output=True, text=True, check=False)
    return len(found.stdout.split())


class Window:
    """The program under test, as AT-SPI has it: started here, or a process that runs already."""

    def __init__(self, program, *options):
        import gi
        gi.require_version("Atspi", "2.0")
        from gi.repository import Atspi, Gio, GLib
        self.Atspi, self.GLib = Atspi, GLib
        self.bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
        self.log = tempfile.TemporaryFile("w+")
        self.process = program
        if isinstance(program, str):
            self.process = subprocess.Popen([program, *options], stdout=self.log, stderr=self.log)
        self.root = wait("the window in the accessibility tree", self.find_root)

    def find_root(self):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.output()}")
        desktop = self.Atspi.get_desktop(0)
        for i in range(desktop.get_child_count()):
            child = desktop.get_child_at_index(i)
            try:
                if child and child.get_process_id() == self.process.pid and child.get_child_count():
                    return child
            except self.GLib.Error:
                pass  # it left while we looked
        return None

    def output(self):
        self.log.seek(0)
        return self.log.read()

    def nodes(self, node=None):
        """What is on the screen, from the outside in."""
        node = node or self.root
        try:
            states = node.get_state_set()
            if node is not self.root and not states.contains(self.Atspi.StateType.VISIBLE):
                return
            yield node
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                if child:
                    yield from self.nodes(child)
        except self.GLib.Error:
            return  # it left while we looked

    def words(self):
        """Everything a screen reader could say now, asked anew: the library remembers states."""
        said = []
        assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.output()}"
        self.root.clear_cache()
        for node in self.nodes():
            try:
                said += [node.get_name() or "", self.text(node)]
            except self.GLib.Error:
                continue
        return "\n".join(word for word in said if word)

    def text(self, node):
        interface = node.get_text_iface()
        return self.Atspi.Text.get_text(interface, 0, -1) if interface else ""

    def named(self, role, name):
        """GTK 4.8 gives the mnemonic, and the label or the row that a button stands in, to its name."""
        self.root.clear_cache()
        near = None
        for node in self.nodes():
            try:
                plain = (node.get_name() or "").replace("_", "")
                if node.get_role_name() != role:
                    continue
                if plain in (name, f"{name} {name}"):
                    return node
                if near is None and plain.startswith(f"{name} "):
                    near = node
            except self.GLib.Error:
                continue
        return near

    def press(self, role, name):
        node = wait(lambda: f"{role} \"{name}\" in: {self.words()}", lambda: self.named(role, name))
        action = node.get_action_iface()
        assert action, f"{role} \"{name}\" has no action"
        self.Atspi.Action.do_action(action, 0)

    def keys(self, *names):
        """Pressed as on a keyboard; there is no window manager that gives the window the keyboard."""
        if not hasattr(self, "frame"):
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--all", "--pid", str(self.process.pid),
                                    "--name", "^SIM Call Security$"], capture_output=True, text=True, check=True)
            self.frame = found.stdout.split()[-1]
        subprocess.run(["xdotool", "windowfocus", self.frame, "key", *names], check=True)

    def strike(self, *names):
        """Keys for whatever has the keyboard now, as the window manager gave it."""
        subprocess.run(["xdotool", "key", *names], check=True)

    def write(self, text):
        subprocess.run(["xdotool", "type", "--delay", "20", text], check=True)

    def picture(self):
        """What of the display a person sees: a number that tells two pictures apart."""
        shot = subprocess.run(["import", "-silent", "-window", "root", "-depth", "8", "rgb:-"], capture_output=True, check=True)
        return hashlib.sha256(shot.stdout).hexdigest()

    def where(self):
        """What has the keyboard: its way from the root, role and name."""
        self.root.clear_cache()
        return self.where_below(self.root, ())

    def where_below(self, node, way):
        try:
            states = node.get_state_set()
            if node is not self.root and not states.contains(self.Atspi.StateType.VISIBLE):
                return None
            found = None
            for i in range(node.get_child_count()):
                child = node.get_child_at_index(i)
                found = child and self.where_below(child, (*way, i)) or found
            if found or not states.contains(self.Atspi.StateType.FOCUSED):
                return found
            return way, node.get_role_name(), (node.get_name() or "").replace("_", "")
        except self.GLib.Error:
            return None  # it left while we looked

    def focused(self):
        """(role, name) of what has the keyboard."""
        self.root.clear_cache()
        for node in self.nodes():
            try:
                if node.get_state_set().contains(self.Atspi.StateType.FOCUSED):
                    return node.get_role_name(), (node.get_name() or "").replace("_", "")
            except self.GLib.Error:
                continue
        return "", ""

    def tab_to(self, role, name, key="Tab"):
        """With the keyboard alone, as far as it takes; once round is no way."""
        seen = []
        while True:
            now = wait("something that has the keyboard", lambda: any(self.focused()) and self.focused())
            if now[0] == role and f"{now[1]} ".startswith(f"{name} "):
                return
            assert seen.count(now) < 3 and len(seen) < 80, f"no {role} \"{name}\" on the way: {seen}"
            seen.append(now)
            self.keys(key)
            end = time.monotonic() + 1  # the next one may have the same name
            while self.focused() == now and time.monotonic() < end:
                time.sleep(0.02)

    def say(self, *wanted, without=()):
        """Waits until all of these are on the screen, then none of those may be."""
        missing = []

        def all_there():
            words = self.words()
            missing[:] = [word for word in wanted if word not in words]
            return not missing and (words or True)
        wait(lambda: f"{missing}; there is: {self.words()}", all_there)
        words = self.words()
        for word in without:
            assert word not in words, f"\"{word}\" stands in: {words}"

    def show(self, state):
        self.demo("Show", self.GLib.Variant("(s)", (state,)))

    def demo(self, method, parameters=None):
        """The demo's peer is on the program's own connection, whose name on the bus is found by asking."""
        dbus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        if not hasattr(self, "peer"):
            for name in self.bus.call_sync(*dbus, "ListNames", None, None, 0, -1, None).unpack()[0]:
                if not name.startswith(":"):
                    continue
                pid = self.bus.call_sync(*dbus, "GetConnectionUnixProcessID", self.GLib.Variant("(s)", (name,)), None,
                                         0, -1, None).unpack()[0]
                if pid == self.process.pid and self.answers(name):
                    self.peer = name
        return self.bus.call_sync(self.peer, "/org/simauth/Demo1", "org.simauth.Demo1", method, parameters, None, 0,
                                  LIMIT_S * 1000, None).unpack()

    def asked(self, method):
        """What the window called since the last time, of this method."""
        self.calls = getattr(self, "calls", []) + self.demo("Asked")[0]
        mine = [call for call in self.calls if call.split("(")[0] == method]
        self.calls = [call for call in self.calls if call not in mine]
        return mine

    def answer(self, button, title, text, choice):
        """Opens a dialog, reads it and answers. GTK 4.8 ends when a window is read while it leaves: the X server is
        asked whether it is gone."""
        before = windows_now()
        self.press("push button", button)
        self.say(title, text)
        self.press("push button", choice)
        wait(f"the end of \"{title}\"", lambda: windows_now() == before)

    def answers(self, name):
        try:
            self.bus.call_sync(name, "/org/simauth/Demo1", "org.simauth.Demo1", "States", None, None, 0, 5000, None)
            return True
        except self.GLib.Error:
            return False

    def close(self):
        self.process.terminate()
        self.process.wait(LIMIT_S)
        said = self.output()
        assert "CRITICAL" not in said and "WARNING" not in said, said
