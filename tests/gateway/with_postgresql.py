# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command beside a PostgreSQL of its own: an ordinary user's, in a temporary folder, on a Unix socket.

The command finds it in SIMAUTH_TEST_DATABASE (a conninfo); each test makes a schema of its own there."""
import copy
import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile


def programs():
    """The folder of the newest server that is installed."""
    found = [os.path.dirname(path) for path in glob.glob("/usr/lib/postgresql/*/bin/initdb")]
    if not found:
        sys.exit("a server of PostgreSQL (package postgresql) is not there")
    return max(found, key=lambda path: int(path.split("/")[4]))


class Server:
    def __init__(self):
        self.bin = programs()
        self.folder = tempfile.mkdtemp(prefix="simauth-pg-")
        self.data = os.path.join(self.folder, "data")
        self.user = {}
        if os.getuid() == 0:  # the server refuses to be root's
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.run("initdb", "-D", self.data, "-U", "simauth", "-A", "trust", "-N", "--locale=C.UTF-8")
        self.conninfo = f"host={self.folder} user=simauth dbname=postgres"
        self.start()

    def sibling(self):
        """A place for another one, that does not run."""
        other = copy.copy(self)
        other.folder = tempfile.mkdtemp(prefix="simauth-pg-")
        other.data = os.path.join(other.folder, "data")
        other.conninfo = f"host={other.folder} user=simauth dbname=postgres"
        if self.user:
            os.chown(other.folder, self.user["user"], self.user["group"])
        return other

    def copy_of(self, server):
        """As a standby is, of a server that runs."""
        self.run("pg_basebackup", "-h", server.folder, "-U", "simauth", "-D", self.data, "-c", "fast", "-X", "fetch")

    def query(self, text):
        return self.run("psql", "-At", "-h", self.folder, "-U", "simauth", "-d", "postgres", "-c", text)

    def hide(self, yes=True):
        """From who is not connected yet."""
        door = os.path.join(self.folder, ".s.PGSQL.5432")
        if os.path.exists(door) == yes:
            os.rename(*((door, door + ".away") if yes else (door + ".away", door)))

    def configure(self, **settings):
        """Settings that hold soon."""
        for name, value in settings.items():
            self.query(f"ALTER SYSTEM SET {name} = '{value}'")
        self.run("pg_ctl", "-D", self.data, "reload")

    def run(self, name, *words):
        done = subprocess.run([os.path.join(self.bin, name), *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=60, **self.user)
        assert done.returncode == 0, (name, done.stdout, done.stderr)
        return done.stdout

    def start(self):
        self.run("pg_ctl", "-D", self.data, "-w", "-l", os.path.join(self.folder, "log"), "-o",
                 f"-k {self.folder} -c listen_addresses= -c client_min_messages=warning", "start")

    def stop(self, how="fast"):
        self.run("pg_ctl", "-D", self.data, "-w", "-m", how, "stop")

    def close(self):
        try:
            if os.path.exists(os.path.join(self.data, "postmaster.pid")):
                self.stop("immediate")
        finally:
            shutil.rmtree(self.folder)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    server = Server()
    try:
        environment = {**os.environ, "SIMAUTH_TEST_DATABASE": server.conninfo}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
