# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages as a person has them: built in a clean chroot, installed by apt in another, removed again.

A machine of one suite is a chroot with Debian's own Linphone, made once below SIMAUTH_CACHE, and layers above it in the
build folder: `installed` is what apt made of it with our packages, `purged` what was left when they went. A world sees any
of the three read-only as the root of its phones and gateways (World.debian).
"""

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile
import time

from . import cache, debian13, kernel, sandbox

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
WEEK = 7 * 24 * 3600  # seconds
# Linphone, and what a person's Debian has anyway.
STOCK = "linphone-cli linphone-common mount systemd systemd-sysv"
RUNS = (1, 2)  # of the quick start
# The release that upgrades begin with, and the commit that its tag names: a checkout may have no tags.
OLD, OLD_COMMIT = "0.1.0", "75a35dd2df61fc25000c9787296008a49ee34a9a"
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive",
               "APT_CONFIG": "/srv/apt.conf"}


def _run(argv, **more):
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False, **more)
    if result.returncode != 0:
        raise OSError(f"{' '.join(argv)} ended with {result.returncode}:\n{result.stdout[-3000:]}")
    return result.stdout


def installation(suite):
    """The lines of README.md's installation chapter: how packages are built, and how they are installed."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as text:
        chapter = text.read().split("\n## Install\n")[1].split("\n## ")[0]
    lines = [line for line in chapter.split("```sh\n")[1].split("```")[0].splitlines() if line]
    assert len(lines) == 2 and all("bookworm" in line for line in lines), lines
    return [line.removeprefix("sudo ").replace("bookworm", suite) for line in lines]


def names_in(folder):
    """The packages that were built there."""
    return sorted(os.path.basename(path).split("_")[0] for path in glob.glob(f"{folder}/*.deb") if "-dbgsym_" not in path)


