# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with a stock Kamailio and simauth-middle, which is the router between a network and the world's switch.

    inside (10.84.0.0/24) --- middle --- the switch (10.83.0.0/24)

The configurations are the packaged ones (packaging/kamailio/middle.cfg, middle/simauth-middle.nft), as they are."""

import glob
import os
import secrets
import shutil

from . import net, pki
from .kamailio import multiarch
from .process import Failed, wait_for

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
INSIDE = "10.84.0."
DOMAIN = "operator-a.example"
USER = 64123
FAKETIME = "/usr/lib/*/faketime/libfaketime.so.1"  # of Debian's package, on any processor

KAMAILIO = """\
debug=2
log_stderror=yes
fork=yes
children=2
auto_aliases=no
disable_tcp=yes
alias="{domain}"
listen=udp:{address}:5060
mpath="/usr/lib/{multiarch}/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "siputils.so"
modparam("tm", "fr_timer", 3000)
modparam("tm", "fr_inv_timer", 20000)
modparam("rr", "append_fromtag", 1)
#!substdef "!MIDDLE_NAME!{domain}!g"
#!substdef "!MIDDLE_URL!http://127.0.0.1:8493/v1/message!g"
include_file "{token}"
include_file "{middle}"

request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) route(MIDDLE_RELAY);
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) route(MIDDLE_RELAY);
        if (is_method("ACK") && t_check_trans()) t_relay();
        exit;
    }}
    t_check_trans();
    record_route();
    {accounts}
    if ($ru =~ "^urn:service:sos") $ru = "sip:bob@{domain}";
    {routes}
    route(MIDDLE_RELAY);
}}
"""


class Middle:
    """`settings` are of simauth-middle.conf ("policy.must_read": "false"); `accounts` names senders whose password counts as
    checked; `routes` where users are: {name: node}."""

    def __init__(self, world, routes, accounts=(), settings=None, root=None):
        self.world, self.node = world, world.node("middle", 60, product=world.product)
        if root:  # the phones' own
            self.people, self.own = None, root.issue_for("own-middle", f"URI:sip:{DOMAIN},DNS:{DOMAIN}")
            self.authority = root.certificate
        else:
            self.people = pki.Authority(world.node("people", 61).folder, "Subscribers")
            self.own = self.people.issue_for("middle", f"URI:sip:{DOMAIN},DNS:{DOMAIN}")
            self.authority = self.people.certificate
        self.process = self.kamailio = None
        self.clock = []  # words before Kamailio
        self.token = secrets.token_hex(16)
        self.settings = settings or {}
        self._write_kamailio(routes, accounts)
        self._be_a_router()
        self.configure()

    def _be_a_router(self):
        self.load_firewall()
        self.node.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"])

    def load_firewall(self):
        self.node.run(["nft", "-f", os.path.join(REPOSITORY, "middle", "simauth-middle.nft")])

    def plug_inside(self, node, number):
        """A cable from this router to another node, which has INSIDE + number then."""
        mine, theirs = f"in{number}", "eth1"
        net.ip("link", "add", mine, "netns", self.node.name, "type", "veth", "peer", "name", theirs, "netns", node.name)
        net.ip("-n", self.node.name, "addr", "add", f"{INSIDE}1/24", "dev", mine)
        net.ip("-n", self.node.name, "link", "set", mine, "up")
        net.ip("-n", node.name, "addr", "add", f"{INSIDE}{number}/24", "dev", theirs)
        net.ip("-n", node.name, "link", "set", theirs, "up")
        return INSIDE + str(number)

    def _write_kamailio(self, routes, accounts):
        token = self.node.write("middle-token.cfg", f'#!substdef "!MIDDLE_TOKEN!{self.token}!g"\n', 0o600)
        shutil.chown(token, "kamailio", "kamailio")
        packaged = os.path.join(REPOSITORY, "packaging", "kamailio", "middle.cfg")
        with open(packaged, encoding="utf-8") as text:
            included = self.node.write("middle.cfg", text.read())
        self._config = self.node.write("kamailio.cfg", KAMAILIO.format(
            domain=DOMAIN, address=net.in_uri(self.node.address), multiarch=multiarch(), token=token, middle=included,
            accounts="".join(f'if ($fu == "{aor}") $avp(middle_account) = "{aor}";\n    ' for aor in accounts),
            routes="".join(f'if ($rU == "{name}") $du = "sip:{net.in_uri(node.address)}:5060";\n    ' for name, node in routes.items())))

    def add_own(self, line):
        """A line of the operator's own, before all that is ours."""
        with open(self._config, encoding="utf-8") as text:
            self.node.write("kamailio.cfg", f"{line}\n{text.read()}")

    def configure(self, **changes):
        groups = {"middle": {"domain": DOMAIN, "token": self.node.path("own", "token"), "state": self.node.path("own", "calls")},
                  "identity": {"certificate": self.node.path("own", "middle.pem"), "key": self.node.path("own", "middle.key")},
                  "trust": {"authorities": self.node.path("own", "authority.pem")}, "pinholes": {"networks": INSIDE + "0/24"}}
        for name, value in {**self.settings, **changes}.items():
            group, key = name.split(".")
            groups.setdefault(group, {})[key] = value
        folder = self.node.make_folder("own", mode=0o700)
        os.chown(folder, USER, USER)
        sources = {"middle.pem": self.own[0], "middle.key": self.own[1], "authority.pem": self.authority}
        texts = {name: open(path, encoding="ascii").read() for name, path in sources.items()}
        texts["token"] = self.token + "\n"
        texts["middle.conf"] = "".join(f"[{g}]\n" + "".join(f"{k}={v}\n" for k, v in keys.items()) for g, keys in groups.items())
        for name, text in texts.items():
            os.chown(self.node.write(os.path.join("own", name), text, 0o600), USER, USER)
        os.chmod(folder, 0o700)
        os.chown(folder, USER, USER)
        self.config = self.node.path("own", "middle.conf")

    # -- programs ----------------------------------------------------------------------------------------
    def start_middle(self):
        """As its unit starts it: a user of its own, CAP_NET_ADMIN and no more."""
        tracer = [os.environ["SIMAUTH_MIDDLE"]] if "SIMAUTH_MIDDLE" in os.environ else []
        self.process = self.node.start("simauth-middle", tracer + [
            "setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups", "--inh-caps", "-all,+net_admin", "--ambient-caps",
            "-all,+net_admin", "--bounding-set", "-all,+net_admin", "--no-new-privs", "simauth-middle",
            "--config", self.config])
        starts = self.log().count("op=start")
        wait_for(lambda: self.log().count("op=start") > starts or self.process.status is not None, 10, "op=start in the middle's log")
        if self.process.status is not None:
            raise Failed(self.log())

    def set_proxy_clock(self, seconds):
        """From Kamailio's start on its clock is wrong by so much, and may be set while it runs (libfaketime reads the file each time)."""
        now = self.node.path("proxy-clock")
        os.replace(self.node.write("proxy-clock.new", f"{seconds:+d}\n"), now)
        self.clock = ["env", f"LD_PRELOAD={glob.glob(FAKETIME)[0]}", f"FAKETIME_TIMESTAMP_FILE={now}", "FAKETIME_NO_CACHE=1",
                      "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"]

    def start(self):
        self.start_middle()
        self.start_proxy()

    def start_proxy(self):
        runtime = self.node.make_folder("kamailio", mode=0o777)
        self.kamailio = self.node.start("kamailio", [*self.clock, "kamailio", "-DD", "-E", "-f", self._config, "-Y", runtime, "-m", "64", "-M", "8",
                                                     "-u", "kamailio", "-g", "kamailio"])
        probe = self.node.socket()
        probe.settimeout(0.1)

        def answers():
            self.kamailio.check()
            probe.sendto(f"OPTIONS sip:nobody@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {net.in_uri(self.node.address)}:{probe.getsockname()[1]};branch=z9hG4bKp\r\n"
                         f"Max-Forwards: 0\r\nFrom: <sip:p@x>;tag=1\r\nTo: <sip:n@x>\r\nCall-ID: p\r\nCSeq: 1 OPTIONS\r\n"
                         "Content-Length: 0\r\n\r\n".encode(), (self.node.address, 5060))
            try:
                return probe.recv(2048).startswith(b"SIP/2.0 483")
            except OSError:
                return False
        wait_for(answers, 10, "answer of Kamailio")

    @property
    def sip(self):
        return self.node.address, 5060

    def log(self):
        try:
            with open(self.node.path("simauth-middle.log"), encoding="utf-8") as text:
                return text.read()
        except FileNotFoundError:
            return ""

    def wait_log(self, words, count=1, limit=10):
        wait_for(lambda: self.log().count(words) >= count, limit, f"'{words}' in the middle's log:\n{self.log()}")

    def holes(self, name="holes4"):
        """The elements that the kernel has now, without their time."""
        text = self.node.run(["nft", "-n", "list", "set", "inet", "simauth_middle", name]).stdout
        inside = text.partition("elements = {")[2].partition("}")[0]
        return sorted(element.strip().partition(" timeout")[0] for element in inside.split(",") if element.strip())
