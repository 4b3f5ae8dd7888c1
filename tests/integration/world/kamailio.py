# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ordinary Kamailio: registrar and proxy of one domain. It knows nothing of SIMAUTH."""

import os
import shutil

from . import net
from .accounts import PASSWORD_PREFIX

CONFIG = """\
debug=2
log_stderror=yes
fork=yes
children={children}
tcp_children=2
auto_aliases=no
alias="{domain}"
listen=udp:{address}:5060
listen=tcp:{address}:5060
mpath="/usr/lib/{multiarch}/kamailio/modules/"
{tls}loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
modparam("usrloc", "db_mode", 0)
modparam("rr", "append_fromtag", {from_tag})
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", {ring_limit})
modparam("registrar", "gruu_enabled", {gruu})
{modules}
request_route {{
    if (!mf_process_maxfwd_header("10")) {{
        sl_send_reply("483", "Too Many Hops");
        exit;
    }}
    if (is_method("CANCEL")) {{
        if (t_check_trans()) t_relay();
        exit;
    }}
    if (has_totag()) {{
        if (loose_route()) {{
            # A GRUU of ours stands for a registered phone.
            if ($(rd{{s.tolower}}) == "{domain}" && !lookup("location")) {{
                sl_send_reply("404", "Not Found");
                exit;
            }}
            {in_dialog}
            t_relay();
            exit;
        }}
        if (is_method("ACK")) {{
            if (t_check_trans()) t_relay();
            exit;
        }}
        sl_send_reply("404", "Not Here");
        exit;
    }}
    t_check_trans();
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("{domain}", "{password_prefix}$aU", "0")) {{
            www_challenge("{domain}", "0");
            exit;
        }}
        if ($aU != $tU) {{
            sl_send_reply("403", "Not Your Name");
            exit;
        }}
        save("location");
        exit;
    }}
{challenge}{redirects}{aliases}
    if (is_method("{routed}")) record_route();
    {new_call}
    if ($(rd{{s.tolower}}) == "{domain}") {{
        if (!lookup("location")) {{
            sl_send_reply("404", "Not Found");
            exit;
        }}
    }}
    {next_hop}
    if (!t_relay()) sl_reply_error();
    exit;
}}
"""

CHALLENGE = {
    407: """\
    if (is_method("INVITE") && $(fd{{s.tolower}}) == "{domain}") {{
        if (!pv_proxy_authenticate("{domain}", "{password_prefix}$aU", "0")) {{
            proxy_challenge("{domain}", "0");
            exit;
        }}
        consume_credentials();
    }}
""",
    401: """\
    if (is_method("INVITE") && $(fd{{s.tolower}}) == "{domain}") {{
        if (!pv_www_authenticate("{domain}", "{password_prefix}$aU", "0")) {{
            www_challenge("{domain}", "0");
            exit;
        }}
        consume_credentials();
    }}
"""}

REDIRECT = """\
    if (is_method("INVITE") && $rU == "{user}" && $(rd{{s.tolower}}) == "{domain}") {{
        append_to_reply("Contact: <{target}>\\r\\n");
        sl_send_reply("{code}", "Moved");
        exit;
    }}
"""

ALIAS = """\
    if ($rU == "{user}" && $(rd{{s.tolower}}) == "{domain}") $rU = "{target}";
"""

FORWARD = """\
    if (is_method("INVITE") && $rU == "{user}" && $(rd{{s.tolower}}) == "{domain}") {{
        t_newtran();
        t_reply("181", "Call Is Being Forwarded");
        $rU = "{target}";
    }}
"""

TLS = """\
enable_tls=yes
listen=tls:{address}:5061
loadmodule "tls.so"
modparam("tls", "certificate", "{certificate}")
modparam("tls", "private_key", "{key}")
modparam("tls", "tls_method", "TLSv1.2+")
"""

# What operators add: accounting, dialogs, and topology hiding (which keeps Via, Record-Route and Contact to itself).
FULL = """\
loadmodule "acc.so"
loadmodule "dialog.so"
loadmodule "db_text.so"
loadmodule "topos.so"
modparam("acc", "log_level", 1)
modparam("acc", "log_flag", 1)
modparam("acc", "failed_transaction_flag", 1)
modparam("acc", "log_extra", "from_tag=$ft;to_tag=$tt;call=$ci")
modparam("dialog", "default_timeout", 3600)
modparam("topos", "storage", "db")
modparam("topos", "db_url", "text://{tables}")
"""


TABLES = "/usr/share/kamailio/dbtext/kamailio"


