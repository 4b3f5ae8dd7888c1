# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real phones (linphone-daemon, unpatched) in a network and a plugin folder of their own, and a peer made of
a bare socket for what no phone would send."""

import glob
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ADDRESS = "10.99.0.1"
# Seconds for anything that should have happened; only a failure waits so long.
LIMIT = float(os.environ.get("TAP_LIMIT", "10"))


class Failed(Exception):
    pass


def enter_namespace():
    """Starts this program again with mounts and a network of its own, so that neither the machine's plugin
    folder nor its network is touched."""
    if os.environ.get("TAP_NAMESPACE") == "1":
        return
    os.environ["TAP_NAMESPACE"] = "1"
    as_root = [] if os.geteuid() == 0 else ["-U", "-r"]
    os.execvp("unshare", ["unshare", *as_root, "-m", "-n", sys.executable, *sys.argv])


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def plugin_folder():
    """Where mediastreamer2 looks: beside the library itself."""
    listing = subprocess.run(["ldconfig", "-p"], check=True, capture_output=True, text=True,
                             env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).stdout
    found = re.search(r"libmediastreamer\.so\.12 .*=> (\S+)", listing)
    if not found:
        raise Failed("needs libmediastreamer.so.12")
    return os.path.join(os.path.dirname(found.group(1)), "mediastreamer", "plugins")


def prepare(prefix):
    """A network with an address besides 127.0.0.1 (Linphone takes that one for none) and our plugin in the
    place of the machine's."""
    run("mount", "--make-rprivate", "/")
    run("mount", "--bind", prefix, plugin_folder())
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", ADDRESS + "/24", "dev", "lo")
    run("ip", "route", "add", "default", "via", ADDRESS, "dev", "lo")


def wait_for(what, look, limit=LIMIT):
    """Looks until it sees something true, and returns that."""
    end = time.monotonic() + limit
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise Failed("waited in vain for " + what)
        time.sleep(0.01)


