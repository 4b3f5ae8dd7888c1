#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A UDM for tests: Nudm_UEAuthentication's operation for GBA, over HTTP/2. It shares no code with the product.

    udm_peer.py --subscribers FILE [--address 127.0.0.1] [--port 0] [--prefix /PATH] [--token TOKEN]
                [--cert PEM --key PEM [--client-ca PEM]]
                [--delay SECONDS] [--goaway-after N] [--garbage [body|fields|empty|frames]] [--half] [--status CODE]

FILE is a JSON list of {"supi": "imsi-...", "k", "opc", "amf", "sqn"}, the last four hexadecimal; sqn is the last one
used. With "rejected": true there is only a SIM's data, and the answer is 403. Nothing is written back to FILE.

Without --cert it is h2c with prior knowledge, with it TLS with ALPN h2; --client-ca makes a client's certificate
mandatory. --prefix is the path of {apiRoot}. --token is the one Bearer token that is taken.

Standard output has "ready PORT", then for each request one JSON object with supi, status and resync (whether it had
resynchronizationInfo), for an error also cause. It never has a key, a RAND or a token.

A peer that misbehaves:
    --delay SECONDS   each answer that much later; the streams of a connection do not wait for one another
    --goaway-after N  answers a connection's first N requests, then sends GOAWAY and closes; 0 sends it at once
    --garbage body    200 whose body is no JSON (the default kind)
              fields  200 whose 3gAkaAv has members of a wrong length, a wrong type or none
              empty   200 with {}, which the schema allows: no member of it is mandatory
              frames  octets that are no HTTP/2 frames
    --half            headers and half of the body, then silence
    --status CODE     that status for each request, with a ProblemDetails

Specifications: TS 29.503 5.4.2.5 (GetGbaAv), 6.3 and its OpenAPI file TS29503_Nudm_UEAU.yaml
(/{supi}/gba-security-information/generate-av), 6.3.7.3 for the causes; TS29562_Nhss_imsUEAU.yaml for 3GAkaAv, which
has no avType; TS 29.500 5.2.7.2 (causes of 400, 404), 6.7.3 (401); TS 29.571 5.2.4.1 (ProblemDetails); TS 33.102
6.3.2, 6.3.5 and annex C (SQN, AUTS); TS 35.206 (Milenage); RFC 9113.
"""
import argparse
import asyncio
import hmac
import json
import re
import secrets
import ssl
import sys
from urllib.parse import unquote

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BODY_LIMIT = 16384
LINGER = 0.2  # seconds from a GOAWAY to the end of the connection; what comes in them is not answered
IND_BITS = 5
DELTA = 1 << 28  # TS 33.102 C.2.1, the limit of a jump
HEX = re.compile(r"[A-Fa-f0-9]*")
CAUSES = {429: "NF_CONGESTION_RISK", 500: "SYSTEM_FAILURE", 503: "NF_CONGESTION"}  # for --status
GARBAGE = {
    "body": b"\x00\xff{\"3gAkaAv\": ",
    "fields": json.dumps({"3gAkaAv": {"rand": "00", "xres": 17, "autn": "zz" * 16, "ck": None}}).encode(),
    "empty": b"{}",
    "frames": bytes(range(255, 0, -1)) * 4,
}


# Milenage, TS 35.206 4.1

def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def turned(block, octets):
    """`block` rotated left; each of the standard's r1 to r5 is a number of whole octets."""
    return block[octets:] + block[:octets]


class Milenage:
    """f1 to f5* with one RAND: OUTn = E[rot(in, rn) ^ cn] ^ OPc."""

    def __init__(self, k, opc, rand):
        self._k, self._opc = k, opc
        self._temp = self._encrypt(xor(rand, opc))

    def _encrypt(self, block):
        cipher = Cipher(algorithms.AES(self._k), modes.ECB()).encryptor()
        return cipher.update(block) + cipher.finalize()

    def _out(self, octets, constant):
        block = bytearray(turned(xor(self._temp, self._opc), octets))
        block[15] ^= constant
        return xor(self._encrypt(bytes(block)), self._opc)

    def _out1(self, sqn, amf):
        return xor(self._encrypt(xor(self._temp, turned(xor((sqn + amf) * 2, self._opc), 8))), self._opc)

    def f1(self, sqn, amf):
        return self._out1(sqn, amf)[:8]

    def f1_star(self, sqn, amf):
        return self._out1(sqn, amf)[8:]

    def f2(self):
        return self._out(0, 1)[8:]

    def f3(self):
        return self._out(4, 2)

    def f4(self):
        return self._out(8, 4)

    def f5(self):
        return self._out(0, 1)[:6]

    def f5_star(self):
        return self._out(12, 8)[:6]


