# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 13 beside the machine's own Debian, for phones with liblinphone 5.3: a chroot, made once.

It stands below SIMAUTH_CACHE (default /var/cache/simauth-tests) in a folder named for what is in it, so that
checkouts that ask for other packages have others; one that nobody used for a week is removed. Nothing
in a test writes into it: phones see it read-only.
"""

import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import time

from . import cache, entrance

SUITE = "trixie"
# Of the packages that a build needs (packaging/dependencies) those that are for the gateway or a checkout.
NOT_NEEDED = ("git libgnutls28-dev libmicrohttpd-dev libosmo-gsup-client-dev libp11-kit-dev libpq-dev libsqlite3-dev "
              "libtalloc-dev").split()
RUN = "linphone-cli linphone-common pcscd procps python3-cryptography vsmartcard-vpcd"
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DEPENDENCIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../packaging/dependencies")
ALONE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../alone")
SOURCE, OBJECTS = "/srv", "/mnt"  # where a build inside sees the sources and its own folder
WEEK = 7 * 24 * 3600  # seconds


def _packages():
    with open(DEPENDENCIES, encoding="utf-8") as listed:
        build = listed.read().split("\n# build\n")[1].split("\n# ")[0].split()
    return sorted({*build, *RUN.split()} - {*NOT_NEEDED})


def folder():
    content = hashlib.sha256(repr((SUITE, _packages(), LEFT_OUT)).encode()).hexdigest()
    return cache.path(f"debian13-{content[:12]}")


def product(stage):
    """The installation for Debian 13 that belongs to `stage` (BUILD/stage/usr), that for Debian 12."""
    return os.path.join(os.path.dirname(os.path.dirname(stage)), "stage-debian13", "usr")


def mirror():
    """The mirror that this machine's apt takes Debian from."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian",
                             "Created-By: Packages"], capture_output=True, text=True, check=True).stdout
    found = [line.rstrip("/") for line in listed.split() if "security" not in line]
    if not found:
        raise OSError("apt knows no mirror of Debian: the lists may be missing (apt-get update)")
    return found[0]


def _arguments(target):
    argv = [ALONE, "mmdebstrap", "--mode=root", "--variant=minbase", "--include=" + ",".join(_packages()),
            "--aptopt=APT::Install-Recommends \"0\"", "--aptopt=Acquire::Languages \"none\""]
    return argv + [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT] + [SUITE, target, mirror()]


def _make(root):
    new = f"{root}.new"
    if os.path.exists(new):
        shutil.rmtree(new)
    made = subprocess.run(_arguments(new), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise OSError(f"mmdebstrap ended with {made.returncode}:\n{made.stderr[-2000:]}")
    os.rename(new, root)


def _remove_unused():
    for old in glob.glob(cache.path("debian13-*")):
        if os.path.isdir(old) and time.time() - os.stat(old).st_mtime > WEEK:
            shutil.rmtree(old)


def size_mb(root):
    return int(subprocess.run(["du", "-smx", root], capture_output=True, text=True, check=True).stdout.split()[0])


def make():
    """The chroot's folder; it is made when it is not there. One at a time on this machine."""
    root = folder()
    with open(cache.path("lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove_unused()
        if not os.path.isdir(root):
            start = time.monotonic()
            print(f"making a chroot of Debian 13 in {root}", flush=True)
            _make(root)
            print(f"  done in {time.monotonic() - start:.0f} s, {size_mb(root)} MB", flush=True)
        os.utime(root)
    return root


def stage(source, build):
    """Build the plugin inside for its Linphone and install it below BUILD/stage-debian13."""
    root = make()
    objects = os.path.join(os.path.abspath(build), "debian13")
    target = os.path.join(os.path.abspath(build), "stage-debian13")
    os.makedirs(objects, exist_ok=True)
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/", "DESTDIR": OBJECTS + "/stage"}
    steps = (["cmake", "-S", SOURCE, "-B", OBJECTS, "-G", "Ninja", "-DCMAKE_INSTALL_PREFIX=/usr",
              "-DSIMAUTH_GATEWAY=OFF", "-DSIMAUTH_MIDDLE=OFF", "-DSIMAUTH_UI=OFF",
              "-DSIMAUTH_TESTS=OFF"], ["cmake", "--build", OBJECTS],
             ["cmake", "--install", OBJECTS])
    before = entrance.words(root=root, binds=((os.path.abspath(source), SOURCE), (objects, OBJECTS)))
    for argv in steps:
        subprocess.run([*before, *argv], env=env, stdin=subprocess.DEVNULL, check=True)
    if os.path.exists(target):
        shutil.rmtree(target)
    os.rename(os.path.join(objects, "stage"), target)
    return target
