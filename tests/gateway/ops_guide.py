# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Walks docs/operator-guide.md, command by command, on a Debian 12 made for it and booted by systemd; then systemd restarts
what hangs and what was killed. Skipped (77) where there is no systemd-nspawn, mmdebstrap or Debian mirror."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
GUIDE = os.path.join(HERE, "..", "..", "docs", "operator-guide.md")
# Ends with this test, whoever kills it: mmdebstrap and what it mounted; and the machine, which a systemd-nspawn that is
# killed leaves running.
ALONE = os.path.join(HERE, "..", "alone")
BUILD = os.environ.get("SIMAUTH_GATEWAY_BUILD", "")
PACKAGES = ("systemd,systemd-sysv,dbus,ca-certificates,curl,openssl,procps,sqlite3,osmo-hlr,libosmo-gsup-client0,"
            "libmicrohttpd12,libgnutls30,libjansson4,libcurl4,libpq5,libsqlite3-0,libglib2.0-0,libp11-kit0,libnettle8,libssl3")
PARTNER = r"""
mkdir -p /srv/partner && cd /srv/partner
grep -q operator-b /etc/hosts || echo "127.0.0.1 ag.operator-b.example" >>/etc/hosts
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=Operator B CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=b" -keyout b.key -out b.csr 2>/dev/null
printf 'subjectAltName=DNS:ag.operator-b.example,DNS:operator-b.example\n' >b.ext
openssl x509 -req -in b.csr -CA ca.pem -CAkey ca.key -days 30 -extfile b.ext -out b.crt 2>/dev/null
install -o simauth -m 600 ca.pem /etc/simauth/operator-b.pem
cat >b.conf <<'END'
[operator]
name=Operator B
fqdn=ag.operator-b.example
realms=operator-b.example
[listen]
address=127.0.0.1
port=8443
[tls]
certificate=/srv/partner/b.crt
key=/srv/partner/b.key
[store]
database=/srv/partner/b.db
seal_key=/srv/partner/seal.key
END
b() { simauth-gatewayctl --config /srv/partner/b.conf "$@"; }
b init
printf 'k=%s\nopc=%s\n' 465b5ce8b199b49faa5f0a2ee238a6bc cd63cb71954a9f4e48a5994e37a02baf | b subscriber add 001020000000001 --keys - --nai test@operator-b.example
b binding add sip:test@operator-b.example 001020000000001
b partner add "Operator A" --url https://ag.operator-a.example --realms operator-a.example --ca /etc/simauth/ca.pem
systemd-run --quiet --unit=partner simauth-gateway --config /srv/partner/b.conf
for i in $(seq 50); do (exec 3<>/dev/tcp/127.0.0.1/8443) 2>/dev/null && break; sleep 0.2; done
cd /
"""


def blocks():
    """[(marker or "", commands)] of the guide's sh blocks, in its order."""
    with open(GUIDE) as f:
        text = f.read()
    return [(m[1] or "", m[2]) for m in re.finditer(r"(?:<!-- walk: (\w+)[^>]*-->\n)?```sh\n(.*?)```", text, re.S)]


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def make_root(folder):
    """A Debian 12 without us in it; kept in the build folder, for it takes half a minute."""
    kept = os.path.join(BUILD, "guide-root.tar")
    if not os.path.exists(kept) or os.stat(kept).st_mtime < time.time() - 7 * 86400:
        done = subprocess.run([ALONE, "mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", "--include=" + PACKAGES,
                               "--format=tar", "bookworm", kept + ".new"], capture_output=True, text=True, timeout=1500)
        if done.returncode != 0:
            skip("no Debian could be made: " + done.stderr[-500:])
        os.rename(kept + ".new", kept)
    subprocess.run(["tar", "xf", kept, "-C", folder, "--exclude=./dev/*"], check=True, timeout=600)
    subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"], env={**os.environ, "DESTDIR": folder}, check=True,
                   capture_output=True, timeout=300)


def children(pid):
    """{pid: name}"""
    found = {}
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
        for child in f.read().split():
            with open(f"/proc/{child}/comm", encoding="utf-8") as name:
                found[child] = name.read().strip()
    return found


