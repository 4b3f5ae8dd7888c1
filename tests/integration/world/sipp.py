# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""sipp, which makes more calls than phones can: plain ones, or with elements of full length in all their places."""

import csv
import glob

from .accounts import PASSWORD_PREFIX
from .process import Failed, wait_for

LONGEST = 128  # docs/protocol.md section 2
DIGITS = 5  # of the longest call number

REGISTER = """\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="register">
<send retrans="500"><![CDATA[

REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:{user}@{domain}>;tag=r[call_number]
To: <sip:{user}@{domain}>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:{user}@[local_ip]:[local_port]>
Max-Forwards: 70
Expires: 3600
Content-Length: 0

]]></send>
<recv response="401" auth="true"/>
<send retrans="500"><![CDATA[

REGISTER sip:{domain} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:{user}@{domain}>;tag=r[call_number]
To: <sip:{user}@{domain}>
Call-ID: [call_id]
CSeq: 2 REGISTER
Contact: <sip:{user}@[local_ip]:[local_port]>
[authentication username={user} password={password}]
Max-Forwards: 70
Expires: 3600
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""

CALLER = """\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="caller">
<send retrans="500"><![CDATA[

INVITE sip:{user}@{domain} SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:alice@{domain}>;tag={from_tag}
To: <sip:{user}@{domain}>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:alice@[local_ip]:[local_port]>
Max-Forwards: 70
{header_1}Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 7078 RTP/AVP 96 0
a=zrtp-hash:1.10 0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b

]]></send>
<recv response="100" optional="true"/>
<recv response="180" optional="true"/>
<recv response="200" rrs="true"/>
<send><![CDATA[

ACK [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch={ack_branch}
From: <sip:alice@{domain}>;tag={from_tag}
[last_To:]
[routes]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
{header_3}Content-Length: 0

]]></send>
<pause milliseconds="100"/>
<send retrans="500"><![CDATA[

BYE [next_url] SIP/2.0
Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:alice@{domain}>;tag={from_tag}
[last_To:]
[routes]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""

CALLEE = """\
<?xml version="1.0" encoding="UTF-8"?>
<scenario name="callee">
<recv request="INVITE" rrs="true"><action>{check_1}</action></recv>
<send><![CDATA[

SIP/2.0 180 Ringing
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag={to_tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:{user}@[local_ip]:[local_port]>
{header_2}Content-Length: 0

]]></send>
<pause milliseconds="50"/>
<send retrans="500"><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_Record-Route:]
[last_From:]
[last_To:];tag={to_tag}
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:{user}@[local_ip]:[local_port]>
{header_2}Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 7088 RTP/AVP 96
a=zrtp-hash:1.10 0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b

]]></send>
<recv request="ACK"><action>{check_3}</action></recv>
<recv request="BYE"/>
<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
</scenario>
"""

# The callee fails a call whose element came changed.
CHECK = '<ereg regexp="{pattern}" search_in="hdr" header="{header}" check_it="true" assign_to="{name}"/>'


def full(prefix):
    """A token of full length (from call 10000 on; up to four octets less before that), another one for each call."""
    return f"{prefix}[call_number]." + "A" * (LONGEST - len(prefix) - DIGITS - 1)


def texts(elements):
    """What stands where in the scenarios."""
    if not elements:
        return {"from_tag": "c[call_number]x", "to_tag": "d[call_number]x", "ack_branch": "[branch]",
                "header_1": "", "header_2": "", "header_3": "", "check_1": "", "check_3": ""}
    tags = {number: full(f"sim0{number}.gsm.") for number in (1, 2, 3)}
    found = {f"header_{number}": f"SIM-Auth: {tag}\n" for number, tag in tags.items()}
    body = "[0-9]+\\.A{{{}}}".format(LONGEST - len("sim01.gsm.") - DIGITS - 1)
    found.update(from_tag=tags[1], to_tag=tags[2], ack_branch=f"z9hG4bK.{tags[3]}",
                 check_1=CHECK.format(pattern=f"tag=sim01\\.gsm\\.{body}", header="From:", name="one"),
                 check_3=CHECK.format(pattern=f"sim03\\.gsm\\.{body}", header="SIM-Auth:", name="three"))
    return found


class Sipp:
    """sipp on a node: register(), answer(), then call() from another one."""

    def __init__(self, node, proxy, user, domain, elements=False):
        self.node = node
        self._proxy = proxy
        words = {"user": user, "domain": domain, "password": PASSWORD_PREFIX + user, **texts(elements)}
        used = "<Reference variables=\"one,three\"/>\n</scenario>" if elements else "</scenario>"
        self._files = {name: node.write(f"{name}.xml", text.format(**words).replace(
            "</scenario>", used if name == "callee" else "</scenario>"))
            for name, text in (("register", REGISTER), ("caller", CALLER), ("callee", CALLEE))}

    def _words(self, name, *more):
        # A proxy of several processes may let a 200 overtake a 180: that is no failure of the call.
        return ["sipp", "-sf", self._files[name], "-i", self.node.address, "-nostdin", "-trace_err",
                "-default_behaviors", "all,-abortunexp", "-recv_timeout", "15000", "-error_file",
                self.node.path(f"{name}.errors"), *more]

    def register(self):
        self.node.run(self._words("register", "-p", "5060", "-m", "1", f"{self._proxy.address}:5060"))

    def answer(self):
        """Answer calls until the world ends."""
        process = self.node.start("sipp", self._words("callee", "-p", "5060"))
        wait_for(lambda: self.node.inside(self._listens), 10, "sipp that answers")
        return process

    @staticmethod
    def _listens():
        with open("/proc/thread-self/net/udp", encoding="ascii") as sockets:
            return ":13C4 " in sockets.read()  # 5060

    def call(self, rate, count, limit=120):
        """Place `count` calls, `rate` a second: (successful, failed, retransmissions, seconds)."""
        stem = self.node.path(f"calls-{rate}")
        done = self.node.run(self._words(
            "caller", "-p", "5060", "-r", str(rate), "-m", str(count), "-l", str(rate * 8), "-trace_stat", "-fd", "1",
            "-stf", f"{stem}.csv", "-timeout", str(limit), f"{self._proxy.address}:5060"), limit=limit + 20, check=False)
        files = glob.glob(f"{stem}.csv")
        if not files:
            raise Failed(f"sipp: {done.stderr[-2000:]}")
        with open(files[0], encoding="ascii") as stat:
            last = list(csv.DictReader(stat, delimiter=";"))[-1]
        hours, minutes, seconds = last["ElapsedTime(C)"].split(":")[:3]
        return (int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"]), int(last["Retransmissions(C)"]),
                int(hours) * 3600 + int(minutes) * 60 + float(seconds))