# The home's authentication centre, TS 33.102

class Rejected(Exception):
    """A subscriber or an AUTS that cannot be authenticated."""


class Subscriber:
    def __init__(self, entry):
        self.rejected = bool(entry.get("rejected"))
        if not self.rejected:
            self.k, self.opc, self.amf = (octets(entry, name, size) for name, size in
                                          (("k", 16), ("opc", 16), ("amf", 2)))
            self.sqn = int.from_bytes(octets(entry, "sqn", 6), "big")

    def _next(self):
        """The next SQN, which is SEQ || IND (annex C.1.1.1): SEQ one more, IND in turn."""
        ind = (self.sqn + 1) % (1 << IND_BITS)
        return ((self.sqn >> IND_BITS) + 1 << IND_BITS | ind) % (1 << 48)

    def vector(self):
        if self.rejected:
            raise Rejected("no USIM's data")
        self.sqn = self._next()
        sqn, rand = self.sqn.to_bytes(6, "big"), secrets.token_bytes(16)
        out = Milenage(self.k, self.opc, rand)
        autn = xor(sqn, out.f5()) + self.amf + out.f1(sqn, self.amf)
        return {"rand": rand.hex(), "xres": out.f2().hex(), "autn": autn.hex(),
                "ck": out.f3().hex(), "ik": out.f4().hex()}

    def resynchronise(self, rand, auts):
        """TS 33.102 6.3.5: AUTS is SQN_MS ^ AK* || MAC-S, MAC-S made with an AMF of zeros (6.3.3)."""
        if self.rejected:
            raise Rejected("no USIM's data")
        out = Milenage(self.k, self.opc, rand)
        sqn = xor(auts[:6], out.f5_star())
        if not hmac.compare_digest(out.f1_star(sqn, bytes(2)), auts[6:]):
            raise Rejected("MAC-S")
        sqn_ms = int.from_bytes(sqn, "big")
        if not 0 < (self._next() >> IND_BITS) - (sqn_ms >> IND_BITS) <= DELTA:
            self.sqn = sqn_ms


def octets(entry, name, size):
    value = bytes.fromhex(entry[name])
    if len(value) != size:
        raise ValueError(f"{entry['supi']}: {name} has to have {size} octets")
    return value


def read_subscribers(path):
    with open(path, encoding="utf-8") as file:
        return {entry["supi"]: Subscriber(entry) for entry in json.load(file)}


# The operation, TS 29.503 6.3

class Problem(Exception):
    def __init__(self, status, cause=None, detail=None, parameter=None, headers=()):
        super().__init__(cause)
        self.status, self.cause, self.headers = status, cause, list(headers)
        self.body = {"status": status}
        for name, value in (("cause", cause), ("detail", detail)):
            if value:
                self.body[name] = value
        if parameter:
            self.body["invalidParams"] = [{"param": parameter, "reason": detail or cause}]


def hexadecimal(value, digits=None):
    return isinstance(value, str) and bool(HEX.fullmatch(value)) and digits in (None, len(value))


def parse_body(body):
    try:
        request = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "INVALID_MSG_FORMAT", "the body is no JSON") from None
    if not isinstance(request, dict):
        raise Problem(400, "INVALID_MSG_FORMAT", "the body is no JSON object")
    return request


def check_body(request):
    """A GbaAuthenticationInfoRequest."""
    kind = request.get("authType")
    if "authType" not in request:
        raise Problem(400, "MANDATORY_IE_MISSING", "mandatory", "authType")
    if not isinstance(kind, str):
        raise Problem(400, "MANDATORY_IE_INCORRECT", "not a string", "authType")
    if not hexadecimal(request.get("supportedFeatures", "")):
        raise Problem(400, "OPTIONAL_IE_INCORRECT", "not hexadecimal", "supportedFeatures")
    if "resynchronizationInfo" in request:
        check_resynchronisation(request["resynchronizationInfo"])
    if kind != "DIGEST_AKAV1_MD5":
        raise Problem(501, "UNSUPPORTED_PROTECTION_SCHEME", "only DIGEST_AKAV1_MD5")


