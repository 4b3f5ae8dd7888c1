# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers: what was on the cables, in the phones' logs and in the gateways' logs, as events in time.

A reader has poll(), which gives the events that came since the last one. An Event says where it was read; nothing
here knows what should happen, and a line that no rule knows is shown as it stands.
"""

import datetime
import os
import re
import time
from dataclasses import dataclass, field

from . import packet, sip

ZRTP_COOKIE = b"ZRTP"
# Messages of the key agreement (RFC 6189, 5.1.1); Hello and HelloACK are only its greeting.
FLIGHT = 0.1  # seconds of silence that end what one side says inside TLS
ZRTP_SHOWN = ("Commit", "DHPart1", "DHPart2", "Confirm1", "Confirm2", "Conf2ACK", "Error", "GoClear")


@dataclass
class Event:
    time: float  # seconds since 1970
    who: str
    text: str
    source: str
    kind: str = ""
    fields: dict = field(default_factory=dict)


class CaptureReader:
    """SIP, TLS and ZRTP from the capture while it grows. names: address -> how it is called."""

    def __init__(self, path, names, phones, sip_only=False):
        self._sip_only = sip_only
        self._file = open(path, "rb")  # pylint: disable=consider-using-with
        self._parts = packet.Reassembler()
        self._names = names
        self._phones = phones  # addresses of phones
        self._flight = {}  # TLS: (client, port, server) -> [direction, octets, time]

    def _name(self, address):
        return self._names.get(address, address)

    def poll(self):
        for seconds, frame in packet.read_capture(self._file):
            yield from self._landed(seconds)
            datagram = self._parts.add(frame)
            if datagram is None:
                continue
            if datagram.protocol == packet.UDP:
                yield from self._udp(seconds, datagram)
            elif datagram.protocol == packet.TCP and not self._sip_only:
                yield from self._tls(seconds, datagram)

    def _udp(self, seconds, datagram):
        message = sip.parse(seconds, datagram)
        if message:
            yield from self._sip(message)
        elif not self._sip_only and datagram.payload[4:8] == ZRTP_COOKIE and len(datagram.payload) >= 24:
            kind = datagram.payload[16:24].decode("ascii", "replace").strip()
            if kind in ZRTP_SHOWN:
                yield Event(seconds, self._name(datagram.source),
                            f"ZRTP {kind} to {self._name(datagram.target)}", "wire", "zrtp",
                            {"message": kind, "source": datagram.source})

    def _sip(self, message):
        """One line a message and phone: what a phone sends, and what reaches a phone."""
        sends = message.source in self._phones
        if not sends and message.target not in self._phones:
            return
        if message.method not in ("INVITE", "ACK", "BYE", "CANCEL"):
            return
        if message.is_response and (message.status == 100 or message.method != "INVITE"):
            return
        what = message.first_line.split(" SIP/2.0")[0].removeprefix("SIP/2.0 ")
        what = re.sub(r";gr=urn:uuid:\S+", "", what)
        verb, who = ("sends", message.source) if sends else ("receives", message.target)
        elements = message.elements()
        yield Event(message.time, self._name(who), "\n".join([f"{verb} {what}", *shown_elements(message)]),
                    "wire", "sip", {"message": message, "sends": sends, "elements": elements})

    def _tls(self, seconds, segment):
        if not segment.payload:
            return
        if segment.target_port == 443:
            key, direction = (segment.source, segment.source_port, segment.target), 1
        elif segment.source_port == 443:
            key, direction = (segment.target, segment.target_port, segment.source), 0
        else:
            return
        client, _, server = key
        if direction and segment.payload[:1] == b"\x16":
            yield Event(seconds, self._name(client),
                        f"opens TLS with {server_name(segment.payload) or self._name(server)}",
                        "wire", "tls-open", {"client": client, "server": server})
        flight = self._flight.get(key)
        if flight and flight[0] != direction:
            yield self._flown(key, self._flight.pop(key))
            flight = None
        if not flight:
            flight = self._flight[key] = [direction, 0, seconds, seconds]
        flight[1] += len(segment.payload)
        flight[3] = seconds

    def _landed(self, now):
        """Flights after which the connection has been silent for a while."""
        for key, flight in list(self._flight.items()):
            if now - flight[3] > FLIGHT:
                yield self._flown(key, self._flight.pop(key))

    def _flown(self, key, flight):
        client, _, server = key
        towards, octets, seconds, _ = flight
        sender, taker = (client, server) if towards else (server, client)
        return Event(seconds, self._name(sender), f"{octets} octets inside TLS to {self._name(taker)}",
                     "wire", "tls", {"client": client, "server": server, "request": bool(towards)})

    def rest(self):
        """What is still gathered when the capture has ended."""
        return [self._flown(key, flight) for key, flight in self._flight.items()]


# Where a message's own element stands; the others only repeat what came before.
OWN_PLACE = {"INVITE": "From tag", "ACK": "Via branch"}


def shown_elements(message):
    """Lines on the element that belongs to this message, if it has one."""
    elements = message.elements()
    header = elements.get("SIM-Auth")
    place = "To tag" if message.is_response else OWN_PLACE.get(message.method)
    own = elements.get(place)
    if own is None and header is None:
        return ["no element of SIMAUTH in it"] if place else []
    lines = [f"{place}: {own}"] if own else []
    if header and own and own.removeprefix("z9hG4bK.") == header:
        lines.append("SIM-Auth: the same")
    elif header:
        lines.append(f"SIM-Auth: {header}")
    return lines


def server_name(record):
    """The server name that a TLS ClientHello asks for, or ''."""
    # server_name extension: type 0, list length, entry type host_name, name length, name.
    found = re.search(rb"\x00\x00..\x00.\x00\x00(.)([a-z0-9.-]+)", record[43:], re.S)
    if not found:
        return ""
    return found.group(2)[:found.group(1)[0]].decode("ascii")


class TailReader:
    """New whole lines of a file that may not be there yet."""

    def __init__(self, path):
        self.path = path
        self._at = 0

    def lines(self):
        try:
            with open(self.path, "rb") as file:
                file.seek(self._at)
                new = file.read()
        except FileNotFoundError:
            return
        whole = new[:new.rfind(b"\n") + 1]
        self._at += len(whole)
        yield from whole.decode("utf-8", "replace").splitlines()


NOTE = re.compile(r"^(\S+Z) simauth: (?:call (\S+) (caller|callee): ([\w-]+): )?(.*)$")
WORDS = re.compile(r"(\w+)=(.*?)(?= \w+=|$)")


# Sentences for steps of the log; {names} are the log line's own words, and the first sentence counts for which all are
# there. A step that is not here is shown as it stands.
SENTENCES = {
    "policy": "its policy for this peer: {policy} (set for: {why})",
    "asked": "its gateway answered in {gateway_ms} ms, its SIM in {card_ms} ms; session now {state}",
    "sent": "puts its element {element} in",
    "received": "reads element {element}",
    "announced": "says: ANNOUNCED by {operator}: {nai}, SIM method {method}",
    "answered": "says: the callee's proof is right: {nai}, vouched for by {operator}, SIM method {method}",
    "keyed": "hands the key of both SIMs to {media}: {done}",
    "media": "asks {sink} whether both ends had that key: {verdict}",
    "known": "says: {text}",
    "authenticated": "says: AUTHENTICATED: {nai}, vouched for by {operator}, SIM method {method}",
    "not-authenticated": "says: NOT AUTHENTICATED: {text} ({reason})",
    "end": "ends the call: {reason}",
    "setup-key": ("takes the key that the last call left: {used}",
                  "has the key that this call names: {found}",
                  "keeps keys for the next call: {made}, for {lifetime} s"),
    "silent": "lets nobody be heard until the call is {until}",
    "heard": "lets both be heard: the call is {word}",
    "over": "the call is over; it was {word}",
}


def sentence(step, fields, rest):
    known = SENTENCES.get(step, ())
    for template in (known,) if isinstance(known, str) else known:
        try:
            return template.format(**fields)
        except KeyError:
            continue
    return f"{step}: {rest}" if step else rest


class NoteReader:
    """The product's own log of one phone: ~/.local/state/simauth/log."""

    def __init__(self, phone, name):
        self._tail = TailReader(os.path.join(phone.node.folder, ".local/state/simauth/log"))
        self._name = name

    def poll(self):
        for line in self._tail.lines():
            found = NOTE.match(line)
            if not found:
                continue
            when, call_id, role, step, rest = found.groups()
            seconds = datetime.datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()
            fields = dict(WORDS.findall(rest))
            yield Event(seconds, self._name, sentence(step, fields, rest), "its SIMAUTH log", step or "note",
                        {**fields, "call_id": call_id, "role": role})