class Machine:
    """A Debian of `suite` with a stock Linphone, and what happens to it."""

    layers = ("stock", "installed", "purged")
    name = "package"

    def __init__(self, suite, build):
        self.suite = suite
        self.folder = os.path.join(os.path.abspath(build), f"{self.name}-{suite}")
        self.packages = os.path.join(self.folder, "packages")
        self.lines = installation(suite)
        content = hashlib.sha256(f"{suite} {STOCK}".encode()).hexdigest()[:12]
        self.stock = cache.path(f"stock-{suite}-{content}")

    def make(self):
        """Everything from nothing: packages built, Linphone installed, packages installed, packages purged."""
        self._make_packages()
        self._make_stock()
        self._step("installed", lambda root: self._install(root, self.packages))
        self._step("purged", self._purge)

    def _make_packages(self):
        if os.path.isdir(self.folder):
            shutil.rmtree(self.folder)
        os.makedirs(self.folder)
        print(_run(["sh", "-c", f"cd '{SOURCE}' && {self.lines[0]} --check --output '{self.packages}'"]), flush=True)

    def _make_stock(self):
        """One at a time on this machine."""
        os.makedirs(os.path.dirname(self.stock), exist_ok=True)
        with open(f"{self.stock}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._make_stock_alone()

    def _make_stock_alone(self):
        if os.path.isdir(self.stock) and time.time() - os.stat(self.stock).st_mtime < WEEK:
            return
        if os.path.isdir(self.stock):  # Debian may have a newer Linphone by now
            shutil.rmtree(self.stock)
        print(f"making a Debian {self.suite} with a stock Linphone in {self.stock}", flush=True)
        new = f"{self.stock}.new"
        if os.path.isdir(new):
            shutil.rmtree(new)
        _run([debian13.ALONE, "mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--include=" + STOCK.replace(" ", ","),
              "--aptopt=APT::Install-Recommends \"0\"", "--aptopt=Acquire::Languages \"none\"", "--dpkgopt=force-unsafe-io", self.suite, new,
              debian13.mirror()])
        os.rename(new, self.stock)

    def _lower(self, name):
        """The folders below the layer `name`, the topmost first."""
        below = self.layers[1:self.layers.index(name) + 1]
        return [os.path.join(self.folder, layer) for layer in reversed(below)] + [self.stock]

    def _step(self, name, function):
        """Run function(root) above all earlier layers; what it writes becomes the layer `name`."""
        upper, work, root = (os.path.join(self.folder, part) for part in (name, f"{name}.work", "root"))
        for part in (upper, work, root):
            os.makedirs(part, exist_ok=True)

        def inside():
            kernel.unshare(kernel.CLONE_NEWNS)
            kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
            lower = ":".join(self._lower(self.layers[self.layers.index(name) - 1]))
            kernel.mount("overlay", root, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}")
            for place in ("/proc", "/dev", "/sys"):
                kernel.mount(place, root + place, None, kernel.MS_BIND | kernel.MS_REC)
            with open(f"{root}/srv/apt.conf", "w", encoding="ascii") as conf:
                conf.write('APT::Get::Assume-Yes "1";\n')  # what a person answers
            function(root)
            os.unlink(f"{root}/srv/apt.conf")
        pid = os.fork()
        if pid == 0:
            sandbox._guarded(inside)
        if sandbox._wait(pid) != 0:
            raise OSError(f"step {name} of {self.suite} failed (see above)")

    def _install(self, root, packages, *options):
        """As README.md says, in a folder where the packages are and nothing else."""
        shutil.copyfile("/etc/resolv.conf", f"{root}/etc/resolv.conf")
        shutil.copytree(packages, f"{root}/srv/packages-{self.suite}")
        _run(["chroot", root, "apt-get", "-qq", "update"], env=ENVIRONMENT)
        print(_run(["chroot", root, "sh", "-c", " ".join((f"cd /srv && {self.lines[1]}", *options))], env=ENVIRONMENT)[-1500:])
        shutil.rmtree(f"{root}/srv/packages-{self.suite}")

    def _purge(self, root):
        # The stock machine is without what Debian's systemd only recommends or suggests, D-Bus among it; the window brought
        # that in, and apt would keep it for systemd's sake.
        names = self.names()
        alone = [word for kind in ("Recommends", "Suggests") for word in ("-o", f"APT::AutoRemove::{kind}Important=0")]
        print(_run(["chroot", root, "apt-get", "purge", "--auto-remove", *alone, *names], env=ENVIRONMENT)[-1500:])

    def names(self):
        """Our packages."""
        return names_in(self.packages)

    def writable(self, layer):
        """In a room: a copy of this layer that can be written, for as long as the room is there, with the packages in /srv."""
        upper, work, target = (os.path.join(sandbox.ROOM, f"{self.suite}-{layer}-{part}") for part in ("upper", "work", "writable"))
        for part in (upper, work, target):
            os.makedirs(part)
        kernel.mount("overlay", target, "overlay", 0, f"lowerdir={':'.join(self._lower(layer))},upperdir={upper},workdir={work}")
        for place in ("/proc", "/dev"):
            kernel.mount(place, target + place, None, kernel.MS_BIND | kernel.MS_REC)
        os.makedirs(f"{target}/srv/packages-{self.suite}")
        kernel.mount(self.packages, f"{target}/srv/packages-{self.suite}", None, kernel.MS_BIND)
        with open(f"{target}/srv/apt.conf", "w", encoding="ascii") as conf:
            conf.write('APT::Get::Assume-Yes "1";\n')
        return target

    def upgrade(self, root):
        """README.md's line in a room, where there is no network: what the new packages need was fetched with the old ones."""
        return _run(["chroot", root, "sh", "-c", f"cd /srv && {self.lines[1]}"], env=ENVIRONMENT)

    def see(self, layer):
        """In a room: the folder where this layer with all below it is seen, read-only."""
        target = os.path.join(sandbox.ROOM, f"{self.suite}-{layer}")
        os.makedirs(target)
        lower = self._lower(layer)
        if len(lower) == 1:
            return lower[0]
        kernel.mount("overlay", target, "overlay", kernel.MS_RDONLY, "lowerdir=" + ":".join(lower))
        return target


class Cloned(Machine):
    """The same beginning with a clone of the sources, in which README.md's first command is run twice."""

    layers = ("stock", "quickstart")
    name = "quickstart"
    runs = ()  # what each run said, on both its outputs

    def make(self):
        if os.path.isdir(self.folder):
            shutil.rmtree(self.folder)
        os.makedirs(self.folder)
        self._make_stock()
        try:
            self._step("quickstart", self._run)
        finally:
            shutil.rmtree(os.path.join(self.folder, "quickstart"), ignore_errors=True)  # gigabytes
        self.runs = [self._said(number) for number in RUNS]

    def _log(self, number):
        return os.path.join(self.folder, f"run-{number}.log")

    def _said(self, number):
        with open(self._log(number), encoding="utf-8") as text:
            return text.read()

    def _run(self, root):
        shutil.copyfile("/etc/resolv.conf", f"{root}/etc/resolv.conf")
        os.makedirs(f"{root}/srv/clone")
        _run(["sh", "-c", f"cd '{SOURCE}' && git -c safe.directory='{SOURCE}' ls-files --cached --others --exclude-standard -z | "
              f"tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory='{root}/srv/clone'"])
        for number in RUNS:
            with open(self._log(number), "w", encoding="utf-8") as log:
                begun = time.monotonic()
                done = subprocess.run(["chroot", root, "/srv/clone/packaging/quickstart"], stdin=subprocess.DEVNULL, stdout=log,
                                      stderr=subprocess.STDOUT, check=False, cwd="/", env=ENVIRONMENT)
            print(f"run {number}: {time.monotonic() - begun:.0f} s, exit status {done.returncode}", flush=True)
            if done.returncode != 0:
                raise OSError(f"quickstart, run {number}, ended with {done.returncode}:\n{self._said(number)[-3000:]}")


class Upgraded(Machine):
    """The same beginning with the packages of the first release."""

    layers = ("stock", "old", "upgraded", "purged")
    name = "upgrade"

    def make(self):
        self._make_packages()
        self._make_stock()
        self.old = self._make_old()

        def install_old(root):
            self._install(root, self.old)
            self._install(root, self.packages, "--download-only")
        self._step("old", install_old)
        self._step("upgraded", lambda root: self._install(root, self.packages))
        self._step("purged", self._purge)

    def names(self):
        """The library's old name too: it stays beside the new one until somebody takes it away."""
        return sorted({*super().names(), *names_in(self.old)})

    def _make_old(self):
        """The first release's packages, built from its commit, once on a machine."""
        folder = cache.path(f"packages-{OLD}-{self.suite}")
        with open(f"{folder}.lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not glob.glob(f"{folder}/*.deb"):
                with tempfile.TemporaryDirectory(dir=self.folder) as tree:
                    _run(["sh", "-c", f"git -c safe.directory='{SOURCE}' -C '{SOURCE}' archive {OLD_COMMIT} | tar -x -C '{tree}'"])
                    print(_run([f"{tree}/packaging/build-deb", self.suite, "--output", folder]), flush=True)
        return folder