def check_resynchronisation(info):
    if not isinstance(info, dict):
        raise Problem(400, "OPTIONAL_IE_INCORRECT", "not an object", "resynchronizationInfo")
    for name, digits in (("rand", 32), ("auts", 28)):
        if not hexadecimal(info.get(name), digits):
            raise Problem(400, "OPTIONAL_IE_INCORRECT", f"not {digits} hexadecimal digits",
                          f"resynchronizationInfo/{name}")


class Udm:
    """What is asked for in a request's headers and body, and the answer."""

    def __init__(self, subscribers, prefix="", token=None):
        self.subscribers, self.prefix, self.token = subscribers, prefix.rstrip("/"), token

    def supi(self, path):
        """The SUPI that a path names, or None."""
        match = re.fullmatch(re.escape(self.prefix) + r"/nudm-ueau/v1/([^/?]+)/gba-security-information/generate-av",
                             path)
        return unquote(match[1]) if match else None

    def check_headers(self, headers):
        if self.token is not None:
            self._check_token(headers.get("authorization"))
        path = headers.get(":path", "")
        if not path.startswith(self.prefix + "/nudm-ueau/v1/"):
            raise Problem(400, "INVALID_API", "not nudm-ueau/v1")
        if self.supi(path) is None:
            raise Problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")
        if headers.get(":method") != "POST":
            raise Problem(405, headers=[("allow", "POST")])
        if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
            raise Problem(415)

    def _check_token(self, value):
        if value is None:
            raise Problem(401, headers=[("www-authenticate", "Bearer")])
        scheme, _, token = value.partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self.token.encode()):
            raise Problem(401, headers=[("www-authenticate", 'Bearer error="invalid_token"')])

    def generate(self, supi, request):
        """A GbaAuthenticationInfoResult."""
        check_body(request)
        subscriber = self.subscribers.get(supi)
        if subscriber is None:
            raise Problem(404, "USER_NOT_FOUND")
        try:
            info = request.get("resynchronizationInfo")
            if info:
                subscriber.resynchronise(bytes.fromhex(info["rand"]), bytes.fromhex(info["auts"]))
            result = {"3gAkaAv": subscriber.vector()}
        except Rejected as why:
            raise Problem(403, "AUTHENTICATION_REJECTED", str(why)) from None
        if "supportedFeatures" in request:
            result["supportedFeatures"] = "0"
        return result


# HTTP/2

class Stream:
    def __init__(self, headers):
        self.headers, self.body = headers, bytearray()