LINPHONE = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d):(\d{3}) (.*)$")
LINPHONE_SHOWN = (
    (re.compile(r"CallSession \[\w+\] moving from state \w+ to LinphoneCall(\w+)"), "state", "call state {0}"),
    (re.compile(r"ZRTP secrets on: SAS is (\S+) "), "sas", "ZRTP secrets on, short string {0}"),
    (re.compile(r"ZRTP algo used during negotiation: (.*)"), "zrtp-algo", "ZRTP used {0}"),
    (re.compile(r"All streams are encrypted, key exchanged using (\w+)"), "encrypted",
     "all streams are encrypted, key exchanged using {0}"),
)
LINPHONE_STATES = ("OutgoingProgress", "IncomingReceived", "OutgoingRinging", "Connected", "StreamsRunning",
                   "Error", "End")


class LinphoneReader:
    """Linphone's own log of one phone: its states and what its ZRTP says."""

    def __init__(self, phone, name):
        self._tail = TailReader(phone.log)
        self._name = name

    def poll(self):
        for line in self._tail.lines():
            stamped = LINPHONE.match(line)
            if not stamped:
                continue
            for pattern, kind, text in LINPHONE_SHOWN:
                found = pattern.search(stamped.group(3))
                if not found or (kind == "state" and found.group(1) not in LINPHONE_STATES):
                    continue
                local = time.strptime(stamped.group(1), "%Y-%m-%d %H:%M:%S")
                yield Event(time.mktime(local) + int(stamped.group(2)) / 1000, self._name,
                            text.format(*found.groups()), "Linphone's log", kind,
                            {"value": found.group(1)})


class GatewayReader:
    """A gateway's own log: each line begins with its time (RFC 3339)."""

    def __init__(self, process, name):
        self._tail = TailReader(process.log)
        self._name = name

    def poll(self):
        for line in self._tail.lines():
            when, _, rest = line.partition(" ")
            try:
                seconds = datetime.datetime.fromisoformat(when.replace("Z", "+00:00")).timestamp()
            except ValueError:
                continue
            fields = dict(WORDS.findall(rest))
            text = rest
            if {"op", "status", "who", "result", "us"} <= fields.keys():
                text = "{op} for {who}: {status} {result}, {us} us".format(**fields)
            yield Event(seconds, self._name, text, "its log", "gateway", fields)
