# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the cases of plugin.tap.* do with their phones."""

from phones import ADDRESS, Failed

B = "sip:b@%s:5062" % ADDRESS


def expect(what, good):
    if not good:
        raise Failed("expected " + what)


def two(scene, a_script=(), b_script=(), auto_answer=True):
    a = scene.phone("a", 5061, a_script)
    b = scene.phone("b", 5062, b_script, auto_answer=auto_answer)
    return a.ready(), b.ready()


def running(a, b):
    a.call(B)
    a.wait_state("StreamsRunning")
    b.wait_state("StreamsRunning")


def hang_up(one, other):
    one.command("terminate 1")
    one.wait_state("Released", "End", "none")
    other.wait_state("Released", "End", "none")


def leave(*phones):
    for phone in phones:
        phone.quit()
        phone.wait_event("core_gone")
        expect("no line of error in %s" % phone.events(), not phone.find("^error"))
        begun = {line.split("call=")[1].split()[0] for line in phone.find("call=")}
        expect("each call of %s to end once" % phone.name,
               sorted(begun) == sorted(line.split("call=")[1] for line in phone.find("call_gone")))


def one(scene, script, **named):
    return scene.phone("b", 5062, script, **named).ready()
