# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every order of messages, each in a dialog of its own, against a phone whose INVITEs the tap holds and renames.

usage: tap.py LENGTH CALLS PREFIX     all orders of up to LENGTH messages, then CALLS ordinary calls by sipp, one after
                                      the other; PREFIX as plugin.tap.* have it

The peer waits for nothing: it writes what an order says, one message after the other, most of them at a wrong time.
Whatever becomes of a dialog, the phone lives, each call that the tap began ends once, and no answer of a dialog names
another tag than the tap's.
"""

import itertools
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "plugin", "tap"))

from cases import SIM02, leave  # noqa: E402
from phones import ADDRESS, LIMIT, Failed, Scene, enter_namespace, prepare  # noqa: E402

HOLD_MS = 5
AT_ONCE = 3  # dialogs that are open at a time: Linphone takes a few calls, and is busy for the rest
PATIENCE = LIMIT / 10  # seconds that the peer waits for an answer; a phone in valgrind needs them


def send(peer, word, call_id):
    """One message of a dialog; the names of those that repeat or contradict say so."""
    branch = "z9hG4bK." + call_id
    if word == "invite":
        peer.request("INVITE", call_id=call_id, branch=branch)
    elif word == "copy":  # merged by a fork, or somebody's who wants it to ring twice
        peer.request("INVITE", call_id=call_id, branch=branch + "c")
    elif word == "cancel":
        peer.request("CANCEL", call_id=call_id, branch=branch, body="")
    elif word == "ack":
        peer.request("ACK", call_id=call_id, branch=branch + "a", to_tag=SIM02, body="")
    elif word == "bye":
        peer.request("BYE", call_id=call_id, branch=branch + "b", to_tag=SIM02, cseq=21, body="")
    elif word == "again":  # a re-INVITE
        peer.request("INVITE", call_id=call_id, branch=branch + "r", to_tag=SIM02, cseq=22)


WORDS = ("invite", "cancel", "ack", "bye", "copy", "again")


def orders(length):
    for size in range(1, length + 1):
        yield from itertools.product(WORDS, repeat=size)


class Dialogs:
    """Those that are open, and what was answered in each."""

    def __init__(self, peer):
        self.peer = peer
        self.open = {}  # Call-ID -> since when
        self.wrong = []
        self.answers = 0

    def begin(self, call_id, order):
        for word in order:
            send(self.peer, word, call_id)
        if "invite" in order or "copy" in order:
            self.open[call_id] = time.monotonic()

    def listen(self, seconds):
        """Take what comes for that long; end what was answered."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.peer.receive(max(0.001, end - time.monotonic()))
            if text:
                self._take(text)

    def _take(self, text):
        named = re.search(r"(?mi)^Call-ID: *(\S+)", text)
        if not named:  # its keep-alive
            return
        call_id = named[1]
        if not text.startswith("SIP/2.0 "):
            if not text.startswith("ACK"):  # its BYE
                self._answer(text)
            return
        code, cseq = int(text[8:11]), re.search(r"(?mi)^CSeq: *(\d+) (\w+)", text)
        if code < 200 or cseq[2] != "INVITE":
            return
        self.answers += 1
        tag = re.search(r"(?mi)^To:.*;tag=([^;\s]+)", text)
        if code < 300 and cseq[1] == "20" and (not tag or tag[1] != SIM02):
            self.wrong.append(text)
        self._acknowledge(text, code, cseq[1], call_id)

    def _acknowledge(self, text, code, number, call_id):
        tag = re.search(r"(?mi)^To:.*;tag=([^;\s]+)", text)
        branch = re.search(r"branch=([^;,\s]+)", text)[1]
        self.peer.request("ACK", call_id=call_id, to_tag=tag and tag[1], cseq=int(number), body="",
                          branch=branch if code >= 300 else branch + "k")
        if code < 300:
            self.peer.request("BYE", call_id=call_id, branch=branch + "e", to_tag=SIM02, cseq=40, body="")
        if number == "20":
            self.open.pop(call_id, None)

    def _answer(self, request):
        keep = re.findall(r"(?mi)^(?:Via|From|To|Call-ID|CSeq):.*$", request)
        self.peer.send("\r\n".join(["SIP/2.0 200 OK", *(line.strip() for line in keep), "Content-Length: 0", "", ""]))

    def forget(self, after):
        """What nobody answered is given up as a caller does: CANCEL, and BYE in case."""
        for call_id in [c for c, since in self.open.items() if time.monotonic() - since > after]:
            send(self.peer, "cancel", call_id)
            self.peer.request("BYE", call_id=call_id, branch="z9hG4bK.z" + call_id, to_tag=SIM02, cseq=50, body="")
            del self.open[call_id]


def torture(scene, length, calls):
    phone = scene.phone("b", 5062, [f"hold-invite-in {HOLD_MS}", "thread", "to-tag " + SIM02], auto_answer=True).ready()
    peer = scene.peer(5070, 5062)
    dialogs = Dialogs(peer)
    count = 0
    for count, order in enumerate(orders(length), 1):
        dialogs.begin(f"t{count}x", order)
        dialogs.listen(0.002)
        while len(dialogs.open) >= AT_ONCE:
            dialogs.listen(0.005)
            dialogs.forget(PATIENCE)
        phone.alive()
    while dialogs.open:
        dialogs.listen(0.05)
        dialogs.forget(PATIENCE)
    dialogs.listen(0.5)
    if dialogs.wrong:
        raise Failed(f"{len(dialogs.wrong)} answers under another tag, the first:\n{dialogs.wrong[0]}")
    held = len(phone.find("invite_in"))
    print(f"{count} orders, {held} INVITEs held, {dialogs.answers} final answers")
    if held < count // 4:
        raise Failed("hardly an INVITE came through")
    ordinary_calls(calls)
    leave(phone)


def ordinary_calls(count):
    """sipp's own caller: after all that was wrong, each call that is right goes through."""
    done = subprocess.run(["sipp", "-sn", "uac", "-i", ADDRESS, "-p", "5071", "-m", str(count), "-l", "1", "-r", "50",
                           "-recv_timeout", "20000", "-nostdin", f"{ADDRESS}:5062"], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"sipp ended with {done.returncode}:\n{done.stdout[-3000:]}")


def main():
    enter_namespace()
    prepare(sys.argv[3])
    try:
        with Scene(sys.argv[3]) as scene:
            torture(scene, int(sys.argv[1]), int(sys.argv[2]))
    except Failed as failure:
        print("FAILED: %s" % failure)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