def environment(prefix):
    """Of a phone: no display, and the sanitizer's library first where the plugin is built with it."""
    made = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    inner = os.path.join(prefix, "simauth-linphone-5.1.so")
    libraries = subprocess.run(["ldd", inner], capture_output=True, text=True).stdout
    sanitizer = re.findall(r"lib(?:asan|ubsan)\.so\S* => (\S+)", libraries)
    if sanitizer:
        made.update(LD_PRELOAD=" ".join(sanitizer),
                    ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:handle_abort=0")
    return made


FAKETIME = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class Phone:
    def __init__(self, scene, name, port, script=(), auto_answer=False, proxy=False, clock=False,
                 sip=""):
        self.name, self.port = name, port
        self.home = os.path.join(scene.folder, name)
        for below in (".config/linphone", ".local/share/linphone"):
            os.makedirs(os.path.join(self.home, below))
        self.events_path = os.path.join(self.home, "events")
        self.pipe = "simauth-tap-%d-%s" % (os.getpid(), name)
        self._write("script", "\n".join(script) + "\n")
        self._write("linphonerc", CONFIG.format(port=port, name=name, address=ADDRESS, sip=sip,
                                                proxy=PROXY.format(name=name, address=ADDRESS)
                                                if proxy else ""))
        variables = dict(environment(scene.prefix), HOME=self.home, TAP_LOG=self.events_path,
                         TAP_SCRIPT=os.path.join(self.home, "script"))
        if clock:  # all clocks of this phone, which clock_ahead() sets while it runs
            self._write("clock", "+0s\n")
            variables.update(FAKETIME_TIMESTAMP_FILE=os.path.join(self.home, "clock"), FAKETIME_NO_CACHE="1",
                             LD_PRELOAD=" ".join([*variables.get("LD_PRELOAD", "").split(), *glob.glob(FAKETIME)]))
        # TAP_BEFORE: a program that runs it, as valgrind with its options
        command = [*os.environ.get("TAP_BEFORE", "").split(), "linphone-daemon", "--config", os.path.join(self.home, "linphonerc"),
                   "--pipe", self.pipe, "--log", os.path.join(self.home, "log"),
                   "--disable-stats-events"]
        with open(os.path.join(self.home, "output"), "w") as output:
            self.process = subprocess.Popen(
                command + (["--auto-answer"] if auto_answer else []), env=variables,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.home)
        self.socket = None

    def clock_ahead(self, seconds):
        self._write("clock.new", "+%ds\n" % seconds)
        os.replace(os.path.join(self.home, "clock.new"), os.path.join(self.home, "clock"))

    def _write(self, name, text):
        with open(os.path.join(self.home, name), "w") as file:
            file.write(text)

    def ready(self):
        self.socket = wait_for(self.name + " to listen", self._connect)
        self.command("version")
        return self

    def _connect(self):
        if self.process.poll() is not None:
            raise Failed("%s ended: %s" % (self.name, self.process.returncode))
        peer = socket.socket(socket.AF_UNIX)
        try:
            peer.connect("/tmp/" + self.pipe)
        except OSError:
            peer.close()
            return None
        peer.settimeout(LIMIT)
        return peer

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        answer = b""
        # An answer is "Status: ...", an empty line and a body; it comes as one write.
        while b"Status: " not in answer:
            part = self.socket.recv(65536)
            if not part:
                raise Failed("%s closed its pipe at '%s'" % (self.name, line))
            answer += part
        return answer.decode(errors="replace")

    def call(self, uri):
        answer = self.command("call " + uri)
        found = re.search(r"Id: (\d+)", answer)
        if not found:
            raise Failed("%s cannot call: %s" % (self.name, answer))
        return int(found.group(1))

    def state(self, number=1):
        answer = self.command("call-status %d" % number)
        found = re.search(r"State: (?:LinphoneCall)?(\S+)", answer)
        return found.group(1) if found else "none"

    def wait_state(self, *states, number=1):
        return wait_for("%s to be in %s, is in %s" % (self.name, states, self.state(number)),
                        lambda: self.state(number) in states)

    def events(self):
        try:
            with open(self.events_path) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return []

    def find(self, pattern):
        return [line for line in self.events() if re.search(pattern, line)]

    def wait_event(self, pattern, count=1, limit=LIMIT):
        """The matches of `pattern` in the events, when there are `count`."""
        return wait_for("%s event %s" % (self.name, pattern),
                        lambda: (found := self.find(pattern)) and len(found) >= count and found,
                        limit)

    def output(self):
        with open(os.path.join(self.home, "output")) as file:
            return file.read().splitlines()

    def expect_none(self, pattern):
        if self.find(pattern):
            raise Failed("%s has event %s: %s" % (self.name, pattern, self.find(pattern)))

    def alive(self):
        if self.process.poll() is not None:
            raise Failed("%s ended: %s" % (self.name, self.process.returncode))

    def quit(self):
        """The ordinary end; a crash at exit is a failure as well."""
        self.alive()
        self.socket.sendall(b"quit\n")
        try:
            code = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Failed(self.name + " does not end") from None
        if code != 0:
            raise Failed("%s ended with %s" % (self.name, code))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.path.exists("/tmp/" + self.pipe):
            os.unlink("/tmp/" + self.pipe)


CONFIG = """[sip]
sip_port={port}
sip_tcp_port={port}
sip_tls_port=-1
use_ipv6=1
contact="{name}" <sip:{name}@{address}:{port}>
guess_hostname=0
register_only_when_network_is_up=0
default_proxy=0
{sip}[misc]
prefer_basic_chat_room=1
[net]
mtu=1300
[rtp]
nortp_timeout=600
[video]
capture=0
display=0
{proxy}"""

PROXY = """[proxy_0]
reg_proxy=<sip:{address}:5060>
reg_route=<sip:{address}:5060;lr>
reg_identity=sip:{name}@{address}
reg_sendregister=0
[auth_info_0]
username={name}
passwd=secret
realm={address}
"""

KAMAILIO = """#!KAMAILIO
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
mpath="{modules}"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "auth.so"
loadmodule "corex.so"
listen=udp:{address}:5060
modparam("tm", "fr_timer", 5000)
request_route {{
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{ if (loose_route()) t_relay(); exit; }}
    t_check_trans();
    loose_route();
    if ({challenge} && is_method("INVITE")) {{
        if (!pv_proxy_authenticate("{address}", "secret", "0")) {{
            auth_challenge("{address}", "0");
            exit;
        }}
        consume_credentials();
    }}
    record_route();
    if ($rU == "fork") {{
        $ru = "sip:b@{address}:5062";
        append_branch("sip:c@{address}:5063");
    }}
    t_relay();
}}
"""


class Peer:
    """A SIP user agent of which each message is written by the test."""

    def __init__(self, port, to_port, stream=False):
        self.port, self.stream, self.to = port, stream, (ADDRESS, to_port)
        self.socket = socket.socket(socket.AF_INET,
                                    socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
        if stream:
            self.socket.connect(self.to)
            self.port = self.socket.getsockname()[1]
        else:
            self.socket.bind((ADDRESS, port))
        self.seen, self.buffer = [], b""
        self.later, self.kept = False, b""

    def request(self, method, uri="sip:b@10.99.0.1:5062", branch="z9hG4bK.one", from_tag="caller",
                to_tag=None, call_id="peer-call", cseq=20, body=None,
                extra=None, caller="peer", kind="application/sdp"):
        lines = ["%s %s SIP/2.0" % (method, uri),
                 "Via: SIP/2.0/%s %s:%d;branch=%s" % ("TCP" if self.stream else "UDP", ADDRESS,
                                                      self.port, branch),
                 "From: <sip:%s@%s>;tag=%s" % (caller, ADDRESS, from_tag),
                 "To: <sip:b@%s>%s" % (ADDRESS, ";tag=" + to_tag if to_tag else ""),
                 "Call-ID: " + call_id, "CSeq: %d %s" % (cseq, method), "Max-Forwards: 70",
                 "Contact: <sip:peer@%s:%d>" % (ADDRESS, self.port)]
        if extra:
            lines.append(extra)
        if body is None and method == "INVITE":
            body = SDP
        if body:
            lines.append("Content-Type: " + kind)
        lines.append("Content-Length: %d" % len(body or ""))
        self.send("\r\n".join(lines) + "\r\n\r\n" + (body or ""))

    def send(self, text):
        if self.stream:
            self.kept += text.encode()
            if not self.later:  # one segment for all that was kept
                self.socket.sendall(self.kept)
                self.kept = b""
        else:
            self.socket.sendto(text.encode(), self.to)

    def receive(self, limit=LIMIT):
        """The next message; None when none comes."""
        self.socket.settimeout(limit)
        try:
            if not self.stream:
                text = self.socket.recv(65536).decode()
            else:
                while b"\r\n\r\n" not in self.buffer:
                    part = self.socket.recv(65536)
                    if not part:
                        raise Failed("the phone closed the connection")
                    self.buffer += part
                head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
                text = head.decode() + "\r\n\r\n"
        except socket.timeout:
            return None
        self.seen.append(text)
        return text

    def until(self, pattern, limit=LIMIT):
        """The first message from now on whose first line or CSeq matches."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            text = self.receive(max(0.01, end - time.monotonic()))
            if text and re.search(pattern, text):
                return text
        raise Failed("peer waited in vain for " + pattern)

    def close(self):
        self.socket.close()


def header(message, name):
    found = re.search(r"(?im)^%s:\s*(.*?)\r?$" % re.escape(name), message)
    return found.group(1) if found else None


def tag_of(message, name):
    found = re.search(r";tag=([^;\s]+)", header(message, name) or "")
    return found.group(1) if found else None


SDP = ("v=0\r\no=peer 1 1 IN IP4 10.99.0.1\r\ns=-\r\nc=IN IP4 10.99.0.1\r\nt=0 0\r\n"
       "m=audio 40000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")


class Scene:
    """The phones of one test; gone with their folder when the test is good."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.folder = tempfile.mkdtemp(prefix="simauth-tap-")
        self.phones, self.peers, self.proxies = [], [], []

    def __enter__(self):
        return self

    def phone(self, *args, **named):
        phone = Phone(self, *args, **named)
        self.phones.append(phone)
        return phone

    def peer(self, *args, **named):
        peer = Peer(*args, **named)
        self.peers.append(peer)
        return peer

    def hide_inner(self):
        """The plugin's folder with the loader alone."""
        alone = os.path.join(self.folder, "alone")
        os.mkdir(alone)
        shutil.copy(os.path.join(self.prefix, "libmssimauth.so"), alone)
        run("mount", "--bind", alone, plugin_folder())

    def program(self, name, script):
        """Runs a program of the build that makes its own cores; its exit status and the events."""
        for below in (".config/linphone", ".local/share/linphone"):
            os.makedirs(os.path.join(self.folder, below))
        paths = {key: os.path.join(self.folder, key) for key in ("TAP_SCRIPT", "TAP_LOG")}
        with open(paths["TAP_SCRIPT"], "w") as file:
            file.write("\n".join(script) + "\n")
        with open(os.path.join(self.folder, "output"), "w") as output:
            code = subprocess.run(
                [os.path.join(os.path.dirname(self.prefix), name)], stdout=output, stderr=output,
                env=dict(environment(self.prefix), HOME=self.folder, **paths), timeout=60).returncode
        with open(paths["TAP_LOG"]) as file:
            return code, file.read().splitlines()

    def listener(self, port):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((ADDRESS, port))
        listener.listen(1)
        listener.settimeout(LIMIT)
        self.peers.append(listener)
        return listener

    def kamailio(self, challenge=False):
        """A real proxy that records its route."""
        config, log = (os.path.join(self.folder, name) for name in ("kamailio.cfg", "kamailio.log"))
        modules = [path for path in glob.glob("/usr/lib/*/kamailio/modules") if os.path.isdir(path)]
        with open(config, "w") as file:
            file.write(KAMAILIO.format(address=ADDRESS, modules=modules[0] + "/",
                                       challenge=int(challenge)))
        with open(log, "w") as output:
            self.proxies.append(subprocess.Popen(
                ["kamailio", "-DD", "-E", "-f", config, "-Y", self.folder, "-m", "32", "-M", "4",
                 "-n", "1"], stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                start_new_session=True))
        probe = self.peer(5069, 5060)

        def answers():
            if self.proxies[0].poll() is not None:
                raise Failed("kamailio ended: " + open(log).read()[-1000:])
            probe.request("OPTIONS", uri="sip:%s:5069" % ADDRESS, call_id="ready", body="")
            try:
                return probe.receive(0.1)
            except ConnectionRefusedError:
                return None
        wait_for("kamailio", answers)

    def __exit__(self, kind, value, trace):
        for proxy in self.proxies:
            proxy.terminate()
            proxy.wait(LIMIT)
        for peer in self.peers:
            peer.close()
        for phone in self.phones:
            phone.kill()
        if kind is None:
            shutil.rmtree(self.folder)
            return
        for phone in self.phones:
            print("-- events of %s (all of it in %s)" % (phone.name, phone.home))
            print("\n".join(phone.events()))
