# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages as a person has them: built in a clean chroot, installed by apt in another, removed again.

A machine of one suite is a chroot with Debian's own Linphone, made once below SIMAUTH_CACHE, and layers above it in the
build folder: `installed` is what apt made of it with our packages, `purged` what was left when they went. A world sees any
of the three read-only as the root of its phones and gateways (World.debian).
"""

import glob
import hashlib
import os
import shutil
import subprocess

from . import debian13, sandbox

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
STOCK = "linphone-cli linphone-common"
LAYERS = ("stock", "installed", "purged")
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root", "DEBIAN_FRONTEND": "noninteractive"}


def _run(argv, **more):
    result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False, **more)
    if result.returncode != 0:
        raise OSError(f"{' '.join(argv)} ended with {result.returncode}:\n{result.stdout[-3000:]}")
    return result.stdout


class Machine:
    """A Debian of `suite` with a stock Linphone, and what happens to it."""

    def __init__(self, suite, build):
        self.suite = suite
        self.folder = os.path.join(os.path.abspath(build), f"package-{suite}")
        self.packages = os.path.join(self.folder, "packages")
        content = hashlib.sha256(f"{suite} {STOCK}".encode()).hexdigest()[:12]
        self.stock = os.path.join(os.environ.get("SIMAUTH_CACHE", "/var/cache/simauth-tests"), f"stock-{suite}-{content}")

    def make(self):
        """Everything from nothing: packages built, Linphone installed, packages installed, packages purged."""
        if os.path.isdir(self.folder):
            shutil.rmtree(self.folder)
        os.makedirs(self.folder)
        print(_run([os.path.join(SOURCE, "packaging/build-deb"), self.suite, "--check", "--output", self.packages]), flush=True)
        self._make_stock()
        self._step("installed", self._install)
        self._step("purged", self._purge)

    def _make_stock(self):
        if os.path.isdir(self.stock):
            return
        print(f"making a Debian {self.suite} with a stock Linphone in {self.stock}", flush=True)
        new = f"{self.stock}.new"
        if os.path.isdir(new):
            shutil.rmtree(new)
        _run(["mmdebstrap", "--quiet", "--mode=root", "--variant=apt", "--include=" + STOCK.replace(" ", ","),
              "--aptopt=APT::Install-Recommends \"0\"", "--aptopt=Acquire::Languages \"none\"", self.suite, new,
              debian13.mirror()])
        os.rename(new, self.stock)

    def _lower(self, name):
        """The folders below the layer `name`, the topmost first."""
        below = LAYERS[1:LAYERS.index(name) + 1]
        return [os.path.join(self.folder, layer) for layer in reversed(below)] + [self.stock]

    def _step(self, name, function):
        """Run function(root) above all earlier layers; what it writes becomes the layer `name`."""
        upper, work, root = (os.path.join(self.folder, part) for part in (name, f"{name}.work", "root"))
        for part in (upper, work, root):
            os.makedirs(part, exist_ok=True)

        def inside():
            sandbox.unshare(sandbox.CLONE_NEWNS)
            sandbox.mount("none", "/", None, sandbox.MS_REC | sandbox.MS_PRIVATE)
            lower = ":".join(self._lower(LAYERS[LAYERS.index(name) - 1]))
            sandbox.mount("overlay", root, "overlay", 0, f"lowerdir={lower},upperdir={upper},workdir={work}")
            for place in ("/proc", "/dev", "/sys"):
                sandbox.mount(place, root + place, None, sandbox.MS_BIND | sandbox.MS_REC)
            function(root)
        pid = os.fork()
        if pid == 0:
            sandbox._guarded(inside)
        if sandbox._wait(pid) != 0:
            raise OSError(f"step {name} of {self.suite} failed (see above)")

    def _install(self, root):
        shutil.copyfile("/etc/resolv.conf", f"{root}/etc/resolv.conf")
        os.makedirs(f"{root}/srv/packages")
        for package in glob.glob(f"{self.packages}/*.deb"):
            if "-dbgsym_" not in package:
                shutil.copy(package, f"{root}/srv/packages/")
        _run(["chroot", root, "apt-get", "-qq", "update"], env=ENVIRONMENT)
        print(_run(["chroot", root, "sh", "-c", "cd /srv/packages && apt-get -y install ./*.deb"], env=ENVIRONMENT)[-1500:])
        shutil.rmtree(f"{root}/srv/packages")

    def _purge(self, root):
        names = self.names()
        print(_run(["chroot", root, "apt-get", "-y", "purge", "--auto-remove", *names], env=ENVIRONMENT)[-1500:])

    def names(self):
        """Our packages."""
        return sorted(os.path.basename(path).split("_")[0] for path in glob.glob(f"{self.packages}/*.deb")
                      if "-dbgsym_" not in path)

    def see(self, layer):
        """In a room: the folder where this layer with all below it is seen, read-only."""
        target = os.path.join(sandbox.ROOM, f"{self.suite}-{layer}")
        os.makedirs(target)
        lower = self._lower(layer)
        if len(lower) == 1:
            return lower[0]
        sandbox.mount("overlay", target, "overlay", sandbox.MS_RDONLY, "lowerdir=" + ":".join(lower))
        return target
