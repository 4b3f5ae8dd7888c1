# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The eyes and hands of a person who uses a screen reader: orders on standard input, answers on standard output.

One JSON object a line: {"do": "apps"}, or {"do": "words" | "tree" | "find" | "press" | "type", "app": NAME,
"name": NAME, "text": TEXT}. Runs inside the node, as its user (screen.py).
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402  pylint: disable=wrong-import-position

PRESSED = ("push button", "toggle button", "check box", "radio button", "switch", "menu item", "link", "page tab")
ENTRIES = ("text", "entry", "password text", "spin button")
DEPTH = 60


class Cannot(Exception):
    """Not now: the reason is its text."""


def applications():
    desktop = Atspi.get_desktop(0)
    return [desktop.get_child_at_index(i) for i in range(desktop.get_child_count())]


def children(node):
    for index in range(node.get_child_count()):
        child = node.get_child_at_index(index)
        if child is not None:
            yield child


def showing(node):
    """GTK 4.8 says "showing" of windows alone; what is hidden, and a stack's other pages, is not "visible"."""
    return node.get_state_set().contains(Atspi.StateType.VISIBLE)


def walk(node, depth=0):
    """Every shown object below `node`, in the order in which a screen reader meets them."""
    for child in children(node):
        role = child.get_role_name()
        if role != "application" and not showing(child) and depth > 0:
            continue
        yield depth, child
        if depth < DEPTH:
            yield from walk(child, depth + 1)


def text_of(node):
    """What stands in it; not what is hidden there (a password entry gives its bullets)."""
    if node.get_text_iface() is None:
        return ""
    return Atspi.Text.get_text(node, 0, -1)


def find_app(name):
    for app in applications():
        if app is not None and app.get_name() == name:
            return app
    raise Cannot(f"no program {name}")


def name_of(node):
    """Without those that GTK 4.8 makes of a class where a widget has none."""
    name = node.get_name() or ""
    return "" if name.startswith(("Gtk", "Adw")) and name.isalnum() else name


def words(name):
    said = []
    for _, node in walk(find_app(name)):
        for text in (name_of(node), text_of(node), node.get_description()):
            if text and (not said or said[-1] != text):
                said.append(text)
    return said


def states(node):
    wanted = ("SENSITIVE", "CHECKED", "SELECTED", "EXPANDED", "FOCUSED", "EDITABLE")
    return [s.lower() for s in wanted if node.get_state_set().contains(getattr(Atspi.StateType, s))]


def tree(name):
    lines = []
    for depth, node in walk(find_app(name)):
        lines.append(f"{'  ' * depth}{node.get_role_name()} {node.get_name()!r} {text_of(node)!r} "
                     f"{node.get_description()!r} {actions(node)} {','.join(states(node))}")
    return "\n".join(lines)


def actions(node):
    if node.get_action_iface() is None:
        return []
    return [Atspi.Action.get_action_name(node, i) for i in range(Atspi.Action.get_n_actions(node))]


def sensitive(node):
    return node.get_state_set().contains(Atspi.StateType.SENSITIVE)


def named(app, name, wanted):
    """The shown objects of exactly this name (first) or with it as their text, that `wanted` takes."""
    found, behind = [], []
    for _, node in walk(find_app(app)):
        if name in (node.get_name(), text_of(node)):
            (found if node.get_name() == name else behind).append(node)
    good = [node for node in found + behind if wanted(node)]
    if good:
        return good[-1]  # of a dialog that lies over what else has the name
    raise Cannot(f"nothing usable is called {name!r}" + (f" ({len(found + behind)} not usable)" if found + behind else ""))


def upwards(node, wanted, levels=6):
    """The object itself or the nearest one around it that `wanted` takes."""
    for _ in range(levels):
        if node is None:
            return None
        if wanted(node):
            return node
        node = node.get_parent()
    return None


def can_press(node):
    """A button, or a row of a list in which rows are chosen."""
    parent = node.get_parent()
    chosen = node.get_role_name() == "list item" and parent is not None and parent.get_selection_iface()
    return sensitive(node) and (chosen or actions(node) and node.get_role_name() in PRESSED)


def press(app, name):
    node = named(app, name, lambda n: upwards(n, can_press) is not None)
    node = upwards(node, can_press)
    if node.get_role_name() in PRESSED:
        done = Atspi.Action.do_action(node, 0)
    else:
        done = Atspi.Selection.select_child(node.get_parent(), node.get_index_in_parent())
    if not done:
        raise Cannot(f"{name!r} did not take it")


def below(node):
    yield node
    for _, child in walk(node):
        yield child


def entry_in(node):
    if node is None:
        return None
    return next((n for n in below(node) if n.get_role_name() in ENTRIES and n.get_editable_text_iface()
                 and sensitive(n)), None)


def type_into(app, name, text):
    """The entry of this name, or the one that stands in the same row as the label of this name."""
    node = named(app, name, lambda n: upwards(n, lambda u: entry_in(u) is not None, 4) is not None)
    entry = entry_in(upwards(node, lambda u: entry_in(u) is not None, 4))
    if not Atspi.EditableText.set_text_contents(entry, text):
        raise Cannot(f"{name!r} did not take text")


def obey(order):
    do, app, name = order["do"], order.get("app"), order.get("name")
    if do == "apps":
        return [a.get_name() for a in applications() if a is not None]
    if do == "words":
        return words(app)
    if do == "tree":
        return tree(app)
    if do == "find":
        named(app, name, sensitive)
        return True
    if do == "press":
        return press(app, name)
    if do == "type":
        return type_into(app, name, order["text"])
    raise Cannot(f"no order {do!r}")


def main():
    Atspi.init()
    for line in sys.stdin:
        try:
            answer = {"result": obey(json.loads(line))}
        except Cannot as why:
            answer = {"error": str(why)}
        except GLib.Error as why:  # an object went while we looked: look again
            answer = {"error": f"accessibility: {why.message}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
