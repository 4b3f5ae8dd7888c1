# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A middle that is there and answers nobody, or late: its proxy goes on."""

import base64
import http.client
import http.server
import os
import signal
import socket
import threading
import time

from cases import case
from cases.e2m_middle import ALICE, BOB, Scene, pid_of
from world import process
from world.process import wait_for

SOS = "urn:service:sos.police"
SO_RCVBUFFORCE = 33  # Linux; Python has no name for it
MIDDLE_PORT = 8494
CALLS, BURST = 330, 15  # more than the kernel keeps between processes of Kamailio


def call(scene, to=BOB):
    return scene.alice.invite(scene.middle.sip, to, scene.alice.clear(scene.alice.sdp()))


def sos(scene):
    """How long an emergency call takes to Bob, who is busy."""
    began = time.monotonic()
    dialog = call(scene, SOS)
    invite = scene.bob.called(dialog["id"])
    took = time.monotonic() - began
    scene.bob.answer(invite, "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    return took


def many(scene):
    """Calls that the proxy has, some of which it refused already; no more at once than a socket takes."""
    waiting = []
    for _ in range(CALLS // BURST):
        burst = [call(scene) for _ in range(BURST)]
        waiting += [dialog for dialog in burst if scene.alice.response(dialog, least=100).status == 100]
    return waiting


def halt(pid):
    """Stop a program; the signal comes to one thread, and until that has the processor the others work."""
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: all(state_of(pid, thread) == "T" for thread in os.listdir(f"/proc/{pid}/task")), 10, "stop of the middle")


def state_of(pid, thread):
    try:
        with open(f"/proc/{pid}/task/{thread}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0]
    except OSError:
        return "ended"


def passes(scene):
    """Whether a call reaches Bob, who is busy; whichever comes first, his INVITE or the proxy's refusal, and however late."""
    dialog = call(scene)

    def outcome():
        invite = scene.bob.wait(lambda m: m.method == "INVITE" and not m.is_response and m.call_id == dialog["id"], 0.05, quiet=True)
        if invite:
            scene.bob.answer(invite, "486 Busy Here")
            return scene.alice.response(dialog)
        return scene.alice.response(dialog, limit=0.05, quiet=True)
    return wait_for(outcome, 5, "answer to a call").status == 486


@case("e2m.middle.hung", limit=60)
def hung(world):
    """A middle that is stopped: emergency calls go on at once, all others are refused within two seconds, and the proxy never waits."""
    scene = Scene(world, accounts=(ALICE,), start=False)
    scene.middle.set_proxy_clock(0)
    scene.middle.start()
    # an emergency call goes on first, and its media have pinholes, for the middle is told behind it
    dialog = call(scene, SOS)
    scene.bob.answer(scene.bob.called(dialog["id"]), "200 OK", scene.bob.clear(scene.bob.sdp()))
    assert scene.alice.response(dialog).status == 200
    scene.opened(2)
    scene.hang_up(dialog)
    scene.opened(0)
    scene.alice.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)  # they are all refused at once
    pid = pid_of(scene)
    halt(pid)
    try:
        waiting = many(scene)
        began = time.monotonic()
        took = sos(scene)
        assert took < 0.8 * process.patience, f"the emergency call went on after {took:.1f} s"
        came = {scene.alice.response(dialog).status for dialog in waiting}
        took = time.monotonic() - began
        assert came <= {503} and took < 4 * process.patience, f"calls were refused with {came}, after {took:.1f} s"
        # from now on one call in two seconds asks, and the others wait for nobody
        began = time.monotonic()
        assert {scene.alice.response(call(scene)).status for _ in range(4)} == {503}
        took = time.monotonic() - began
        assert took < 3 * process.patience, f"each call waited: {took:.1f} s"
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: passes(scene), 10, "a call that goes on again")
    assert passes(scene), "one was let through, and the next was not"
    # the same once more, and before anybody asks again the proxy's clock is set back
    halt(pid)
    try:
        assert scene.alice.response(call(scene)).status == 503
    finally:
        os.kill(pid, signal.SIGCONT)
    scene.middle.set_proxy_clock(-1800)
    wait_for(lambda: passes(scene), 10, "a call that asks it, though its pause is as long as the clock was set back")


class Between(http.server.BaseHTTPRequestHandler):
    """Shows the middle what the proxy tells, and INVITEs late."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):  # pylint: disable=invalid-name
        message = self.rfile.read(int(self.headers["Content-Length"]))
        if base64.b64decode(message).startswith(b"INVITE "):
            time.sleep(0.4)
        middle = http.client.HTTPConnection("127.0.0.1", MIDDLE_PORT)
        middle.request("POST", self.path, message, {name: value for name, value in self.headers.items() if name.startswith("X-")})
        self.send_response(middle.getresponse().status)
        self.send_header("Content-Length", "0")
        self.end_headers()
        middle.close()

    def log_message(self, *_):
        pass


def stand_between(ready):
    """In a thread that stands in this node's network, as do all that it begins."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 8493), Between) as server:
        ready.append(server)
        server.serve_forever()


@case("e2m.middle.told", limit=60)
def told(world):
    """An emergency call's INVITE takes its time to the middle: its answer is told behind it all the same, and it has its pinholes; where the proxy's own settings leave nobody to do so its log says it."""
    scene = Scene(world, accounts=(ALICE,), start=False, **{"middle.port": str(MIDDLE_PORT)})
    ready = []
    threading.Thread(target=scene.middle.node.inside, args=(lambda: stand_between(ready),), daemon=True).start()
    wait_for(lambda: ready, 5, "who stands between")
    scene.middle.start()
    dialog = call(scene, SOS)
    scene.bob.answer(scene.bob.called(dialog["id"]), "200 OK", scene.bob.clear(scene.bob.sdp()))
    assert scene.alice.response(dialog).status == 200
    scene.opened(2)
    said = "middle: async_workers is not 1"
    with open(scene.middle.kamailio.log, encoding="utf-8") as log:
        assert said not in log.read(), "complains about its own"
    scene.middle.kamailio.stop()
    scene.middle.add_own("async_workers=4")
    scene.middle.start_proxy()
    dialog = call(scene, SOS)
    scene.bob.answer(scene.bob.called(dialog["id"]), "486 Busy Here")
    assert scene.alice.response(dialog).status == 486
    scene.middle.kamailio.wait_log(said, 5)
    ready[0].shutdown()