class Machine:
    """A folder, booted."""

    def __init__(self, folder):
        self.log = open(folder + ".log", "wb")
        self.nspawn = subprocess.Popen([ALONE, "systemd-nspawn", "-q", "-D", folder, "-b", "--register=no", "--keep-unit",
                                        "--private-network", "--console=pipe"], stdin=subprocess.DEVNULL, stdout=self.log,
                                       stderr=self.log)
        self.path = folder + ".log"
        self.leader = self.wait(self.find_leader, 120)
        self.wait(lambda: self.run("systemctl is-system-running", check=False)[1].strip() in ("running", "degraded"), 300)

    def wait(self, what, limit):
        end = time.monotonic() + limit
        while not (found := what()):
            if time.monotonic() > end or self.nspawn.poll() is not None:
                with open(self.path, errors="replace") as f:
                    raise AssertionError("waited in vain: " + f.read()[-2000:])
            time.sleep(0.1)
        return found

    def find_leader(self):
        """The machine's first process, in the room's."""
        rooms = children(self.nspawn.pid)
        return next((pid for room in rooms for pid, name in children(room).items() if name == "systemd"), None)

    def run(self, text, check=True, limit=200):
        done = subprocess.run(["nsenter", "-t", self.leader, "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w", "/bin/bash", "-eo",
                               "pipefail", "-s"], input=text, text=True, capture_output=True, timeout=limit,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8"})
        assert not check or done.returncode == 0, (done.returncode, done.stdout[-3000:], done.stderr[-3000:])
        return done.returncode, done.stdout

    def close(self):
        if self.nspawn.poll() is None:
            self.run("systemctl poweroff --force", check=False)
        try:
            self.nspawn.wait(30)
        except subprocess.TimeoutExpired:
            os.kill(int(self.leader), signal.SIGKILL)
            self.nspawn.wait(10)
        self.log.close()


class Guide(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Always the same, so that one that was killed leaves no second.
        folder = os.path.join(BUILD, "guide-machine")
        if os.path.exists(folder):
            shutil.rmtree(folder)
        root = os.path.join(folder, "root")
        os.makedirs(root)
        cls.addClassCleanup(shutil.rmtree, folder)
        make_root(root)
        cls.machine = Machine(root)
        cls.addClassCleanup(cls.machine.close)
        cls.machine.run("systemctl disable --now osmo-hlr")  # as its package leaves it; a machine's first boot enables all there is

    def test_1_every_command(self):
        script = "set -e\n"
        for number, (marker, commands) in enumerate(blocks()):
            if marker == "install":
                continue
            script += (PARTNER if marker == "partner" else "") + f"echo '@@ {number}'\n{commands}"
        status, out = self.machine.run(script + "echo '@@ end'\n", check=False)
        last = int(re.findall(r"@@ (\d+)", out)[-1])
        self.assertEqual((status, out.rstrip().endswith("@@ end")), (0, True),
                         (blocks()[last][1], out[-1500:], self.machine.run("journalctl -u simauth-gateway --no-pager -n 30",
                                                                           check=False)[1]))
        self.assertGreater(last, 10)

    def test_2_after_the_next_start(self):
        """All that the guide's commands started, the machine starts by itself."""
        for service in ("simauth-gateway", "osmo-hlr"):
            self.machine.run(f"systemctl is-enabled {service}")

    def test_2_hardened(self):
        out = self.machine.run("systemd-analyze verify /usr/lib/systemd/system/simauth-gateway.service 2>&1; "
                               "systemd-analyze security --no-pager simauth-gateway")[1]
        exposure = float(re.search(r"exposure level for \S+ (\d+\.\d)", out)[1])
        self.assertLess(exposure, 2.5, out)
        out = self.machine.run("ps -o user= -p $(systemctl show -P MainPID simauth-gateway); "
                               "stat -c '%a %U' /etc/simauth /var/lib/simauth/gateway.db")[1]
        self.assertEqual(out.split(), ["simauth", "700", "simauth", "600", "simauth"])

    def restarted(self, act):
        count = int(self.machine.run("systemctl show -P NRestarts simauth-gateway")[1])
        self.machine.run(act)
        self.machine.wait(lambda: int(self.machine.run("systemctl show -P NRestarts simauth-gateway")[1]) > count, 60)
        self.machine.wait(lambda: self.machine.run("curl -sf http://127.0.0.1:9469/ready", check=False)[0] == 0, 30)

    def test_3_killed(self):
        self.restarted("kill -9 $(systemctl show -P MainPID simauth-gateway)")

    def test_4_watchdog(self):
        self.machine.run("mkdir -p /etc/systemd/system/simauth-gateway.service.d; printf '[Service]\\nWatchdogSec=3\\n' "
                         ">/etc/systemd/system/simauth-gateway.service.d/fast.conf; systemctl daemon-reload; "
                         "systemctl restart simauth-gateway")
        self.restarted("kill -STOP $(systemctl show -P MainPID simauth-gateway)")
        self.assertIn("watchdog", self.machine.run("journalctl -u simauth-gateway --no-pager")[1].lower())

    def test_5_reload_and_credential(self):
        """The seal key as systemd's own credential, and the service says so itself when it cannot start."""
        self.machine.run("""
            cp /etc/simauth/seal-2.key /srv/seal.key
            sed -i 's|^seal_key=.*|seal_key=credential:seal.key|' /etc/simauth/gateway.conf
            printf '[Service]\\nLoadCredential=seal.key:/srv/seal.key\\n' >/etc/systemd/system/simauth-gateway.service.d/key.conf
            systemctl daemon-reload
            systemctl restart simauth-gateway
            curl -sf http://127.0.0.1:9469/ready
            runuser -u simauth -- env CREDENTIALS_DIRECTORY=/run/credentials/simauth-gateway.service simauth-gatewayctl subscriber list
        """)


if __name__ == "__main__":
    for program in ("systemd-nspawn", "mmdebstrap", "nsenter", "cmake"):
        if not shutil.which(program):
            skip(program + " is not there")
    if os.getuid() != 0:
        skip("booting a machine needs root")
    unittest.main()
