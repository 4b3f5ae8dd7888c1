# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/protocol.md a second time, in another language and from the document alone.

Nothing here is shared with lib/: where the two disagree, one of them (or the document) is wrong.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
import string

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# Octets of the challenge, number of answers.
METHODS = {"aka": {"rand": 16, "res": 1}, "akap": {"rand": 16, "res": 1}, "gsm": {"rand": 48, "res": 3}}
# Two who hold a key: octets of the KEYID or TICKET before NONCE_A in element 1.
HELD = {"stp": 8, "agt": 16}


class Malformed(Exception):
    """Something that is not what the document says it must be."""


def b64u(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def b64u_decode(text, length):
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Malformed(f"not b64u: {text!r}")
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise Malformed(str(error)) from None
    if len(octets) != length or b64u(octets) != text:
        raise Malformed(f"not {length} octets: {text!r}")
    return octets


def u16(value):
    return value.to_bytes(2, "big")


def field(value):
    octets = value.encode() if isinstance(value, str) else value
    return u16(len(octets)) + octets


def hmac256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


# --- Milenage, TS 35.206 ---

def _aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _rotate(block, bits):
    value = int.from_bytes(block, "big")
    return ((value << bits | value >> (128 - bits)) & (2**128 - 1)).to_bytes(16, "big")


STANDARD_C = [n.to_bytes(16, "big") for n in (0, 1, 2, 4, 8)]
STANDARD_R = [64, 0, 32, 64, 96]


def milenage_opc(k, op):
    return _xor(_aes(k, op), op)


def milenage(k, opc, rand, sqn=bytes(6), amf=bytes(2), c=None, r=None):
    """All of f1 to f5* by name."""
    c, r = c or STANDARD_C, r or STANDARD_R
    temp = _aes(k, _xor(rand, opc))
    in1 = (sqn + amf) * 2
    out1 = _xor(_aes(k, _xor(_xor(temp, _rotate(_xor(in1, opc), r[0])), c[0])), opc)
    out = [_xor(_aes(k, _xor(_rotate(_xor(temp, opc), r[i]), c[i])), opc) for i in range(1, 5)]
    return {"mac_a": out1[:8], "mac_s": out1[8:], "res": out[0][8:], "ak": out[0][:6],
            "ck": out[1], "ik": out[2], "ak_star": out[3][:6]}


def milenage_gsm(k, opc, rands, c=None, r=None):
    """Three triplets of a USIM (TS 33.102, 6.8.1.2: c2 and c3): SRES and Kc of each."""
    made = []
    for rand in parts(rands, len(rands) // 16):
        v = milenage(k, opc, rand, c=c, r=r)
        halves = [v["ck"][:8], v["ck"][8:], v["ik"][:8], v["ik"][8:]]
        made.append((_xor(v["res"][:4], v["res"][4:]), bytes(a ^ b ^ c ^ d for a, b, c, d in zip(*halves, strict=True))))
    return b"".join(kc for _, kc in made), b"".join(sres for sres, _ in made)


def gba_2g(rand, kc, sres, ks_input):
    """2G GBA (TS 33.220 annex I.5.2): RES, the password of Ub, and Ks."""
    key = kc + kc + rand
    return kdf(key, 0x01, "3gpp-gba-res", sres)[:16], kdf(key, 0x01, ks_input, "3gpp-gba-ks", sres)


def gba_digest(username, realm, password, tls_mk, nonce, uri, body, nc, cnonce):
    """GBA_Digest (TS 33.220 annexes M and B.5): H(A1), passwd, the Authorization's response (RFC 7616, GET, auth-int), Ks."""
    def h(*texts):
        return hashlib.sha256(b":".join(t.encode() if isinstance(t, str) else t for t in texts))
    ha1 = h(username, realm, password).digest()
    passwd = kdf(ha1, 0x01, "GBA_Digest_RESP", tls_mk)
    a2 = h("GET", uri, hashlib.sha256(body).hexdigest())
    resp = h(h(username, realm, passwd).hexdigest(), nonce, nc, cnonce, "auth-int", a2.hexdigest())
    return ha1, passwd, resp.hexdigest(), kdf(ha1, 0x01, "GBA_Digest_Ks", tls_mk, resp.digest())


def ck_ik_prime(ck_ik, network, autn):
    """CK' || IK' of EAP-AKA' (RFC 9048): TS 33.402 annex A.2."""
    if not autn[6] & 0x80:
        raise Malformed("no separation bit")
    return kdf(ck_ik, 0x20, network, autn[:6])


# --- Names, section 3 ---

UNRESERVED = string.ascii_letters + string.digits + "-_.!~*'()"
USER = UNRESERVED + "&=+$,;?/"


def _canonical_user(user):
    out = ""
    while user:
        if user[0] in USER:
            out, user = out + user[0], user[1:]
            continue
        match = re.match(r"%([0-9A-Fa-f]{2})", user)
        if match is None:
            raise Malformed("user part")
        character = chr(int(match[1], 16))
        if ord(character) < 0x20 or ord(character) == 0x7F:
            raise Malformed("control character in a user part")
        out += character if character in UNRESERVED else match[0].upper()
        user = user[3:]
    if not out:
        raise Malformed("empty user part")
    return out


def _canonical_ipv6(text):
    if "%" in text:
        raise Malformed("zone")
    try:
        groups = ipaddress.IPv6Address(text).exploded.split(":")
    except ValueError as error:
        raise Malformed(str(error)) from None
    plain = [group.lstrip("0") or "0" for group in groups]
    best, best_length = 0, 1
    for start in range(8):
        length = 0
        while start + length < 8 and plain[start + length] == "0":
            length += 1
        if length > best_length:
            best, best_length = start, length
    if best_length == 1:
        return ":".join(plain)
    return ":".join(plain[:best]) + "::" + ":".join(plain[best + best_length:])


def _canonical_host(host):
    if host.startswith("["):
        if not host.endswith("]"):
            raise Malformed("IPv6 reference")
        return "[" + _canonical_ipv6(host[1:-1]) + "]"
    host = host.lower().removesuffix(".")
    if len(host) > 253:
        raise Malformed("host too long")
    labels = host.split(".")
    for label in labels:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label):
            raise Malformed("host label")
    if not labels[-1][0].isalpha():
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            raise Malformed(str(error)) from None
    return host


def _e164(number):
    if not re.fullmatch(r"\+[0-9.()-]+", number):
        return None
    digits = re.sub(r"[^0-9]", "", number)
    return "+" + digits if 1 <= len(digits) <= 15 else None


def canonical_aor(uri):
    if not re.fullmatch(r"[!-~]*", uri) or re.search(r'[<>"\\]', uri) or len(uri) > 2048:
        raise Malformed("character")
    scheme, colon, rest = uri.partition(":")
    if not colon:
        raise Malformed("no scheme")
    if scheme.lower() == "tel":
        return _canonical_tel(rest)
    if scheme.lower() not in ("sip", "sips"):
        raise Malformed("scheme")
    user, at, hostpart = rest.rpartition("@")
    if "@" in user:
        raise Malformed("two @")
    match = re.fullmatch(r"(\[[^\]]*\]|[^:;?\[]*)(?::([0-9]{1,5}))?((?:;[^?]*)?)((?:\?.*)?)", hostpart)
    if match is None or (match[2] is not None and not 0 < int(match[2]) < 65536):
        raise Malformed("host part")
    host, parameters = _canonical_host(match[1]), match[3].lower().split(";")
    if not at:
        canonical = "sip:" + host
    else:
        name = user.partition(":")[0]
        number = _e164(name) if "user=phone" in parameters else None
        canonical = "sip:" + (number or _canonical_user(name)) + "@" + host
    if len(canonical) > 255:
        raise Malformed("too long")
    return canonical


def _canonical_tel(rest):
    number, *parameters = rest.split(";")
    e164 = _e164(number)
    names = [parameter.partition("=")[0].lower() for parameter in parameters]
    if e164 is None or "?" in rest or "" in parameters or {"ext", "isub", "phone-context"} & set(names):
        raise Malformed("no global number")
    return "tel:" + e164


# --- binding(), section 4 ---

def binding(sdp):
    """`sdp` is bytes; b"" for no body."""
    if len(sdp) > 65536:
        raise Malformed("body too long")
    bound, m_lines, left_out = [], 0, False
    for line in sdp.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line.startswith(b"m="):
            m_lines += 1
            words = re.split(rb"[ \t]+", line[2:].strip(b" \t"))
            left_out = len(words) > 1 and re.fullmatch(rb"0+(/.*)?", words[1], re.DOTALL) is not None
            continue
        if not line.startswith(b"a=") or left_out:
            continue
        name, colon, value = line[2:].partition(b":")
        name = name.strip(b" \t").split(b" ")[0].split(b"\t")[0].lower()
        if name not in (b"zrtp-hash", b"fingerprint"):
            continue
        if not re.fullmatch(rb"[\t -~]*", value):
            raise Malformed("character in a bound line")
        words = [word for word in re.split(rb"[ \t]+", value) if word]
        if len(words) != 2:
            raise Malformed("a bound line has two words")
        section = b"s" if m_lines == 0 else str(m_lines - 1).encode()
        second = words[1].lower() if name == b"zrtp-hash" else words[1].upper()
        bound.append(b" ".join([section, name, words[0].lower(), second]))
    if len(bound) > 64:
        raise Malformed("too many bound lines")
    return u16(len(bound)) + b"".join(field(line) for line in sorted(bound))


# --- Elements, section 2 ---

def element_1(method, rand, mac):
    split = HELD.get(method, 0)
    chal = b64u(rand[:split]) + "." + b64u(rand[split:]) if split else b64u(rand)
    return f"sim01.{method}.{chal}.{b64u(mac)}"


def element_2(method, rand, mac, replaced=None):
    text = f"sim02.{b64u(mac)}.{method}.{b64u(rand)}"
    return text if replaced is None else text + "." + b64u(replaced)


def element_3(mac):
    return "z9hG4bK.sim03." + b64u(mac)


def element_4(mac):
    return "sim04." + b64u(mac)


def _challenge(method, text):
    rand = b64u_decode(text, METHODS[method]["rand"])
    if len(set(parts(rand, len(rand) // 16))) != len(rand) // 16:
        raise Malformed("a RAND twice")
    return rand


def _parse_held_1(text, words):
    if len(text) > 128 or len(words) != 5 or words[0] != "sim01":
        raise Malformed("element 1")
    rand = b64u_decode(words[2], HELD[words[1]]) + b64u_decode(words[3], 16)
    return {"method": words[1], "rand": rand, "mac": b64u_decode(words[4], 16), "without_mac": ".".join(words[:4]),
            "text": text}


def _parse_held_2(text, words):
    if len(text) > 128 or len(words) != 4 or words[0] != "sim02":
        raise Malformed("element 2")
    return {"method": words[2], "mac": b64u_decode(words[1], 16), "rand": b64u_decode(words[3], 16), "replaced": None,
            "without_mac": ".".join([words[0], *words[2:]]), "text": text}


def parse_element_1(text):
    words = text.split(".")
    if len(words) > 1 and words[1] in HELD:
        return _parse_held_1(text, words)
    if len(text) > 128 or len(words) != 4 or words[0] != "sim01" or words[1] not in METHODS:
        raise Malformed("element 1")
    return {"method": words[1], "rand": _challenge(words[1], words[2]),
            "mac": b64u_decode(words[3], 16), "without_mac": ".".join(words[:3]), "text": text}


def parse_element_2(text):
    words = text.split(".")
    if len(words) > 2 and words[2] in HELD:
        return _parse_held_2(text, words)
    if len(text) > 128 or len(words) not in (4, 5) or words[0] != "sim02" or words[2] not in METHODS:
        raise Malformed("element 2")
    return {"method": words[2], "mac": b64u_decode(words[1], 16),
            "rand": _challenge(words[2], words[3]),
            "replaced": b64u_decode(words[4], 16) if len(words) == 5 else None,
            "without_mac": ".".join([words[0], *words[2:]]), "text": text}


def parse_element_3(branch):
    if not branch.startswith("z9hG4bK.sim03."):
        raise Malformed("element 3")
    return {"mac": b64u_decode(branch.removeprefix("z9hG4bK.sim03."), 16), "text": branch[8:]}


# --- Keys, section 4 ---

def kdf(key, fc, *parameters):
    """TS 33.220 annex B.2."""
    octets = [p.encode() if isinstance(p, str) else p for p in parameters]
    return hmac256(key, bytes([fc]) + b"".join(p + u16(len(p)) for p in octets))


def hkdf(salt, ikm, info, length):
    """RFC 5869 with SHA-256."""
    prk, okm, last, i = hmac256(salt, ikm), b"", b"", 1
    while len(okm) < length:
        last = hmac256(prk, last + info + bytes([i]))
        okm, i = okm + last, i + 1
    return okm[:length]


def label_key(key, label, length=32):
    return hkdf(bytes(32), key, b"simauth 1 " + label.encode(), length)


def names_of(names):
    return [names[member] for member in ("aor_a", "aor_b", "nai_a", "nai_b")]


def parts(octets, count):
    size = len(octets) // count
    return [octets[i * size:(i + 1) * size] for i in range(count)]


def ssk_one_way(subject, names, method, rand, k, res):
    count = METHODS[method]["res"]
    return kdf(k, 0xF0, "simauth 1", subject, method, *names_of(names), *parts(rand, count),
               *parts(res, count))


def ssk_other_sim(ssk_ba, mix, rand_b2):
    """SSK_B=>A of the SIM that answers RAND_B', which is not the one that RAND_B was for; mix: AG(A)'s, for it alone."""
    return label_key(ssk_ba + mix, "other sim " + b64u(rand_b2))


def ssk_held(subject, names, method, ticket, nonce, key):
    """`ticket` is b"" in stp."""
    more = [ticket] if method == "agt" else []
    return kdf(key, 0xF0, "simauth 1", subject, method, *names_of(names), *more, nonce)


def keyid(key, nonce_a):
    return hmac256(label_key(key, "keyid"), nonce_a)[:8]


def wish(ssk, who, seconds):
    t5 = field("simauth 1 T5") + field(who) + field(seconds.to_bytes(4, "big"))
    return f"sim05.{seconds}.{b64u(mac(ssk, 'setup wish', t5))}"


def ssk_both(ssk_callee, ssk_caller, t3):
    return hkdf(hashlib.sha256(t3).digest(), ssk_callee + ssk_caller, b"simauth 1 ssk", 32)


def mac(key, label, transcript):
    return hmac256(label_key(key, label), transcript)[:16]


def ks_naf(ck_ik, rand, impi, fqdn):
    naf_id = fqdn.encode() + bytes.fromhex("ff73696d01")
    return kdf(ck_ik, 0x01, "gba-me", rand, impi, naf_id)


# --- Transcripts, section 4: lists of fields, so that "the fields of T1" is a slice ---

def t1_fields(names, method, element_1_without_mac, invite_binding):
    return ["simauth 1 T1", method, *names_of(names), element_1_without_mac, invite_binding]


def t2_fields(names, method, whole_element_1, invite_binding, element_2_without_mac):
    return ["simauth 1 T2", method, *names_of(names), whole_element_1, invite_binding,
            element_2_without_mac]


def t3_fields(t2, mac_b, answer_binding):
    return ["simauth 1 T3", *t2[1:], mac_b, answer_binding]


def t4_fields(t3, ack_binding):
    return ["simauth 1 T4", *t3[1:], ack_binding]


def transcript(fields):
    return b"".join(field(value) for value in fields)


# --- Sealing, sections 4 and 6 ---

def x25519_public(private):
    key = X25519PrivateKey.from_private_bytes(private).public_key()
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def x25519(private, public):
    return X25519PrivateKey.from_private_bytes(private).exchange(
        X25519PublicKey.from_public_bytes(public))


def canonical_json(members):
    """RFC 8785 for ASCII names, integers and strings without control characters."""
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pinhole_token(secret, sender, receiver, close, ssrc, counter):
    """Section 8: an empty receiver report and an APP packet (RFC 3550, 6.4.2 and 6.7)."""
    number, count = ssrc.to_bytes(4, "big"), counter.to_bytes(8, "big")
    fields = [b"simauth 1 pinhole token", sender.encode(), receiver.encode(), b"close" if close else b"open", number, count]
    proof = hmac256(label_key(secret, "pinhole"), b"".join(field(value) for value in fields))[:16]
    return bytes([0x80, 201, 0, 1]) + number + bytes([0x80 | close, 204, 0, 8]) + number + b"SIMA" + count + proof


def seal_key(z, operator_public, seal_to, rand):
    return hkdf(operator_public + seal_to, z, b"simauth 1 seal" + rand, 32)


def seal(vector, rand, operator_private, seal_to, nonce, ssk):
    members = {name: value for name, value in vector.items() if name != "sealed"}
    key = seal_key(x25519(operator_private, seal_to), x25519_public(operator_private), seal_to, rand)
    return nonce + AESGCM(key).encrypt(nonce, ssk, canonical_json(members))


def channel_seal(ks, direction, aad, nonce, secret):
    return nonce + AESGCM(label_key(ks, direction)).encrypt(nonce, secret, aad)


# --- HTTP Digest, RFC 7616 section 3.4, and RFC 3310 (the password is RES) ---

def digest(name, username, realm, password, nonce, nc, cnonce, qop, method, uri, body):
    """The response; with method "" the rspauth of section 3.5."""
    def h(octets):
        return hashlib.new(name, octets).hexdigest()
    a1 = f"{username}:{realm}:".encode() + password
    a2 = f"{method}:{uri}" + (":" + h(body) if qop == "auth-int" else "")
    return h(f"{h(a1)}:{nonce}:{nc:08x}:{cnonce}:{qop}:{h(a2.encode())}".encode())
