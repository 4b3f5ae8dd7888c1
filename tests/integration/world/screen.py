# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person's desktop on a node: display, window manager, session bus, notifications, accessibility.

    seat = Screen(node); seat.start()
    window = seat.open("simauth-ui")             # a GTK program, driven by what a screen reader has
    window.press("Continue"); window.wait_text("Ready")
    seat.notifications()                         # what dunst showed, as words
    seat.picture("ready.png")
"""

import json
import os
import re
import shutil
import subprocess

from .desktop import DISPLAY, Desktop
from .phone import Phone
from .process import Failed, Timeout, wait_for

HANDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "hands.py")
SIZE = "1600x900"

# What was shown goes into a file, beside the screen: a test reads words, a picture has the rest.
DUNST = """\
[global]
font = Cantarell 11
width = 360
height = 200
offset = 16x16
origin = top-right
frame_width = 1
frame_color = "#c0bfbc"
separator_height = 1
icon_theme = Adwaita
enable_recursive_icon_lookup = true
markup = no
format = "<b>%s</b>\\n%b"
always_run_script = true
show_indicators = no
[urgency_low]
background = "#fafafa"
foreground = "#202020"
[urgency_normal]
background = "#fafafa"
foreground = "#202020"
[urgency_critical]
background = "#fafafa"
foreground = "#202020"
[keep]
summary = "*"
script = {script}
"""

KEEP = """\
#!/usr/bin/python3
import json, os
with open("{kept}", "a", encoding="utf-8") as out:
    out.write(json.dumps({{k: os.environ.get("DUNST_" + k.upper(), "") for k in
                          ("summary", "body", "urgency", "app_name", "id")}}) + "\\n")
"""

GTK_SETTINGS = """\
[Settings]
gtk-enable-animations=0
gtk-cursor-blink=0
gtk-font-name=Cantarell 11
gtk-icon-theme-name=Adwaita
"""

OPENBOX = """\
<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <theme><name>Clearlooks</name><titleLayout>NLC</titleLayout>
    <font place="ActiveWindow"><name>Cantarell</name><size>10</size><weight>bold</weight></font>
    <font place="InactiveWindow"><name>Cantarell</name><size>10</size><weight>bold</weight></font>
  </theme>
  <desktops><number>1</number></desktops>
