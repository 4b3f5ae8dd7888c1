# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The gateway of the first release as a program: out of its packages where the tests of upgrades keep them, else built."""
import fcntl
import glob
import os
import subprocess
import tempfile

RELEASE, COMMIT = "0.1.0", "75a35dd2df61fc25000c9787296008a49ee34a9a"
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.environ.get("SIMAUTH_CACHE", "/var/cache/simauth-tests")
OPTIONS = ["-G", "Ninja", "-DSIMAUTH_TESTS=OFF", "-DSIMAUTH_PLUGIN=OFF", "-DSIMAUTH_GATEWAY=ON"]


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1200, check=False)
    assert done.returncode == 0, (words, done.stdout[-3000:])


def build(folder):
    with tempfile.TemporaryDirectory() as tree:
        run("sh", "-c", f"git -c safe.directory='{SOURCE}' -C '{SOURCE}' archive {COMMIT} | tar -x -C '{tree}'")
        run("cmake", "-S", tree, "-B", folder, *OPTIONS)
        run("cmake", "--build", folder, "--target", "simauth-gateway", "simauth-gatewayctl")


def unpack(folder):
    """False: there are no packages."""
    packages = glob.glob(os.path.join(CACHE, f"packages-{RELEASE}-bookworm", "*.deb"))
    wanted = [p for p in packages if os.path.basename(p).split("_")[0] == "simauth-gateway"]
    for package in wanted:
        run("dpkg-deb", "--extract", package, folder)
    return bool(wanted)


def programs():
    """(gateway, gatewayctl), which are kept for the next time."""
    folder = os.path.join(CACHE, f"gateway-{RELEASE}")
    os.makedirs(CACHE, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for attempt in (0, 1):
            found = [glob.glob(os.path.join(folder, where, name)) for name in ("simauth-gateway", "simauth-gatewayctl")
                     for where in ("usr/*bin", "gateway")]
            found = [path for paths in found for path in paths if os.path.isfile(path)]
            if len(found) == 2:
                return found
            assert attempt == 0, f"no gateway of {RELEASE} in {folder}"
            if not unpack(folder):
                build(folder)
    return None
