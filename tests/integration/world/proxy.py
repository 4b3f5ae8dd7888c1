# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An operator's SIP service: an ordinary Kamailio, registrar and proxy of one domain."""

import os
import shutil

from . import net

CONFIG = """\
# An ordinary registrar and proxy of {domain}; it knows nothing of SIMAUTH.
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
modparam("rr", "append_fromtag", 1)
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 60000)

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
            if ($rd == "{domain}" && !lookup("location")) {{
                sl_send_reply("404", "Not Found");
                exit;
            }}
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
{challenge}
    if (is_method("INVITE|SUBSCRIBE")) record_route();
    if ($rd == "{domain}") {{
        if (!lookup("location")) {{
            sl_send_reply("404", "Not Found");
            exit;
        }}
    }}
    if (!t_relay()) sl_reply_error();
    exit;
}}
"""

CHALLENGE = """\
    if (is_method("INVITE") && $fd == "{domain}") {{
        if (!pv_proxy_authenticate("{domain}", "{password_prefix}$aU", "0")) {{
            proxy_challenge("{domain}", "0");
            exit;
        }}
        consume_credentials();
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

PASSWORD_PREFIX = "sip-"  # a demo account's SIP password is this and its user name


def multiarch():
    """Debian's name of this machine's architecture, read from the modules that are installed."""
    for name in sorted(os.listdir("/usr/lib")):
        if os.path.isdir(f"/usr/lib/{name}/kamailio/modules"):
            return name
    raise FileNotFoundError("no Kamailio modules under /usr/lib: is the package kamailio installed?")


class Proxy:
    """Kamailio on a node, for one domain."""

    def __init__(self, node, domain, challenge_invites=False, children=2, certificate=None):
        """certificate: its paths (certificate, key); with one it also listens for TLS."""
        self.node = node
        self.domain = domain
        self.process = None
        values = {"domain": domain, "address": net.in_uri(node.address), "children": children,
                  "multiarch": multiarch(), "password_prefix": PASSWORD_PREFIX, "challenge": "",
                  "tls": ""}
        if certificate:
            values["tls"] = TLS.format(address=values["address"], **self._take(certificate))
        if challenge_invites:
            values["challenge"] = CHALLENGE.format(**values)
        self._config = node.write("kamailio.cfg", CONFIG.format(**values))

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
        # -n and a small -m: 64 MiB of shared memory are plenty for two subscribers.
        self.process = self.node.start("kamailio", [
            "kamailio", "-DD", "-E", "-f", self._config, "-Y", runtime, "-m", "64", "-M", "8",
            "-u", "kamailio", "-g", "kamailio"])
        self.node.wait_port(5060, self.process)

    def stop(self):
        self.process.stop()