</openbox_config>
"""


class Window:
    """One GTK program, seen and driven through AT-SPI: names, roles, texts, actions."""

    def __init__(self, screen, process, name):
        self._screen = screen
        self.process = process
        self.name = name

    def ask(self, **what):
        return self._screen.ask(app=self.name, **what)

    def words(self):
        """Every text that is showing, in the order of the tree; once more when something went while we looked."""
        answers = []

        def look():
            answers.append(self._screen.try_ask(app=self.name, do="words"))
            return not answers[-1].get("error", "").startswith("accessibility: ")
        wait_for(look, 5, "window that holds still", every=0.05)
        if "error" in answers[-1]:
            raise Failed(f"{self.name}: {answers[-1]['error']}")
        return answers[-1]["result"]

    def says(self, text):
        return any(text in word for word in self.words())

    def wait_text(self, *texts, limit=15):
        """Wait until one of the texts is part of something that is shown; that one."""
        def look():
            self.process.check()
            words = self.words()
            return next((t for t in texts if any(t in word for word in words)), None)
        try:
            return wait_for(look, limit, f"{' or '.join(map(repr, texts))} in the window", every=0.05)
        except Timeout as error:
            raise Timeout(f"{error}; it shows: {' | '.join(self.words())}") from None

    def wait_gone(self, text, limit=15):
        wait_for(lambda: self.process.check() and not self.says(text), limit, f"end of {text!r}", every=0.05)

    def _act(self, limit, **what):
        """Until it is there and takes it: widgets come, and become sensitive, when they do."""
        trouble = {}

        def attempt():
            self.process.check()
            answer = self._screen.try_ask(app=self.name, **what)
            trouble["last"] = answer.get("error")
            return "error" not in answer
        try:
            wait_for(attempt, limit, f"{what}", every=0.05)
        except Timeout as error:
            raise Timeout(f"{error}: {trouble['last']}; it shows: {' | '.join(self.words())}") from None

    def press(self, name, limit=15):
        """Does what a click on the button, row, switch or tab of this name does."""
        self._act(limit, do="press", name=name)

    def type(self, field, text, limit=15):
        """Puts `text` into the entry whose name, or label, is `field`."""
        self._act(limit, do="type", name=field, text=text)

    def has(self, name):
        """Whether something sensitive of this name is showing."""
        return "error" not in self._screen.try_ask(app=self.name, do="find", name=name)

    def tree(self):
        return self.ask(do="tree")

    def complaints(self):
        """What GLib and GTK found wrong in the program, without what GTK 4.8 says of itself: its tree tells about
        rows and windows that are gone by then."""
        with open(self.process.log, encoding="utf-8", errors="replace") as log:
            lines = [line for line in log if re.search(r"-(CRITICAL|WARNING) \*\*|CRITICAL|Assertion", line)]
        return [line for line in lines if not re.search(r"g_variant_is_object_path|not supported on this display", line)]

    def stop(self):
        return self.process.stop()


class Screen:
    """The desktop of a node's user. `dark`, `language` (as fr_FR.UTF-8): of programs opened after."""

    def __init__(self, node, size=SIZE):
        self.node = node
        self.size = size
        self._hands = None
        self._kept = node.path("notifications.jsonl")

    def start(self):
        node = self.node
        node.env.update({"DISPLAY": DISPLAY, "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb",
                         "GSK_RENDERER": "cairo", "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory",
                         "XDG_CURRENT_DESKTOP": "GNOME", "GTK_USE_PORTAL": "0", "XDG_SESSION_TYPE": "x11",
                         "DBUS_SESSION_BUS_ADDRESS": f"unix:path={node.path('bus')}"})
        # Qt Quick draws with OpenGL: without GLX there is no window.
        display = node.start("display", ["Xvfb", DISPLAY, "-screen", "0", f"{self.size}x24", "+extension", "GLX",
                                         "-nolisten", "tcp", "-noreset"])
        bus = node.start("bus", ["dbus-daemon", "--session", "--nofork", "--nopidfile",
                                 f"--address={node.env['DBUS_SESSION_BUS_ADDRESS']}"])
        for process, path in ((display, node.path("tmp/.X11-unix/X1")), (bus, node.path("bus"))):
            wait_for(lambda process=process, path=path: process.check() and os.path.exists(path), 10, path)
        self._furnish()

    def _furnish(self):
        node = self.node
        node.write(".config/gtk-4.0/settings.ini", GTK_SETTINGS)
        keep = node.write("keep-notification", KEEP.format(kept=self._kept), 0o755)
        node.start("window-manager", ["openbox", "--config-file", node.write("openbox.xml", OPENBOX)])
        node.start("dunst", ["dunst", "-config", node.write("dunstrc", DUNST.format(script=keep))])
        # As a login does it: the keyring is there and open, and nobody is asked for its password.
        node.start("keyring", ["sh", "-c", "printf login | gnome-keyring-daemon --unlock --foreground --components=secrets"])
        node.run(["display", "-window", "root", "xc:#8ba4b8"], check=False)
        for name in ("org.freedesktop.Notifications", "org.freedesktop.secrets"):
            self._wait_name(name)

    def _wait_name(self, name):
        def there():
            return "true" in self.dbus("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner", f"string:{name}")
        wait_for(there, 10, f"{name} on the bus", every=0.05)

    def dbus(self, to, path, interface, method, *arguments):
        """One call on the session bus, as dbus-send prints its answer."""
        return self.node.run(["dbus-send", "--session", "--print-reply", f"--dest={to}", path,
                              f"{interface}.{method}", *arguments]).stdout

    # -- our programs ------------------------------------------------------------------------------

    def open(self, *argv, name=None, env=None, log=None):
        """Starts a GTK program; its Window once it stands in the tree."""
        name = name or os.path.basename(argv[0])
        words = [f"{key}={value}" for key, value in (env or {}).items()]
        process = self.node.start(log or name, ["env", *words, *argv] if words else list(argv))
        window = Window(self, process, name)

        def there():
            process.check()
            return name in self.ask(do="apps")
        wait_for(there, 20, f"window of {name}", every=0.05)
        return window

    def try_ask(self, **what):
        """One order to hands.py; its answer, {"error": SENTENCE} where it cannot be done now."""
        if self._hands is None:
            program = self.node.path("hands.py")
            shutil.copyfile(HANDS, program)
            with open(self.node.path("hands.log"), "ab") as log:
                self._hands = subprocess.Popen(  # pylint: disable=consider-using-with
                    self.node.command(["/usr/bin/python3", "-B", program]), stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=log, env=self.node.env, text=True)
        self._hands.stdin.write(json.dumps(what) + "\n")
        self._hands.stdin.flush()
        line = self._hands.stdout.readline()
        if not line:
            raise Failed(f"{self.node.name}: hands.py ended; see hands.log")
        return json.loads(line)

    def ask(self, **what):
        answer = self.try_ask(**what)
        if "error" in answer:
            raise Failed(f"{self.node.name}: {what}: {answer['error']}")
        return answer["result"]

    def close_hands(self):
        if self._hands is not None:
            self._hands.stdin.close()
            self._hands.wait(10)
            self._hands = None

    # -- what a person sees ------------------------------------------------------------------------

    def notifications(self):
        """All that dunst has shown, oldest first: dicts of summary, body, urgency, id."""
        try:
            with open(self._kept, encoding="utf-8") as kept:
                return [json.loads(line) for line in kept]
        except FileNotFoundError:
            return []

    def wait_notification(self, text, limit=15, after=0):
        """The first one from number `after` on that has the text in summary or body."""
        def look():
            return next((n for n in self.notifications()[after:] if text in f"{n['summary']}\n{n['body']}"), None)
        try:
            return wait_for(look, limit, f"notification with {text!r}", every=0.05)
        except Timeout as error:
            raise Timeout(f"{error}; shown: {self.notifications()[after:]}") from None

    def xdotool(self, *words, check=True):
        return self.node.run(["xdotool", *words], check=check).stdout.strip()

    def windows(self, name):
        """X windows whose title has `name` (a regular expression) and that are mapped."""
        return self.xdotool("search", "--onlyvisible", "--name", name, check=False).split()

    def wait_window(self, name, limit=30):
        return wait_for(lambda: self.windows(name), limit, f"window {name!r}", every=0.1)[-1]

    def place(self, window, x, y, width=None, height=None):
        self.xdotool("windowmove", window, str(x), str(y))
        if width:
            self.xdotool("windowsize", window, str(width), str(height))

    def side_by_side(self, window="SIM Call Security", other="Calls", width=600):
        """Our window to the left, Linphone's of that name beside it, its main one out of the way. window None: the
        one that is in front."""
        ours = self.wait_window(f"^{window}$") if window else self.xdotool("getactivewindow")
        self.place(ours, 12, 30, width, 720)
        for main in self.windows("^Linphone$"):
            self.xdotool("windowminimize", main)
        if other:
            self.place(self.wait_window(f"^{other}$"), width + 32, 200)
        self.xdotool("windowactivate", "--sync", ours)

    def picture(self, path, window="root"):
        """What is on the display; the number of its colours."""
        self.node.run(["import", "-window", window, path])
        return int(self.node.run(["identify", "-format", "%k", path]).stdout)


class Seat(Desktop):
    """A person at a desktop with linphone-desktop: answers when told to, and has a Screen beside it."""

    def __init__(self, node, *args, **options):
        self.screen = Screen(node)
        super().__init__(node, *args, **options)

    def configure(self, *args, **options):
        Phone.configure(self, *args, **options)  # pylint: disable=non-parent-init-called

    def start_screen(self):
        self.screen.start()

    def answer(self, call=None):
        """Clicks on the green button of Linphone's own notification, which comes in the corner below."""
        self._click_corner(150, 42, "Connected", "StreamsRunning")

    def decline(self):
        self._click_corner(50, 42, "End", "Error")

    def _click_corner(self, right, up, *states):
        """Again until Linphone has taken it: its notification comes some time after the call does."""
        width, height = self.screen.size.split("x")
        before = max(i for i, e in enumerate(self.events()) if e.state == "IncomingReceived")

        def taken():
            self.screen.xdotool("mousemove", str(int(width) - right), str(int(height) - up), "click", "1")
            return any(e.state in states for e in self.events()[before:])
        wait_for(taken, 20, f"{' or '.join(states)} at {self.node.name} after a click", every=0.3)