def multiarch():
    """Debian's name of this machine's architecture, read from the modules that are installed."""
    for name in sorted(os.listdir("/usr/lib")):
        if os.path.isdir(f"/usr/lib/{name}/kamailio/modules"):
            return name
    raise FileNotFoundError("no Kamailio modules under /usr/lib: is the package kamailio installed?")


class Kamailio:
    """Kamailio on a node, for one domain.

    challenge: 401 or 407, asked of the domain's own callers. record_route: stay in the way of ACK and BYE. from_tag: repeat
    the From tag in Record-Route (Debian's kamailio.cfg does not). gruu: give phones a GRUU. redirects: {user: (code, URI)}. aliases: {user: user}.
    forwards: the same, and the caller is told (181). full: with acc, dialog and topos.
    next_hop: where calls to other domains go instead of where DNS says. ring_limit: seconds. memory: MiB of shared memory, as an operator
    gives it what its calls need. certificate: its paths (certificate, key); with one it also listens for TLS.
    """

    OPTIONS = ("challenge", "record_route", "from_tag", "gruu", "redirects", "aliases", "forwards", "full", "next_hop", "ring_limit", "memory")

    def __init__(self, node, domain, children=2, certificate=None, challenge=None, record_route=True, from_tag=True, gruu=True,
                 redirects=None, aliases=None, forwards=None, full=False, next_hop=None, ring_limit=60,
                 memory=64):
        self.node = node
        self.domain = domain
        self.process = None
        self._memory = memory
        values = {"domain": domain, "address": net.in_uri(node.address), "children": children,
                  "multiarch": multiarch(), "password_prefix": PASSWORD_PREFIX, "from_tag": int(from_tag), "gruu": int(gruu),
                  "ring_limit": int(ring_limit * 1000), "routed": "INVITE|SUBSCRIBE" if record_route else "SUBSCRIBE"}
        values.update(
            tls=TLS.format(address=values["address"], **self._take(certificate)) if certificate else "",
            challenge=CHALLENGE[challenge].format(**values) if challenge else "",
            redirects="".join(REDIRECT.format(user=user, domain=domain, code=code, target=target)
                              for user, (code, target) in (redirects or {}).items()),
            aliases="".join(ALIAS.format(user=user, domain=domain, target=target)
                            for user, target in (aliases or {}).items()) +
                    "".join(FORWARD.format(user=user, domain=domain, target=target)
                            for user, target in (forwards or {}).items()),
            next_hop=f'if (is_method("INVITE") && $(rd{{s.tolower}}) != "{domain}") $du = "sip:{next_hop}:5060";' if next_hop else "",
            modules=FULL.format(tables=self._tables()) if full else "",
            in_dialog='if (is_method("BYE")) setflag(1);' if full else "",
            new_call='if (is_method("INVITE")) { setflag(1); dlg_manage(); }' if full else "")
        self._config = node.write("kamailio.cfg", CONFIG.format(**values))

    @staticmethod
    def program():
        """Its path, or None."""
        return shutil.which("kamailio", path=net.PATH)

    def _tables(self):
        """The empty tables that Debian's kamailio brings, for topos.

        db_text takes no NULL where the columns of its SQL tables have an empty default, so ours may all be NULL.
        """
        folder = self.node.make_folder("tables")
        for name in ("version", "topos_d", "topos_t"):
            with open(os.path.join(TABLES, name), encoding="utf-8") as table:
                text = table.read()
            with open(os.path.join(folder, name), "w", encoding="utf-8") as table:
                table.write(text if name == "version" else text.replace("(string)", "(string,null)"))
            shutil.chown(os.path.join(folder, name), "kamailio", "kamailio")
        shutil.chown(folder, "kamailio", "kamailio")
        return folder

    def _take(self, certificate):
        """The proxy's own copy of its certificate and key."""
        paths = {}
        for name, source in zip(("certificate", "key"), certificate):
            with open(source, encoding="ascii") as text:
                paths[name] = self.node.write(f"sip-{name}.pem", text.read(), 0o600)
            shutil.chown(paths[name], "kamailio", "kamailio")
        return paths

    def start(self):
        runtime = self.node.make_folder("kamailio", mode=0o777)
        self.process = self.node.start("kamailio", [
            "kamailio", "-DD", "-E", "-f", self._config, "-Y", runtime, "-m", str(self._memory), "-M", "8",
            "-u", "kamailio", "-g", "kamailio"])
        self.node.wait_port(5060, self.process)

    def stop(self):
        self.process.stop()