class Connection(asyncio.Protocol):
    def __init__(self, udm, options):
        self.udm, self.options = udm, options
        self.transport = self.http = None
        self.streams = {}  # requests that have not ended
        self.outgoing = {}  # bodies that flow control has held: stream: [octets, whether they end it]
        self.taken = self.answered = self.last = 0

    def connection_made(self, transport):
        self.transport = transport
        tls = transport.get_extra_info("ssl_object")
        if tls and tls.selected_alpn_protocol() != "h2":
            transport.abort()
            return
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        self.http.initiate_connection()
        self.flush()

    def connection_lost(self, exc):
        self.http = None

    def data_received(self, data):
        if self.http is None:
            return
        try:
            for event in self.http.receive_data(data):
                self.handle(event)
        except (h2.exceptions.ProtocolError, UnicodeDecodeError):
            self.flush()
            self.transport.close()
            return
        self.flush()

    def handle(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.streams[event.stream_id] = Stream(dict(event.headers))
        elif isinstance(event, h2.events.DataReceived):
            self.receive(event)
        elif isinstance(event, h2.events.StreamEnded):
            self.take(event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            self.streams.pop(event.stream_id, None)
            self.outgoing.pop(event.stream_id, None)
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.transport.close()

    def receive(self, event):
        if self.http.state_machine.state != h2.connection.ConnectionState.CLOSED:
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        stream = self.streams.get(event.stream_id)
        if stream and len(stream.body) <= BODY_LIMIT:
            stream.body += event.data

    def take(self, number):
        """A whole request."""
        stream = self.streams.pop(number, None)
        limit = self.options.goaway_after
        if stream is None or limit is not None and self.taken >= limit:
            return
        self.taken += 1
        self.last = number
        asyncio.get_running_loop().call_later(self.options.delay, self.answer, number, stream)

    def answer(self, number, stream):
        if self.http is None or self.transport.is_closing():
            return
        status, headers, body = self.respond(stream)
        if self.options.garbage == "frames":
            self.transport.write(body)
            return
        try:
            self.http.send_headers(number, [(":status", str(status)), ("content-length", str(len(body)))] + headers)
            half = self.options.half
            self.outgoing[number] = [body[:len(body) // 2] if half else body, not half]
        except h2.exceptions.ProtocolError:
            pass  # the client has reset it
        self.answered += 1
        self.flush()

    def respond(self, stream):
        """(status, headers, body), and the line about it."""
        supi, resync = self.udm.supi(stream.headers.get(":path", "")), False
        headers, cause = [("content-type", "application/json")], None
        try:
            self.udm.check_headers(stream.headers)
            if len(stream.body) > BODY_LIMIT:
                raise Problem(413)
            request = parse_body(bytes(stream.body))
            resync = "resynchronizationInfo" in request
            if self.options.status:
                raise Problem(self.options.status, CAUSES.get(self.options.status))
            body = GARBAGE.get(self.options.garbage)
            if body is None:
                body = json.dumps(self.udm.generate(supi, request)).encode()
            status = 200
        except Problem as problem:
            headers = [("content-type", "application/problem+json")] + problem.headers
            status, cause, body = problem.status, problem.cause, json.dumps(problem.body).encode()
        say(supi, status, resync, cause)
        return status, headers, body

    def flush(self):
        """Everything that flow control lets out."""
        if self.http is None:
            return
        for number in list(self.outgoing):
            try:
                self.push(number)
            except h2.exceptions.ProtocolError:
                self.outgoing.pop(number, None)
        self.transport.write(self.http.data_to_send())
        self.retire()

    def push(self, number):
        rest, ends = self.outgoing[number]
        while rest:
            size = min(len(rest), self.http.local_flow_control_window(number), self.http.max_outbound_frame_size)
            if size <= 0:
                self.outgoing[number][0] = rest
                return
            self.http.send_data(number, rest[:size])
            rest = rest[size:]
        del self.outgoing[number]
        if ends:
            self.http.end_stream(number)

    def retire(self):
        """GOAWAY, once the requests before it have been answered."""
        limit = self.options.goaway_after
        if limit is not None and self.answered >= limit and not self.outgoing:
            self.http.close_connection(last_stream_id=self.last)
            self.transport.write(self.http.data_to_send())
            self.http = None
            asyncio.get_running_loop().call_later(LINGER, self.transport.close)  # at once would be a reset


def say(supi, status, resync, cause):
    line = {"supi": supi, "status": status, "resync": resync}
    if cause:
        line["cause"] = cause
    print(json.dumps(line), flush=True)


# The command line

def arguments(argv):
    parser = argparse.ArgumentParser(description="A UDM for tests; the module's docstring says more.")
    parser.add_argument("--subscribers", required=True, metavar="FILE")
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--prefix", default="", metavar="PATH")
    parser.add_argument("--token")
    for name in ("--cert", "--key", "--client-ca"):
        parser.add_argument(name, metavar="PEM")
    parser.add_argument("--delay", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--goaway-after", type=int, metavar="N")
    parser.add_argument("--garbage", nargs="?", const="body", choices=list(GARBAGE))
    parser.add_argument("--half", action="store_true")
    parser.add_argument("--status", type=int, metavar="CODE")
    options = parser.parse_args(argv)
    if bool(options.cert) != bool(options.key) or options.client_ca and not options.cert:
        parser.error("--cert and --key go together, and --client-ca needs them")
    return options


def tls_context(options):
    if not options.cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(options.cert, options.key)
    context.set_alpn_protocols(["h2"])
    if options.client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options.client_ca)
    return context


async def serve(options):
    udm = Udm(read_subscribers(options.subscribers), options.prefix, options.token)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(udm, options), options.address, options.port,
                                      ssl=tls_context(options))
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main():
    try:
        asyncio.run(serve(arguments(sys.argv[1:])))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
