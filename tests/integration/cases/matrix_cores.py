# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two cores in one process, and several accounts in one of them."""

import json
import os
import re

from cases import case
from cases.call import AUTHENTICATED, NOT_AUTHENTICATED, refuse
from world import flow
from world.phone import RC, SETTINGS
from world.proxy import PASSWORD_PREFIX
from world.session_bus import CALL, Client, SessionBus

MORE = """
[simauth]
config={settings}

[rtp]
audio_rtp_port={rtp}
"""
PORTS = ({"sip_port": 5060, "rtp": 7076}, {"sip_port": 5070, "rtp": 7276})
OFFICE = "sip:alice-office@operator-a.example"


def linphonerc(node, number, domain, users):
    """linphonerc of one core with an account for each of `users`; its path."""
    port = PORTS[number]["sip_port"]
    sip = "\n".join(f"{key}={port}" for key in ("sip_port", "sip_tcp_port"))
    parts = [RC.format(sip=sip, domain=domain, user=user, identity=f"sip:{user}@{domain}", transport="udp",
                       password=PASSWORD_PREFIX + user) for user in users]
    text = parts[0]
    for place, part in enumerate(parts[1:], 1):
        text += part[part.index("[proxy_0]"):].replace("_0]", f"_{place}]")
    text += MORE.format(settings=node.path(f"core-{number}.conf"), rtp=PORTS[number]["rtp"])
    return node.write(f"linphonerc-{number}", text, 0o600)


class Cores:
    """The process with both: Alice with two accounts in core 0, Bob in core 1."""

    def __init__(self, world):
        world.start_capture()
        world.start_network()
        world.start_gateways()
        self.phone = world.add_phone("both", "a", 31)  # its folders, user and log
        node = self.node = self.phone.node
        sims = world.issue_sims()
        world.operators["a"].gateway.ctl("binding", "add", OFFICE, sims["alice"].imsi)
        configs = [linphonerc(node, 0, "operator-a.example", ("alice", "alice-office", "alice-unknown")),
                   linphonerc(node, 1, "operator-b.example", ("bob",))]
        self.phone.use_sim(sims["alice"], world.root)
        for number, sim in enumerate((sims["alice"], sims["bob"])):
            data = node.make_folder(f"data-{number}", mode=0o700)
            path = node.write(f"data-{number}/sim.json", sim.issued, 0o600)
            node.make_folder(f"data-{number}", mode=0o700)
            node.write(f"core-{number}.conf", SETTINGS.format(sim=f"soft:{path}", gateway=sim.gateway,
                                                              ca=world.root.certificate,
                                                              more=f"ask=everybody\ndata={data}"), 0o600)
        self._fifo = node.path("orders")
        os.mkfifo(self._fifo, 0o600)
        os.chown(self._fifo, node.user, node.user)
        SessionBus(node).start()
        build = os.path.dirname(os.path.dirname(world.product))
        program = os.path.join(build, "tests", "integration", "programs", "two_phones")
        self.process = self.phone.process = node.start("cores", [program, self._fifo, *configs])
        for user in ("alice", "alice-office", "alice-unknown", "bob"):
            self.process.wait_log(rf"sip:{user}@.* LinphoneRegistrationOk", 20)
        self.phone.wait_note(r"simauth: ready: ", count=2)
        self.client = Client(node).find()

    def order(self, line):
        with open(self._fifo, "w", encoding="ascii") as fifo:
            fifo.write(line + "\n")

    def said(self, pattern):
        with open(self.process.log, encoding="utf-8") as log:
            return re.findall(pattern, log.read())

    def listed(self, number):
        """The list of calls of that core, the oldest first."""
        with open(self.node.path(f"data-{number}/calls.jsonl"), encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    def _both_sides_talk(self):
        calls = self.client.objects(CALL).values()
        return sorted(call["Direction"] for call in calls if call["Phase"] == "talking") == ["incoming", "outgoing"]

    def _wait_states(self, before, state):
        flow.wait_any(lambda: self.process.check() and len(self.said(f"call LinphoneCall{state}")) >= before[state] + 2,
                      20, f"two calls in {state}")

    def call(self, core, account, uri, verdict=None):
        """A call from this core to the other, ended by the caller; its two notes of `verdict`, where one is given."""
        notes = len(self.phone.notes(verdict)) if verdict else 0
        before = {state: len(self.said(f"call LinphoneCall{state}")) for state in ("StreamsRunning", "Released")}
        self.order(f"call {core} {account} {uri}")
        self._wait_states(before, "StreamsRunning")
        if verdict:
            self.phone.wait_note(verdict, count=notes + 2)
            flow.wait_any(self._both_sides_talk, 5, "both sides of the call on the session bus")
        self.order(f"end {core}")
        self._wait_states(before, "Released")
        return self.phone.notes(verdict)[notes:] if verdict else []


@case("call.two_cores")
def two_cores(world):
    """Each calls the other, from each account that its operator vouches for and from one that it does not; then one goes. Each has its own side of each in its list of calls."""
    cores = Cores(world)
    cores.call(0, 2, "sip:bob@operator-b.example")
    refuse(cores.phone, AUTHENTICATED)
    told = len(cores.phone.notes(NOT_AUTHENTICATED))
    assert told, "nobody said that the operator does not vouch for this account"
    both = r"call \S+ (?:caller|callee): authenticated: nai=(\S+) "
    names = {"alice@operator-a.example", "bob@operator-b.example"}
    for core, account, uri in ((0, 0, "sip:bob@operator-b.example"), (0, 1, "sip:bob@operator-b.example"),
                               (1, 0, "sip:alice@operator-a.example"), (1, 0, OFFICE)):
        seen = cores.call(core, account, uri, both)
        assert {match.group(1) for match in seen} == names, [match.group(0) for match in seen]
    assert len(cores.phone.notes(NOT_AUTHENTICATED)) == told
    invites = [m for m in world.messages().all("INVITE", source=cores.phone) if not m.is_response]
    assert OFFICE in " ".join(m.header("From") for m in invites)
    cores.order("leave 0")
    cores.process.wait_log("core 0: gone")
    cores.order("quit")
    assert cores.process.wait(20) == 0
    for number, sides in enumerate((["caller"] * 3 + ["callee"] * 2, ["callee"] * 3 + ["caller"] * 2)):
        listed = cores.listed(number)
        assert [record["side"] for record in listed] == sides, listed
        assert all(record["answered"] for record in listed if record["word"] == "authenticated"), listed
