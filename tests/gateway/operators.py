# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real gateways on loopback with certificates of their own, for as long as a test runs."""
import atexit
import contextlib
import copy
import datetime
import os
import secrets
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from milenage import Usim, opc_of

DAEMON = os.environ["SIMAUTH_GATEWAY"]
CTL = os.environ["SIMAUTH_GATEWAYCTL"]
SLOWER = int(os.environ.get("SIMAUTH_TEST_SLOWER", "1"))  # times, where a sanitizer or valgrind looks on
SHARED_DATABASE = os.environ.get("SIMAUTH_TEST_DATABASE")  # a PostgreSQL's conninfo


def only_where(it_is):
    """Decorates what only one kind of store has to do: with the other it is no test, and so none that is skipped."""
    return lambda test: test if it_is else None


def new_schema():
    """The conninfo of an empty place of one's own in the test's PostgreSQL."""
    schema = "s" + secrets.token_hex(6)
    subprocess.run(["psql", "-q", "-d", SHARED_DATABASE, "-c", f"CREATE SCHEMA {schema}"], check=True, timeout=20)
    return f"{SHARED_DATABASE} options=-csearch_path={schema}"


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def write_private(path, data):
    """A gateway refuses keys that everybody can read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as f:
        f.write(data)


def pem_key(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


class Ca:
    """A root, or what stands below the one `above`."""

    def __init__(self, folder, title, above=None):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = (above or self).sign(name(title), self.key.public_key(), x509.BasicConstraints(True, None),
                                                above.certificate.subject if above else name(title))
        self.path = os.path.join(folder, title + ".pem")
        with open(self.path, "wb") as f:
            f.write(self.certificate.public_bytes(serialization.Encoding.PEM))

    def sign(self, subject, public_key, constraints, issuer, names=None):
        now = datetime.datetime.utcnow()
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public_key)
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
                   .not_valid_after(now + datetime.timedelta(days=2)).add_extension(constraints, True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, folder, stem, names):
        """Writes stem.crt and stem.key; returns their paths."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.sign(name(names[0]), key.public_key(), x509.BasicConstraints(False, None),
                                self.certificate.subject, names)
        paths = [os.path.join(folder, stem + end) for end in (".crt", ".key")]
        with open(paths[0], "wb") as f:
            f.write(certificate.public_bytes(serialization.Encoding.PEM))
        write_private(paths[1], pem_key(key))
        return paths


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def end_of(process):
    """What can be waited for without looking again and again, as Popen.wait() does with a limit."""
    descriptor = os.pidfd_open(process.pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def small_disk(test, megabytes):
    """A disk of its own for as long as the test goes on; the mount point."""
    mount = tempfile.mkdtemp(prefix="simauth-disk-")
    test.addCleanup(os.rmdir, mount)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", mount], check=True)
    test.addCleanup(subprocess.run, ["umount", mount], check=True)
    return mount


class Operator:
    """One operator: folder, certificates, configuration, gateway process."""
    patience = 10 * SLOWER  # seconds to begin and to end

    def __init__(self, folder, letter, settings=None, ca=None, hlr=None):
        self.folder = os.path.join(folder, letter)
        os.mkdir(self.folder)
        self.letter = letter
        self.realm, self.fqdn = f"operator-{letter}.test", f"ag.operator-{letter}.test"
        self.title = f"Operator {letter.upper()}"
        self.port = free_port()
        self.ca = ca or Ca(self.folder, "ca-" + letter)
        self.certificate, self.key = self.ca.issue(self.folder, "gateway", [self.fqdn, self.realm])
        self.settings = settings or {}
        self.config = os.path.join(self.folder, "gateway.conf")
        self.database = new_schema() if SHARED_DATABASE else os.path.join(self.folder, "gateway.db")
        self.log = os.path.join(self.folder, "gateway.log")
        self.process, self.program = None, DAEMON
        self.monitor = None  # the port of ops.watched()
        self.hlr = hlr
        if hlr:
            self.settings = {**hlr.settings(), **self.settings}
        self.configure()
        self.ctl("init")

    def configure(self, **changes):
        groups = {
            "operator": {"name": self.title, "fqdn": self.fqdn, "realms": self.realm},
            "listen": {"address": "127.0.0.1", "port": self.port, "threads": 2},
            "tls": {"certificate": self.certificate, "key": self.key},
            "store": {"type": "postgresql" if SHARED_DATABASE else "sqlite", "database": self.database, "seal_key": os.path.join(self.folder, "seal.key")},
            "life": {},
            "metrics": {},
            "auc": {},
            "limits": {"subscriber_per_minute": 100000, "subscriber_burst": 1000, "ub_per_minute": 100000,
                       "ub_burst": 1000, "ub_address_per_minute": 1000000, "refusal_ms": 20, "federation_timeout_ms": min(5000, max(700, 250 * SLOWER))},
        }
        for setting, value in {**self.settings, **changes}.items():
            group, key = setting.split(".")
            groups.setdefault(group, {})[key] = value
        with open(self.config, "w") as f:
            for group, keys in groups.items():
                f.write(f"[{group}]\n" + "".join(f"{k}={v}\n" for k, v in keys.items() if v is not None))

    def ctl(self, *words, stdin=None, fails=False, told=False):
        """What it prints; with `fails` or `told` what it says beside that."""
        done = subprocess.run([CTL, "--config", self.config, *words], input=stdin, text=True, capture_output=True,
                              timeout=20 * SLOWER)
        assert (done.returncode != 0) == fails, (words, done.returncode, done.stdout, done.stderr)
        return done.stderr if fails or told else done.stdout

    def subscriber(self, imsi, user, aor=None, op=None, lines=""):
        k = secrets.token_bytes(16)
        value = op or secrets.token_bytes(16)
        nai = ["--nai", f"{user}@{self.realm}"]
        if self.hlr:
            self.ctl("subscriber", "add", imsi, *nai)
            self.hlr.add(imsi, k, value)
        else:
            self.ctl("subscriber", "add", imsi, "--keys", "-", *nai,
                     stdin=f"k={k.hex()}\n{'op' if op else 'opc'}={value.hex()}\n{lines}")
        for address in [aor] if isinstance(aor, str) else aor or []:
            outside = [] if address.endswith("@" + self.realm) else ["--proved"]
            self.ctl("binding", "add", address, imsi, *outside)
        return Usim(imsi, k, opc_of(k, op) if op else value)

    def partner(self, other, **options):
        words = {"url": f"https://{other.fqdn}:{other.port}", "realms": other.realm, "ca": other.ca.path,
                 "connect_to": f"127.0.0.1:{other.port}", **options}
        flat = [w for k, v in words.items() if v is not None for w in ("--" + k.replace("_", "-"), str(v))]
        self.ctl("partner", "add", other.title, *flat)

    def copied(self, folder, settings):
        """This operator in another folder, with a port of its own; before it ever started."""
        other = copy.copy(self)
        other.folder, other.port, other.settings = os.path.join(folder, self.letter), free_port(), settings
        shutil.copytree(self.folder, other.folder)
        for place in ("certificate", "key", "config", "database", "log"):
            setattr(other, place, getattr(self, place).replace(self.folder, other.folder))
        other.ca = copy.copy(self.ca)
        other.ca.path = self.ca.path.replace(self.folder, other.folder)
        other.configure()
        return other

    def reached_at(self, other):
        """Where its partner listens, as "partner add" says it."""
        with contextlib.closing(sqlite3.connect(self.database)) as database, database:
            database.execute("UPDATE partner SET url = ?, connect_to = ? WHERE name = ?",
                             (f"https://{other.fqdn}:{other.port}", f"127.0.0.1:{other.port}", other.title))

    def sibling(self, number):
        """Another gateway of this operator on the same database, not yet started."""
        other = copy.copy(self)
        other.port, other.process = free_port(), None
        other.config = os.path.join(self.folder, f"gateway{number}.conf")
        other.log = os.path.join(self.folder, f"gateway{number}.log")
        other.configure()
        return other

    def start(self):
        assert self.process is None
        self.output = open(self.log, "ab")
        self.process = subprocess.Popen([self.program, "--config", self.config], stdout=self.output, stderr=self.output)
        limit = time.monotonic() + self.patience
        for port in filter(None, (self.port, self.monitor)):  # in the order in which it listens
            self.until_listening(port, limit)
        return self

    def until_listening(self, port, limit):
        while True:
            assert self.process.poll() is None, (self.process.poll(), self.log_text())
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                assert time.monotonic() < limit, "gateway does not listen"
                time.sleep(0.005)

    def on_small_disk(self, test, megabytes):
        """The database on a disk of its own for as long as the test goes on, before it starts; the mount point."""
        mount = small_disk(test, megabytes)
        test.addCleanup(self.stop)
        shutil.move(self.database, os.path.join(mount, "gateway.db"))
        self.database = os.path.join(mount, "gateway.db")
        self.configure()
        return mount

    def stop(self, how=signal.SIGTERM):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
            with end_of(self.process) as end:
                select.select([end], [], [], self.patience)
        status = self.process.wait(0.1)
        self.process = None
        self.output.close()
        return status

    def sql(self, text):
        """What no command does: time that passed."""
        if SHARED_DATABASE:
            subprocess.run(["psql", "-q", "-d", self.database, "-c", text], check=True, timeout=20)
            return
        if self.process:
            self.ctl("record", "list")  # which stands in the table then
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as database, database:
            database.execute(text)

    def rows(self, text):
        """What stands in the database, as commands see it: a list of tuples of texts."""
        if SHARED_DATABASE:
            said = subprocess.run(["psql", "-At", "-F", "\t", "-d", self.database, "-c", text], check=True, timeout=20,
                                  capture_output=True, text=True).stdout
            return [tuple(line.split("\t")) for line in said.splitlines()]
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as database:
            return [tuple(map(str, row)) for row in database.execute(text)]

    def journal(self):
        """Octets of what the gateway keeps beside its SQLite database."""
        found, folder = b"", self.database + "-calls"
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as file:
                found += file.read()
        return found

    def tls(self, context):
        """A connection for octets that no HTTP client would send."""
        plain = socket.create_connection(("127.0.0.1", self.port), 5)
        return context.wrap_socket(plain, server_hostname=self.fqdn)

    def log_text(self):
        with open(self.log) as f:
            return f.read()

    def records(self):
        import json
        return [json.loads(line) for line in self.ctl("record", "list", "--json").splitlines()]


class Pair:
    """Two operators with an agreement, and a subscriber each."""

    made = {}  # by settings: such a pair before anything happened to it

    def __init__(self, settings_a=None, settings_b=None, start=True, hlr=None):
        self.temporary = tempfile.TemporaryDirectory(prefix="simauth-gateway-test-")
        self.hlr = hlr(self.temporary.name) if hlr else None
        self.aor_a, self.aor_b = "sip:alice@operator-a.test", "sip:bob@operator-b.test"
        if hlr or SHARED_DATABASE:
            self.make(settings_a, settings_b)
        else:
            self.take(settings_a or {}, settings_b or {})
        if start:
            self.a.start()
            self.b.start()

    def make(self, settings_a, settings_b):
        self.a = Operator(self.temporary.name, "a", settings_a, hlr=self.hlr)
        self.b = Operator(self.temporary.name, "b", settings_b, hlr=self.hlr)
        self.a.partner(self.b)
        self.b.partner(self.a)
        self.sim_a = self.a.subscriber("001010000000001", "alice", self.aor_a)
        self.sim_b = self.b.subscriber("001020000000002", "bob", self.aor_b)

    def take(self, settings_a, settings_b):
        """A copy of the first such pair of this program: eight commands less, with ports of its own."""
        key = repr((settings_a, settings_b))
        if key not in self.made:
            first = self.made[key] = copy.copy(self)
            first.temporary = tempfile.TemporaryDirectory(prefix="simauth-gateway-test-")
            atexit.register(first.temporary.cleanup)
            first.make(dict(settings_a), dict(settings_b))
        first = self.made[key]
        self.a, self.b = (operator.copied(self.temporary.name, dict(settings))
                          for operator, settings in ((first.a, settings_a), (first.b, settings_b)))
        self.a.reached_at(self.b)
        self.b.reached_at(self.a)
        self.sim_a, self.sim_b = (Usim(sim.imsi, sim.m.k, sim.m.opc) for sim in (first.sim_a, first.sim_b))

    def close(self):
        statuses = [operator.stop() for operator in (self.a, self.b)]
        if self.hlr:
            self.hlr.stop()
        logs = [operator.log_text() for operator in (self.a, self.b) if os.path.exists(operator.log)]
        self.temporary.cleanup()
        # a crash, or what a sanitizer found, must not pass unseen
        assert all(status in (None, 0, -signal.SIGKILL) for status in statuses), (statuses, logs)
