# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kamailio with packaging/kamailio's own configuration for sips, as it is; only what belongs to a site is written here."""

import hashlib
import os
import re
import shutil

from . import net
from .accounts import PASSWORD_PREFIX
from .kamailio import multiarch
from .process import wait_for

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3, "packaging", "kamailio")
USERS = ("alice", "bob", "carol", "dave", "eve", "mallory")

SITE = """\
#!define SITE_DOMAIN "{domain}"
#!substdef "!SITE_NAME!{domain}!g"
#!substdef "!SITE_ADDRESS!{address}!g"
#!define SITE_TLS "{folder}/sips-tls.cfg"
#!define SITE_TABLES "text://{folder}/dbtext"
#!substdef "!SITE_PARTNER_INTERVAL!1!g"
children=2
tcp_children=3
mpath="/usr/lib/{multiarch}/kamailio/modules/"
"""


class Sips:
    """Registrar and proxy of one domain with sips.

    partners: {domain: host:port}; None: the other domain of the world. certificate: (certificate, key). authority: the
    root that partners' certificates chain to. own: another (certificate, key) than the world's. no_certificate: it shows
    none to partners. change: function(text of sips.cfg) -> text, for a hostile proxy.
    """

    OPTIONS = ("partners", "authority", "own", "no_certificate", "change")

    def __init__(self, node, domain, children=2, certificate=None, partners=None, authority=None, own=None,
                 no_certificate=False, change=None):
        del children
        self.node = node
        self.domain = domain
        self.process = None
        self.partners = partners
        self.certificate = certificate
        self.authority = authority or os.path.join(os.path.dirname(certificate[0]), "root.pem")
        self.own = own
        self.no_certificate = no_certificate
        self.change = change
        self._config = None

    @staticmethod
    def program():
        return None  # no further row of the table of services: its cases name it

    def _private(self, name, text):
        path = self.node.write(name, text, 0o600)
        shutil.chown(path, "kamailio", "kamailio")
        return path

    def configure(self):
        """Write its folder: the shipped files, and the site's."""
        folder = self.node.make_folder("sips")
        self.node.make_folder("sips", "dbtext")
        for name in ("sips.cfg", "sips-password.cfg", "sips-tls.cfg"):
            with open(os.path.join(SOURCE, name), encoding="utf-8") as shipped:
                text = shipped.read()
            if name == "sips-tls.cfg":
                text = self._tls(text)
            if name == "sips.cfg" and self.change:
                changed = self.change(text)
                assert changed != text, "the change of sips.cfg changed nothing"
                text = changed
            self._private(f"sips/{name}", text)
        self._private("sips/sips-site.cfg", SITE.format(domain=self.domain, address=net.in_uri(self.node.address),
                                                        folder=folder, multiarch=multiarch()))
        self._tables()
        for path in (folder, os.path.join(folder, "dbtext")):
            shutil.chown(path, "kamailio", "kamailio")
        self._config = os.path.join(folder, "sips.cfg")

    def _tls(self, text):
        for name, source in zip(("domain.pem", "domain.key", "partners-ca.pem"),
                                (*(self.own or self.certificate), self.authority)):
            with open(source, encoding="ascii") as pem:
                self._private(f"sips/{name}", pem.read())
        text = text.replace("/etc/kamailio/sips/", self.node.path("sips") + "/")
        if self.no_certificate:
            server, client = text.split("[client:default]")
            text = server + "[client:default]" + re.sub(r"(?m)^(certificate|private_key) =.*\n", "", client)
        return text

    def _tables(self):
        partners = self.partners
        if partners is None:
            other = "operator-b.example" if "operator-a" in self.domain else "operator-a.example"
            partners = {other: f"sip.{other}:5061"}
        rows = {"partners": [f"{number}:{domain}:0:0:{where}:0".replace(where, where.replace(":", "\\:"))
                             for number, (domain, where) in enumerate(partners.items(), 1)],
                "subscriber": [f"{number}:{user}:{self.domain}:" + hashlib.md5(
                    f"{user}:{self.domain}:{PASSWORD_PREFIX}{user}".encode()).hexdigest()
                               for number, user in enumerate(USERS, 1)], "version": None}
        for name, lines in rows.items():
            with open(os.path.join(SOURCE, "dbtext", name), encoding="utf-8") as table:
                text = table.read()
            if lines is not None:
                text = "\n".join([text.split("\n")[0], *lines, ""])
            self._private(f"sips/dbtext/{name}", text)

    def start(self):
        self.configure()
        runtime = self.node.make_folder("kamailio", mode=0o777)
        self.process = self.node.start("kamailio", [
            "kamailio", "-DD", "-E", "-f", self._config, "-Y", runtime, "-m", "64", "-M", "8",
            "-u", "kamailio", "-g", "kamailio"])
        self.node.wait_port(5061, self.process)

    def said(self, pattern):
        """All matches in its log."""
        with open(self.node.path("kamailio.log"), encoding="utf-8", errors="replace") as log:
            return list(re.finditer(pattern, log.read()))

    def wait_said(self, pattern, limit=25, count=1):
        def look():
            self.process.check()
            found = self.said(pattern)
            return found[count - 1] if len(found) >= count else None
        return wait_for(look, limit, f"'{pattern}' in the log of {self.node.name}")

    def wait_partner(self, limit=25):
        """Both ways of mutual TLS with the partner are proven."""
        self.wait_said(r"sips: partner \S+ proven", limit)

    def stop(self):
        self.process.stop()
