# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where what takes long to make is kept from one run to the next: SIMAUTH_CACHE, by default /var/cache/simauth-tests."""

import os


def path(*parts):
    folder = os.environ.get("SIMAUTH_CACHE", "/var/cache/simauth-tests")
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, *parts)
