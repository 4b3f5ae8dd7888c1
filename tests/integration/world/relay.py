# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile operator: what its gateway asks another one passes through its own hands.

    relay = Relay(world, "a", "b")           # before the gateways know each other
    world.operators["a"].gateway.add_partner(world.operators["b"], relay.name)
    relay.change = relay.as_it_is            # or .under_own_name, ...; None: everything passes

It asks in its operator's name with a `seal_to` of its own, opens what it is given, and answers its own gateway with a vector
that `change` made of it for the phone.
"""

import json
import os
import re
import socket
import ssl
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "checker"))
import reference as ref  # noqa: E402 (the checker's own: another hand than the product's)

from .door import Door, page, requests, tls, whole_answer  # noqa: E402
from .gateway import PORT  # noqa: E402

PATH = b"POST /v1/federation/vectors "
DAY = 86400


class Relay:
    def __init__(self, world, own, other):
        self.own, self.other = world.operators[own], world.operators[other]
        self.private, self.operator_key = os.urandom(32), os.urandom(32)  # for what it asks, of what it says
        self.change = None  # everything passes
        self.opened = []  # (vector, the half of the key that was sealed for us)
        self.door = Door(self.other.gateway)  # beside the true one, for a partner is known by its host
        self.door.stand(tls(world.root.issue(f"relay-{own}", self.other.gateway_name), self._act))  # its gateway believes whom it is told to

    @property
    def name(self):
        return self.door.name

    def _act(self, secure):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(*self.own.server_certificate)
        with context.wrap_socket(socket.create_connection((self.other.gateway.node.address, PORT), 5)) as inner:
            for request in requests(secure):
                secure.sendall(self._between(inner, request))

    def _between(self, inner, request):
        head, _, body = request.partition(b"\r\n\r\n")
        asked = json.loads(body) if self.change and request.startswith(PATH) else {}
        if asked.get("subject") != "callee":
            inner.sendall(request)
            return whole_answer(inner)
        body = json.dumps({**asked, "seal_to": ref.b64u(ref.x25519_public(self.private))}).encode()
        head = re.sub(rb"(?i)\r\ncontent-length: *\d+", b"\r\nContent-Length: %d" % len(body), head)
        inner.sendall(head + b"\r\n\r\n" + body)
        answer = whole_answer(inner)
        head, _, body = answer.partition(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n")[0]:
            return answer
        vector = json.loads(body)["vector"]
        self.opened.append((vector, self._open(vector)))
        return page(json.dumps({"vector": self.change(*self.opened[-1], asked["seal_to"])}).encode())

    def _open(self, vector):
        there = ref.b64u_decode(json.loads(unb64u(vector["op_key"].split(".")[1]))["key"], 32)
        key = ref.seal_key(ref.x25519(self.private, there), there, ref.x25519_public(self.private), unb64u(vector["rand"]))
        sealed = unb64u(vector["sealed"])
        members = {name: value for name, value in vector.items() if name != "sealed"}
        return ref.AESGCM(key).decrypt(sealed[:12], sealed[12:], ref.canonical_json(members))

    def _sealed(self, vector, half, seal_to):
        octets = ref.seal(vector, unb64u(vector["rand"]), self.operator_key, unb64u(seal_to), os.urandom(12), half)
        return {**vector, "sealed": ref.b64u(octets)}

    # -- what the phone is given

    def as_it_is(self, vector, _half, _seal_to):
        """As it came: sealed for us."""
        return vector

    def under_its_statement(self, vector, half, seal_to):
        """Sealed for the phone by our key, beside the statement about the other operator's."""
        return self._sealed(vector, half, seal_to)

    def under_own_name(self, vector, half, seal_to):
        """Sealed for the phone under our own operator's statement."""
        return self._sealed({**vector, "op_key": self._statement(self.own.realm)}, half, seal_to)

    def under_its_name(self, vector, half, seal_to):
        """Sealed for the phone under a statement in the other operator's name, signed with our own certificate."""
        return self._sealed({**vector, "op_key": self._statement(self.other.realm)}, half, seal_to)

    def _statement(self, realm):
        # here, for nodes run this world's modules with the machine's own modules alone
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, utils

        certificate, key = self.own.operator_certificate
        with open(certificate, "rb") as own, open(key, "rb") as secret:
            leaf = x509.load_pem_x509_certificate(own.read()).public_bytes(serialization.Encoding.DER)
            signer = serialization.load_pem_private_key(secret.read(), None)
        now = int(time.time())
        header = {"alg": "ES256", "typ": "simauth-operator-key", "x5c": [ref.base64.b64encode(leaf).decode()]}
        payload = {"iss": realm, "name": "Operator B", "key": ref.b64u(ref.x25519_public(self.operator_key)), "nbf": now - DAY // 2, "exp": now + DAY // 2}
        text = ".".join(ref.b64u(json.dumps(part).encode()) for part in (header, payload))
        r, s = utils.decode_dss_signature(signer.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{ref.b64u(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def unb64u(text):
    return ref.base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
