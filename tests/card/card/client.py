# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A raw client of pcsc-lite by ctypes: for tests that must not go through the product."""

import ctypes
import os

SHARED, EXCLUSIVE, T0, LEAVE = 2, 1, 1, 0
_UNSIGNED = ctypes.c_ulong
_HANDLE = ctypes.c_long


class Error(Exception):
    """A call of pcsc-lite failed; `code` as in PCSC/pcsclite.h."""

    def __init__(self, call, code):
        super().__init__(f"{call}: {code & 0xffffffff:08x}")
        self.code = code & 0xffffffff


class _Io(ctypes.Structure):
    _fields_ = [("protocol", _UNSIGNED), ("length", _UNSIGNED)]


def _library():
    lib = ctypes.CDLL("libpcsclite.so.1")
    for name in ("EstablishContext", "ListReaders", "Connect", "Transmit", "Disconnect",
                 "ReleaseContext", "Reconnect"):
        getattr(lib, "SCard" + name).restype = ctypes.c_long
    return lib


class Client:
    """A connection to the card in reader number `slot`.  `env`: what `Reader.env` has.

    libpcsclite remembers the first socket that a process used: one Reader for each process.
    """

    def __init__(self, env, slot=0, share=SHARED):
        os.environ.update(env)
        self._lib = _library()
        self._context, self._card = _HANDLE(), _HANDLE()
        self._call("EstablishContext", _UNSIGNED(2), None, None, ctypes.byref(self._context))
        used = _UNSIGNED()
        self._call("Connect", self._context, self.readers()[slot].encode(), _UNSIGNED(share),
                   _UNSIGNED(T0), ctypes.byref(self._card), ctypes.byref(used))

    def _call(self, name, *words):
        code = getattr(self._lib, "SCard" + name)(*words)
        if code != 0:
            raise Error(name, code)

    def readers(self):
        size = _UNSIGNED(4096)
        names = ctypes.create_string_buffer(size.value)
        self._call("ListReaders", self._context, None, names, ctypes.byref(size))
        return names.raw[:size.value].decode().strip("\0").split("\0")

    def send(self, command):
        """The card's answer to one command, as it is: no GET RESPONSE, no second try."""
        answer = ctypes.create_string_buffer(300)
        size, io = _UNSIGNED(len(answer)), _Io(T0, ctypes.sizeof(_Io))
        self._call("Transmit", self._card, ctypes.byref(io), bytes(command), _UNSIGNED(len(command)),
                   None, answer, ctypes.byref(size))
        return answer.raw[:size.value]

    def close(self):
        self._lib.SCardDisconnect(self._card, _UNSIGNED(LEAVE))
        self._lib.SCardReleaseContext(self._context)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
